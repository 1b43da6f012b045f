"""``python -m intake_api``: serves the system of record on ``YHT_LISTEN`` (address:port)."""

from __future__ import annotations

import errno
import os
import sys

from aiohttp import web

from groundwork.logs import configure_logs
from groundwork.settings import BadSettings, read_settings
from intake_api.http.app import create_app

_GRACE = 10.0  # seconds for requests under way when told to stop


def main() -> int:
    """Serve until told to stop. Returns 2 with one line on standard error when the configuration is wrong."""
    try:
        settings = read_settings()
        host, separator, port = os.environ.get("YHT_LISTEN", "127.0.0.1:8081").rpartition(":")
        if not separator or not port.isdecimal():
            raise BadSettings("YHT_LISTEN: must be ADDRESS:PORT")
    except BadSettings as error:
        print(error, file=sys.stderr)  # noqa: T201 - the operator's one line
        return 2
    configure_logs(settings.log_level)
    try:
        web.run_app(
            create_app(settings),
            host=host.strip("[]") or "127.0.0.1",
            port=int(port),
            print=None,
            access_log=None,
            shutdown_timeout=_GRACE,
            handler_cancellation=False,
        )
    except BadSettings as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(f"YHT_LISTEN: {host}:{port} is in use", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
