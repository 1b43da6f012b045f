"""Start the assistant: ``python -m bot.serve``. Rasa's REST channel and parse interface on a private address."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from bot.embedding.choice import require_chosen
from bot.fingerprint import ROOT, model_path
from bot.runtime import compile_action_schema, quiet, quiet_rasa

TRACKER_SCHEMA = "tracker"
"""Where Rasa's tables are in PostgreSQL."""

BAD_SETTINGS = 2
"""Exit code that tells the supervisor not to start this again."""


def tracker_store(var: Path, database_url: str) -> dict[str, object]:
    """Rasa's tracker store: a file of its own beside SQLite cases, else tables in the same PostgreSQL database."""
    if database_url.startswith("postgresql"):
        parts = urlsplit(database_url)
        return {
            "type": "SQL",
            "dialect": "postgresql",
            "url": parts.hostname,
            "port": parts.port or 5432,
            "db": parts.path.lstrip("/"),
            "username": parts.username,
            "password": parts.password,
        }
    file = var / "tracker.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    return {"type": "SQL", "dialect": "sqlite", "db": str(file)}


def keep_apart(database_url: str) -> None:
    """Have Rasa keep its tables in a schema of its own: one is named ``events`` like the intake's in the same database.

    Rasa itself takes the schema's name from the environment and does not make it.
    """
    if not database_url.startswith("postgresql"):
        return
    import psycopg2

    address = database_url.replace("postgresql+asyncpg://", "postgresql://")
    with (
        closing(psycopg2.connect(address, connect_timeout=10)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        # two processes that start at once would both try, and one would fail
        cursor.execute("SELECT pg_advisory_xact_lock(470103)")
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {TRACKER_SCHEMA}")
    os.environ["POSTGRESQL_SCHEMA"] = TRACKER_SCHEMA


def main() -> None:
    """Read the environment, load the model, serve until told to stop."""
    missing = [name for name in ("YHT_LISTEN", "YHT_ACTIONS_URL") if not os.environ.get(name)]
    if missing:
        print(f"{missing[0]}: is not set", file=sys.stderr)
        sys.exit(BAD_SETTINGS)
    require_chosen(BAD_SETTINGS)
    model = model_path()
    if not model.is_file():
        others = sorted((ROOT / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
        if not others:
            print("models/: no trained assistant; run `make train`", file=sys.stderr)
            sys.exit(BAD_SETTINGS)
        print("the training inputs changed since the assistant was trained; run `make train`", file=sys.stderr)
        model = others[-1]
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    quiet()
    keep_apart(os.environ.get("YHT_DATABASE_URL", ""))
    import rasa.core.run
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.endpoints import EndpointConfig

    quiet_rasa()
    compile_action_schema()
    var = Path(os.environ.get("YHT_VAR_DIR", "var"))
    host, _, port = os.environ["YHT_LISTEN"].rpartition(":")
    rasa.core.run.serve_application(
        model_path=str(model),
        interface=host,
        port=int(port),
        credentials=str(ROOT / "bot" / "credentials.yml"),
        enable_api=True,
        endpoints=AvailableEndpoints(
            action=EndpointConfig(f"{os.environ['YHT_ACTIONS_URL']}/webhook", enable_selective_domain=True),
            tracker_store=EndpointConfig.from_dict(tracker_store(var, os.environ.get("YHT_DATABASE_URL", ""))),
        ),
        request_timeout=60,
        response_timeout=60,
    )


if __name__ == "__main__":
    main()
