"""What was meant by what was dictated or typed in haste: without filler words, and with things by their right name.

On top of one written form (``bot.language.normalise``): 呃、就是说 and words said twice go; a name of a thing that was
misheard (紧盖 for 井盖) is put right where the message says of no thing at all. Offsets still lead to the text as sent.
Pure; runs on both Pythons.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.language.normalise import Normalised, normalise

# at the beginning, behind a pause or another filler; in the middle only what cannot be part of a word
_EDGE = r"(?:^|(?<=[\s,，。.!！?？、;；~…]))"
_PAUSE = r"[\s,，、.。~…]*"
_FILLER = re.compile(
    rf"呃+{_PAUSE}|嗯+{_PAUSE}(?=[^呢啊嗯])|唔+[\s,，、.。~…]+(?=.)|{_EDGE}(?:额+|啊+|诶+|哎+|那啥|内个)(?:{_PAUSE}(?=[\s,，、.。~…]){_PAUSE}|(?=那个|这个|就是|我))"
    rf"|就是说(?!明|法){_PAUSE}|怎么说呢{_PAUSE}|(?:那个|这个){_PAUSE}(?=那个|这个|就是|什么|我想|我们|我要|你们|嗯|呃|啊)|(?:那个|这个)[,，、…~]+"
    rf"|(?:喂+{_PAUSE}){{2,}}(?=.{{8}})|{_EDGE}然后呢?{_PAUSE}(?=然后|就是|那个)"
)
# a word said twice in search of the next: 我我我家, 就是就是
_STUTTER = re.compile(r"(我|这|那|就|在)\1{1,4}(?=[一-龥])|(就是|那个|这个|然后|我们|你们)(?:[\s,，、]*\2)+")
_PAIR = 2
_LONGEST_SPOKEN = 120
"""Characters above which a message is written with care, or says of so much that a repair would be a guess."""

_SAID_OFTEN = (
    "井盖 窨井盖 路灯 路灯杆 红绿灯 信号灯 斑马线 人行道 盲道 护栏 栏杆 减速带 路面 路牌 站牌 站台 垃圾桶 "
    "垃圾箱 垃圾房 垃圾 公厕 厕所 化粪池 下水道 下水管 污水 雨水 积水 自来水 停水 漏水 水管 水表 停电 "
    "电线 电缆 电线杆 变压器 配电箱 煤气 燃气 天然气 漏气 暖气 消防栓 灭火器 消防通道 电梯 物业 保安 楼道 "
    "车库 车位 停车场 停车位 门禁 油烟 噪音 噪声 扬尘 灰尘 工地 围挡 脚手架 塔吊 渣土车 渣土 违建 搭建 "
    "装修 占道 摊贩 摊位 地摊 烧烤 夜宵 广告牌 小广告 招牌 横幅 喇叭 广场舞 公交 公交车 地铁 出租车 "
    "网约车 黑车 共享单车 单车 电动车 充电桩 行道树 树枝 大树 绿化带 绿化 草坪 花坛 河道 水沟 排水沟 臭味 "
    "异味 流浪狗 流浪猫 老鼠 蟑螂 蚊子 群租 拆迁 工资 社保 医保 学校 医院"
)
THINGS = tuple(_SAID_OFTEN.split())
"""What messages are about; a message with one of these needs no repair."""

_ALIKE = (
    (re.compile("^([zcs])h"), r"\1"),
    (re.compile("^n(?!$)"), "l"),
    (re.compile("([aei]n)g"), r"\1"),
    (re.compile("^luo"), "lu"),
)


def _no_word(_text: str) -> bool:
    return False


@functools.cache
def _readings() -> dict[int, str]:
    """Code point → its first reading with the tone as a digit, from pypinyin's own table, read as a file."""
    spec = importlib.util.find_spec("pypinyin")
    if spec is None or spec.origin is None:
        raise RuntimeError("pypinyin is not installed")
    table: dict[str, str] = json.loads((Path(spec.origin).parent / "pinyin_dict.json").read_text(encoding="utf-8"))
    return {int(point): toned.split(",")[0] for point, toned in table.items()}


