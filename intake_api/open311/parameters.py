"""Parameters as GeoReport gives them: an empty one counts as absent, a wrong one is named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo

from intake_api.open311.errors import Refused

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LOST_PLUS = re.compile(r" (?=\d{2}:?\d{2}$)")  # "+08:00" in an address, not encoded


class Parameters:
    """Names and values of a request; lookups trim and skip what is empty."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = [(name, value.replace("\0", "").strip()) for name, value in pairs]

    def get(self, name: str) -> str:
        """The first value that is not empty, or ``""``."""
        return next((value for key, value in self._pairs if key == name and value), "")

    def all(self, *names: str) -> list[str]:
        """All values of these names that are not empty."""
        return [value for key, value in self._pairs if key in names and value]

    def listed(self, name: str) -> list[str]:
        """Values separated by commas."""
        return [part.strip() for value in self.all(name) for part in value.split(",") if part.strip()]

    def names(self) -> list[str]:
        """Names of all parameters, in their order."""
        return [name for name, _value in self._pairs]

    def moment(self, name: str, zone: tzinfo) -> datetime | None:
        """A moment: ISO 8601 with Z or an offset; without one, or a day alone, it is meant in the city's ``zone``.

        Raises Refused 400.
        """
        text = self.get(name)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(_LOST_PLUS.sub("+", text))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
            # a year at either end has no room for another zone
            return moment.astimezone(zone) if 1900 <= moment.year <= 9000 else _bad_moment(name)
        except ValueError:
            return _bad_moment(name)

    def is_day(self, name: str) -> bool:
        """Whether only a day was given."""
        return bool(_DAY.fullmatch(self.get(name)))

    def degrees(self, name: str, most: float) -> float | None:
        """WGS84 degrees between ``-most`` and ``most``. Raises Refused 400."""
        text = self.get(name)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not -most <= value <= most:
            raise Refused(400, f"参数 {name} 应为 WGS84 度数（-{most:g} 到 {most:g}）：{text[:40]}。")
        return value

    def whole(self, name: str, least: int, most: int, otherwise: int) -> int:
        """A whole number of an extension; what is none of these is as good as absent."""
        text = self.get(name)
        return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def _bad_moment(name: str) -> datetime:
    raise Refused(400, f"参数 {name} 应为带时区的时间，如 2026-11-25T08:00:00+08:00 或 2026-11-25T00:00:00Z。")


def period(parameters: Parameters, zone: tzinfo, now: datetime, longest: timedelta) -> tuple[datetime, datetime]:
    """``start_date`` and ``end_date``, one of which may be left out: the period is then as long as may be.

    Without both it ends now. Raises Refused 400.
    """
    start, end = parameters.moment("start_date", zone), parameters.moment("end_date", zone)
    if end is not None and parameters.is_day("end_date"):
        end += timedelta(days=1) - timedelta(microseconds=1)
    if start is None:
        end = end or now
        return end - longest, end
    if end is None:
        return start, start + longest
    if end < start:
        raise Refused(400, "参数 end_date 早于 start_date。")
    if end - start > longest + timedelta(days=1):
        raise Refused(400, f"start_date 到 end_date 最多 {longest.days} 天，请分段查询。")
    return start, end


def merged(*sources: Mapping[str, str]) -> list[tuple[str, str]]:
    """Pairs of several multi-valued sources; what comes first is found first."""
    return [(name, value) for source in sources for name, value in source.items()]
