"""The intake on a database of each kind, with a fictional district, a clock to set, and an assistant of few words."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from groundwork.settings import Settings
from intake_api import administration
from intake_api.domain.access import Role
from intake_api.filing import Understood
from intake_api.http.app import create_app
from intake_api.http.staff import Passwords

Json = dict[str, Any]
QINGHE = Path(__file__).resolve().parent / "qinghe"
TUESDAY = datetime(2026, 9, 22, 2, 0, tzinfo=UTC)  # ten in the morning in the district


class Clock:
    """The time of the test."""

    def __init__(self) -> None:
        self.now = TUESDAY

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


@dataclass
class Assistant:
    """Understands what it was told to; ``down``: does not answer."""

    known: dict[str, Understood] = field(default_factory=dict)
    down: bool = False
    trained: str = "0123456789abcdef"
    asked: list[str] = field(default_factory=list)

    async def parse(self, text: str) -> Understood | None:
        self.asked.append(text)
        return None if self.down else self.known.get(text, Understood(text, "other", (), (), ()))

    async def model(self) -> str | None:
        return None if self.down else self.trained


def server() -> str:
    return os.environ.get("YHT_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


@cache
def server_answers() -> bool:
    async def ask() -> bool:
        try:
            await (await asyncpg.connect(server(), timeout=2)).close()
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        return True

    return asyncio.run(ask())


async def _execute(statement: str, database: str | None = None) -> None:
    connection = await asyncpg.connect(server(), database=database)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def loaded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the district loaded, to be copied for each test."""
    path = tmp_path_factory.mktemp("template") / "cases.db"
    asyncio.run(_load(f"sqlite+aiosqlite:///{path}", path.parent))
    return path


@pytest.fixture(scope="session")
def loaded_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL database with the district loaded, emptied of all else before each test."""
    if not server_answers():
        pytest.skip("no PostgreSQL server answers")
    name = f"intake_test_{secrets.token_hex(6)}"
    asyncio.run(_execute(f"CREATE DATABASE {name}"))
    asyncio.run(_load(_url(name), tmp_path_factory.mktemp("template")))
    yield name
    asyncio.run(_execute(f"DROP DATABASE {name} WITH (FORCE)"))


async def _load(url: str, folder: Path) -> None:
    settings = settings_of(url, folder)
    await administration.upgrade_database(settings)
    await administration.load_city(settings, QINGHE)


def _url(name: str) -> str:
    return f"{server().rpartition('/')[0].replace('postgresql://', 'postgresql+asyncpg://')}/{name}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind with the district loaded."""
    if request.param == "sqlite":
        path = tmp_path / "cases.db"
        shutil.copy(request.getfixturevalue("loaded_file"), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    name = request.getfixturevalue("loaded_database")
    asyncio.run(_execute(_EMPTY, name))
    yield _url(name)


# the role of a replica lets the triggers pass that keep events and audit from being emptied
_EMPTY = """
SET session_replication_role = replica;
TRUNCATE cases, case_supporting, case_returns, events, idempotency_keys, tokens, staff, staff_sessions, invitations, login_locks,
    login_failures, outbox, attachments, audit, anchors, second_factors, recovery_codes, passwords,
    public_texts, webhooks, personal_erasures, saved_views, responsibility_changes, phone_checks, knowledge_articles,
    knowledge_published, knowledge_changes, knowledge_questions RESTART IDENTITY CASCADE;
DELETE FROM responsibility_rules WHERE source <> 'city';
UPDATE responsibility_rules SET valid_to = NULL, ended_at = NULL
"""

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the kind of database."""


@dataclass
class Intake:
    """A running intake and how to talk to it."""

    settings: Settings
    client: TestClient[Any, Any]
    clock: Clock
    assistant: Assistant
    tokens: dict[str, str]
    secrets: dict[str, str] = field(default_factory=dict)
    """Secrets of second factors, by the names of their owners."""

    async def call(
        self, method: str, path: str, body: object = None, *, role: str | None = "channel", **headers: str
    ) -> tuple[int, Json]:
        """Status and JSON of an answer; header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if role:
            sent["Authorization"] = f"Bearer {await self.token(role)}"
        async with self.client.request(method, path, json=body, headers=sent) as answer:
            return answer.status, await answer.json(content_type=None) if answer.content_length else {}

    async def token(self, role: str) -> str:
        name, _, department = role.partition("@")
        if role not in self.tokens:
            self.tokens[role] = await administration.issue_token(self.settings, name, f"测试{role}", department or None)
        return self.tokens[role]

    async def file(self, key: str = "", role: str = "channel", **changes: object) -> tuple[int, Json]:
        """File a report of garbage at 稻香新苑, with changes."""
        body = report(**changes)
        return await self.call("POST", "/api/v1/cases", body, role=role, Idempotency_Key=key or secrets.token_hex(8))


def report(**changes: object) -> Json:
    body: Json = {
        "channel": "web",
        "description": "门口垃圾堆了三天没人清",
        "category": "1101",
        "location": {"text": "稻香新苑门口"},
        "reporter": {"name": "张伟", "phone": "13812345678", "channel_user": "u1"},
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def settings_of(database_url: str, folder: Path, **changes: Any) -> Settings:
    return Settings(_env_file=None, var_dir=folder / "var", database_url=database_url, **changes)  # type: ignore[call-arg]


@asynccontextmanager
async def running(
    settings: Settings, clock: Clock, assistant: Assistant, *, vendor: Path | None = None
) -> AsyncIterator[Intake]:
    """An intake that answers; ``vendor``: a folder of browser libraries to serve, which is the front's work otherwise."""
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    models = settings.var_dir / "models"
    app = create_app(settings, assistant=assistant, passwords=passwords, now=clock, models=models, time_step=3600)
    if vendor is not None:
        app.router.add_static("/assets/vendor", vendor)
    async with TestClient(TestServer(app), cookie_jar=CookieJar(unsafe=True)) as client:
        yield Intake(settings, client, clock, assistant, {})


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of an intake whose database has the district loaded."""
    return settings_of(database_url, tmp_path)


@pytest.fixture
async def intake(settings: Settings) -> AsyncIterator[Intake]:
    async with running(settings, Clock(), Assistant()) as intake:
        yield intake


ROLES = tuple(role.value for role in Role)
