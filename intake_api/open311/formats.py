"""One answer, two ways of writing it: XML, and JSON by the Spark convention (lists bare, empty values null)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

from aiohttp import web

Content: TypeAlias = "Mapping[str, Content] | Sequence[Content] | str | int | float | bool | datetime | None"
"""What an answer holds. ``None`` and ``""`` are empty: an empty element in XML, null in JSON."""

SUFFIXES = {"xml": "text/xml", "json": "application/json"}
"""The formats by the end of an address, with their media types."""

_ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
"""What an item of a list is called in XML."""

# XML 1.0 has no place for these, however they are written
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Answer:
    """An answer: ``root`` names it in XML, and a list's items are named after it."""

    root: str
    content: Content
    status: int = 200
    headers: Mapping[str, str] | None = None


def suffix_of(path: str) -> str:
    """The format that an address asks for: its end, or XML, which every client reads."""
    end = path.rpartition(".")[2]
    return end if end in SUFFIXES else "xml"


def respond(answer: Answer, suffix: str) -> web.Response:
    """The HTTP answer in the format of ``suffix``."""
    write = to_json if suffix == "json" else to_xml
    response = web.Response(
        body=write(answer.root, answer.content),
        status=answer.status,
        content_type=SUFFIXES[suffix],
        charset="utf-8",
        headers=answer.headers,
    )
    # nothing here depends on cookies, so pages of others may read it
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def to_xml(root: str, content: Content) -> bytes:
    """XML in UTF-8 with its declaration, without a namespace."""
    element = Element(root)
    _fill(element, content)
    body: bytes = tostring(element, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _fill(element: Element, content: Content) -> None:
    if isinstance(content, Mapping):
        for name, value in content.items():
            _fill(SubElement(element, name), value)
    elif isinstance(content, Sequence) and not isinstance(content, str):
        for item in content:
            _fill(SubElement(element, _ITEMS[element.tag]), item)
    elif isinstance(content, bool):
        element.text = "true" if content else "false"
    elif content is not None:
        element.text = _NOT_XML.sub("", moment(content) if isinstance(content, datetime) else str(content))


def to_json(_root: str, content: Content) -> bytes:
    """JSON in UTF-8."""
    return json.dumps(_plain(content), ensure_ascii=False, allow_nan=False).encode()


def _plain(content: Content) -> object:
    if isinstance(content, Mapping):
        return {name: _plain(value) for name, value in content.items()}
    if isinstance(content, datetime):
        return moment(content)
    if isinstance(content, str):
        return _NOT_XML.sub("", content) or None
    if isinstance(content, Sequence):
        return [_plain(item) for item in content]
    return content


def moment(value: datetime) -> str:
    """``2026-11-25T19:06:41+08:00``: never fractions of a second, always the offset."""
    return value.isoformat(timespec="seconds")
