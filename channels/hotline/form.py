"""The form that fills while the caller speaks: what is understood goes in, what the operator typed stays. Pure.

Each field knows how sure it is, the words it came from, and who filled it. What is understood later replaces what was
understood before, and never what was typed; it is then kept beside it, for the operator to see and for the figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class FieldName(StrEnum):
    """What is asked for in a form."""

    CATEGORY = "category"  # {"code","name"}
    PLACE = "place"  # {"text","lat","lng","name","town","precision", …} as the intake resolves it
    DESCRIPTION = "description"  # the complaint in one or two sentences
    WISH = "wish"  # what the caller wants to be done
    NAME = "name"  # the caller's name
    PHONE = "phone"  # where the caller can be reached
    CONFIDENTIAL = "confidential"  # true: departments see neither name nor phone
    URGENCY = "urgency"  # normal, urgent, emergency
    ACT = "act"  # report, suggest, praise, consult, …

    @property
    def label(self) -> str:
        """In Chinese, for people."""
        return {
            "category": "事项分类",
            "place": "地点",
            "description": "诉求内容",
            "wish": "诉求人要求",
            "name": "姓名",
            "phone": "联系电话",
            "confidential": "要求保密",
            "urgency": "紧急程度",
            "act": "诉求性质",
        }[self]


class By(StrEnum):
    """Who filled a field."""

    UNDERSTOOD = "understood"
    OPERATOR = "operator"
    EXCHANGE = "exchange"  # the number that the exchange tells


@dataclass(frozen=True, slots=True)
class Words:
    """Words that something came from: an utterance and a half-open span of code points in its text."""

    utterance: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """What is understood of a field. ``confidence``: 0 … 1."""

    value: Any
    confidence: float
    words: tuple[Words, ...] = ()
    by: By = By.UNDERSTOOD


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form. ``understood`` is what was found last, also when the operator typed something else."""

    value: Any
    by: By
    confidence: float | None = None
    words: tuple[Words, ...] = ()
    understood: Any = None

    @property
    def is_typed(self) -> bool:
        """Whether the operator filled it: then nothing but the operator changes it."""
        return self.by is By.OPERATOR


@dataclass(frozen=True)
class Form:
    """One matter of a call."""

    fields: Mapping[FieldName, Field] = field(default_factory=dict)

    def understood(self, found: Mapping[FieldName, Found]) -> Form:
        """The form with what is understood now. A field that is not found any more is emptied unless it was typed."""
        fields: dict[FieldName, Field] = {}
        for name in FieldName:
            known, now = self.fields.get(name), found.get(name)
            if known is not None and known.is_typed:
                # the words stay where the operator confirmed what had been understood
                fields[name] = replace(known, understood=now.value if now else known.understood)
            elif now is not None:
                fields[name] = Field(now.value, now.by, now.confidence, now.words, understood=now.value)
            elif known is not None and known.by is By.EXCHANGE:
                fields[name] = known
        return Form(fields)

    def typed(self, name: FieldName, value: Any) -> Form:
        """The form after the operator wrote ``value``; None gives the field back to understanding."""
        known = self.fields.get(name)
        fields = dict(self.fields)
        if value is None:
            fields.pop(name, None)
            if known is not None and known.understood is not None:
                fields[name] = Field(known.understood, By.UNDERSTOOD, understood=known.understood)
            return Form(fields)
        same = known is not None and not known.is_typed and known.value == value
        fields[name] = Field(
            value,
            By.OPERATOR,
            known.confidence if known and same else None,
            known.words if known and same else (),
            known.understood if known else None,
        )
        return Form(fields)

    def value(self, name: FieldName) -> Any:
        """What the field holds; None when it is empty."""
        known = self.fields.get(name)
        return known.value if known else None

    def changed(self, name: FieldName, key: str | None = None) -> bool | None:
        """Whether the operator made something else of what was understood; None when nothing was. ``key``: of it."""
        known = self.fields.get(name)
        if known is None or known.understood is None:
            return None
        if key is None:
            return bool(known.value != known.understood)
        return bool(_part(known.value, key) != _part(known.understood, key))


def _part(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else value


def form_content(form: Form) -> Json:
    """A form as JSON."""
    return {
        name.value: {
            "value": field.value,
            "by": field.by.value,
            "confidence": field.confidence,
            "words": [[words.utterance, words.start, words.end] for words in field.words],
            "understood": field.understood,
        }
        for name, field in form.fields.items()
    }


def form_from(content: Mapping[str, Any]) -> Form:
    """The form that was kept as JSON."""
    return Form({FieldName(name): _field(kept) for name, kept in content.items()})


def _field(kept: Json) -> Field:
    return Field(
        kept["value"], By(kept["by"]), kept["confidence"], tuple(_words(kept["words"])), kept.get("understood")
    )


def _words(kept: Iterable[Iterable[int]]) -> Iterable[Words]:
    for utterance, start, end in kept:
        yield Words(utterance, start, end)
