"""How a report is taken down: a pure function from what was known and what is heard to what is known now.

The rules are those of a good clerk: one thing is asked at a time, nothing is asked twice that was answered, answers are
taken in any order, corrections at any moment, a telephone number is never pressed for, and nothing is filed that was
not read back and agreed to.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from actions.correction import in_one_breath, number_and_name, other_number, says_more
from actions.hand_over import is_small_talk
from actions.heard import Heard, Place
from actions.said import Said, button
from bot.language.contact import find_phone, looks_like_broken_phone, refuses_phone, wants_anonymity
from bot.language.danger import kind_of_danger
from bot.language.normalise import normalise
from bot.language.trouble import names_place, tells_trouble, told_instead

SURE_ENOUGH = 0.4
"""Confidence of the first category below which the resident is asked to choose: more questions mend a wrong one than
trouble about a right one (docs/nlu.md)."""
SURE_OF_ACT = 0.5
"""Confidence of an act from which a report is dropped on it alone."""
LONGEST_PLACE_ANSWER = 40
"""Characters up to which an answer to "where?" is taken as the place although none was recognised in it."""
LONGEST_DESCRIPTION = 5000
LONGEST_PLACE_TAIL = 10
CHOICES = 3
MOST_PLACE_QUESTIONS = 2
SURE_OF_DIRECTIONS = 0.7
"""Confidence from which what was said in answer to "where?" tells another category."""
SHORTEST_CORRECTION = 6

_YES = re.compile(
    r"^(?:嗯|恩|哦|好|对|是|行|可以|没错|确认|提交|正确|ok|yes|中|成|要得|得|是额|对额|好额|对呀|对啊|对哒|1)+"
    r"(?:的|呀|啊|哦|吧|了|呢|额|就这样|就这么|这样|没问题|没错|报上去|报|提交|谢谢|你|您|，|,|。|！|!|\s)*$",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"^(?:对|是|嗯)*(?:就是?|在)?(?:这里|这儿|那里|那儿|此地|这边|照片(?:上|里)?的?(?:位置|地方))(?:的|了|啊|吧|。)*$"
)
_ALL = re.compile(r"(都|全|两件|两个|一件也)")
_BOTH = re.compile(r"(都报|都要报|全报|全都报|两件都|两个都|一起报|都对|都是|都没错|都上报|都提交)")
_FILE_IT = re.compile(r"(报上去|上报|报吧|提交|就这样|就这么|没问题|没错|地址对|确认|都对|都报|一起报)")
_NOT = re.compile(r"(不对|不是|错了|有误|别报|不要报|先别|等一下|等等|不报|不用报|不行|不确认|改)")
_NO_YES = re.compile(r"(?:对|是|确认)(?:的|了)?[吗么]|(?:确认|对)(?:什么|啥)|对不起")
_ASKS_BACK = re.compile(r"(?:[吗么]\s*[?？。！!~～]*|[?？]\s*)$")
_CANCEL = re.compile(
    r"(不报了|先不报|不想报|不用报了|别报了|取消|撤销|撤回|不投诉了|当我没说|不用了.{0,4}(?:修好|解决|好了))"
)
_NEVER_MIND = re.compile(r"^(?:哎|唉|嗯|那)?(?:算了|不用了|不要了|没事了)[吧啊了。！!\s]*$")
_OTHER_PHONE = re.compile(
    r"^.{0,6}?(?:(?:改|换|更改|修改|更换|变更|更正)(?:一下|一个|个|下|成别的)?(?:我的|联系|留的)*(?:电话|手机|号码)"
    r"|(?:电话|手机|号码|联系方式)(?:号码?)?(?:也|是|好像|都|我)*(?P<wrong>不对|不正确|错|有误|写错|留错|填错|说错|弄错|打错|不是(?:我的|这个))"
    r"|(?:电话|手机|号码|联系方式)(?:号码?)?(?:我)?(?:要|想|得|需要)?(?:改|换)(?:一下|一个|个|下|掉|了)?).{0,4}$"
)
_NO_CHANGE = re.compile(r"^(?:还是|就)*(?:不改|不换|先不改|用原来的|原来的|原来那个)(?:了|就行|就好|吧|。)*$")
_WAIT = re.compile(r"(等一下|等等|等会|稍等|慢点|我想想|我看看|等我)")
_UNKNOWN_PLACE = re.compile(r"^(?:我也?|都|也)?(?:不知道|不清楚|说不清|不晓得|不记得|忘了|弄不清|讲不清楚?|随便)")
_PRIVACY = re.compile(
    r"((?:会不会|会|是不是).{0,8}(?:告诉|泄露|泄漏|透露|知道).{0,10}(?:我|名字|姓名|电话|信息|谁)?|隐私|信息安全|报复)"
)
_IT_IS = re.compile(r"^(?:就?是?在|就(?=[^是在])|地址是?|地点是?|位置是?|就是|在|是|我在|我住)[：:，, ]?")
_CORRECTION = re.compile(r"^(?:不对|不是|错了|写错了|说错了|更正|应该是|改成|改为|是)[，,。 ]?")
_CONTRAST = re.compile(r"不是[^，,。\s]{1,8}[，, ]+(?:而|应该)?是|类别(?:不对|错)")
_VAGUE = re.compile(
    r"^(?:你好|您好|喂|请问|麻烦|那个|我|要|想|来|给|帮|跟|向|你们|报|个|一下|一个|反映|反应|投诉|举报|上报|报修|报告|问题|情况|事情|事|件|下|点|城管|有|打"
    r"|咨询|建议|[,，。！!？?\s])+$"
)
_CONTACT = re.compile(
    r"[\d\s+-]{7,}|[零〇一二三四五六七八九幺\s]{7,}|(?:我的?)?(?:电话|手机|号码|联系方式)(?:号码?)?(?:就|我|也|都)?(?:不用|不留|不要|不给|不必|不需要|不方便留?|不想留|免|算)了?(?:留|给|打|填)?(?:了|的|吧)?"
    r"|(?:就|我|也)?(?:不用|不留|不要|不给|不必|不需要|不方便留?|不想留|别)(?:留|给|打|填|登记)?(?:我的?)?(?:电话|手机|号码|联系方式)?(?:了|的|吧)?|匿名(?:就行|吧)?|(?:我的?)?(?:电话|手机|号码)(?:是|号)?"
)
# whom to call: 打我老婆的吧139…
_CALL = re.compile(r"(?:打|拨|联系|找)[^,，。\d]{0,8}(?=[\d\s:：+-]{7,})")
_HEARD_ONLY = re.compile(
    r"^(?:哦|噢|嗯|好|好的|行|那|我|[，, ])*(?:知道|明白|了解|懂|晓得)了?(?:谢谢|啊|哦|吧|[，,。！ ])*$"
)
_INSTEAD = re.compile(
    r"(?:那|我|就|要|先|改)*(?:报|说|反映)(?:另一个|另外一个|另一件|别的|另外的)(?:吧|是|就是)?"
    r"|改报|换一?个(?:事|问题)?报|不报这个了?[，, ]*(?:改)?(?:报)?"
)
_NOT_THAT_ONE = re.compile(r"(算了|不用|不要|不报|别报|先不|不管|不说|先弄|先报|只报|就报)")
# of two problems the one that a clause drops, and the one that it keeps
_DROPS_IT = re.compile(r"([^，,。；;\s]{1,10}?)(?:就|都|也|先)?(?:算了|不用|不要|不报|别报|不管|不说)")
_KEEPS_IT = re.compile(r"(?:只报|就报|先弄|先报)([^，,。；;\s]{1,10})")
_ONLY_FIRST = re.compile(r"(只报|就报|先弄|先报)(?:第)?(?:一|前面|这)")
_MERE_QUESTION = re.compile(r"(问一句|问一下|问问|请问|想问|几点|多少钱|怎么去|在哪里办|怎么办理)")
_EDGES = " ，,、；;"
_CLAUSE_END = re.compile(r"[\s,，.。;；:：!！?？]")
# where the speaker points, and we cannot see
_THERE = re.compile(
    r"(?:就|是|在|还是|嘛|呀|啊|哦|我们?|你们?|家|的|[，, ])*"
    r"(?:[那这](?:边|里|儿|个地方)|家里?|楼下|门口|外面|旁边|附近|路边|路上|小区里?)(?:里|面|的|啊|呀|嘛|哦|[，, ])*"
)
_PLACE_LIKE = re.compile(
    r"(路|街|弄|号|村|苑|园|小区|楼|门|口|桥|站|店|厂|校|学|院|旁|边|对面|附近|隔壁|广场|中心|市场|城|府|里|湾|公寓|大厦|镇|组|队|杆|巷|道)"
)
_TELLS = re.compile(r"(了|还是|没有|怎么|什么|为啥|吗|呢|不行|很|太|一直|已经|也)")
_ORDINALS = {
    "1": 0,
    "一": 0,
    "第一个": 0,
    "第一": 0,
    "2": 1,
    "二": 1,
    "第二个": 1,
    "第二": 1,
    "3": 2,
    "三": 2,
    "第三个": 2,
    "第三": 2,
}

_PLACE_IN_DOUBT = frozenset({"place", "new_place", "edit", "confirmed"})
"""Questions in answer to which a pin says where it is, whatever was said of the place before."""

REPORTING = frozenset({"report", "consult", "suggest", "emergency", "supplement", "praise", "urge"})


@dataclass(frozen=True)
class Report:
    """A report being taken down. Everything in it was said, shown or chosen by the resident."""

    matter: str = ""
    act: str = "report"
    scores: dict[str, float] = field(default_factory=dict)
    """category → summed confidence over what was said"""
    chosen_code: str | None = None
    place: str | None = None
    place_kind: str | None = None
    position: tuple[float, float] | None = None
    place_unknown: bool = False
    phone: str | None = None
    phone_refused: bool = False
    confidential: bool = False
    attachments: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    asked: str | None = None
    """what the last question was about: matter, place, photo_place, category, confirmed, edit, new_place, new_matter,
    new_phone, resume"""
    place_asked: int = 0
    category_asked: bool = False
    phone_asked: bool = False
    photo_place: tuple[float, float, str] | None = None
    """lat, lng and name of where a photo was taken, offered as the place"""
    similar: str | None = None
    """number of an open case that may be the same, as it was told with the summary"""
    both: bool = False
    """the second problem was read back and agreed to together with this one"""
    resume_from: str | None = None
    """what was asked before a long pause"""
    warned: bool = False
    """the emergency advice was given"""
    later: dict[str, Any] | None = None
    """the second problem of the same message, as a report of its own: taken up when this one is over"""
    since: float | None = None
    """when what was said of it began, in seconds since 1970, where another report came to its end in between"""
    status: str = "open"
    """open, confirmed, cancelled, handed_over"""

    def to_slot(self) -> dict[str, Any]:
        """As JSON for the tracker."""
        return asdict(self)

    @classmethod
    def from_slot(cls, value: dict[str, Any] | None) -> Report:
        """Back from the tracker; members that are not known (of another version) are left out."""
        if not value:
            return cls()
        known = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
        for name in ("attachments", "media"):
            known[name] = tuple(known.get(name) or ())
        for name in ("position", "photo_place"):
            if known.get(name):
                known[name] = tuple(known[name])
        return cls(**known)

    @property
    def ranking(self) -> list[tuple[str, float]]:
        """Categories by confidence, likeliest first."""
        total = sum(self.scores.values())
        ranked = sorted(self.scores.items(), key=lambda pair: -pair[1])
        return [(code, score / max(total, 1.0)) for code, score in ranked]

    @property
    def category(self) -> tuple[str, float] | None:
        """The category and its confidence: 1 when the resident chose it."""
        if self.chosen_code:
            return self.chosen_code, 1.0
        return self.ranking[0] if self.scores else None

    @property
    def is_begun(self) -> bool:
        """Whether something was said, shown or pointed at that has not been filed yet."""
        return self.status == "open" and bool(self.matter or self.attachments or self.position or self.place)

    @property
    def is_complete(self) -> bool:
        """Whether nothing has to be asked any more before it is read back."""
        category = self.category
        sure = category is None or category[1] >= SURE_ENOUGH or len(self.scores) < 2 or self.category_asked
        return bool(self.matter) and self.has_place and sure

    @property
    def second(self) -> Report | None:
        """The second problem of the message, as a report."""
        return Report.from_slot(self.later) if self.later else None

    @property
    def has_place(self) -> bool:
        """Whether there is a place, or none can be had."""
        return bool(self.place or self.position or self.place_unknown)


@dataclass(frozen=True)
class Turn:
    """What follows from a message: the report as it is now, and what is said (response names, with their values)."""

    report: Report
    says: tuple[Said, ...] = ()


def take_up(report: Report, *, second: bool) -> Turn:
    """Begin with a report that is known already: the ``second`` problem of a message, or a question without answer."""
    return ask_next(report, report, [("utter_second", {})] if second else [])


def _only_first(report: Report, heard: Heard) -> tuple[Report, Heard]:
    """Of two problems the first is taken down now and the second kept; a place said once holds for both."""
    first, second = heard.problems
    if _MERE_QUESTION.search(second.text):
        # asked in passing: there is nothing in it to be mended
        return report, replace(heard, places=first.places or heard.places, categories=first.categories, problems=())
    places = second.places or first.places
    place = _best_place(places)
    later = Report(
        matter=second.text.strip(_EDGES),
        scores=dict(second.categories),
        place=place.text if place else None,
        place_kind=place.kind if place else None,
        attachments=report.attachments,
        media=report.media,
    )
    rest = replace(
        heard,
        text=first.text.strip(_EDGES),
        categories=first.categories,
        places=first.places or second.places,
        problems=(),
    )
    return replace(report, later=later.to_slot()), rest


def _one_matter(report: Report, heard: Heard) -> tuple[Report, Heard, list[Said]]:
    """What the message says of one problem; the second waits, and one that is told instead takes the first's place."""
    says: list[Said] = []
    if heard.problems and not report.matter:
        report, heard = _only_first(report, heard)
    if _told_instead(report, heard):
        says.append(("utter_first_cancelled", {}))
    return *_another_instead(report, heard), says


