"""Commands about personal data: erase it, hand it out, and let it go when its time is over."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from groundwork.settings import Settings
from intake_api.domain import case_number
from intake_api.domain.event import Actor, ActorKind
from intake_api.domain.personal import Subject
from intake_api.erasing import Erased, Erasing
from intake_api.erasure_journal import FILE, ErasureJournal
from intake_api.storage.attachments import AttachmentFiles
from intake_api.storage.database import Database
from intake_api.storage.other_databases import OtherDatabases
from yht.databases import require_current, usable
from yht.failure import CommandFailed

_NAMES = {
    "cases": "案件",
    "attachments": "附件",
    "outbox": "待发消息",
    "conversations": "会话",
    "messages": "会话消息",
    "tracker_events": "助手记录",
    "drafts": "草稿",
    "calls": "通话",
    "followed": "加入的案件",
}
_ROOMS = {"channels": "会话库", "tracker": "助手记录库", "drafts": "草稿库"}


async def erase(settings: Settings, phone: str, channel_user: str) -> str:
    """Erase what is kept of a person. Returns the report. Raises CommandFailed."""
    async with _erasing(settings) as erasing:
        number, erased = await erasing.on_request(_subject(phone, channel_user), _actor(), progress=_say)
    return f"删除申请 {number} 已执行。\n{report(erased)}"


async def redo(settings: Settings) -> str:
    """Erase again what a restored backup brought back. Returns the report. Raises CommandFailed."""
    async with _erasing(settings) as erasing:
        return report(await erasing.again(_actor()))


async def brought_back(settings: Settings) -> str:
    """After a restore: which erasures have to be done again, and how; empty when there are none."""
    async with _erasing(settings) as erasing:
        ids = await erasing.undone()
    if not ids:
        return ""
    numbers = "、".join(case_number.format_number(case_id) for case_id in ids)
    return f"备份之后应本人要求删除过个人信息的案件又回来了：{numbers}。\n请运行 yht personal redo 重新删除。"


async def retain(settings: Settings, days: int) -> str:
    """Erase the personal data of all cases that have been over for ``days``. Returns the report."""
    if days < 1:
        raise CommandFailed("--days 至少是 1")
    async with _erasing(settings) as erasing:
        return report(await erasing.retain(days, _actor(), _say))


async def export(settings: Settings, phone: str, channel_user: str) -> dict[str, Any]:
    """Everything that is kept of a person."""
    async with _erasing(settings) as erasing:
        return await erasing.export(_subject(phone, channel_user), _actor())


def report(erased: Erased) -> str:
    """For people: what went, what stays and why."""
    gone = [f"{_NAMES.get(name, name)} {count}" for name, count in erased.counts.items() if count]
    lines = [
        "已删除：" + ("，".join(gone) or "没有找到还保存着的个人信息"),
        *(f"保留：{words}" for words in erased.kept),
    ]
    if erased.waiting:
        lines.append(f"办结后自动删除的案件：{'、'.join(erased.waiting)}")
    if erased.unreachable:
        rooms = "、".join(_ROOMS[name] for name in erased.unreachable)
        lines.append(f"本机没有：{rooms}。如果放在别的机器上，请在那里再运行一次")
    return "\n".join(lines)


@contextlib.asynccontextmanager
async def _erasing(settings: Settings) -> AsyncIterator[Erasing]:
    await require_current(settings)
    database = Database(settings.cases_database)
    try:
        with usable():
            yield Erasing(
                database,
                OtherDatabases(settings),
                AttachmentFiles(settings.var_dir / "attachments"),
                ErasureJournal(settings.var_dir / FILE),
                now=lambda: datetime.now(UTC),
            )
    finally:
        await database.close()


def _subject(phone: str, channel_user: str) -> Subject:
    subject = Subject(phone, channel_user)
    if not subject.phone_forms() and not channel_user:
        raise CommandFailed("请用 --phone 或 --channel-user 说明是谁")
    return subject


def _actor() -> Actor:
    return Actor(ActorKind.SYSTEM, "cli", f"命令行 {getpass.getuser()}")


def _say(words: str) -> None:
    print(f"[进度] {words}", flush=True)
