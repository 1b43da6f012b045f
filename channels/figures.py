"""One page of metrics for two processes: the front's own, and the intake's behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(\{.*\})?( .+)")


def merged(own: str, other: str, process: str) -> str:
    """Both Prometheus texts in one, each family declared once.

    Samples of ``other`` in families that ``own`` has too get the label ``process``, unless they have it.
    """
    families = _families(own)
    for name, (declaration, samples) in _families(other).items():
        if name in families:
            families[name][1].extend(_labelled(samples, process))
        else:
            families[name] = (declaration, samples)
    return "".join(line + "\n" for declaration, samples in families.values() for line in [*declaration, *samples])


def _families(text: str) -> dict[str, tuple[list[str], list[str]]]:
    """Declaration lines and sample lines by family; samples follow their declaration."""
    families: dict[str, tuple[list[str], list[str]]] = {}
    current: tuple[list[str], list[str]] = ([], [])
    for line in text.splitlines():
        if line.startswith("# "):
            current = families.setdefault(line.split(" ", 3)[2], ([], []))
            current[0].append(line)
        elif line:
            current[1].append(line)
    return families


def _labelled(samples: Iterable[str], process: str) -> Iterable[str]:
    for sample in samples:
        match = _SAMPLE.fullmatch(sample)
        if match is None or 'process="' in (match[2] or ""):
            yield sample
            continue
        labels = (match[2] or "{}")[1:-1].rstrip(",")
        own = f'process="{process}"'
        yield f"{match[1]}{{{f'{labels},{own}' if labels else own}}}{match[3]}"