def hear(report: Report, heard: Heard) -> Turn:
    """Take in one message. ``report.asked`` of the turn is the question put next; None when the report is over."""
    report, heard, says = _one_matter(report, in_one_breath(heard))
    if report.asked == "new_phone":
        turn = _new_phone_answered(report, heard)
        if turn is not None:
            return turn
        report = replace(report, asked="confirmed")
    before = report
    report = _without_second(report, heard)
    one_dropped = report != before
    words = heard.words

    if heard.act == "emergency" and _says_whom_to_call(words):
        heard = replace(heard, act="other")  # 打我老婆的: nobody is hit
    if heard.act == "emergency" and not report.warned:
        says.append((f"utter_emergency_{kind_of_danger(words) or 'other'}", {}))
        report = replace(report, warned=True)
    if is_let_go(report, heard) and not one_dropped:
        return _cancelled(report, words, says)
    if report.asked == "photo_place":
        report, answered = _photo_place_answered(report, heard, words)
        if answered:
            return ask_next(before, report, says)

    if report.asked in ("confirmed", "edit") and (other := _OTHER_PHONE.search(words)) and not find_phone(words):
        report, question = _edit(replace(report, phone=None) if other["wrong"] else report, "phone")
        return Turn(report, (*says, question))
    report, remarks = _take_contact(report, words)
    says += remarks
    report, remarks = _take_media(report, heard)
    says += remarks
    if heard.chosen_code:
        report = replace(report, chosen_code=heard.chosen_code)
    if heard.edit:
        report, question = _edit(report, heard.edit)
        return Turn(report, (*says, question))
    if words and not heard.places and len(words) <= 40 and _PRIVACY.search(words):
        says.append(("utter_privacy", {}))
    elif words and not _only_about_contact(report, words, heard):
        report = _take_words(report, heard, words)

    if before.asked == "confirmed" and words and report == before and _only_about_contact(before, words, heard):
        return Turn(report, (*(says or [("utter_phone_refused", {})]), ("utter_confirm_again", {})))
    if before.asked == "confirmed" and report == before and not says:
        thanks_only = report.act == "consult" and "谢" in words and not _FILE_IT.search(words)
        if (agrees(heard, words) and not thanks_only) or (report.act == "emergency" and heard.act == "urge"):
            return Turn(replace(report, status="confirmed", asked=None, both=_agrees_to_both(report, heard, words)))
        if heard.act == "deny" or _CORRECTION.match(words):
            return Turn(replace(report, asked="edit"), (("utter_what_is_wrong", {}),))
        if _WAIT.search(words):
            return Turn(report, (("utter_take_your_time", {}),))
        return Turn(report, (("utter_confirm_again", {}),))
    if before.asked == "confirmed" and _only_contact_changed(before, report) and agrees(heard, _without_contact(words)):
        return Turn(replace(report, status="confirmed", asked=None), tuple(says))
    if before.asked in ("matter", "place") and report == before and not says:
        if _WAIT.search(words):
            return Turn(report, (("utter_take_your_time", {}),))
        beside_it = heard.act in ("greet", "thank", "other") or is_small_talk(words)
        if words and beside_it and not _THERE.fullmatch(words):
            says.append(("utter_small_talk", {}))
    return ask_next(before, report, says)


