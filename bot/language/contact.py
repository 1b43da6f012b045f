"""Telephone numbers in what people write, and the many ways of not giving one."""

from __future__ import annotations

import re

from bot.language.normalise import normalise
from bot.language.numerals import read_numeral

_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d(?:[- ]?\d{4}){2})(?!\d)")
_LANDLINE = re.compile(
    r"(?<!\d)(0\d{2,3})[- )）]?([2-9]\d{6,7})(?:(?:[-转 ]|分机)+(\d{1,6}))?(?!\d)"
    r"|(?<!\d)([2-9]\d{7})(?:(?:转|分机)+(\d{1,6}))?(?!\d)"
)
_SPOKEN = re.compile(r"[零〇一二三四五六七八九幺\s]{11,}")
_ABOUT_PHONE = re.compile(r"(电话|号码|手机|联系方式|联系|联络|姓名|名字|匿名|隐私|信息|登记)")
_UNWILLING = re.compile(
    r"(不(?:用|要|想|愿|便|方便|留|给|填|必|需要|肯|太想|打算|说|告诉|能给|可以给)|没(?:有|必要|(?=手机|电话|号码))|别|免|无需|干嘛|干吗|为什么要|凭什么|匿名|拒绝|算了|跳过|保密)"
)
_PLAIN_REFUSAL = re.compile(
    r"^(?:我|就|那|嗯|哦|算了|还是|电话)*(?:不留|不给|不填|不方便|不想留|不想给|不用留|不必|匿名|跳过|不留了|不用了|不要了|没有电话|无|没)(?:了|吧|的|啦|哈|电话|号码|手机|联系方式|谢谢|可以吗|行不行|行吗)*[。！!,，\s]*$"
)
_OPENS_WITH_REFUSAL = re.compile(r"^(?:我|就|那|都|也)*(?:不留|不想留|不用留|什么都不留)(?![下言情神心意])")


def find_phone(text: str) -> str | None:
    """The telephone number in ``text``: a mobile number as 11 digits, a landline as ``021-64123456`` (``-ext``)."""
    plain = normalise(text).text
    spoken = _SPOKEN.search(plain)
    if spoken:
        digits = read_numeral(re.sub(r"\s", "", spoken.group()))
        if digits:
            plain = plain[: spoken.start()] + digits + plain[spoken.end() :]
    mobile = _MOBILE.search(plain)
    if mobile:
        return re.sub(r"[- ]", "", mobile.group(1))
    landline = _LANDLINE.search(plain)
    if landline:
        area, number, extension, short, short_extension = landline.groups()
        whole = f"{area}-{number}" if area else short
        extension = extension or short_extension
        return f"{whole}-{extension}" if extension else whole
    return None


def looks_like_broken_phone(text: str) -> bool:
    """Whether somebody seems to give a mobile number that has too few or too many digits."""
    plain = re.sub(r"[- ]", "", normalise(text).text)
    return bool(re.fullmatch(r"\D{0,12}1[3-9]\d{6,8}\D{0,6}|\D{0,12}1[3-9]\d{10,12}\D{0,6}", plain)) and not find_phone(
        text
    )


def refuses_phone(text: str) -> bool:
    """Whether the words say: I give no telephone number. Also bare 不留 and 匿名."""
    plain = normalise(text).text
    if find_phone(plain):
        return False
    if _PLAIN_REFUSAL.match(plain) or _OPENS_WITH_REFUSAL.match(plain):
        return True
    return bool(_ABOUT_PHONE.search(plain) and _UNWILLING.search(plain))


def wants_anonymity(text: str) -> bool:
    """Whether the resident asks for confidentiality: 匿名, 保密, 不要让他们知道是我."""
    return bool(
        re.search(
            r"(匿名|保密|别(?:让|告诉).{0,8}(?:知道|我)|不(?:要|想)(?:让|告诉).{0,10}(?:知道|是我|谁)|不公开)",
            normalise(text).text,
        )
    )
