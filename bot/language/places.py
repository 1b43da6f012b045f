"""What kind of place a phrase is: decides whether somebody could be sent there, and how it is looked up."""

from __future__ import annotations

import re

_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("pole", re.compile(r"(?:杆|^)[^路街]{0,6}[A-Za-z]{1,4}\d{2,}[-—]\d+|支\d+$|号(?:电线|路灯|灯)杆")),
    ("highway", re.compile(r"(?:高速|国道|省道|[GS]\d{1,3}).{0,8}(?:K\d+|公里|匝道|出口|入口)|K\d+\+?\d*")),
    ("metro", re.compile(r"(?:地铁|轨交|轻轨|\d+号线).{0,10}(?:站|口)")),
    ("crossing", re.compile(r"(?:路口|交叉口|交汇处|交界处|十字路口|丁字路口|交叉处|路.{0,3}[与和跟、].{1,8}路)")),
    ("section", re.compile(r"(?:段|之间|沿线)$|从.+到|到.+(?:段|一带)$|至.+段")),
    ("address", re.compile(r"(?:路|街|道|巷|弄|胡同|村)\d+(?:号|弄|巷|支弄)")),
    (
        "estate",
        re.compile(
            r"(?:小区|花园|苑|家园|新村|公寓|花苑|名邸|公馆|豪庭|山庄|嘉园|佳园|[一二三四五六七八九十]村|期|府|别墅)"
        ),
    ),
    ("village", re.compile(r"村(?:.{0,4}组|.{0,3}队|村口|委会|小组)?")),
    ("road", re.compile(r"(?:路|街|大道|公路|巷|胡同|高架|隧道|大桥|桥|环线)")),
    ("town", re.compile(r"(?:镇|乡|街道|社区)$")),
)
# what stands before 区 in names of estates, parks, campuses, works, not of districts
_NO_DISTRICT = "小社园校厂景库片城老新郊山街辖宅墅业发东西南北一二三四五六期"
_DISTRICT = rf"(?:[A-Z]\d{{0,2}} ?[省市区县]|[一-龥]{{2,3}}[省市县]|[一-龥]{{1,3}}[^{_NO_DISTRICT}]区)"
_BARE_DISTRICT = re.compile(rf"(?:{_DISTRICT})+(?:内|里|境内|城区|市区|县城|本地|全[市县区])?")
_BUS_LINE = re.compile(rf"(?:{_DISTRICT})*[a-zA-Z]?\d+路(?:公交车?|车)?")
# who is to act, or has failed to: named in many letters, and seldom where something is
_AUTHORITY = re.compile(
    r"(?:局|政府|办事处|委员会|管委会|法院|检察院|公司|集团|教育厅|信访办|热线|省委|市委|县委|区委)$"
)
_LEADING_VERB = re.compile(r"(?:位于|穿行|经过|侵犯|造成|回购|考虑|进入|靠近|购买|入住|途经|前往|我在|我是|我住|住在)")
_TOGETHER = re.compile(r"(?:之间|中间|交[叉汇界]|路口|道口|口$|段|到|至|从)")
# a list goes on behind the end of a place: 街道和, 小区、, 城或者
_JOINT = re.compile(r"(?<=[道镇乡村区城苑园学校院场站厦府湾里桥广司])(?:和|、|或者|以及|及)")
_PRECISE = frozenset({"pole", "highway", "metro", "crossing", "section", "address", "estate", "village", "road", "poi"})


def is_place(phrase: str) -> bool:
    """Whether a normalised phrase can be where something is: not a bare district, a bus line or an authority."""
    if _BARE_DISTRICT.fullmatch(phrase) or _BUS_LINE.fullmatch(phrase):
        return False
    return not _AUTHORITY.search(phrase)


def separate(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The places of a span: without a verb before them, and each of a list on its own (五一街道和合江街道).

    Two roads that meet and the ends of a section stay together.
    """
    leading = _LEADING_VERB.match(text, start, end)
    if leading and end - leading.end() >= 2:
        start = leading.end()
    if _TOGETHER.search(text, start, end):
        return [(start, end)]
    spans = []
    for joint in _JOINT.finditer(text, start, end):
        if joint.start() - start >= 3 and end - joint.end() >= 3:
            spans.append((start, joint.start()))
            start = joint.end()
    return [*spans, (start, end)]


def kind_of(phrase: str) -> str:
    """pole, highway, metro, crossing, section, address, estate, village, road, town, or poi for anything else."""
    return next((kind for kind, pattern in _KINDS if pattern.search(phrase)), "poi")


def is_precise(phrase: str) -> bool:
    """Whether somebody could be sent there: more than a town."""
    return kind_of(phrase) in _PRECISE
