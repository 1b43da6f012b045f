"""Who of us a message is for: the report in hand, an errand about a filed case, a person, or nobody in particular."""

from __future__ import annotations

import re
from dataclasses import replace

from actions.dialogue import SURE_ENOUGH, Report
from actions.errand import KIND_OF_ACT, RATE, STATUS, SUPPLEMENT, URGE, WITHDRAW
from actions.heard import Heard
from actions.opinion import grade_of, solved_of
from bot.language.reference import find_case_number
from bot.language.trouble import tells_trouble

SURE_OF_ACT = 0.5
OPENING = frozenset({"report", "consult", "suggest", "emergency", "share_location", "share_attachment"})
"""Acts that open a report."""

SMALL = {
    "greet": "utter_greet",
    "thank": "utter_thank",
    "praise": "utter_praise",
    "affirm": "utter_nothing_open",
    "deny": "utter_bye",
    "withdraw": "utter_bye",
    "choose_category": "utter_nothing_open",
    "choose": "utter_nothing_open",
    "edit": "utter_nothing_open",
}
"""What is said to acts that open nothing while nothing is open."""

_EARLIER = re.compile(
    r"(昨天|昨晚|昨日|前天|上次|上回|上趟|之前|以前|早上|上周|上礼拜|前几天|前两天|前两日|那天|原来|已经).{0,8}(报|反映|反應|投诉|说|讲|登记|上报|提交)(的|过|格|嘅|额|了)"
)
_HOW_IT_STANDS = re.compile(
    r"(进度|办得?怎么样|怎么样了|到哪一?步|到哪了|处理得?怎么样|办到哪|有(?:没有)?(?:结果|消息|回音|下文|信儿)|查(?:一下|下|询|查)|办好(?:了)?(?:没|吗)|修好(?:了)?(?:没|吗)|有人(?:管|来)(?:了)?(?:没|吗))"
)
_FIX = re.compile(
    r"(?:刚才|刚刚|上面|之前|昨天|报的|那个|那件|前面).{0,10}(?:地址|地点|位置|门牌|路名|电话|号码|内容|描述|类别|楼号).{0,8}(?:错|不对|有误|有问题)"
    r"|(?:地址|地点|位置|门牌|路名|电话|号码|楼号)(?:我)?(?:写|填|说|报|弄|搞|打|讲|留)错"
)
_NOT_THAT = re.compile(r"^(?:不对|不是|错了|写错了|说错了|更正|应该是|改成|改为)[，,。 ]?")
_ADDS = re.compile(
    r"(补充|再补|补一|补个|补张|补照|再加|加一句|添一句|刚才|刚刚|更正|忘(?:了)?说|图来了|照片(?:来了|发晚))"
)
_TELLS = re.compile(
    r"(有(?:人|个|一|几|条|只|辆|车|家|股)(?!管|来|查|看|处理|接)|坏|漏|堵|倒|裂|塌|臭|吵|乱(?:停|扔|摆|堆|贴)|不亮|冒|满了|占)"
)
_REQUEST = re.compile(
    r"^(?:在的话|你好|您好|喂|请|麻烦|劳驾|能不能|可不可以|你们|您|你|帮我|帮忙|给我|来|去|看看|看一下|看下|查查"
    r"|[，, ])+"
)
_SHORTEST_CORRECTION = 4
_AFTER_ALL = re.compile(
    r"(?:还是|继续|接着|重新)(?:给我|帮我|替我)?(?:报|提交|登记|上报)|(?:不|别|没有?|先别)取消|[点按]错了?"
)
_LONGEST_AFTER_ALL = 16
_UNLIKE_A_REPORT = frozenset({"deny", "withdraw", "affirm", "thank", "greet"})


def interjection(report: Report, heard: Heard) -> str | None:
    """The kind of errand that a message asks for although a report is in hand; None for what belongs to the report."""
    words = heard.words
    if heard.chose("follow"):
        return STATUS
    if not words:
        return None
    kind = KIND_OF_ACT.get(heard.act)
    if find_case_number(words):
        return kind or STATUS
    earlier = bool(_EARLIER.search(words))
    if kind == STATUS and heard.confidence >= SURE_OF_ACT and (earlier or _HOW_IT_STANDS.search(words)):
        return STATUS
    if kind in (URGE, WITHDRAW, SUPPLEMENT) and earlier and "刚" not in words:
        return kind
    return None


def errand_kind(heard: Heard, *, filed: bool, told_of_outcome: bool) -> str | None:
    """The kind of errand that a message asks for while no report is in hand.

    ``filed``: something was filed in this conversation; ``told_of_outcome``: the last that was said is that a case is
    closed.
    """
    words = heard.words
    if heard.chose("grade") or heard.chose("solved"):
        return RATE
    judges = bool(words) and (grade_of(words) is not None or solved_of(words) is not None)
    if told_of_outcome and judges and heard.act not in ("emergency", "handoff") and not heard.places:
        return RATE
    if filed and words and (_FIX.search(words) or _corrects(heard, words)):
        return SUPPLEMENT
    kind = KIND_OF_ACT.get(heard.act)
    if kind is None and words and find_case_number(words):
        return STATUS
    return kind


def wants_it_after_all(heard: Heard) -> bool:
    """Whether the resident wants the report filed that was taken back just now: 哎等等，还是报吧."""
    words = heard.words
    return len(words) <= _LONGEST_AFTER_ALL and bool(_AFTER_ALL.search(words)) and not tells_trouble(words)


def tells_after_all(heard: Heard) -> Heard:
    """A message that begins something, though its act was taken for small talk (…开始停水，哦不是昨天，前天)."""
    told = heard.act in _UNLIKE_A_REPORT and bool(heard.places) and tells_trouble(heard.words)
    return replace(heard, act="report") if told else heard


def tells_rather_than_asks(heard: Heard) -> bool:
    """Whether what was taken for a question about a case tells a problem at a place: 帮我看看，某某路有人烤串."""
    asks = _EARLIER.search(heard.words) or _HOW_IT_STANDS.search(heard.words) or find_case_number(heard.words)
    sure = bool(heard.categories) and heard.categories[0][1] >= SURE_ENOUGH
    return not asks and bool(heard.places) and (sure or bool(_TELLS.search(heard.words)))


def without_request(text: str) -> str:
    """A problem without the words that ask somebody to look at it, by which it was taken for a question."""
    return _REQUEST.sub("", text).strip(" ，,。") or text


def may_belong_to_filed(heard: Heard) -> bool:
    """Whether what came right after filing may belong to the case filed: a photo, a position, more words."""
    return heard.attachment is not None or heard.position is not None


def plainly_adds(heard: Heard) -> bool:
    """Whether the words themselves say that they belong to something said before."""
    return bool(_ADDS.search(heard.words) or _FIX.search(heard.words) or _EARLIER.search(heard.words))


def _corrects(heard: Heard, words: str) -> bool:
    """不对，是江川东路: said when the report is filed already."""
    rest = _NOT_THAT.sub("", words)
    return heard.act in ("deny", "supplement") and rest != words and len(rest) >= _SHORTEST_CORRECTION
