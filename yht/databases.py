"""Both databases brought to the newest form: the system of record and the gateway's conversations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from groundwork.settings import BadSettings, Settings
from yht.failure import CommandFailed


async def upgrade_cases(settings: Settings) -> None:
    """Bring the system of record's tables to the newest form. Raises BadSettings when its database cannot be used."""
    from intake_api import administration

    with usable():
        await administration.upgrade_database(settings)


async def reindex_cases(settings: Settings) -> int:
    """Rank and index all cases anew, and the knowledge; how many cases. Raises BadSettings when it cannot be used."""
    from intake_api.knowledge import reader
    from intake_api.storage import knowledge
    from intake_api.storage.database import Database
    from intake_api.storage.upkeep import reindex
    from intake_api.words import Words

    database = Database(settings.cases_database)
    try:
        with usable():
            async with database.write() as session:
                await knowledge.reindex(session, reader(Words(settings.var_dir / "words")))
            return await reindex(database)
    finally:
        await database.close()


async def upgrade_channels(settings: Settings) -> None:
    """Bring the gateway's tables to the newest form. Raises BadSettings when its database cannot be used."""
    from channels.gateway.database import Database

    database = Database(settings.channels_database)
    try:
        with usable():
            await database.upgrade()
    finally:
        await database.close()


async def require_current(settings: Settings) -> None:
    """Raises CommandFailed when the system of record has not been brought to the newest form."""
    from intake_api.storage.database import Database

    database = Database(settings.cases_database)
    try:
        with usable():
            current = await database.is_current()
    finally:
        await database.close()
    if not current:
        raise CommandFailed("数据库还没有建立或不是最新结构，请先运行 yht db upgrade")


async def has_city(settings: Settings) -> bool:
    """Whether any city was ever loaded."""
    from intake_api.storage import cities
    from intake_api.storage.database import Database

    database = Database(settings.cases_database)
    try:
        with usable():
            async with database.read() as session:
                return await cities.newest_id(session) is not None
    finally:
        await database.close()


@contextmanager
def usable() -> Iterator[None]:
    """What fails inside because the database cannot be used is said in one line. Raises BadSettings."""
    from intake_api.storage.database import StorageUnavailable

    try:
        yield
    except (StorageUnavailable, SQLAlchemyError, OSError) as error:
        # the driver's own words tell most, and never hold the password
        origin = error.__cause__ if isinstance(error, StorageUnavailable) and error.__cause__ else error
        reason = str(getattr(origin, "orig", None) or origin).splitlines()
        raise BadSettings(
            f"YHT_DATABASE_URL: 数据库不能使用（{reason[0] if reason else type(origin).__name__}）"
        ) from error
