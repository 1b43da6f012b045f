"""When the city's people are at their desks: asked of the intake now and then, known all the time."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from channels.gateway.intake import Intake, IntakeDown, IntakeRefused

log = logging.getLogger(__name__)

_EVERY_SECONDS = 600.0
_RETRY_SECONDS = 30.0


class OfficeHours:
    """The stretches of the next days in which people work. Unknown until the intake has answered once."""

    def __init__(self, intake: Intake):
        self._intake = intake
        self._periods: list[tuple[datetime, datetime]] | None = None

    def open(self, now: datetime) -> bool | None:
        """Whether people work at ``now``; None when that is not known."""
        if self._periods is None or not self._periods or self._periods[-1][1] < now:
            return None
        return any(start <= now < end for start, end in self._periods)

    def opens_at(self, now: datetime) -> datetime | None:
        """When they work next, if they do not at ``now``; None when that is not known."""
        if self.open(now) is not False:
            return None
        return next((start for start, _ in self._periods or () if start > now), None)

    async def ask(self) -> None:
        """Ask the intake. Raises IntakeDown or IntakeRefused."""
        self._periods = await self._intake.office_hours()

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            try:
                await self.ask()
                pause = _EVERY_SECONDS
            except (IntakeDown, IntakeRefused) as error:
                log.warning("office hours cannot be had", extra={"reason": str(error)})
                pause = _RETRY_SECONDS
            await asyncio.sleep(pause)
