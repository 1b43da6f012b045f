"""How well a call was written down and served: figures of one call, and of many. Pure.

Definitions: characters corrected = edit distance between what was recognised and what the operator left, in characters
without punctuation and spaces; the rate is that by the characters left. Answered within 15 s, waiting, abandoned: GB/T
33358-2016. Abandoned: the caller hung up before anybody answered; those are not among the answered.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.hotline.call import ANSWER_WITHIN, Call, State
from channels.hotline.form import FieldName, Form


def distance(one: str, other: str) -> int:
    """Edit distance: insertions, removals and replacements of one character."""
    if len(one) < len(other):
        one, other = other, one
    row = list(range(len(other) + 1))
    for number, character in enumerate(one, 1):
        before, row[0] = row[0], number
        for place, against in enumerate(other, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (character != against))
    return row[-1]


def letters(text: str) -> str:
    """``text`` without punctuation and spaces, which speech does not have."""
    return "".join(character for character in text if unicodedata.category(character)[0] in "LN")


@dataclass(frozen=True, slots=True)
class Correction:
    """What was recognised, and what the operator left of it."""

    recognised: str
    left: str


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of one call. Rates and verdicts are None where there was nothing to judge."""

    characters: int
    corrected: int
    category_changed: bool | None
    place_changed: bool | None
    seconds_to_file: float | None
    """From the caller's hanging up to the filing; negative when it was filed before."""
    after_call_seconds: float | None

    @property
    def correction_rate(self) -> float | None:
        """Characters corrected by characters left: the error rate of recognition as operators see it."""
        return self.corrected / self.characters if self.characters else None


def quality(
    call: Call, corrections: Iterable[Correction], form: Form | None = None, filed_at: datetime | None = None
) -> Quality:
    """The figures of a call; ``form`` is the one that was filed, if any was."""
    pairs = [(letters(each.recognised), letters(each.left)) for each in corrections]
    ended = call.hung_up_at
    return Quality(
        characters=sum(len(left) for _, left in pairs),
        corrected=sum(distance(recognised, left) for recognised, left in pairs if recognised != left),
        category_changed=form.changed(FieldName.CATEGORY, "code") if form else None,
        place_changed=form.changed(FieldName.PLACE, "text") if form else None,
        seconds_to_file=(filed_at - ended).total_seconds() if filed_at and ended else None,
        after_call_seconds=(call.finished_at - ended).total_seconds() if call.finished_at and ended else None,
    )


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How calls are answered. Shares are None while there is nothing to count."""

    waiting: int
    longest_wait_seconds: float
    offered: int
    answered: int
    answered_in_time: int
    abandoned: int

    @property
    def in_time_share(self) -> float | None:
        """Answered within 15 s by all that were offered and are not ringing any more."""
        settled = self.answered + self.abandoned
        return self.answered_in_time / settled if settled else None

    @property
    def connected_share(self) -> float | None:
        """Answered at all by the same (to be at least 95 % over 24 h)."""
        settled = self.answered + self.abandoned
        return self.answered / settled if settled else None


def service_level(calls: Sequence[Call], now: datetime) -> ServiceLevel:
    """The service level of ``calls`` as they stand ``now``."""
    waits = [(now - call.rang_at).total_seconds() for call in calls if call.state is State.RINGING]
    answered = [call for call in calls if call.waited is not None]
    return ServiceLevel(
        waiting=len(waits),
        longest_wait_seconds=max(waits, default=0.0),
        offered=len(calls),
        answered=len(answered),
        answered_in_time=sum(call.waited is not None and call.waited <= ANSWER_WITHIN for call in answered),
        abandoned=sum(call.is_abandoned for call in calls),
    )