def asks_about_privacy(words: str) -> bool:
    """Whether the words ask what becomes of the resident's name and telephone number."""
    return bool(_PRIVACY.search(words))


def is_let_go(report: Report, heard: Heard) -> bool:
    """Whether the resident takes the report back."""
    words = heard.words
    if words and (_PRIVACY.search(words) or (heard.confidence < SURE_OF_ACT and not _CANCEL.search(words))):
        return False
    if _told_instead(report, heard):
        return False
    if heard.act == "withdraw" and not (words and refuses_phone(words) and not _CANCEL.search(words)):
        return True
    if _CANCEL.search(words) and heard.act not in ("report", "emergency"):
        return True
    return bool(_NEVER_MIND.match(words)) and report.asked not in ("confirmed", None)


def _take_contact(report: Report, words: str) -> tuple[Report, list[Said]]:
    says: list[Said] = []
    if not words:
        return report, says
    phone = find_phone(words)
    if phone and phone != report.phone:
        report = replace(report, phone=phone, phone_refused=False)
        says.append(("utter_phone_noted", {}))
    elif looks_like_broken_phone(words):
        says.append(("utter_phone_broken", {}))
    elif refuses_phone(words) and not report.phone_refused and not _answers_place(report, words):
        report = replace(report, phone_refused=True, phone=None)
        says.append(("utter_phone_refused", {}))
    if wants_anonymity(words) and not report.confidential:
        report = replace(report, confidential=True)
        says = [said for said in says if said[0] != "utter_phone_refused"] + [("utter_confidential", {})]
    return report, says


