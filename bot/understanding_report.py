"""The page of ``yht eval nlu --report``: figures, what went wrong, and how far confidences can be believed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.corpus import ACTS
from bot.markup import Markup, element, joined, long_text, page, percent, section, shaded, table, texts, tiles
from bot.mistakes import ACT_NAMES, MISTAKES, Mistake, Outcome, act_name, code_name, mistakes, per_code
from bot.reliability import BINS, Reliability, reliability


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
            rows = [(m.outcome.line.get("id", ""), long_text(m.outcome.text), m.detail) for m in found[kind]]
            parts.append(table(("编号", "原话", "结果"), rows))
        else:
            parts.append(element("p", "没有。", class_="note"))
    return section("emergency", "险情", *parts, note="漏报会误人性命，误报会把平常的诉求打断；先看漏报。")


def _codes_section(outcomes: Sequence[Outcome], names: Mapping[str, str]) -> Markup:
    def wrong(outcome: Outcome) -> Markup:
        said = "、".join(f"{code_name(code, names)} {share:.2f}" for code, share in outcome.categories[:3]) or "（无）"
        return joined([long_text(outcome.text), element("small", f"{outcome.line.get('id', '')} → {said}")])

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
    listed = [joined([long_text(m.outcome.text), element("small", f"{m.outcome.line.get('id', '')} {m.detail}")])
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


def category_reliability(outcomes: Iterable[Outcome]) -> Reliability:
    """Of the likeliest category, over the lines that are scored for category and were given one."""
    scored = [outcome for outcome in outcomes if outcome.right_codes and outcome.categories]
    return reliability((outcome.categories[0][1], outcome.right_within(1)) for outcome in scored)


def act_reliability(outcomes: Iterable[Outcome]) -> Reliability:
    """Of the act, over all lines."""
    return reliability((outcome.act_confidence, outcome.act == outcome.line["act"]) for outcome in outcomes)


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
