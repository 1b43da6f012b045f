"""The figures on the desk: broken down, explained, followed to their cases, weighed for the departments."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.integration.intake_api.conftest import Intake, only_sqlite
from tests.integration.intake_api.pages.conftest import PHONE, Enter
from tests.integration.intake_api.test_life_of_a_case import closed, done

pytestmark = [pytest.mark.browser, only_sqlite]


async def some_work(intake: Intake) -> str:
    good = await closed(intake)
    await done(intake, good, "rate", "operator", grade="very_satisfied", solved=True)
    _, returned = await intake.file(category="0103", description="井盖没了")
    await done(intake, returned, "return", "handler@drainage", reason="不在辖区")
    number: str = returned["case_no"]
    return number


async def test_a_number_leads_to_its_cases(enter: Enter, intake: Intake) -> None:
    returned = await some_work(intake)
    page = await enter("钱受理", "operator", path="/figures?by=department")
    row = page.get_by_role("row", name="青禾区排水管理所")
    await expect(row.locator("td").nth(1)).to_have_text("1")
    await expect(row.get_by_text("100.00 %").first).to_be_visible()
    await expect(page.get_by_role("row", name="合计").locator("td").nth(1)).to_have_text("2")
    await row.get_by_role("button", name="1").last.click()
    sheet = page.get_by_role("dialog")
    await expect(sheet.get_by_role("link", name=f"{returned[:3]} {returned[3:6]} {returned[6:]}")).to_be_visible()
    if folder := os.environ.get("YHT_TEST_PICTURES"):
        await page.keyboard.press("Escape")
        await page.screenshot(path=Path(folder) / "desk-figures.png")


async def test_departments_are_scored_by_the_citys_weights(enter: Enter, intake: Intake) -> None:
    await some_work(intake)
    page = await enter("钱受理", "operator", path="/figures?by=score")
    await expect(page.get_by_text("按期结案率 30 分")).to_be_visible()
    await expect(page.get_by_role("columnheader", name="解决率（25）")).to_be_visible()
    await expect(page.get_by_role("row", name="禾东镇城市运行管理中心").get_by_text("100.00 %").first).to_be_visible()


async def test_on_a_phone_the_figures_fit(enter: Enter, intake: Intake) -> None:
    await some_work(intake)
    page = await enter("钱受理", "operator", size=PHONE, path="/figures?by=town")
    await expect(page.get_by_role("row", name="合计")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if folder := os.environ.get("YHT_TEST_PICTURES"):
        await page.screenshot(path=Path(folder) / "desk-phone-figures.png")
