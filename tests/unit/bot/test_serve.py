"""The assistant's conversations are kept apart from the records, in the same PostgreSQL database too."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from bot.serve import TRACKER_SCHEMA, keep_apart, tracker_store

psycopg2 = pytest.importorskip("psycopg2")
SERVER = os.environ.get("YHT_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
DATABASE = f"tracker_test_{os.getpid()}"


def run(statement: str, database: str = "postgres") -> None:
    with closing(psycopg2.connect(SERVER.replace("+asyncpg", ""), dbname=database, connect_timeout=2)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("POSTGRESQL_SCHEMA", "")
    try:
        run(f"CREATE DATABASE {DATABASE}")
    except psycopg2.OperationalError:
        pytest.skip("no PostgreSQL server answers")
    yield f"{SERVER.replace('+asyncpg', '').rpartition('/')[0]}/{DATABASE}".replace(
        "postgresql:", "postgresql+asyncpg:"
    )
    run(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def test_beside_a_table_of_the_same_name_conversations_are_kept_and_found(url: str, tmp_path: Path) -> None:
    import asyncio

    from rasa.core.tracker_store import SQLTrackerStore
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    run("CREATE TABLE events (id bigint, case_id bigint NOT NULL)", DATABASE)
    for _ in range(2):  # and again at the next start
        keep_apart(url)
    where = tracker_store(tmp_path, url)
    store = SQLTrackerStore(
        Domain.empty(), dialect="postgresql", host=where["url"], port=where["port"], db=where["db"],
        username=where["username"], password=where["password"],
    )  # fmt: skip
    asyncio.run(store.save(DialogueStateTracker.from_events("web:u1", [UserUttered("你好")])))
    found = asyncio.run(store.retrieve("web:u1"))
    store.engine.dispose()
    assert [event.text for event in found.events] == ["你好"]


def test_with_sqlite_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSTGRESQL_SCHEMA", raising=False)
    keep_apart("")
    assert "POSTGRESQL_SCHEMA" not in os.environ
    assert TRACKER_SCHEMA == "tracker"
