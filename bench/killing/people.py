"""Who keeps the intake busy: residents who report and urge, operators, departments, dispatchers, verifiers.

Each does one thing after another until told to stop, and brings to an end what was begun. What the rules may refuse
because somebody else was faster is named where it is asked; any other refusal is a fault.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from bench.killing.door import Answer, Door, Json
from bench.killing.ledger import Act, Outcome, new_key
from intake_api.domain.case import Status
from intake_api.domain.event import EventKind

CATEGORY = "0115"
_LOCATED = 0.6  # of the reports have a position and are dispatched at once; the others wait for an operator
_URGED = 0.3
_VERSIONED = 0.5  # of the urges say which version of the case was seen
_NEEDS_HELP = 0.5
_MERGED = 0.4
_GRANTED = 0.8
_PAUSE = 0.1  # seconds at most between two things that one person does
_NOTHING_TO_DO = 0.3  # seconds until somebody who found no work looks again


@dataclass
class Scene:
    """What all share. ``place``: a position of the city; ``lead``: whose the cases there are; ``helper``: another."""

    door: Door
    place: Json
    lead: str
    helper: str
    stopping: bool = False
    with_departments: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    """Numbers of cases that were dispatched lately: what others may be merged into."""


class Person:
    """One who works, by a token of their own."""

    def __init__(self, scene: Scene, name: str, token: str) -> None:
        self.scene = scene
        self.name = name
        self.token = token

    async def work(self) -> None:
        """Do one thing after another until told to stop."""
        while not self.scene.stopping:
            found = await self.step()
            await asyncio.sleep(random.random() * _PAUSE if found else _NOTHING_TO_DO)

    async def step(self) -> bool:
        """Do one thing; False when there was nothing to do."""
        raise NotImplementedError

    async def act(
        self, case_no: str, action: str, kind: EventKind, *, words: str = "", may: Collection[str] = (), **more: object
    ) -> bool:
        """Ask for an action; whether it was done. ``words``: the field that takes some; ``may``: refusals to expect."""
        key = new_key()
        body = more | ({words: key} if words else {})
        answer = await self.scene.door.ask(self.token, f"/cases/{case_no}/actions/{action}", body, key)
        ledger = self.scene.door.ledger
        outcome = Outcome.UNHEARD if answer is None else Outcome.DONE if answer.good else Outcome.REFUSED
        ledger.acts.append(Act(case_no, kind, key if words else "", outcome))
        if answer is not None and not answer.good:
            self._refused(answer, f"{self.name} {action} {case_no}", may)
        return outcome is Outcome.DONE

    def _refused(self, answer: Answer, what: str, may: Collection[str]) -> None:
        code = answer.body.get("code", "")
        self.scene.door.ledger.refused[code] += 1
        if code not in may:
            self.scene.door.ledger.fault(
                f"{what} 第 {answer.tries} 次回答 {answer.status} {code}：{answer.body.get('detail', '')}"
            )

    async def claim_next(self) -> str | None:
        """The number of the case that is this person's now, if any."""
        answer = await self.scene.door.ask(self.token, "/cases/claim-next", {}, new_key())
        if answer is None:
            self.scene.door.ledger.claims_unheard += 1
            return None
        if not answer.good:
            self._refused(answer, f"{self.name} claim-next", ())
            return None
        case = answer.body["case"]
        if case is not None:
            self.scene.door.ledger.take_up(case["case_no"], case["status"], self.name)
        return answer.case_no


