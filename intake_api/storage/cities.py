"""The loaded city: every version as one row, its departments as a table, its rules among those of the matrix."""

from __future__ import annotations

import hashlib
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from intake_api.domain.city import City
from intake_api.storage import responsibility
from intake_api.storage.tables import CityVersionRow, DepartmentRow

_CITY = TypeAdapter(City)


async def load(session: AsyncSession, city: City, now: datetime) -> bool:
    """Put a city in force; False when exactly this one already is."""
    content = _CITY.dump_json(city).decode()
    digest = hashlib.sha256(content.encode()).hexdigest()
    newest = await session.scalar(select(CityVersionRow).order_by(CityVersionRow.id.desc()).limit(1))
    if newest is not None and newest.digest == digest:
        return False
    session.add(
        CityVersionRow(
            digest=digest, name=city.name, calendar_version=city.calendar.version, loaded_at=now, content=content
        )
    )
    kept = [department.id for department in city.departments]
    await session.execute(
        update(DepartmentRow)
        .where(DepartmentRow.id.not_in(kept), DepartmentRow.retired_at.is_(None))
        .values(retired_at=now)
    )
    for department in city.departments:
        await session.merge(
            DepartmentRow(
                id=department.id,
                name=department.name,
                kind=department.kind,
                town_code=department.town,
                phone=department.phone,
                retired_at=None,
            )
        )
    await responsibility.replace_city_rules(session, city.rules, now)
    return True


async def newest_id(session: AsyncSession) -> int | None:
    """Which version is in force; None before the first."""
    return await session.scalar(select(CityVersionRow.id).order_by(CityVersionRow.id.desc()).limit(1))


async def content(session: AsyncSession, version: int) -> str:
    """A version as JSON."""
    return (await session.scalars(select(CityVersionRow.content).where(CityVersionRow.id == version))).one()


async def loaded_at(session: AsyncSession, version: int) -> datetime:
    """When a version was loaded."""
    return (await session.scalars(select(CityVersionRow.loaded_at).where(CityVersionRow.id == version))).one()


def read_content(text: str) -> City:
    """A city from its JSON; slow for a large one, so not on the event loop."""
    return _CITY.validate_json(text)


async def department_names(session: AsyncSession) -> dict[str, str]:
    """Names of all departments there ever were, for old cases name old ones."""
    rows = await session.execute(select(DepartmentRow.id, DepartmentRow.name))
    return {row.id: row.name for row in rows}
