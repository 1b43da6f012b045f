"""What clients were promised: the paper on their side of the wire, to be compared with the database."""

from __future__ import annotations

import secrets
import string
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, auto

from intake_api.domain.claim import LEASE
from intake_api.domain.event import EventKind

_UNCERTAIN_SECONDS = 30.0  # between the claim and its answer, with all repetitions


def new_key() -> str:
    """A key, of letters only: it also serves as words, in which figures might be taken for a telephone number."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(20))


class Outcome(Enum):
    """What its client knows of a thing that was asked."""

    DONE = auto()
    REFUSED = auto()
    UNHEARD = auto()  # no answer, and given up: it may have been done or not


@dataclass(frozen=True)
class Act:
    """An action asked of a case under a key. ``words``: the key if the event says it, empty where it has no words."""

    case_no: str
    kind: EventKind
    words: str
    outcome: Outcome


@dataclass(frozen=True)
class Holding:
    """Whose a case is, at least until then (of the monotonic clock) if they do nothing."""

    name: str
    until: float


@dataclass
class Ledger:
    """Everything that was asked, and ``faults``: answers that should not have been given."""

    filed: dict[str, str] = field(default_factory=dict)
    """Case numbers by the keys of acknowledged reports."""
    keys: set[str] = field(default_factory=set)
    """Of all reports, heard of or not."""
    acts: list[Act] = field(default_factory=list)
    claimed: int = 0
    again: int = 0
    """Acknowledged only when it was asked again."""
    unheard: int = 0
    at_once: int = 0
    """Asked twice at the same moment."""
    refused: Counter[str] = field(default_factory=Counter)
    holders: dict[tuple[str, str], Holding] = field(default_factory=dict)
    """Who has taken up which case, by its number and the state in which it waited: it never comes back to that."""
    claims_unheard: int = 0
    faults: list[str] = field(default_factory=list)

    def fault(self, words: str) -> None:
        """Note what should not have happened, and say it at once."""
        self.faults.append(words)
        print(f"差错：{words}", file=sys.stderr, flush=True)

    @property
    def done(self) -> int:
        """How many actions were acknowledged."""
        return sum(act.outcome is Outcome.DONE for act in self.acts)

    def take_up(self, case_no: str, status: str, holder: str) -> None:
        """``holder`` was told that the case is theirs now."""
        now = time.monotonic()
        other = self.holders.get((case_no, status))
        if other and other.name != holder and now < other.until:
            self.fault(f"{case_no} 同时由 {other.name} 和 {holder} 领办")
        self.holders[case_no, status] = Holding(holder, now + LEASE.total_seconds() - _UNCERTAIN_SECONDS)
        self.claimed += 1

    def let_go(self, case_no: str, status: str) -> None:
        """The holder is about to give the case back."""
        self.holders.pop((case_no, status), None)
