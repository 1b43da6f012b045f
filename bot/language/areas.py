"""Provinces, cities, counties, districts and towns that stand before a place, and names that every city has."""

from __future__ import annotations

import re
from typing import NamedTuple

# what ends in 市, 区, 县 or 镇 and is none: 超市, 小区, 全县
_NO_AREA = re.compile(
    "(?:[超夜菜城闹门集早花股都本全我各外]市|[小社园校厂景库片城老新郊山街辖宅墅业发中一二三四五六七八九十税假务活验范"
    "度停诊病舱货险灾服商本全我各该住]区|..[东西南北]区|[小社园期城][东西南北]区|[全我本各该]县|(?:[全我本各该节]省|反省)"
    "|[全我本古各该集市乡村重]镇|[我本各该城故家老下]乡)$"
)
_AREA = re.compile(
    "[A-Z][0-9]{1,2}(?:省|市|区|县)|[A-Z](?:省|市|县)|[一-龥]{2,3}?(?:省|自治区|市|自治州|县|区)|[一-龥]{2}(?:镇|乡)"
    "|[一-龥]{2,3}?街道|(?:呼和浩特|乌鲁木齐|齐齐哈尔|克拉玛依|鄂尔多斯|呼伦贝尔)市|[一-龥][东西南北]区"
)
_LEAD = re.compile(
    "(?:我们|我|家里?|就|现在|住在?|位于|坐落于|地址|地点|是|请问|咨询|反映|投诉|举报|关于|建议|请求|在|的)*"
)
_LEVELS = (("省", "自治区"), ("市", "自治州"), ("区", "县"), ("镇", "乡", "街道"))
# stems and kinds of which names are made in every city; a name of one of each, or more, says nothing of where it is
_STEMS = (
    "人民|解放|建设|文化|和平|胜利|新华|红旗|东风|光明|团结|朝阳|中心|实验|体育|儿童|青年|工农|育才|育英|幸福|友谊|向阳|前进|"
    "中山|中华|民主|劳动|工业|科技|市民|城市|城南|城北|城东|城西|滨江|滨河|沿江|沿河|环城|站前|花园|第[一二三四五六七八九十0-9]+|[一二三四五六七八九1-9]|"
    "东|西|南|北|中|新|老"
)
_KINDS = (
    "公园|广场|医院|小学|中学|大学|学校|幼儿园|图书馆|体育馆|体育场|体育中心|文化馆|博物馆|少年宫|电影院|剧院|市场|菜市场|农贸市场|"
    "超市|商场|车站|汽车站|火车站|桥|大桥|路|街|大道|巷|新村|小区|花园|家园|公寓|社区|村|派出所|卫生院|宾馆|饭店|大厦|中心|银行|邮局"
)
_GENERIC = re.compile(f"(?:{_STEMS})*(?:{_KINDS})+|(?:{_STEMS})+")


class Area(NamedTuple):
    """Where in a text an area is named: a half-open span."""

    start: int
    end: int


def areas_in_front(text: str) -> list[Area]:
    """The areas that a text without punctuation begins with, the larger first: A市A7县, 云山市青禾区禾东镇.

    What may stand before them is only that somebody is, lives or reports there.
    """
    lead = _LEAD.match(text)
    at = lead.end() if lead else 0
    areas = []
    while (match := _AREA.match(text, at)) and not _NO_AREA.search(match.group()):
        areas.append(Area(match.start(), match.end()))
        at = match.end()
    return areas


def level(area: str) -> int:
    """0 for a province, 1 for a city, 2 for a county or district, 3 for a town."""
    return next((at for at, endings in enumerate(_LEVELS) if area.endswith(endings)), len(_LEVELS))


def levels_of(name: str) -> frozenset[int]:
    """The levels that the full name of a city or district tells, never those of towns: 上海市闵行区 tells 1 and 2."""
    return frozenset({2, *(at for at, endings in enumerate(_LEVELS[:3]) if any(ending in name for ending in endings))})


def is_generic(name: str) -> bool:
    """Whether a name is one that every city has: 文化公园, 人民路, 第二中学."""
    return bool(_GENERIC.fullmatch(name))
