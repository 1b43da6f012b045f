"""Articles as people write them in files: Markdown, one article per heading, or a CSV table. Faults name their line.

Markdown::

    # 养犬要办什么手续
    编号：dog-licence
    部门：mh-ga
    来源：《上海市养犬管理条例》
    有效：2026-01-01 至 2026-12-31
    问：养狗要办证吗
    问：狗证在哪里办

    答复的文字，到下一个标题为止。

``有效`` may be left out, or one of its two days. The CSV table has the columns ``COLUMNS``; questions stand in one
cell, one a line or between semicolons.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from intake_api.domain.data_files import Fault, csv_rows
from intake_api.domain.knowledge import KEY, LONGEST_KEY, Content, Entry, faults_of

COLUMNS = ("id", "title", "questions", "answer", "source", "department", "valid_from", "valid_to")
_FIELDS = {"编号": "id", "部门": "department", "来源": "source", "有效": "valid", "问": "question"}
_FIELD = re.compile(r"^(编号|部门|来源|有效|问)[：:](.*)$")
_SPAN = re.compile(r"^(\d{4}-\d{2}-\d{2})?\s*(?:至|到|~)\s*(\d{4}-\d{2}-\d{2})?$")
_POINTERS = {
    "title": "标题",
    "answer": "答复",
    "source": "来源",
    "questions": "问法",
    "department_id": "部门",
    "valid_to": "有效期",
}


@dataclass
class _Draft:
    """An article while it is read."""

    line: int
    title: str
    fields: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    answer: list[str] = field(default_factory=list)


def read_articles(text: str, file: str, departments: Collection[str]) -> tuple[tuple[Entry, ...], list[Fault]]:
    """The articles of a file, by its name's ending (``.csv``, otherwise Markdown), and everything that is wrong."""
    faults: list[Fault] = []
    text = text.removeprefix("\ufeff")
    read = _read_table if file.lower().endswith(".csv") else _read_markdown
    entries = list(read(text, file, faults))
    seen: dict[str, int] = {}
    for entry in entries:
        if entry.key in seen:
            faults.append(Fault(file, entry.line, f"编号 {entry.key} 与第 {seen[entry.key]} 行的重复"))
        seen.setdefault(entry.key, entry.line)
        for name, words in faults_of(entry.content, departments):
            faults.append(Fault(file, entry.line, f"{_POINTERS[name]}有误：{words.rstrip('。')}"))
    if not entries and not faults:
        faults.append(Fault(file, 1, "一篇也没有"))
    return tuple(entries), sorted(faults, key=lambda fault: fault.line)


def _read_table(text: str, file: str, faults: list[Fault]) -> Iterable[Entry]:
    for row in csv_rows(text, file, COLUMNS, faults):
        key = row.text("id")
        if key and not _is_key(key):
            row.fault(f"id 只能用小写字母、数字和连字符：{key}")
        questions = [part.strip() for part in re.split(r"[;；\n]", row.text("questions", False))]
        yield Entry(
            key,
            Content(
                title=row.text("title", False),
                questions=tuple(dict.fromkeys(part for part in questions if part)),
                answer=row.text("answer", False),
                source=row.text("source", False),
                department_id=row.text("department", False),
                valid_from=row.day("valid_from", False),
                valid_to=row.day("valid_to", False),
            ),
            row.line,
        )


def _read_markdown(text: str, file: str, faults: list[Fault]) -> Iterable[Entry]:
    draft: _Draft | None = None
    drafts = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("# "):
            draft = _Draft(number, line[2:].strip())
            drafts.append(draft)
        elif draft is None:
            if line.strip():
                faults.append(Fault(file, number, "第一个标题（以“# ”开头）之前不能有文字"))
                return
        elif (match := _FIELD.match(line)) and not draft.answer:
            wrong = _take_field(draft, number, _FIELDS[match.group(1)], match.group(2).strip())
            if wrong:
                faults.append(Fault(file, number, wrong))
        elif line.strip() or draft.answer:
            draft.answer.append(line.rstrip())
    for each in drafts:
        yield _entry(each, file, faults)


def _take_field(draft: _Draft, number: int, name: str, value: str) -> str:
    """Take a field of line ``number``; what is wrong with it, in Chinese."""
    if not value:
        return "冒号后面没有内容"
    if name == "question":
        draft.questions.append(value)
    elif name in draft.fields:
        return f"与第 {draft.lines[name]} 行重复"
    else:
        draft.fields[name], draft.lines[name] = value, number
    return ""


def _entry(draft: _Draft, file: str, faults: list[Fault]) -> Entry:
    key = draft.fields.get("id", "")
    if not key:
        faults.append(Fault(file, draft.line, "缺少“编号：”"))
    elif not _is_key(key):
        faults.append(Fault(file, draft.lines["id"], f"编号只能用小写字母、数字和连字符：{key}"))
    first, last = _days(draft, file, faults)
    content = Content(
        title=draft.title,
        questions=tuple(dict.fromkeys(draft.questions)),
        answer="\n".join(draft.answer).strip(),
        source=draft.fields.get("source", ""),
        department_id=draft.fields.get("department", ""),
        valid_from=first,
        valid_to=last,
    )
    return Entry(key, content, draft.line)


def _days(draft: _Draft, file: str, faults: list[Fault]) -> tuple[date | None, date | None]:
    written = draft.fields.get("valid")
    if written is None:
        return None, None
    match = _SPAN.match(written)
    try:
        if match is None or not any(match.groups()):
            raise ValueError(written)
        first, last = (date.fromisoformat(day) if day else None for day in match.groups())
    except ValueError:
        faults.append(Fault(file, draft.lines["valid"], f"有效期应为“2026-01-01 至 2026-12-31”这样的形式：{written}"))
        return None, None
    return first, last


def _is_key(key: str) -> bool:
    return len(key) <= LONGEST_KEY and KEY.fullmatch(key) is not None
