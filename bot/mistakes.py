"""What stands behind the figures of understanding: which messages went wrong, and how.

The figures themselves are ``bot.scoring``'s. ``yht eval errors`` shows the list, ``eval nlu --report`` the page
(``bot.understanding_report``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.corpus import ACTS, CASE_ACTS
from bot.scoring import SAME_FROM, comparable, overlap

ACT_NAMES = dict(
    zip(
        ACTS,
        (
            *("反映问题", "咨询", "建议", "表扬", "查进度", "催办", "补充", "撤回"),
            *("评价", "转人工", "问候", "致谢", "肯定", "否定", "险情", "其他"),
        ),
        strict=True,
    )
)
"""What an act is called on pages and in lists."""

MISTAKES = {
    "emergency_missed": "险情漏报",
    "emergency_alarm": "险情误报",
    "act": "诉求类型错（险情以外）",
    "category_out": "类别错，前三名里也没有",
    "category_second": "类别错，前三名里有",
    "place_missed": "地点漏掉",
    "place_extra": "地点多出",
    "place_partial": "地点不全或过长",
}
"""Kinds of mistakes, gravest first."""

CONTEXT = 12  # characters shown on each side of a place


@dataclass(frozen=True)
class Outcome:
    """A labelled line and what the assistant understood: categories likeliest first, places as half-open code-point
    spans of ``line["text"]``, ``took`` in milliseconds."""

    line: Mapping[str, Any]
    act: str
    act_confidence: float
    categories: tuple[tuple[str, float], ...]
    places: tuple[tuple[int, int], ...]
    took: float

    @property
    def text(self) -> str:
        """The message."""
        return str(self.line["text"])

    @property
    def codes(self) -> list[str]:
        """The categories without their confidences."""
        return [code for code, _ in self.categories]

    @property
    def place_texts(self) -> list[str]:
        """The places as the resident wrote them."""
        return [self.text[start:end] for start, end in self.places]

    @property
    def right_codes(self) -> frozenset[str]:
        """The categories that count as right; empty when the line is not scored for its category."""
        if self.line["act"] in CASE_ACTS and self.line.get("code"):
            return frozenset({self.line["code"], *(self.line.get("alt") or [])})
        return frozenset()

    def right_within(self, first: int) -> bool:
        """Whether a right category is among the ``first`` likeliest."""
        return any(code in self.right_codes for code in self.codes[:first])


@dataclass(frozen=True)
class PlaceMistake:
    """A place that was missed, found where none is, or found in part: what is marked and what was found."""

    kind: str
    text: str
    gold: str | None
    found: str | None
    start: int
    end: int

    @property
    def context(self) -> tuple[str, str, str]:
        """What stands before the place, the place, and what stands after it."""
        before = self.text[max(0, self.start - CONTEXT) : self.start]
        after = self.text[self.end : self.end + CONTEXT]
        cut_before = "…" if self.start > CONTEXT else ""
        cut_after = "…" if self.end + CONTEXT < len(self.text) else ""
        return cut_before + before, self.text[self.start : self.end], after + cut_after


def match_places(found: Sequence[str], gold: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs (index found, index gold) of places that are right, by the rule of ``bot.scoring.matched_places``."""
    left = [(i, comparable(text)) for i, text in enumerate(gold)]
    pairs = []
    for i, text in enumerate(map(comparable, found)):
        scores = [1.0 if text == other else overlap(text, other) for _, other in left]
        if scores and max(scores) >= SAME_FROM:
            pairs.append((i, left.pop(scores.index(max(scores)))[0]))
    return pairs


def place_mistakes(outcome: Outcome) -> list[PlaceMistake]:
    """The places of one message that were not found as they are marked. What overlaps a marked place is partial.

    As many are extra or partial as were found and are wrong.
    """
    text, gold = outcome.text, [str(place) for place in outcome.line.get("locations") or []]
    gold_spans = _spans_of(gold, text)
    pairs = match_places(outcome.place_texts, gold)
    missed = [i for i in range(len(gold)) if i not in {j for _, j in pairs}]
    found, extra = [], []
    for i, (start, end) in enumerate(outcome.places):
        if i in {j for j, _ in pairs}:
            continue
        touching = [j for j, (first, last) in enumerate(gold_spans) if first < end and start < last]
        if not touching:
            extra.append(i)
            continue
        # the one that shares most with it, before all one that nothing else was found for
        j = max(touching, key=lambda j: (j in missed, min(gold_spans[j][1], end) - max(gold_spans[j][0], start)))
        missed = [other for other in missed if other != j]
        first, last = min(start, gold_spans[j][0]), max(end, gold_spans[j][1])
        found.append(PlaceMistake("place_partial", text, gold[j], text[start:end], first, last))
    found += [PlaceMistake("place_missed", text, gold[j], None, *gold_spans[j]) for j in missed]
    found += [
        PlaceMistake("place_extra", text, None, text[slice(*outcome.places[i])], *outcome.places[i]) for i in extra
    ]
    return found


def _spans_of(places: Sequence[str], text: str) -> list[tuple[int, int]]:
    """Where the marked places stand; a place named twice stands twice. Empty, at the start, if it is not found."""
    spans: list[tuple[int, int]] = []
    after: dict[str, int] = {}
    for place in places:
        start = text.find(place, after.get(place, 0))
        spans.append((start, start + len(place)) if start >= 0 else (0, 0))
        after[place] = start + len(place) if start >= 0 else len(text)
    return spans


