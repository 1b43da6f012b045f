"""What residents hear of their case: for each event that concerns them a message in the outbox, in its transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.city_in_force import LoadedCity
from intake_api.domain import case_number
from intake_api.domain.case import Status
from intake_api.domain.event import ActorKind, Event, EventKind
from intake_api.domain.policy import Policy
from intake_api.domain.standing import Grade
from intake_api.domain.taxonomy import Taxonomy, Urgency
from intake_api.storage import casework, outbox
from intake_api.storage.tables import CaseRow

ANNOUNCEMENT = "filed"
"""Kind of the message that tells a reporter the number of a case filed after the conversation."""

OUTCOMES = frozenset({"suspended", "resumed", "extended", "closed", "reopened", "rejected", "merged"})
"""What those who follow a case, or whose case was merged into it, hear as well."""

ANSWERS = frozenset({ANNOUNCEMENT, "hazard_kept", "others_kept"})
"""What answers something that the reporter has just done: told in the quiet hours too."""


def kind_of(event: Event) -> str | None:
    """Which message an event becomes; None for what goes on among staff, and for what the reporter did themselves."""
    by_staff = event.actor.kind in (ActorKind.STAFF, ActorKind.PARTNER)
    match event.kind:
        case EventKind.FILED:
            return None if event.data.get("automatic") else "filed"
        case EventKind.DISPATCHED:
            # what is dispatched as it is filed is told with the number; a correction that moves it gives its reason
            return None if event.data.get("automatic") and not event.reason else "dispatched"
        case EventKind.EXTENSION_DECIDED:
            return "extended" if event.data.get("granted") else None
        case EventKind.VERIFIED | EventKind.ANSWERED:
            return "closed"
        case EventKind.WITHDRAWN:
            return "withdrawn" if by_staff else None
        case EventKind.WITHDRAWAL_NOTED:
            return "hazard_kept" if event.data.get("because") == "hazard" else "others_kept"
        case (
            EventKind.REJECTED
            | EventKind.ACCEPTED
            | EventKind.SUSPENDED
            | EventKind.RESUMED
            | EventKind.REOPENED
            | EventKind.REOPENING_REFUSED
            | EventKind.MERGED
        ):
            return event.kind.value
        case _:
            return None


def _asked_reopening(row: CaseRow, closed: datetime | None, policy: Policy) -> bool:
    """Whether the reporter's word on the outcome of a case that was ``closed`` then asked for reopening."""
    if row.rated_at is None or closed is None or row.rated_at < closed:
        return False
    unhappy = not row.solved or (row.grade is not None and Grade(row.grade).label in policy.rating_reopens)
    return unhappy and row.rated_at <= closed + timedelta(days=policy.reopen_days)


