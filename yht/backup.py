"""One file that holds everything of record, made while the system runs, and the way back from it.

The archive (tar, gzip) has the databases as they were at one moment each, the attachments and the imported tickets,
and a ``manifest.json`` with the SHA-256 of every member and the schema versions. Tokens of inner processes are only
named in it: setting up makes new ones. Reports confirmed and not yet filed are copied before the cases: one that is
filed in between is in both, and its key keeps it from being filed twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url

from groundwork.settings import Settings
from yht.databases import upgrade_cases, upgrade_channels, usable
from yht.failure import CommandFailed

FORMAT = 1
"""Of the archive. A newer one is refused."""

_MANIFEST = "manifest.json"
_DUMP = "database.pgdump"
_FOLDERS = ("attachments", "recordings", "tickets")
_VERSION_TABLES = ("intake_version", "channels_version")
# anything in these tables means that somebody has worked here
_RECORDS = ("cases", "staff", "channels_conversations", "drafts")


@dataclass(frozen=True)
class Copied:
    """What a backup holds or a restore has brought back."""

    file: Path
    size: int
    databases: tuple[str, ...]
    files: int
    cases: int | None = None

    def words(self, done: str) -> str:
        """In one line, for people."""
        cases = "" if self.cases is None else f"，{self.cases} 件案件的事件链完好"
        size = f"{self.size / 1e6:.1f} MB"
        return f"{done}：{self.file}（{size}），数据库 {len(self.databases)} 个，文件 {self.files} 个{cases}"


# making one


def back_up(settings: Settings, file: Path) -> Copied:
    """Write a backup to ``file``, which must not be there. The system may run. Raises CommandFailed."""
    if file.exists():
        raise CommandFailed(f"{file} 已经存在，请换一个文件名")
    draft = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=settings.var_dir) as folder:
            manifest = _write(settings, draft, Path(folder))
        draft.replace(file)
    except (OSError, sqlite3.Error, tarfile.TarError) as error:
        raise CommandFailed(f"备份没有完成：{error}") from error
    finally:
        draft.unlink(missing_ok=True)
    databases = tuple(name for name in manifest["members"] if "/" not in name)
    return Copied(file, file.stat().st_size, databases, len(manifest["members"]) - len(databases))


def _write(settings: Settings, draft: Path, folder: Path) -> dict[str, Any]:
    members: dict[str, str] = {}
    schema: dict[str, str] = {}
    url = make_url(settings.cases_database)
    out = os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    with out:
        with (
            gzip.GzipFile(fileobj=out, mode="wb", compresslevel=5) as packed,
            tarfile.open(fileobj=packed, mode="w|") as tar,
        ):
            for name, source in _sqlite_files(settings).items():
                if source.is_file():
                    copy = folder / name
                    _copy_sqlite(source, copy)
                    schema |= _sqlite_schema(copy)
                    members[name] = _add(tar, copy, name)
                    copy.unlink()
            if url.get_backend_name() == "postgresql":
                dump = folder / _DUMP
                _run_postgres("pg_dump", url, ["--format=custom", "--no-owner", f"--file={dump}"])
                schema |= asyncio.run(_postgres_schema(url))
                members[_DUMP] = _add(tar, dump, _DUMP)
            # after the cases: the file of every attachment that they name is there
            for path in _kept_files(settings.var_dir):
                name = path.relative_to(settings.var_dir).as_posix()
                with contextlib.suppress(FileNotFoundError):  # erased a moment ago
                    members[name] = _add(tar, path, name)
            manifest: dict[str, Any] = {
                "format": FORMAT,
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "database": url.get_backend_name(),
                "schema": schema,
                "secrets": sorted(path.name for path in (settings.var_dir / "secrets").glob("*")),
                "members": members,
            }
            listing = folder / _MANIFEST
            listing.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
            _add(tar, listing, _MANIFEST)
        out.flush()
        os.fsync(out.fileno())
    return manifest


def _sqlite_files(settings: Settings) -> dict[str, Path]:
    """The SQLite files there may be, by their names in the archive and in the order in which they are copied."""
    files = {"drafts.db": settings.var_dir / "drafts.db", "tracker.db": settings.var_dir / "tracker.db"}
    for name, address in (("channels.db", settings.channels_database), ("cases.db", settings.cases_database)):
        url = make_url(address)
        if url.get_backend_name() == "sqlite" and url.database:
            files[name] = Path(url.database)
    return files


def _kept_files(var_dir: Path) -> Iterator[Path]:
    for name in _FOLDERS:
        for path in sorted((var_dir / name).rglob("*")):
            # an attachment that is still being written has a second part in its name
            if path.is_file() and not path.is_symlink() and not (name == "attachments" and "." in path.name):
                yield path


def _copy_sqlite(source: Path, copy: Path) -> None:
    """As it is at one moment; who writes is not held up."""
    with closing(sqlite3.connect(source, timeout=30)) as old, closing(sqlite3.connect(copy)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")
        found = new.execute("PRAGMA quick_check").fetchone()
    if found != ("ok",):
        raise CommandFailed(f"{source} 已损坏，没有备份：{found[0]}")


def _sqlite_schema(file: Path) -> dict[str, str]:
    with closing(sqlite3.connect(file)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {
            table: connection.execute(f"SELECT version_num FROM {table}").fetchone()[0]  # noqa: S608 (names of ours)
            for table in _VERSION_TABLES
            if table in tables
        }


def _add(tar: tarfile.TarFile, path: Path, name: str) -> str:
    """Put a file into the archive; returns its SHA-256."""
    info = tar.gettarinfo(path, name)
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        content.seek(0)
        tar.addfile(info, content)
    return digest


# the way back


def restore(settings: Settings, file: Path, *, force: bool) -> Copied:
    """Replace everything of record by what ``file`` holds, then bring it to the newest form and check it.

    Nothing is touched before the archive has been found whole. Raises CommandFailed: damaged, of another kind of
    database, the system runs, or there are records here and ``force`` is not said.
    """
    if not file.is_file():
        raise CommandFailed(f"没有这个文件：{file}")
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.var_dir) as name:
        folder = Path(name)
        manifest = _unpack(file, folder)
        url = make_url(settings.cases_database)
        if manifest["database"] != url.get_backend_name():
            raise CommandFailed(f"备份来自 {manifest['database']}，现在的设置是 {url.get_backend_name()}，不能互相恢复")
        _require_known(manifest["schema"])
        _require_stopped(settings, url)
        if not force and _has_records(settings, url):
            raise CommandFailed("这里已经有数据。确实要用备份替换它们，请加 --force（现有数据会全部丢失）")
        try:
            _replace(settings, url, folder, manifest)
        except (OSError, sqlite3.Error) as error:
            raise CommandFailed(f"恢复没有完成，请排除原因后再运行一次：{error}") from error
    asyncio.run(upgrade_cases(settings))
    asyncio.run(upgrade_channels(settings))
    checked = asyncio.run(_check(settings))
    databases = tuple(member for member in manifest["members"] if "/" not in member)
    return Copied(file, file.stat().st_size, databases, len(manifest["members"]) - len(databases), checked)


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Unpack the archive into an empty folder and check every member. Raises CommandFailed."""
    try:
        with tarfile.open(file, "r:gz") as tar:
            tar.extractall(folder, filter="data")
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_text("utf-8"))
        if manifest["format"] > FORMAT:
            raise CommandFailed("备份是更新的版本做的，请先升级本系统")
        for name, digest in manifest["members"].items():
            with (folder / name).open("rb") as content:
                if hashlib.file_digest(content, "sha256").hexdigest() != digest:
                    raise CommandFailed(f"备份已损坏：{name} 的校验值不对")
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise CommandFailed(f"备份已损坏或不是本系统的备份：{error}") from error
    return manifest


