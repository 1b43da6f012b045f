"""Which article answers a question: how well two short texts meet, scored so that the score can be explained.

A text is read without the words that every question has (请问, 怎么) and with synonyms made one, as three kinds of
units: the words of the dictionary, the pairs of neighbouring characters (what a dictionary cuts otherwise still
meets), and single characters (上牌 meets 牌照). A unit counts by its rarity among the articles (inverse document
frequency); one that no article has counts ``UNKNOWN`` of the most: colloquial words are many, but a question about
something else must not score high by the rest. A pair that no article has, but that sounds like one and shares a
character with it, was misheard or mistyped, and is read as that.

``score = 100 × (PHRASE × nearest phrasing + COVER × share of the question that the article speaks of)``

The nearest phrasing (the title is one) is compared by the cosine of the weighted units; the answer counts in the share.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.language.hearing import sound
from intake_api.domain import tokens
from intake_api.domain.knowledge import Content
from intake_api.domain.tokens import Cut

PHRASE, COVER = 0.4, 0.6
UNKNOWN = 0.6
CHARACTER = 0.8
"""Weight of a single character beside words and pairs."""
ANSWERS = 37.0
"""From this score on an article is given as the answer (docs/measurements.md)."""
SUGGESTS = 26.0
"""From this score on an article is offered as what may be meant, for the resident to choose; below, nothing is said."""

_FILLER = re.compile(
    r"请问一下|请问|麻烦|问一下|问下|想问|咨询一下|咨询|了解一下|想知道|打听|你好|您好|谢谢|怎么办理|怎么样|怎么办|怎么回事|怎么|怎样|如何|"
    r"什么时候|什么时间|什么地方|什么样|什么|哪里|哪儿|哪些|哪个|多少|多久|多长时间|几点|可以|能不能|能否|可不可以|是不是|有没有|要不要|"
    r"会不会|需不需要|需要|应该|到底|现在|我们|你们|他们|我家|我|你|您|他|她|一下|一个|这个|那个|这种|那种|的话|吗|呢|啊|吧|呀|么|的|了|"
    r"是|要|想|能|会|有|在|和|与|或|把|被|让|给|去|来|就|都|也|还|又|很"
)
_RUN = re.compile(r"[^\W_]+")
# marks of units that are no words: they are not shown
_PAIR, _SINGLE = "\x02", "\x01"
# single characters that tell nothing by themselves
_EMPTY = frozenset(
    "不没上下里外前后中大小多少个人家天年月日时点这那以从到对于等及其他所自着过得地谁咋啥该何哪几行用做看说问找打拿放往向"
    "才只必须算"
)


class Fit(StrEnum):
    """What an article that was found is good for."""

    ANSWER = "answer"  # given as the answer
    SUGGESTION = "suggestion"  # offered as what may be meant
    NONE = "none"  # not spoken of


@dataclass(frozen=True, slots=True)
class Phrasing:
    """A way in which an article's question is put, and its units."""

    text: str
    units: frozenset[str]


@dataclass(frozen=True, slots=True)
class Readable:
    """An article as it is compared. ``units``: of all of it, the answer too."""

    article_id: int
    phrasings: tuple[Phrasing, ...]
    units: frozenset[str]


@dataclass(frozen=True, slots=True)
class Relevance:
    """How well an article answers: ``score`` from 0 to 100, and what it is made of.

    ``phrasing``: the nearest; ``likeness``: to it, 0 to 1; ``cover``: the share of the question that the article speaks
    of, 0 to 1; ``shared``: words that the question and the phrasing share, weightiest first.
    """

    article_id: int
    score: float
    phrasing: str
    likeness: float
    cover: float
    shared: tuple[str, ...]

    @property
    def fit(self) -> Fit:
        """What it is good for."""
        return Fit.ANSWER if self.score >= ANSWERS else Fit.SUGGESTION if self.score >= SUGGESTS else Fit.NONE

    @property
    def words(self) -> str:
        """The score explained, in Chinese."""
        shared = "、".join(self.shared[:6]) or "没有，只有共同的字"
        return (
            f"与“{self.phrasing}”相似 {self.likeness:.0%}（共同的词：{shared}），"
            f"问的话有 {self.cover:.0%} 在文中；{PHRASE:.0%} × 相似 + {COVER:.0%} × 涉及 = {self.score:.0f} 分"
        )


class Synonyms:
    """Words that mean the same here: 狗 counts as 犬. Longer words are recognised first."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        """``lines``: those of a file; on each the first word stands for all others, after ``#`` comes a remark."""
        self._stands_for: dict[str, str] = {}
        for line in lines:
            if words := line.partition("#")[0].split():
                self._stands_for |= dict.fromkeys(words, words[0])
        longest_first = sorted(self._stands_for, key=lambda word: (-len(word), word))
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    def unified(self, plain_text: str) -> str:
        """The text with each word replaced by the one that stands for it."""
        return self._pattern.sub(lambda match: self._stands_for[match.group()], plain_text)


