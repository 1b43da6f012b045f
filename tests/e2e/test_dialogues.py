"""Residents talk with the whole system, as the scripts of ``tests/data/dialogues.txt`` tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import System
from tests.e2e.script import Play, Script, Staff, scripts

pytestmark = pytest.mark.assistant

SCRIPTS = scripts(Path(__file__).parents[1] / "data" / "dialogues.txt")


@pytest.fixture(scope="module")
def staff(system: System) -> Staff:
    return Staff(system)


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.title for script in SCRIPTS])
def test_the_resident_is_served_as_the_script_tells(system: System, staff: Staff, script: Script) -> None:
    Play(system, staff).run(script)
