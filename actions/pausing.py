"""A report left half-finished: after a long pause it is offered again, and never mixed with what is said anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from actions.dialogue import SURE_ENOUGH, Report, Turn, agrees, ask_next, hear, is_let_go
from actions.heard import Heard
from actions.said import Said, button

LONG_PAUSE_SECONDS = 1800.0
"""Silence after which a resident may have forgotten what was said, and is reminded."""
_LONGEST_SHOWN = 30
_SHORTEST_MATTER = 6
_BUTTONS = [button("继续", "resume", "yes"), button("不要了", "resume", "no")]
_GO_ON = ("继续", "接着", "要的", "还要", "还报", "要报")


def is_new_matter(heard: Heard) -> bool:
    """Whether the message brings a problem of its own."""
    if heard.act not in ("report", "emergency", "suggest"):
        return False
    sure = bool(heard.categories) and heard.categories[0][1] >= SURE_ENOUGH
    return bool(heard.problems) or heard.act == "emergency" or (sure and len(heard.words) >= _SHORTEST_MATTER)


def take_after_pause(report: Report, heard: Heard) -> Turn:
    """The first message after the pause: an answer to what was asked, another problem, or a reason to remind."""
    answers_place = report.asked in ("place", "new_place") and bool(heard.places or heard.position)
    if (answers_place and not is_new_matter(heard)) or heard.attachment or heard.position:
        return hear(report, heard)
    if is_new_matter(heard):
        return _new_one_first(report, heard)
    said: Said = ("utter_resume", {"matter": _short(report), "buttons": _BUTTONS})
    return Turn(replace(report, asked="resume", resume_from=report.asked), (said,))


def take_answer(report: Report, heard: Heard) -> Turn:
    """The answer to "shall we go on with it?"."""
    words = heard.words
    if heard.chose("resume") == "no" or is_let_go(report, heard):
        return Turn(replace(report, status="cancelled", asked=None), (("utter_cancelled", {}),))
    goes_on = report.resume_from
    as_before = replace(report, asked=goes_on, resume_from=None, place_asked=0)
    if heard.chose("resume") == "yes" or agrees(heard, words) or any(said in words for said in _GO_ON):
        return ask_next(replace(as_before, asked=None), replace(as_before, asked=None), [])
    if heard.act == "deny":
        return Turn(replace(report, status="cancelled", asked=None), (("utter_cancelled", {}),))
    if is_new_matter(heard):
        return _new_one_first(as_before, heard)
    return hear(as_before, heard)


def _new_one_first(report: Report, heard: Heard) -> Turn:
    """Take down the new problem; the old one is taken up when that is over."""
    turn = hear(Report(), heard)
    kept = replace(report, asked=None, resume_from=None, place_asked=0).to_slot()
    later = _behind(turn.report.later, kept)
    said: Said = ("utter_resume_later", {"matter": _short(report)})
    return Turn(replace(turn.report, later=later), (said, *turn.says))


def _behind(later: dict[str, Any] | None, kept: dict[str, Any]) -> dict[str, Any]:
    """``kept`` behind everything that waits already."""
    if later is None:
        return kept
    return {**later, "later": _behind(later.get("later"), kept)}


def _short(report: Report) -> str:
    matter = report.matter.replace("\n", "；")
    if not matter:
        return "发来的照片" if report.attachments else report.place or "那件事"
    return shortened(matter)


def shortened(matter: str) -> str:
    """The beginning of what was told, by which the resident knows it again."""
    return matter[:_LONGEST_SHOWN] + ("……" if len(matter) > _LONGEST_SHOWN else "")
