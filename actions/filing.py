"""Filing: what was confirmed goes to the intake API at once, or as soon as it is back."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from actions.drafts import Draft, Drafts
from actions.intake import Intake, IntakeDown, IntakeRefused

log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 2.0


class Filing:
    """Freezes drafts and files them."""

    def __init__(self, drafts: Drafts, intake: Intake) -> None:
        self._drafts = drafts
        self._intake = intake

    async def file(self, identity: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Keep the report, then file it. The case, or None when it is kept for later. After this nothing is lost.

        Raises IntakeRefused when the intake will never take it as it is: it is put aside, and the resident has to know.
        """
        draft = await asyncio.to_thread(self._drafts.keep, identity, body)
        if draft.case is not None:
            return draft.case
        if draft.refused is not None:
            raise _refusal(draft.refused)
        return await self._send(draft, announce=False)

    async def run(self) -> None:
        """File what was kept, for as long as the process lives; the resident is told by the intake's outbox."""
        while True:
            try:
                for draft in await asyncio.to_thread(self._drafts.due):
                    try:
                        if await self._send(draft, announce=True) is None:
                            break
                    except IntakeRefused:
                        continue  # put aside; the resident hears of it with the next answer
            except Exception:  # whatever happens, the spool goes on
                log.exception("filing of kept reports failed")
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def owed_refusals(self, channel: str, channel_user: str) -> list[tuple[str, IntakeRefused]]:
        """Of a resident's reports that were kept for later, and then refused: what they said and why. Given once."""
        drafts = await asyncio.to_thread(self._drafts.owed, channel, channel_user)
        return [(str(draft.body["description"]), _refusal(draft.refused or "")) for draft in drafts]

    async def _send(self, draft: Draft, *, announce: bool) -> dict[str, Any] | None:
        try:
            case = await self._intake.file(draft.id, draft.body | {"announce": announce})
        except IntakeDown:
            return None
        except IntakeRefused as refused:
            log.error("report refused by the intake: %s", refused, extra={"draft": draft.id})
            why = json.dumps({"status": refused.status, "problem": refused.problem}, ensure_ascii=False)
            await asyncio.to_thread(self._drafts.refused, draft.id, why, owed=announce)
            raise
        await asyncio.to_thread(self._drafts.filed, draft.id, case)
        log.info("report filed", extra={"draft": draft.id, "case_no": case.get("case_no")})
        return case


def _refusal(why: str) -> IntakeRefused:
    """The refusal as it was put aside; one of an older version tells only its status and code."""
    try:
        told = json.loads(why)
        return IntakeRefused(int(told["status"]), told["problem"])
    except (ValueError, KeyError, TypeError):
        status, _, code = why.partition(" ")
        return IntakeRefused(int(status) if status.isdigit() else 422, {"code": code})
