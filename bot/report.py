"""What stands behind the figures of understanding: as a list (``yht eval errors``), as a page (``eval nlu --report``).

The figures themselves are ``bot.scoring``'s; here is which messages went wrong and how, which categories are taken for
which, and whether a confidence of 0.8 is right in 8 of 10. The page is one file without scripts; whatever comes from a
message, a model or a file's name is escaped by ``markup``.
"""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
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

BINS = 10
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


@dataclass(frozen=True)
class Bin:
    """Predictions of about the same confidence: how many, their mean confidence, the share that was right."""

    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Reliability:
    """Ten bins of equal width over the confidences, and the expected calibration error: the mean distance between
    confidence and share right, weighted by how many lie in each bin. 0 is perfect."""

    bins: tuple[Bin, ...]
    n: int
    ece: float


def reliability(predictions: Iterable[tuple[float, bool]]) -> Reliability:
    """How far confidences can be believed; each prediction is its confidence (0 to 1) and whether it was right."""
    filled: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, right in predictions:
        filled[min(BINS - 1, max(0, int(confidence * BINS)))].append((confidence, right))
    total = sum(map(len, filled))
    bins = tuple(
        Bin(len(part), sum(c for c, _ in part) / len(part), sum(r for _, r in part) / len(part))
        if part
        else Bin(0, 0.0, 0.0)
        for part in filled
    )
    ece = sum(part.n * abs(part.confidence - part.accuracy) for part in bins) / max(1, total)
    return Reliability(bins, total, round(ece, 4))


def category_reliability(outcomes: Iterable[Outcome]) -> Reliability:
    """Of the likeliest category, over the lines that are scored for category and were given one."""
    scored = [outcome for outcome in outcomes if outcome.right_codes and outcome.categories]
    return reliability((outcome.categories[0][1], outcome.right_within(1)) for outcome in scored)


def act_reliability(outcomes: Iterable[Outcome]) -> Reliability:
    """Of the act, over all lines."""
    return reliability((outcome.act_confidence, outcome.act == outcome.line["act"]) for outcome in outcomes)


def act_name(act: str) -> str:
    """An act in Chinese with its code."""
    return f"{ACT_NAMES[act]} {act}" if act in ACT_NAMES else act


def code_name(code: str, names: Mapping[str, str]) -> str:
    """A category's code with its name."""
    return f"{code} {names[code]}" if code in names else code


# ---- the page ----


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def markup(value: object) -> Markup:
    """``value`` as HTML: escaped, unless it is Markup."""
    return value if isinstance(value, Markup) else Markup(html.escape(str(value)))


def joined(parts: Iterable[object], between: str = "") -> Markup:
    """Parts one after the other, each escaped unless it is Markup."""
    return Markup(between.join(markup(part) for part in parts))


