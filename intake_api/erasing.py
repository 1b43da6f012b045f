"""Erasing personal data: on a person's request, and when a case has been over for as long as the city keeps it.

The case and its events stay, for they hold nothing personal; so the chain of events stays whole. Everything is done
in small transactions in an order that lets it be done again from the start: what is gone already counts nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from intake_api.domain import case_number
from intake_api.domain.event import Actor
from intake_api.domain.personal import KEPT, Subject, conversations_of
from intake_api.erasure_journal import ErasureJournal
from intake_api.storage import audit, personal
from intake_api.storage.attachments import AttachmentFiles
from intake_api.storage.database import Database
from intake_api.storage.other_databases import OtherDatabases
from intake_api.storage.personal_tables import ErasureRow

_BATCH = 200
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased, in numbers; what is kept and why; ``waiting``: numbers of cases that are not over yet."""

    counts: dict[str, int]
    kept: tuple[str, ...]
    waiting: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For people and programs; nothing personal is in it."""
        return {
            "erased": self.counts,
            "kept": list(self.kept),
            "waiting": list(self.waiting),
            "unreachable": list(self.unreachable),
        }


def _silent(_words: str) -> None:
    return


class Erasing:
    """The one way in which personal data goes."""

    def __init__(
        self,
        database: Database,
        others: OtherDatabases,
        files: AttachmentFiles,
        journal: ErasureJournal,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._others = others
        self._files = files
        self._journal = journal
        self._now = now

    async def on_request(
        self, subject: Subject, actor: Actor, address: str = "", progress: Progress = _silent
    ) -> tuple[int, Erased]:
        """Erase what is kept of a person; returns the number of the request. Cases that are not over wait until then.

        As long as one of their cases is not over, its conversation is needed and waits as well.
        """
        async with self._database.read() as session:
            ids = await personal.case_ids(session, subject)
            users = await personal.users_of(session, ids)
            waiting = await personal.open_ids(session, ids)
        if ids:
            await asyncio.to_thread(self._journal.note, self._now(), ids)
        progress(f"找到 {len(ids)} 件案件，其中 {len(waiting)} 件尚未办结")
        users |= {subject.channel_user} if subject.channel_user else set()
        counts = await self._erase_conversations(users)
        filed, unfiled = await self._others.erase_drafts(subject.phone_forms(), sorted(users))
        counts["drafts"] += filed
        unfinished = [case_number.format_number(case_id) for case_id in waiting]
        counts["calls"] = await self._others.forget_calls(self._now(), phones=subject.phone_forms(), waiting=unfinished)
        progress(f"会话 {counts['conversations']} 个，消息 {counts['messages']} 条，草稿 {filed} 份")
        counts.update(await self._erase_cases((one for one in ids if one not in waiting), "request", progress))
        async with self._database.write() as session:
            counts["followed"], following = await personal.erase_follower(session, subject, sorted(users), self._now())
        kept = list(KEPT)
        if waiting:
            kept.append("尚未办结的案件的联系方式和会话：办理和回告需要，办结后自动删除")
        if following:
            kept.append(f"{following} 件本人加入、尚未办结的案件：办结后要告诉本人结果，之后再申请一次即可删除")
        if unfiled:
            kept.append(f"{unfiled} 份尚未上报的草稿：上报后再申请一次即可删除")
        numbers = tuple(case_number.format_number(case_id) for case_id in waiting)
        erased = Erased(dict(counts), tuple(kept), numbers, tuple(self._others.missing()))
        now = self._now()
        async with self._database.write() as session:
            row = ErasureRow(
                requested_at=now,
                requested_by=actor.id,
                waiting=waiting,
                report=erased.as_json(),
                finished_at=None if waiting else now,
            )
            session.add(row)
            await session.flush()
            await audit.note(
                session, actor, "erase_personal", target=f"erasure:{row.id}", result="ok", address=address, now=now
            )
        return row.id, erased

    async def undone(self) -> list[int]:
        """Ids of cases that were erased on request, but hold personal data: a backup from before was restored.

        A number that was given anew to a case received after the request is not meant.
        """
        found: set[int] = set()
        for entry in await asyncio.to_thread(self._journal.entries):
            async with self._database.read() as session:
                found |= await personal.unerased_cases(session, entry.cases, entry.at)
        return sorted(found)

    async def again(self, actor: Actor) -> Erased:
        """Erase anew what a restored backup brought back; cases that are open in it wait until they are over."""
        ids, now = await self.undone(), self._now()
        if ids:
            numbers = tuple(case_number.format_number(case_id) for case_id in ids)
            async with self._database.write() as session:
                row = ErasureRow(
                    requested_at=now,
                    requested_by=actor.id,
                    waiting=ids,
                    report=Erased({}, KEPT, numbers).as_json(),
                    finished_at=None,
                )
                session.add(row)
                await session.flush()
                await audit.note(
                    session, actor, "erase_personal", target=f"erasure:{row.id}", result="ok", address="", now=now
                )
        counts = await self.finish_waiting()
        left = tuple(case_number.format_number(case_id) for case_id in await self.undone())
        return Erased(counts, KEPT, left, tuple(self._others.missing()))

    async def finish_waiting(self) -> dict[str, int]:
        """Erase the cases of earlier requests that are over by now."""
        counts: Counter[str] = Counter()
        async with self._database.read() as session:
            asked = [(row.id, list(row.waiting)) for row in await personal.waiting(session)]
        for request_id, ids in asked:
            async with self._database.read() as session:
                still = await personal.open_ids(session, ids)
                users = await personal.users_of(session, [one for one in ids if one not in still])
            if len(still) == len(ids):
                continue
            counts.update(await self._erase_conversations(users))
            over = [case_number.format_number(one) for one in ids if one not in still]
            counts["calls"] += await self._others.forget_calls(self._now(), cases=over)
            counts.update(await self._erase_cases((one for one in ids if one not in still), "request", _silent))
            async with self._database.write() as session:
                row = await session.get(ErasureRow, request_id)
                assert row is not None
                row.waiting = still
                row.finished_at = None if still else self._now()
        return dict(counts)

    async def retain(self, days: int, actor: Actor, progress: Progress = _silent) -> Erased:
        """Erase the personal data of cases that have been over for ``days``, and of talk that came to nothing."""
        cutoff = self._now() - timedelta(days=days)
        counts = Counter(await self.finish_waiting())
        while True:
            async with self._database.read() as session:
                ids = await personal.closed_before(session, cutoff, _BATCH)
                users = await personal.users_of(session, ids)
            if not ids:
                break
            counts.update(await self._erase_cases(ids, "retention", _silent))
            # talk that goes on stays; its old part goes when it has come to rest
            progress(f"已清理 {counts['cases']} 件案件，{len(users)} 位诉求人")
        after = ""
        while idle := await self._others.idle(cutoff, _BATCH, after):
            after = idle[-1]
            async with self._database.read() as session:
                free = [name for name in idle if not await self._is_kept(session, name)]
            counts.update(await self._others.erase(free))
            progress(f"已清理会话 {counts['conversations']} 个")
        counts["drafts"] += await self._others.erase_old_drafts(cutoff)
        erased = Erased(dict(counts), KEPT, (), tuple(self._others.missing()))
        async with self._database.write() as session:
            await audit.note(
                session, actor, "retain_personal", target=f"days:{days}", result="ok", address="", now=self._now()
            )
        return erased

    async def export(self, subject: Subject, actor: Actor) -> dict[str, Any]:
        """Everything that is kept of a person, for that person."""
        async with self._database.read() as session:
            ids = await personal.case_ids(session, subject)
            users = await personal.users_of(session, ids)
            cases = [await personal.export_case(session, case_id) for case_id in ids]
        users |= {subject.channel_user} if subject.channel_user else set()
        conversations = [name for user in sorted(users) for name in conversations_of(user)]
        held = await self._others.export(conversations, subject.phone_forms(), sorted(users))
        now = self._now()
        async with self._database.write() as session:
            await audit.note(
                session, actor, "export_personal", target=f"cases:{len(ids)}", result="ok", address="", now=now
            )
        return {"exported_at": now.isoformat(), "cases": cases, **held}

    async def _erase_conversations(self, users: Iterable[str]) -> Counter[str]:
        """Those of people whom no open case needs."""
        async with self._database.read() as session:
            free = [user for user in sorted(users) if not await personal.needed(session, user)]
        return Counter(await self._others.erase([name for user in free for name in conversations_of(user)]))

    async def _erase_cases(self, ids: Iterable[int], basis: str, progress: Progress) -> Counter[str]:
        counts: Counter[str] = Counter()
        for case_id in ids:
            async with self._database.write() as session:
                gone, digests = await personal.erase_case(session, case_id, basis, self._now())
            counts.update(gone)
            await self._files.remove(digests)
            if counts["cases"] and counts["cases"] % 100 == 0:
                progress(f"已清理 {counts['cases']} 件案件")
        return counts

    @staticmethod
    async def _is_kept(session: Any, conversation: str) -> bool:
        names: Sequence[str] = (conversation, conversation.partition(":")[2])
        return any([await personal.unerased(session, name) for name in names])
