"""Where places stand in a text: a conditional random field over characters.

Characters, not words: jieba cuts across places (湘江世纪城|南门). The features are the characters around, what kind of
character it is, whether a word that ends or follows places stands here, and whether a known name does; the names of the
loaded city help, and none are needed.
"""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pycrfsuite

from bot.corpus import Utterance
from bot.language.normalise import Normalised, normalise
from bot.language.places import POLE, is_place, separate
from bot.language.salience import LONG, Seen, salient
from bot.place_grammar import PlaceGrammar

_ENDINGS = [
    "大道",
    "公路",
    "大街",
    "胡同",
    "街道",
    "小区",
    "花园",
    "花苑",
    "家园",
    "新村",
    "公寓",
    "广场",
    "公园",
    "医院",
    "学校",
    "小学",
    "中学",
    "大学",
    "学院",
    "市场",
    "超市",
    "村",
    "镇",
    "乡",
    "县",
    "区",
    "市",
    "弄",
    "号",
    "号楼",
    "栋",
    "幢",
    "苑",
    "城",
    "府",
    "园",
    "里",
    "桥",
    "大桥",
    "立交",
    "高架",
    "站",
    "地铁站",
    "车站",
    "路口",
    "交叉口",
    "路",
    "街",
    "巷",
    "厂",
    "公司",
    "大厦",
    "中心",
    "工地",
    "楼盘",
    "组",
    "队",
    "段",
    "幼儿园",
    "公馆",
    "国际",
    "豪庭",
    "山庄",
    "湾",
    "水库",
    "社区",
    "派出所",
    "村委会",
    "居委会",
    "安置区",
    "工业园",
    "开发区",
    "高速",
    "匝道",
    "隧道",
    "收费站",
    "加油站",
    "停车场",
    "期",
    "院",
    "道",
]
_RELATIONS = [
    "附近",
    "旁边",
    "对面",
    "门口",
    "旁",
    "后面",
    "门前",
    "楼下",
    "里面",
    "周边",
    "东侧",
    "西侧",
    "南侧",
    "北侧",
    "斜对面",
    "东门",
    "西门",
    "南门",
    "北门",
    "入口",
    "出口",
    "外面",
    "一带",
    "边上",
    "隔壁",
    "交汇处",
    "交界处",
    "交叉处",
    "十字路口",
    "之间",
    "沿线",
    "路段",
    "地下室",
    "地下车库",
    "处",
    "内",
    "口",
    "外",
    "上",
    "下",
]
_ENDING = re.compile("|".join(sorted(map(re.escape, _ENDINGS), key=len, reverse=True)))
_RELATION = re.compile("|".join(sorted(map(re.escape, _RELATIONS), key=len, reverse=True)))
_KNOWN_AT_LEAST = 2
_OPENING = re.compile("(?:请问|咨询|投诉|反映|举报|请求|建议|希望|关于|强烈要求|我是|我在|你好|您好)[，,：: ]?")
_FAINT = 0.3
"""Probability of being inside a place from which a character of a long text is looked at."""
_TITLE = 30
_SHORT = 70

Cut = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Names:
    """Known place names, for a feature that says: here one begins, goes on, ends."""

    names: frozenset[str]
    longest: int

    @classmethod
    def of(cls, names: Iterable[str]) -> Names:
        """Names of two characters or more."""
        kept = frozenset(name for name in names if len(name) >= _KNOWN_AT_LEAST)
        return cls(kept, max(map(len, kept), default=0))

    def mark(self, text: str) -> list[str]:
        """Per character B, I or O of the longest known names, left to right."""
        marks = ["O"] * len(text)
        i = 0
        while i < len(text):
            for length in range(min(self.longest, len(text) - i), _KNOWN_AT_LEAST - 1, -1):
                if text[i : i + length] in self.names:
                    marks[i : i + length] = ["B"] + ["I"] * (length - 1)
                    i += length - 1
                    break
            i += 1
        return marks


