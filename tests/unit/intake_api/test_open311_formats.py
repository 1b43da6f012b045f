"""One answer, written as XML and as JSON."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake_api.open311.errors import Refused
from intake_api.open311.formats import moment, to_json, to_xml
from intake_api.open311.parameters import Parameters, period
from intake_api.open311.services import Attribute, read_attributes

CHINA = timezone(timedelta(hours=8))
NOON = datetime(2026, 9, 22, 12, 0, 0, 123456, CHINA)
QUARTER = timedelta(days=90)


@given(st.text())
def test_whatever_a_text_holds_both_formats_can_be_read(text: str) -> None:
    clean = "".join(
        c for c in text if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    )
    content = [{"service_name": text}]
    root = ET.fromstring(to_xml("services", content))
    assert (root.findtext("service/service_name") or "").replace("\r", "\n") == clean.replace("\r\n", "\n").replace(
        "\r", "\n"
    )
    assert json.loads(to_json("services", content)) == [{"service_name": clean or None}]


def test_times_have_an_offset_and_no_fractions() -> None:
    assert moment(NOON) == "2026-09-22T12:00:00+08:00"


def test_an_empty_list_is_an_empty_element() -> None:
    assert to_xml("service_requests", []).endswith(b"<service_requests />\n")
    assert to_json("service_requests", []) == b"[]"


@pytest.mark.parametrize(
    ("given_query", "start", "end"),
    [
        ({}, NOON - QUARTER, NOON),
        (
            {"start_date": "2026-01-01T00:00:00Z"},
            datetime(2026, 1, 1, 8, tzinfo=CHINA),
            datetime(2026, 4, 1, 8, tzinfo=CHINA),
        ),
        (
            {"end_date": "2026-09-01T00:00:00+08:00"},
            datetime(2026, 6, 3, tzinfo=CHINA),
            datetime(2026, 9, 1, tzinfo=CHINA),
        ),
        ({"start_date": "", "end_date": ""}, NOON - QUARTER, NOON),
    ],
)
def test_a_period_is_at_most_ninety_days(given_query: dict[str, str], start: datetime, end: datetime) -> None:
    assert period(Parameters(given_query.items()), CHINA, NOON, QUARTER) == (start, end)


@pytest.mark.parametrize(
    "text", ["0001-01-01", "9999-12-31T23:59:59Z", "2026-13-01", "now", "2026-09-22T12:00:00+99:00"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="start_date"):
        period(Parameters([("start_date", text)]), CHINA, NOON, QUARTER)


def test_a_required_question_has_to_be_answered() -> None:
    question = Attribute("SIZE", "number", "多大", required=True)
    with pytest.raises(Refused, match=r"attribute\[SIZE\]"):
        read_attributes((question,), Parameters([]), CHINA)
    assert read_attributes((question,), Parameters([("attribute[SIZE]", "3")]), CHINA).words == ("多大：3",)
