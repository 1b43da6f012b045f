"""What no honest program sends is refused in words, never answered by 500, and the intake goes on."""

from __future__ import annotations

import json

import pytest
from yarl import URL

from tests.integration.intake_api.conftest import Intake, report

DEEP = "[" * 100_000 + "]" * 100_000
NESTED = '{"a":' * 90_000 + "1" + "}" * 90_000
HUGE = "9" * 5000
LAST_DAY = "9999-12-31"


def raw(**changes: object) -> str:
    return json.dumps(report(**changes))


BODIES = {
    "nothing": "",
    "no JSON": "{",
    "not UTF-8": b"\xff\xfe{}",
    "deep arrays": DEEP,
    "deep objects": NESTED,
    "a list": "[]",
    "null": "null",
    "a lone surrogate": raw().replace("channel", "channel", 1)[:-1] + ', "act": "\\ud800"}',
    "a lone surrogate in a name": raw()[:-1] + ', "\\udfff": 1}',
    "a huge integer": raw()[:-1] + f', "version": {HUGE}}}',
    "a huge float": raw()[:-1] + ', "category_confidence": 1e999}',
    "not a number": raw()[:-1] + ', "category_confidence": NaN}',
    "a place at infinity": raw(location={"lat": 1, "lng": 2}).replace('"lat": 1', '"lat": Infinity'),
    "the wrong types": raw(description=["x"], reporter="x", transcript={"a": 1}, attachments=5),
    "a moment without zone": raw(occurred_at="2026-09-22T10:00:00"),
    "an attachment that is none": raw(attachments=["\x00", "../../etc/passwd"]),
    "too many attachments": raw(attachments=["0" * 32] * 21),
    "a long description": raw(description="垃" * 5001),
    "only NUL": raw(description="\x00\x00"),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_report_that_cannot_be_read_is_refused_in_words(intake: Intake, body: str | bytes) -> None:
    headers = {
        "Authorization": f"Bearer {await intake.token('channel')}",
        "Content-Type": "application/json",
        "Idempotency-Key": "k",
    }
    for path in ("/api/v1/cases", "/api/v1/cases/preview", "/api/v1/places/resolve", "/api/v1/cases/similar"):
        async with intake.client.post(path, data=body, headers=headers) as answer:
            problem = await answer.json(content_type=None)
            assert answer.status < 500, (path, problem)
            if path == "/api/v1/cases":
                assert answer.status in (400, 413, 422), problem
                assert any("\u4e00" <= character <= "\u9fff" for character in problem["detail"])
    assert (await intake.file())[0] == 201


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z"])
async def test_moments_at_the_ends_of_time_break_nothing(intake: Intake, moment: str) -> None:
    line = {"role": "user", "text": "x", "at": moment}
    status, answer = await intake.file(occurred_at=moment, transcript=[line])
    assert status in (201, 422), answer
    if status == 201:
        assert (await intake.call("GET", f"/api/v1/cases/{answer['case_no']}", role="operator"))[0] == 200
        assert (await intake.call("GET", "/api/v1/cases", role="operator"))[0] == 200
    body = {"category": "1101", "text": "垃圾", "at": moment}
    assert (await intake.call("POST", "/api/v1/cases/similar", body))[0] in (200, 422)


ADDRESSES = [
    f"/cases/{HUGE}",
    "/cases/%00",
    "/cases/%FF",
    "/cases/%ED%A0%80/events",
    "/cases/①②③④⑤⑥⑦⑧⑨",
    f"/staff/{HUGE}/sessions",
    "/staff/٣/sessions",
    f"/responsibility/{HUGE}/end",
    f"/views/{HUGE}",
    f"/views/{2**63}",
    f"/training-examples/{HUGE}/review",
    f"/outbox/{HUGE}/delivered",
    f"/webhooks/{2**63}",
    f"/webhooks/{HUGE}",
    f"/tokens/{HUGE}",
    "/categories/%00",
    "/invitations/%00%FF",
    "/account/sessions/%00000000000000000",
    "/attachments/%00",
    f"/attachments/{'0' * 32}?expires={HUGE}&signature=x",
    f"/attachments/{'0' * 32}?expires=²&signature=é",
    "/public/cases/%00",
    f"/cases?from={LAST_DAY}&to={LAST_DAY}",
    "/cases?from=0001-01-01&to=0001-01-01",
    "/cases?from=0001-01-01T00:00:00%2B14:00&to=9999-12-31T23:59:59-14:00",
    "/cases?q=%00",
    "/cases?q=%FF&category=%00,%ED%A0%80&channel_user=%00",
    "/cases?bbox=1,2,3",
    "/cases?bbox=nan,nan,nan,nan",
    "/cases?bbox=-inf,-inf,inf,inf",
    f"/cases?limit={HUGE}",
    "/cases?cursor=" + "Y" * 90,
    "/cases?cursor=Yzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
    "/cases?order=due&cursor=ZDEuOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
    f"/public/cases?from={LAST_DAY}&to={LAST_DAY}",
    "/public/cases?from=0001-01-01&to=0001-01-01",
    "/public/cases?bbox=nan,nan,nan,nan",
    f"/hotspots?from={LAST_DAY}&to={LAST_DAY}",
    "/hotspots?from=0001-01-01&to=0001-01-02",
    "/hotspots?from=0001-01-01T00:00:00%2B14:00&to=0001-01-02T00:00:00Z",
    f"/figures?from={LAST_DAY}&to={LAST_DAY}",
    f"/figures?to={LAST_DAY}",
    "/figures?from=0001-01-01&to=0001-01-01",
    "/figures?from=2199-12-31&to=2199-12-31&by=day",
    "/figures/cases?measure=filed&cursor=%00",
    f"/responsibility/dry-run?category=1101&on={LAST_DAY}",
    "/responsibility/dry-run?category=1101&on=0001-01-01",
    "/responsibility/dry-run?category=%00",
    "/responsibility/dry-run?category=1101&lat=nan&lng=nan",
    f"/audit?from={LAST_DAY}&to={LAST_DAY}&actor=%00&target=%00&action=%00",
    "/audit?from=0001-01-01&to=0001-01-01&actor=%25_%5C",
    "/audit/export?cursor=%00&actor=%FF",
    "/audit/export?target=case:%00",
    f"/events?after={HUGE}",
    f"/events?after={2**62 - 1}&kinds=%00",
]


async def test_an_address_that_means_nothing_is_refused_in_words(intake: Intake) -> None:
    for address in ADDRESSES:
        url = URL("/api/v1" + address, encoded=address.isascii())
        methods = ("GET",) if "?" in address else ("GET", "POST", "DELETE")
        for role in ("operator", "supervisor", "secadmin", "sysadmin", "auditor", "channel"):
            headers = {"Authorization": f"Bearer {await intake.token(role)}"}
            for method in methods:
                async with intake.client.request(method, url, headers=headers, json={}) as answer:
                    assert answer.status < 500, (address, role, method, await answer.text())
                    assert answer.status < 400 or (await answer.json(content_type=None))["code"]


async def test_a_form_whose_parts_cannot_be_read_is_refused(intake: Intake) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"\r\nbad\x00 header\r\n\r\nx\r\n--b--\r\n'
    headers = {
        "Authorization": f"Bearer {await intake.token('channel')}",
        "Content-Type": "multipart/form-data; boundary=b",
    }
    async with intake.client.post("/api/v1/attachments", data=body, headers=headers) as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (400, "bad_multipart")
