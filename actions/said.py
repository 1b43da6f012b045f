"""What is said back: names of responses of the domain with their values."""

from __future__ import annotations

from typing import Any

Said = tuple[str, dict[str, Any]]
"""A response's name and its values; ``buttons`` and ``json_message`` (a card) among them go beside the text."""


def button(title: str, what: str, value: str) -> dict[str, str]:
    """A quick reply by which one of several is chosen."""
    return {"title": title, "payload": f'/choose{{"what":"{what}","value":"{value}"}}'}