def _require_known(schema: Mapping[str, str]) -> None:
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    from channels.gateway.database import _config as channels_config
    from intake_api.storage.database import _config as cases_config

    for table, config in zip(_VERSION_TABLES, (cases_config(), channels_config()), strict=True):
        if table in schema:
            try:
                ScriptDirectory.from_config(config).get_revision(schema[table])
            except CommandError as error:
                raise CommandFailed(f"备份的数据库结构（{schema[table]}）比本系统新，请先升级本系统") from error


def _require_stopped(settings: Settings, url: URL) -> None:
    running = CommandFailed("系统还在运行，请先停止（Ctrl-C 或 systemctl stop），再恢复")
    for path in _sqlite_files(settings).values():
        if path.is_file():
            with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
                try:
                    # whoever has the file open holds a shared lock on it, even when idle
                    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
                    connection.execute("BEGIN EXCLUSIVE")
                    connection.execute("COMMIT")
                except sqlite3.OperationalError as error:
                    raise running from error
    if url.get_backend_name() == "postgresql" and asyncio.run(_postgres_others(url)):
        raise running


def _has_records(settings: Settings, url: URL) -> bool:
    for path in _sqlite_files(settings).values():
        if path.is_file():
            with closing(sqlite3.connect(path)) as connection:
                if any(_has_rows(connection, table) for table in _RECORDS):
                    return True
    return url.get_backend_name() == "postgresql" and asyncio.run(_postgres_has_records(url))


