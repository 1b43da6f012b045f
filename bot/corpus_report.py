"""How good the training text is, category by category: ``yht eval corpus``.

A category is learnt from what is said differently, so beside the count stand the near-duplicates, how many openings
there are, how often the category gives itself away by its own name, and which categories a model that has not seen an
utterance takes it for.
"""

from __future__ import annotations

import re
import statistics
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold

from bot.components.features import Array, terms
from bot.components.linear import FOR_SCARCE, LinearModel
from bot.corpus import Utterance
from bot.language.normalise import normalise
from bot.markup import Markup, element, joined, now_text, page, percent, section, shaded, table, texts, tiles
from bot.mistakes import ACT_NAMES
from bot.scoring import comparable

MINIMUM = 40
"""Utterances that a category needs."""

NEAR_FROM = 0.6
"""Jaccard similarity of the runs of three characters from which two utterances are near-duplicates."""

FOLDS = 3
_SHOWN = 5  # near-duplicates and bad examples listed per category
_NEIGHBOURS = 3  # confusions listed per category

Cut = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class NearDuplicate:
    """Two utterances of one category that differ little."""

    first: str
    second: str
    similarity: float


@dataclass(frozen=True)
class Example:
    """An utterance that a model which has not seen it takes for another category, the clearest mistake first:
    ``by`` is how far that category's score lies above the right one's."""

    text: str
    taken_for: str
    by: float


@dataclass(frozen=True)
class Confusion:
    """Another category, how many of the utterances are taken for it, and the clearest of them."""

    code: str
    name: str
    n: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class CodeText:
    """The training text of one category. Shares are 0 to 1 of ``n``, length is in characters.

    ``near_duplicates`` counts the utterances that resemble an earlier one of the category, exact repetitions included.
    ``top1`` and ``top3`` are the shares recognised out of fold; None when nothing was predicted.
    """

    code: str
    name: str
    n: int
    acts: dict[str, int]
    near_duplicates: int
    nearest: tuple[NearDuplicate, ...]
    distinct_openings: float
    with_place: float
    with_own_name: float
    median_length: float
    top1: float | None
    top3: float | None
    confusions: tuple[Confusion, ...]
    worst: tuple[Example, ...]


@dataclass(frozen=True)
class Prediction:
    """What a model that has not seen an utterance makes of it: its likeliest categories, and how far the score of the
    likeliest wrong one lies above the right one's (negative when it is recognised)."""

    codes: tuple[str, ...]
    by: float


def corpus_report(
    utterances: Iterable[Utterance], names: Mapping[str, str], cut: Cut, extra: Iterable[Utterance] = ()
) -> list[CodeText]:
    """A row for each code of ``names``, in its order. ``cut`` divides normalised text into words.

    ``extra`` is learnt from but not counted (the taxonomy's own words).
    """
    said = [utterance for utterance in utterances if utterance.code in names]
    predicted = out_of_fold(said, [utterance for utterance in extra if utterance.code in names], cut)
    by_code: dict[str, list[int]] = {code: [] for code in names}
    for i, utterance in enumerate(said):
        by_code[str(utterance.code)].append(i)
    return [
        _code_text(code, names, [said[i] for i in members], [predicted[i] for i in members], cut)
        for code, members in by_code.items()
    ]


