"""``city.toml``: the frame of a city and its policy, every fault with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import time
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tomllib

from intake_api.domain.calendar import OfficeHours
from intake_api.domain.data_files import Folder
from intake_api.domain.place import Precision
from intake_api.domain.policy import (
    FastTrack,
    Figure,
    Policy,
    QuietHours,
    Retention,
    SupervisionLevel,
    SupervisionRule,
    Telephone,
)
from intake_api.domain.public import DEFAULT_POLICY, PublicPolicy
from intake_api.domain.taxonomy import Limit, Taxonomy, Unit

FILE = "city.toml"
_YEARS = 3660  # days; a number beyond ten years is a slip of the pen
_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True)
class _Table:
    """One section; the top of the file has no name. Keys that nobody asked for are told by ``strangers``."""

    folder: Folder
    lines: list[str]
    name: str
    content: dict[str, Any]
    asked: set[str]

    def fault(self, key: str, detail: str) -> None:
        """Note what is wrong with a key, by its line, or by that of the section."""
        self.folder.fault(FILE, self._line(key), detail)

    def _line(self, key: str) -> int:
        section, header = "", 0
        for number, line in enumerate(self.lines, 1):
            if match := re.match(r"\s*\[+\s*([\w.-]+)\s*\]+", line):
                section = match.group(1)
                header = number if section == self.name else header
            elif section == self.name and re.match(rf'\s*"?{re.escape(key)}"?\s*=', line):
                return number
        return header

    def full(self, key: str) -> str:
        """``auto_file.confidence``."""
        return f"{self.name}.{key}" if self.name else key

    def value(self, key: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        """The value if it is of that type; without a default it must be there."""
        self.asked.add(key)
        found = self.content.get(key)
        if found is None:
            if default is None:
                self.fault(key, f"缺少 {self.full(key)}")
            return default
        if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
            self.fault(key, f"{self.full(key)} 的类型不对")
            return default
        return found

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        """A whole number within bounds."""
        found: int = self.value(key, int, default)
        if not least <= found <= most:
            self.fault(key, f"{self.full(key)} 应在 {least} 和 {most} 之间：{found}")
            return default
        return found

    def texts(self, key: str, default: Iterable[str]) -> tuple[str, ...]:
        """A list of texts."""
        found = self.value(key, list, list(default))
        if not all(isinstance(text, str) and text for text in found):
            self.fault(key, f"{self.full(key)} 应为文字的列表")
            return tuple(default)
        return tuple(found)

    def choices(self, key: str, of: type[_Choice], default: Iterable[_Choice]) -> tuple[_Choice, ...]:
        """A list of members of an enumeration."""
        chosen = []
        for text in self.texts(key, default):
            if text in set(of):
                chosen.append(of(text))
            else:
                self.fault(key, f"{self.full(key)} 里有不认识的值：{text}")
        return tuple(chosen)

    def clock(self, key: str, default: str | None) -> time | None:
        """A time of the day; None if it is left out, or wrong."""
        found = self.value(key, str, default)
        return self._time(key, found) if found else None

    def span(self, key: str) -> tuple[time, time] | None:
        """Two times of the day, ``["07:00", "22:00"]``; None if left out, or wrong."""
        found = self.texts(key, ())
        if not found:
            return None
        ends = [self._time(key, text) for text in found]
        if len(ends) != 2:
            self.fault(key, f'{self.full(key)} 应写开始和结束两个时刻，如 ["07:00", "22:00"]')
            return None
        return (ends[0], ends[1]) if ends[0] is not None and ends[1] is not None else None

    def _time(self, key: str, text: str) -> time | None:
        try:
            found = time.fromisoformat(text)
        except ValueError:
            self.fault(key, f"{self.full(key)} 不是时刻（应为 09:00 这样的形式）：{text}")
            return None
        return found.replace(tzinfo=None)

    def patterns(self, key: str, default: Iterable[str], taxonomy: Taxonomy) -> tuple[str, ...]:
        """Categories, or prefixes of them; a default is taken as far as the taxonomy has it."""
        if key not in self.content:
            self.asked.add(key)
            return tuple(pattern for pattern in default if taxonomy.objection(pattern) is None)
        found = self.texts(key, ())
        for pattern in found:
            if wrong := taxonomy.objection(pattern):
                self.fault(key, f"{self.full(key)}：{wrong}")
        return found

    def strangers(self) -> None:
        """Tell keys that mean nothing: a misspelt number would leave the default in force, unnoticed."""
        for key in self.content:
            if key not in self.asked:
                self.fault(key, f"不认识的项：{self.full(key)}")


def read_city_toml(folder: Folder, taxonomy: Taxonomy) -> dict[str, Any]:
    """The attributes of a City that city.toml gives; what is wrong becomes faults of the folder."""
    text = folder.text(FILE)
    if text is None:
        return {}
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"at line (\d+)", str(error))
        folder.fault(FILE, int(match.group(1)) if match else 0, f"不是合法的 TOML：{error}")
        return {}
    lines = text.splitlines()

    def table(name: str) -> _Table:
        found = content.get(name, {}) if name else content
        if not isinstance(found, dict):
            folder.fault(FILE, 0, f"{name} 应为 [{name}] 一节")
            found = {}
        return _Table(folder, lines, name, found, set())

    return _frame(table) | {"policy": _policy(table, taxonomy), "public": _public(table("public"))}


def _frame(table: Callable[[str], _Table]) -> dict[str, Any]:
    top, auto_file, place = table(""), table("auto_file"), table("map")
    timezone = top.value("timezone", str, "Asia/Shanghai")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        top.fault("timezone", f"没有这个时区：{timezone}")
    confidence = auto_file.value("confidence", (int, float), 0.5)
    if not 0 <= confidence <= 1:
        auto_file.fault("confidence", "auto_file.confidence 应在 0 和 1 之间")
    center = place.value("center", list)
    if center is not None and not (
        len(center) == 2 and all(isinstance(x, (int, float)) for x in center) and -90 <= center[0] <= 90
    ):
        place.fault("center", "map.center 应为 [纬度, 经度]")
        center = None
    emergency = table("emergency")
    if not all(isinstance(number, str) for number in emergency.content.values()):
        emergency.fault("", "emergency 的号码要写成带引号的文字")
    return {
        "name": top.value("name", str),
        "code": top.value("code", str),
        "hotline": top.value("hotline", str),
        "timezone": timezone,
        "description": top.value("description", str, ""),
        "emergency": emergency.content,
        "office_hours": _office_hours(table("office_hours")),
        "auto_file_confidence": float(confidence),
        "auto_file_precision": auto_file.choices(
            "precision", Precision, (Precision.POINT, Precision.ROAD, Precision.ESTATE)
        ),
        "map_center": tuple(center or (0.0, 0.0)),
        "map_zoom": place.value("zoom", int, 12),
        "district_department": table("fallback").value("district_department", str),
        "neighbours": top.texts("neighbours", ()),
    }


def _public(table: _Table) -> PublicPolicy:
    """What the city keeps to itself. A pattern of no category is no fault: it hides nothing."""
    found = PublicPolicy(
        table.texts("hidden_categories", DEFAULT_POLICY.hidden_categories),
        table.texts("hidden_words", DEFAULT_POLICY.hidden_words),
    )
    table.strangers()
    return found


def _office_hours(table: _Table) -> OfficeHours:
    start, end = table.clock("start", None), table.clock("end", None)
    lunch = table.clock("lunch_start", ""), table.clock("lunch_end", "")
    if start and end and start >= end:
        table.fault("end", "office_hours.end 必须晚于 start")
    if (lunch[0] is None) != (lunch[1] is None):
        table.fault("lunch_start", "lunch_start 和 lunch_end 要么都写，要么都不写")
    elif lunch[0] and lunch[1] and start and end and not start <= lunch[0] < lunch[1] <= end:
        table.fault("lunch_start", "午休必须在办公时间之内")
    return OfficeHours(start or time(9), end or time(17, 30), *lunch)


# what a number of [policy] may be
_BOUNDS = {
    "accept_minutes": (1, 7 * 1440),
    "dispatch_minutes": (1, 7 * 1440),
    "verify_minutes": (1, 7 * 1440),
    "extensions": (0, 9),
    "suspension_days": (1, _YEARS),
    "reopen_days": (0, _YEARS),
    "similar_metres": (1, 5000),
    "similar_hours": (1, 24 * 365),
    "repeat_days": (1, _YEARS),
    "urge_hours": (0, 24 * 365),
    "callback_days": (1, 365),
    "callback_lapse_days": (1, 365),
}


def _policy(table: Callable[[str], _Table], taxonomy: Taxonomy) -> Policy:
    policy, default = table("policy"), Policy()
    numbers = {key: policy.whole(key, getattr(default, key), *bounds) for key, bounds in _BOUNDS.items()}
    staffed, quiet = policy.span("staffed_hours"), policy.span("quiet_hours")
    if staffed and staffed[0] >= staffed[1]:
        policy.fault("staffed_hours", "policy.staffed_hours 的结束必须晚于开始")
    found = Policy(
        **numbers,
        staffed=OfficeHours(*staffed) if staffed else None,
        auto_dispatch=policy.value("auto_dispatch", bool, default.auto_dispatch),
        merge_dispatched=policy.value("merge_dispatched", bool, default.merge_dispatched),
        rating_reopens=policy.texts("rating_reopens", default.rating_reopens),
        hazards=policy.patterns("hazards", default.hazards, taxonomy),
        fast_track=_fast_track(table("fast_track"), taxonomy),
        supervision=_supervision(table("supervision")),
        quiet_hours=QuietHours(*quiet) if quiet else default.quiet_hours,
        retention=_retention(table("retention")),
        telephone=_telephone(table("telephone")),
        scorecard=_scorecard(table("scorecard")) or default.scorecard,
        targets=_targets(table("targets")) or default.targets,
    )
    policy.strangers()
    return found


def _fast_track(table: _Table, taxonomy: Taxonomy) -> FastTrack:
    default = FastTrack()
    unit = table.value("unit", str, default.limit.unit.value)
    if unit not in set(Unit):
        table.fault("unit", f"fast_track.unit 只能是 {'、'.join(Unit)}：{unit}")
        unit = default.limit.unit
    found = FastTrack(
        categories=table.patterns("categories", (), taxonomy),
        limit=Limit(table.whole("limit", default.limit.value, 1, 1000), Unit(unit)),
        precision=table.choices("precision", Precision, default.precision),
        verify_by_photo=table.value("verify_by_photo", bool, default.verify_by_photo),
    )
    table.strangers()
    return found


def _supervision(table: _Table) -> SupervisionRule:
    default = SupervisionRule()
    keys = ("first_hours", "second_hours", "third_hours")
    first, second, third = (table.whole(key, getattr(default, key), 0, 24 * 365) for key in keys)
    if not first <= second <= third:
        table.fault("second_hours", "supervision 的三道督办令要一道比一道晚")
    orders = table.value("order_levels", list, list(default.order_levels))
    if not (
        len(orders) == 3
        and all(isinstance(level, int) and 1 <= level <= 5 for level in orders)
        and orders == sorted(orders)
    ):
        table.fault("order_levels", "supervision.order_levels 应为由低到高的三个级别，如 [1, 2, 3]")
        orders = list(default.order_levels)
    names = table.texts("names", [level.name for level in default.levels])
    addressees = table.texts("addressees", [level.addressee for level in default.levels])
    for key, given in (("names", names), ("addressees", addressees)):
        if len(given) != 5:
            table.fault(key, f"supervision.{key} 要写一到五级，共 5 项")
    found = SupervisionRule(
        first, second, third, (orders[0], orders[1], orders[2]),
        table.whole("repeated_reports", default.repeated_reports, 0, 1000),
        tuple(
            SupervisionLevel(level, name, addressee)
            for level, (name, addressee) in enumerate(zip(names, addressees, strict=False), 1)
        ),
    )  # fmt: skip
    table.strangers()
    return found


def _retention(table: _Table) -> Retention:
    found = Retention(
        **{one.name: table.whole(one.name, getattr(Retention(), one.name), 1, 10 * _YEARS) for one in fields(Retention)}
    )
    table.strangers()
    return found


def _targets(table: _Table) -> dict[Figure, int]:
    targets = {figure: table.whole(figure, 0, 0, 100) for figure in Figure if figure in table.content}
    table.strangers()
    return targets


def _telephone(table: _Table) -> Telephone:
    found = Telephone(table.value("announcement", str, Telephone().announcement))
    table.strangers()
    return found


def _scorecard(table: _Table) -> dict[Figure, int]:
    weights = {figure: table.whole(figure, 0, 0, 100) for figure in Figure if figure in table.content}
    table.strangers()
    if table.content and sum(weights.values()) != 100:
        table.fault("", f"scorecard 各项权重之和应为 100，现在是 {sum(weights.values())}")
    return weights
