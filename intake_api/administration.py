"""What the command line does with the system of record. Each function opens the database for itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TextIO

from groundwork.settings import Settings
from intake_api import integrity
from intake_api.domain.access import Role, objection
from intake_api.domain.city_folder import read_city, read_knowledge
from intake_api.domain.data_files import Fault
from intake_api.domain.event import Actor, ActorKind
from intake_api.domain.knowledge_files import read_articles
from intake_api.domain.taxonomy import read_taxonomy
from intake_api.http.app import TAXONOMY_FILE
from intake_api.http.audit import table_head, table_line
from intake_api.http.staff import invitation_link
from intake_api.integrity import Verification
from intake_api.knowledge import reader
from intake_api.storage import audit, cities, examples, knowledge, staff, tokens
from intake_api.storage.database import Conflict, Database
from intake_api.storage.knowledge import Imported
from intake_api.words import Words

_COMMAND_LINE = Actor(ActorKind.SYSTEM, "cli", "命令行")


_COMMAND_LINE_IMPORT = Actor(ActorKind.STAFF, "cli", "命令行")  # somebody's own file: a city's folder leaves it alone


class BadArticles(Exception):
    """A file of articles cannot be used; ``faults`` lists every line that has to be mended."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class Refused(Exception):
    """The command cannot be done as asked; the message says in Chinese why."""


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.cases_database)
    try:
        yield database
    finally:
        await database.close()


async def upgrade_database(settings: Settings) -> None:
    """Create the database or bring it to the newest form."""
    async with _opened(settings) as database:
        await database.upgrade()


async def load_city(settings: Settings, folder: Path) -> dict[str, object]:
    """Check a city folder and put it in force; returns its name, whether it is new, and how much of everything it has.

    Raises domain.city_folder.BadCity with everything that is wrong. Running processes take it up within half a minute.
    """
    city = await asyncio.to_thread(read_city, folder, read_taxonomy(TAXONOMY_FILE))
    articles = await asyncio.to_thread(read_knowledge, folder)
    now = datetime.now(UTC)
    async with _opened(settings) as database, database.write() as session:
        changed = await cities.load(session, city, now)
        if changed:
            await audit.note(
                session, _COMMAND_LINE, "load_city", target=f"city:{city.code}", result="ok", address="", now=now
            )
        taken = await knowledge.take_in(
            session, articles, reader(Words(settings.var_dir / "words")), by=_COMMAND_LINE, now=now, publishes=True,
            of_city=True,
        )  # fmt: skip
        if taken.published:
            await audit.note(
                session, _COMMAND_LINE, "import_articles", target=f"city:{city.code}", result="ok", address="", now=now
            )
    return {"name": city.name, "changed": changed or bool(taken.published), **city.report(), "articles": len(articles)}


async def import_articles(settings: Settings, file: Path, *, publishes: bool) -> Imported:
    """Take a file of articles in, as drafts and new versions, or in force at once. Raises Refused, BadArticles."""
    try:
        text = await asyncio.to_thread(file.read_text, encoding="utf-8-sig")
    except OSError as error:
        raise Refused(f"读不了 {file}：{error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{file} 不是 UTF-8 编码的文字") from error
    now = datetime.now(UTC)
    async with _opened(settings) as database, database.write() as session:
        entries, faults = read_articles(text, file.name, await cities.department_names(session))
        if faults:
            raise BadArticles(faults)
        taken = await knowledge.take_in(
            session, entries, reader(Words(settings.var_dir / "words")), by=_COMMAND_LINE_IMPORT, now=now,
            publishes=publishes,
        )  # fmt: skip
        await audit.note(
            session, _COMMAND_LINE, "import_articles", target=f"file:{file.name}", result="ok", address="", now=now
        )
    return taken


async def add_staff(settings: Settings, name: str, roles: Sequence[Role | str], department: str | None) -> str:
    """Add an account and return its one-time link. Raises Refused."""
    try:
        chosen = [Role(role) for role in roles]
    except ValueError as error:
        raise Refused(f"没有这个角色：{error}") from error
    wrong = objection(chosen)
    if wrong:
        raise Refused(wrong)
    if Role.HANDLER in chosen and not department:
        raise Refused("处置人员必须属于一个部门（--department）。")
    now = datetime.now(UTC)
    try:
        async with _opened(settings) as database, database.write() as session:
            if department and department not in await cities.department_names(session):
                raise Refused(f"没有这个部门：{department}")
            person = await staff.add(session, name, roles=chosen, department_id=department or None, now=now)
            token = await staff.invite(session, staff.PASSWORD, person.id, now)
            await audit.note(
                session, _COMMAND_LINE, "add_staff", target=f"staff:{person.id}", result="ok", address="", now=now
            )
    except Conflict as error:
        raise Refused(f"{name} 已有账号") from error
    return invitation_link(settings.base_url, token)