def _code_text(
    code: str,
    names: Mapping[str, str],
    said: Sequence[Utterance],
    predicted: Sequence[Prediction | None],
    cut: Cut,
) -> CodeText:
    n = len(said)
    repeated, nearest = near_duplicates([utterance.text for utterance in said])
    pairs = [(utterance, guess) for utterance, guess in zip(said, predicted, strict=True) if guess is not None]
    wrong = [(utterance, guess) for utterance, guess in pairs if guess.codes[0] != code]
    taken = Counter(guess.codes[0] for _, guess in wrong)
    wrong.sort(key=lambda pair: -pair[1].by)
    return CodeText(
        code=code,
        name=names[code],
        n=n,
        acts=dict(Counter(utterance.act for utterance in said).most_common()),
        near_duplicates=repeated,
        nearest=nearest[:_SHOWN],
        distinct_openings=_share(len({opening(utterance.text, cut) for utterance in said}), n),
        with_place=_share(sum(bool(utterance.places) for utterance in said), n),
        with_own_name=_share(sum(says_name(utterance.text, names[code]) for utterance in said), n),
        median_length=float(statistics.median(len(utterance.text) for utterance in said)) if said else 0.0,
        top1=_share(len(pairs) - len(wrong), len(pairs)) if pairs else None,
        top3=_share(sum(code in guess.codes for _, guess in pairs), len(pairs)) if pairs else None,
        confusions=tuple(
            Confusion(
                other, names[other], times, tuple(u.text for u, guess in wrong if guess.codes[0] == other)[:_SHOWN]
            )
            for other, times in taken.most_common(_NEIGHBOURS)
        ),
        worst=tuple(Example(u.text, guess.codes[0], round(guess.by, 3)) for u, guess in wrong[:_SHOWN]),
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def runs(text: str) -> frozenset[str]:
    """The runs of three characters of a text without punctuation; a shorter text is one run."""
    plain = comparable(text)
    return frozenset(plain[i : i + 3] for i in range(max(1, len(plain) - 2)))


def near_duplicates(said: Sequence[str]) -> tuple[int, tuple[NearDuplicate, ...]]:
    """How many of the texts resemble an earlier one, and each of them with the one it resembles most, closest first."""
    seen = [runs(text) for text in said]
    found = []
    for i, mine in enumerate(seen):
        likeness = [len(mine & other) / len(mine | other) for other in seen[:i]]
        similarity = max(likeness, default=0.0)
        if similarity >= NEAR_FROM:
            found.append(NearDuplicate(said[likeness.index(similarity)], said[i], round(similarity, 3)))
    return len(found), tuple(sorted(found, key=lambda pair: -pair.similarity))


def opening(text: str, cut: Cut) -> tuple[str, ...]:
    """The first two words of a text, punctuation aside."""
    return tuple([word for word in cut(normalise(text).text) if re.search(r"\w", word)][:2])


def says_name(text: str, name: str) -> bool:
    """Whether a text contains the category's name, or, of a name made of two (公园与景观设施), a part of three or more
    characters."""
    plain = comparable(text)
    parts = {name, *(part for part in name.split("与") if len(part) >= 3)}
    return any(comparable(part) in plain for part in parts)


def out_of_fold(said: Sequence[Utterance], extra: Sequence[Utterance], cut: Cut) -> list[Prediction | None]:
    """For each utterance, what the category model learnt from the other two thirds (and ``extra``) makes of it.

    None where nothing can be learnt: fewer utterances than folds or fewer than two categories. An utterance whose
    category lies in its own third alone counts as unrecognised.
    """
    labels = [str(utterance.code) for utterance in said]
    frequent = max(Counter(labels).values(), default=0)
    if frequent < FOLDS or len(set(labels)) < 2:
        return [None] * len(said)
    documents = [_document(utterance, cut) for utterance in said]
    more = [_document(utterance, cut) for utterance in extra]
    predicted: list[Prediction | None] = [None] * len(said)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a category with fewer utterances than folds is told by its count
        folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=7).split(documents, labels))
    for train, test in folds:
        model = LinearModel.train(
            [*(documents[i] for i in train), *more],
            [*(labels[i] for i in train), *(str(utterance.code) for utterance in extra)],
            folds=1,  # order is all that counts here: no calibration
            **FOR_SCARCE,
        )
        scores = model.scores([documents[i] for i in test])
        for i, row in zip(test, scores, strict=True):
            predicted[i] = _prediction(row, model.labels, labels[i])
    return predicted


def _document(utterance: Utterance, cut: Cut) -> Counter[str]:
    plain = normalise(utterance.text).text
    return terms(plain, cut(plain))


def _prediction(scores: Array, labels: Sequence[str], right: str) -> Prediction:
    order = [int(i) for i in np.argsort(-scores)[:3]]
    codes = tuple(labels[i] for i in order)
    wrong = next(float(scores[i]) for i in order if labels[i] != right)
    own = scores[labels.index(right)] if right in labels else scores.min()
    return Prediction(codes, wrong - float(own))


def corpus_figures(rows: Sequence[CodeText]) -> dict[str, Any]:
    """The whole report as plain data for JSON."""
    return {**_summary(rows), "codes": [asdict(row) for row in rows]}


def _summary(rows: Sequence[CodeText]) -> dict[str, Any]:
    n = sum(row.n for row in rows)
    judged = [row for row in rows if row.top1 is not None]
    counted = sum(row.n for row in judged)
    return {
        "n": n,
        "categories": len(rows),
        "minimum": MINIMUM,
        "below_minimum": [row.code for row in rows if row.n < MINIMUM],
        "near_duplicates": sum(row.near_duplicates for row in rows),
        "top1": round(sum((row.top1 or 0) * row.n for row in judged) / counted, 4) if counted else None,
        "top3": round(sum((row.top3 or 0) * row.n for row in judged) / counted, 4) if counted else None,
    }


def corpus_table(rows: Sequence[CodeText]) -> str:
    """The report for a terminal: a line per category, then the sums."""
    head = ("类别", "条数", "近似", "开头", "地点", "本名", "字数", "第一名", "前三名", "最常错成")
    lines = [_line(head)]
    for row in rows:
        taken = " ".join(f"{other.code}{other.name}×{other.n}" for other in row.confusions)
        lines.append(
            _line(
                (
                    f"{row.code} {row.name}",
                    f"{row.n}{'!' if row.n < MINIMUM else ''}",
                    str(row.near_duplicates),
                    *(f"{share:.0%}" for share in (row.distinct_openings, row.with_place, row.with_own_name)),
                    f"{row.median_length:g}",
                    *("—" if share is None else f"{share:.0%}" for share in (row.top1, row.top3)),
                    taken,
                )
            )
        )
    total = _summary(rows)
    below = "、".join(total["below_minimum"]) or "没有"
    lines += [
        "",
        f"{total['categories']} 个类别，{total['n']} 条，近似重复 {total['near_duplicates']} 条；"
        f"没见过的话认对：第一名 {percent(total['top1'])}，前三名 {percent(total['top3'])}。",
        f"不足 {MINIMUM} 条的类别：{below}",
    ]
    return "\n".join(lines)


