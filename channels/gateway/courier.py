"""Brings what the intake has to say to the residents, each word once, in the channel they used."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from channels.gateway import metrics
from channels.gateway.announcement import announcement
from channels.gateway.dialogue import AssistantFailed, AssistantUnreachable
from channels.gateway.gateway import ConversationBusy, Gateway
from channels.gateway.intake import Delivery, Intake, IntakeDown, IntakeRefused
from channels.gateway.message import sender_id
from channels.gateway.store import LeaseLost, UnknownConversation
from channels.gateway.tact import NotNow, Tact

log = logging.getLogger(__name__)

_EVERY_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 30.0
_LIMIT = 50
_LEASE_SECONDS = 60
_AT_ONCE = 10
_FORGETFUL_AFTER = 5  # attempts; then the resident having the words must be enough
_UNKNOWN_RETRY_SECONDS = 3600


class Courier:
    """Claims the outbox, says the words, and marks them delivered.

    Should it die between saying and marking, the words come again and are found as said: they are told by the
    outbox's own id.
    """

    def __init__(
        self, intake: Intake, gateway: Gateway, channels: tuple[str, ...] = ("web",), tact: Tact | None = None
    ):
        """``tact``: decides whether it is the moment; without it, it always is."""
        self._intake = intake
        self._gateway = gateway
        self._channels = channels
        self._tact = tact

    async def run(self) -> None:
        """Deliver for ever; seldom while the intake is away."""
        pause = _EVERY_SECONDS
        while True:
            try:
                found = await self.round()
                pause = _EVERY_SECONDS
                if found == _LIMIT:
                    continue
            except (IntakeDown, IntakeRefused) as error:
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                log.warning("the outbox cannot be reached", extra={"reason": str(error)})
            except Exception:  # the database may be away for a while
                log.exception("a round of deliveries failed")
            await asyncio.sleep(pause)

    async def round(self) -> int:
        """Deliver what is there. Returns how much that was. Raises IntakeDown or IntakeRefused."""
        deliveries = await self._intake.claim(self._channels, _LIMIT, _LEASE_SECONDS)
        places = asyncio.Semaphore(_AT_ONCE)

        async def bring(delivery: Delivery) -> None:
            async with places:
                await self._bring(delivery)

        # the outbox gives at most one item of a user at a time, so side by side is in order
        await asyncio.gather(*(bring(delivery) for delivery in deliveries))
        return len(deliveries)

    async def _bring(self, delivery: Delivery) -> None:
        result, retry_in = "delivered", 0
        # the user may be named as the assistant knows him, or as the channel does
        user = delivery.channel_user.removeprefix(f"{delivery.channel}:")
        try:
            reply = announcement(delivery.kind, delivery.case_no, delivery.payload)
            sender = sender_id(delivery.channel, user)
            moment = partial(self._tact.moment, sender, delivery.quiet_until) if self._tact else None
            await self._gateway.push(sender, f"outbox:{delivery.id}", reply, moment=moment)
        except NotNow as not_now:
            result, retry_in = not_now.reason, not_now.retry_in
        except UnknownConversation:
            result, retry_in = "unknown", _UNKNOWN_RETRY_SECONDS
            log.error("a delivery for nobody", extra={"delivery": delivery.id})
        except (AssistantUnreachable, AssistantFailed):
            # said already; only the assistant does not know yet
            if delivery.attempts < _FORGETFUL_AFTER:
                result, retry_in = "unremembered", 10
        except (ConversationBusy, LeaseLost):
            result, retry_in = "busy", 5
        except Exception:  # one bad item must not hold up the others
            result, retry_in = "error", 60
            log.exception("a delivery failed", extra={"delivery": delivery.id})
        metrics.DELIVERIES.labels(delivery.channel, delivery.kind, result).inc()
        try:
            if result == "delivered":
                await self._intake.delivered(delivery.id)
            else:
                await self._intake.failed(delivery.id, retry_in)
        except (IntakeDown, IntakeRefused) as error:
            # its lease ends and it comes again
            log.warning("a delivery could not be marked", extra={"delivery": delivery.id, "reason": str(error)})