def element(name: str, content: object = "", **attributes: object) -> Markup:
    """An element; ``class_`` stands for class, ``_`` in names of attributes for a hyphen."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(v))}"' for key, v in attributes.items())
    return Markup(f"<{name}{given}>{markup(content)}</{name}>")


def table(
    head: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[int] = (), unbroken: Sequence[int] = ()
) -> Markup:
    """A table; the columns ``numbers`` are set to the right, the columns ``unbroken`` are not broken into lines.

    Wide tables are scrolled on their own.
    """
    style = ["number" if i in numbers else "unbroken" if i in unbroken else "" for i in range(len(head))]
    top = joined(element("th", text, class_=style[i], scope="col") for i, text in enumerate(head))
    body = joined(element("tr", joined(element("td", c, class_=style[i]) for i, c in enumerate(row))) for row in rows)
    inner = element("thead", element("tr", top)) + element("tbody", body)
    return element("div", element("table", Markup(inner)), class_="wide", tabindex=0)


def texts(items: Sequence[object], summary: str) -> Markup:
    """A list that opens on demand, or a dash when it is empty."""
    if not items:
        return element("span", "—", class_="muted")
    listed = element("ul", joined(element("li", item) for item in items), class_="texts")
    return element("details", Markup(element("summary", summary) + listed))


def section(anchor: str, title: str, *content: object, note: str = "") -> Markup:
    """A part of the page with a heading and, under it, how to read it."""
    said = element("p", note, class_="note") if note else ""
    return element("section", joined([element("h2", title), said, *content]), id=anchor)


def tiles(pairs: Iterable[tuple[str, str]]) -> Markup:
    """The few figures that are looked at first."""
    cards = (element("div", joined([element("b", value), element("span", name)])) for name, value in pairs)
    return element("div", joined(cards), class_="tiles")


def percent(share: float | None) -> str:
    """A share in per cent with one decimal, or a dash."""
    return "—" if share is None else f"{share * 100:.1f}%"


def page(title: str, facts: Sequence[tuple[str, str]], sections: Sequence[tuple[str, str, Markup]]) -> str:
    """The whole document. ``facts`` stand under the title; ``sections``: anchor, title in the index, content."""
    told = joined(element("div", joined([element("dt", name), element("dd", value)])) for name, value in facts)
    index = joined(element("a", name, href=f"#{anchor}") for anchor, name, _ in sections)
    head = element("header", joined([element("h1", title), element("dl", told)]))
    body = joined([head, element("nav", index, aria_label="目录"), element("main", joined(s for _, _, s in sections))])
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{markup(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def shaded(text: object, share: float, kind: str = "good") -> Markup:
    """A cell's content on a ground as deep as ``share`` (0 to 1); ``kind`` is good or bad."""
    return element("span", text, class_=f"shade {kind}", style=f"--share:{min(1.0, max(0.0, share)):.2f}")


def now_text(at: float | None = None) -> str:
    """A moment (seconds since 1970; the present one if None) with the offset of this machine's clock."""
    moment = datetime.now().astimezone() if at is None else datetime.fromtimestamp(at).astimezone()
    return f"{moment:%Y-%m-%d %H:%M %z}"


def understanding_page(
    outcomes: Sequence[Outcome],
    figures: Mapping[str, Any],
    names: Mapping[str, str],
    facts: Sequence[tuple[str, str]],
) -> str:
    """The report of ``yht eval nlu``. ``figures`` as bot.scoring.Score gives them; ``names``: code → name;
    ``facts``: what was measured, with which model, when."""
    found = mistakes(outcomes, names)
    sections = [
        ("figures", "数字", _figures_section(figures)),
        ("emergency", "险情", _emergency_section(found)),
        ("codes", "各类别", _codes_section(outcomes, names)),
        ("acts", "诉求类型", _acts_section(outcomes, found["act"])),
        ("places", "地点", _places_section(found)),
        ("reliability", "把握是否可信", _reliability_section(outcomes)),
    ]
    return page("语义理解评测", facts, sections)


_DEFINITIONS = (
    ("n", "消息", "评测文件里的消息条数。"),
    ("act_accuracy", "诉求类型正确率", "判出的诉求类型与标注相同的消息，占全部消息。"),
    ("category_top1", "类别第一名正确率", "第一名是标注的类别或其备选；只算反映、咨询、建议、表扬里有类别的。"),
    ("category_top3", "类别前三名正确率", "前三名里有标注的类别或其备选；范围同上。"),
    ("division_top1", "大类正确率", "第一名的大类（类别码前两位）与标注或其备选的大类相同；范围同上。"),
    ("precision", "地点准确率", "认出的地点里对的占多少；去标点后相同或交并比至少 0.6 算对。"),
    ("recall", "地点召回率", "标注的地点里认出多少；同一地点说两次算两处。"),
    ("f1", "地点 F1", "准确率与召回率的调和平均。"),
    ("emergency_recall", "险情召回率", "标注为险情的消息里判为险情的占多少；没有险情的文件不算。"),
    ("emergency_false_rate", "险情误报率", "标注不是险情的消息里判为险情的占多少。"),
    ("p50", "用时中位数", "一条消息从文字到结果的毫秒数，一半不超过它；随机器快慢而变。"),
    ("p95", "用时 95% 位", "95% 的消息不超过的毫秒数。"),
)  # fmt: skip


