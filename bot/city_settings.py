"""The few facts of the city that the assistant itself says: its name, its telephone numbers."""

from __future__ import annotations

import re

from bot.city_names import city_folder

_LINE = re.compile(r'^\s*(\w+)\s*=\s*"([^"]*)"', re.MULTILINE)


def spoken_facts(folder: str | None = None) -> dict[str, str]:
    """``hotline`` and ``gas`` from the city's ``city.toml``; the national numbers where it names none.

    Reads plain ``key = "value"`` lines only: Python 3.10 brings no TOML parser, and no other form is needed here.
    """
    path = city_folder(folder) / "city.toml"
    facts = dict(_LINE.findall(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    return {"hotline": facts.get("hotline", "12345"), "gas": facts.get("gas", "")}
