"""Time spent in each of the six stages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from intake_api.domain.event import SYSTEM, Event, EventKind
from intake_api.domain.stages import stages

BEGIN = datetime(2026, 9, 22, 8, 45, tzinfo=UTC)


def events(*told: tuple[int, EventKind, str | None]) -> list[Event]:
    return [Event(kind, BEGIN + timedelta(minutes=minute), SYSTEM, None, to) for minute, kind, to in told]


def test_a_case_settled_in_two_hours_and_eight_minutes_shows_where_the_time_went() -> None:
    told = events(
        (1, EventKind.RECEIVED, "received"),
        (4, EventKind.FILED, "filed"),
        (9, EventKind.DISPATCHED, "dispatched"),
        (12, EventKind.ACCEPTED, "accepted"),
        (110, EventKind.REPORTED_DONE, "reported_done"),
        (115, EventKind.CHECK_ASKED, None),
        (128, EventKind.VERIFIED, "closed"),
    )
    found = stages(told, BEGIN + timedelta(days=1), first_word_at=BEGIN)
    assert [(stage.name, stage.seconds // 60) for stage in found] == [
        ("信息收集", 1), ("案卷建立", 3), ("任务派遣", 5), ("任务处理", 101), ("处理反馈", 5), ("核查结案", 13),
    ]  # fmt: skip
    assert sum(stage.seconds for stage in found) == 128 * 60
    assert all(stage.ended_at for stage in found)


def test_a_return_brings_dispatching_again_and_suspension_does_not_count() -> None:
    told = events(
        (0, EventKind.RECEIVED, "received"),
        (0, EventKind.FILED, "filed"),
        (0, EventKind.DISPATCHED, "dispatched"),
        (10, EventKind.RETURNED, "returned"),
        (15, EventKind.DISPATCHED, "dispatched"),
        (20, EventKind.SUSPENDED, "suspended"),
        (500, EventKind.RESUMED, "accepted"),
    )
    found = stages(told, BEGIN + timedelta(minutes=510))
    assert [(stage.name, stage.seconds // 60) for stage in found] == [
        ("案卷建立", 0), ("任务派遣", 0), ("任务处理", 10), ("任务派遣", 5), ("任务处理", 15),
    ]  # fmt: skip
    assert found[-1].ended_at is None


def test_what_is_rejected_ends_where_it_stands() -> None:
    told = events((0, EventKind.RECEIVED, "received"), (7, EventKind.REJECTED, "rejected"))
    assert [(stage.name, stage.seconds) for stage in stages(told, BEGIN + timedelta(days=9))] == [("案卷建立", 420)]
