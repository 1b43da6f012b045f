"""Residents who are not friendly, or whose telephones are not, as the scripts of ``tests/data/adversarial.txt`` tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import System
from tests.e2e.script import Play, Script, Staff, scripts

pytestmark = pytest.mark.assistant

SCRIPTS = scripts(Path(__file__).parents[1] / "data" / "adversarial.txt")


@pytest.fixture(scope="module")
def staff(system: System) -> Staff:
    return Staff(system)


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.title for script in SCRIPTS])
def test_whatever_is_said_is_answered_kindly_and_nothing_is_filed_unasked(
    system: System, staff: Staff, script: Script
) -> None:
    Play(system, staff).run(script)
