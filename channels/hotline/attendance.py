"""The operators whose pages are connected to this process, and the understanding of their calls while they speak.

Each call is understood by one process at a time, by whichever has its operator. When the intake does not answer, the
form stays as it is and the call is understood a little later.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from channels.gateway.intake import IntakeDown, IntakeRefused
from channels.hotline import metrics
from channels.hotline.call import Side
from channels.hotline.call_store import CallStore, FormRow, Understood, UnknownCall
from channels.hotline.form import FieldName, Json
from channels.hotline.leg_store import LegStore
from channels.hotline.said import Said
from channels.hotline.understanding import Kind, Looked, Matter, matters, understood
from channels.staff.credential import Credential
from channels.staff.registry import Registry

log = logging.getLogger(__name__)

_EVERY_SECONDS = 0.3
_AGAIN = timedelta(seconds=3)
_TAXONOMY_SECONDS = 600.0
_SIMILAR = 5


class Attendance:
    """Who attends, and what is understood for them."""

    def __init__(
        self, call_store: CallStore, leg_store: LegStore, registry: Registry, *, clock: Callable[[], datetime]
    ):
        self._call_store = call_store
        self._leg_store = leg_store
        self._registry = registry
        self._clock = clock
        self._present: dict[str, list[Credential]] = {}
        self._kinds: dict[str, Kind] = {}
        self._kinds_until = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def attending(self, operator_id: str, credential: Credential) -> Iterator[None]:
        """An operator's page is connected while the block lasts."""
        self._present.setdefault(operator_id, []).append(credential)
        try:
            yield
        finally:
            self._present[operator_id].remove(credential)
            if not self._present[operator_id]:
                del self._present[operator_id]

    def present(self) -> dict[str, Credential]:
        """Who attends, each with the credential that came last."""
        return {operator: credentials[-1] for operator, credentials in self._present.items()}

    async def run(self) -> None:
        """Understand what is said, for ever."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            try:
                await self.round()
            except Exception:  # the database may be away for a while
                log.warning("calls could not be taken to be understood", exc_info=True)

    async def round(self) -> list[asyncio.Task[None]]:
        """Once of ``run``: begins to understand the calls in which something was said. Returns the work."""
        if not self._present:
            return []
        begun = []
        for call, operator, version in await self._call_store.to_understand(list(self._present), self._clock()):
            credentials = self._present.get(operator)
            if credentials:
                task = asyncio.create_task(self.understand(call, version, credentials[-1]), name=f"understand {call}")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                begun.append(task)
        return begun

    async def understand(self, call: str, version: int, credential: Credential) -> None:
        """Understand the call as far as it was spoken, with the operator's rights."""
        began = time.monotonic()
        try:
            said = Said((line.id, line.text) for line in await self._leg_store.said(call) if line.side is Side.CALLER)
            forms = (await self._call_store.forms_of([call]))[call]
            found = await self._found(credential, said, forms) if said.text else []
            await self._call_store.understood(call, version, found, self._clock())
        except (IntakeDown, IntakeRefused) as error:
            log.warning("a call cannot be understood now", extra={"call": call, "reason": str(error)})
            await self._call_store.not_understood(call, self._clock() + _AGAIN)
        except UnknownCall:
            pass  # it went into another call meanwhile
        except Exception:
            log.exception("a call was not understood", extra={"call": call})
        else:
            metrics.UNDERSTANDING_SECONDS.observe(time.monotonic() - began)

    async def _found(self, credential: Credential, said: Said, forms: list[FormRow]) -> list[Understood]:
        parsed = await self._registry.parse(credential, said.text)
        kinds = await self._taxonomy(credential)
        rows = {row.number: row for row in forms}
        found = []
        for number, matter in enumerate(matters(said, parsed), 1):
            looked = await self._looked(credential, said, matter, rows.get(number), kinds)
            found.append(understood(said, parsed, matter, looked))
        return found

    async def _looked(
        self, credential: Credential, said: Said, matter: Matter, row: FormRow | None, kinds: dict[str, Kind]
    ) -> Looked:
        """The place, who would handle it, and what is like it; by what the operator typed, where they did."""
        mention, resolved = await self._resolved(credential, matter)
        typed_category = _typed(row, FieldName.CATEGORY)
        typed_place = _typed(row, FieldName.PLACE)
        place = typed_place or (resolved or {}).get("place")
        code = str((typed_category or {}).get("code") or matter.code)
        text = said.text[matter.start : matter.end]
        handler, similar = await asyncio.gather(
            self._handler(credential, text, code, place), self._similar(credential, text, code, place)
        )
        return Looked(
            mention=mention,
            place=(resolved or {}).get("place"),
            candidates=tuple((resolved or {}).get("candidates") or ()),
            handler=handler,
            similar=similar,
            kinds=kinds,
        )

    async def _resolved(self, credential: Credential, matter: Matter) -> tuple[Json | None, Json | None]:
        """The mention that says best where it is, and the intake's answer to it."""
        best: tuple[Json, Json] | None = None
        for mention in matter.locations[:_SIMILAR]:
            answer = await self._registry.resolve(credential, str(mention["text"]))
            if best is None or _rank(answer) > _rank(best[1]):
                best = mention, answer
        return best if best else (None, None)

    async def _handler(self, credential: Credential, text: str, code: str, place: Json | None) -> Json | None:
        if not code:
            return None
        report: Json = {"channel": "hotline", "description": text, "category": code, "location": location(place)}
        seen = await self._registry.preview(credential, report)
        return {name: seen.get(name) for name in ("department", "due_at", "limit")}

    async def _similar(self, credential: Credential, text: str, code: str, place: Json | None) -> tuple[Json, ...]:
        known = place is not None and place.get("lat") is not None
        if not code and not known:
            return ()
        report: Json = {"category": code, "text": text}
        if place is not None and known:
            report |= {"lat": place["lat"], "lng": place["lng"]}
        items = (await self._registry.similar(credential, report))["items"]
        return tuple(item for item in items if item.get("is_open"))[:_SIMILAR]

    async def _taxonomy(self, credential: Credential) -> dict[str, Kind]:
        if time.monotonic() >= self._kinds_until:
            items = await self._registry.categories(credential)
            self._kinds = {
                str(item["code"]): Kind(tuple(item.get("typical_words") or ()), str(item.get("urgency") or "normal"))
                for item in items
            }
            self._kinds_until = time.monotonic() + _TAXONOMY_SECONDS
        return self._kinds


def location(place: Json | None) -> Json:
    """A resolved place as a report names it."""
    if not place:
        return {}
    named = {"text": str(place.get("text") or "")}
    if place.get("pinned") and place.get("lat") is not None:
        # the operator put the pin there: it counts more than the words
        named |= {"lat": place["lat"], "lng": place["lng"]}
    return named


_PRECISION = ("none", "outside", "town", "estate", "road", "point")


def _rank(answer: Json) -> int:
    precision = str((answer.get("place") or {}).get("precision"))
    return _PRECISION.index(precision) if precision in _PRECISION else 0


def _typed(row: FormRow | None, name: FieldName) -> Json | None:
    """What the operator wrote into a field; None when they did not."""
    known = row.form.fields.get(name) if row else None
    return known.value if known is not None and known.is_typed and isinstance(known.value, dict) else None
