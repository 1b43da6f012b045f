"""The city's rules for calls: what callers are told, and how long recordings and words are kept."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from channels.gateway.intake import IntakeDown, IntakeRefused
from channels.staff.registry import Registry

log = logging.getLogger(__name__)

_REMEMBERED_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Rules:
    """As city.toml has them: ``[telephone]`` and ``[retention]``."""

    announcement: str = "您好，为了保证服务质量，本次通话将被录音。"
    recordings_days: int = 730
    personal_days: int = 1095
    timezone: str = "Asia/Shanghai"

    def midnight(self, now: datetime) -> datetime:
        """When the day began, in the city."""
        return self.begins(self.local(now).date())

    def local(self, moment: datetime) -> datetime:
        """A moment by the city's clocks."""
        return moment.astimezone(ZoneInfo(self.timezone))

    def day(self, moment: datetime) -> str:
        """The city's day of a moment, as 2026-11-26."""
        return self.local(moment).date().isoformat()

    def begins(self, day: date) -> datetime:
        """When a day begins, in the city."""
        return datetime.combine(day, time_of_day.min, ZoneInfo(self.timezone))


class CityRules:
    """Asks the intake now and then. While it is down, the last known rules hold."""

    def __init__(self, registry: Registry):
        self._registry = registry
        self._rules = Rules()
        self._until = 0.0
        self.known = False
        """Whether the rules are the city's; else they are the defaults, and nothing is deleted by them."""

    async def rules(self) -> Rules:
        """The rules in force."""
        if time.monotonic() < self._until:
            return self._rules
        try:
            city = await self._registry.city()
        except (IntakeDown, IntakeRefused) as error:
            log.warning("the city's rules cannot be had", extra={"reason": str(error)})
            return self._rules
        told = city.get("telephone") or {}
        self._rules = Rules(
            announcement=str(told.get("announcement") or Rules().announcement),
            recordings_days=int(told.get("recordings_days") or Rules().recordings_days),
            personal_days=int(told.get("personal_days") or Rules().personal_days),
            timezone=str(city.get("timezone") or Rules().timezone),
        )
        self._until = time.monotonic() + _REMEMBERED_SECONDS
        self.known = True
        return self._rules