async def issue_token(settings: Settings, role: Role | str, name: str, department: str | None = None) -> str:
    """Issue a bearer token for a program. Raises Refused."""
    try:
        chosen = Role(role)
    except ValueError as error:
        raise Refused(f"没有这个角色：{role}") from error
    now = datetime.now(UTC)
    async with _opened(settings) as database, database.write() as session:
        plain = await tokens.issue(session, chosen, name, department)
        await audit.note(
            session, _COMMAND_LINE, "issue_token", target=f"token:{chosen.value}", result="ok", address="", now=now
        )
    return plain


async def verify_records(settings: Settings, known_anchor: str = "") -> tuple[Verification, bool]:
    """Check the audit trail, all cases and all anchors; and whether an anchor kept elsewhere is still there."""
    async with _opened(settings) as database:
        known = not known_anchor or await integrity.is_anchor(database, known_anchor)
        return await integrity.verify(database), known


async def take_anchor(settings: Settings) -> str:
    """Take an anchor over everything so far; its hash. Raises Refused when it cannot be had just now."""
    async with _opened(settings) as database:
        taken = await integrity.take_anchor(database, datetime.now(UTC))
    if taken is None:
        raise Refused("现在取不到锚点：另一个进程正在取，或有事务还没有结束。请稍后再试。")
    return taken


async def export_audit(settings: Settings, out: TextIO, since: date | None, until: date | None) -> int:
    """Write the audit trail, newest first, to ``out`` as a table; how many rows. Recorded itself.

    Days are those of the city, the last one included; of UTC while no city is loaded.
    """
    async with _opened(settings) as database:
        async with database.read() as session:
            version = await cities.newest_id(session)
            content = await cities.content(session, version) if version is not None else None
        zone = cities.read_content(content).calendar.timezone if content else UTC
        wanted = audit.AuditFilter(
            since=datetime.combine(since, time(), zone) if since else None,
            until=datetime.combine(until + timedelta(days=1), time(), zone) if until else None,
        )
        async with database.write() as session:
            await audit.note(
                session, _COMMAND_LINE, "export_audit", target=f"audit {since or ''}..{until or ''}", result="ok",
                address="", now=datetime.now(UTC),
            )  # fmt: skip
        count = 0
        out.write(table_head())
        more: int | None = 0
        while more is not None:
            async with database.read() as session:
                rows, more = await audit.search(session, wanted, 1000)
            out.writelines(table_line(row, row.at.astimezone(zone)) for row in rows)
            count += len(rows)
            wanted = replace(wanted, before=more)
    return count


async def accepted_examples(settings: Settings) -> list[dict[str, object]]:
    """Corrections that a supervisor accepted, as lines for training (bot.corpus.read_tickets)."""
    async with _opened(settings) as database, database.read() as session:
        return [examples.as_line(row) for row in await examples.accepted(session)]


async def founding_link(settings: Settings) -> str | None:
    """A one-time link to create the first administrators (earlier ones end); None once there is staff."""
    async with _opened(settings) as database, database.write() as session:
        if await staff.any_staff(session):
            return None
        token = await staff.invite(session, staff.FOUNDING, None, datetime.now(UTC))
    return invitation_link(settings.base_url, token)


async def ensure_internal_token(settings: Settings, name: str, file: Path) -> str:
    """The token kept in ``file`` (mode 0600) for a process of ours; a new one of role channel when it is not valid."""
    async with _opened(settings) as database:
        kept = await asyncio.to_thread(_read, file)
        if kept:
            async with database.read() as session:
                row = await tokens.find(session, kept)
            if row is not None and row.role == Role.CHANNEL:
                return kept
        async with database.write() as session:
            plain = await tokens.issue(session, Role.CHANNEL, name)
    await asyncio.to_thread(_write_private, file, plain)
    return plain


def _read(file: Path) -> str:
    return file.read_text(encoding="ascii").strip() if file.exists() else ""


def _write_private(file: Path, plain: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as out:
        out.write(plain + "\n")
    draft.replace(file)
