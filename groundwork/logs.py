"""Logging for all processes: one JSON object a line on standard error, without anything personal.

Code logs events by name with plain fields (``log.info("case filed", extra={"case_no": …})``); texts of residents,
names, phones and tokens are never given to a logger. As a second fence, digits that could be a phone are masked here.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")
_SECRET = re.compile(r"(?i)(bearer\s+|token=|key=)[\w.~+/-]+")
# a Telegram bot's token stands in the addresses of its interface
_BOT = re.compile(r"(?<!\d)(\d{5,}):[\w-]{20,}")
_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def redact(text: str) -> str:
    """Mask mobile numbers and credentials in ``text``."""
    return _SECRET.sub(r"\1***", _PHONE.sub(r"\1****\2", _BOT.sub(r"\1:***", text)))


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: time, level, logger, event, and the fields given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": redact(record.getMessage()),
        }
        for name, value in record.__dict__.items():
            if name not in _PLAIN:
                line[name] = redact(value) if isinstance(value, str) else value
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def configure_logs(level: str) -> None:
    """Send everything to standard error as JSON. Access logs of aiohttp are replaced by our request log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # both write addresses with a bot's token; the library also writes what users sent
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)