def _only_about_contact(report: Report, words: str, heard: Heard) -> bool:
    """Whether the words say nothing but how, or that not, to reach the resident."""
    if heard.places or _answers_place(report, words):
        return False
    if find_phone(words) or looks_like_broken_phone(words):
        return len(_without_contact(words)) <= 4 or _says_whom_to_call(words)
    return (refuses_phone(words) or wants_anonymity(words)) and not (heard.act == "report" and not report.matter)


def _answers_place(report: Report, words: str) -> bool:
    return report.asked == "place" and bool(_UNKNOWN_PLACE.match(words))


def _take_media(report: Report, heard: Heard) -> tuple[Report, list[Said]]:
    says: list[Said] = []
    if heard.position:
        lat, lng, label = heard.position
        report = replace(report, position=(lat, lng), place_unknown=False)
        if report.asked in _PLACE_IN_DOUBT:
            # a pin without a label is named by the intake; the old words would name another place than the map
            report = replace(report, place=label or None, place_kind="poi" if label else None)
        elif label and report.place is None:
            report = replace(report, place=label, place_kind="poi")
    if heard.attachment and heard.attachment[0] not in report.attachments:
        attachment, media = heard.attachment
        report = replace(report, attachments=(*report.attachments, attachment), media=(*report.media, media))
        kind = media.split("/", maxsplit=1)[0]
        if kind == "audio":
            if heard.button:  # else its words were understood and are answered
                says.append(("utter_voice_noted", {}))
        elif report.matter:
            says.append(("utter_photo_noted" if kind == "image" else "utter_file_noted", {}))
    for attachment, media in heard.album:
        if attachment not in report.attachments:
            report = replace(report, attachments=(*report.attachments, attachment), media=(*report.media, media))
    return report, says


