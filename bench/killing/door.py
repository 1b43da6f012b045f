"""Asking the intake as a good client does: with a key, time-outs, and again under the same key until it answers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from bench.killable import Killable
from bench.killing.ledger import Ledger

Json = dict[str, Any]

TIME_OUT = aiohttp.ClientTimeout(total=15)
_ALWAYS_REPEATS = 0.85  # the others give up at the first failure, as people do
_AT_ONCE = 0.1  # are sent twice at the same moment, as by an impatient finger or a proxy that repeats
_LIFTED = frozenset({"assist_open"})
"""Refusals that what others do may lift between two attempts."""


@dataclass(frozen=True)
class Answer:
    """What was answered, to which try."""

    status: int
    body: Json
    tries: int

    @property
    def good(self) -> bool:
        """Whether it was done."""
        return self.status in (200, 201)

    @property
    def case_no(self) -> str | None:
        """Of the case that it is about."""
        case = self.body["case"] or {} if "case" in self.body else self.body
        return case.get("case_no")


class Door:
    """The way to the processes: each try goes to any of them."""

    def __init__(self, processes: Sequence[Killable], session: aiohttp.ClientSession, ledger: Ledger) -> None:
        self._processes = processes
        self._session = session
        self.ledger = ledger

    async def read(self, token: str, path: str) -> Json:
        """What is to be read there; repeated until it is answered."""
        answer = await self._until_answered("GET", token, path, None, "", patient=True)
        assert answer is not None
        if not answer.good:
            self.ledger.fault(f"GET {path} 回答 {answer.status}：{answer.body.get('detail')}")
        return answer.body

    async def once(self, token: str, path: str, body: Json) -> Answer:
        """What is answered to one attempt, while nothing is killed. Raises RuntimeError if it is not done."""
        answer = await self._until_answered("POST", token, path, body, "", patient=False)
        if answer is None or not answer.good:
            raise RuntimeError(f"{path}: {answer}")
        return answer

    async def ask(self, token: str, path: str, body: Json, key: str) -> Answer | None:
        """What was answered in the end; None when the client gave up. Now and then it is asked twice at once."""
        patient = random.random() < _ALWAYS_REPEATS
        asking = [self._until_answered("POST", token, path, body, key, patient=patient)]
        if random.random() < _AT_ONCE:
            asking.append(self._until_answered("POST", token, path, body, key, patient=patient))
            self.ledger.at_once += 1
        answers = [answer for answer in await asyncio.gather(*asking) if answer is not None]
        if not answers:
            self.ledger.unheard += 1
            return None
        self._compare(path, answers)
        answer = max(answers, key=lambda answer: (answer.good, answer.case_no is not None))
        self.ledger.again += answer.good and answer.tries > 1
        return answer

    def _compare(self, path: str, answers: Sequence[Answer]) -> None:
        """Of two at once the later finds the thing done: both are told the same, unless time has lifted a refusal."""
        refused = {answer.body.get("code", "") for answer in answers if not answer.good} - _LIFTED
        if refused and any(answer.good for answer in answers):
            self.ledger.fault(f"{path} 同一个键同时问两次，一次办了，一次回答 {refused}")
        if len({answer.case_no for answer in answers if answer.case_no}) > 1:
            self.ledger.fault(f"{path} 同一个键得到两件案件")

    async def _until_answered(
        self, method: str, token: str, path: str, body: Json | None, key: str, *, patient: bool
    ) -> Answer | None:
        headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
        tries = 0
        while True:
            tries += 1
            url = f"{random.choice(self._processes).url}/api/v1{path}"
            try:
                async with self._session.request(method, url, json=body, headers=headers) as answer:
                    if answer.status < 500:
                        return Answer(answer.status, await answer.json(content_type=None), tries)
                    if answer.status != 503:  # that is how it says that the database is busy
                        self.ledger.fault(f"{path} 回答 {answer.status}：{(await answer.text())[:200]}")
            except (aiohttp.ClientError, TimeoutError):
                pass
            if not patient:
                return None
            await asyncio.sleep(0.1)
