"""One category in full, with its filing conditions."""

from __future__ import annotations

from tests.integration.intake_api.conftest import Intake, only_sqlite

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


async def test_the_fast_track_shows_its_own_limit(intake: Intake) -> None:
    _, category = await intake.call("GET", "/api/v1/categories/1102")
    assert category["fast_track"] is True
    assert category["limit_in_force"]["words"] == "2 小时" != category["limit"]["words"]


async def test_a_category_that_does_not_exist_is_told(intake: Intake) -> None:
    status, problem = await intake.call("GET", "/api/v1/categories/7777")
    assert (status, problem["code"]) == (404, "category_not_found")
