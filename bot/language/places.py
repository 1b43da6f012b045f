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
_BUS_LINE = re.compile(
    rf"(?:{_DISTRICT})*(?:[a-zA-Z]?\d+路(?:公交车?|车)?|[a-zA-Z]\d+公交车?|(?:地铁|轨道交通?)\d+号线?)"
)
# who is to act, or has failed to: named in many letters, and seldom where something is
_AUTHORITY = re.compile(
    r"(?:局|政府|办事处|委员会|管委会|法院|检察院|公司|集团|教育厅|信访办|热线|省委|市委|县委|区委)$"
)
_NEXT_TO = re.compile(
    r"(?:附近|旁边?|对面|门口|门前|楼下|隔壁|后面|里面|内|外|周边|前|后|侧|路口|宿舍|家属[院楼区]|小区)$"
)
_OFFICE = re.compile(
    r"(?:[育政安管法源改商生输住建队]局|政府|街道办|书记|局长|市长|县长|主任|市委|县委|区委|省委|信访)"
)
# behind a district: what every district has, and no name of a place
_NO_NAME = re.compile(
    rf"(?:{_DISTRICT})+(?:的|内(?!环)|各|所有|全体|甚至|大街小巷|红绿灯|商品房|银行|小学|中学|初中|高中|学校|居民|市民|城区|县城|市区|"
    r"人民(?![路医公广大桥东西南北中])|城市(?!花园|广场|公园|之)|加快|拆迁(?!户|办)|世界|平台|热线|经济(?!开发|技术)|"
    r"河[东西](?:附近|片区)?$|城管|驾校|出租车|公交车?$|老百姓|农村|村民|业主|中小学|幼儿园$|医院$|楼市|"
    r"第\d+届|第[一二三四五六七八九十]+届|(?:交警|公安|机关|社保|公积金|房产|政务|行政)(?!.*(?:中心|大厅|大楼|门口|对面|旁|宿舍|小区)))"
)
_LEADING = re.compile(
    r"(?:位于|穿行|经过|侵犯|造成|回购|考虑|进入|靠近|临近的?|购买|入住|途经|前往|坐落于|地处|家住|住在|我在|我是|我住|"
    r"但是?|而(?!家)|因为?|目前|其中|如果|唯独|作为|以及|还有|特别是|尤其是|甚至|比如|例如|包括|起因是)"
)
_TRAILING = re.compile(
    r"(?<=.[苑园区城府湾庭国际里村厦寓院])(?:的?(?:商品房|期房|住房|房子|精装房|(?:改扩?建|建设)?项目|业主|住户|居民)|这一路段)$"
)
# a remark in brackets that says where the place is, is a place of its own
_REMARK = re.compile(r"^(.{3,})\(([^()]{2,}(?:附近|旁边?|对面|门口|隔壁|楼下))\)?$")
_STRAY = "，、。,.;:；：)）】》 ·.-—"
_STRAY_BEHIND = "，、。,.;:；：(（【《 ·.-—"
_TOGETHER = re.compile(r"(?:之间|中间|交[叉汇界]|路口|道口|口$|段|到|至|从)")
# a list goes on behind the end of a place: 街道和, 小区、, 城或者
_JOINT = re.compile(r"(?<=[道镇乡村区城苑园学校院场站厦府湾里桥广司])(?:和|、|或者|以及|及)|(?:以及|或者)")
# how far it is from the place, and which way: 银都路进去150米
_ONWARDS = re.compile(
    r"(?:再)?(?:进去|过去|出来|往[东西南北里前]|向[东西南北前]|[东西南北]侧?)(?:走|大?约|差不多)*[0-9一二三四五六七八九十百几两]+多?米(?:处|左右|远)?"
)
POLE = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{1,4}[0-9]{3,6}[-—][0-9]{1,3}(?![0-9])|[一-龥]{2}[0-9]{1,3}支[0-9]{1,3}(?![0-9弄路块元个条根])"
)
"""The number of a pole, which is a place by itself."""
_PRECISE = frozenset({"pole", "highway", "metro", "crossing", "section", "address", "estate", "village", "road", "poi"})


def is_place(phrase: str) -> bool:
    """Whether a normalised phrase can be where something is: not a bare district, a bus line, an authority or a law.

    What stands next to an authority is a place (区政府对面).
    """
    if _BARE_DISTRICT.fullmatch(phrase) or _BUS_LINE.fullmatch(phrase) or "《" in phrase or _NO_NAME.match(phrase):
        return False
    return not _AUTHORITY.search(phrase) and (not _OFFICE.search(phrase) or bool(_NEXT_TO.search(phrase)))


def separate(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The places of a span, without what joins them to the sentence; of a list each on its own (五一街道和合江街道).

    Two roads that meet and the ends of a section stay together.
    """
    leading = _LEADING.match(text, start, end)
    if leading and end - leading.end() >= 2:
        start = leading.end()
    onwards = _ONWARDS.match(text, end)
    if onwards:
        end = onwards.end()
    trailing = _TRAILING.search(text[start:end])
    if trailing:
        end = start + trailing.start()
    while start < end and text[start] in _STRAY:
        start += 1
    while start < end and text[end - 1] in _STRAY_BEHIND:
        end -= 1
    remark = _REMARK.match(text[start:end])
    if remark:
        return [(start, start + remark.end(1)), (start + remark.start(2), start + remark.end(2))]
    opening = text.rfind("(", start, end)
    if opening > start + 2 and ")" not in text[opening:end]:
        return [(start, opening), *separate(text, opening + 1, end)] if end - opening > 4 else [(start, opening)]
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
