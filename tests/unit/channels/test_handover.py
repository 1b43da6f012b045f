"""What the assistant asks of the gateway, what those who wait may say, and when people are at work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from channels.gateway.handover import Request, arranged, in_line, request_in, wants_assistant
from channels.gateway.message import Reply
from channels.gateway.office_hours import OfficeHours

NINE = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


def test_the_word_to_the_gateway_is_taken_out_of_the_answer() -> None:
    replies = [
        Reply("好的，为您转人工。", custom={"handover": {"reason": "asked", "phone": "138 1234 5678"}}),
        Reply("", custom={"handover": {"reason": "asked"}}),
        Reply("", custom={"kind": "case", "case_no": "483920175"}),
    ]
    said, request = request_in(replies[:1] + replies[2:])
    assert [(reply.text, reply.custom) for reply in said] == [
        ("好的，为您转人工。", None),
        ("", {"kind": "case", "case_no": "483920175"}),
    ]
    assert request == Request("asked", "13812345678", False)
    assert request_in(replies[1:2])[0] == []
    assert request_in([Reply("好的")]) == ([Reply("好的")], None)


@pytest.mark.parametrize("custom", [{"handover": None}, {"handover": "asked"}, {"handover": ["asked"]}])
def test_what_is_no_request_asks_for_nobody(custom: dict[str, object]) -> None:
    assert request_in([Reply("好的", custom=custom)])[1] is None


@pytest.mark.parametrize("words", ["取消", "不用了", "算了，不等了。", "那就不用了谢谢", "我不等人工了", "取消排隊吧"])
def test_words_by_which_somebody_stops_waiting(words: str) -> None:
    assert wants_assistant(words)


@pytest.mark.parametrize("words", ["不用了吗", "取消我昨天报的那件", "路灯不亮", "不要乱停车", "", "还要等多久"])
def test_words_that_are_for_the_person_to_come(words: str) -> None:
    assert not wants_assistant(words)


def test_those_who_wait_hear_how_many_are_before_them_and_how_to_stop() -> None:
    assert "前面还有 2 位" in in_line(2).text
    assert "下一位" in in_line(0).text
    assert "取消" in in_line(0).text
    assert "11月25日（周三）09:00" in arranged(NINE).text


class _Intake:
    def __init__(self, *periods: tuple[datetime, datetime]) -> None:
        self.periods = list(periods)

    async def office_hours(self) -> list[tuple[datetime, datetime]]:
        return self.periods


async def test_office_hours_are_known_once_the_intake_has_told_them() -> None:
    day = timedelta(days=1)
    hours = OfficeHours(_Intake((NINE, NINE + day / 3), (NINE + day, NINE + day * 4 / 3)))  # type: ignore[arg-type]
    assert (hours.open(NINE), hours.opens_at(NINE)) == (None, None)
    await hours.ask()
    assert hours.open(NINE) is True
    assert hours.opens_at(NINE) is None
    evening = NINE + day / 2
    assert (hours.open(evening), hours.opens_at(evening)) == (False, NINE + day)
    # what was told is over: nothing is known any more
    assert hours.open(NINE + 5 * day) is None
