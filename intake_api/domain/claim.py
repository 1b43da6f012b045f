"""Taking a case up: for a short while it is one person's, so that no two work on the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from intake_api.domain.access import Role
from intake_api.domain.case import Status

LEASE = timedelta(minutes=10)
"""How long a claim holds without work on the case; every piece of work renews it."""

WAITING: dict[Role, frozenset[Status]] = {
    Role.OPERATOR: frozenset({Status.RECEIVED}),
    Role.DISPATCHER: frozenset({Status.FILED, Status.RETURNED}),
    Role.HANDLER: frozenset({Status.DISPATCHED}),
    Role.VERIFIER: frozenset({Status.REPORTED_DONE}),
}
"""What waits for whom, unhandled (lifecycle: who acts). Handlers take up cases of their own department only."""


def waiting_for(roles: Iterable[Role]) -> frozenset[Status]:
    """The states in which a case waits for somebody with these roles."""
    return frozenset().union(*(WAITING.get(role, frozenset()) for role in roles))
