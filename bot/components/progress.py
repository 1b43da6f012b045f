"""Tells how training goes, a line a stage, with the seconds since it began."""

from __future__ import annotations

import time

started = time.monotonic()


def stage(what: str) -> None:
    """Say that a stage of training begins."""
    print(f"  {time.monotonic() - started:5.0f} 秒  {what}", flush=True)