@functools.lru_cache(maxsize=8192)
def sound(character: str) -> str:
    """How a character sounds to somebody who is in a hurry: with its tone, without what regions do not tell apart."""
    toned = _readings().get(ord(character))
    if toned is None:
        return character
    letters = unicodedata.normalize("NFD", toned)
    plain = "".join(letter for letter in letters if letter.isalpha())
    tone = next((letter for letter in letters if letter in "\u0304\u0301\u030c\u0300"), "")
    for pattern, replacement in _ALIKE:
        plain = pattern.sub(replacement, plain)
    return plain + tone


@functools.cache
def _things_by_sound() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """First sound → the sounds of a thing and the thing, longest first; of things that sound alike none is sure."""
    spoken: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for thing in THINGS:
        spoken[tuple(map(sound, thing))].append(thing)
    found: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for sounds in sorted(spoken, key=len, reverse=True):
        if len(spoken[sounds]) == 1:
            found[sounds[0]].append((sounds, spoken[sounds][0]))
    return dict(found)


_THING = re.compile("|".join(sorted(THINGS, key=len, reverse=True)))


def _repaired(text: str, is_word: Callable[[str], bool]) -> str:
    """``text`` with a misheard thing put right, as long as before; unchanged where a thing is said."""
    if _THING.search(text) or len(text) > _LONGEST_SPOKEN:
        return text
    sounds = tuple(map(sound, text))
    known = _things_by_sound()
    for start, first in enumerate(sounds):
        for sounding, thing in known.get(first, ()):
            end = start + len(thing)
            said = text[start:end]
            if sounds[start:end] != sounding or is_word(said) or not _at_least_one_same(said, thing):
                continue
            before, after = text[max(0, start - 1) : start + 1], text[end - 1 : end + 1]
            if before[0].isdigit() or any(len(pair) == _PAIR and is_word(pair) for pair in (before, after)):
                continue  # 1楼到6楼; 大陆|灯光: the characters belong to other words
            return text[:start] + thing + text[end:]
    return text


def _at_least_one_same(said: str, thing: str) -> bool:
    """Whether a character was heard right: two words that share none are rather two words."""
    return any(a == b for a, b in zip(said, thing))  # noqa: B905 - of one length


# what is denied beside what is so: 类别不对，不是摆摊，是垃圾没人扫. At the beginning the denial itself counts
_DENIED = re.compile(r"(?<=..)不是(?:[^，,。.！!？?；;\s是]{1,8})[，, ]+(?=(?:而|应该|还)?是)")
# what is taken back for something else: 井盖坏了，哦不对，是路灯坏了
_ONE_OF_THEM = "|".join(sorted(THINGS, key=len, reverse=True))
_TAKEN_BACK = re.compile(
    rf"(?:{_ONE_OF_THEM})[^，,。.；;！!？?\s]{{0,4}}[，, ]*(?:哦|噢|呃|啊|诶)?[，, ]*(?:不对|说错了?|错了|口误)[，, ]*"
    rf"(?:是|应该是)(?=.{{0,4}}(?:{_ONE_OF_THEM}))"
)


def without_fillers(text: str) -> Normalised:
    """``text`` in its one written form, without filler words and stutter, and without what was taken back."""
    plain = _kept(normalise(text), (_FILLER, _STUTTER))
    return _kept(_kept(plain, (_DENIED,)), (_TAKEN_BACK,))


def _kept(plain: Normalised, patterns: tuple[re.Pattern[str], ...]) -> Normalised:
    """``plain`` without what the patterns find; as it is when nothing would be left."""
    gone = [span for pattern in patterns for match in pattern.finditer(plain.text) for span in _cut(match)]
    kept = [i for i in range(len(plain.text)) if not any(start <= i < end for start, end in gone)]
    if not any(plain.text[i].isalnum() for i in kept):
        return plain  # nothing but fillers: that is what was said
    said = "".join(plain.text[i] for i in kept)
    return Normalised(plain.original, said, tuple(plain.starts[i] for i in kept), tuple(plain.ends[i] for i in kept))


def listen(text: str, is_word: Callable[[str], bool] = _no_word) -> Normalised:
    """What was meant by ``text``; ``is_word`` tells words of the language, which are never taken for misheard ones."""
    said = without_fillers(text)
    return replace(said, text=_repaired(said.text, is_word))


def _cut(match: re.Match[str]) -> list[tuple[int, int]]:
    """What goes of a match: all of a filler; of a word said again all but the last."""
    said = next((word for word in match.groups() if word), None) if match.re is _STUTTER else None
    return [(match.start(), match.end() - len(said) if said else match.end())]
