"""A question about city matters: answered from the knowledge base, or registered for the department to answer.

What is said is what an article says, with its source and date; nothing is put together or made up. Between an answer
and none there is a third: articles that may be meant are offered to choose from. A question that names a place and
what is wrong there is a report in disguise (银都路的路灯坏了归谁管) and goes to the form.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import routing
from actions.dialogue import Report
from actions.heard import Place
from actions.intake import Intake, IntakeDown, IntakeRefused
from actions.knowledge import Article, Knowledge, answer_text, reply_to
from actions.report_form import TAKEN_UP
from actions.said import utter
from actions.tracker import heard_of, is_english, told_of_outcome

log = logging.getLogger(__name__)

CONSULTED = "consulted"
"""Slot of the question that was answered last: the words, their categories, the article."""
REPORT_SHARE = 0.2
"""Confidence of the act "report" from which a question that names a place is taken for one."""

_VAGUE_PLACES = frozenset({"town", "metro"})
_DEFECT = re.compile(
    r"(坏了|坏的|破了|裂了|漏了|在漏|堵了|断了|塌|倒了|掉了|丢了|缺了|积水|冒水|不亮|没人管|没人扫|没人清|没人修|占了|占着|占道|"
    r"堆了|堆着|堆满|太吵|很吵|臭|脏|满了|溢|停满|没水|没电|还没修|一直没)"
)


@dataclass(frozen=True)
class Question:
    """A question as the assistant understood it. ``report_share``: how much it sounded like a report, 0 to 1."""

    text: str
    report_share: float = 0.0
    categories: tuple[tuple[str, float], ...] = ()
    places: tuple[Place, ...] = ()
    problems: int = 0
    """how many problems the message speaks of, where it is more than one"""


def is_report(question: Question) -> bool:
    """Whether the question is a report: it names a place, and what is wrong there or sounds like one."""
    if question.problems > 1:
        return True
    named = any(place.kind not in _VAGUE_PLACES for place in question.places)
    return named and (question.report_share >= REPORT_SHARE or bool(_DEFECT.search(question.text)))


def is_about_a_case(tracker: Tracker) -> bool:
    """Whether the question is about a case of theirs: the clerk answers it."""
    heard, filed = heard_of(tracker.latest_message), bool(tracker.get_slot("filed"))
    return routing.errand_kind(heard, filed=filed, told_of_outcome=told_of_outcome(tracker)) is not None


def answer_buttons(related: tuple[Article, ...]) -> list[dict[str, str]]:
    """Solved, not solved, and related questions."""
    return [
        {"title": "解决了", "payload": '/consulted{"solved":"yes"}'},
        {"title": "没有解决，登记咨询", "payload": '/consulted{"solved":"no"}'},
        *(_ask(article) for article in related),
    ]


def suggestion_buttons(offered: tuple[Article, ...]) -> list[dict[str, str]]:
    """What may be meant, and none of it."""
    return [
        *(_ask(article) for article in offered),
        {"title": "都不是，登记咨询", "payload": '/consulted{"solved":"no"}'},
    ]


def _ask(article: Article) -> dict[str, str]:
    payload = json.dumps({"question": article.title}, ensure_ascii=False)
    return {"title": article.title, "payload": f"/ask_about{payload}"}


def without_places(question: Question) -> str:
    """The words without the places in them: what is noted for the owner of the missing article says no address."""
    text = question.text
    for place in sorted(question.places, key=lambda place: -len(place.text)):
        text = text.replace(place.text, "（地点）")
    return text


def question_of(message: dict[str, Any]) -> Question:
    """The tracker's latest message as a question: what was typed, or the one that was chosen by a button."""
    entities = {entity["entity"]: entity.get("value") for entity in message.get("entities") or []}
    if (message.get("intent") or {}).get("name") == "ask_about":
        return Question(str(entities.get("question") or ""))
    ranking = {one["name"]: float(one["confidence"]) for one in message.get("intent_ranking") or []}
    return Question(
        text=message.get("text") or "",
        report_share=ranking.get("report", 0.0),
        categories=tuple((one["code"], one["confidence"]) for one in message.get("categories") or []),
        places=tuple(Place(one["text"], one["kind"]) for one in message.get("locations") or []),
        problems=len(message.get("problems") or []),
    )


class Consult(Action):
    """Answers a question, offers what may be meant, or opens a report that registers it."""

    def __init__(self, intake: Intake, knowledge: Knowledge) -> None:
        self._intake = intake
        self._knowledge = knowledge

    def name(self) -> str:
        """As Rasa knows it."""
        return "action_consult"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Look the question up and say what was found."""
        question = question_of(tracker.latest_message)
        form = [SlotSet(CONSULTED, None), FollowupAction("report_form")]
        # the articles are in Chinese: a question in English is understood, and shown one, by the clerk
        if not question.text.strip() or is_english(tracker) or is_report(question) or is_about_a_case(tracker):
            return form
        try:
            reply = reply_to(await self._knowledge.find(question.text))
        except (IntakeDown, IntakeRefused) as error:
            log.warning("knowledge not searched: %s", error)
            return form
        kept = {
            "text": question.text,
            "noted": without_places(question),
            "scores": dict(question.categories),
            "article": reply.given.id if reply.given else None,
        }
        if reply.given:
            dispatcher.utter_message(
                response="utter_consult_answer",
                answer=answer_text(reply.given, reply.offered),
                buttons=answer_buttons(reply.offered),
            )
            return [SlotSet(CONSULTED, kept)]
        if reply.offered:
            dispatcher.utter_message(response="utter_consult_which", buttons=suggestion_buttons(reply.offered))
            return [SlotSet(CONSULTED, kept)]
        await _note(self._intake, kept)
        dispatcher.utter_message(response="utter_consult_unknown")
        return form


class Consulted(Action):
    """Hears whether an answer helped; registers the question when it did not."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def name(self) -> str:
        """As Rasa knows it."""
        return "action_consulted"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Thank, or take the question up as a report: what was asked is not asked again."""
        entities = {entity["entity"]: entity.get("value") for entity in tracker.latest_message.get("entities") or []}
        kept = tracker.get_slot(CONSULTED)
        if entities.get("solved") != "no" or not kept:
            utter(dispatcher, is_english(tracker), "utter_consult_solved" if kept else "utter_nothing_open")
            return [SlotSet(CONSULTED, None)]
        await _note(self._intake, kept)
        utter(dispatcher, is_english(tracker), "utter_consult_register")
        report = Report(matter=kept["text"], act="consult", scores=dict(kept["scores"]))
        return [
            SlotSet("report", report.to_slot()),
            SlotSet(TAKEN_UP, "question"),
            SlotSet(CONSULTED, None),
            FollowupAction("report_form"),
        ]


async def _note(intake: Intake, kept: dict[str, Any]) -> None:
    """Note the question for whoever writes the missing article; nothing depends on it."""
    try:
        await intake.note_question(kept["noted"], kept["article"])
    except (IntakeDown, IntakeRefused) as error:
        log.warning("question not noted: %s", error)
