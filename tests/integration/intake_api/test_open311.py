"""Open311: other systems read the catalogue, file, follow and comment, in XML as in JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import aiohttp
import pytest
from PIL import Image

from intake_api.domain import case_number
from intake_api.domain.event import SYSTEM, Event, EventKind
from intake_api.http.resources import DATABASE
from intake_api.storage import cases
from tests.integration.intake_api.conftest import Intake, only_sqlite

V2 = "/open311/v2"
BODY = {"service_code": "1101", "lat": "31.0210", "long": "121.0320", "description": "门口垃圾成堆"}
SCHEMAS = Path(__file__).resolve().parents[5] / "shared" / "data" / "open311_schema"


async def ask(intake: Intake, path: str, **query: str) -> tuple[int, Any]:
    async with intake.client.get(f"/open311{path}", params=query) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if path.endswith(".json") else ET.fromstring(text)


async def post(
    intake: Intake, data: object, *, path: str = f"{V2}/requests.json", key: str | None = None, **headers: str
) -> tuple[int, Any]:
    token = await intake.token("partner") if key is None else key
    if isinstance(data, dict):
        data = {"api_key": token} | {name: value for name, value in data.items() if value is not None}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with intake.client.post(path, data=data, headers=sent) as answer:
        return answer.status, json.loads(await answer.text())


async def filed(intake: Intake, **changes: str | None) -> str:
    status, answer = await post(intake, BODY | changes)
    assert status == 201, answer
    number: str = answer[0]["service_request_id"]
    return number


async def move(intake: Intake, number: str, to: str) -> None:
    """Move a case on as the desk does: its state, and the event of it."""
    database = intake.client.app[DATABASE]  # type: ignore[index]
    async with database.write() as session:
        row = await cases.get_locked(session, case_number.parse(number))
        event = Event(EventKind.FILED, intake.clock.now, SYSTEM, row.status, to, "内部理由：住户王小明不肯开门")
        row.status = to
        await cases.append(session, row, [event])


def plain(element: ET.Element) -> Any:
    """XML as the JSON of the same answer says it, but for types."""
    children = list(element)
    if not children:
        return element.text
    names = {child.tag for child in children}
    single = {"services": "service", "service_requests": "request", "attributes": "attribute", "values": "value",
              "service_request_updates": "request_update", "endpoints": "endpoint", "formats": "format",
              "errors": "error"}  # fmt: skip
    if element.tag in single:
        assert names == {single[element.tag]}
        return [plain(child) for child in children]
    return {child.tag: plain(child) for child in children}


def worded(value: Any) -> Any:
    """JSON with everything but lists and objects as text, and what is empty as None."""
    if isinstance(value, dict):
        return {name: worded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [worded(item) for item in value] or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


# reading


@pytest.mark.parametrize(
    "path",
    [
        "/discovery", f"{V2[8:]}/services", f"{V2[8:]}/services/0101", f"{V2[8:]}/requests", f"{V2[8:]}/requests/NUMBER",
        f"{V2[8:]}/tokens/NUMBER", f"{V2[8:]}/servicerequestupdates", f"{V2[8:]}/requests/123456789", f"{V2[8:]}/nothing",
    ],
)  # fmt: skip
async def test_every_answer_says_the_same_in_xml_and_json(intake: Intake, path: str) -> None:
    path = path.replace("NUMBER", await filed(intake))
    async with intake.client.get(f"/open311{path}.xml") as xml, intake.client.get(f"/open311{path}.json") as as_json:
        assert xml.headers["Content-Type"] == "text/xml; charset=utf-8"
        assert as_json.headers["Content-Type"] == "application/json; charset=utf-8"
        assert xml.status == as_json.status
        text = await xml.text()
        assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>')
        assert "xmlns" not in text
        assert plain(ET.fromstring(text)) == worded(json.loads(await as_json.text()))


@only_sqlite
async def test_discovery_names_the_endpoints(intake: Intake) -> None:
    _, answer = await ask(intake, "/discovery.json")
    endpoint = answer["endpoints"][0]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["url"].endswith("/open311/v2")
    assert endpoint["type"] == "production"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert "." not in answer["changeset"] and answer["changeset"].endswith("+08:00")
    assert len(answer["endpoints"]) == 2


@only_sqlite
async def test_the_catalogue_has_what_the_city_looks_after_and_no_referrals(intake: Intake) -> None:
    _, services = await ask(intake, "/v2/services.json")
    codes = [service["service_code"] for service in services]
    assert "1101" in codes and len(set(codes)) == len(codes)
    assert not [code for code in codes if code.startswith("90")]
    assert {service["type"] for service in services} == {"realtime"}
    assert all(service["description"] and service["group"] and service["service_name"] for service in services)
    cover = next(service for service in services if service["service_code"] == "0101")
    assert cover["metadata"] is True
    _, definition = await ask(intake, "/v2/services/0101.json")
    condition = definition["attributes"][0]
    assert (condition["code"], condition["datatype"], condition["required"]) == ("CONDITION", "singlevaluelist", False)
    assert {"key": "missing", "name": "缺失"} in condition["values"]
    assert [item["order"] for item in definition["attributes"]] == list(range(1, len(definition["attributes"]) + 1))


@only_sqlite
@pytest.mark.parametrize("path", ["/v2/services/9005.json", "/v2/services/nothing.xml", "/v2/services/1101.json"])
async def test_a_service_without_questions_or_unknown_has_no_definition(intake: Intake, path: str) -> None:
    assert (await ask(intake, path))[0] == 404


async def test_a_request_is_read_back_with_all_its_fields(intake: Intake) -> None:
    number = await filed(intake)
    status, found = await ask(intake, f"/v2/requests/{number}.json")
    assert status == 200
    assert found == [
        {
            "service_request_id": number, "status": "open", "status_notes": "已派给承办单位，等待签收",
            "service_name": "暴露垃圾", "service_code": "1101", "description": None,
            "agency_responsible": found[0]["agency_responsible"], "service_notice": None,
            "requested_datetime": "2026-09-22T10:00:00+08:00", "updated_datetime": "2026-09-22T10:00:00+08:00",
            "expected_datetime": found[0]["expected_datetime"], "address": found[0]["address"], "address_id": None,
            "zipcode": None, "lat": found[0]["lat"], "long": found[0]["long"], "media_url": None,
        }
    ]  # fmt: skip
    assert found[0]["agency_responsible"]
    assert found[0]["expected_datetime"].endswith("+08:00")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("received", "open"), ("filed", "open"), ("dispatched", "open"), ("accepted", "open"), ("returned", "open"),
        ("suspended", "open"), ("reported_done", "open"), ("closed", "closed"), ("rejected", "closed"),
        ("merged", "closed"), ("withdrawn", "closed"),
    ],
)  # fmt: skip
@only_sqlite
async def test_every_state_is_open_or_closed_and_its_time_is_told(intake: Intake, state: str, status: str) -> None:
    number = await filed(intake)
    intake.clock.forward(hours=3)
    await move(intake, number, state)
    _, found = await ask(intake, f"/v2/requests/{number}.json")
    assert found[0]["status"] == status
    assert found[0]["updated_datetime"] == "2026-09-22T13:00:00+08:00"
    assert found[0]["status_notes"]
    _, listed = await ask(intake, "/v2/requests.json", status=status)
    assert [case["service_request_id"] for case in listed] == [number]


async def test_the_list_follows_its_filters(intake: Intake) -> None:
    old = await filed(intake)
    intake.clock.forward(days=20)
    lamp = await filed(intake, service_code="0115")
    intake.clock.forward(days=75)

    async def listed(**query: str) -> set[str]:
        status, found = await ask(intake, "/v2/requests.json", **query)
        assert status == 200, found
        return {case["service_request_id"] for case in found}

    assert await listed() == {lamp}  # the last 90 days
    assert await listed(start_date="2026-09-22T00:00:00+08:00") == {old, lamp}
    assert await listed(start_date="2026-09-22T10:00:00 08:00", end_date="2026-09-22T02:00:00Z") == {old}
    assert await listed(end_date="2026-09-22") == {old}
    assert await listed(service_code="0115,0116") == {lamp}
    assert await listed(service_code="0116") == set()
    assert await listed(status="closed") == set()
    assert await listed(status="open,closed", service_code="") == {lamp}
    assert await listed(service_request_id=f"{old},{lamp},nonsense", status="closed") == {old, lamp}
    assert await listed(page="1", page_size="1") == {lamp}
    assert await listed(page="2", page_size="1") == set()
    assert await listed(updated_after="2026-12-01T00:00:00Z") == set()
    assert await listed(lat="31.021", long="121.032", radius="500") == {lamp}
    assert await listed(lat="31.3", long="121.5", radius="500") == set()
    assert await listed(lat="31.3", long="121.5", radius="far", page="x", page_size="-1", foo="bar") == {lamp}


@only_sqlite
@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"status": "done"}, 400, "status"),
        ({"start_date": "yesterday"}, 400, "start_date"),
        ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-09-01T00:00:00Z"}, 400, "90"),
        ({"start_date": "2026-09-02T00:00:00Z", "end_date": "2026-09-01T00:00:00Z"}, 400, "end_date"),
        ({"jurisdiction_id": "elsewhere"}, 404, "jurisdiction_id"),
        ({"api_key": "nonsense"}, 403, "api_key"),
    ],
)
async def test_a_wrong_filter_is_named(intake: Intake, query: dict[str, str], status: int, said: str) -> None:
    got, answer = await ask(intake, "/v2/requests.json", **query)
    assert got == status
    assert answer[0]["code"] == str(status) and said in answer[0]["description"]


@only_sqlite
async def test_the_citys_own_code_is_a_jurisdiction(intake: Intake) -> None:
    assert (await ask(intake, "/v2/requests.json", jurisdiction_id="990101"))[0] == 200


# errors


@only_sqlite
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/open311", 404), ("GET", "/open311/v2/requests", 404), ("GET", "/open311/v3/services.xml", 404),
        ("DELETE", "/open311/v2/requests.xml", 405), ("PUT", "/open311/v2/services.json", 405),
        ("POST", "/open311/v2/services.json", 405), ("GET", "/open311/v2/requests/1.json", 404),
        ("GET", "/open311/v2/tokens/abc.xml", 404),
    ],
)  # fmt: skip
async def test_errors_have_open311s_own_form(intake: Intake, method: str, path: str, status: int) -> None:
    async with intake.client.request(method, path) as answer:
        assert answer.status == status
        text = await answer.text()
        if path.endswith(".json"):
            assert [error["code"] for error in json.loads(text)] == [str(status)]
        else:
            assert answer.content_type == "text/xml"
            assert ET.fromstring(text).findtext("error/code") == str(status)
        assert ("Allow" in answer.headers) == (status == 405)


@only_sqlite
async def test_a_failure_of_ours_has_open311s_form_too(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_args: object, **_named: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("intake_api.storage.public.search", broken)
    status, answer = await ask(intake, "/v2/requests.xml")
    assert (status, answer.findtext("error/code")) == (500, "500")
    assert "secret" not in ET.tostring(answer, encoding="unicode")


# filing


async def test_a_report_becomes_a_case_in_the_queue(intake: Intake) -> None:
    status, answer = await post(
        intake,
        BODY | {"first_name": "小明", "last_name": "王", "phone": "13812345678", "email": "wang@example.com",
                "account_id": "a-77", "address_string": "稻香新苑3号楼", "media_url": "https://example.com/1.jpg"},
    )  # fmt: skip
    assert status == 201
    assert answer[0]["account_id"] == "a-77" and "编号" in answer[0]["service_notice"]
    assert set(answer[0]) == {"service_request_id", "service_notice", "account_id"}
    _, case = await intake.call("GET", f"/api/v1/cases/{answer[0]['service_request_id']}", role="operator")
    assert (case["channel"], case["status"], case["category"]["code"]) == ("open311", "dispatched", "1101")
    assert case["reporter"]["name"] == "王**" and case["reporter"]["phone"] == "138****5678"
    assert case["location"]["text"] == "稻香新苑3号楼"
    assert "https://example.com/1.jpg" in case["transcript"][0]["text"]


@only_sqlite
async def test_answers_to_questions_reach_staff(intake: Intake) -> None:
    lamp = await filed(intake, service_code="0115", lat=None, long=None, **{"attribute[POLE_NO]": "QH0712-08"})
    _, case = await intake.call("GET", f"/api/v1/cases/{lamp}", role="operator")
    assert case["location"]["precision"] == "point" and case["location"]["name"] == "QH0712-08 号灯杆"
    number = await filed(intake, service_code="1508", **{"attribute[OCCURRED_AT]": "2026-09-21T23:00:00+08:00"})
    _, case = await intake.call("GET", f"/api/v1/cases/{number}", role="operator")
    assert case["occurred_at"] == "2026-09-21T23:00:00+08:00"
    form = aiohttp.FormData(
        {"api_key": await intake.token("partner"), "service_code": "1409", "address_string": "柳溪路"}
    )
    form.add_field("attribute[DANGER][]", "blocked")
    form.add_field("attribute[DANGER][]", "electric")
    form.add_field("attribute[COLOUR]", "绿")
    _, answer = await post(intake, form)
    _, case = await intake.call("GET", f"/api/v1/cases/{answer[0]['service_request_id']}", role="operator")
    assert "道路受阻、可能漏电" in case["description"] and "COLOUR：绿" in case["description"]


def photo() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(content, "JPEG")
    return content.getvalue()


async def test_photos_come_with_a_form_in_parts(intake: Intake) -> None:
    def form() -> aiohttp.FormData:
        data = aiohttp.FormData(BODY | {"api_key": token})
        data.add_field("media", photo(), filename="a.jpg", content_type="image/jpeg")
        return data

    token = await intake.token("partner")
    status, answer = await post(intake, form())
    assert status == 201
    _, case = await intake.call("GET", f"/api/v1/cases/{answer[0]['service_request_id']}", role="operator")
    assert [item["media_type"] for item in case["attachments"]] == ["image/jpeg"]
    assert await post(intake, form()) == (200, answer)
    broken = form()
    broken.add_field("media", b"no photo", filename="b.jpg", content_type="image/jpeg")
    status, answer = await post(intake, broken)
    assert status == 400 and "照片" in answer[0]["description"]


@only_sqlite
@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"service_code": None}, 400, "service_code"),
        ({"service_code": ""}, 400, "service_code"),
        ({"service_code": "7777"}, 404, "service_code"),
        ({"service_code": "9005"}, 404, "service_code"),
        ({"lat": None, "long": None}, 400, "address_string"),
        ({"long": None}, 400, "long"),
        ({"lat": "north"}, 400, "lat"),
        ({"long": "1e400"}, 400, "long"),
        ({"description": "长" * 4001}, 400, "description"),
        ({"media_url": "file:///etc/passwd"}, 400, "media_url"),
        ({"service_code": "0101", "attribute[CONDITION]": "blue"}, 400, "attribute[CONDITION]"),
        ({"service_code": "1508", "attribute[OCCURRED_AT]": "last night"}, 400, "attribute[OCCURRED_AT]"),
        ({"jurisdiction_id": "elsewhere"}, 404, "jurisdiction_id"),
        ({"api_key": None}, 403, "api_key"),
        ({"api_key": "nonsense"}, 403, "api_key"),
    ],
)
async def test_what_is_wrong_with_a_report_is_named(
    intake: Intake, changes: dict[str, str | None], status: int, said: str
) -> None:
    token = await intake.token("partner")
    data = {name: value for name, value in (BODY | {"api_key": token} | changes).items() if value is not None}
    async with intake.client.post(f"{V2}/requests.json", data=data) as answer:
        assert answer.status == status
        errors = json.loads(await answer.text())
    assert errors[0]["code"] == str(status) and said in errors[0]["description"]
    assert (await ask(intake, "/v2/requests.json"))[1] == []


@only_sqlite
async def test_a_token_of_another_role_is_no_key(intake: Intake) -> None:
    status, _ = await post(intake, BODY, key=await intake.token("channel"))
    assert status == 403


async def test_a_client_that_tries_again_files_once(intake: Intake) -> None:
    first = await post(intake, BODY)
    assert first[0] == 201
    intake.clock.forward(minutes=9)
    assert await post(intake, dict(reversed(BODY.items()))) == (200, first[1])
    intake.clock.forward(minutes=11)
    again = await post(intake, BODY)
    assert again[0] == 201 and again[1] != first[1]
    assert (await post(intake, BODY | {"description": "另一处"}))[0] == 201


async def test_a_clients_own_key_holds_for_ever_and_for_one_report(intake: Intake) -> None:
    first = await post(intake, BODY, Idempotency_Key="k1")
    intake.clock.forward(days=2)
    assert await post(intake, BODY, Idempotency_Key="k1") == (200, first[1])
    assert (await post(intake, BODY, Idempotency_Key="k2"))[0] == 201
    status, answer = await post(intake, BODY | {"description": "别的"}, Idempotency_Key="k1")
    assert status == 422 and "Idempotency-Key" in answer[0]["description"]


@only_sqlite
async def test_json_is_no_form(intake: Intake) -> None:
    async with intake.client.post(f"{V2}/requests.xml", json=BODY) as answer:
        assert answer.status == 415
        assert ET.fromstring(await answer.text()).findtext("error/code") == "415"


# updates


UPDATES = f"{V2}/servicerequestupdates.json"


def comment(number: str, **changes: str) -> dict[str, str]:
    return {
        "service_request_id": number, "update_id": "77", "status": "OPEN", "description": "又堆满了，我电话13912345678",
        "updated_datetime": "2026-09-22T11:00:00+08:00",
    } | changes  # fmt: skip


async def test_changes_of_state_are_told_by_their_time_without_reasons(intake: Intake) -> None:
    number = await filed(intake)
    intake.clock.forward(hours=1)
    await move(intake, number, "accepted")
    intake.clock.forward(hours=1)
    await move(intake, number, "closed")
    window = {"start_date": "2026-09-22T11:00:00+08:00", "end_date": "2026-09-22T12:00:00+08:00"}
    _, found = await ask(intake, "/v2/servicerequestupdates.json", **window)
    assert [(item["status"], item["external_status_code"]) for item in found] == [
        ("IN_PROGRESS", "accepted"), ("FIXED", "closed"),
    ]  # fmt: skip
    assert found[1]["updated_datetime"] == "2026-09-22T12:00:00+08:00"
    assert len({item["update_id"] for item in found}) == 2
    assert "王小明" not in json.dumps(found, ensure_ascii=False)
    assert (await ask(intake, "/v2/servicerequestupdates.json", **window))[1] == found
    window["end_date"] = "2026-09-22T11:59:59+08:00"
    assert len((await ask(intake, "/v2/servicerequestupdates.json", **window))[1]) == 1


async def test_a_partner_adds_words_once_and_closes_nothing(intake: Intake) -> None:
    number = await filed(intake)
    first = await post(intake, comment(number, status="CLOSED"), path=UPDATES)
    assert first[0] == 201 and first[1][0]["update_id"]
    assert await post(intake, comment(number, status="CLOSED"), path=UPDATES) == (200, first[1])
    _, case = await intake.call("GET", f"/api/v1/cases/{number}", role="operator")
    assert case["status"] == "dispatched"
    assert "又堆满了" in case["transcript"][-1]["text"] and "13912345678" not in case["transcript"][-1]["text"]
    _, events = await intake.call("GET", f"/api/v1/cases/{number}/events", role="operator")
    said = [event for event in events["items"] if event["kind"] == "commented"]
    assert len(said) == 1 and events["intact"]
    assert said[0]["reason"].startswith("又堆满了") and "139" not in said[0]["reason"]
    assert said[0]["data"]["status"] == "CLOSED"
    assert "又堆满了" not in json.dumps(await ask(intake, "/v2/servicerequestupdates.json"), ensure_ascii=False)


@only_sqlite
@pytest.mark.parametrize("left_out", ["service_request_id", "update_id", "status", "updated_datetime", "description"])
async def test_an_update_needs_all_of_its_parts(intake: Intake, left_out: str) -> None:
    data = comment(await filed(intake)) | {left_out: ""}
    status, answer = await post(intake, data, path=UPDATES)
    assert status == 400 and left_out in answer[0]["description"]


@only_sqlite
@pytest.mark.parametrize(
    ("changes", "status"),
    [({"service_request_id": "123456789"}, 404), ({"status": "<b>"}, 400), ({"api_key": "x"}, 403)],
)
async def test_a_wrong_update_is_refused(intake: Intake, changes: dict[str, str], status: int) -> None:
    assert (await post(intake, comment(await filed(intake)) | changes, path=UPDATES))[0] == status


async def test_a_partner_follows_what_it_filed_even_where_it_is_not_public(intake: Intake) -> None:
    own = await filed(intake, service_code="1511")
    _, case = await intake.file(category="1511", location={"lat": 31.021, "lng": 121.032})
    other = case["case_no"]
    key = await intake.token("partner")
    assert (await ask(intake, f"/v2/requests/{own}.json"))[0] == 404
    assert (await ask(intake, f"/v2/requests/{own}.json", api_key=key))[0] == 200
    assert (await ask(intake, f"/v2/requests/{other}.json", api_key=key))[0] == 404
    assert (await ask(intake, "/v2/servicerequestupdates.json"))[1] == []
    _, found = await ask(intake, "/v2/servicerequestupdates.json", api_key=key)
    assert {item["service_request_id"] for item in found} == {own}
    assert (await post(intake, comment(own), path=UPDATES))[0] == 201
    assert (await post(intake, comment(other), path=UPDATES))[0] == 404


# against the published schemas, where they are at hand


@only_sqlite
@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the schemas of open311/schema-validation are not here")
async def test_answers_fit_the_published_schemas(intake: Intake) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    referencing = pytest.importorskip("referencing")
    from referencing.jsonschema import DRAFT4

    number = await filed(intake)
    await filed(intake, service_code="0115", address_string="柳溪路", lat=None, long=None)
    contents = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in SCHEMAS.glob("*.json")}
    pairs = [(name, DRAFT4.create_resource(content)) for name, content in contents.items()]
    registry = referencing.Registry().with_resources(pairs)
    for path, schema in {
        "/v2/services.json": "services.json", "/v2/services/0101.json": "service-definition.json",
        "/v2/requests.json": "requests.json", f"/v2/requests/{number}.json": "requests.json",
    }.items():  # fmt: skip
        _, answer = await ask(intake, path)
        jsonschema.Draft4Validator(contents[schema], registry=registry).validate(answer)
