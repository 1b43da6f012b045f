"""Personal data in what people wrote, found and taken out, so that a text can be kept for learning.

Recall comes first: a harmless word too many may go, for a text loses little by it. Places stay, for they are learnt.
Pure and without third-party imports: runs on both Pythons.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

KINDS = {
    "email": "电子邮箱",
    "identity": "身份证号",
    "card": "银行卡号等长号码",
    "phone": "电话号码",
    "plate": "车牌号",
    "account": "微信或QQ号",
    "name": "姓名",
}
"""Kinds of personal data with their names for people."""

_SOMEBODY = "某"
"""What stands in for a name; everything else is left out."""

# letters, digits and signs of full width count like plain ones; one for one, so that offsets stay
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

_NUMBERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[A-Za-z0-9][\w.+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)),
    (
        "identity",
        re.compile(
            r"(?<![\dA-Za-z])(?:[1-8]\d{5}[ -]?(?:19|20)\d{2}[ -]?(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])[ -]?\d{3}[\dXx]"
            r"|[1-8]\d{5}[\d*xX＊]{8,10}\d{2,3}[\dXx]"
            r"|[1-8]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3})(?![\dA-Za-z])"
        ),
    ),
    (
        "phone",
        re.compile(
            r"(?<!\d)(?:\+?86[- ]?)?1[3-9][\d*]([- ]?)[\d*]{4}\1\d{4}(?!\d)"  # mobile, masked ones too
            r"|(?<!\d)\(?0\d{2,3}[)）]?[- —]?[2-9]\d{6,7}(?:[-转 ]\d{1,6})?(?!\d)"
            r"|(?<!\d)[48]00[- ]?\d{3,4}[- ]?\d{3,4}(?!\d)"
            r"|(?<![\d.])(?!(?:19|20)\d{2}(?:0[1-9]|1[0-2]))[2-9]\d{7}(?:[-转]\d{1,6})?(?![\d.])"
            r"|(?:(?<=电话)|(?<=手机)|(?<=手机号)|(?<=号码)|(?<=联系方式)|(?<=致电)|(?<=[Tt][Ee][Ll]))"
            r"[号码是为:： .]{0,4}\d[\d -]{5,13}\d(?!\d)"
            r"|[一幺][三四五六七八九][零〇一二三四五六七八九幺]{9}(?![零〇一二三四五六七八九幺])"
        ),
    ),
    ("card", re.compile(r"(?<!\d)\d{4}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,7})?(?!\d)")),
    (
        "plate",
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领]\s?[A-Za-z]\s?[-·•.]?\s?"
            r"(?=[A-Za-z]{0,3}[\d*])[A-HJ-NP-Za-hj-np-z\d*]{4,5}[A-HJ-NP-Za-hj-np-z\d挂学警港澳](?![A-Za-z\d])"
        ),
    ),
    ("account", re.compile(r"(?:(?<=微信号)|(?<=微信))[是为:： ]{0,3}[A-Za-z][\w-]{5,19}", re.ASCII)),
    ("account", re.compile(r"(?:(?<=[Qq]{2})|(?<=[Qq]{2}号))[号是为:： ]{0,3}[1-9]\d{4,10}(?!\d)")),
)  # fmt: skip

_COMPOUND = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|司徒|端木|长孙|宇文|轩辕|独孤|南宫"
# family names; the second row are common words as well and count only where a name must follow
_SURE = (
    "王李张刘陈杨赵黄周吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田姜范"
    "石姚谭廖邹熊陆郝孔崔邱秦史顾侯邵孟龙段章钱汤尹黎易武乔贺赖龚庞樊殷施陶洪翟颜倪严牛温芦季俞鲁葛伍申尤毕聂柳邢岳齐"
    "梅莫庄辛管祝左涂谷祁耿牟卜詹詹焦欧卞阮冉娄裴屈舒柯翁凌甘柴覃蒲霍符蓝冀纪臧吉卫楚蒙闵敖苗鲍晏甄麦仇虞缪宫"
    "張劉陳楊趙黃吳孫羅鄭謝韓馮許鄧蕭彭呂蘇盧蔣賈葉閻餘鍾"
)
_UNSURE = "马高方安常时成万金于曾向江单房白包边卓米党关连路水雷毛项费明古华花康宁祖景盛解应宗经支全文尚馬萬於項費關連"
# what seldom stands in a given name, and often after one
_AFTER = (
    "的是在住电手身号今从因反想要投来打说有家这那我你他她它们和与及向对将被把也都就还没不很请现于系为"
    "，。、；：,.;:！!？?（）()"
)
_GIVEN = rf"[^\W\d_a-zA-Z{re.escape(_AFTER)}]"
_NAME = rf"(?:(?:{_COMPOUND})|[{_SURE}{_UNSURE}]){_GIVEN}{{1,2}}"
_SURE_NAME = rf"(?:(?:{_COMPOUND})|[{_SURE}]){_GIVEN}{{1,2}}"
_END = r"(?=[\s，,。；;、！!：:（(）)/]|$|电话|手机|身份证|男|女|\d|先生|女士|小姐|系|联系)"
# not a name: who the person is, or where from
_NO_PERSON = r"(?![^\s，,。；;]{0,3}[人民户主员客者生们村镇路街区桥里弄楼层栋元](?:[\s，,。；;！!]|$))"
_ROLES = (
    "联系人|联络人|聯繫人|聯絡人|投诉人|投訴人|反映人|反应人|来电人|来信人|诉求人|报修人|举报人|申请人|求助人|报案人"
    "|户主|经办人|当事人"
)

_NAMES: tuple[re.Pattern[str], ...] = (
    re.compile(rf"(?:我叫|我名叫|名叫|叫做|本人叫|我的名字[是叫]|名字[是叫])[:： ]?({_NAME})"),
    re.compile(rf"(?:免贵姓|免貴姓|我姓|本人姓|(?<!百)姓(?=[^名氏])) ?((?:{_COMPOUND})|[{_SURE}{_UNSURE}])"),
    re.compile(rf"(?:姓名|{_ROLES})[是为]?\s?[:：]\s?([一-龥]{{2,4}})(?=[^一-龥]|$|电话|手机|身份证|联系|性别|地址|住址)"),
    re.compile(rf"(?:姓名|{_ROLES})\s?(?:[是为叫:：]\s?({_NAME})|({_SURE_NAME}))"),
    re.compile(rf"(?:本人|我是|俺是)[:： ]?{_NO_PERSON}({_SURE_NAME}){_END}"),
    re.compile(rf"((?:{_COMPOUND})|[{_SURE}马高方金白江])(?:先生|女士|小姐)"),
)  # fmt: skip
# 联系人方式, 反映人数 …: no names
_NO_NAME = re.compile(r"(?:方式|信息|电话|手机|地址|姓名|人数|时间|成员|家属|不详|未知|保密|匿名)")


@dataclass(frozen=True)
class PersonalSpan:
    """A stretch of a text that is personal data: half-open offsets in code points, and its kind (see KINDS)."""

    start: int
    end: int
    kind: str


def personal_spans(text: str, names: Iterable[str] = ()) -> list[PersonalSpan]:
    """Where ``text`` holds personal data, in its order, without overlaps. ``names`` are known and found everywhere."""
    plain = text.translate(_PLAIN)
    found: list[PersonalSpan] = []

    def add(start: int, end: int, kind: str) -> None:
        if start < end and not any(start < other.end and other.start < end for other in found):
            found.append(PersonalSpan(start, end, kind))

    for kind, pattern in _NUMBERS:
        for match in pattern.finditer(plain):
            add(match.start(), match.end(), kind)
    for name in names:
        if len(name.strip()) >= 2:
            for match in re.finditer(re.escape(name.strip().translate(_PLAIN)), plain):
                add(match.start(), match.end(), "name")
    for pattern in _NAMES:
        for match in pattern.finditer(plain):
            start, end = match.span(match.lastindex or 0)
            if not _NO_NAME.match(plain, start):
                add(start, end, "name")
    return sorted(found, key=lambda span: span.start)


def without_personal(text: str, names: Iterable[str] = ()) -> str:
    """``text`` with names as 某 and numbers, addresses of mail and plates left out. ``names`` as in personal_spans."""
    kept: list[str] = []
    at = 0
    for span in personal_spans(text, names):
        kept += [text[at : span.start], _SOMEBODY if span.kind == "name" else ""]
        at = span.end
    kept.append(text[at:])
    return "".join(kept)
