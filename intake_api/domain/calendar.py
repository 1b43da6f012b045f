"""Which days a city works, and when: public holidays and the weekends worked instead (调休) are city data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

_WEEKDAYS = "一二三四五六日"


class DayKind(StrEnum):
    """How a day differs from the usual Monday to Friday."""

    HOLIDAY = "holiday"  # 放假
    WORKDAY = "workday"  # 调休上班


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that differs, with its name (国庆节)."""

    day: date
    kind: DayKind
    name: str


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Local office hours; lunch is left out when both of its ends are given."""

    start: time
    end: time
    lunch_start: time | None = None
    lunch_end: time | None = None

    def periods(self) -> tuple[tuple[time, time], ...]:
        """The stretches of one working day, in order."""
        if self.lunch_start is None or self.lunch_end is None:
            return ((self.start, self.end),)
        return ((self.start, self.lunch_start), (self.lunch_end, self.end))

    def seconds(self) -> int:
        """Seconds worked in one working day."""
        return sum(_seconds(end) - _seconds(start) for start, end in self.periods())


def _seconds(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


@dataclass(frozen=True)
class WorkCalendar:
    """A city's working days and hours. ``every_day``: worked on weekends and holidays too, as a hotline's desks are."""

    timezone: ZoneInfo
    hours: OfficeHours
    days: Mapping[date, SpecialDay]
    every_day: bool = False

    @cached_property
    def version(self) -> str:
        """A digest of all of it: which calendar a due time was computed with."""
        content: dict[str, object] = {
            "timezone": self.timezone.key,
            "hours": [[str(start), str(end)] for start, end in self.hours.periods()],
            "days": [[str(day), special.kind.value] for day, special in sorted(self.days.items())],
        }
        if self.every_day:
            content["every_day"] = True
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]

    def is_working(self, day: date) -> bool:
        """Whether the offices work on ``day``."""
        special = self.days.get(day)
        if self.every_day:
            return True
        return day.weekday() < 5 if special is None else special.kind is DayKind.WORKDAY

    def name(self, day: date) -> str:
        """``周六``, ``周日（国庆节调休）``, ``周四（国庆节）``."""
        weekday = "周" + _WEEKDAYS[day.weekday()]
        special = self.days.get(day)
        if special is None:
            return weekday
        note = special.name if special.kind is DayKind.HOLIDAY or "班" in special.name else f"{special.name}调休上班"
        return f"{weekday}（{note}）"

    def periods(self, day: date) -> list[tuple[datetime, datetime]]:
        """When the offices work on ``day``, as instants; empty when they do not."""
        if not self.is_working(day):
            return []
        return [
            (datetime.combine(day, start, self.timezone), datetime.combine(day, end, self.timezone))
            for start, end in self.hours.periods()
        ]
