"""The action that hears every message: gives it to the report in hand, to an errand, or to a person, and answers."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import english_questions, english_words, hand_over, passing, pausing, refusals, routing, words
from actions import errand as errands
from actions.afterwards import Afterwards, Speaker
from actions.consulting import CONSULTED, Question, answer_buttons, without_places
from actions.dialogue import Report, Turn, ask_next, hear, offer_photo_place, still, take_up
from actions.drafts import draft_id
from actions.english import heard_in_english
from actions.errand import CALL_BACK, MOST_TRIES, STATUS, SUPPLEMENT, URGE, WITHDRAW, Errand
from actions.filing import Filing
from actions.heard import Heard, Place, Problem
from actions.intake import Intake, IntakeDown, IntakeRefused
from actions.knowledge import Article, Knowledge, answer_text
from actions.report_form import REFUSED, SECOND, TAKEN_UP, report_body
from actions.said import Said, button, utter
from actions.tracker import (
    conversation_of,
    heard_of,
    is_english,
    message_id_of,
    metadata_of,
    pushed_case,
    silence_before,
    told_of_outcome,
)

log = logging.getLogger(__name__)

# the form asks by these slots; the report's own question is finer
_ASKED_SLOT = {"matter": "matter", "new_matter": "matter", "place": "place", "new_place": "place"}
_KNOWN_PLACES = frozenset({"point", "road", "estate"})
_SIMILAR_ENOUGH = 50  # of the intake's 100 points
_LONGEST_COMPARED = 1000
_JOINS = ("加入", "加进去", "一起跟进", "跟着这个", "并在一起", "就跟这件")
_NOT_JOINING = ("不", "别", "单独", "勿")


@dataclass
class Talk:
    """A conversation while one message is taken in."""

    heard: Heard
    speaker: Speaker
    people: hand_over.People
    report: Report
    errand: Errand | None = None
    dropped: Report | None = None
    """the report that was taken back with the message before"""
    english: bool = False
    """the resident writes English: what is said is said in it"""
    misses: int = 0
    """turns in a row that were not understood"""
    says: list[Said] = field(default_factory=list)
    similar: dict[str, Any] | None = None
    preview: dict[str, Any] | None = None
    consulted: dict[str, Any] | None = None
    """a question that was answered just now, as ``actions.consulting`` keeps it"""

    def say(self, name: str, **values: Any) -> None:
        """Say a response."""
        self.says.append((name, values))

    def take(self, turn: Turn) -> None:
        """Go on as the report's dialogue says."""
        self.report = turn.report
        self.says += turn.says


