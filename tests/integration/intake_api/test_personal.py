"""Personal data goes on request and in time, everywhere; cases and their events stay whole."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import sqlalchemy as sa
from aiohttp import ClientSession
from PIL import Image
from sqlalchemy import select, text, update

from channels.gateway.database import Database as ChannelsDatabase
from channels.gateway.message import Inbound, Kind
from channels.gateway.store import Store
from channels.hotline.call import Side, Step
from channels.hotline.call_store import Announced, CallStore
from channels.hotline.city_rules import CityRules
from channels.hotline.leg_store import Heard, LegStore
from channels.hotline.quality_store import QualityStore
from channels.hotline.upkeep import Upkeep
from channels.staff.registry import Registry
from groundwork.settings import Settings
from intake_api.domain.event import SYSTEM
from intake_api.domain.personal import Subject, conversations_of
from intake_api.http.personal import ERASING
from intake_api.http.resources import DATABASE
from intake_api.storage.tables import AuditRow, CaseRow, FollowerRow, OutboxRow, RemarkRow
from tests.integration.intake_api.conftest import Intake, Json
from yht import personal as commands

SECRETS = ("张伟", "13812345678", "web:u1")
TELLING = "我叫张伟，门口垃圾堆了三天，电话13812345678"


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    """The gateway's records beside those of the intake, with a conversation of u1 and one of u2."""
    database = ChannelsDatabase(settings.channels_database)
    store = Store(database)
    await store.upgrade()
    await database.write(_empty)
    await asyncio.to_thread(_tracker, settings)
    yield store
    await database.write(_drop)
    await store.close()


def _empty(connection) -> None:  # type: ignore[no-untyped-def]
    for name in ("messages", "leases", "attachments", "conversations"):
        connection.execute(text(f"DELETE FROM channels_{name}"))


def _drop(connection) -> None:  # type: ignore[no-untyped-def]
    """The test's database is shared with tests that expect no tables but the intake's."""
    tables = sa.MetaData()
    tables.reflect(connection, only=lambda name, _: name.startswith("channels_"))
    tables.drop_all(connection)


def _tracker(settings: Settings) -> None:
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(settings.var_dir / "tracker.db") as connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id TEXT, data TEXT)")
        connection.executemany(
            "INSERT INTO events (sender_id, data) VALUES (?, ?)", [("web:u1", TELLING), ("web:u2", "别人")]
        )
    with sqlite3.connect(settings.var_dir / "drafts.db") as connection:
        connection.execute("CREATE TABLE drafts (id TEXT, body TEXT, created_at REAL, case_json TEXT, refused TEXT)")
        mine = json.dumps({"description": TELLING, "reporter": {"phone": "13812345678", "channel_user": "web:u1"}})
        other = json.dumps({"description": "别人", "reporter": {"channel_user": "web:u2"}})
        connection.executemany(
            "INSERT INTO drafts VALUES (?, ?, 0, ?, NULL)",
            [("d1", mine, "{}"), ("d2", other, "{}"), ("d3", mine, None)],
        )


async def say(store: Store, intake: Intake, user: str, words: str) -> None:
    now = intake.clock()
    await store.open_conversation(f"web:{user}", "", True, now)
    await store.accept(Inbound("web", user, "m1", Kind.TEXT, now, text=words), "me", now)


async def photo(intake: Intake) -> str:
    content = io.BytesIO()
    Image.new("RGB", (9, 9), "red").save(content, "JPEG")
    token = await intake.token("channel")
    form = {"file": io.BytesIO(content.getvalue())}
    headers = {"Authorization": f"Bearer {token}"}
    async with intake.client.post("/api/v1/attachments", data=form, headers=headers) as answer:
        return str((await answer.json())["attachment_id"])


async def file(intake: Intake, **changes: object) -> Json:
    body = {
        "description": TELLING,
        "reporter": {"name": "张伟", "phone": "138 1234 5678", "channel_user": "web:u1"},
        "transcript": [{"role": "resident", "text": TELLING, "at": None}],
        "announce": True,
    } | changes
    status, case = await intake.file(**body)
    assert status == 201, case
    return case


