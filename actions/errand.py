"""What a resident wants of a case that is filed: to know how it stands, urge, add, withdraw, judge.

A pure account of one such errand: what is known of it, what an answer adds, what has to be asked next. It is done by
``actions.afterwards``, which asks the intake.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from actions.heard import Heard
from actions.opinion import GRADES, HAPPY, grade_of, solved_of
from bot.language.contact import find_phone, looks_like_broken_phone, refuses_phone
from bot.language.normalise import normalise
from bot.language.reference import find_case_number, find_last_four, without_case_number

STATUS, URGE, SUPPLEMENT, WITHDRAW, RATE, CALL_BACK = "status", "urge", "supplement", "withdraw", "rate", "call_back"
KIND_OF_ACT = {
    "ask_status": STATUS,
    "urge": URGE,
    "supplement": SUPPLEMENT,
    "withdraw": WITHDRAW,
    "rate": RATE,
}
"""What each act of a resident asks for."""

MOST_TRIES = 2
"""So often one thing is asked; then the errand is let go."""
LONGEST_WORDS = 2000
LONGEST_REASON = 500

_YES = re.compile(
    r"^(?:嗯|恩|哦|好|对|是|行|可以|确定|确认|撤|撤吧|撤销|撤了|取消|同意|ok|yes|中|得|没错|要撤|要的|对额)+(?:的|呀|啊|哦|吧|了|呢|额|撤|掉|销|谢谢|，|,|。|！|!|\s)*$",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^(?:那就?|我|还是|嗯|哦)*(?:(?:不|先不|先别|别|不用|不要|不想|勿|唔)(?:要|用|想|再)?(?:撤|取消|撤回)|继续办?|留着|再等等|算了|不用了?|不要|没事|不了|不是|没有?|不补了?|别|否|no|不)(?:了|吧|啊|呀|销|诉|办|不撤|继续|。|！|!|,|，|\s)*$",
    re.IGNORECASE,
)
_NEVER_MIND = re.compile(
    r"^(?:哎|唉|嗯|那|就)*(?:算了|不用了?|不要了?|没事了?|没有了?|不说了?|不补了?|先不用|不必了?|无|没了)(?:吧|啊|。|！|\s)*$"
)
_UNKNOWN = re.compile(r"(不知道|不清楚|不记得|忘了|忘记|没留|没有留|想不起|不晓得|没填)")
_REASON = re.compile(
    r"(修好|弄好|解决|好了|处理好|搬走|搬了|走了|拆了|误报|搞错|弄错|报错|看错|不需要|自己|重复|道歉|和解|不麻烦|没必要|清了|清掉|不吵了|亮了|通了)"
)
_ORDINALS = {"一": 0, "1": 0, "二": 1, "2": 1, "两": 1, "三": 2, "3": 2, "四": 3, "4": 3, "五": 4, "5": 4}
_ORDINAL = re.compile(r"^(?:第|选|就|是|那个|要|查)*([一二两三四五1-5])(?:个|件|条|号)?(?:吧|的|啊|。|\s)*$")
_LAST = re.compile(r"(最后|最下面|末)")
_ABOUT_IT = re.compile(
    r"^(?:喂|你好|您好|那个|我(?:要|想)|想|要|请|帮我|麻烦)*(?:对|关于|给)?(?:我)?(?:(?:刚才|刚刚|昨天|前天|上次|之前|上面|这|那|先前|早上)?(?:报|反映|说|讲|登记)?(?:的|过的|格|嘅|额)?(?:那|这)?(?:个|件|条|案件|案子|事|事情|单子|诉求)?)?"
    r"(?:想|要|我|再|还)*(?:补充|补|更正|加|添|修改|改)(?:一下|一点|点|几句|一句|些|个|材料|情况|信息|内容)*[，,。:：！!\s]*"
)
_CHANGED_SUBJECT = frozenset({"report", "emergency", "consult", "suggest", "handoff"})


@dataclass(frozen=True)
class Errand:
    """One errand and what is known of it. ``asked``: what the last question was about."""

    kind: str
    case_no: str | None = None
    offered: tuple[str, ...] = ()
    """numbers of the cases put to choice, in the order shown"""
    asked: str | None = None
    """which, number, last_four, what, again, sure, grade, solved, fault, phone, new_or_old"""
    last_four: str | None = None
    checked: bool = False
    """somebody else's case, opened by the phone's last four digits"""
    words: str = ""
    """what the resident says in it: what is to be added, why it is withdrawn, what is wrong"""
    attachments: tuple[str, ...] = ()
    position: tuple[float, float] | None = None
    grade: str | None = None
    solved: bool | None = None
    sure: bool = False
    """agreed to: the withdrawal, that it belongs to the case, that no more is to be said"""
    dropped: bool = False
    """a withdrawal that was not meant after all"""
    origin: dict[str, Any] | None = None
    """the message that may be a new matter instead, to be heard as such"""
    tries: int = 0
    reason: str = "asked"
    """of a call-back: why a person is wanted"""

    def to_slot(self) -> dict[str, Any]:
        """As JSON for the tracker."""
        return asdict(self)

    @classmethod
    def from_slot(cls, value: dict[str, Any] | None) -> Errand | None:
        """Back from the tracker; members that are not known (of another version) are left out."""
        if not value or "kind" not in value:
            return None
        known = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
        for name in ("offered", "attachments"):
            known[name] = tuple(known.get(name) or ())
        if known.get("position"):
            known["position"] = tuple(known["position"])
        return cls(**known)

    def asking(self, what: str) -> Errand:
        """The same with a question put; put again, it counts."""
        return replace(self, asked=what, tries=self.tries + 1 if self.asked == what else 1)


def begin(kind: str, heard: Heard) -> Errand:
    """An errand of this kind with what its first words say already."""
    words = heard.words
    errand = Errand(kind, case_no=find_case_number(words))
    rest = without_case_number(words)
    if kind == SUPPLEMENT:
        errand = _with_content(errand, heard, _ABOUT_IT.sub("", rest))
    elif kind == WITHDRAW:
        errand = replace(errand, words=rest[:LONGEST_REASON] if _REASON.search(rest) else "")
    elif kind == URGE:
        errand = replace(errand, words=rest[:LONGEST_REASON])
    elif kind == RATE:
        errand = replace(
            errand,
            grade=heard.chose("grade") or grade_of(rest),
            solved=solved_of(rest),
            words=rest[:LONGEST_WORDS] if _tells_more(rest) else "",
        )
    return errand


def answer(errand: Errand, heard: Heard) -> Errand | None:
    """The errand with the answer to its question; None when the resident lets it go or speaks of something else.

    When the answer was not understood, ``asked`` stays as it is.
    """
    words = heard.words
    number = find_case_number(words) or heard.chose("case")
    if number and errand.asked in ("which", "number", "last_four"):
        return replace(errand, case_no=number, asked=None, offered=(), checked=False, last_four=None, tries=0)
    taken = _ANSWERS[errand.asked or "which"](errand, heard, words)
    if taken is not None and taken.asked and _is_another_subject(errand, heard):
        return None
    return taken


def _is_another_subject(errand: Errand, heard: Heard) -> bool:
    """Whether what was no answer speaks of something else."""
    if heard.button and heard.choice is None and heard.position is None and heard.attachment is None:
        return True
    other = KIND_OF_ACT.get(heard.act)
    return heard.act in _CHANGED_SUBJECT or (other is not None and other != errand.kind)


def _which(errand: Errand, heard: Heard, words: str) -> Errand | None:
    if _NEVER_MIND.match(words):
        return None
    match = _ORDINAL.match(normalise(words).text.strip())
    at = _ORDINALS[match.group(1)] if match else len(errand.offered) - 1 if _LAST.search(words) else None
    if at is not None and 0 <= at < len(errand.offered):
        return replace(errand, case_no=errand.offered[at], asked=None, tries=0)
    return errand


def _number(errand: Errand, heard: Heard, words: str) -> Errand | None:
    return None if _NEVER_MIND.match(words) or _UNKNOWN.search(words) or heard.act in ("deny", "withdraw") else errand


def _last_four(errand: Errand, heard: Heard, words: str) -> Errand | None:
    digits = find_last_four(words)
    if digits:
        return replace(errand, last_four=digits, asked=None)
    return None if _NEVER_MIND.match(words) or _UNKNOWN.search(words) or refuses_phone(words) else errand


def _what(errand: Errand, heard: Heard, words: str) -> Errand | None:
    if _NEVER_MIND.match(words) or heard.act == "withdraw":
        return None
    if heard.act in ("greet", "thank", "affirm", "deny") and not heard.places:
        return errand
    taken = _with_content(errand, heard, words)
    return replace(taken, asked=None, tries=0) if taken != errand else errand


def _new_or_old(errand: Errand, heard: Heard, words: str) -> Errand | None:
    """Whether what came belongs to the case or is a new matter; ``sure`` says that it belongs to it."""
    chosen = heard.chose("belongs")
    if chosen == "new" or re.search(r"(新的|另外|不是|别的|另一|重新报)", words):
        return None
    if chosen == "old" or heard.act == "affirm" or re.search(r"(补充|是的|对|刚才那|那件|就是|同一)", words):
        return replace(errand, sure=True, asked=None, tries=0)
    if heard.attachment or heard.position:
        return _with_content(errand, heard, "")
    return None if words else errand


def _sure(errand: Errand, heard: Heard, words: str) -> Errand | None:
    if heard.chose("sure") == "no" or heard.act == "deny" or _NO.match(words):
        return replace(errand, asked=None, dropped=True, tries=0)
    if heard.chose("sure") == "yes" or heard.act == "affirm" or _YES.match(words):
        return replace(errand, asked=None, sure=True, tries=0)
    if heard.act == "withdraw" or _REASON.search(words):
        return replace(errand, asked=None, sure=True, words=errand.words or words[:LONGEST_REASON], tries=0)
    return errand


def _grade(errand: Errand, heard: Heard, words: str) -> Errand | None:
    grade = heard.chose("grade") or grade_of(words)
    solved = errand.solved if errand.solved is not None else solved_of(words)
    told = errand.words or (words[:LONGEST_WORDS] if _tells_more(words) else "")
    if grade is None and solved is None:
        return None if _NEVER_MIND.match(words) or heard.act in ("withdraw", "deny") else errand
    return replace(errand, grade=grade, solved=solved, words=told, asked=None if grade else errand.asked)


def _solved(errand: Errand, heard: Heard, words: str) -> Errand | None:
    chosen = heard.chose("solved")
    solved = chosen == "yes" if chosen else solved_of(words, asked=True)
    if solved is None and heard.act in ("affirm", "deny"):
        solved = heard.act == "affirm"
    if solved is None:
        return errand
    told = errand.words or (words[:LONGEST_WORDS] if _tells_more(words) else "")
    return replace(errand, solved=solved, words=told, asked=None, tries=0)


def _fault(errand: Errand, heard: Heard, words: str) -> Errand | None:
    taken = _with_content(errand, heard, "" if _NEVER_MIND.match(words) or heard.act == "deny" else words)
    return replace(taken, asked=None, sure=True, tries=0)


def _phone(errand: Errand, heard: Heard, words: str) -> Errand | None:
    """Of a call-back: the number, or that there is none."""
    phone = find_phone(words)
    if phone:
        return replace(errand, words=phone, asked=None, tries=0)
    if looks_like_broken_phone(words):
        return errand
    if refuses_phone(words) or _NEVER_MIND.match(words) or heard.act == "deny":
        return replace(errand, words="", sure=True, asked=None, tries=0)
    return errand


_ANSWERS = {
    "which": _which,
    "number": _number,
    "last_four": _last_four,
    "what": _what,
    "new_or_old": _new_or_old,
    "sure": _sure,
    "grade": _grade,
    "solved": _solved,
    "fault": _fault,
    "phone": _phone,
}


def _with_content(errand: Errand, heard: Heard, words: str) -> Errand:
    """What is added to a case: words, a photo, a position."""
    told = words.strip(" ，,。:：")
    if heard.attachment and heard.attachment[0] not in errand.attachments:
        errand = replace(errand, attachments=(*errand.attachments, heard.attachment[0]))
    if heard.position:
        lat, lng, label = heard.position
        errand = replace(errand, position=(lat, lng))
        told = f"位置：{label}" if label else ""
    if len(told) >= 2 and not _only_announces(told):
        joined = f"{errand.words}\n{told}" if errand.words else told
        errand = replace(errand, words=joined[:LONGEST_WORDS])
    return errand


_ANNOUNCES = re.compile(
    r"^(?:刚才|刚刚|昨天|前天|上次|之前|上面|我|报|说|讲|的|那个|那件|这个|这件|案件|案子|事情?|单子|诉求|地址|地点|位置|内容|描述|类别|写|填|弄|搞|说|报|好像|可能|有点|是|照片|图片?|视频|材料|情况|想|要|能|可以|再|还|补充?|更正|修改|改|错|不对|有误|有问题|了|一下|一点|一个|几张|两张|张|吗|么|嘛|呀|啊|吧|的|在|[，,。！!？?\s])+$"
)


def _only_announces(words: str) -> bool:
    """Whether the words say that something is to be added or put right, and not what."""
    return bool(_ANNOUNCES.match(words))


def _tells_more(words: str) -> bool:
    """Whether a judgement says what it is about, not only good or bad."""
    return len(re.sub(r"[\s，,。！!]", "", words)) >= 6


def is_unhappy(errand: Errand) -> bool:
    """Whether the judgement may have the case reopened."""
    return errand.solved is False or (errand.grade is not None and errand.grade not in HAPPY)


def grade_words(grade: str) -> str:
    """A grade as it is said."""
    return GRADES.get(grade, grade)