class Clerk(Action):
    """Validates the report form: takes the latest message in, answers, and says what is asked for next."""

    def __init__(self, intake: Intake, filing: Filing, knowledge: Knowledge) -> None:
        self._intake = intake
        self._filing = filing
        self._knowledge = knowledge
        self._afterwards = Afterwards(intake)

    def name(self) -> str:
        """As Rasa knows it."""
        return "validate_report_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Decide, say, and set the slots; the form ends when nothing is open any more."""
        talk = _talk_of(tracker)
        for matter, refused in await self._filing.owed_refusals(talk.speaker.channel, talk.speaker.user):
            why = refusals.what_is_wrong(refused, english=talk.english)
            talk.say("utter_not_filed_later", matter=pausing.shortened(matter), why=why)
        taken_up = tracker.get_slot(TAKEN_UP)
        if taken_up == REFUSED:
            talk.report = replace(talk.report, asked="edit")
        elif taken_up:
            talk.take(take_up(talk.report, second=taken_up == SECOND))
        else:
            await self._listen(talk, tracker)
        await self._look_at_photo(talk, tracker)
        if any(name == "utter_summary" for name, _ in talk.says):
            await self._look_around(talk, tracker)
        for said in talk.says:
            _utter(dispatcher, talk, said)
        return _slots(talk)

    async def _listen(self, talk: Talk, tracker: Tracker) -> None:
        """Find out whom the message is for, and let them answer."""
        heard, report = talk.heard, talk.report
        silence = silence_before(tracker)
        paused = silence is None or silence > pausing.LONG_PAUSE_SECONDS
        if paused:
            talk.errand = None
        if hand_over.wants_a_person(heard):
            self._give_to_a_person(talk, "asked")
            return
        if talk.errand is not None and await self._answered_errand(talk):
            return
        report = talk.report
        if report.is_begun:
            kind = routing.interjection(report, heard)
            if kind is not None:
                talk.errand = errands.begin(kind, heard)
                await self._run_errand(talk)
                return
            if not paused and await self._answered_in_passing(talk):
                return
            # after a hand-over or a long silence the resident may not remember where we were
            if report.asked == "resume":
                talk.take(pausing.take_answer(report, heard))
            elif paused or report.asked is None:
                talk.take(pausing.take_after_pause(report, heard))
            elif not await self._joined(talk):
                self._hear(talk)
            return
        if talk.dropped is not None and not paused and routing.wants_it_after_all(heard):
            report = replace(talk.dropped, status="open", asked=None)
            talk.take(ask_next(report, report, []))
            return
        heard = talk.heard = routing.tells_after_all(heard)
        filed = bool(tracker.get_slot("filed"))
        if follow := heard.chose("follow"):
            await self._join(talk, follow)
            return
        kind = routing.errand_kind(heard, filed=filed, told_of_outcome=told_of_outcome(tracker))
        if kind is None and filed and routing.may_belong_to_filed(heard):
            kind = SUPPLEMENT
        if kind is not None:
            await self._begin_errand(talk, kind, tracker)
        elif talk.english and heard.act == "consult" and await self._answered_in_english(talk):
            talk.misses = 0
        elif heard.act in routing.OPENING or report.asked is not None:
            self._hear(talk)
        elif heard.act in routing.SMALL:
            talk.misses = 0
            talk.say(routing.SMALL[heard.act])
        else:
            self._missed(talk, "utter_what_next")

    # questions

    async def _answered_in_passing(self, talk: Talk) -> bool:
        """Whether a question put while a report is in hand was answered; the form's own question stands."""
        asked = passing.question(talk.report, talk.heard, english=talk.english)
        if asked is None:
            return False
        found = await self._best_article(asked)
        if found is not None and found.fit == "answer":
            answer = english_questions.article_text(found) if talk.english else answer_text(found, ())
            talk.say("utter_consult_answer", answer=answer)
        elif passing.is_plainly_asked(talk.heard):
            talk.say("utter_passing_unknown")
        else:
            return False
        talk.misses = 0
        talk.says += still(talk.report)
        return True

    async def _answered_in_english(self, talk: Talk) -> bool:
        """Whether a Chinese article was shown for a question in English; what it does not answer can be registered."""
        found = await self._best_article(english_questions.in_chinese(talk.heard.words))
        if found is None or found.fit == "none":
            talk.say("utter_consult_unknown")
            return False
        talk.say("utter_consult_answer", answer=english_questions.article_text(found), buttons=answer_buttons(()))
        noted = without_places(Question(talk.heard.typed, places=talk.heard.places))
        scores = dict(talk.heard.categories)
        talk.consulted = {"text": talk.heard.typed, "noted": noted, "scores": scores, "article": found.id}
        return True

    async def _best_article(self, question: str) -> Article | None:
        if not question:
            return None
        try:
            return next(iter(await self._knowledge.find(question)), None)
        except (IntakeDown, IntakeRefused) as error:
            log.warning("knowledge not searched: %s", error)
            return None

    # the report in hand

    def _hear(self, talk: Talk) -> None:
        before = talk.report
        turn = hear(before, talk.heard)
        talk.take(turn)
        if _learned(before, turn.report) or turn.report.asked is None or not talk.heard.words:
            talk.misses = 0
        elif talk.heard.act == "other":
            self._missed(talk, None)

    async def _joined(self, talk: Talk) -> bool:
        """Whether the resident joins the similar case that the summary told of; joining needs the plain word."""
        report, said = talk.report, talk.heard.words
        plainly = any(join in said for join in _JOINS) and not any(no in said for no in _NOT_JOINING)
        wanted = report.asked == "confirmed" and report.similar and (talk.heard.chose("similar") == "join" or plainly)
        if not wanted or report.similar is None:
            return False
        await self._join(talk, report.similar)
        return True

    async def _join(self, talk: Talk, number: str) -> None:
        report = talk.report
        try:
            talk.says.append(await self._afterwards.join(number, report, talk.speaker))
        except IntakeDown:
            talk.say("utter_status_unreachable")
            return
        except IntakeRefused as refused:
            talk.say("utter_refused", detail=refusals.in_words(refused, english=talk.english))
            talk.report = replace(report, similar=None)
            talk.says += still(talk.report)
            return
        talk.report = replace(report, status="joined", asked=None)

    async def _look_at_photo(self, talk: Talk, tracker: Tracker) -> None:
        """Before asking where it is: a photo may tell."""
        report = talk.report
        asks = bool(talk.says) and talk.says[-1][0] in ("utter_where", "utter_where_again")
        if not asks or not report.attachments or report.photo_place is not None:
            return
        try:
            preview = await self._intake.preview(report_body(report, tracker))
        except (IntakeDown, IntakeRefused):
            return
        place = preview.get("photo_place") or {}
        if place.get("precision") in _KNOWN_PLACES and place.get("lat") is not None:
            turn = offer_photo_place(
                Turn(report, tuple(talk.says)), place["lat"], place["lng"], place.get("name") or place["text"]
            )
            talk.report, talk.says = turn.report, list(turn.says)

    async def _look_around(self, talk: Talk, tracker: Tracker) -> None:
        """For the summary: who would handle it, and whether somebody has reported it already."""
        try:
            talk.preview = await self._intake.preview(report_body(talk.report, tracker))
            location = talk.preview.get("location") or {}
            if location.get("precision") in _KNOWN_PLACES and location.get("lat") is not None:
                category = talk.preview.get("category") or {}
                talk.similar = await self._similar(talk, location, category)
        except (IntakeDown, IntakeRefused) as error:
            log.warning("no preview: %s", error)
        talk.report = replace(talk.report, similar=talk.similar["case_no"] if talk.similar else None)

    async def _similar(self, talk: Talk, location: dict[str, Any], category: dict[str, Any]) -> dict[str, Any] | None:
        """An open case of somebody else that may be the same: of the category or its division (lifecycle: rules)."""
        code = category.get("code")
        body = {"lat": location["lat"], "lng": location["lng"], "text": talk.report.matter[:_LONGEST_COMPARED]}
        if code:
            body["category"] = code
        for found in await self._intake.similar(body):
            alike = found["is_open"] and found["score"] >= _SIMILAR_ENOUGH
            if (
                alike
                and (not code or _of_one_division(category, found.get("category") or {}))
                and await self._intake.case(found["case_no"], talk.speaker.channel, talk.speaker.user) is None
            ):
                return found
        return None

    # errands

    async def _begin_errand(self, talk: Talk, kind: str, tracker: Tracker) -> None:
        """An errand about a filed case; or a new report, when there is no case that it can be about."""
        heard = talk.heard
        errand = errands.begin(kind, heard)
        talk.misses = 0
        if kind == STATUS and routing.tells_rather_than_asks(heard):
            talk.heard = replace(heard, act="report", text=routing.without_request(heard.text))
            self._hear(talk)
            return
        if errand.case_no is None and kind in (URGE, SUPPLEMENT, WITHDRAW):
            try:
                has_cases = await self._afterwards.has_cases(talk.speaker)
            except (IntakeDown, IntakeRefused):
                talk.say("utter_status_unreachable")
                return
            if not has_cases and kind == WITHDRAW:
                talk.say("utter_bye")
                return
            tells = bool(heard.places) or pausing.is_new_matter(replace(heard, act="report"))
            if not has_cases and (kind == SUPPLEMENT or tells):
                self._hear(talk)
                return
            if kind == SUPPLEMENT and not routing.plainly_adds(heard):
                talk.errand = replace(errand, origin=asdict(heard)).asking("new_or_old")
                buttons = [button("补充刚才那件", "belongs", "old"), button("是新的事", "belongs", "new")]
                talk.say("utter_new_or_old", buttons=buttons)
                return
        talk.errand = errand
        await self._run_errand(talk)

    async def _answered_errand(self, talk: Talk) -> bool:
        """Give the message to the errand that asked something; False when it is about something else."""
        errand, heard = talk.errand, talk.heard
        assert errand is not None
        answered = errands.answer(errand, heard)
        if answered is None:
            talk.errand = None
            if errand.asked == "new_or_old":
                self._begin_anew(talk, errand)
                return True
            if heard.act in routing.OPENING or routing.errand_kind(heard, filed=False, told_of_outcome=False):
                return False
            talk.say("utter_let_go")
            talk.says += still(talk.report)
            return True
        talk.errand = answered
        if answered.asked is None:
            talk.misses = 0
            if answered.kind == CALL_BACK:
                self._arranged(talk, answered)
            else:
                await self._run_errand(talk)
            return True
        if answered.tries >= MOST_TRIES:
            talk.errand = None
            self._missed(talk, "utter_let_go")
            return True
        talk.errand = None if answered.kind == CALL_BACK else answered
        if answered.kind == CALL_BACK:
            talk.errand = answered.asking("phone")
            talk.say("utter_phone_broken")
        else:
            talk.errand = replace(answered, asked=None, tries=0) if answered.asked == "which" else answered
            await self._ask_again(talk, answered)
        return True

    async def _ask_again(self, talk: Talk, errand: Errand) -> None:
        """Put an errand's question once more."""
        if errand.asked == "number":
            talk.errand = errand.asking("number")
            talk.say("utter_ask_number")
        elif errand.asked == "last_four":
            talk.errand = errand.asking("last_four")
            talk.say("utter_ask_last_four_again")
        else:
            tries = errand.tries
            talk.errand = errand
            await self._run_errand(talk)
            if talk.errand is not None and talk.errand.asked == errand.asked:
                talk.errand = replace(talk.errand, tries=tries + 1)

    async def _run_errand(self, talk: Talk) -> None:
        """Do what the errand wants, and come back to the report in hand."""
        assert talk.errand is not None
        talk.errand, said = await self._afterwards.run(talk.errand, talk.heard, talk.speaker)
        talk.says += said
        if talk.errand is None and talk.report.is_begun and talk.report.asked:
            talk.says += still(talk.report)

    def _begin_anew(self, talk: Talk, errand: Errand) -> None:
        """What might have belonged to a filed case is a new matter: heard as one, together with what was said now."""
        origin = _heard_again(errand.origin or {})
        turn = hear(talk.report, origin)
        says = turn.says
        if talk.heard.words and talk.heard.act in routing.OPENING:
            turn = hear(turn.report, talk.heard)
            says = turn.says
        talk.report = turn.report
        talk.says += says

    # a person

    def _missed(self, talk: Talk, response: str | None) -> None:
        """A turn that was not understood; the second in a row brings a person, if one is there."""
        if hand_over.is_small_talk(talk.heard.words):
            if response:
                talk.say(response)
            return
        talk.misses += 1
        if talk.misses < hand_over.MOST_MISSES:
            if response:
                talk.say(response)
            return
        talk.misses = 0
        if talk.people.staffed:
            talk.says.clear()
            self._give_to_a_person(talk, "not_understood")
        else:
            opens = hand_over.opening_words(talk.people)
            talk.say("utter_nobody_there_hint", opens=f"（{opens}上班）" if opens else "")

    def _give_to_a_person(self, talk: Talk, reason: str) -> None:
        """Hand the conversation over; outside staffed hours arrange a call-back first."""
        talk.errand, talk.misses = None, 0
        if talk.report.is_begun:
            talk.report = replace(talk.report, asked=None)
        if talk.people.staffed:
            name = "utter_handoff" if reason == "asked" else "utter_handoff_not_understood"
            talk.say(name, json_message=hand_over.marker(reason, phone=talk.report.phone))
            return
        errand = Errand(CALL_BACK, reason=reason)
        if talk.report.phone:
            self._arranged(talk, replace(errand, words=talk.report.phone))
            return
        opens = hand_over.opening_words(talk.people)
        talk.errand = errand.asking("phone")
        talk.say("utter_ask_call_back", opens=f"，{opens}上班" if opens else "")

    def _arranged(self, talk: Talk, errand: Errand) -> None:
        """The call-back has its phone, or the resident does not want to give one."""
        talk.errand = None
        opens = hand_over.opening_words(talk.people) or "上班时间"
        if not errand.words:
            talk.say("utter_no_call_back", opens=opens)
            return
        told = f"{errand.words[:3]}****{errand.words[-4:]}"
        card = hand_over.marker(errand.reason, phone=errand.words, call_back=True)
        talk.say("utter_call_back", phone=told, opens=opens, json_message=card)