def _edit(report: Report, what: str) -> tuple[Report, Said]:
    if what == "place":
        return replace(report, asked="new_place"), ("utter_new_where", {})
    if what == "matter":
        return replace(report, asked="new_matter"), ("utter_new_what", {})
    if what == "phone":
        return replace(report, asked="new_phone"), ("utter_new_phone", {})
    return replace(report, asked="category", category_asked=True), ("utter_which", {})


def _new_phone_answered(report: Report, heard: Heard) -> Turn | None:
    """Take the answer to "what is the right number?"; None when something else was said."""
    words = heard.words
    if looks_like_broken_phone(words):
        return Turn(report, (("utter_phone_broken", {}),))
    if _NEVER_MIND.match(words) or _NO_CHANGE.match(words):
        says: list[Said] = []
    elif words and _only_about_contact(report, words, heard):
        report, says = _take_contact(report, words)
    else:
        return None
    # what had been read back is read back again, and not filed on the 对 before a number
    return ask_next(replace(report, asked="confirmed"), report, says)


def _take_words(report: Report, heard: Heard, words: str) -> Report:
    asked = report.asked
    if asked == "category":
        code = _choice(report, words) or (report.ranking[0][0] if report.ranking and _YES.match(words) else None)
        if code:
            return replace(report, chosen_code=code)
    if asked == "new_matter":
        return _with_categories(replace(report, matter=heard.typed, scores={}, chosen_code=None), heard)
    if asked in ("confirmed", "edit") and not heard.places:
        if agrees(heard, words):
            return report
        corrected = _corrected(report, heard, words)
        if corrected != report or heard.act in ("deny", "thank"):
            return corrected
    if asked in ("confirmed", "edit", "new_place") and (both := number_and_name(report.place, words, heard.places)):
        return replace(report, place=both, position=None)
    place = _best_place(heard.places)
    told_where = bool(place) and (asked in ("place", "new_place") or report.place_unknown)
    if place and _replaces_place(report, heard, place, words):
        text = _whole_place(heard.places, place, words) if told_where else place.text
        report = replace(report, place=text, place_kind=place.kind, place_unknown=False)
        if asked in ("confirmed", "edit", "new_place"):
            report = replace(report, position=None)
    elif asked in ("place", "new_place") and not place:
        report = _place_in_own_words(report, heard, words)
        if report.has_place or report.asked != asked:
            return report
    if _adds_matter(report, heard, words, told_where):
        matter = f"{report.matter}\n{heard.typed}" if report.matter else heard.typed
        report = replace(report, matter=matter[:LONGEST_DESCRIPTION])
        if heard.act in ("consult", "suggest", "emergency") and report.act == "report" and "\n" not in matter:
            report = replace(report, act=heard.act)
        # directions to a place are no description of what is wrong there
        if not told_where or _speaks_of_same(report, heard):
            report = _with_categories(report, heard)
    return report