async def close(intake: Intake, *numbers: str) -> None:
    async with intake.client.app[DATABASE].write() as session:  # type: ignore[union-attr]
        await session.execute(update(CaseRow).values(status="closed"))
    assert numbers


async def dump(intake: Intake) -> str:
    """All that the databases and files hold, in one text."""
    kept = []
    async with intake.client.app[DATABASE].read() as session:  # type: ignore[union-attr]
        for model in (CaseRow, OutboxRow, AuditRow):
            kept += [str(row) for row in (await session.execute(select(model.__table__))).all()]
        kept += [str(row) for row in (await session.execute(text("SELECT data, reason FROM events"))).all()]
    for name in ("tracker.db", "drafts.db"):
        with sqlite3.connect(intake.settings.var_dir / name) as connection:
            table = "events" if name == "tracker.db" else "drafts"
            kept += [str(row) for row in connection.execute(f"SELECT * FROM {table}")]
    return "\n".join(kept)


async def messages(store: Store) -> list[str]:
    found = await store._database.read(
        lambda connection: connection.execute(text("SELECT conversation FROM channels_messages")).all()
    )
    return sorted({row[0] for row in found})


async def erase(intake: Intake, **body: object) -> Json:
    status, answer = await intake.call("POST", "/api/v1/personal/erasures", body, role="secadmin")
    assert status == 201, answer
    return answer


def without_draft(settings: Settings) -> None:
    with sqlite3.connect(settings.var_dir / "drafts.db") as connection:
        connection.execute("DELETE FROM drafts WHERE id = 'd3'")


async def test_on_request_everything_personal_goes_and_the_case_stays(intake: Intake, store: Store) -> None:
    await say(store, intake, "u1", TELLING)
    await say(store, intake, "u2", "别人")
    picture = await photo(intake)
    mine = await file(intake, attachments=[picture])
    other = await file(
        intake, description="别人的", transcript=[], reporter={"phone": "13900001111", "channel_user": "web:u2"}
    )
    await close(intake, mine["case_no"])
    without_draft(intake.settings)
    files = list((intake.settings.var_dir / "attachments").rglob("*"))
    assert [path for path in files if path.is_file()]

    answer = await erase(intake, phone="+86 138-1234-5678")
    assert answer["erased"] | {"tracker_events": 1} == {
        "cases": 1, "attachments": 1, "outbox": 1, "conversations": 1, "messages": 1, "tracker_events": 1, "drafts": 1,
        "followed": 0, "calls": 0,
    }  # fmt: skip
    assert answer["finished_at"]
    assert "案件" in answer["kept"][0]
    left = await dump(intake)
    if intake.client.app[DATABASE].is_sqlite:  # type: ignore[union-attr]
        assert not any(secret in left for secret in SECRETS)
    assert "13900001111" in left
    assert await messages(store) == ["web:u2"]
    assert not [path for path in (intake.settings.var_dir / "attachments").rglob("*") if path.is_file()]

    _, case = await intake.call("GET", f"/api/v1/cases/{mine['case_no']}", role="operator")
    assert "垃圾堆了三天" in case["description"]
    assert case["category"]["code"] == "1101"
    assert case["attachments"] == case["transcript"] == []
    _, events = await intake.call("GET", f"/api/v1/cases/{mine['case_no']}/events", role="operator")
    assert events["intact"]
    assert other["case_no"]


async def test_again_it_finds_nothing_and_the_request_does_not_name_the_person(intake: Intake, store: Store) -> None:
    await file(intake)
    await close(intake, "all")
    without_draft(intake.settings)
    await erase(intake, phone="13812345678")
    again = await erase(intake, phone="13812345678")
    assert not any(again["erased"].values())
    _, listed = await intake.call("GET", "/api/v1/personal/erasures", role="secadmin")
    assert len(listed["items"]) == 2
    assert not any(secret in json.dumps(listed, ensure_ascii=False) for secret in SECRETS)