class Noticing:
    """Writes the messages."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy

    async def tell(
        self, session: AsyncSession, row: CaseRow, events: Sequence[Event], city: LoadedCity, now: datetime
    ) -> None:
        """Tell the reporter, and of the outcome everybody who follows, what these events of a locked case mean."""
        for event in events:
            kind = kind_of(event)
            if kind is None:
                continue
            extra = await self._extra(session, row, event)
            payload = self.payload(row, city) | extra
            if event.kind is EventKind.REOPENING_REFUSED:
                await self._tell_askers(session, row, payload, city.city.policy, now)
                continue
            await self._put(session, row, kind, payload, now)
            if kind in OUTCOMES:
                await self._tell_others(session, row, kind, payload, now)

    async def _tell_others(
        self, session: AsyncSession, row: CaseRow, kind: str, payload: Mapping[str, Any], now: datetime
    ) -> None:
        """Tell all others who wait for the outcome, each once, whose own case was merged before those who follow."""
        told = {(row.channel, row.channel_user)}
        for joined in await casework.merged_into(session, row.id):
            if (joined.channel, joined.channel_user) in told:
                continue
            told.add((joined.channel, joined.channel_user))
            numbers = {"case_no": case_number.format_number(joined.id)}
            if kind != "merged":
                numbers["within"] = case_number.format_number(row.id)
            await self._put(session, joined, kind, {**payload, **numbers}, now)
        for follower in await casework.followers(session, row.id):
            if (follower.channel, follower.channel_user) in told:
                continue
            told.add((follower.channel, follower.channel_user))
            await outbox.put(
                session,
                channel=follower.channel,
                channel_user=follower.channel_user,
                case_id=row.id,
                kind=kind,
                payload={**payload, "followed": True},
                now=now,
                urgent=row.urgency == Urgency.EMERGENCY.value,
            )

    async def _tell_askers(
        self, session: AsyncSession, row: CaseRow, payload: Mapping[str, Any], policy: Policy, now: datetime
    ) -> None:
        """Tell those whose rating asked that it is refused: the reporter, or those of cases merged into this one."""
        told = set()
        for asked in (row, *await casework.merged_into(session, row.id)):
            if not _asked_reopening(asked, row.closed_at, policy) or (asked.channel, asked.channel_user) in told:
                continue
            told.add((asked.channel, asked.channel_user))
            numbers = {"case_no": case_number.format_number(asked.id)}
            if asked.id != row.id:
                numbers["within"] = case_number.format_number(row.id)
            await self._put(session, asked, "reopening_refused", {**payload, **numbers}, now)

    async def announce(self, session: AsyncSession, row: CaseRow, city: LoadedCity, now: datetime) -> None:
        """Have the reporter told the number by the channel of origin, once for each case."""
        if row.channel_user and not await outbox.has(session, row.id, ANNOUNCEMENT):
            await self._put(session, row, ANNOUNCEMENT, self.payload(row, city), now)

    def announcement(self, row: CaseRow, city: LoadedCity, now: datetime) -> list[dict[str, Any]]:
        """The same for a case that is new, as rows of the outbox to be stored with it."""
        if not row.channel_user:
            return []
        return [
            outbox.message(
                channel=row.channel,
                channel_user=row.channel_user,
                case_id=row.id,
                kind=ANNOUNCEMENT,
                payload=self.payload(row, city),
                now=now,
            )
        ]

    def payload(self, row: CaseRow, city: LoadedCity) -> dict[str, Any]:
        """A case as its reporter may know it."""
        status = Status(row.status)
        category = (
            self._taxonomy.get(row.category) if row.category is not None and row.category in self._taxonomy else None
        )
        due_at = row.due_at.astimezone(city.city.calendar.timezone) if row.due_at else None
        return {
            "case_no": case_number.format_number(row.id),
            "status": status.value,
            "status_label": status.label,
            "category": (
                {"code": category.code, "name": category.name, "division": category.division} if category else None
            ),
            "department": (
                {"id": row.department_id, "name": city.department_name(row.department_id)}
                if row.department_id
                else None
            ),
            "due_at": due_at.isoformat() if due_at else None,
        }

    @staticmethod
    async def _put(session: AsyncSession, to: CaseRow, kind: str, payload: Mapping[str, Any], now: datetime) -> None:
        if not to.channel_user:
            return
        await outbox.put(
            session,
            channel=to.channel,
            channel_user=to.channel_user,
            case_id=to.id,
            kind=kind,
            payload=payload,
            now=now,
            urgent=to.urgency == Urgency.EMERGENCY.value,
        )

    @staticmethod
    async def _extra(session: AsyncSession, row: CaseRow, event: Event) -> dict[str, Any]:
        """What the message says beyond the state."""
        match event.kind:
            case EventKind.REJECTED:
                return {"reason": event.reason, "referral": event.data.get("referral", "")}
            case EventKind.SUSPENDED:
                return {"reason": event.reason, "until": event.data.get("until")}
            case EventKind.REOPENING_REFUSED | EventKind.WITHDRAWN:
                return {"reason": event.reason}
            case EventKind.MERGED:
                return {"into": event.data.get("into")}
            case EventKind.ANSWERED:
                return {"answer": await casework.last_remark(session, row.id, EventKind.ANSWERED)}
            case EventKind.VERIFIED:
                return {"answer": await casework.last_remark(session, row.id, EventKind.REPORTED_DONE)}
            case _:
                return {}
