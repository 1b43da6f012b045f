"""Similar cases, repeats and hot spots."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from intake_api.domain import case_number
from intake_api.storage import neighbours
from intake_api.storage.database import Database
from intake_api.storage.neighbours import Earlier
from tests.integration.intake_api.conftest import Intake, only_sqlite

Json = dict[str, Any]
LAT, LNG = 31.0211, 121.0318
STEP = 0.0001  # degrees of latitude: 11 m


def pin(metres: float = 0.0) -> Json:
    return {"text": "", "lat": LAT + metres * STEP / 11.132, "lng": LNG}


async def similar(intake: Intake, role: str = "operator", **changes: object) -> list[Json]:
    body = {"category": "1101", "lat": LAT, "lng": LNG, "text": "垃圾没人清"} | changes
    sent = {name: value for name, value in body.items() if value is not None}
    status, answer = await intake.call("POST", "/api/v1/cases/similar", sent, role=role)
    assert status == 200, answer
    items: list[Json] = answer["items"]
    return items


async def test_what_is_near_in_kind_place_and_time_is_similar(intake: Intake) -> None:
    _, near = await intake.file(location=pin(30))
    await intake.file(location=pin(80))
    await intake.file(location=pin(10), category="0103")
    assert [item["case_no"] for item in await similar(intake)] == [near["case_no"]]
    intake.clock.forward(hours=23)
    assert len(await similar(intake)) == 1
    intake.clock.forward(hours=2)
    assert await similar(intake) == []


async def test_the_most_alike_comes_first_with_its_reasons(intake: Intake) -> None:
    _, far = await intake.file(location=pin(45), description="路边有东西")
    _, close = await intake.file(location=pin(5), description="垃圾没人清")
    found = await similar(intake)
    assert [item["case_no"] for item in found] == [close["case_no"], far["case_no"]]
    assert found[0]["score"] > found[1]["score"]
    assert {reason["name"] for reason in found[0]["reasons"]} == {"category", "distance", "time", "words"}
    assert "相距 5 米" in [reason["words"] for reason in found[0]["reasons"]]


async def test_a_channel_learns_no_words_of_others(intake: Intake) -> None:
    await intake.file(location=pin(5), description="垃圾没人清，我是李四家")
    (item,) = await similar(intake, role="channel")
    assert (item["description"], item["place"]) == (None, None)
    assert item["category"]["code"] == "1101"
    assert item["metres"] == 10, "how far another's home is, is told in steps of ten metres"
    assert "相距 10 米" in [reason["words"] for reason in item["reasons"]]
    assert "words" not in [reason["name"] for reason in item["reasons"]]


async def test_without_a_place_kind_and_words_decide(intake: Intake) -> None:
    _, case = await intake.file(location={}, description="小区垃圾没人清")
    await intake.file(location={}, description="树枝折断")
    found = await similar(intake, lat=None, lng=None)
    assert [item["case_no"] for item in found] == [case["case_no"]]


async def test_a_filed_case_is_not_similar_to_itself(intake: Intake) -> None:
    _, one = await intake.file(location=pin(0))
    _, two = await intake.file(location=pin(20))
    _, answer = await intake.call("GET", f"/api/v1/cases/{one['case_no']}/similar", role="operator")
    assert [item["case_no"] for item in answer["items"]] == [two["case_no"]]


@only_sqlite
@pytest.mark.parametrize(
    ("body", "code"),
    [({}, "invalid"), ({"lat": 31.0, "category": "1101"}, "invalid"), ({"category": "9999"}, "unknown_category")],
)
async def test_too_little_to_compare_is_told(intake: Intake, body: Json, code: str) -> None:
    status, problem = await intake.call("POST", "/api/v1/cases/similar", body, role="operator")
    assert (status, problem["code"]) == (422, code)


async def closed(intake: Intake, number: str) -> None:
    database = Database(intake.settings.cases_database)
    case_id = case_number.parse(number)
    async with database.write() as session:
        await session.execute(
            text("UPDATE cases SET status = 'closed', closed_at = received_at WHERE id = :id"), {"id": case_id}
        )
        await session.execute(
            text(
                "INSERT INTO events (case_id, seq, kind, at, actor_kind, actor_id, actor_name, to_status, reason,"
                " data, prev_hash, hash) SELECT id, 99, 'verify', received_at, 'staff', 'x', 'x', 'closed', '', '{}',"
                " '', '' FROM cases WHERE id = :id"
            ),
            {"id": case_id},
        )
    await database.close()


async def repeats(intake: Intake, category: str = "1101", metres: float = 0.0) -> list[Earlier]:
    database = Database(intake.settings.cases_database)
    where = pin(metres)
    async with database.read() as session:
        found = await neighbours.repeats_of(
            session, category=category, lat=where["lat"], lng=where["lng"], at=intake.clock.now
        )
    await database.close()
    return found


async def test_the_same_thing_at_the_same_place_closed_lately_is_a_repeat(intake: Intake) -> None:
    _, case = await intake.file(location=pin())
    assert await repeats(intake) == []
    await closed(intake, case["case_no"])
    assert [earlier.case_id for earlier in await repeats(intake)] == [case_number.parse(case["case_no"])]
    assert (await repeats(intake, metres=30))[0].metres == 30
    assert await repeats(intake, metres=80) == []
    assert await repeats(intake, category="0103") == []
    intake.clock.forward(days=91)
    assert await repeats(intake) == []


async def test_a_repeat_is_linked_listed_and_ranked_ahead(intake: Intake) -> None:
    _, old = await intake.file(location=pin())
    await closed(intake, old["case_no"])
    _, new = await intake.file(location=pin())
    assert new["repeat_of"] == old["case_no"]
    _, page = await intake.call("GET", "/api/v1/cases?repeat=true", role="operator")
    assert [item["case_no"] for item in page["items"]] == [new["case_no"]]
    _, priority = await intake.call("GET", f"/api/v1/cases/{new['case_no']}/priority", role="operator")
    assert "repeat" in [part["name"] for part in priority["parts"]]
    assert page["items"][0]["rank_at"] == priority["rank_at"]


async def test_a_hot_spot_is_where_more_comes_in_than_usual(intake: Intake) -> None:
    for _ in range(8):
        await intake.file(location=pin(), category="0103", description="路面塌陷")
        intake.clock.forward(days=7)
    for part in range(6):
        await intake.file(location=pin(part * 5), description="菜场后面垃圾成堆")
    await intake.file(location=pin(), category="0103", description="路面塌陷")
    intake.clock.forward(minutes=1)
    status, spots = await intake.call("GET", "/api/v1/hotspots", role="supervisor")
    assert status == 200
    assert spots["type"] == "FeatureCollection"
    (feature,) = spots["features"]
    found = feature["properties"]
    assert (found["category"]["code"], found["count"]) == ("1101", 6)
    assert found["expected"] < 1
    assert found["score"] >= 3
    assert "菜场" in found["words"]
    assert len(found["case_nos"]) == 6
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert "泊松" in spots["formula"]
    for query, count in (
        ("category=0103", 0),
        ("category=1101", 1),
        ("town=禾东镇", 1),
        ("town=柳溪路街道", 0),
        ("from=2026-01-01&to=2026-01-05", 0),
    ):
        _, spots = await intake.call("GET", f"/api/v1/hotspots?{query}", role="supervisor")
        assert len(spots["features"]) == count, query


@only_sqlite
async def test_hot_spots_of_too_long_a_time_are_refused(intake: Intake) -> None:
    status, _ = await intake.call("GET", "/api/v1/hotspots?from=2026-01-01&to=2026-03-01", role="supervisor")
    assert status == 422
    assert (await intake.call("GET", "/api/v1/hotspots", role="handler@hedong"))[0] == 403
