"""The text index: every case by the terms of its text and by its facets (status, category, department, …).

PostgreSQL keeps the terms in a ``tsvector`` under GIN, SQLite in FTS5. FTS5 hands out hits newest first by itself; a
GIN index hands out all hits of a term, which for a common word are a large part of all cases. So on PostgreSQL each
term carries the block of ``BLOCK`` case ids in which it stands (``3d~垃圾``): the newest blocks are asked first, and no
question reads more than it needs, however many cases there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Insert, Integer, bindparam, cast, column, func, insert, literal_column, select, table, update
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Session
from sqlalchemy.types import Text, UserDefinedType

from intake_api.domain import tokens
from intake_api.domain.case import OPEN
from intake_api.domain.tokens import TextQuery
from intake_api.storage.queue_tables import CaseTextRow
from intake_api.storage.tables import CaseRow, SupportingRow

BLOCK = 1 << 14
"""Case ids in a block."""
SECTOR = 0.01
"""Degrees of latitude and longitude of a sector, about a kilometre: boxes on the map are looked up by sectors."""
_MOST_SECTORS = 150

OPEN_STATES = tuple(sorted(state.value for state in OPEN))


class TsQuery(UserDefinedType[str]):
    """PostgreSQL's ``tsquery``."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The name of the type."""
        return "TSQUERY"


@dataclass(frozen=True, slots=True)
class Lookup:
    """What cases must have: of each group of ``facets`` one, and everything of ``text``."""

    facets: tuple[tuple[str, ...], ...] = ()
    text: TextQuery = TextQuery()  # noqa: RUF009 - immutable

    def __bool__(self) -> bool:
        return bool(self.facets) or bool(self.text)


# facets: a letter that no word has, and a value


def facet(name: str, value: str) -> str:
    """The term of a facet: ``s=received``."""
    return f"{name}={''.join(value.split())}".lower()


def one_of(name: str, values: Iterable[str]) -> tuple[str, ...]:
    """The group of terms for one of these values."""
    return tuple(facet(name, value) for value in values)


def sector(lat: float, lng: float) -> str:
    """The sector of a position."""
    return f"{int((lat + 90) / SECTOR)}.{int((lng + 180) / SECTOR)}"


def sectors(west: float, south: float, east: float, north: float) -> tuple[str, ...] | None:
    """The sectors that a box touches; None when they are too many to be worth looking up."""
    rows = range(int((south + 90) / SECTOR), int((north + 90) / SECTOR) + 1)
    columns = range(int((west + 180) / SECTOR), int((east + 180) / SECTOR) + 1)
    if len(rows) * len(columns) > _MOST_SECTORS:
        return None
    return tuple(facet("g", f"{row}.{column}") for row in rows for column in columns)


def facets_of(row: Mapping[str, Any], supporting: Collection[str]) -> set[str]:
    """The facets of a case, given its columns by name."""
    found = {
        facet("s", row["status"]),
        facet("h", row["channel"]),
        facet("u", row["urgency"]),
        facet("p", row["precision"]),
    }
    if row["status"] in OPEN_STATES:
        found.add("o=1")
    for name, value in (
        ("c", row["category"]),
        ("d", row["department_id"]),
        ("t", row["town_code"]),
        ("t", row["town"]),
        ("x", row["grid_cell"]),
    ):
        if value:
            found.add(facet(name, value))
    found |= {facet("w", unit) for unit in (row["department_id"], *supporting) if unit}
    if row["lat"] is not None and row["lng"] is not None:
        found.add(facet("g", sector(row["lat"], row["lng"])))
    return found


def text_of(row: Mapping[str, Any]) -> str:
    """The text by which a case is found, in plain form."""
    return tokens.plain("\n".join(part for part in (row["description"], row["place_text"], row["place_name"]) if part))


def blocked(case_id: int, terms: Iterable[str]) -> str:
    """Terms with the block of the case, as PostgreSQL reads a ``tsvector``."""
    block = f"{case_id // BLOCK:x}~"
    return " ".join(_lexeme(block + term) for term in terms)


_COLUMNS = (
    CaseRow.status,
    CaseRow.channel,
    CaseRow.urgency,
    CaseRow.precision,
    CaseRow.category,
    CaseRow.department_id,
    CaseRow.town_code,
    CaseRow.town,
    CaseRow.grid_cell,
    CaseRow.lat,
    CaseRow.lng,
    CaseRow.description,
    CaseRow.place_text,
    CaseRow.place_name,
)