_WIDTHS = (28, 6, 6, 6, 6, 6, 6, 8, 8, 0)


def _line(cells: Sequence[str]) -> str:
    def width(text: str) -> int:
        return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)

    first, *others = cells
    padded = [first + " " * (_WIDTHS[0] - width(first))]
    padded += [" " * (size - width(cell)) + cell for cell, size in zip(others[:-1], _WIDTHS[1:], strict=False)]
    return "".join([*padded, "  ", others[-1]]).rstrip()


def corpus_page(rows: Sequence[CodeText]) -> str:
    """The report as one HTML file without scripts."""
    total = _summary(rows)
    facts = [("类别", str(total["categories"])), ("原话", f"{total['n']} 条"), ("生成", now_text())]
    sections = [
        ("figures", "数字", _figures_section(rows, total)),
        ("codes", "各类别", _codes_section(rows)),
        ("confused", "最容易混的", _confused_section(rows)),
    ]
    return page("训练语料报告", facts, sections)


_DEFINITIONS = (
    ("近似重复", f"与同类别前面某一条相近的条数：去标点，三字片段的 Jaccard 相似度至少 {NEAR_FROM}。"),
    ("开头", "前两个词（jieba 分词）各不相同的开头，占条数的比例；低了就是在套句式。"),
    ("有地点", "标了地点的占多少。"),
    ("含本名", "说出类别名称（或“与”前后三个字以上的一半）的占多少。居民多半不说名称，高了不好。"),
    ("字数", "原话字数的中位数。"),
    ("第一名、前三名", f"分成 {FOLDS} 份，每份由只学过另外几份的类别模型来认，认对的占多少。近似重复会让它偏高。"),
)  # fmt: skip


def _figures_section(rows: Sequence[CodeText], total: Mapping[str, Any]) -> Markup:
    below = [f"{row.code} {row.name}（{row.n} 条）" for row in rows if row.n < MINIMUM]
    cards = tiles(
        [
            ("条原话", str(total["n"])),
            (f"个类别不足 {MINIMUM} 条", str(len(below))),
            ("条近似重复", str(total["near_duplicates"])),
            ("没见过的话，第一名认对", percent(total["top1"])),
            ("没见过的话，前三名认对", percent(total["top3"])),
        ]
    )
    short = element("p", f"不足 {MINIMUM} 条：{'、'.join(below)}") if below else ""
    return section("figures", "数字", cards, short, table(("数字", "怎么算的"), _DEFINITIONS))


def _codes_section(rows: Sequence[CodeText]) -> Markup:
    names = {row.code: row.name for row in rows}
    cells = []
    for row in rows:
        count = shaded(row.n, 1, "bad") if row.n < MINIMUM else row.n
        acts = joined((f"{ACT_NAMES.get(act, act)} {times}" for act, times in row.acts.items()), "<br>")
        pairs = [joined([near.first, element("small", f"{near.similarity:.2f}"), near.second]) for near in row.nearest]
        alike = texts(pairs, str(row.near_duplicates))
        wrong = [
            joined([e.text, element("small", f"→ {e.taken_for} {names[e.taken_for]}，高出 {e.by:.2f}")])
            for e in row.worst
        ]
        taken = joined((f"{other.code} {other.name} ×{other.n}" for other in row.confusions), "<br>")
        cells.append(
            (
                element("span", row.code, id=f"c{row.code}"),
                row.name,
                count,
                acts,
                alike,
                percent(row.distinct_openings),
                percent(row.with_place),
                percent(row.with_own_name),
                f"{row.median_length:g}",
                shaded(percent(row.top1), 1 - (1.0 if row.top1 is None else row.top1), "bad"),
                percent(row.top3),
                joined([taken, texts(wrong, "错得最远的")]) if row.confusions else "—",
            )
        )
    head = (
        *("类别码", "名称", "条数", "诉求类型", "近似重复", "开头", "有地点", "含本名", "字数", "第一名", "前三名"),
        "最常错成",
    )
    note = "按类别码。“高出”是错的类别比对的类别多得的分，越高错得越远。"
    grid = table(head, cells, numbers=(2, 5, 6, 7, 8, 9, 10), unbroken=(1, 3))
    return section("codes", "各类别", grid, note=note)


def _confused_section(rows: Sequence[CodeText], longest: int = 30) -> Markup:
    pairs = sorted(((other.n, row, other) for row in rows for other in row.confusions), key=lambda item: -item[0])
    cells = [
        (
            f"{row.code} {row.name}",
            f"{other.code} {other.name}",
            times,
            percent(times / row.n),
            texts(other.examples, "原话"),
        )
        for times, row, other in pairs[:longest]
    ]
    note = f"次数最多的 {longest} 对。要么界限该写清楚，要么两边都缺把它们分开的话。"
    head = ("说的是", "错成", "条数", "占该类别", "错得最远的")
    return section("confused", "最容易混的", table(head, cells, numbers=(2, 3), unbroken=(1,)), note=note)