def _talk_of(tracker: Tracker) -> Talk:
    channel, user = conversation_of(tracker)
    speaker = Speaker(
        channel, user, draft_id(tracker.sender_id, message_id_of(tracker)), datetime.now(timezone.utc),
        pushed_case(tracker), is_english(tracker),
    )  # fmt: skip
    report = Report.from_slot(tracker.get_slot("report"))
    dropped = report if report.status == "cancelled" else None
    report = Report() if dropped else report
    heard = heard_of(tracker.latest_message)
    return Talk(
        heard=heard_in_english(heard, report.asked) if speaker.english else heard,
        speaker=speaker,
        people=hand_over.people_of(metadata_of(tracker)),
        report=report,
        dropped=dropped,
        english=speaker.english,
        errand=Errand.from_slot(tracker.get_slot("errand")),
        misses=int(tracker.get_slot("misses") or 0),
    )


def _of_one_division(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two categories are the same, or of the same division (大类)."""
    return one["code"] == other.get("code") or (bool(one.get("division")) and one["division"] == other.get("division"))


def _learned(before: Report, after: Report) -> bool:
    """Whether the report knows more than before: not only which question was put."""

    def known(report: Report) -> Report:
        return replace(report, asked=None, place_asked=0, category_asked=False, phone_asked=False, similar=None)

    return known(before) != known(after)


def _heard_again(origin: dict[str, Any]) -> Heard:
    """A message that was kept for later."""
    known = {name: origin[name] for name in Heard.__dataclass_fields__ if name in origin}
    known["places"] = tuple(Place(**place) for place in known.get("places") or ())
    known["categories"] = tuple((code, confidence) for code, confidence in known.get("categories") or ())
    known["problems"] = tuple(
        Problem(
            part["text"],
            tuple((code, confidence) for code, confidence in part["categories"]),
            tuple(Place(**place) for place in part["places"]),
        )
        for part in known.get("problems") or ()
    )
    for name in ("position", "attachment", "choice"):
        known[name] = tuple(known[name]) if known.get(name) else None
    return Heard(**{"text": "", "act": "other", **known})


def _utter(dispatcher: CollectingDispatcher, talk: Talk, said: Said) -> None:
    name, values = said
    if name == "utter_which":
        buttons = english_words.choice_buttons(talk.report) if talk.english else words.choice_buttons(talk.report)
        utter(dispatcher, talk.english, name, buttons=buttons)
    elif name == "utter_summary":
        told = english_words if talk.english else words
        summary = told.summary_text(talk.report, talk.preview, talk.similar, ask_phone=values.get("ask_phone", True))
        utter(
            dispatcher,
            talk.english,
            name,
            summary=summary,
            buttons=words.summary_buttons(talk.report, talk.similar),
            json_message=told.summary_card(talk.report, talk.preview, talk.similar),
        )
    else:
        utter(dispatcher, talk.english, name, **values)


def _slots(talk: Talk) -> list[EventType]:
    report, errand = talk.report, talk.errand
    if report.asked:
        asked: str | None = _ASKED_SLOT.get(report.asked, "confirmed")
    else:
        asked = "confirmed" if errand is not None and errand.asked else None
    return [
        SlotSet("report", report.to_slot()),
        SlotSet("errand", errand.to_slot() if errand is not None and errand.asked else None),
        SlotSet("misses", talk.misses or None),
        SlotSet("matter", report.matter or None),
        SlotSet("place", report.place or ("unknown" if report.has_place else None)),
        SlotSet("confirmed", report.status == "confirmed" or None),
        SlotSet(TAKEN_UP, None),
        SlotSet("requested_slot", asked),
        *([SlotSet(CONSULTED, talk.consulted)] if talk.consulted else []),
    ]
