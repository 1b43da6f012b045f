"""Serves one assistant to be measured: ``python -m bench.serve MODEL [--compiled-schema]``, as ``bot.serve`` does.

Without the option Rasa checks the answers of the action server its own way.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bot.fingerprint import ROOT
from bot.runtime import compile_action_schema, quiet, quiet_rasa
from bot.serve import tracker_store


def main() -> None:
    """Serve until told to stop."""
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    quiet()
    import rasa.core.run
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.endpoints import EndpointConfig

    quiet_rasa()
    if "--compiled-schema" in sys.argv:
        compile_action_schema()
    host, _, port = os.environ["YHT_LISTEN"].rpartition(":")
    rasa.core.run.serve_application(
        model_path=sys.argv[1],
        interface=host,
        port=int(port),
        credentials=str(ROOT / "bot" / "credentials.yml"),
        enable_api=True,
        endpoints=AvailableEndpoints(
            action=EndpointConfig(f"{os.environ['YHT_ACTIONS_URL']}/webhook", enable_selective_domain=True),
            tracker_store=EndpointConfig.from_dict(tracker_store(Path(os.environ["YHT_VAR_DIR"]), "")),
        ),
        request_timeout=60,
        response_timeout=60,
    )


if __name__ == "__main__":
    main()
