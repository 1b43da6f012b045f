"""In which order open cases are best taken up: by due time, moved ahead by what makes a case press.

``rank_at`` = due time (without a clock: receipt + 24 h) − the hours of every part that applies. The smallest comes
first. Nothing else decides, and every part is shown in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from intake_api.domain.taxonomy import Urgency

WITHOUT_CLOCK = timedelta(hours=24)
EMERGENCY_HOURS = 72
URGENT_HOURS = 24
URGE_HOURS = 4
MOST_URGES = 5
REPEAT_HOURS = 12
SUPERVISION_HOURS = 24  # for each level of the order
REWORK_HOURS = 12
RETURN_HOURS = 6
MOST_RETURNS = 3
VULNERABLE_HOURS = 12


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides the order. ``supervision``: level of the highest supervision order (督办), 0 for none."""

    received_at: datetime
    due_at: datetime | None
    urgency: Urgency = Urgency.NORMAL
    urges: int = 0
    repeat: bool = False
    supervision: int = 0
    reworks: int = 0
    returns: int = 0
    vulnerable: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the formula: by how many hours it moves the case ahead, and why, in Chinese."""

    name: str
    hours: int
    words: str


@dataclass(frozen=True, slots=True)
class Rank:
    """A case's place in the order, with its reasons."""

    at: datetime
    base: datetime
    base_words: str
    parts: tuple[Part, ...]

    @property
    def words(self) -> str:
        """The formula with its numbers."""
        if not self.parts:
            return f"{self.base_words}，没有提前的理由。"
        named = "、".join(f"{part.words}（提前 {part.hours} 小时）" for part in self.parts)
        return f"{self.base_words}；{named}；合计提前 {sum(part.hours for part in self.parts)} 小时。"


def _capped(count: int, most: int) -> str:
    return f"（按 {most} 次计）" if count > most else ""


def rank(case: Circumstances) -> Rank:
    """The place of a case in the order."""
    base = case.due_at or case.received_at + WITHOUT_CLOCK
    base_words = "从办结期限算起" if case.due_at else "还没有期限，从收到后 24 小时算起"
    urges, returns = min(case.urges, MOST_URGES), min(case.returns, MOST_RETURNS)
    candidates = (
        Part("emergency", EMERGENCY_HOURS * (case.urgency is Urgency.EMERGENCY), "危及生命安全"),
        Part("urgent", URGENT_HOURS * (case.urgency is Urgency.URGENT), "紧急类别"),
        Part("supervision", SUPERVISION_HOURS * case.supervision, f"第 {case.supervision} 级督办"),
        Part("urges", URGE_HOURS * urges, f"催办 {case.urges} 次" + _capped(case.urges, MOST_URGES)),
        Part("repeat", REPEAT_HOURS * case.repeat, "重复发生"),
        Part("reworks", REWORK_HOURS * bool(case.reworks), f"返工 {case.reworks} 次"),
        Part("returns", RETURN_HOURS * returns, f"退单 {case.returns} 次" + _capped(case.returns, MOST_RETURNS)),
        Part("vulnerable", VULNERABLE_HOURS * case.vulnerable, "涉及老幼病残孕"),
    )
    parts = tuple(part for part in candidates if part.hours)
    return Rank(base - timedelta(hours=sum(part.hours for part in parts)), base, base_words, parts)
