"""The assistant's understanding, asked over HTTP: Rasa's ``/model/parse`` with our keys in the answer."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import aiohttp

from intake_api.filing import Part, Understood

log = logging.getLogger(__name__)

TIMEOUT = 3.0
"""Seconds for all attempts together."""


class RasaUnderstanding:
    """Asks the assistant's processes in order until one answers. ``/status`` tells the file of the model it loaded."""

    def __init__(self, session: aiohttp.ClientSession, urls: Sequence[str]) -> None:
        self._session = session
        self._urls = tuple(urls)

    async def parse(self, text: str) -> Understood | None:
        """What is meant by ``text``; None when nobody answers within three seconds in all."""
        for url in self._urls:
            try:
                timeout = aiohttp.ClientTimeout(total=TIMEOUT / len(self._urls), sock_connect=1)
                async with self._session.post(f"{url}/model/parse", json={"text": text}, timeout=timeout) as answer:
                    if answer.status != 200:
                        log.warning("assistant refused", extra={"status": answer.status})
                        continue
                    return understood(text, await answer.json())
            except (aiohttp.ClientError, TimeoutError, ValueError, TypeError, KeyError, AttributeError) as error:
                log.warning("assistant did not answer", extra={"error": type(error).__name__})
        return None

    async def model(self) -> str | None:
        """The fingerprint of the model in use (its file's name); None when nobody answers within three seconds."""
        for url in self._urls:
            try:
                timeout = aiohttp.ClientTimeout(total=TIMEOUT / len(self._urls), sock_connect=1)
                async with self._session.get(f"{url}/status", timeout=timeout) as answer:
                    if answer.status == 200:
                        return PurePath(str((await answer.json())["model_file"])).name.removesuffix(".tar.gz")
                    log.warning("assistant refused", extra={"status": answer.status})
            except (aiohttp.ClientError, TimeoutError, ValueError, TypeError, KeyError) as error:
                log.warning("assistant did not answer", extra={"error": type(error).__name__})
        return None


def understood(text: str, answer: dict[str, Any]) -> Understood:
    """Read an answer of ``/model/parse``. Raises ValueError, TypeError, KeyError or AttributeError for another form."""
    return Understood(
        normalized=str(answer.get("normalized") or text),
        act=str((answer.get("intent") or {}).get("name") or ""),
        acts=tuple((str(act["name"]), float(act["confidence"])) for act in answer.get("intent_ranking") or ()),
        categories=_categories(answer),
        locations=tuple(_places(text, answer)),
        problems=tuple(
            Part(
                text[part["start"] : part["end"]], int(part["start"]), int(part["end"]),
                _categories(part), tuple(_places(text, part)),
            )
            for part in answer.get("problems") or ()
        ),
    )  # fmt: skip


def _places(text: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"text": text[place["start"] : place["end"]], **{k: place[k] for k in ("start", "end")}, "kind": place["kind"]}
        for place in found.get("locations") or ()
    ]


def _categories(found: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    return tuple(
        (str(category["code"]), min(max(float(category["confidence"]), 0.0), 1.0))
        for category in found.get("categories") or ()
    )