@dataclass(frozen=True)
class Mistake:
    """One thing that went wrong: its kind (of MISTAKES), the message, and what was expected and what came."""

    kind: str
    outcome: Outcome
    detail: str
    confidence: float = 0.0
    place: PlaceMistake | None = None


def mistakes(outcomes: Iterable[Outcome], names: Mapping[str, str]) -> dict[str, list[Mistake]]:
    """All mistakes by kind, in the order of MISTAKES; within a kind the surest first. ``names``: code → name."""
    kinds: dict[str, list[Mistake]] = {kind: [] for kind in MISTAKES}
    for outcome in outcomes:
        gold = outcome.line["act"]
        if outcome.act != gold:
            kind = "emergency_missed" if gold == "emergency" else "act"
            kind = "emergency_alarm" if outcome.act == "emergency" else kind
            detail = f"应为 {act_name(gold)}，判为 {act_name(outcome.act)} {outcome.act_confidence:.2f}"
            kinds[kind].append(Mistake(kind, outcome, detail, outcome.act_confidence))
        if outcome.right_codes and not outcome.right_within(1):
            kind = "category_second" if outcome.right_within(3) else "category_out"
            others = [code for code in sorted(outcome.right_codes) if code != outcome.line["code"]]
            right = "、".join(code_name(code, names) for code in [outcome.line["code"], *others])
            found = "、".join(f"{code_name(code, names)} {share:.2f}" for code, share in outcome.categories[:3])
            surest = outcome.categories[0][1] if outcome.categories else 0.0
            kinds[kind].append(Mistake(kind, outcome, f"应为 {right}；判为 {found or '（无）'}", surest))
        for place in place_mistakes(outcome):
            parts = [f"标注「{place.gold}」"] if place.gold is not None else ["没有标注地点"]
            parts.append(f"认出「{place.found}」" if place.found is not None else "没有认出")
            kinds[place.kind].append(Mistake(place.kind, outcome, "，".join(parts), place=place))
    return {kind: sorted(found, key=lambda mistake: -mistake.confidence) for kind, found in kinds.items()}


def error_list(outcomes: Sequence[Outcome], names: Mapping[str, str], limit: int) -> str:
    """At most ``limit`` mistakes as text, grouped by kind. Small kinds are shown whole, large ones share the rest."""
    found = {kind: listed for kind, listed in mistakes(outcomes, names).items() if listed}
    shown = _fair_shares({kind: len(listed) for kind, listed in found.items()}, limit)
    total = sum(map(len, found.values()))
    lines = [f"{len(outcomes)} 条消息，{total} 处不对，列出 {sum(shown.values())} 处。"]
    for kind, listed in found.items():
        if not shown[kind]:
            continue
        count = f"{len(listed)} 处" if shown[kind] == len(listed) else f"{len(listed)} 处，列出 {shown[kind]} 处"
        lines += ["", f"== {MISTAKES[kind]}：{count}"]
        for mistake in listed[: shown[kind]]:
            text = _one_line("".join(mistake.place.context) if mistake.place else mistake.outcome.text)
            lines += [f"[{mistake.outcome.line.get('id', '')}] {text}", f"    {_one_line(mistake.detail)}"]
    return "\n".join(lines)


def _fair_shares(sizes: Mapping[str, int], limit: int) -> dict[str, int]:
    shares = dict.fromkeys(sizes, 0)
    left = max(0, limit)
    while left and (open_kinds := [kind for kind in sizes if shares[kind] < sizes[kind]]):
        for kind in open_kinds[:left]:
            shares[kind] += 1
        left -= min(left, len(open_kinds))
    return shares


def _one_line(text: str, longest: int = 120) -> str:
    flat = "".join(character if character.isprintable() else " " for character in " ".join(text.split()))
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


@dataclass
class CodeRow:
    """How one category fared: scored lines, right at once, right among three, what it was taken for, what went wrong.

    A line belongs to the category that it is marked with; one of its alternatives counts as right.
    """

    code: str
    n: int = 0
    top1: int = 0
    top3: int = 0
    confusions: Counter[str] = field(default_factory=Counter)
    wrong: list[Outcome] = field(default_factory=list)


def per_code(outcomes: Iterable[Outcome]) -> list[CodeRow]:
    """A row per category that occurs, the most mistaken first."""
    rows: dict[str, CodeRow] = {}
    for outcome in outcomes:
        if not outcome.right_codes:
            continue
        row = rows.setdefault(outcome.line["code"], CodeRow(outcome.line["code"]))
        row.n += 1
        row.top1 += outcome.right_within(1)
        row.top3 += outcome.right_within(3)
        if not outcome.right_within(1):
            row.confusions[outcome.codes[0] if outcome.codes else ""] += 1
            row.wrong.append(outcome)
    return sorted(rows.values(), key=lambda row: (-len(row.wrong), row.code))


def act_name(act: str) -> str:
    """An act in Chinese with its code."""
    return f"{ACT_NAMES[act]} {act}" if act in ACT_NAMES else act


def code_name(code: str, names: Mapping[str, str]) -> str:
    """A category's code with its name."""
    return f"{code} {names[code]}" if code in names else code
