"""Overdue (超时), asked of the database as ``domain.case.is_overdue`` says it: one definition for lists and figures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_

from intake_api.domain.case import RUNNING, Status
from intake_api.storage.tables import CaseRow

RUNNING_STATES = tuple(sorted(state.value for state in RUNNING))

CLOCK_RUNS: ColumnElement[bool] = CaseRow.status != Status.SUSPENDED.value
"""Of open cases: whether the clock runs. Suspended (挂账) it stands, and what is due moves on when it is resumed."""


def overdue(now: datetime) -> ColumnElement[bool]:
    """Whether an open case is overdue."""
    return and_(CaseRow.due_at < now, CLOCK_RUNS)
