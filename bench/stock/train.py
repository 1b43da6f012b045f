"""Train the stock assistant: ``python -m bench.stock.train FILE``, in the assistant's environment."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from bot.fingerprint import ROOT
from bot.runtime import quiet


def main() -> None:
    """Train into the named file and print the seconds it took on the last line."""
    target = Path(sys.argv[1])
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"
    quiet()
    from rasa.model_training import train

    from bot.runtime import quiet_rasa

    quiet_rasa()
    started = time.monotonic()
    result = train(
        domain=str(ROOT / "bot" / "domain"),
        config=str(ROOT / "bench" / "stock" / "config.yml"),
        training_files=str(ROOT / "nlu_data" / "dialogue"),
        output=str(target.parent),
        fixed_model_name=target.name.removesuffix(".tar.gz"),
        force_training=True,
    )
    if result.code != 0 or not result.model:
        sys.exit("the stock assistant could not be trained")
    print(round(time.monotonic() - started))


if __name__ == "__main__":
    main()
