"""A call: where it stands, who has it, and what may happen to it next. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

ANSWER_WITHIN = timedelta(seconds=15)
"""GB/T 33358-2016: a call is to be answered within this time."""


class State(StrEnum):
    """Where a call stands."""

    RINGING = "ringing"  # nobody has it yet; the caller waits
    TALKING = "talking"  # an operator and the caller speak
    HOLD = "hold"  # the caller was asked to wait
    TRANSFERRED = "transferred"  # offered to somebody else; until they take it, the operator still has it
    AFTER_CALL = "after_call"  # the caller has hung up; the operator finishes the case
    ENDED = "ended"  # nothing is left to do

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {
            "ringing": "振铃",
            "talking": "通话中",
            "hold": "保持",
            "transferred": "转接中",
            "after_call": "话后处理",
            "ended": "已结束",
        }[self]


class Step(StrEnum):
    """What may happen to a call."""

    ANSWER = "answer"  # the exchange put it through to an agent
    TAKE = "take"  # an operator claims it
    HOLD = "hold"
    RESUME = "resume"
    TRANSFER = "transfer"
    HANG_UP = "hang_up"  # the caller is gone
    FINISH = "finish"  # the operator's work after the call is done

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {
            "answer": "接通",
            "take": "接听",
            "hold": "保持",
            "resume": "恢复通话",
            "transfer": "转接",
            "hang_up": "挂断",
            "finish": "完成",
        }[self]


_WITH_CALLER = frozenset({State.TALKING, State.HOLD, State.TRANSFERRED})
_FROM: Mapping[Step, frozenset[State]] = MappingProxyType(
    {
        Step.ANSWER: frozenset({State.RINGING}),
        Step.TAKE: frozenset({State.RINGING, State.TALKING, State.TRANSFERRED, State.AFTER_CALL}),
        Step.HOLD: frozenset({State.TALKING}),
        Step.RESUME: frozenset({State.HOLD, State.TRANSFERRED}),
        Step.TRANSFER: frozenset({State.TALKING, State.HOLD}),
        Step.HANG_UP: _WITH_CALLER | {State.RINGING},
        Step.FINISH: frozenset({State.AFTER_CALL}),
    }
)
_WITHOUT_OPERATOR = frozenset({Step.ANSWER, Step.HANG_UP, Step.FINISH})
"""What the exchange does; a call that nobody finishes ends with time."""
MARKS = (Step.HOLD, Step.RESUME, Step.TRANSFER, Step.HANG_UP, Step.FINISH)
"""What the operator who has the call may say of it."""


class NotNow(Exception):
    """The step does not fit the call's state. Look at the call as it is now."""

    def __init__(self, step: Step, state: State):
        super().__init__(f"{step} in {state}")
        self.step = step
        self.state = state


class NotYours(Exception):
    """Another operator has the call, or nobody has taken it yet."""

    def __init__(self, holder: str):
        super().__init__("the call is another's")
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Operator:
    """Who answers calls: ``id`` is the intake's (``staff:7``, or ``token:3`` for a program that acts as one)."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it stands. ``agent`` is the operator as the exchange names them, before they take it themselves.

    ``number`` is the caller's as the exchange tells it, empty when it is withheld. Times are UTC.
    """

    id: str
    state: State
    rang_at: datetime
    queue: str = ""
    number: str = ""
    called: str = ""
    agent: str = ""
    operator: Operator | None = None
    answered_at: datetime | None = None
    hung_up_at: datetime | None = None
    finished_at: datetime | None = None
    held_since: datetime | None = None
    held_seconds: float = 0.0
    transfer_to: str = ""

    def allowed(self, operator: Operator) -> tuple[Step, ...]:
        """What this operator can do now."""
        if self._is_for(operator):
            return tuple(step for step in MARKS if self.state in _FROM[step])
        return (Step.TAKE,) if self._can_be_taken() else ()

    def check_holder(self, operator: Operator) -> None:
        """Raises NotYours unless this operator has the call."""
        if not self._is_for(operator):
            raise NotYours(self.operator.name if self.operator else "")

    def moved(self, step: Step, at: datetime, operator: Operator | None = None, *, to: str = "") -> Call:
        """The call after ``step``; ``operator`` is who says so, None for the exchange or time.

        ``to``: whom it is offered. Raises NotNow or NotYours.
        """
        if self.state not in _FROM[step]:
            raise NotNow(step, self.state)
        if step is Step.TAKE:
            return self._taken(at, operator)
        if operator is not None:
            self.check_holder(operator)
        elif step not in _WITHOUT_OPERATOR:
            raise NotYours(self.operator.name if self.operator else "")
        call = self._no_longer_held(at)
        if step is Step.ANSWER:
            return replace(call, state=State.TALKING, answered_at=at)
        if step is Step.HOLD:
            return replace(call, state=State.HOLD, held_since=at)
        if step is Step.RESUME:
            return replace(call, state=State.TALKING, transfer_to="")
        if step is Step.TRANSFER:
            return replace(call, state=State.TRANSFERRED, transfer_to=to)
        if step is Step.FINISH:
            return replace(call, state=State.ENDED, finished_at=at)
        if self.state is State.RINGING:  # nobody answered: abandoned, and nothing is left to do
            return replace(call, state=State.ENDED, hung_up_at=at, finished_at=at)
        return replace(call, state=State.AFTER_CALL, hung_up_at=at)

    @property
    def waited(self) -> timedelta | None:
        """How long the caller waited for an answer; None when nobody has answered."""
        return self.answered_at - self.rang_at if self.answered_at else None

    @property
    def is_abandoned(self) -> bool:
        """Whether the caller hung up before anybody answered."""
        return self.state is State.ENDED and self.answered_at is None

    @property
    def is_over(self) -> bool:
        """Whether the caller has hung up."""
        return self.hung_up_at is not None

    def _is_for(self, operator: Operator) -> bool:
        return self.operator is not None and self.operator.id == operator.id

    def _can_be_taken(self) -> bool:
        return self.state in (State.RINGING, State.TRANSFERRED) or (
            self.operator is None and self.state in _FROM[Step.TAKE]
        )

    def _taken(self, at: datetime, operator: Operator | None) -> Call:
        if operator is None:
            raise NotYours("")
        if self._is_for(operator) and self.state is not State.TRANSFERRED:
            return self  # said twice
        if not self._can_be_taken():
            raise NotYours(self.operator.name if self.operator else "")
        call = replace(self._no_longer_held(at), operator=operator, transfer_to="", answered_at=self.answered_at or at)
        return replace(call, state=self.state if self.state is State.AFTER_CALL else State.TALKING)

    def _no_longer_held(self, at: datetime) -> Call:
        if self.held_since is None:
            return self
        held = self.held_seconds + (at - self.held_since).total_seconds()
        return replace(self, held_since=None, held_seconds=held)


class Side(StrEnum):
    """Whose voice a leg carries."""

    CALLER = "caller"
    OPERATOR = "operator"

    @property
    def role(self) -> str:
        """As a case's transcript names the speaker."""
        return "user" if self is Side.CALLER else "staff"
