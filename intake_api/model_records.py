"""What each training of the assistant left in ``models/``: written by ``bot.train``, read here."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


def read_records(folder: Path) -> list[dict[str, Any]]:
    """All records (``FINGERPRINT.json``), newest first. One that cannot be read is left out and logged."""
    records = []
    for path in folder.glob("*.json"):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            records.append((str(record["trained_at"]), {**record, "fingerprint": path.stem}))
        except (OSError, ValueError, TypeError, KeyError) as error:
            log.warning("model record not read", extra={"file": path.name, "error": type(error).__name__})
    return [record for _, record in sorted(records, key=lambda pair: pair[0], reverse=True)]
