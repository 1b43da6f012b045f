"""The event feed: one order for all, nothing skipped, each reader told as much as it may know."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from intake_api.domain.event import SYSTEM, Event, EventKind
from intake_api.http.app import OPERATIONS
from intake_api.http.resources import DATABASE
from intake_api.storage import cases
from intake_api.storage.tables import CaseRow
from tests.integration.intake_api.conftest import Assistant, Clock, Intake, Json, running


async def read(intake: Intake, role: str = "partner", **query: object) -> Json:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    status, page = await intake.call("GET", f"/api/v1/events?{words}", role=role)
    assert status == 200, page
    return page


async def correct(intake: Intake, case_no: str, **body: object) -> None:
    status, answer = await intake.call("POST", f"/api/v1/cases/{case_no}/actions/correct", body, role="operator")
    assert status == 200, answer


async def test_everything_that_happened_is_read_in_order_page_by_page(intake: Intake) -> None:
    numbers = [(await intake.file())[1]["case_no"] for _ in range(3)]
    events: list[Json] = []
    page: Json = {"next": 0, "head": 1}
    while page["next"] < page["head"]:
        page = await read(intake, limit=4, after=page["next"])
        assert len(page["items"]) <= 4
        events += page["items"]
    assert [event["position"] for event in events] == list(range(1, page["head"] + 1))
    kinds = {number: [event["kind"] for event in events if event["case_no"] == number] for number in numbers}
    assert all(of_one[:2] == ["received", "filed"] for of_one in kinds.values())
    assert list(dict.fromkeys(event["case_no"] for event in events)) == numbers
    assert (await read(intake, after=page["next"]))["items"] == []


async def test_an_event_names_department_category_and_status_and_nobody(intake: Intake) -> None:
    _, case = await intake.file(description="我是张伟，门口垃圾没人清，电话13812345678")
    event = (await read(intake))["items"][1]
    assert event | {"id": 0, "at": ""} == {
        "position": 2, "id": 0, "case_no": case["case_no"], "seq": 2, "kind": "filed", "at": "",
        "from_status": "received", "to_status": "filed", "actor_kind": "system", "category": "1101",
        "department": {"id": "hedong", "name": "禾东镇城市运行管理中心"}, "town": case["location"]["town_code"],
        "reason": "", "data": {"automatic": True},
    }  # fmt: skip
    told = json.dumps(await read(intake, role="operator"), ensure_ascii=False)
    assert not any(personal in told for personal in ("张伟", "13812345678", "垃圾堆", "u1", "稻香新苑"))


async def test_partners_hear_no_reasons_and_departments_hear_those_of_their_own(intake: Intake) -> None:
    _, case = await intake.file()
    await correct(intake, case["case_no"], category="0115", reason="看过现场照片")
    heard = {
        role: (await read(intake, role=role, kinds="corrected"))["items"][0]
        for role in ("partner", "operator", "handler@hedong")
    }
    assert heard["partner"]["reason"] == ""
    assert set(heard["partner"]["data"]) <= {"changed", "due_at"}
    assert heard["operator"]["reason"] == heard["handler@hedong"]["reason"] == "看过现场照片"
    assert heard["handler@hedong"]["data"]["before"]["category"] == "1101"


async def test_a_department_sees_its_own_events_and_the_one_that_took_the_case_away(intake: Intake) -> None:
    _, mine = await intake.file(category_confidence=0.1)  # an operator has to look: the department is a proposal
    before = await read(intake, role="handler@hedong")
    assert {event["case_no"] for event in before["items"]} == {mine["case_no"]}
    await correct(intake, mine["case_no"], category="0103", reason="是下水道的事")
    await correct(intake, mine["case_no"], location={"lat": 31.02, "lng": 121.01}, reason="地点说错了")
    kinds = {
        unit: [event["kind"] for event in (await read(intake, role=f"handler@{unit}"))["items"]]
        for unit in ("hedong", "greening", "drainage", "liuxi")
    }
    assert kinds == {
        "hedong": ["received", "corrected"],
        "greening": ["received", "corrected"],
        "drainage": ["corrected", "corrected"],
        "liuxi": [],
    }


@pytest.mark.parametrize(("role", "status"), [("channel", 403), ("inspector", 403), ("handler", 403), (None, 401)])
async def test_who_reads_no_cases_reads_no_feed(intake: Intake, role: str | None, status: int) -> None:
    assert (await intake.call("GET", "/api/v1/events", role=role))[0] == status


@pytest.mark.parametrize("query", ["after=-1", "limit=0", "limit=1001", "wait=31", "kinds=nonsense", "after=x"])
async def test_a_wrong_question_is_told_so(intake: Intake, query: str) -> None:
    status, problem = await intake.call("GET", f"/api/v1/events?{query}", role="partner")
    assert (status, problem["code"]) == (422, "invalid")


async def test_a_reader_who_waits_is_answered_when_something_happens(intake: Intake) -> None:
    await intake.token("partner")
    waiting = asyncio.create_task(read(intake, wait=30))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await intake.file()
    assert (await waiting)["items"][0]["kind"] == "received"


async def test_an_event_committed_after_one_with_a_higher_number_is_not_skipped(intake: Intake) -> None:
    """On PostgreSQL numbers are given before transactions end; on SQLite the second has to wait for the first."""
    _, early = await intake.file()
    _, late = await intake.file()
    database = intake.client.app[DATABASE]  # type: ignore[union-attr]
    position = (await read(intake))["next"]
    first_has_number, let_go = asyncio.Event(), asyncio.Event()

    async def note(case_no: str, slowly: bool) -> None:
        async with database.write() as session:
            number = (await session.scalars(select(CaseRow.id).order_by(CaseRow.id))).all()
            case_id = number[0] if case_no == early["case_no"] else number[1]
            row = await cases.get_locked(session, case_id)
            event = Event(EventKind.CORRECTED, datetime.now(UTC), SYSTEM, None, None, "", {"slow": slowly})
            await cases.append(session, row, [event])
            await session.flush()
            if slowly:
                first_has_number.set()
                await let_go.wait()

    slow = asyncio.create_task(note(early["case_no"], True))
    await first_has_number.wait()
    if database.is_sqlite:
        let_go.set()
    await note(late["case_no"], False)
    between = await read(intake, role="operator", after=position)
    let_go.set()
    await slow
    after = await read(intake, role="operator", after=between["next"])
    seen = [event["case_no"] for event in between["items"] + after["items"]]
    assert sorted(seen) == sorted([early["case_no"], late["case_no"]])
    if not database.is_sqlite:
        assert seen == [late["case_no"], early["case_no"]]


async def test_two_processes_that_file_at_once_make_one_order_without_gaps(intake: Intake) -> None:
    async with running(intake.settings, Clock(), Assistant()) as other:
        other.tokens = intake.tokens
        await intake.token("channel")
        await intake.token("partner")
        seen: list[Json] = []

        async def file(at: Intake, count: int) -> None:
            for _ in range(count):
                await at.file()

        async def follow(filing: asyncio.Task[object]) -> None:
            page: Json = {"next": 0, "head": 1}
            while not filing.done() or page["next"] < page["head"]:
                page = await read(other, after=page["next"], limit=7, wait=1)
                seen.extend(page["items"])

        filing = asyncio.ensure_future(asyncio.gather(file(intake, 10), file(other, 10)))
        await follow(filing)  # type: ignore[arg-type]
        seen += (await read(other, after=seen[-1]["position"], limit=1000))["items"]
    assert [event["position"] for event in seen] == list(range(1, len(seen) + 1))
    assert len({event["id"] for event in seen}) == len(seen)
    by_case: dict[str, list[int]] = {}
    for event in seen:
        by_case.setdefault(event["case_no"], []).append(event["seq"])
    assert len(by_case) == 20
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in by_case.values())


def test_the_feed_is_described() -> None:
    assert "/api/v1/events" in {operation.path for operation in OPERATIONS}
