"""One category in full, with its filing conditions."""

from __future__ import annotations

import shutil
from pathlib import Path

from intake_api import administration
from intake_api.http.resources import CITY
from tests.integration.intake_api.conftest import QINGHE, Intake, only_sqlite

pytestmark = only_sqlite


async def test_a_category_shows_its_filing_conditions_and_limits(intake: Intake) -> None:
    status, category = await intake.call("GET", "/api/v1/categories/0103")
    assert (status, category["name"], category["fast_track"]) == (200, "雨水井盖", False)
    shown = {one["id"]: (one["limit"]["words"], one["urgency"]) for one in category["conditions"]}
    assert shown == {
        "missing": ("2 小时", "emergency"),
        "noisy": ("2 个工作日", "urgent"),
        "sunken": ("7 个工作日", "urgent"),
    }
    assert category["proposed"] is None


async def test_the_words_of_a_report_propose_a_condition(intake: Intake) -> None:
    _, category = await intake.call("GET", "/api/v1/categories/0103?text=井盖不见了")
    assert category["proposed"]["condition"] == "missing"
    assert category["proposed"]["words"].startswith("文字中有“不见了”")


async def test_the_fast_track_shows_its_own_limit(intake: Intake, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(QINGHE, tmp_path / "city"))
    with (folder / "city.toml").open("a", encoding="utf-8") as frame:
        frame.write('\n[fast_track]\ncategories = ["1101"]\nlimit = 2\nunit = "calendar_hour"\n')
    await administration.load_city(intake.settings, folder)
    await intake.client.server.app[CITY].refresh()  # type: ignore[union-attr]
    _, category = await intake.call("GET", "/api/v1/categories/1101")
    assert category["fast_track"] is True
    assert (category["limit"]["words"], category["limit_in_force"]["words"]) == ("12 小时", "2 小时")


async def test_a_category_that_does_not_exist_is_told(intake: Intake) -> None:
    status, problem = await intake.call("GET", "/api/v1/categories/7777")
    assert (status, problem["code"]) == (404, "category_not_found")