def put(session: Session, case_ids: Collection[int]) -> None:
    """Index these cases as they stand in this transaction; what has not changed is left alone."""
    ids = sorted(case_ids)
    rows = session.execute(select(CaseRow.id, *_COLUMNS).where(CaseRow.id.in_(ids))).all()
    units: dict[int, list[str]] = {case_id: [] for case_id in ids}
    for case_id, unit in session.execute(
        select(SupportingRow.case_id, SupportingRow.department_id).where(SupportingRow.case_id.in_(ids))
    ):
        units[case_id].append(unit)
    digests = session.execute(select(CaseTextRow.case_id, CaseTextRow.digest).where(CaseTextRow.case_id.in_(ids)))
    known = {row.case_id: row.digest for row in digests}
    postgres = session.get_bind().dialect.name == "postgresql"
    new, changed = [], []
    for row in rows:
        entry = entry_of(row.id, row._asdict(), units[row.id], postgres=postgres)
        if row.id not in known:
            new.append(entry)
        elif known[row.id] != entry["digest"]:
            changed.append({f"_{name}": value for name, value in entry.items()})
    if new:
        session.connection().execute(_inserting(postgres=postgres), new)
    if changed:
        index = CaseTextRow.__table__
        terms = _terms("_terms", postgres=postgres)
        changing = update(index).where(index.c.case_id == bindparam("_case_id"))  # type: ignore[arg-type]
        session.connection().execute(
            changing.values(text=bindparam("_text"), terms=terms, digest=bindparam("_digest")), changed
        )


@cache
def _inserting(*, postgres: bool) -> Insert:
    return insert(CaseTextRow.__table__).values(  # type: ignore[arg-type]
        case_id=bindparam("case_id"),
        text=bindparam("text"),
        terms=_terms("terms", postgres=postgres),
        digest=bindparam("digest"),
    )


def entry_of(case_id: int, row: Mapping[str, Any], supporting: Collection[str], *, postgres: bool) -> dict[str, Any]:
    """The row of the index for a case, given its columns by name; ``terms`` in one text, as the database reads it."""
    text = text_of(row)
    terms = sorted(tokens.terms(text) | facets_of(row, supporting))
    digest = hashlib.blake2s("\n".join([text, *terms]).encode(), digest_size=16).hexdigest()
    return {
        "case_id": case_id,
        "text": text,
        "terms": blocked(case_id, terms) if postgres else " ".join(terms),
        "digest": digest,
    }


def _terms(name: str, *, postgres: bool) -> Any:
    given = bindparam(name, type_=Text())
    return cast(given, TSVECTOR) if postgres else given


# asking


def _in_block(block: str, wanted: Lookup) -> str:
    parts = [
        "(" + "|".join(_lexeme(block + value) for value in group) + ")" if len(group) > 1 else _lexeme(block + group[0])
        for group in wanted.facets
    ]
    parts += [_lexeme(block + term) for term in wanted.text.terms]
    parts += [_lexeme(block + prefix) + ":*" for prefix in wanted.text.prefixes]
    return "&".join(parts)


def _lexeme(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"


def matches(wanted: Lookup, blocks: Sequence[int]) -> Any:
    """The condition on ``case_text`` on PostgreSQL, for a few blocks whose rows are read anyway."""
    question = "|".join(f"({_in_block(f'{block:x}~', wanted)})" for block in blocks)
    return CaseTextRow.terms.op("@@")(cast(bindparam(None, question, type_=Text()), TsQuery()))


def hits(wanted: Lookup, blocks: Sequence[int]) -> Any:
    """The ids of matching cases in these blocks on PostgreSQL, as a CTE with column ``id``.

    Each block is a question of its own to the index: within one, it skips from hit to hit; of many in one it would
    look at everything that has any of the terms.
    """
    questions = [_in_block(f"{block:x}~", wanted) for block in blocks]
    given = cast(bindparam(None, questions, type_=ARRAY(Text)), ARRAY(TsQuery))
    asked = func.unnest(given).table_valued(column("question", TsQuery()), name="asked").render_derived()
    found = select(CaseTextRow.case_id.label("id")).join(asked, CaseTextRow.terms.op("@@")(asked.c.question))
    return found.cte("hits").prefix_with("MATERIALIZED")


def fts_match(wanted: Lookup) -> str:
    """The question in FTS5's form."""
    parts = ["(" + " OR ".join(_quoted(value) for value in group) + ")" for group in wanted.facets]
    parts += [_quoted(term) for term in wanted.text.terms]
    parts += [_quoted(prefix) + "*" for prefix in wanted.text.prefixes]
    return " AND ".join(parts)


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'


def fts_ids(wanted: Lookup, floor: int, ceiling: int) -> Any:
    """The ids of matching cases in ``floor`` … ``ceiling`` on SQLite, newest first, as a subquery."""
    fts = table("case_fts", column("rowid", Integer))
    return (
        select(fts.c.rowid.label("id"))
        .where(literal_column("case_fts").op("MATCH")(bindparam(None, fts_match(wanted), type_=Text())))
        .where(fts.c.rowid >= floor, fts.c.rowid <= ceiling)
        .order_by(fts.c.rowid.desc())
        .limit(-1)  # keeps SQLite from turning the join inside out
        .subquery("hits")
    )
