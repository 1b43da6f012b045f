"""A message in English, as the clerk understands it.

The dialogue knows one set of answers, the Chinese ones. So an answer in English is heard as the Chinese answer that it
stands for ("yes please" → 对, "no phone" → 不留电话), and everything after that goes as always. Everything else is kept
as it was typed: the description, and the place in it, found by the words before it or by "Road", "Lane", "Street". The
category comes from the words of ``nlu_data/english.csv``; without one the people who accept the case choose it.

Whether a conversation is in English is not decided here but by the gateway (``channels/gateway/language.py``).
"""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from functools import cache

from actions.heard import Heard, Place
from bot.language.categories import ENGLISH_WORDS
from bot.language.contact import find_phone, looks_like_broken_phone
from bot.language.reference import find_case_number

LANGUAGE = "en"
"""As the gateway names it in a message's metadata."""

_HANZI = re.compile(r"[\u3400-\u9fff]")
_LONGEST_ANSWER = 8  # words; who says more tells something
_LONGEST_ANSWER_WHERE = 12  # words; so short an answer to "where?" is the place as a whole
_LONGEST_PLACE = 80  # characters
_FIRST, _REST = 0.7, 0.3  # confidence of the category whose words say most, and of the others together

_YES = re.compile(
    r"(?:(?:yes|yeah|yep|yup|y|correct|right|sure|confirm(?:ed)?|ok|okay|exactly|good|great|perfect|fine|submit|agreed?|"
    r"that'?s (?:it|right|correct|fine|good)|(?:it|all|everything) (?:is )?(?:looks? )?(?:right|correct|good|fine)|"
    r"looks (?:right|good|correct|fine)|go ahead|please do|do it|(?:file|submit|send|report) (?:it|this)|"
    r"(?:it|this) is|please|thanks?|thank you|now)[\s,.!]*)+"
)
_ONLY_THANKS = re.compile(
    r"(?:(?:ok|okay|great|good|many|thanks?|thank you|thx|so much|very much|a lot|bye|goodbye)[\s,.!]*)+"
)
_HELLO = re.compile(
    r"(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|there|sir|madam|is anyone there|help|please|"
    r"(?:i (?:want|need|would like|wish) to|i'?d like to|can i|may i|could i|how (?:do|can) i) "
    r"(?:report|complain|file|make)"
    r"(?: (?:about|a|an|some|something|problem|issue|complaint|report|here|to you))*|"
    r"i have a (?:problem|complaint|question)|"
    r"can you help(?: me)?|do you speak english|english)[\s,.!?]*)+"
)
_NO = re.compile(
    r"(?:(?:no|nope|wrong|incorrect|not (?:right|correct)|(?:it|that)(?:'s| is) (?:wrong|not right|not correct)|"
    r"(?:something|this) is wrong|thanks?|thank you)[\s,.!]*)+"
)
_CANCEL = re.compile(
    r"\b(?:cancel|forget (?:it|about it)|never ?mind|(?:don'?t|do not) (?:report|file|submit|send)|drop it|stop it)\b"
)
_NO_PHONE = re.compile(
    r"\b(?:no (?:phone|number|telephone|mobile|contact)|without (?:a |my )?(?:phone|number)|"
    r"(?:prefer|rather|would rather|wish) not|(?:don'?t|do not|won'?t|will not|not) (?:want to |going to |wish to )?"
    r"(?:have|give|leave|share|provide|call)\b.*(?:phone|number|it|me|contact|one)|skip(?: the)? (?:it|phone)?)\b"
)
_ANONYMOUS = re.compile(r"\b(?:anonymous(?:ly)?|confidential|keep my name|don'?t tell them)\b")
_UNKNOWN = re.compile(r"\b(?:(?:don'?t|do not) know|not sure|no idea|can'?t (?:say|tell)|unknown|somewhere)\b")
_PERSON = re.compile(
    r"\b(?:agent|operator|human|real person|a person|someone real|representative|"
    r"(?:speak|talk) (?:to|with) (?:a|some|an))"
)
_ORDINALS = {"first": "第一个", "second": "第二个", "third": "第三个"}
_ORDINAL = re.compile(r"(?:the )?(first|second|third)(?: one)?")
_WAIT = re.compile(
    r"(?:please )?(?:wait|hold on|one moment|just a (?:moment|sec|second|minute)|give me a .*|let me see)[\s,.!]*"
)
_BOTH = re.compile(r"\b(?:both|report all|all of them)\b")
_JOIN = re.compile(r"\b(?:join|same (?:one|case|issue|problem|thing)|follow (?:it|that))\b")
_CHANGE = re.compile(
    r"\b(?:change|wrong|edit|correct|fix)\b.*?\b(place|location|address|category|type|kind|description|text|details)\b"
)
_CHANGED = {"place": "place", "location": "place", "address": "place", "category": "category", "type": "category"}
_CHANGED |= {"kind": "category", "description": "matter", "text": "matter", "details": "matter"}
_CHANGE_PHONE = re.compile(
    r"\b(?:change|wrong|edit|correct|fix|update|another|different)\b.*?\b(?:phone|telephone|mobile|cell|my number)\b|"
    r"\b(?:phone|telephone|mobile|cell|my number)\b.*?\b(?:wrong|incorrect|not (?:right|correct|mine)|changed)\b"
)
_STATUS = re.compile(
    r"\b(?:status|progress|any (?:news|update|updates|result)|what happened (?:to|with)|"
    r"how is my|is it (?:fixed|done))\b"
)
_URGE = re.compile(r"\b(?:hurry|urge|still (?:not|isn'?t|nobody|no one)|speed (?:it )?up)\b")
_DANGER = re.compile(
    r"\b(?:on fire|fire!|there is a fire|there'?s a fire|explosion|exploded|gas leak|"
    r"smell(?:s)? (?:of )?gas|leaking gas|trapped|bleeding|"
    r"unconscious|collapsed|electrocuted|live wire|drowning|is dying|knife|stabbed|injured)\b"
)
_QUESTION = re.compile(
    r"^(?:how|what|when|where|who|which|can|could|may|is there|are there|do|does)\b.*\?\s*$", re.DOTALL
)
# how things are done or allowed in general, although things that can be wrong are named
_ASKS_IN_GENERAL = re.compile(
    r"^(?:how (?:do|can|should|long|much|many)|what (?:are|is|time|do|should)|when (?:can|is|are|do|will)|"
    r"(?:can|may|must|should) (?:i|we|one|people)|am i allowed|is it (?:ok|okay|allowed|legal|illegal|permitted)|"
    r"(?:is|are) .{2,40} (?:allowed|legal|illegal|permitted)|do (?:i|we) (?:need|have)|"
    r"where (?:can|do|should) (?:i|we)|who (?:is|do|should|handles|deals))\b"
)
_AROUND_A_PHONE = re.compile(
    r"\b(?:yes|yeah|ok|okay|correct|my|the|phone|telephone|mobile|cell|number|is|it'?s|call|me|at|on|reach|contact|you|can|"
    r"please|and|here|no|tel)\b|[\s,.:!+-]|\d"
)

