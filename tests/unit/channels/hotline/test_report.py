"""The form of a call as the intake takes it."""

from __future__ import annotations

from datetime import UTC, datetime

from channels.hotline.call import Call, State
from channels.hotline.call_store import FormRow
from channels.hotline.form import FieldName, Form, Found
from channels.hotline.showing import report

CALL = Call("c1", State.TALKING, datetime(2026, 9, 22, 9, tzinfo=UTC), number="13812345678")


def urgency(form: Form, danger: str | None = None) -> object:
    row = FormRow(1, 1, form, {"danger": danger}, "k", None, None, None, None)
    return report(CALL, row, ())["urgency"]


def test_danger_that_a_caller_speaks_of_is_filed_as_an_emergency() -> None:
    heard = Form().understood({FieldName.URGENCY: Found("emergency", 0.9)})
    assert urgency(heard, "injury") == "emergency"


def test_the_operators_word_on_the_urgency_counts() -> None:
    heard = Form().understood({FieldName.URGENCY: Found("emergency", 0.9)})
    assert urgency(heard.typed(FieldName.URGENCY, "normal"), "injury") == "normal"
    assert urgency(Form().typed(FieldName.URGENCY, "urgent")) == "urgent"


def test_the_urgency_of_a_category_is_the_intakes_own_business() -> None:
    # the operator may still have chosen another category
    assert urgency(Form().understood({FieldName.URGENCY: Found("urgent", 0.6)})) == "normal"
