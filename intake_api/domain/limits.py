"""How long a case may take: the limit of its category, of its filing condition (立案条件), or of the fast track.

A missing manhole cover and a sunken frame are one category and two conditions, hours apart: the condition wins over
the category. Which condition it is, the words of the report propose, and people may correct.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.language.normalise import normalise
from intake_api.domain.place import Precision
from intake_api.domain.policy import Policy
from intake_api.domain.taxonomy import Category, Limit, Unit, Urgency, covers, specificity

_DENIED = re.compile(r"(?:没有?|未|并?不是|不会?|无)$")
_URGENCIES = tuple(Urgency)

RAISED = "urgency:"
"""How the rule of a due time begins that follows from the report's own urgency, not from its category."""
RAISED_LIMITS = {
    Urgency.URGENT: Limit(24, Unit.CALENDAR_HOUR),
    Urgency.EMERGENCY: Limit(2, Unit.CALENDAR_HOUR),
}
"""Limits for what is more pressing than its category (lifecycle: clocks; Beijing 2021: danger to life 2 h, what people
cannot live without 24 h)."""
_RAISED_WORDS = {Urgency.URGENT: "情况紧急", Urgency.EMERGENCY: "危及生命安全"}


class UnknownCondition(Exception):
    """The category has no condition of this id; ``GET /api/v1/categories/{code}`` lists those that it has."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A filing condition. ``category`` is a code, a prefix such as ``010*``, or ``*``; ``id`` is unique for a category.

    ``urgency`` None: that of the category. ``closing`` says what must be true to close the case, ``signs`` are words by
    which a report shows that it is this one.
    """

    category: str
    id: str
    words: str
    limit: Limit
    urgency: Urgency | None
    closing: str
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """The condition that a text speaks of, the signs it was known by, and that in words."""

    condition: Condition
    signs: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class AppliedLimit:
    """The limit of a case: ``rule`` names where it comes from, for the due time; ``words`` tell it to people."""

    limit: Limit
    urgency: Urgency
    rule: str
    words: str
    fast_track: bool = False


class Conditions:
    """All filing conditions of a city."""

    def __init__(self, conditions: Iterable[Condition]) -> None:
        self._all = tuple(conditions)

    def of(self, code: str) -> tuple[Condition, ...]:
        """Those of a category, in the order of the file; of several with one id, the most specific."""
        best: dict[str, Condition] = {}
        for condition in self._all:
            if not covers(condition.category, code):
                continue
            known = best.get(condition.id)
            if known is None or specificity(known.category) < specificity(condition.category):
                best[condition.id] = condition
        return tuple(best.values())

    def get(self, code: str, condition_id: str) -> Condition:
        """The condition of a category by its id. Raises UnknownCondition."""
        for condition in self.of(code):
            if condition.id == condition_id:
                return condition
        raise UnknownCondition(condition_id)

    def propose(self, code: str, text: str) -> Proposal | None:
        """Which condition of the category ``text`` speaks of: most signs by length, then the more pressing, then first.

        None when it shows no sign of any. A sign that the text denies (没有堵) does not count.
        """
        heard = normalise(text).text
        best: tuple[int, int] = (0, 0)
        proposal: Proposal | None = None
        for condition in self.of(code):
            found = tuple(sign for sign in condition.signs if _says(heard, sign))
            weight = sum(len(sign) for sign in found), _pressing(condition.urgency)
            if found and weight > best:
                best = weight
                named = "”“".join(found)
                proposal = Proposal(condition, found, f"文字中有“{named}”，像是立案条件“{condition.words}”")
        return proposal


def settle(
    category: Category,
    text: str,
    conditions: Conditions,
    policy: Policy,
    precision: Precision,
    *,
    chosen: str | None = None,
) -> tuple[AppliedLimit, str | None]:
    """The limit of a case and the id of its condition: the ``chosen`` one, else what its words propose.

    Raises UnknownCondition.
    """
    if chosen:
        condition: Condition | None = conditions.get(category.code, chosen)
    else:
        proposal = conditions.propose(category.code, text)
        condition = proposal.condition if proposal else None
    return limit_for(category, condition, policy, precision), condition.id if condition else None


def limit_for(
    category: Category, condition: Condition | None, policy: Policy, precision: Precision | None = None
) -> AppliedLimit:
    """The limit that holds: of a pressing condition, of the fast track, of the condition, of the category.

    ``precision`` is how well the place is known (None: not asked): the fast track needs a place that a crew can find.
    What a condition calls urgent is no slight matter and never takes the fast track.
    """
    urgency = condition.urgency if condition is not None and condition.urgency is not None else category.urgency
    if policy.fast_track.takes(category.code, precision) and urgency is Urgency.NORMAL:
        limit = policy.fast_track.limit
        words = f"“双微”快速处置：{category.name}，时限 {limit.words}"
        return AppliedLimit(limit, urgency, f"fast_track:{category.code}", words, fast_track=True)
    if condition is not None:
        words = f"立案条件：{category.name}，{condition.words}，时限 {condition.limit.words}"
        return AppliedLimit(condition.limit, urgency, f"condition:{category.code}:{condition.id}", words)
    words = f"分类目录：{category.name}，时限 {category.limit.words}"
    return AppliedLimit(category.limit, urgency, f"taxonomy:{category.code}", words)


def raised(applied: AppliedLimit, urgency: Urgency) -> AppliedLimit:
    """The limit of a case that is reported to be so pressing: never a longer one, and never less urgent."""
    if _pressing(urgency) <= _pressing(applied.urgency):
        return applied
    limit = RAISED_LIMITS[urgency]
    if applied.limit.unit is Unit.CALENDAR_HOUR and applied.limit.value < limit.value:
        limit = applied.limit
    words = f"{_RAISED_WORDS[urgency]}，时限 {limit.words}"
    return replace(applied, limit=limit, urgency=urgency, rule=f"{RAISED}{urgency}", words=words, fast_track=False)


def _says(text: str, sign: str) -> bool:
    start = text.find(sign)
    while start >= 0:
        if not _DENIED.search(text[:start]):
            return True
        start = text.find(sign, start + 1)
    return False


def _pressing(urgency: Urgency | None) -> int:
    return 0 if urgency is None else _URGENCIES.index(urgency)