class Resident(Person):
    """Reports, and at times urges. ``token`` is the channel's."""

    async def step(self) -> bool:
        """File one report."""
        key = new_key()
        located = random.random() < _LOCATED
        body: Json = {
            "channel": "web", "description": "路灯不亮", "category": CATEGORY, "announce": True,
            "location": self.scene.place if located else {"text": "路口"}, "reporter": {"channel_user": key},
        }  # fmt: skip
        ledger = self.scene.door.ledger
        ledger.keys.add(key)
        answer = await self.scene.door.ask(self.token, "/cases", body, key)
        if answer is None:
            return True
        if not answer.good:
            self._refused(answer, "立案", ())
            return True
        case = answer.body
        ledger.filed[key] = case["case_no"]
        if case["status"] == "dispatched":
            self.scene.with_departments.append(case["case_no"])
        if random.random() < _URGED:
            await self._urge(case, key)
        return True

    async def _urge(self, case: Json, user: str) -> None:
        seen = {"version": case["version"]} if random.random() < _VERSIONED else {}
        may = ("case_changed", "not_in_this_state")
        more = {"channel_user": user, "channel": "web", **seen}
        await self.act(case["case_no"], "urge", EventKind.URGED, words="reason", may=may, **more)


class Operator(Person):
    """Takes up what could not be filed by itself; files it, or merges it into one that is with a department."""

    async def step(self) -> bool:
        """See to one case."""
        case_no = await self.claim_next()
        if case_no is None:
            return False
        if self.scene.with_departments and random.random() < _MERGED:
            into = random.choice(self.scene.with_departments)
            if await self.act(
                case_no, "merge", EventKind.MERGED, words="reason", may=("target_over",), into=into
            ):  # fmt: skip
                return True
        # where it is not known whether the merger was done, this is refused if it was
        await self.act(case_no, "file", EventKind.FILED, may=("not_in_this_state",))
        return True


class Handler(Person):
    """Of the department that leads: accepts a case, may ask for help, and reports it done."""

    async def step(self) -> bool:
        """See to one case."""
        case_no = await self.claim_next()
        if case_no is None:
            return False
        if not await self.act(case_no, "accept", EventKind.ACCEPTED):
            return True
        if random.random() < _NEEDS_HELP:
            await self.act(case_no, "assist", EventKind.ASSIST_ASKED, words="reason", department=self.scene.helper)
            await asyncio.sleep(random.random())
        await self.act(case_no, "report_done", EventKind.REPORTED_DONE, words="text")
        return True


class Dispatcher(Person):
    """Grants or refuses help."""

    async def step(self) -> bool:
        """Answer the first request for help."""
        page = await self.scene.door.read(self.token, "/cases?work=assistance&limit=5")
        if not page["items"]:
            return False
        case_no = random.choice(page["items"])["case_no"]
        case = await self.scene.door.read(self.token, f"/cases/{case_no}")
        asked = [task["id"] for task in case["tasks"] if (task["kind"], task["state"]) == ("assist", "asked")]
        if asked:
            await self.act(
                case_no, "assist_decide", EventKind.ASSIST_DECIDED, words="reason", task=asked[0],
                granted=random.random() < _GRANTED, may=("already_granted", "nothing_asked", "not_in_this_state"),
            )  # fmt: skip
        return True


class Helper(Person):
    """Of the department that was asked for help: says what it did."""

    async def step(self) -> bool:
        """Answer for one case."""
        page = await self.scene.door.read(self.token, "/cases?work=to_support&limit=5")
        if not page["items"]:
            return False
        case_no = random.choice(page["items"])["case_no"]
        # an answer that was not heard may have been given; a second dispatcher who refuses releases the helper, who may
        # then no longer see the case, or no longer act on it
        may = ("nothing_asked", "not_in_this_state", "not_your_department", "forbidden")
        await self.act(case_no, "assist_report", EventKind.ASSIST_REPORTED, words="text", may=may)
        return True


class Verifier(Person):
    """Closes what is reported done, unless a helper has not answered yet."""

    async def step(self) -> bool:
        """See to one case."""
        case_no = await self.claim_next()
        if case_no is None:
            return False
        if await self.act(case_no, "verify", EventKind.VERIFIED, words="text", may=("assist_open",)):
            return True
        self.scene.door.ledger.let_go(case_no, Status.REPORTED_DONE)
        # to be taken up again, by whomever, when the helper has answered
        await self.scene.door.ask(self.token, f"/cases/{case_no}/release-claim", {}, "")
        return False
