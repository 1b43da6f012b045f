"""The responsibility matrix as it is kept: rules of the city folder, rulings that are remembered, rules of the desk.

Every change is told in ``responsibility_changes``, in the same transaction. Whoever changes the matrix then has
``CityInForce.refresh`` take it up at once; other processes see the new version within half a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.event import SYSTEM, Actor
from intake_api.domain.responsibility import Basis, Difference, Origin, Rule, Source, difference
from intake_api.storage.responsibility_tables import ResponsibilityChangeRow, ResponsibilityRuleRow

ADDED, ENDED, IMPORTED, RULING, CITY = "added", "ended", "imported", "ruling", "city"
"""Kinds of changes: a rule written, a rule ended, a table taken in, a ruling remembered, a city folder loaded."""

_DAY = timedelta(days=1)


class UnknownRule(Exception):
    """The matrix has no rule of this id."""


class RuleOver(Exception):
    """The rule is already over by the day on which it is to end."""


class RuleKnown(Exception):
    """The matrix already has exactly this rule, in force or to come; ``rule_id`` names it."""

    def __init__(self, rule_id: int) -> None:
        super().__init__(rule_id)
        self.rule_id = rule_id


class MatrixChanged(Exception):
    """The matrix went on since the version that the change was made for; look at it again."""


async def version(session: AsyncSession) -> int:
    """How often the matrix was changed. (The newest id would not do: ids may become visible out of their order.)"""
    return await session.scalar(select(func.count()).select_from(ResponsibilityChangeRow)) or 0


async def rules_in_force(session: AsyncSession) -> tuple[Rule, ...]:
    """All rules with their dates and origins, past ones too; the matrix looks at the dates itself."""
    rows = await session.scalars(select(ResponsibilityRuleRow).order_by(ResponsibilityRuleRow.id))
    return tuple(_rule(row) for row in rows)


async def replace_city_rules(session: AsyncSession, rules: Iterable[Rule], now: datetime) -> None:
    """Put the rules of a city folder in place of those of the one before.

    Rulings and rules of the desk stay, and a rule of the folder that people ended does not come back by itself.
    """
    rows = list(
        await session.scalars(select(ResponsibilityRuleRow).where(ResponsibilityRuleRow.source == Source.CITY.value))
    )
    ended = {_aim(_rule(row)) for row in rows if row.ended_at is not None}
    before = [row for row in rows if row.ended_at is None]
    known = {_rule(row) for row in before}
    wanted = [rule for rule in rules if _aim(rule) not in ended]
    await session.execute(delete(ResponsibilityRuleRow).where(ResponsibilityRuleRow.id.in_([row.id for row in before])))
    after = [_row(rule, Source.CITY, SYSTEM, now) for rule in wanted]
    session.add_all(after)
    await session.flush()
    gone = [row for row in before if _rule(row) not in set(wanted)]
    come = [row for row in after if _rule(row) not in known]
    await _tell(session, CITY, SYSTEM, now, before=gone, after=come, reason="载入城市数据")


async def remember_ruling(
    session: AsyncSession,
    *,
    category: str,
    area: str,
    lead: str,
    supporting: Sequence[str],
    case_no: str,
    by: Actor,
    reason: str,
    now: datetime,
    on: date | None = None,
) -> int:
    """Keep an adjudication (指定): from now on the same category and area (a town code or ``*``) go to ``lead``.

    An earlier ruling on the same ends. ``on``: the city's date from which it holds, the date in UTC if not given.
    Returns the rule's id; that of the one in force where it says just this.
    """
    begins = on or now.astimezone(UTC).date()
    ruling = Rule(category, area, lead, tuple(supporting), Basis.APPOINTMENT, begins)
    earlier = await session.scalars(
        select(ResponsibilityRuleRow)
        .where(
            ResponsibilityRuleRow.source == Source.RULING.value,
            ResponsibilityRuleRow.category == category,
            ResponsibilityRuleRow.area == area,
            or_(ResponsibilityRuleRow.valid_to.is_(None), ResponsibilityRuleRow.valid_to >= begins),
        )
        .with_for_update()
    )
    over = []
    for row in earlier:
        if (row.lead, tuple(row.supporting)) == (lead, ruling.supporting):
            return row.id
        over.append(row)
    before = [_as_json(row) for row in over]
    for row in over:
        row.valid_to, row.ended_at = begins - _DAY, now
    added = _row(ruling, Source.RULING, by, now, case_no=case_no, reason=reason)
    session.add(added)
    await session.flush()
    await _tell(session, RULING, by, now, before=before, after=[added], reason=reason, case_no=case_no)
    return added.id


async def add_rule(session: AsyncSession, rule: Rule, *, by: Actor, reason: str, now: datetime) -> int:
    """Add a rule written at the desk; returns its id. Raises RuleKnown."""
    same = await session.scalars(
        select(ResponsibilityRuleRow).where(
            ResponsibilityRuleRow.category == rule.category, ResponsibilityRuleRow.area == rule.area
        )
    )
    for row in same:
        if _rule(row) == rule:
            raise RuleKnown(row.id)
    added = _row(rule, Source.DESK, by, now, reason=reason)
    session.add(added)
    await session.flush()
    await _tell(session, ADDED, by, now, after=[added], reason=reason)
    return added.id


async def end_rule(
    session: AsyncSession, rule_id: int, *, last_day: date, by: Actor, reason: str, now: datetime
) -> None:
    """Let a rule end with ``last_day``, the last one on which it is in force. Raises UnknownRule, RuleOver."""
    row = await session.get(ResponsibilityRuleRow, rule_id, with_for_update=True)
    if row is None:
        raise UnknownRule(rule_id)
    if row.valid_to is not None and row.valid_to <= last_day:
        raise RuleOver(rule_id)
    before = _as_json(row)
    row.valid_to, row.ended_at = last_day, now
    await _tell(session, ENDED, by, now, before=[before], after=[row], reason=reason)


async def import_rules(
    session: AsyncSession,
    rules: Iterable[Rule],
    *,
    by: Actor,
    reason: str,
    now: datetime,
    on: date,
    seen: int | None = None,
) -> Difference:
    """Make the rules of a table those in force from ``on``: what it lacks ends the day before, what is new is added.

    ``seen``: the version of the matrix that the change was decided on. Raises MatrixChanged.
    """
    rows = list(
        await session.scalars(select(ResponsibilityRuleRow).order_by(ResponsibilityRuleRow.id).with_for_update())
    )
    if seen is not None and seen != await version(session):
        raise MatrixChanged
    by_id = {row.id: row for row in rows}
    change = difference([_rule(row) for row in rows], rules, on)
    if not change.added and not change.ended:
        return change
    over = [by_id[rule.origin.id] for rule in change.ended if rule.origin is not None]
    before = [_as_json(row) for row in over]
    for row in over:
        row.valid_to, row.ended_at = on - _DAY, now
    added = [_row(rule, Source.DESK, by, now, reason=reason) for rule in change.added]
    session.add_all(added)
    await session.flush()
    await _tell(session, IMPORTED, by, now, before=before, after=added, reason=reason)
    return change


async def history(session: AsyncSession, before: int | None, limit: int) -> tuple[list[ResponsibilityChangeRow], bool]:
    """Changes, newest first, older than the change ``before``; and whether there are more."""
    query = select(ResponsibilityChangeRow).order_by(ResponsibilityChangeRow.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(ResponsibilityChangeRow.id < before)
    rows = list(await session.scalars(query))
    return rows[:limit], len(rows) > limit


async def _tell(
    session: AsyncSession,
    kind: str,
    by: Actor,
    now: datetime,
    *,
    before: Sequence[ResponsibilityRuleRow | dict[str, Any]] = (),
    after: Sequence[ResponsibilityRuleRow] = (),
    reason: str,
    case_no: str = "",
) -> None:
    ended = [_as_json(one) if isinstance(one, ResponsibilityRuleRow) else one for one in before]
    added = [_as_json(row) for row in after]
    session.add(
        ResponsibilityChangeRow(
            at=now,
            actor_kind=by.kind.value,
            actor_id=by.id,
            actor_name=by.name,
            kind=kind,
            case_no=case_no,
            before=ended,
            after=added,
            added=0 if kind == ENDED else len(added),
            ended=len(ended),
            reason=reason,
        )
    )
    await session.flush()


def _row(
    rule: Rule, source: Source, by: Actor, now: datetime, *, case_no: str = "", reason: str = ""
) -> ResponsibilityRuleRow:
    return ResponsibilityRuleRow(
        category=rule.category,
        area=rule.area,
        lead=rule.lead,
        supporting=list(rule.supporting),
        basis=rule.basis.value,
        valid_from=rule.valid_from,
        valid_to=rule.valid_to,
        source=source.value,
        added_by=by.name,
        added_at=now,
        case_no=case_no,
        reason=reason,
    )


def _rule(row: ResponsibilityRuleRow) -> Rule:
    return Rule(
        row.category,
        row.area,
        row.lead,
        tuple(row.supporting),
        Basis(row.basis),
        row.valid_from,
        row.valid_to,
        Origin(row.id, Source(row.source), row.added_by, row.added_at, row.case_no, row.reason),
    )


def _aim(rule: Rule) -> tuple[object, ...]:
    """What a rule says, whenever it ends."""
    return rule.category, rule.area, rule.lead, rule.supporting, rule.basis, rule.valid_from


def _as_json(row: ResponsibilityRuleRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "category": row.category,
        "area": row.area,
        "lead": row.lead,
        "supporting": list(row.supporting),
        "basis": row.basis,
        "valid_from": row.valid_from.isoformat() if row.valid_from else None,
        "valid_to": row.valid_to.isoformat() if row.valid_to else None,
        "source": row.source,
    }
