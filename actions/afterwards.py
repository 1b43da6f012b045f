"""Errands about cases that are filed, done with the intake: progress, urging, adding, withdrawing, judging, joining."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from actions import english_words, words
from actions.dialogue import Report
from actions.english_titles import title
from actions.errand import (
    MOST_TRIES,
    RATE,
    STATUS,
    SUPPLEMENT,
    URGE,
    WITHDRAW,
    Errand,
    grade_words,
    is_unhappy,
)
from actions.heard import Heard
from actions.intake import Intake, IntakeDown, IntakeRefused
from actions.opinion import GRADES
from actions.refusals import in_words
from actions.said import Said, button
from actions.which_case import OVER, Case, fitting, is_merged, is_over, is_settled, meant

log = logging.getLogger(__name__)

_LONGEST_SUPPLEMENT = 2000
"""The intake takes no more of one supplement."""

Answer = tuple["Errand | None", list[Said]]
"""The errand as it goes on (None when it is over), and what is said."""


@dataclass(frozen=True)
class Speaker:
    """Who speaks. ``key``: of the message, so that what it asks for is done once. ``pushed``: the case of which they
    were told last without asking."""

    channel: str
    user: str
    key: str
    now: datetime
    pushed: str | None = None
    english: bool = False
    """they write English"""

    @property
    def words(self) -> Any:
        """How cases are put into words for them."""
        return english_words if self.english else words


class Afterwards:
    """Runs errands."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._do: dict[str, Callable[[Errand, Case, Speaker], Awaitable[Answer]]] = {
            STATUS: self._tell,
            URGE: self._urge,
            SUPPLEMENT: self._supplement,
            WITHDRAW: self._withdraw,
            RATE: self._rate,
        }

    async def run(self, errand: Errand, heard: Heard, speaker: Speaker) -> Answer:
        """Do what can be done now; ``asked`` of the errand given back is the question put."""
        try:
            errand, case, says = await self._find(errand, heard, speaker)
            if case is None:
                return (errand if errand.asked else None), says
            return await self._do[errand.kind](errand, case, speaker)
        except IntakeDown:
            return None, [("utter_status_unreachable", {})]
        except IntakeRefused as refused:
            log.warning("an errand was refused: %s", refused)
            return None, [("utter_refused", {"detail": in_words(refused, english=speaker.english)})]

    async def has_cases(self, speaker: Speaker) -> bool:
        """Whether this resident reported anything in this channel. Raises IntakeDown, IntakeRefused."""
        return bool(await self._intake.cases(speaker.channel, speaker.user, limit=1))

    async def join(self, number: str, report: Report, speaker: Speaker) -> Said:
        """Let the resident hear the outcome of somebody's case; what they had told of it goes to who handles it.

        Raises IntakeDown, IntakeRefused.
        """
        body = {"channel": speaker.channel, "channel_user": speaker.user, "phone": report.phone or ""}
        case = await self._intake.act(number, "follow", body, f"{speaker.key}-follow")
        told = "\n".join(filter(None, (report.matter, f"地点：{report.place}" if report.place else "")))
        if told or report.attachments or report.position:
            added: dict[str, Any] = {
                "channel": speaker.channel,
                "channel_user": speaker.user,
                "text": told[:_LONGEST_SUPPLEMENT],
                "attachments": list(report.attachments),
            }
            await self._intake.act(number, SUPPLEMENT, added | _position(report.position), f"{speaker.key}-joined")
        return "utter_joined", {
            "case": speaker.words.case_words(case),
            "state": speaker.words.state_words(case),
            "json_message": speaker.words.case_card(case) | {"kind": "progress"},
        }

    # which case

    async def _find(self, errand: Errand, heard: Heard, speaker: Speaker) -> tuple[Errand, Case | None, list[Said]]:
        if errand.case_no is None:
            cases = await self._intake.cases(speaker.channel, speaker.user)
            if not cases:
                return errand.asking("number"), None, [("utter_no_case_yet", {})]
            found = meant(fitting(errand.kind, cases), heard, speaker.now)
            pushed = [case for case in found if case["case_no"] == speaker.pushed]
            if errand.kind == RATE and pushed:
                found = pushed
            if len(found) > 1:
                return _choice(errand, found, speaker)
            errand = replace(errand, case_no=str(found[0]["case_no"]))
        number = str(errand.case_no)
        try:
            case = await self._intake.case(number, speaker.channel, speaker.user)
        except IntakeRefused as refused:
            if refused.code != "case_number_misread":
                raise
            return replace(errand, case_no=None).asking("number"), None, [("utter_number_misread", {})]
        if case is not None:
            return errand, case, []
        return await self._open_by_phone(errand, speaker)

    async def _open_by_phone(self, errand: Errand, speaker: Speaker) -> tuple[Errand, Case | None, list[Said]]:
        """Somebody else's case, or one reported elsewhere: the phone's last four digits open it."""
        number = str(errand.case_no)
        if errand.kind in (WITHDRAW, RATE):
            return replace(errand, asked=None), None, [("utter_only_reporter", {})]
        if errand.last_four is None:
            return errand.asking("last_four"), None, [("utter_ask_last_four", {})]
        try:
            case = await self._intake.check_phone(number, speaker.channel, speaker.user, errand.last_four)
        except IntakeRefused as refused:
            if refused.code != "too_many_tries":
                raise
            return (
                replace(errand, asked=None),
                None,
                [("utter_refused", {"detail": in_words(refused, english=speaker.english)})],
            )
        if case is not None:
            return replace(errand, checked=True), case, []
        errand = replace(errand, last_four=None)
        if errand.tries >= MOST_TRIES:
            return replace(errand, asked=None), None, [("utter_phone_does_not_fit", {})]
        again = replace(errand, asked="last_four", tries=errand.tries + 1)
        return again, None, [("utter_ask_last_four_again", {})]

    # what is done with it

    async def _tell(self, errand: Errand, case: Case, speaker: Speaker) -> Answer:
        note = "" if errand.checked else await self._note(case, speaker)
        values: dict[str, Any] = {
            "status": speaker.words.progress_text(case, note, speaker.now),
            "json_message": speaker.words.case_card(case) | {"kind": "progress"},
        }
        if errand.checked and not is_over(case):
            values["buttons"] = [button("结果也告诉我", "follow", str((case.get("outcome") or case)["case_no"]))]
        return None, [("utter_status", values)]

    async def _note(self, case: Case, speaker: Speaker) -> str:
        """The last thing that the resident should know of a case, in the words of those who did it."""
        number = str((case.get("outcome") or case)["case_no"])
        try:
            said = words.last_note(await self._intake.events(number, speaker.channel, speaker.user))
        except (IntakeDown, IntakeRefused):
            said = ""
        return said or await self._intake.public_text(number)

    async def _urge(self, errand: Errand, case: Case, speaker: Speaker) -> Answer:
        if is_over(case):
            return None, [_over(case, speaker)]
        number = await self._follow_if_checked(errand, case, speaker)
        body = {"channel": speaker.channel, "channel_user": speaker.user, "reason": errand.words}
        try:
            case = await self._intake.act(number, URGE, body, f"{speaker.key}-urge")
        except IntakeRefused as refused:
            if refused.code not in ("urged_lately", "not_in_this_state"):
                raise
            told = {
                "detail": in_words(refused, english=speaker.english),
                "status": speaker.words.progress_text(case, "", speaker.now),
            }
            return None, [("utter_not_urged", told)]
        return None, [("utter_urged", {"status": speaker.words.progress_text(case, "", speaker.now)})]

    async def _supplement(self, errand: Errand, case: Case, speaker: Speaker) -> Answer:
        if is_over(case):
            return None, [_over(case, speaker)]
        if not errand.words and not errand.attachments and not errand.position:
            if errand.asked == "what" and errand.tries >= MOST_TRIES:
                return None, [("utter_let_go", {})]
            return errand.asking("what"), [("utter_supplement_what", {"case": speaker.words.case_words(case)})]
        number = await self._follow_if_checked(errand, case, speaker)
        text = errand.words[:_LONGEST_SUPPLEMENT]
        body: dict[str, Any] = {
            "channel": speaker.channel,
            "channel_user": speaker.user,
            "text": text,
            "attachments": list(errand.attachments),
        }
        await self._intake.act(number, SUPPLEMENT, body | _position(errand.position), f"{speaker.key}-supplement")
        return None, [("utter_supplemented", {"case": speaker.words.case_words(case)})]

    async def _withdraw(self, errand: Errand, case: Case, speaker: Speaker) -> Answer:
        if case["status"] in OVER:
            return None, [_over(case, speaker)]
        if errand.dropped:
            return None, [("utter_not_withdrawn", {"case": speaker.words.case_words(case)})]
        if not errand.sure:
            buttons = [button("确定撤销", "sure", "yes"), button("不撤，继续办", "sure", "no")]
            asked = "utter_withdraw_sure" if errand.words else "utter_withdraw_why"
            return errand.asking("sure"), [(asked, {"case": speaker.words.case_words(case), "buttons": buttons})]
        body = {"channel": speaker.channel, "channel_user": speaker.user, "reason": errand.words}
        after = await self._intake.act(str(case["case_no"]), WITHDRAW, body, f"{speaker.key}-withdraw")
        said = "utter_withdrawn" if after["status"] == "withdrawn" else "utter_withdrawal_noted"
        return None, [(said, {"case": speaker.words.case_words(after)})]

    async def _rate(self, errand: Errand, case: Case, speaker: Speaker) -> Answer:
        told = {"case": speaker.words.case_words(case)}
        if not is_settled(case):
            status = speaker.words.progress_text(case, "", speaker.now)
            return None, [("utter_status" if is_over(case) else "utter_not_closed_yet", {"status": status})]
        if errand.grade is None:
            buttons = [button(title, "grade", grade) for grade, title in GRADES.items()]
            return errand.asking("grade"), [("utter_ask_grade", {**told, "buttons": buttons})]
        if errand.solved is None:
            buttons = [button("解决了", "solved", "yes"), button("没解决", "solved", "no")]
            return errand.asking("solved"), [("utter_ask_solved", {**told, "buttons": buttons})]
        if is_unhappy(errand) and not errand.words and not errand.sure:
            return errand.asking("fault"), [("utter_ask_fault", {})]
        return None, [await self._judged(errand, case, speaker)]

    async def _judged(self, errand: Errand, case: Case, speaker: Speaker) -> Said:
        number = str(case["case_no"])
        body = {
            "channel": speaker.channel,
            "channel_user": speaker.user,
            "grade": errand.grade,
            "solved": errand.solved,
            "text": errand.words,
            "attachments": list(errand.attachments),
        }
        try:
            await self._intake.act(number, RATE, body, f"{speaker.key}-rate")
        except IntakeRefused as refused:
            if refused.code not in ("rated", "not_in_this_state"):
                raise
            return "utter_refused", {"detail": in_words(refused, english=speaker.english)}
        grade = title(grade_words(errand.grade or "")) if speaker.english else grade_words(errand.grade or "")
        told = {"case": speaker.words.case_words(case), "grade": grade}
        if not is_unhappy(errand):
            return "utter_rated", told
        asks = await self._asks_reopening(number, speaker)
        return ("utter_rated_reopening" if asks else "utter_rated_unhappy"), told

    async def _asks_reopening(self, number: str, speaker: Speaker) -> bool:
        """Whether the intake put the judgement to a supervisor: nothing is promised that it did not do."""
        try:
            events = await self._intake.events(number, speaker.channel, speaker.user)
        except (IntakeDown, IntakeRefused):
            return False
        rated = [event for event in events if event.get("kind") == "rated"]
        return bool(rated and (rated[-1].get("data") or {}).get("asks_reopening"))

    async def _follow_if_checked(self, errand: Errand, case: Case, speaker: Speaker) -> str:
        """The number of the case to act on. Who opened it by its phone acts as one who follows it, or the one in which
        it goes on, and hears the outcome here too."""
        if not errand.checked:
            return str(case["case_no"])
        number = str((case.get("outcome") or case)["case_no"])
        body = {"channel": speaker.channel, "channel_user": speaker.user}
        await self._intake.act(number, "follow", body, f"{speaker.key}-follow")
        return number


def _position(position: tuple[float, float] | None) -> dict[str, float]:
    """A position as the intake takes it beside the words."""
    return {"lat": position[0], "lng": position[1]} if position else {}


def _choice(errand: Errand, found: list[Case], speaker: Speaker) -> tuple[Errand, None, list[Said]]:
    numbers = tuple(str(case["case_no"]) for case in found)
    lines = [f"{at}. {speaker.words.case_line(case)}" for at, case in enumerate(found, 1)]
    buttons = [button(speaker.words.case_title(case), "case", str(case["case_no"])) for case in found]
    asking = replace(errand, offered=numbers).asking("which")
    return asking, None, [("utter_which_case", {"cases": "\n".join(lines), "buttons": buttons})]


def _over(case: Case, speaker: Speaker) -> Said:
    if is_merged(case) or is_settled(case):
        return "utter_over_closed", {"case": speaker.words.case_words(case), "state": speaker.words.state_words(case)}
    return "utter_over", {"case": speaker.words.case_words(case), "state": speaker.words.state_words(case)}
