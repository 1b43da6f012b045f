"""Rows of a table that somebody exported: CSV in any usual encoding and with any usual delimiter, or XLSX."""

from __future__ import annotations

import codecs
import csv
import itertools
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from yht.failure import CommandFailed

_ENCODINGS = ("utf-8-sig", "gb18030")
_DELIMITERS = ",\t;|"
_LONGEST_CELL = 1_000_000  # characters
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class Row:
    """One record: ``line`` is where it begins in the file, from 1; ``cells`` are trimmed texts by column."""

    line: int
    cells: dict[str, str]


@contextmanager
def opened(path: Path, columns: Sequence[str], sheet: str | None = None) -> Iterator[Iterator[Row]]:
    """The rows of a table whose first line names ``columns`` (and maybe others). ``sheet``: of an XLSX, else its first.

    Raises CommandFailed with one line that says what is wrong with the file.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(8)
        if begin.startswith(b"PK"):
            with _xlsx(path, columns, sheet) as rows:
                yield rows
        elif begin.startswith(_OLD_EXCEL):
            raise CommandFailed(f"{path.name} 是旧的 .xls 格式，请在表格软件里另存为 .xlsx 或 CSV")
        else:
            with _csv(path, columns) as rows:
                yield rows
    except OSError as error:
        raise CommandFailed(f"{path} 不能读取（{error.strerror or error}）") from error


@contextmanager
def _csv(path: Path, columns: Sequence[str]) -> Iterator[Iterator[Row]]:
    encoding = _encoding(path)
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding=encoding, newline="") as file:
        head = file.readline()
        file.seek(0)
        yield _rows(path, _numbered(path, csv.reader(file, delimiter=_delimiter(head, columns))), columns)


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
    for encoding in _ENCODINGS:
        try:
            with path.open(encoding=encoding) as file:
                while file.read(1 << 20):
                    pass
        except UnicodeError:
            continue
        return encoding
    raise CommandFailed(f"{path.name} 的编码认不出来，请另存为 UTF-8 的 CSV 或 .xlsx")


def _delimiter(head: str, columns: Sequence[str]) -> str:
    """The one with which the first line names the columns; if none does, the one that divides it most."""

    def divided(delimiter: str) -> list[str]:
        return [name.strip() for name in next(csv.reader([head], delimiter=delimiter), [])]

    return max(_DELIMITERS, key=lambda mark: (set(columns) <= set(divided(mark)), len(divided(mark))))


def _numbered(path: Path, reader: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Records with the line in which they begin; a record may have several lines."""
    line = 1
    try:
        for record in reader:
            yield line, record
            line = reader.line_num + 1  # type: ignore[attr-defined]
    except csv.Error as error:
        raise CommandFailed(f"{path.name} 第 {line} 行起不能读取（{error}）") from error


@contextmanager
def _xlsx(path: Path, columns: Sequence[str], sheet: str | None) -> Iterator[Iterator[Row]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, SyntaxError) as error:
        raise CommandFailed(f"{path.name} 不是可以读取的 .xlsx 表格") from error
    try:
        names = [page.title for page in book.worksheets]
        if sheet is not None and sheet not in names:
            raise CommandFailed(f"{path.name} 里没有工作表“{sheet}”，有：{'、'.join(names)}")
        if not names:
            raise CommandFailed(f"{path.name} 里没有工作表")
        page = book.worksheets[names.index(sheet) if sheet is not None else 0]
        page.reset_dimensions()  # some programs write a wrong size into the file
        records = ([_cell(value) for value in values] for values in page.iter_rows(values_only=True))
        yield _rows(path, enumerate(records, 1), columns)
    finally:
        book.close()


def _cell(value: object) -> str:
    """A cell as text: a whole number without the ``.0`` that spreadsheets give it."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _rows(path: Path, records: Iterator[tuple[int, list[str]]], columns: Sequence[str]) -> Iterator[Row]:
    """Checks the first record and gives the others. Raises CommandFailed at once, not when it is iterated."""
    _, head = next(records, (1, []))
    names = [name.strip() for name in head]
    missing = [column for column in columns if column not in names]
    if missing:
        there = "、".join(name for name in names if name) or "没有列名"
        raise CommandFailed(f"{path.name} 里没有列：{'、'.join(missing)}（有：{there}）")

    def rows() -> Iterator[Row]:
        for line, cells in records:
            yield Row(line, {name: cell.strip() for name, cell in itertools.zip_longest(names, cells, fillvalue="")})

    return rows()