_ROAD_WORD = r"(?:Road|Rd|Street|St|Avenue|Ave|Highway|Hwy|Boulevard|Blvd|Lu)"
_NO_NAME = (
    r"(?!(?i:the|my|our|this|that|a|an|on|in|at|near|main|whole|every|busy|across|off|side|same|dirty|broken|damaged|of|"
    r"along|middle|opposite|outside|cross|narrow|one|another|by|to|is|and|blocking|blocked|flooded|public)\b)"
)
# capitalised as names are (South Lianhua Road), or one small word (dushi road) that is no word of the sentence
_ROAD = re.compile(
    r"(?:\b(?i:Lane|Ln|No\.?)\s*\d+\s*,?\s*(?:of\s+)?|\b\d+\s+)?"
    rf"\b{_NO_NAME}(?:(?:[A-Z][a-z']+\s+){{1,3}}|[a-z']{{2,}}\s+(?:(?:north|south|east|west|middle)\s+)?)"
    rf"(?i:{_ROAD_WORD})\b\.?(?!\s+(?:lights?|lamps?|signs?|vendors?|stalls?|works?|surface)\b)"
    r"(?:\s*,?\s*(?:(?i:No\.?|Lane|Ln|Number)\s*\d+|\d+(?!\s*(?:am|pm|days?|hours?|cars?)\b)))?"
)
_AT = re.compile(
    r"\b(?:at|in|near|on|outside|opposite|behind|beside|inside|next to|close to|in front of|by|corner of|around)\s+"
    r"(?:the\s+)?"
)
_PLACE_ENDS = re.compile(
    r"[.,;!?\n]|\s(?:has|have|is|are|was|were|since|for|because|and it|which|that|every|all|at night|for the|please|"
    r"again|"
    r"yesterday|today|now)\b|$"
)
_NAMED = re.compile(r"[A-Z]|\d")
_NO_PLACE = re.compile(
    r"^(?:my|our|this|that|here|there|it|his|her|their|a|an|night|day|the (?:morning|evening|afternoon|night)|morning|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|\d{1,2}(?::\d\d)?\s*(?:am|pm|o'clock)|fire|I)\b",
    re.IGNORECASE,
)
_IT_IS = re.compile(
    r"^(?:no[,.]?\s+)?(?:it'?s|it is|that'?s|i am|i'm|the (?:place|address|location) is|this is)\s+", re.IGNORECASE
)