def _speaks_of_same(report: Report, heard: Heard) -> bool:
    category = report.category
    if not heard.categories or category is None:
        return True
    code, confidence = heard.categories[0]
    return code == category[0] or confidence >= SURE_OF_DIRECTIONS


def _told_instead(report: Report, heard: Heard) -> str | None:
    """The problem for which the one in hand is dropped in the same breath: 算了，有人在楼道充电."""
    rest = told_instead(heard.words) if report.matter else None
    sure = bool(heard.categories) and heard.categories[0][1] >= SURE_ENOUGH
    return rest if rest and (sure or heard.act in REPORTING) else None


def _another_instead(report: Report, heard: Heard) -> tuple[Report, Heard]:
    """那我报另一个：…: what was taken down is dropped for what follows; how to reach the resident stays."""
    instead = _INSTEAD.search(heard.words)
    rest = heard.words[instead.end() :].strip(" ，,。:：") if instead else ""
    named = bool(report.matter) and heard.act in REPORTING and len(rest) >= SHORTEST_CORRECTION
    if not named:
        rest = _told_instead(report, heard) or ""
    if not rest:
        return report, heard
    contact = {name: getattr(report, name) for name in ("phone", "phone_refused", "phone_asked", "confidential")}
    places = tuple(place for place in heard.places if place.text in rest)
    act = heard.act if heard.act in ("suggest", "emergency") else "report"
    return Report(**contact), replace(heard, text=rest, act=heard.act if named else act, places=places)


def _without_second(report: Report, heard: Heard) -> Report:
    """公园算了，先弄下水道: the second problem of the message is not wanted."""
    second, words = report.second, heard.words
    if second is None or not _NOT_THAT_ONE.search(words):
        return report
    of_second, of_first = _pieces(second.matter), _pieces(report.matter)
    dropped = " ".join(_DROPS_IT.findall(words))
    kept = " ".join(_KEEPS_IT.findall(words))
    names_second = any(piece in dropped for piece in of_second - of_first)
    names_first = any(piece in kept for piece in of_first - of_second)
    return replace(report, later=None) if names_second or names_first or _ONLY_FIRST.search(words) else report


def _pieces(matter: str) -> set[str]:
    """Pairs of characters, by which a problem is known again."""
    return {matter[i : i + 2] for i in range(len(matter) - 1)}


def _place_in_own_words(report: Report, heard: Heard, words: str) -> Report:
    """Take an answer to "where?" in which no place was recognised: by its looks, or whatever it is the second time."""
    if _UNKNOWN_PLACE.match(words):
        return replace(report, place_unknown=True)
    plain = _IT_IS.sub("", words).strip(" 。，,！!")
    answers = heard.act not in ("greet", "thank", "deny", "handoff", "rate") and 2 <= len(plain) <= LONGEST_PLACE_ANSWER
    if (
        not answers
        or _WAIT.search(words)
        or _PRIVACY.search(words)
        or (is_small_talk(words) and not _PLACE_LIKE.search(plain))
    ):
        return report
    if _THERE.fullmatch(plain) and report.place_asked < MOST_PLACE_QUESTIONS:
        return report
    if tells_trouble(plain) and not names_place(plain):
        return report  # what is wrong there, or somewhere else, is no place
    looks_so = (_PLACE_LIKE.search(plain) and not _TELLS.search(plain)) or (
        len(plain) <= 6 and heard.act != "report" and not _TELLS.search(plain)
    )
    if looks_so or report.place_asked >= MOST_PLACE_QUESTIONS:
        return replace(report, place=plain, place_kind="said", place_unknown=False)
    return report


