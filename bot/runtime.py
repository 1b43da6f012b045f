"""What must be set before Rasa is imported, and the one thing in it that is made faster."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any


def quiet() -> None:
    """Warnings and above only: Rasa logs whole messages of residents at lower levels. Keep jieba's cache in ``var``."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    os.environ["LOG_LEVEL"] = "WARNING"
    # filters are set anew by what Rasa imports, so the printing itself is turned off
    warnings.showwarning = lambda *_arguments, **_options: None
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    import jieba

    cache_folder = Path(os.environ.get("YHT_VAR_DIR", "var")) / "cache"
    cache_folder.mkdir(parents=True, exist_ok=True)
    jieba.setLogLevel(logging.WARNING)
    jieba.dt.tmp_dir = str(cache_folder)


def quiet_rasa() -> None:
    """Rasa's own structured logger prints whatever the level of logging is: hold it to warnings."""
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for name in ("rasa", "sanic", "sanic.root", "sanic.access", "sanic.error", "apscheduler", "matplotlib"):
        logging.getLogger(name).setLevel(logging.WARNING)


def compile_action_schema() -> None:
    """Check answers of the action server with a schema compiled once.

    Rasa 3.6 compiles and checks its own schema anew on every answer, two thirds of the time of a turn. What is accepted
    and what is refused stays the same.
    """
    from jsonschema import ValidationError
    from jsonschema.validators import validator_for
    from rasa.core.actions.action import RemoteAction

    @cache
    def validator() -> Any:
        schema = RemoteAction.action_response_format_spec()
        kind = validator_for(schema)
        kind.check_schema(schema)
        return kind(schema)

    def validate(self: RemoteAction, result: dict[str, Any]) -> bool:
        error = next(validator().iter_errors(result), None)
        if error is not None:
            raise ValidationError(f"the action server's answer does not fit: {error.message}")
        return True

    RemoteAction._validate_action_result = validate