def heard_in_english(heard: Heard, asked: str | None) -> Heard:
    """The message as the dialogue understands it; ``asked``: what the report's last question was about."""
    if not heard.words or (_HANZI.search(heard.words) and not re.search(r"[A-Za-z]{2,}", heard.words)):
        return heard
    return _answer(heard, asked) or _told(heard, asked)


def _answer(heard: Heard, asked: str | None) -> Heard | None:
    """A short answer as its Chinese counterpart; None when the message tells something of its own."""
    plain = re.sub(r"\s+", " ", heard.words.lower().replace("’", "'")).strip(" .!")
    few = len(plain.split()) <= _LONGEST_ANSWER

    def says(act: str, chinese: str) -> Heard:
        return replace(heard, act=act, text=chinese, confidence=1.0, categories=(), places=(), problems=())

    number = find_case_number(plain)
    if number and (few or _STATUS.search(plain)):
        return says("urge", f"{number} 催一下") if _URGE.search(plain) else says("ask_status", f"{number} 办得怎么样了")
    if (find_phone(plain) or looks_like_broken_phone(plain)) and not _AROUND_A_PHONE.sub("", plain):
        digits = re.sub(r"[^\d+ -]", "", plain).strip(" -")
        return says("affirm", f"对，{digits}") if _YES.match(plain) else says("other", digits)
    if _ANONYMOUS.search(plain) and few:
        return says("affirm" if _YES.match(plain) else "other", "匿名")
    if _NO_PHONE.search(plain) and few:
        return says("affirm", "对，不留电话") if _YES.match(plain) else says("other", "不留电话")
    if asked in ("category", "which") and (ordinal := _ORDINAL.fullmatch(plain)):
        return says("other", _ORDINALS[ordinal.group(1)])
    if asked == "resume" and few and (_YES.fullmatch(plain) or plain.startswith("continue")):
        return says("affirm", "继续")
    if _ONLY_THANKS.fullmatch(plain) and not re.fullmatch(r"(?:ok|okay|good|great|[\s,])+", plain):
        return says("affirm", "对，谢谢") if plain.startswith(("ok", "good", "great")) else says("thank", "谢谢")
    if _YES.fullmatch(plain):
        return says("affirm", "对")
    if _HELLO.fullmatch(plain):
        return says("greet", "你好")
    if _NO.fullmatch(plain):
        return says("deny", "不对" if asked in ("confirmed", "edit", "photo_place") else "不用了")
    if not few:
        return None
    if asked in ("confirmed", "edit") and _CHANGE_PHONE.search(plain):
        return replace(heard, act="edit", edit="phone", button=True, places=(), categories=())
    if change := _CHANGE.search(plain):
        return replace(heard, act="edit", edit=_CHANGED[change.group(1)], button=True, places=(), categories=())
    if _CANCEL.search(plain):
        return says("withdraw", "取消")
    if _PERSON.search(plain):
        return says("handoff", "转人工")
    if _UNKNOWN.search(plain) and asked in ("place", "new_place"):
        return says("other", "不清楚")
    if _WAIT.fullmatch(plain):
        return says("other", "等一下")
    if _BOTH.search(plain):
        return says("affirm", "都报")
    if asked == "confirmed" and _JOIN.search(plain):
        return says("affirm", "加入")
    if _STATUS.search(plain):
        return says("ask_status", "我报的办得怎么样了")
    return None


