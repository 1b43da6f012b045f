"""Knowledge articles: what residents are told when they ask, who keeps it, and from when to when it holds."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from intake_api.domain.access import Permission

LONGEST_TITLE = 80
LONGEST_QUESTION = 120
MOST_QUESTIONS = 30
LONGEST_ANSWER = 1200
"""Characters. An answer is read on a phone, often aloud: a few sentences do, a link to more belongs at its end."""
LONGEST_SOURCE = 200
EXPIRING = timedelta(days=30)
"""So long before its last day an article counts as expiring: its owner looks at it again."""

KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""Names by which files know an article: ``dog-licence``."""
LONGEST_KEY = 60


class ArticleState(StrEnum):
    """Where an article stands."""

    DRAFT = "draft"  # never published: only staff see it
    IN_FORCE = "in_force"  # residents are answered by the version that was published
    WITHDRAWN = "withdrawn"  # taken back: nobody is answered by it until it is published again

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {"draft": "草稿", "in_force": "生效", "withdrawn": "已撤下"}[self]


class Validity(StrEnum):
    """How a day stands to the first and last day of an article."""

    NOW = "now"  # holds
    EXPIRING = "expiring"  # holds, and ends within EXPIRING
    COMING = "coming"  # does not hold yet
    OVER = "over"  # holds no longer

    @property
    def holds(self) -> bool:
        """Whether residents may be told so today."""
        return self in (Validity.NOW, Validity.EXPIRING)


def validity(first: date | None, last: date | None, today: date) -> Validity:
    """How ``today`` stands to the first and last day, both of which belong to the time; None: no limit."""
    if last is not None and last < today:
        return Validity.OVER
    if first is not None and first > today:
        return Validity.COMING
    return Validity.EXPIRING if last is not None and last <= today + EXPIRING else Validity.NOW


@dataclass(frozen=True, slots=True)
class Content:
    """What an article says. ``questions``: ways in which residents ask, the title aside."""

    title: str
    questions: tuple[str, ...]
    answer: str
    source: str
    department_id: str
    valid_from: date | None = None
    valid_to: date | None = None

    def as_json(self) -> dict[str, Any]:
        """For a column of JSON."""
        plain = asdict(self)
        plain["questions"] = list(self.questions)
        for name in ("valid_from", "valid_to"):
            plain[name] = plain[name].isoformat() if plain[name] else None
        return plain

    @classmethod
    def of_json(cls, plain: dict[str, Any]) -> Content:
        """Back from a column of JSON."""
        days = {name: date.fromisoformat(plain[name]) if plain[name] else None for name in ("valid_from", "valid_to")}
        return cls(
            plain["title"], tuple(plain["questions"]), plain["answer"], plain["source"], plain["department_id"], **days
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """An article of a file. ``key``: by which the file knows it; ``line``: where it begins, from 1."""

    key: str
    content: Content
    line: int


def may_write(permissions: Collection[Permission], own_department: str | None, owner: str) -> bool:
    """Whether somebody may write an article of the department ``owner``: their own, or any for those who publish."""
    if Permission.PUBLISH_KNOWLEDGE in permissions:
        return True
    return Permission.WRITE_KNOWLEDGE in permissions and own_department is not None and own_department == owner


def faults_of(content: Content, departments: Collection[str]) -> list[tuple[str, str]]:
    """What is wrong with an article: the field, and the words for people."""
    found = []
    for name, text, label, longest in (
        ("title", content.title, "标题", LONGEST_TITLE),
        ("answer", content.answer, "答复", LONGEST_ANSWER),
        ("source", content.source, "来源", LONGEST_SOURCE),
    ):
        if not text.strip():
            found.append((name, f"{label}不能为空。"))
        elif len(text) > longest:
            found.append((name, f"{label}最多 {longest} 个字，现在 {len(text)} 个。"))
    if len(content.questions) > MOST_QUESTIONS:
        found.append(("questions", f"问法最多 {MOST_QUESTIONS} 个。"))
    for question in content.questions:
        if len(question) > LONGEST_QUESTION:
            found.append(("questions", f"一个问法最多 {LONGEST_QUESTION} 个字：{question[:20]}……"))
    if content.department_id not in departments:
        found.append(("department_id", f"没有这个部门：{content.department_id or '（没有写）'}。"))
    if content.valid_from and content.valid_to and content.valid_to < content.valid_from:
        found.append(("valid_to", "截止日期早于起始日期。"))
    return found