def _has_rows(connection: sqlite3.Connection, table: str) -> bool:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
    return bool(known and connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone())  # noqa: S608 (ours)


def _replace(settings: Settings, url: URL, folder: Path, manifest: Mapping[str, Any]) -> None:
    if url.get_backend_name() == "postgresql":
        asyncio.run(_postgres_clear(url))
        _run_postgres(
            "pg_restore", url,
            ["--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={url.database}", str(folder / _DUMP)],
        )  # fmt: skip
    for name, path in _sqlite_files(settings).items():
        for leftover in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            leftover.unlink(missing_ok=True)
        if name in manifest["members"]:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(folder / name, path)
    for name in _FOLDERS:
        target = settings.var_dir / name
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        if (folder / name).is_dir():
            shutil.move(folder / name, target)
    (settings.var_dir / "city.digest").unlink(missing_ok=True)


async def _check(settings: Settings) -> int:
    """Check the chains of events; returns how many cases there are. Raises CommandFailed."""
    from intake_api.domain import case_number
    from intake_api.storage import chains
    from intake_api.storage.database import Database

    counted = [0]

    def progress(checked: int) -> None:
        counted[0] = checked
        if checked % 50_000 == 0:
            print(f"已核对 {checked} 件", flush=True)

    database = Database(settings.cases_database)
    try:
        with usable():
            broken = await chains.broken(database, progress)
    finally:
        await database.close()
    if broken:
        numbers = "、".join(case_number.format_number(case_id) for case_id in broken[:10])
        raise CommandFailed(f"数据已恢复，但 {len(broken)} 件案件的事件链不完整：{numbers}")
    return counted[0]


# PostgreSQL


def _run_postgres(program: str, url: URL, arguments: list[str]) -> None:
    path = shutil.which(program)
    if path is None:
        raise CommandFailed(f"没有找到 {program}：请安装 postgresql-client（版本不低于数据库服务器）")
    environment = os.environ | {"PGPASSWORD": url.password or "", "PGCONNECT_TIMEOUT": "10"}
    connection = [f"--host={url.host or '127.0.0.1'}", f"--port={url.port or 5432}"]
    connection += [f"--username={url.username}"] if url.username else []
    if program == "pg_dump":
        arguments = [*arguments, f"--dbname={url.database}"]
    done = subprocess.run(
        [path, "--no-password", *connection, *arguments], env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise CommandFailed(f"{program} 没有成功：{done.stderr.strip().splitlines()[-1] if done.stderr else ''}")


async def _ask_postgres(url: URL, question: str, *arguments: object) -> list[Any]:
    import asyncpg

    connection = await asyncpg.connect(
        host=url.host,
        port=url.port or 5432,
        user=url.username,
        password=url.password,
        database=url.database,
        timeout=10,
    )
    try:
        return list(await connection.fetch(question, *arguments))
    finally:
        await connection.close()


async def _postgres_schema(url: URL) -> dict[str, str]:
    return {
        table: (await _ask_postgres(url, f"SELECT version_num FROM {table}"))[0][0]  # noqa: S608 (names of ours)
        for table in _VERSION_TABLES
        if (await _ask_postgres(url, "SELECT to_regclass($1)", table))[0][0]
    }


async def _postgres_others(url: URL) -> bool:
    others = "SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() LIMIT 1"
    return bool(await _ask_postgres(url, others, url.database))


async def _postgres_has_records(url: URL) -> bool:
    for table in _RECORDS:
        known = (await _ask_postgres(url, "SELECT to_regclass($1)", table))[0][0]
        if known and await _ask_postgres(url, f"SELECT 1 FROM {table} LIMIT 1"):  # noqa: S608 (names of ours)
            return True
    return False


async def _postgres_clear(url: URL) -> None:
    await _ask_postgres(url, "DROP SCHEMA IF EXISTS tracker CASCADE")  # the assistant's (bot.serve)
    await _ask_postgres(url, "DROP SCHEMA IF EXISTS public CASCADE")
    await _ask_postgres(url, "CREATE SCHEMA public")