def _corrected(report: Report, heard: Heard, words: str) -> Report:
    """A correction of the summary without a place in it: another house number, a place at last, another matter."""
    place = other_number(report.place, words) if report.place and heard.act != "report" else None
    if place is not None:
        return replace(report, place=place, position=None)
    if report.place_unknown and _PLACE_LIKE.search(words) and len(words) <= LONGEST_PLACE_ANSWER:
        return replace(report, place=_IT_IS.sub("", words).strip(" 。，,！!"), place_kind="said", place_unknown=False)
    rest = _CORRECTION.sub("", words)
    contrasts = bool(_CONTRAST.search(words)) and heard.act in (*REPORTING, "deny")
    if (heard.act == "deny" or contrasts) and len(rest) >= SHORTEST_CORRECTION and not refuses_phone(words):
        matter = f"{report.matter}\n{heard.typed}"[:LONGEST_DESCRIPTION]
        sure = bool(heard.categories) and heard.categories[0][1] >= SURE_ENOUGH
        scores = dict(heard.categories) if sure else report.scores
        if not sure:
            return replace(report, matter=matter)
        return replace(report, matter=matter, scores=scores, chosen_code=None)
    return report


def _with_what_follows(place: str, words: str) -> str:
    """An answer to "where?" says more than a place's name: 利景花苑靠马路那排门面 is kept whole."""
    tail = _CLAUSE_END.split(words[words.find(place) + len(place) :], maxsplit=1)[0]
    return place + tail.rstrip("的啊呀哦吧") if len(tail) <= LONGEST_PLACE_TAIL else place


def _whole_place(places: tuple[Place, ...], best: Place, words: str) -> str:
    """An answer to "where?" that names several places is one place, told from several sides: it is kept whole."""
    plain = _IT_IS.sub("", words).strip(" 。，,！!")
    several = len(places) > 1 and best.kind not in ("pole", "address")
    if several and len(plain) <= LONGEST_PLACE_ANSWER and not tells_trouble(plain) and not _CORRECTION.match(words):
        return plain
    return _with_what_follows(best.text, words)


def _best_place(places: tuple[Place, ...]) -> Place | None:
    order = ("pole", "address", "crossing", "highway", "metro", "section", "estate", "poi", "village", "road", "town")
    return min(places, key=lambda place: order.index(place.kind) if place.kind in order else 99, default=None)


def _replaces_place(report: Report, heard: Heard, place: Place, words: str) -> bool:
    if report.place is None or report.asked in ("place", "new_place", "edit"):
        return True
    if heard.act == "deny" or _CORRECTION.match(words) or _NOT.search(words):
        return True
    return says_more(report.place_kind, place.kind) or (
        report.asked == "confirmed" and len(words) - len(place.text) <= 6
    )


def _adds_matter(report: Report, heard: Heard, words: str, told_where: bool) -> bool:
    rest = words.replace(report.place or "", "") if told_where else words
    for place in heard.places:
        rest = rest.replace(place.text, "")
    rest = re.sub(r"[\s，,。.！!？?]|就是|这里|那里|在|地址|位置|里面那条|那边|的|哦|啊|呀", "", rest)
    if not report.matter and not _CONTACT.sub("", rest):
        return False  # how to reach the resident, and perhaps where it is
    if (
        not report.matter
        and report.asked == "matter"
        and is_small_talk(words)
        and heard.act not in ("report", "emergency")
    ):
        return False
    if not report.matter:
        return heard.act not in ("greet", "thank", "affirm", "deny") and not _VAGUE.match(words) and len(rest) >= 2
    if told_where:
        return heard.act in REPORTING and (len(rest) >= 8 or (len(rest) >= 4 and tells_trouble(rest)))
    return len(rest) >= 4 and heard.act in REPORTING and not refuses_phone(words)


def _with_categories(report: Report, heard: Heard) -> Report:
    scores = dict(report.scores)
    for code, confidence in heard.categories:
        scores[code] = scores.get(code, 0.0) + confidence
    return replace(report, scores=scores)


def _choice(report: Report, words: str) -> str | None:
    plain = normalise(words).text.strip(" 。.、")
    index = _ORDINALS.get(plain)
    ranking = report.ranking[:CHOICES]
    return ranking[index][0] if index is not None and index < len(ranking) else None


def agrees(heard: Heard, words: str) -> bool:
    """Whether the words say yes; 知道了 says that they were heard, 这样就报上去了吗 asks, 对不起 is sorry."""
    if _HEARD_ONLY.match(words) or _NO_YES.search(words) or _only_asks(words):
        return False
    if heard.chose("both"):
        return True
    if heard.act == "affirm" and not _NOT.search(words):
        return True
    return (
        bool(words)
        and not _NOT.search(words)
        and bool(_YES.match(words) or (_FILE_IT.search(words) and len(words) <= 20))
    )


def _only_asks(words: str) -> bool:
    """Whether the words ask (这样就报上去了吗？) and do not agree first (对，什么时候能修好？)."""
    first, *rest = _CLAUSE_END.split(words, maxsplit=1)
    return bool(_ASKS_BACK.search(words)) and not (rest and rest[0] and _YES.match(first))


