"""A resident is handed over to a person: what is asked for, how far it is, and the words about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.language.contact import find_phone
from bot.language.normalise import simplify
from channels.gateway.announcement import local_time
from channels.gateway.message import Button, Json, Reply

FIRST_ANSWER = timedelta(minutes=3)
"""GB/T 33358-2016: a written conversation has its first answer within three minutes."""

SILENT = timedelta(minutes=30)
"""After so long without a word from either side a conversation goes back to the assistant by itself."""

DESERTED = timedelta(minutes=3)
"""When nobody has been ready for so long, those who wait are told, and a call-back is arranged."""


PLACE_EVERY = timedelta(minutes=1)
"""Who waits in the line hears no more often than this that they have come nearer, unless they are next."""

PLACES_UNASKED = 2
"""So often they hear it without having written, before they are next: WeChat lets us say five things in all."""


class State(StrEnum):
    """How far a handover is. In the first two the assistant is silent."""

    WAITING = "waiting"  # in the line
    HELD = "held"  # a person serves it, under a lease
    CALLBACK = "callback"  # a person will turn to the resident later
    ENDED = "ended"


class Outcome(StrEnum):
    """How a handover ended."""

    NONE = ""  # it has not
    GIVEN_BACK = "given_back"  # the assistant goes on
    CLOSED = "closed"  # everything is done
    CALLED_BACK = "called_back"
    CANCELLED = "cancelled"  # the resident would rather go on with the assistant
    SILENT = "silent"  # nobody said anything any more


WITH_PEOPLE = (State.WAITING, State.HELD)


@dataclass(frozen=True, slots=True)
class Request:
    """The assistant asks for a person. ``reason``: asked, not_understood or another word; ``phone`` may be empty."""

    reason: str
    phone: str = ""
    callback: bool = False


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether a person can be had now; ``opens_at``: outside office hours, when they begin."""

    staffed: bool
    opens_at: datetime | None

    def as_metadata(self) -> Json:
        """As the assistant is told with each message."""
        return {"staffed": self.staffed, "opens_at": self.opens_at.isoformat() if self.opens_at else None}


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody of the staff, as the intake names them: ``staff:12`` or ``token:3``."""

    id: str
    name: str


def request_in(replies: Sequence[Reply]) -> tuple[list[Reply], Request | None]:
    """The replies without the assistant's word to us, and what it asks for: ``{"handover": {…}}`` in custom data."""
    said: list[Reply] = []
    request: Request | None = None
    for reply in replies:
        custom = dict(reply.custom or {})
        asked = custom.pop("handover", None)
        if isinstance(asked, dict):
            request = Request(
                reason=str(asked.get("reason") or "asked")[:40],
                phone=find_phone(str(asked.get("phone") or "")) or "",
                callback=bool(asked.get("callback")),
            )
            if reply.text or custom:
                said.append(replace(reply, custom=custom or None))
        else:
            said.append(reply)
    return said, request


_NO_MORE = re.compile(
    r"(?:(?:那|我|还是|就)*(?:取消|不用了?|不等了?|算了|不需要了?|不要了?|不转了?|别转了?|退出)"
    r"(?:人工|排队|转人工|等待|等|客服|工作人员)*(?:了|吧|谢谢|[,，。！!~ ])*)+"
)
_NO_MORE_IN_ENGLISH = re.compile(r"(?:please\s+)?(?:cancel|stop waiting|never ?mind)(?: it)?[.! ]*", re.IGNORECASE)


def wants_assistant(text: str) -> bool:
    """Whether somebody who waits for a person says that they do not want to any more."""
    return bool(_NO_MORE.fullmatch(simplify(text).strip()) or _NO_MORE_IN_ENGLISH.fullmatch(text.strip()))


CANCEL = Button("不等了", "取消")
"""Pressed while waiting it never reaches the assistant."""


def in_line(before: int) -> Reply:
    """What somebody hears who waits, with so many before them. That a person comes the assistant has said."""
    place = f"您前面还有 {before} 位" if before else "您是下一位"
    return Reply(
        f"{place}，请稍等。等候时可以继续把情况发在这里；不想等了，回“取消”。",
        (CANCEL,),
        english=f"People before you: {before}. You can go on writing here meanwhile; to stop waiting, reply “cancel”.",
    )


def worth_telling(before: int, told: int) -> bool:
    """Whether somebody with so many before them, who was told of ``told``, is next or has come much nearer."""
    return before < told and (before == 0 or (before <= told // 2 and told - before > 1))


def nearer(before: int) -> Reply:
    """What somebody hears in the line without having written."""
    place = f"您前面还有 {before} 位，请再等一等。" if before else "您是下一位，马上就到您。"
    english = f"People before you: {before}." if before else "You are next."
    return Reply(place, (CANCEL,), english=english)


def arranged(opens_at: datetime | None) -> Reply:
    """Nobody is there: a person turns to the resident later."""
    when = f"{local_time(opens_at.isoformat())}上班后" if opens_at else "有人上线后"
    return Reply(
        f"现在没有人工受理员在线，您的请求已经登记，{when}会有人联系您。您也可以现在就把问题告诉我，我先帮您登记。",
        english="No operator is on duty now. Your request is registered and somebody will contact you. "
        "You can also tell me the problem now and I will report it.",
    )


CANCELLED = Reply("好的，不转人工了，我接着为您服务。", english="All right, I will go on helping you myself.")
TAKEN = Reply("人工受理员已接入，为您服务。", english="An operator has joined.")
GIVEN_BACK = Reply(
    "人工服务先到这里，我接着为您服务。需要时再说“转人工”。",
    english="The operator has left; I go on. Ask for an “agent” at any time.",
)
CLOSED = Reply(
    "本次人工服务已结束。后续进展会在这里告诉您，有新的问题直接发给我就行。",
    english="This talk with an operator is over. News will come here; send me any new problem.",
)
LAPSED = Reply(
    "刚才的受理员暂时离开了，正在请其他同事接手，您排在最前面。您说的都已经记下，不用再说一遍。",
    english="The operator is away for the moment; a colleague takes over and you are first in line. Nothing is lost.",
)
WENT_SILENT = Reply(
    "您有一段时间没有回复，人工服务先结束了。需要时再说“转人工”，之前说的都还在。",
    english="We have not heard from you for a while, so the operator has left. Ask for an “agent” at any time.",
)
