"""Start the action server: ``python -m actions``. Addresses come from the environment (docs/settings.md)."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from aiohttp import web

from actions.app import create_app

BAD_SETTINGS = 2
"""Exit code that tells the supervisor not to start this again."""


def main() -> None:
    """Read the environment, serve until told to stop."""
    missing = [name for name in ("YHT_LISTEN", "YHT_INTAKE_URL", "YHT_ACTIONS_TOKEN") if not os.environ.get(name)]
    if missing:
        sys.stderr.write(f"{missing[0]}: is not set\n")
        sys.exit(BAD_SETTINGS)
    # messages of residents never reach a log: libraries only speak up when something is wrong
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("actions").setLevel(os.environ.get("YHT_LOG_LEVEL", "INFO"))
    host, _, port = os.environ["YHT_LISTEN"].rpartition(":")
    drafts = Path(os.environ.get("YHT_VAR_DIR", "var")) / "drafts.db"
    app = create_app(os.environ["YHT_INTAKE_URL"], os.environ["YHT_ACTIONS_TOKEN"], drafts)
    web.run_app(app, host=host, port=int(port), print=None, access_log=None)


if __name__ == "__main__":
    main()