def _only_contact_changed(before: Report, after: Report) -> bool:
    return before == replace(
        after, phone=before.phone, phone_refused=before.phone_refused, confidential=before.confidential
    )


def _says_whom_to_call(words: str) -> bool:
    """Whether the words are a telephone number and whose it is."""
    return find_phone(words) is not None and len(_without_contact(_CALL.sub("", words))) <= 2


def _without_contact(words: str) -> str:
    return _CONTACT.sub("", words).strip("，,。 ")


def ask_next(before: Report, report: Report, says: list[Said]) -> Turn:
    """Put the next question, or read the report back when there is none."""
    if not report.matter:
        seen = bool(report.attachments or report.position) and before.asked is None
        still = "utter_what_still" if before.asked == "matter" else "utter_what"
        says.append(("utter_what_seen" if seen and not says else still, {}))
        return Turn(replace(report, asked="matter"), tuple(says))
    if not report.has_place:
        if says and before.asked == "place" and replace(report, warned=before.warned) == before:
            # something else came in between: the question stands, and is not counted again
            return Turn(report, (*says, ("utter_where_still", {})))
        if report.place_asked < MOST_PLACE_QUESTIONS and report.act != "consult":
            says.append(("utter_where" if not report.place_asked else "utter_where_again", {}))
            return Turn(replace(report, asked="place", place_asked=report.place_asked + 1), tuple(says))
        report = replace(report, place_unknown=True)
    category = report.category
    # what was read back before and stays the likeliest is read back again, not asked about
    read_back = before.asked == "confirmed" and before.category and category and before.category[0] == category[0]
    unsure = category and category[1] < SURE_ENOUGH and len(report.scores) > 1
    if unsure and not read_back and not report.category_asked:
        says.append(("utter_which", {}))
        return Turn(replace(report, asked="category", category_asked=True), tuple(says))
    ask_phone = not (report.phone or report.phone_refused or report.phone_asked)
    says.append(("utter_summary", {"ask_phone": ask_phone}))
    return Turn(replace(report, asked="confirmed", phone_asked=True), tuple(says))


def still(report: Report) -> list[Said]:
    """The question that stands, put once more after something else came in between."""
    match_asked = {"matter": "utter_what_still", "place": "utter_where_still", "new_place": "utter_new_where"}
    match_asked |= {"category": "utter_which", "new_matter": "utter_new_what", "edit": "utter_what_is_wrong"}
    match_asked |= {"new_phone": "utter_new_phone"}
    if report.asked is None:
        return []
    return [(match_asked.get(report.asked, "utter_confirm_again"), {})]


def offer_photo_place(turn: Turn, lat: float, lng: float, name: str) -> Turn:
    """Instead of asking where it is, offer where the resident's photo was taken."""
    buttons = [button("就是这里", "photo_place", "yes"), button("不是这里", "photo_place", "no")]
    said: Said = ("utter_photo_place", {"place": name, "buttons": buttons})
    report = replace(turn.report, asked="photo_place", place_asked=0, photo_place=(lat, lng, name))
    return Turn(report, (*turn.says[:-1], said))


def _photo_place_answered(report: Report, heard: Heard, words: str) -> tuple[Report, bool]:
    """Take the answer to "was it where the photo was taken?": whether that was all that was said.

    Otherwise the words are heard as an answer to "where?".
    """
    chosen = heard.chose("photo_place")
    yes = chosen == "yes" or (not heard.places and (agrees(heard, words) or bool(_HERE.match(words))))
    if yes and report.photo_place:
        lat, lng, name = report.photo_place
        return replace(report, position=(lat, lng), place=name, place_kind="poi", asked=None), True
    bare_no = chosen == "no" or heard.act == "deny" or bool(_NOT.search(words))
    another = bool(heard.places or heard.position) or len(_CORRECTION.sub("", words)) >= SHORTEST_CORRECTION
    return replace(report, asked="place"), bare_no and not another


def _cancelled(report: Report, words: str, says: list[Said]) -> Turn:
    """The report is dropped; a second problem of the same message stays unless all of it is taken back."""
    all_of_it = report.later is None or bool(_ALL.search(words))
    dropped = replace(report, status="cancelled", asked=None, later=None if all_of_it else report.later)
    return Turn(dropped, (*says, ("utter_cancelled" if all_of_it else "utter_first_cancelled", {})))


def _agrees_to_both(report: Report, heard: Heard, words: str) -> bool:
    second = report.second
    return bool(second and second.is_complete and (heard.chose("both") or _BOTH.search(words)))
