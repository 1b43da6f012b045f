"""City, places, categories, understanding, and the interface's own description."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from intake_api import administration
from intake_api.domain.access import Role
from intake_api.filing import Part, Understood
from tests.integration.intake_api.conftest import QINGHE, Clock, Intake, only_sqlite, running
from tests.integration.intake_api.conftest import Assistant as FakeAssistant

pytestmark = only_sqlite


async def test_the_city_is_public_and_is_sent_once(intake: Intake) -> None:
    async with intake.client.get("/api/v1/city") as answer:
        city = await answer.json()
        etag = answer.headers["ETag"]
    assert (city["name"], city["hotline"], city["emergency"]["police"]) == ("青禾区", "12345", "110")
    assert city["bounds"] == [[31.0, 121.0], [31.04, 121.04]]
    assert {f["properties"]["name"] for f in city["towns"]["features"]} == {"禾东镇", "柳溪路街道"}
    assert len(city["roads"]["features"]) == 4
    assert city["landmarks"]["features"][0]["properties"] == {"name": "望潮站", "kind": "metro"}
    async with intake.client.get("/api/v1/city", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304


async def test_the_taxonomy_is_public(intake: Intake) -> None:
    _, listed = await intake.call("GET", "/api/v1/categories", role=None)
    by_code = {item["code"]: item for item in listed["items"]}
    assert len(by_code) == 139
    assert by_code["1403"]["urgency"] == "emergency"
    assert by_code["1101"]["limit"]["words"] == "12 小时"


async def test_departments_are_listed_for_those_with_a_token(intake: Intake) -> None:
    _, listed = await intake.call("GET", "/api/v1/departments")
    assert {"id": "hedong", "town": "禾东镇"}.items() <= listed["items"][5].items()
    assert (await intake.call("GET", "/api/v1/departments", role=None))[0] == 401


async def test_a_place_is_resolved_with_candidates(intake: Intake) -> None:
    _, found = await intake.call("POST", "/api/v1/places/resolve", {"text": "阳光花园"})
    assert found["place"]["precision"] == "estate"
    assert len(found["candidates"]) == 2
    _, found = await intake.call("POST", "/api/v1/places/resolve", {"lat": 31.0211, "lng": 121.0318})
    assert set(found["place"]) >= {"text", "lat", "lng", "grid_cell", "town", "community", "precision", "name"}
    status, _ = await intake.call("POST", "/api/v1/places/resolve", {"lat": 31.0, "lng": 121.0, "datum": "bd09"})
    assert status == 422


async def test_a_text_is_understood_with_its_best_place(intake: Intake) -> None:
    text = "禾东镇稻香新苑垃圾"
    locations = ({"text": "禾东镇", "start": 0, "end": 3, "kind": "town"},
                 {"text": "稻香新苑", "start": 3, "end": 7, "kind": "estate"})  # fmt: skip
    intake.assistant.known[text] = Understood(
        text, "report", (("report", 0.9),), (("1101", 0.8), ("0000", 0.1)), locations,
        (Part(text[:7], 0, 7, (("0115", 0.7),), locations), Part(text[7:], 7, 9, (("1101", 0.8),), ())),
    )  # fmt: skip
    status, parsed = await intake.call("POST", "/api/v1/nlu/parse", {"text": text}, role="operator")
    assert status == 200
    assert parsed["act"] == "report"
    assert parsed["categories"] == [{"code": "1101", "name": "暴露垃圾", "confidence": 0.8}]
    assert [text[place["start"] : place["end"]] for place in parsed["locations"]] == ["禾东镇", "稻香新苑"]
    assert parsed["place"]["name"] == "稻香新苑"
    assert [(part["text"], part["categories"][0]["code"]) for part in parsed["problems"]] == [
        ("禾东镇稻香新苑", "0115"),
        ("垃圾", "1101"),
    ]
    assert (await intake.call("POST", "/api/v1/nlu/parse", {"text": text}))[0] == 403
    intake.assistant.down = True
    status, problem = await intake.call("POST", "/api/v1/nlu/parse", {"text": text}, role="operator")
    assert (status, problem["code"]) == (503, "assistant_down")


async def test_the_description_is_openapi_31_with_every_route_and_value(intake: Intake) -> None:
    async with intake.client.get("/api/v1/openapi.json") as answer:
        document = await answer.json()
    assert document["openapi"].startswith("3.1")
    served = {
        (route.method.lower(), route.resource.canonical)
        for route in intake.client.app.router.routes()  # type: ignore[union-attr]
        if route.resource is not None and route.resource.canonical.startswith("/api/") and route.method != "HEAD"
    }
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert served - described == {("get", "/api/v1/openapi.json"), ("get", "/api/v1/docs")}
    schemas = document["components"]["schemas"]
    references = set()
    collect(document, references)
    assert {name.rsplit("/", 1)[-1] for name in references} <= set(schemas)
    assert len(schemas["Status"]["enum"]) == 11
    assert set(schemas["Role"]["enum"]) == set(Role)
    created = document["paths"]["/api/v1/cases"]["post"]
    assert {"200", "201", "400", "422"} <= set(created["responses"])
    assert "Idempotency-Key" in [parameter["name"] for parameter in created["parameters"]]
    names = [parameter["name"] for parameter in document["paths"]["/api/v1/cases"]["get"]["parameters"]]
    assert {"status", "category", "department", "channel", "town", "q", "from", "to", "overdue", "bbox"} <= set(names)


def collect(node: object, references: set[str]) -> None:
    if isinstance(node, dict):
        references.update(value for key, value in node.items() if key == "$ref")
        for value in node.values():
            collect(value, references)
    elif isinstance(node, list):
        for value in node:
            collect(value, references)


async def test_the_description_is_shown_without_scripts(intake: Intake) -> None:
    async with intake.client.get("/api/v1/docs") as answer:
        page = await answer.text()
    assert "/api/v1/cases/{case_no}" in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://127.0.0.1", "")


async def test_cases_are_counted(intake: Intake) -> None:
    await intake.file(channel="telegram")
    async with intake.client.get("/metrics") as answer:
        assert 'yht_cases_filed_total{channel="telegram",status="dispatched"}' in await answer.text()


async def test_ready_when_the_tables_are_there_and_a_city_is_loaded(intake: Intake) -> None:
    async with intake.client.get("/readyz") as answer:
        assert answer.status == 200
        assert (await answer.json())["checks"] == {"database": True, "city": True}


async def test_unknown_addresses_are_problems_too(intake: Intake) -> None:
    status, problem = await intake.call("GET", "/api/v1/nothing")
    assert (status, problem["code"]) == (404, "not_found")
    status, problem = await intake.call("DELETE", "/api/v1/cases")
    assert (status, problem["code"]) == (405, "method_not_allowed")


async def test_an_internal_token_is_kept_until_it_is_not_valid(intake: Intake, tmp_path: Path) -> None:
    file = tmp_path / "tokens" / "gateway"
    first = await administration.ensure_internal_token(intake.settings, "gateway", file)
    assert await administration.ensure_internal_token(intake.settings, "gateway", file) == first
    assert file.stat().st_mode & 0o777 == 0o600
    intake.tokens["channel"] = first
    assert (await intake.file())[0] == 201
    file.write_text("yht_not_valid")
    assert await administration.ensure_internal_token(intake.settings, "gateway", file) != first


async def test_a_city_loaded_again_changes_nothing_and_a_changed_one_takes_over(intake: Intake, tmp_path: Path) -> None:
    report = await administration.load_city(intake.settings, QINGHE)
    assert (report["name"], report["changed"]) == ("青禾区", False)
    folder = tmp_path / "changed"
    folder.mkdir()
    for path in QINGHE.iterdir():
        content = path.read_text(encoding="utf-8")
        (folder / path.name).write_text(content.replace("禾东镇城市运行管理中心", "禾东镇城运中心"), encoding="utf-8")
    assert (await administration.load_city(intake.settings, folder))["changed"] is True
    async with running(intake.settings, Clock(), FakeAssistant()) as renewed:
        _, case = await renewed.file()
        assert case["department"]["name"] == "禾东镇城运中心"


@pytest.mark.parametrize(
    ("roles", "department"), [(["king"], None), (["handler"], None), (["operator"], "none"), ([], None)]
)
async def test_the_command_line_refuses_what_the_desk_would_refuse(
    intake: Intake, roles: list[str], department: str | None
) -> None:
    with pytest.raises(administration.Refused):
        await administration.add_staff(intake.settings, "孙三", roles, department)


async def test_logs_hold_nothing_personal(intake: Intake, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", logger="intake_api"):
        await intake.file()
        await intake.file(description="x" * 6000)
    written = json.dumps([record.__dict__ for record in caplog.records], default=str)
    assert not any(secret in written for secret in ("张伟", "13812345678", "门口垃圾"))
