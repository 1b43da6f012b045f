"""What came of a case, as one number: a bit for everything that the figures ask and that time alone does not change.

The database keeps it up itself (``cases.outcome`` is a generated column), so it cannot disagree with the case. Cases of
a month fall into a few hundred outcomes: counting them by outcome costs a fraction of asking each case for each figure.
"""

from __future__ import annotations

from enum import IntFlag, auto


class Outcome(IntFlag):
    """Each with its condition in ``CONDITIONS``. Bits are never given another meaning, for they are stored."""

    OPEN = auto()
    CLOSED = auto()
    TIMED = auto()  # has a due time
    IN_TIME = auto()  # the department had done it by then, in every round of a case that was brought back
    DISPATCHED = auto()
    CONTACTED = auto()
    RETURNED = auto()
    REWORKED = auto()
    REPORTED = auto()
    EXTENDED = auto()
    REPEATED = auto()
    REOPENED = auto()
    ANSWERED = auto()
    SOLVED = auto()
    SATISFIED = auto()
    URGED = auto()
    SUPERVISED = auto()


CONDITIONS: dict[Outcome, str] = {
    Outcome.OPEN: "status IN ('accepted','dispatched','filed','received','reported_done','returned','suspended')",
    Outcome.CLOSED: "status = 'closed'",
    Outcome.TIMED: "due_at IS NOT NULL",
    Outcome.IN_TIME: "coalesce(reported_at, closed_at) <= due_at AND NOT earlier_late",
    Outcome.DISPATCHED: "dispatched_at IS NOT NULL",
    Outcome.CONTACTED: "contacted_at IS NOT NULL",
    Outcome.RETURNED: "returns > 0",
    Outcome.REWORKED: "reworks > 0",
    Outcome.REPORTED: "reported_at IS NOT NULL OR reworks > 0 OR earlier_reported",
    Outcome.EXTENDED: "extensions > 0 OR earlier_extensions > 0",
    Outcome.REPEATED: "repeat_of IS NOT NULL",
    Outcome.REOPENED: "reopenings > 0",
    Outcome.ANSWERED: "grade IS NOT NULL",
    Outcome.SOLVED: "solved IS TRUE AND NOT earlier_unsolved",
    Outcome.SATISFIED: "grade IN ('very_satisfied','satisfied','fairly_satisfied') AND NOT earlier_dissatisfied",
    Outcome.URGED: "urges > 0",
    Outcome.SUPERVISED: "orders > 0 OR earlier_orders > 0",
}
"""On the columns of ``cases``, in SQL that SQLite and PostgreSQL share."""

EXPRESSION = " + ".join(f"CASE WHEN {condition} THEN {bit.value} ELSE 0 END" for bit, condition in CONDITIONS.items())
