"""Filing: what was confirmed goes to the intake API at once, or as soon as it is back."""

from __future__ import annotations

import asyncio
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
        """Keep the report, then file it. The case, or None when it is kept for later. After this nothing is lost."""
        draft = await asyncio.to_thread(self._drafts.keep, identity, body)
        if draft.case is not None:
            return draft.case
        return await self._send(draft, announce=False)

    async def run(self) -> None:
        """File what was kept, for as long as the process lives; the resident is told by the intake's outbox."""
        while True:
            try:
                for draft in await asyncio.to_thread(self._drafts.due):
                    if await self._send(draft, announce=True) is None:
                        break
            except Exception:  # whatever happens, the spool goes on
                log.exception("filing of kept reports failed")
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def _send(self, draft: Draft, *, announce: bool) -> dict[str, Any] | None:
        try:
            case = await self._intake.file(draft.id, draft.body | {"announce": announce})
        except IntakeDown:
            return None
        except IntakeRefused as refused:
            log.error("report refused by the intake: %s", refused, extra={"draft": draft.id})
            await asyncio.to_thread(self._drafts.refused, draft.id, str(refused))
            return None
        await asyncio.to_thread(self._drafts.filed, draft.id, case)
        log.info("report filed", extra={"draft": draft.id, "case_no": case.get("case_no")})
        return case
