"""Examples of the interface: what was sent to a running intake, and what it answered.

``examples.json`` is written by ``tests/integration/intake_api/test_openapi_examples.py``, which also sees to it that
the examples stay true.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

EXAMPLES_FILE = Path(__file__).with_name("examples.json")


@dataclass(frozen=True, slots=True)
class Example:
    """One call of an operation: its body (None: it has none), and the good answer with its status."""

    status: int
    body: Any = None
    answer: Any = None


@cache
def read_examples() -> Mapping[str, Example]:
    """The examples by the ids of their operations."""
    content = json.loads(EXAMPLES_FILE.read_text(encoding="utf-8"))
    return {operation: Example(**example) for operation, example in content.items()}