def _kind(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isascii() and character.isalpha():
        return "A"
    if "一" <= character <= "鿿":
        return "字"
    return character if character in '，。,.!！?？ 、；;:：-—~（）()"“”' else "#"


def _mark(text: str, pattern: re.Pattern[str]) -> list[str]:
    marks = [""] * len(text)
    for match in pattern.finditer(text):
        for i in range(match.start(), match.end()):
            marks[i] = "E" if i == match.end() - 1 else "b"
    return marks


def character_features(text: str, words: Sequence[str], names: Names) -> list[list[str]]:
    """The features of each character of a normalised text that was cut into ``words``."""
    padded = "\x02\x02" + text + "\x03\x03"
    kinds = [_kind(c) for c in text]
    ending, relation, known = _mark(text, _ENDING), _mark(text, _RELATION), names.mark(text)
    word_of: list[tuple[str, str]] = []
    for word in words:
        for i in range(len(word)):
            place = "S" if len(word) == 1 else "B" if i == 0 else "E" if i == len(word) - 1 else "M"
            word_of.append((place, word))
    rows = []
    for i, kind in enumerate(kinds):
        before2, before, here, after, after2 = list(padded[i : i + 5])
        cut, word = word_of[i]
        # digits look alike: their count matters, not their value
        h = "9" if kind == "9" else here
        row = [
            "c0=" + h,
            "c-1=" + before,
            "c+1=" + after,
            "c-2=" + before2,
            "c+2=" + after2,
            "c-10=" + before + h,
            "c01=" + h + after,
            "k=" + kind,
            "k3=" + "".join(kinds[max(0, i - 1) : i + 2]),
            "k5=" + "".join(kinds[max(0, i - 2) : i + 3]),
            "w=" + word,
            "cut=" + cut,
            "n=" + known[i],
            "e=" + ending[i],
            "r=" + relation[i],
        ]
        # how far the next ending of a place is
        for distance in range(1, 7):
            if i + distance < len(text) and ending[i + distance] == "E":
                row.append(f"ends-in={distance}")
                row.append("ends-with=" + text[i + distance])
                break
        if i + 1 < len(text):
            row += ["n+1=" + known[i + 1], "e+1=" + ending[i + 1], "r+1=" + relation[i + 1]]
        if i:
            row += ["n-1=" + known[i - 1], "e-1=" + ending[i - 1], "r-1=" + relation[i - 1]]
        else:
            row.append("first")
        rows.append(row)
    return rows


def training_sentences(utterances: Sequence[Utterance], known: list[str], seed: int = 11) -> list[Utterance]:
    """The marked utterances, and each that has places once or twice more with other places in them."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, nothing secret
    grammar = PlaceGrammar(chance, known)
    seen = [u.text[a:b] for u in utterances for a, b in u.places]
    sentences = [u for u in utterances if u.places_marked]
    for utterance in utterances:
        if not utterance.places:
            # a city, district or county alone is no place that anybody could be sent to
            if utterance.places_marked and chance.random() < _bare_district_share(utterance.text):
                sentences.append(_with_bare_district(utterance, grammar, chance))
            continue
        sources: list[Callable[[], str]] = [grammar.place, lambda: chance.choice(seen)]
        # letters are long and many: once is enough
        for source in sources if len(utterance.text) <= _SHORT else sources[:1]:
            sentences.append(_with_other_places(utterance, source))
    return sentences


def _with_other_places(utterance: Utterance, source: Callable[[], str]) -> Utterance:
    """The utterance with places from ``source``; what was named twice still is."""
    text, places, at = "", [], 0
    others: dict[str, str] = {}
    for start, end in utterance.places:
        text += utterance.text[at:start]
        place = others.setdefault(utterance.text[start:end], source())
        places.append((len(text), len(text) + len(place)))
        text += place
        at = end
    return Utterance(text + utterance.text[at:], utterance.act, utterance.code, tuple(places))


def _bare_district_share(text: str) -> float:
    """Titles often begin with a district that is no place; letters are long and many."""
    return 0.9 if len(text) <= _TITLE else 0.3 if len(text) <= _SHORT else 0.0


def _with_bare_district(utterance: Utterance, grammar: PlaceGrammar, chance: random.Random) -> Utterance:
    opening = _OPENING.match(utterance.text)
    at = opening.end() if opening else 0
    text = utterance.text[:at] + grammar.bare_district() + chance.choice(("", "", "", "的")) + utterance.text[at:]
    return Utterance(text, utterance.act, utterance.code, ())


class PlaceModel:
    """Tags the characters of a text and reads the places off the tags."""

    def __init__(self, data: bytes, names: Names, cut: Cut) -> None:
        self._data = data  # the tagger reads from these bytes as long as it lives
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(self._data)
        self._names = names
        self._cut = cut

    @staticmethod
    def train(
        utterances: Iterable[Utterance],
        names: Names,
        cut: Cut,
        *,
        read: Callable[[str], Normalised] = normalise,
        iterations: int = 60,
        keep: Path | None = None,
    ) -> bytes:
        """Train on marked utterances, which ``read`` normalises; the model as bytes."""
        trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
        trainer.set_params({"c1": 0.3, "c2": 0.02, "max_iterations": iterations, "feature.minfreq": 2})
        for utterance in utterances:
            text = read(utterance.text)
            if not text.text:
                continue
            tags = ["O"] * len(text.text)
            for start, end in utterance.places:
                inside = [i for i in range(len(text.text)) if start <= text.starts[i] < end]
                for i in inside:
                    tags[i] = "I"
                if inside:
                    tags[inside[0]] = "B"
            trainer.append(character_features(text.text, list(cut(text.text)), names), tags)
        with tempfile.TemporaryDirectory() as folder:
            path = keep or Path(folder) / "places.crf"
            trainer.train(str(path))
            return path.read_bytes()

    def spans(self, text: str, words: Sequence[str] | None = None) -> list[tuple[int, int]]:
        """The half-open spans of places in a normalised text; of a long one those that it is about."""
        places = self.places(text, words)
        return [(place.start, place.end) for place in (salient(text, places) if len(text) > LONG else places)]

    def places(self, text: str, words: Sequence[str] | None = None) -> list[Seen]:
        """All places in a normalised text, in its order; of a long one also those that the model is less sure of."""
        if not text:
            return []
        tags = self._tagger.tag(character_features(text, words or list(self._cut(text)), self._names))
        whole = _runs(tags)
        inside = [1.0 - self._tagger.marginal("O", i) for i in range(len(text))]
        faint = ["I" if share >= _FAINT else "O" for share in inside] if len(text) > LONG else []
        for others in ([pole.span() for pole in POLE.finditer(text)], _runs(faint)):
            taken = {i for start, end in whole for i in range(start, end)}
            whole += [span for span in others if taken.isdisjoint(range(*span))]
        found = []
        for start, end in sorted(span for whole_span in whole for span in separate(text, *whole_span)):
            if end - start >= _KNOWN_AT_LEAST and is_place(text[start:end]):
                goes_on = self._tagger.marginal("I", end) if end < len(text) else 0.0
                begins = self._tagger.marginal("B", start)
                if POLE.fullmatch(text, start, end):
                    found.append(Seen(start, end, 1.0, 1.0, 1.0))
                else:
                    found.append(Seen(start, end, min(inside[start:end]), begins, 1.0 - goes_on))
        return found


def _runs(tags: Sequence[str]) -> list[tuple[int, int]]:
    """The spans that tags B, I and O mark; an I that follows no place begins one."""
    spans: list[tuple[int, int]] = []
    start = None
    for i, tag in enumerate([*tags, "O"]):
        if tag != "I" and start is not None:
            spans.append((start, i))
            start = None
        if tag == "B" or (tag == "I" and start is None):
            start = i
    return spans
