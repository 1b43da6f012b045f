"""Start the front process: ``python -m channels``."""

from __future__ import annotations

import errno
import sys

from aiohttp import web

from channels.app import create_app
from groundwork.logs import configure_logs
from groundwork.settings import BadSettings, read_settings

_SHUTDOWN_SECONDS = 25.0
_CANNOT_LISTEN = {
    errno.EADDRINUSE: "is taken by another process",
    errno.EACCES: "needs more rights",
    errno.EADDRNOTAVAIL: "is no address of this machine",
}


def main() -> None:
    """Read the settings and serve until told to stop."""
    try:
        settings = read_settings()
        configure_logs(settings.log_level)
        address = f"{settings.host}:{settings.port}"
        web.run_app(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            print=None,
            access_log=None,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
    except BadSettings as error:
        sys.exit(str(error))
    except OSError as error:
        if error.errno in _CANNOT_LISTEN:
            sys.exit(f"YHT_PORT: {address} {_CANNOT_LISTEN[error.errno]}; choose another")
        raise


if __name__ == "__main__":
    main()