def _figures_section(figures: Mapping[str, Any]) -> Markup:
    flat = {**figures, **figures["location"], **figures["latency_ms"]}

    def shown(key: str) -> str:
        if key in ("p50", "p95"):
            return f"{flat[key]} ms"
        return str(flat[key]) if key == "n" else percent(flat[key])

    first = ("act_accuracy", "category_top1", "category_top3", "f1", "emergency_recall", "emergency_false_rate")
    cards = tiles((name, shown(key)) for key, name, _ in _DEFINITIONS if key in first)
    rows = [(name, shown(key), definition) for key, name, definition in _DEFINITIONS]
    return section("figures", "数字", cards, table(("数字", "值", "怎么算的"), rows, numbers=(1,)))


def _emergency_section(found: Mapping[str, Sequence[Mistake]]) -> Markup:
    parts: list[object] = []
    for kind in ("emergency_missed", "emergency_alarm"):
        parts.append(element("h3", f"{MISTAKES[kind]}：{len(found[kind])}"))
        if found[kind]:
            rows = [(m.outcome.line.get("id", ""), _long(m.outcome.text), m.detail) for m in found[kind]]
            parts.append(table(("编号", "原话", "结果"), rows))
        else:
            parts.append(element("p", "没有。", class_="note"))
    return section("emergency", "险情", *parts, note="漏报会误人性命，误报会把平常的诉求打断；先看漏报。")


def _codes_section(outcomes: Sequence[Outcome], names: Mapping[str, str]) -> Markup:
    def wrong(outcome: Outcome) -> Markup:
        said = "、".join(f"{code_name(code, names)} {share:.2f}" for code, share in outcome.categories[:3]) or "（无）"
        return joined([_long(outcome.text), element("small", f"{outcome.line.get('id', '')} → {said}")])

    rows = []
    for row in per_code(outcomes):
        taken = [
            joined([f"{code_name(code, names) if code else '（没有给类别）'} ", element("b", f"×{count}")])
            for code, count in row.confusions.most_common(3)
        ]
        rows.append(
            (
                row.code,
                names.get(row.code, "（不在分类体系里）"),
                row.n,
                shaded(percent(row.top1 / row.n), 1 - row.top1 / row.n, "bad"),
                shaded(percent(row.top3 / row.n), 1 - row.top3 / row.n, "bad"),
                joined(taken, "<br>") if taken else "—",
                texts([wrong(outcome) for outcome in row.wrong], f"{len(row.wrong)} 条"),
            )
        )
    head = ("类别码", "名称", "条数", "第一名", "前三名", "最常错成", "判错的原话")
    return section(
        "codes",
        "各类别",
        table(head, rows, numbers=(2, 3, 4), unbroken=(1, 5)),
        note="按判错的条数从多到少。条数按标注的类别算；判成备选类别的算对。",
    )


def _acts_section(outcomes: Sequence[Outcome], wrong: Sequence[Mistake]) -> Markup:
    pairs = Counter((str(outcome.line["act"]), outcome.act) for outcome in outcomes)
    present = {act for pair in pairs for act in pair}
    order = [act for act in ACTS if act in present] + sorted(present - set(ACTS))
    rows = []
    for gold in order:
        total = sum(pairs[gold, act] for act in order)
        cells: list[object] = []
        for act in order:
            count = pairs[gold, act]
            kind = "good" if act == gold else "bad"
            cells.append(shaded(count, count / total, kind) if count else element("span", "·", class_="muted"))
        rows.append([act_name(gold), *cells, total, percent(pairs[gold, gold] / total) if total else "—"])
    head = ("标注 ＼ 判为", *(ACT_NAMES.get(act, act) for act in order), "合计", "正确率")
    listed = [joined([_long(m.outcome.text), element("small", f"{m.outcome.line.get('id', '')} {m.detail}")])
              for m in wrong]  # fmt: skip
    return section(
        "acts",
        "诉求类型",
        table(head, rows, numbers=range(1, len(head))),
        texts(listed, f"{MISTAKES['act']}：{len(wrong)} 条"),
        note="一行是标注的类型，一列是判出的类型；对角线上是判对的。",
    )


