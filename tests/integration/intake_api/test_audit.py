"""The audit trail: what is in it, who reads it, and that tampering with it, with cases or with anchors shows."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from intake_api import administration, integrity
from intake_api.domain.event import Actor, ActorKind
from intake_api.storage import audit
from intake_api.storage.database import Database
from tests.integration.intake_api.conftest import TUESDAY, Intake, Json, only_sqlite
from tests.integration.intake_api.desk import Person, account, attempt, enter, found

STAFF = Actor(ActorKind.STAFF, "1", "王芳")


@asynccontextmanager
async def opened(intake: Intake) -> AsyncIterator[Database]:
    database = Database(intake.settings.cases_database)
    try:
        yield database
    finally:
        await database.close()


async def note(database: Database, target: str) -> None:
    async with database.write() as session:
        await audit.note(session, STAFF, "read_case", target=target, result="ok", address="10.0.0.1", now=TUESDAY)


async def tamper(database: Database, *statements: str) -> None:
    """What somebody does who owns the database: past the triggers and references."""
    if database.is_sqlite:
        await asyncio.to_thread(_tamper_file, str(database.engine.url.database), statements)
        return
    async with database.engine.execution_options(intake_writes=True).begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            await connection.execute(text(statement))


def _tamper_file(path: str, statements: tuple[str, ...]) -> None:
    # a plain connection does not look at references
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
        kept = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in kept:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _, sql in kept:
            connection.execute(sql)
        connection.commit()


async def trail(auditor: Person, query: str = "") -> list[Json]:
    status, page = await auditor.call("GET", f"/audit?limit=200&{query}")
    assert status == 200
    return page["items"]


async def test_everything_staff_do_is_in_the_trail(intake: Intake) -> None:
    await found(intake)
    await account(intake, "李强", "operator")
    await account(intake, "巡查甲", "inspector")
    _, case = await intake.file()
    number = case["case_no"]
    await attempt(intake, "李强", "Wrong-2026-pw")
    operator = await enter(intake, "李强")
    await operator.call("GET", f"/cases/{number}?reveal=reporter")
    body = {"category": "0103", "reason": "看了照片"}
    await operator.call("POST", f"/cases/{number}/actions/correct", body)
    await operator.call("GET", "/staff")
    await operator.call("DELETE", "/session")
    inspector = await enter(intake, "巡查甲")
    await inspector.call("GET", f"/cases/{number}")
    auditor = await enter(intake, "郑审计")
    rows = [(row["actor"]["name"], row["action"], row["target"], row["result"]) for row in await trail(auditor)]
    for expected in (
        ("李强", "log_in", "session", "failed"),
        ("李强", "log_in", "session", "ok"),
        ("李强", "reveal_reporter", f"case:{number}", "ok"),
        ("李强", "correct_case", f"case:{number}", "ok"),
        ("李强", "refused", "GET /api/v1/staff", "refused"),
        ("李强", "log_out", "session", "ok"),
        ("巡查甲", "refused", f"GET /api/v1/cases/{number}", "refused"),
    ):
        assert expected in rows, expected
    assert not any("张伟" in str(row) or "13812345678" in str(row) for row in rows)
    # the auditor's own look is the next row
    assert (await trail(auditor))[0]["action"] == "read_audit"


async def test_the_trail_is_filtered_and_paged(intake: Intake) -> None:
    await found(intake)
    auditor = await enter(intake, "郑审计")
    async with opened(intake) as database:
        for n in range(5):
            await note(database, f"case:48392017{n}")
    assert {row["actor"]["name"] for row in await trail(auditor, "actor=王")} == {"王芳"}
    assert len(await trail(auditor, "target=case:48392017")) == 5
    assert len(await trail(auditor, "target=case:483920173")) == 1
    assert len(await trail(auditor, "target=%25")) == 0
    assert {row["action"] for row in await trail(auditor, "action=read_case,log_in")} == {"read_case", "log_in"}
    assert await trail(auditor, "to=2026-09-21") == []
    assert len(await trail(auditor, "from=2026-09-22&to=2026-09-22&action=read_case")) == 5
    seen, cursor = [], ""
    while True:
        _, page = await auditor.call("GET", f"/audit?limit=2&action=read_case&cursor={cursor}")
        seen += [row["target"][-1] for row in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == ["4", "3", "2", "1", "0"]
    assert (await auditor.call("GET", "/audit?from=yesterday"))[0] == 422


async def test_the_export_is_a_table_without_formulas_and_is_recorded(intake: Intake) -> None:
    await found(intake)
    auditor = await enter(intake, "郑审计")
    async with opened(intake) as database:
        await note(database, "=HYPERLINK(1)")
    status, answer = await auditor.call("GET", "/audit/export?action=read_case")
    assert status == 200
    rows = list(csv.DictReader(io.StringIO(answer["text"].removeprefix("\ufeff"))))
    assert [(row["人员"], row["动作"], row["对象"]) for row in rows] == [("王芳", "查看案件", "'=HYPERLINK(1)")]
    assert (await trail(auditor))[0]["action"] == "export_audit"


async def test_rows_cannot_be_changed_or_removed(intake: Intake) -> None:
    async with opened(intake) as database:
        await note(database, "case:1")
        for statement in ("UPDATE audit SET target = 'x'", "DELETE FROM audit", "DELETE FROM anchors"):
            if "anchors" in statement:
                await integrity.take_anchor(database, TUESDAY)
            with pytest.raises(DBAPIError, match="append-only"):
                async with database.engine.execution_options(intake_writes=True).begin() as connection:
                    await connection.execute(text(statement))


COPY = (
    "INSERT INTO audit (at, actor_kind, actor_id, actor_name, action, target, result, address, seq, prev_hash, hash) "
    "SELECT at, actor_kind, actor_id, actor_name, action, target, result, address, {seq}, {prev}, {hash} FROM audit "
    "WHERE seq = 3"
)


@pytest.mark.parametrize(
    ("statements", "seq"),
    [
        (("UPDATE audit SET target = 'case:9' WHERE seq = 3",), 3),
        (("UPDATE audit SET actor_name = '别人' WHERE seq = 1",), 1),
        (("UPDATE audit SET at = '2026-09-23 00:00:00' WHERE seq = 3",), 3),
        (("DELETE FROM audit WHERE seq = 3",), 3),
        (("DELETE FROM audit WHERE seq = 1",), 1),
        (("DELETE FROM audit WHERE seq = 3", "UPDATE audit SET seq = seq - 1 WHERE seq > 3"), 3),
        ((COPY.format(seq=6, prev="prev_hash", hash="hash"),), 6),
        ((COPY.format(seq=0, prev="''", hash="''"),), 0),
        (("UPDATE audit SET actor_kind = 'nobody' WHERE seq = 1",), 1),
    ],
)
async def test_tampering_with_the_trail_is_found_at_the_first_wrong_row(
    intake: Intake, statements: tuple[str, ...], seq: int
) -> None:
    async with opened(intake) as database:
        await tamper(database, "DELETE FROM audit")
        for n in range(1, 6):
            await note(database, f"case:{n}")
        assert (await integrity.verify(database)).intact
        await tamper(database, *statements)
        found_break = (await integrity.verify(database)).audit_break
        assert found_break is not None
        assert found_break.seq == seq


async def test_rows_written_by_two_processes_at_once_make_one_chain(intake: Intake) -> None:
    async with opened(intake) as one, opened(intake) as other:
        await asyncio.gather(*(note(database, f"case:{n}") for n in range(20) for database in (one, other)))
        verified = await integrity.verify(one)
    assert verified.audit_break is None
    assert verified.audit_rows >= 40


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET reason = 'x' WHERE case_id = 2 AND seq = 1",
        "UPDATE events SET kind = 'vanished' WHERE case_id = 2 AND seq = 1",
        "DELETE FROM events WHERE case_id = 2 AND seq = 2",
        "DELETE FROM events WHERE case_id = 2",
        "UPDATE cases SET last_hash = 'x' WHERE id = 2",
    ],
)
async def test_tampering_with_the_events_of_a_case_is_found(intake: Intake, statement: str) -> None:
    numbers = [(await intake.file(reporter={"channel_user": f"u{n}"}))[1]["case_no"] for n in range(3)]
    async with opened(intake) as database:
        before = await integrity.verify(database)
        assert (before.intact, before.cases, before.events) == (True, 3, 9)
        await tamper(database, statement)
        after = await integrity.verify(database)
    assert (after.broken_cases, after.case_numbers) == (1, (numbers[1],))
    assert numbers[1] in after.words()


async def test_an_anchor_shows_what_no_single_chain_shows(intake: Intake) -> None:
    """Events of a case rewritten from the first on, hashes and all, or the end of the trail cut off."""
    await intake.file()
    async with opened(intake) as database:
        await note(database, "case:1")
        await integrity.take_anchor(database, TUESDAY)
        await intake.file(reporter={"channel_user": "u2"})  # cases go on
        assert (await integrity.verify(database)).intact
        await tamper(
            database,
            "DELETE FROM events WHERE case_id = 1 AND seq > 1",
            "UPDATE cases SET last_seq = 1, last_hash = (SELECT hash FROM events WHERE case_id = 1 AND seq = 1) WHERE id = 1",
        )
        verified = await integrity.verify(database)
        assert verified.broken_cases == 0
        assert verified.anchor_break is not None
        assert "案件事件" in verified.anchor_break.words


async def test_an_anchor_shows_that_the_end_of_the_trail_is_gone(intake: Intake) -> None:
    async with opened(intake) as database:
        for n in range(3):
            await note(database, f"case:{n}")
        await integrity.take_anchor(database, TUESDAY)
        await tamper(database, "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
        verified = await integrity.verify(database)
    assert verified.audit_break is None
    assert verified.anchor_break is not None
    assert "审计记录" in verified.anchor_break.words


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE anchors SET events = 0 WHERE id = (SELECT min(id) FROM anchors)",
        "DELETE FROM anchors WHERE id = (SELECT min(id) FROM anchors)",
    ],
)
async def test_tampering_with_anchors_is_found(intake: Intake, statement: str) -> None:
    async with opened(intake) as database:
        for n in range(3):
            await intake.file(reporter={"channel_user": f"u{n}"})
            await integrity.take_anchor(database, TUESDAY + timedelta(hours=n))
        assert (await integrity.verify(database)).intact
        await tamper(database, statement)
        assert (await integrity.verify(database)).anchor_break is not None


async def test_two_processes_take_one_anchor_an_hour_between_them(intake: Intake) -> None:
    await intake.file()
    clock = intake.clock
    async with opened(intake) as one, opened(intake) as other:
        watches = [integrity.AnchorWatch(one, clock), integrity.AnchorWatch(other, clock)]
        for taken in (1, 1, 2):
            await asyncio.gather(*(watch.look() for watch in watches))
            assert (await integrity.verify(one)).anchors == taken
            clock.forward(minutes=31)
        assert (await integrity.verify(one)).intact


async def test_anchors_taken_while_cases_are_filed_agree_afterwards(intake: Intake) -> None:
    async with opened(intake) as database:

        async def take() -> None:
            for n in range(5):
                await integrity.take_anchor(database, TUESDAY + timedelta(hours=n))

        await asyncio.gather(take(), *(intake.file(reporter={"channel_user": f"u{n}"}) for n in range(20)))
        verified = await integrity.verify(database)
    assert (verified.intact, verified.cases, verified.anchors) == (True, 20, 5)


async def test_an_anchor_waits_for_events_that_have_an_id_and_are_not_there_yet(intake: Intake) -> None:
    await intake.file()
    async with opened(intake) as database:
        if database.is_sqlite:
            return  # one writer at a time: no later event can overtake an earlier one
        async with database.write() as session:
            await session.execute(text("UPDATE cases SET last_seq = last_seq"))
            await session.execute(text("SELECT nextval('events_id_seq')"))  # its event would come after the next case's
            await intake.file(reporter={"channel_user": "u2"})
            assert await integrity.take_anchor(database, TUESDAY, patience=0.3) is None
        assert await integrity.take_anchor(database, TUESDAY, patience=0.3) is not None
        assert (await integrity.verify(database)).intact


async def test_the_command_line_verifies_exports_and_knows_a_kept_anchor(intake: Intake) -> None:
    await intake.file()
    kept = await administration.take_anchor(intake.settings)
    verified, known = await administration.verify_records(intake.settings, kept)
    assert (verified.intact, known, verified.newest_anchor) == (True, True, kept)
    assert (await administration.verify_records(intake.settings, "0" * 64))[1] is False
    out = io.StringIO()
    count = await administration.export_audit(intake.settings, out, None, None)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert len(rows) == count
    assert rows[0]["动作"] == "导出审计"


@only_sqlite
async def test_an_anchor_is_also_in_the_log_which_is_kept_elsewhere(
    intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="intake_api.integrity"):
        kept = await administration.take_anchor(intake.settings)
    assert kept in [record.__dict__.get("anchor") for record in caplog.records]


async def test_filing_by_a_channel_writes_no_audit_row(intake: Intake) -> None:
    await intake.token("channel")
    async with opened(intake) as database:
        before = (await integrity.verify(database)).audit_rows
        await intake.file()
        assert (await integrity.verify(database)).audit_rows == before


async def test_trails_written_before_there_was_a_chain_are_sealed_by_the_upgrade(database_url: str) -> None:
    database = Database(database_url)
    await note(database, "case:1")
    async with database.engine.execution_options(intake_writes=True).connect() as connection:
        await connection.run_sync(_down_and_up)
    verified = await integrity.verify(database)
    await database.close()
    assert (verified.intact, verified.audit_rows > 0) == (True, True)


def _down_and_up(connection) -> None:  # type: ignore[no-untyped-def]
    from alembic import command

    from intake_api.storage.database import _config

    config = _config()
    config.attributes["connection"] = connection
    command.downgrade(config, "0002")
    command.upgrade(config, "head")