async def test_a_case_that_is_not_over_waits_and_goes_when_it_is(intake: Intake, store: Store) -> None:
    await say(store, intake, "u1", TELLING)
    case = await file(intake)
    answer = await erase(intake, channel_user="web:u1")
    assert (answer["waiting"], answer["finished_at"]) == ([case["case_no"]], None)
    assert answer["erased"].get("cases", 0) == 0
    assert any("草稿" in words for words in answer["kept"])
    assert await messages(store) == ["web:u1"]
    erasing = intake.client.app[ERASING]  # type: ignore[union-attr]
    assert await erasing.finish_waiting() == {}
    await close(intake, case["case_no"])
    assert (await erasing.finish_waiting())["cases"] == 1
    assert await messages(store) == []
    _, listed = await intake.call("GET", "/api/v1/personal/erasures", role="secadmin")
    assert listed["items"][0]["finished_at"]


async def test_after_the_days_that_the_city_keeps_it_personal_data_goes_by_itself(intake: Intake, store: Store) -> None:
    await say(store, intake, "u1", TELLING)
    await file(intake)
    erasing = intake.client.app[ERASING]  # type: ignore[union-attr]
    intake.clock.forward(days=400)
    assert (await erasing.retain(365, SYSTEM)).counts.get("cases", 0) == 0  # it is not over
    await close(intake, "all")
    assert (await erasing.retain(500, SYSTEM)).counts.get("cases", 0) == 0
    erased = await erasing.retain(365, SYSTEM)
    assert (erased.counts["cases"], erased.counts["conversations"]) == (1, 1)
    assert await messages(store) == []
    assert (await erasing.retain(365, SYSTEM)).counts.get("cases", 0) == 0


async def test_talk_that_came_to_nothing_goes_and_talk_of_an_open_case_stays(intake: Intake, store: Store) -> None:
    await say(store, intake, "u1", TELLING)
    await say(store, intake, "u2", "问一下")
    await file(intake)
    intake.clock.forward(days=400)
    await say(store, intake, "u3", "刚才说的")
    await intake.client.app[ERASING].retain(365, SYSTEM)  # type: ignore[union-attr]
    assert await messages(store) == ["web:u1", "web:u3"]


async def test_a_person_is_given_everything_that_is_kept_of_them(intake: Intake, store: Store) -> None:
    await say(store, intake, "u1", TELLING)
    await say(store, intake, "u2", "别人")
    case = await file(intake)
    await file(
        intake, description="别人的事", transcript=[], reporter={"phone": "13900001111", "channel_user": "web:u2"}
    )
    held = await commands.export(intake.settings, "13812345678", "")
    assert [item["case_no"] for item in held["cases"]] == [case["case_no"]]
    assert held["cases"][0]["reporter"]["name"] == "张伟"
    assert held["cases"][0]["transcript"][0]["text"] == TELLING
    assert held["conversations"][0]["messages"][0]["content"]["text"] == TELLING
    assert "别人" not in json.dumps(held, ensure_ascii=False)