def _told(heard: Heard, asked: str | None) -> Heard:
    """What was told: an act, the categories that its words speak of, the place in it."""
    text = heard.words
    lower = text.lower().replace("’", "'")
    categories = _categories(lower)
    act = "report"
    if _DANGER.search(lower):
        act = "emergency"
    general = bool(_ASKS_IN_GENERAL.match(lower))
    named = tuple(place for place in heard.places if _HANZI.search(place.text))
    places = named or _places(text, None if general else asked)
    if act == "report" and ((general and not places) or (_QUESTION.match(lower) and not categories)):
        act = "consult"
    if asked in ("confirmed", "edit") and places and lower.startswith(("no", "wrong", "not ", "it")):
        act = "deny"
    return replace(heard, act=act, confidence=1.0, categories=categories, places=places, problems=())


def _places(text: str, asked: str | None) -> tuple[Place, ...]:
    """Where it is, in the resident's words."""
    road = _ROAD.search(text)
    if asked in ("place", "new_place") and len(text.split()) <= _LONGEST_ANSWER_WHERE:
        said = _IT_IS.sub("", text)
        before_it = _AT.match(said)
        said = said[before_it.end() if before_it else 0 :].strip(" ,.!")
        if 2 < len(said) <= _LONGEST_PLACE:
            return (Place(said, _kind(said) if road else "poi"),)
    if road:
        said = road.group().strip(" ,.")
        return (Place(said, _kind(said)),)
    for before in _AT.finditer(text):
        end = _PLACE_ENDS.search(text, before.end())
        said = text[before.end() : end.start() if end else None].strip(" ,.")
        if 2 < len(said) <= _LONGEST_PLACE and _NAMED.search(said) and not _NO_PLACE.match(said):
            return (Place(said, "poi"),)
    return ()


def _kind(road: str) -> str:
    return "address" if re.search(r"\d", road) else "road"


def _categories(lower: str) -> tuple[tuple[str, float], ...]:
    """Categories by how much of their words is said; of words within longer ones only the longer count."""
    taken: list[tuple[int, int]] = []
    said: dict[str, int] = {}
    for phrase, code in _phrases():
        for found in re.finditer(rf"(?<![a-z]){re.escape(phrase)}(?![a-z])", lower):
            if not any(start < found.end() and found.start() < end for start, end in taken):
                taken.append(found.span())
                said[code] = max(said.get(code, 0), len(phrase))
    ranked = sorted(said, key=lambda code: -said[code])
    if len(ranked) < 2:
        return tuple((code, 1.0) for code in ranked)
    return tuple((code, _FIRST if not at else _REST / (len(ranked) - 1)) for at, code in enumerate(ranked))


@cache
def _phrases() -> tuple[tuple[str, str], ...]:
    """All phrases with their categories, the longest first."""
    with ENGLISH_WORDS.open(encoding="utf-8", newline="") as file:
        pairs = [(phrase, row["code"]) for row in csv.DictReader(file) for phrase in row["words"].split("|") if phrase]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))