def _places_section(found: Mapping[str, Sequence[Mistake]]) -> Markup:
    parts: list[object] = []
    for kind in ("place_missed", "place_extra", "place_partial"):
        rows = []
        for mistake in found[kind]:
            if mistake.place is None:
                continue
            before, place, after = mistake.place.context
            shown = joined([before, element("mark", place) if place else "", after])
            marked, recognised = mistake.place.gold or "—", mistake.place.found or "—"
            rows.append((mistake.outcome.line.get("id", ""), shown, marked, recognised))
        parts.append(element("h3", f"{MISTAKES[kind]}：{len(rows)}"))
        parts.append(table(("编号", "前后文", "标注", "认出"), rows) if rows else element("p", "没有。", class_="note"))
    note = "漏掉：标注了没有认出；多出：认出的地方没有标注；不全或过长：与标注有重叠，但交并比不到 0.6。"
    return section("places", "地点", *parts, note=note)


def _reliability_section(outcomes: Sequence[Outcome]) -> Markup:
    diagrams = [
        _diagram("类别第一名的把握", category_reliability(outcomes)),
        _diagram("诉求类型的把握", act_reliability(outcomes)),
    ]
    note = (
        "把结果按把握分成十档：柱高是这一档里判对的比例，横线是这一档的平均把握，两者一样高就是可信；斜虚线是理想。"
        "ECE（期望校准误差）是各档两者之差按条数加权的平均，越小越好。"
    )
    return section("reliability", "把握是否可信", element("div", joined(diagrams), class_="diagrams"), note=note)


def _diagram(title: str, measured: Reliability) -> Markup:
    """A reliability diagram as SVG, with the number of predictions per bin beneath it."""
    side, left, top = 280, 38, 8
    width = side / BINS
    parts: list[Markup] = []
    for step in range(0, 11, 2):
        y, x = top + side * (1 - step / 10), left + side * step / 10
        parts.append(element("line", class_="grid", x1=left, x2=left + side, y1=f"{y:.1f}", y2=f"{y:.1f}"))
        parts.append(element("text", f"{step / 10:.1f}", x=left - 6, y=f"{y + 4:.1f}", text_anchor="end"))
        parts.append(element("text", f"{step / 10:.1f}", x=f"{x:.1f}", y=top + side + 18, text_anchor="middle"))
    busiest = max((part.n for part in measured.bins), default=0)
    for i, part in enumerate(measured.bins):
        if not part.n:
            continue
        x = left + i * width
        told = element("title", f"{part.n} 条，平均把握 {part.confidence:.2f}，判对 {percent(part.accuracy)}")
        y = top + side * (1 - part.confidence)
        bar = _bar("bar", x, top + side, width, side * part.accuracy)
        mean = element("line", class_="mean", x1=f"{x:.1f}", x2=f"{x + width:.1f}", y1=f"{y:.1f}", y2=f"{y:.1f}")
        count = _bar("count", x, top + side + 64, width, 34 * math.sqrt(part.n / busiest))
        number = element("text", part.n, x=f"{x + width / 2:.1f}", y=top + side + 78, text_anchor="middle")
        parts.append(element("g", joined([told, bar, mean, count, number])))
    parts.append(element("line", class_="ideal", x1=left, y1=top + side, x2=left + side, y2=top))
    drawing = element(
        "svg",
        joined(parts),
        viewBox=f"0 0 {left + side + 12} {top + side + 86}",
        role="img",
        aria_label=f"{title}，ECE {measured.ece:.3f}",
    )
    said = joined([element("b", title), f"　ECE {measured.ece:.3f}　{measured.n} 条"])
    return element("figure", joined([element("figcaption", said), drawing]))


def _bar(kind: str, x: float, foot: float, width: float, height: float) -> Markup:
    box = {"x": x + 2, "y": foot - height, "width": width - 4, "height": height}
    return element("rect", class_=kind, **{name: f"{size:.1f}" for name, size in box.items()})


def _long(text: str, longest: int = 90) -> Markup:
    """A message; a long one is cut and opens on demand."""
    if len(text) <= longest:
        return element("span", text, class_="said")
    return element("details", joined([element("summary", text[:longest] + "…"), element("span", text, class_="said")]))