async def test_the_command_line_tells_what_went_and_what_stays(
    intake: Intake, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    await file(intake)
    await close(intake, "all")
    words = await commands.erase(intake.settings, "13812345678", "")
    assert "已删除：" in words
    assert "案件 1" in words
    assert "保留：案件的类别" in words
    assert "找到 1 件案件" in capsys.readouterr().out


async def test_who_joined_a_case_is_taken_off_it_once_it_is_over(intake: Intake, store: Store) -> None:
    await file(intake)
    async with intake.client.app[DATABASE].write() as session:  # type: ignore[union-attr]
        case_id = await session.scalar(select(CaseRow.id))
        session.add(
            FollowerRow(
                case_id=case_id, channel="web", channel_user="web:u2", phone="13900001111", followed_at=intake.clock()
            )
        )
        session.add(RemarkRow(case_id=case_id, seq=1, text="已与张伟13812345678联系", attachments=[]))
    answer = await erase(intake, phone="13900001111")
    assert answer["erased"].get("followed", 0) == 0
    assert any("加入" in words for words in answer["kept"])
    await close(intake, "all")
    assert (await erase(intake, phone="13900001111"))["erased"]["followed"] == 1
    await erase(intake, phone="13812345678")
    async with intake.client.app[DATABASE].read() as session:  # type: ignore[union-attr]
        assert await session.scalar(select(FollowerRow.phone)) is None
        assert await session.scalar(select(RemarkRow.text)) == "已与某联系"


async def test_a_merged_case_is_needed_until_the_other_is_over(intake: Intake, store: Store) -> None:
    mine = await file(intake)
    other = await file(intake, description="同一堆垃圾", transcript=[], reporter={"channel_user": "web:u2"})
    async with intake.client.app[DATABASE].write() as session:  # type: ignore[union-attr]
        first, second = list(await session.scalars(select(CaseRow).order_by(CaseRow.id)))
        first.status, first.merged_into = "merged", second.id
    assert (await erase(intake, phone="13812345678"))["waiting"] == [mine["case_no"]]
    await close(intake, other["case_no"])
    assert (await erase(intake, phone="13812345678"))["erased"]["cases"] == 1


async def test_a_case_merged_twice_over_is_needed_until_the_last_is_over(intake: Intake, store: Store) -> None:
    mine = await file(intake)
    for user in ("web:u2", "web:u3"):
        await file(intake, description="同一堆垃圾", transcript=[], reporter={"channel_user": user})
    async with intake.client.app[DATABASE].write() as session:  # type: ignore[union-attr]
        first, second, third = list(await session.scalars(select(CaseRow).order_by(CaseRow.id)))
        first.status, first.merged_into = "merged", second.id
        second.status, second.merged_into = "merged", third.id
    assert (await erase(intake, phone="13812345678"))["waiting"] == [mine["case_no"]]


@pytest.mark.parametrize("role", ["sysadmin", "auditor", "operator", "partner", "channel"])
async def test_only_the_security_administrator_erases(intake: Intake, role: str) -> None:
    status, _ = await intake.call("POST", "/api/v1/personal/erasures", {"phone": "13812345678"}, role=role)
    assert status == 403


async def test_it_has_to_be_said_who(intake: Intake) -> None:
    status, problem = await intake.call("POST", "/api/v1/personal/erasures", {"phone": "没有"}, role="secadmin")
    assert (status, problem["errors"][0]["pointer"]) == (422, "/phone")


def test_a_number_is_found_however_it_was_written() -> None:
    forms = Subject("138 1234 5678").phone_forms()
    assert {"13812345678", "138 1234 5678", "138-1234-5678", "+8613812345678", "+86 138 1234 5678"} <= set(forms)
    assert "13812345678" in Subject("+8613812345678").phone_forms()
    assert Subject("没有").phone_forms() == []


def test_a_channels_user_may_be_written_with_or_without_the_channel() -> None:
    assert conversations_of("web:u1") == ["web:u1"]
    assert "wechat:o1" in conversations_of("o1")


async def test_calls_of_a_number_are_marked_for_forgetting_and_handed_out(intake: Intake, store: Store) -> None:
    database = ChannelsDatabase(intake.settings.channels_database)
    calls, legs, now = CallStore(database), LegStore(database), intake.clock()
    ids = {}
    for number in ("13812345678", "13900001111"):
        leg = str(uuid4())
        call, _ = await calls.announce(Announced({Side.CALLER: leg}, number=number), now)
        await legs.connect(leg, "line", rate=8000, path="a.yhtr", now=now)
        taken = await legs.take_one(leg, "scribe", now)
        assert taken is not None
        await legs.progress(leg, "scribe", 8000, now, heard=Heard(0, 8000, TELLING, (), "m"), all_done=True)
        await calls.exchange_says(call.id, Step.HANG_UP, now)
        ids[number] = call.id
    shown = await commands.export(intake.settings, "13812345678", "")
    assert [each["call"] for each in shown["calls"]] == [ids["13812345678"]]
    assert shown["calls"][0]["said"][0]["text"] == TELLING
    answer = await erase(intake, phone="13812345678")
    assert answer["erased"]["calls"] == 1
    async with ClientSession() as session:
        city = CityRules(Registry(session, ""))  # the city's days are not known: only what was asked for goes
        await Upkeep(
            calls, legs, QualityStore(database), city, intake.settings.recordings_dir, clock=intake.clock
        ).purge()
    assert [(await calls.call(call)).number for call in ids.values()] == ["", "13900001111"]
    assert [len(await legs.said(call)) for call in ids.values()] == [0, 1]
    await database.close()