NO_SYNONYMS = Synonyms()


@dataclass(frozen=True)
class Reader:
    """Reads texts as units: words, pairs and characters that tell what they are about."""

    cut: Cut
    synonyms: Synonyms = NO_SYNONYMS

    def canonical(self, text: str) -> str:
        """The text in plain form with its synonyms made one."""
        return self.synonyms.unified(tokens.plain(text))

    def units(self, text: str) -> frozenset[str]:
        """The units of a text."""
        found: set[str] = set()
        for run in _RUN.findall(_FILLER.sub(" ", self.canonical(text))):
            found |= {word for word in self.cut(run) if len(word) > 1}
            found |= {_PAIR + run[i : i + 2] for i in range(len(run) - 1)}
            found |= {_SINGLE + character for character in run if character not in _EMPTY}
        return frozenset(found)

    def index_terms(self, text: str) -> set[str]:
        """Terms under which a text is put into, or looked up in, the full-text index."""
        return tokens.terms(self.canonical(text))

    def readable(self, article_id: int, content: Content) -> Readable:
        """An article as it is compared."""
        phrasings = tuple(Phrasing(text, self.units(text)) for text in (content.title, *content.questions))
        whole = self.units(content.answer).union(*(phrasing.units for phrasing in phrasings))
        return Readable(article_id, phrasings, whole)


def rank(asked: Collection[str], articles: Sequence[Readable], total: int) -> list[Relevance]:
    """The articles by how well they answer, best first.

    ``articles``: all that share a term with the question; ``total``: how many there are beside them, too, so that
    rarity is told by all.
    """
    if not asked:
        return []
    counts = Counter(unit for article in articles for unit in article.units)
    weights = _Weights(counts, max(total, len(articles), 1))
    meant = _as_it_sounds(asked, counts)
    ranked = [_relevance(meant, article, weights) for article in articles]
    return sorted(ranked, key=lambda one: (-one.score, one.article_id))


class _Weights(dict[str, float]):
    """Rarity of units, by how many articles have them."""

    def __init__(self, counts: Mapping[str, int], total: int) -> None:
        super().__init__()
        self._counts, self._total = counts, total

    def __missing__(self, unit: str) -> float:
        count = self._counts.get(unit, 0)
        rarity = math.log(1 + (self._total - count + 0.5) / (count + 0.5))
        weight = rarity if count else UNKNOWN * rarity
        if unit.startswith(_SINGLE):
            weight *= CHARACTER
        self[unit] = weight
        return weight


def _as_it_sounds(asked: Collection[str], known: Collection[str]) -> frozenset[str]:
    """What was asked, with pairs that no article has read as those that sound alike and share a character."""
    strange = [unit for unit in asked if unit.startswith(_PAIR) and unit not in known and unit[1:].isalpha()]
    if not strange:
        return frozenset(asked)
    characters = {character for unit in strange for character in unit[1:]}
    alike: dict[tuple[str, ...], str] = {}
    for unit in known:
        # words only: neighbours of two words sound like anything (以规定为准 like 定位)
        if unit.startswith(_PAIR) and unit[1:] in known and not characters.isdisjoint(unit[1:]):
            alike.setdefault(tuple(map(sound, unit[1:])), unit)
    meant = set(asked)
    for unit in strange:
        heard = alike.get(tuple(map(sound, unit[1:])))
        if heard and any(a == b for a, b in zip(unit[1:], heard[1:], strict=True)):
            meant -= {unit, unit[1:], *(_SINGLE + character for character in set(unit[1:]) - set(heard[1:]))}
            meant |= {heard, heard[1:], *(_SINGLE + one for one in heard[1:] if _SINGLE + one in known)}
    return frozenset(meant)


def _relevance(asked: frozenset[str], article: Readable, weights: _Weights) -> Relevance:
    own = sum(weights[unit] for unit in asked)
    likeness, nearest = 0.0, article.phrasings[0]
    for phrasing in article.phrasings:
        shared = sum(weights[unit] for unit in phrasing.units & asked)
        if shared:
            like = shared / math.sqrt(own * sum(weights[unit] for unit in phrasing.units))
            if like > likeness:
                likeness, nearest = like, phrasing
    cover = sum(weights[unit] for unit in article.units & asked) / own
    words = [unit for unit in nearest.units & asked if not unit.startswith((_PAIR, _SINGLE))]
    common = sorted(words, key=lambda unit: (-weights[unit], unit))
    score = 100 * (PHRASE * likeness + COVER * cover)
    return Relevance(article.article_id, round(score, 1), nearest.text, likeness, cover, tuple(common))