_STYLE = """
:root{--ground:#f2f4f6;--surface:#fff;--sunken:#f7f8fa;--line:#e0e5ea;--text:#1b2430;--muted:#566372;--accent:#1d5c86;
--focus:#2a82c4;--late:#b2241c;--good:29,92,134;--bad:178,36,28;--marked:#fbe8b2}
@media(prefers-color-scheme:dark){:root{--ground:#10151a;--surface:#181e25;--sunken:#141a20;--line:#2a333d;
--text:#dde4eb;--muted:#9caab8;--accent:#7fb9e2;--focus:#6cb3ea;--late:#ff9389;--good:127,185,226;--bad:255,147,137;
--marked:#5a4a17}}
*{box-sizing:border-box}
html{scroll-padding-top:52px}
body{margin:0;background:var(--ground);color:var(--text);
font:14px/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",system-ui,sans-serif;font-variant-numeric:tabular-nums}
header,main{max-width:1280px;margin:0 auto;padding:0 20px}
h1{font-size:22px;margin:24px 0 8px}h2{font-size:17px;margin:0 0 4px}h3{font-size:14px;margin:16px 0 6px}
dl{display:flex;flex-wrap:wrap;gap:4px 24px;margin:0 0 16px}
dl div{display:flex;gap:8px}dt{color:var(--muted);white-space:nowrap}
dd{margin:0;overflow-wrap:anywhere}
nav{position:sticky;top:0;z-index:2;background:var(--surface);border-block:1px solid var(--line);display:flex;gap:4px;
padding:6px max(20px,calc((100% - 1240px)/2));overflow-x:auto;white-space:nowrap}
nav a{padding:4px 12px;border-radius:6px;color:var(--accent);text-decoration:none}nav a:hover{background:var(--sunken)}
:focus-visible{outline:2px solid var(--focus);outline-offset:1px}
section{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:16px 20px;margin:16px 0}
.note{color:var(--muted);margin:0 0 12px;max-width:72em}.muted{color:var(--muted)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:8px 0 16px}
.tiles div{background:var(--sunken);border:1px solid var(--line);border-radius:6px;padding:10px 14px}
.tiles b{display:block;font-size:22px;line-height:1.3}.tiles span{color:var(--muted);font-size:12px}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{color:var(--muted);font-weight:500;background:var(--sunken);white-space:nowrap}
tbody tr:hover{background:var(--sunken)}.number{text-align:right}.number,.unbroken{white-space:nowrap}
td:first-child{white-space:nowrap}td{overflow-wrap:anywhere;min-width:3.2em}
.shade{display:block;margin:-2px -6px;padding:2px 6px;border-radius:4px}
.shade.good{background:rgba(var(--good),calc(var(--share)*.28))}
.shade.bad{background:rgba(var(--bad),calc(var(--share)*.32))}
.said{white-space:pre-wrap}small{display:block;color:var(--muted);font-size:12px}
summary{cursor:pointer;color:var(--accent)}td details[open]{min-width:22em}
.texts{margin:6px 0;padding-left:1.2em}.texts li{margin:0 0 6px}.texts summary{color:inherit}
mark{background:var(--marked);color:inherit;border-radius:3px;padding:0 2px}
.diagrams{display:flex;flex-wrap:wrap;gap:32px}figure{margin:0;flex:1 1 320px;max-width:460px}
figcaption{margin-bottom:8px}
svg{width:100%;height:auto;display:block}svg text{fill:var(--muted);font-size:10px}
.grid{stroke:var(--line)}.ideal{stroke:var(--muted);stroke-dasharray:6 3 1 3}.bar{fill:var(--accent);opacity:.55}
.mean{stroke:var(--late);stroke-width:2}.count{fill:var(--muted);opacity:.5}
@media(max-width:640px){header,main{padding:0 10px}section{padding:12px}.tiles{grid-template-columns:1fr 1fr}}
@media print{nav{display:none}body{background:#fff}section{break-inside:auto}}
"""
