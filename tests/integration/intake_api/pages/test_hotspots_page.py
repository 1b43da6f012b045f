"""Hot spots on the desk: found on the map and in the list, explained, and followed to their cases."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.integration.intake_api.conftest import Intake, only_sqlite
from tests.integration.intake_api.pages.conftest import PHONE, Enter
from tests.integration.intake_api.pages.test_pictures import take

pytestmark = [pytest.mark.browser, only_sqlite]


async def burst(intake: Intake) -> None:
    """Garbage at one gate, five times; lamps elsewhere, once."""
    for i in range(5):
        await intake.file(description=f"门口垃圾堆了{i + 2}天，味道很大")
    await intake.file(category="0115", location={"text": "QH0712-08灯杆"})


async def test_a_hot_spot_says_why_it_is_one_and_leads_to_its_cases(intake: Intake, enter: Enter) -> None:
    await burst(intake)
    page = await enter("沈督办", "supervisor", path="/hotspots")
    spots = page.get_by_role("region", name="热点列表")
    await expect(spots.get_by_role("listitem")).to_have_count(1)
    await page.locator(".leaflet-marker-icon.spot").click()
    await expect(spots.get_by_text("这段时间本该有")).to_be_visible()
    await expect(spots.get_by_text("1 个网格，禾东镇")).to_be_visible()
    await spots.get_by_text("热点怎么算的").click()
    await expect(spots.get_by_text("泊松分布")).to_be_visible()
    await take(page, "hotspots")
    await spots.get_by_role("link", name="看这 5 件").click()
    await expect(page.locator("a.row")).to_have_count(5)
    await expect(page.get_by_role("button", name="1 个网格")).to_be_visible()


async def test_hot_spots_are_narrowed_by_category_and_time(intake: Intake, enter: Enter) -> None:
    await burst(intake)
    page = await enter("顾晓芸", "operator", size=PHONE, path="/hotspots")
    spots = page.get_by_role("region", name="热点列表")
    await expect(spots.get_by_role("listitem")).to_have_count(1)
    await page.get_by_label("分类", exact=True).fill("路灯")
    await page.get_by_role("option", name="路灯").first.click()
    await expect(page.get_by_text("没有热点")).to_be_visible()
    await page.get_by_role("button", name="看全部").tap()
    await expect(spots.get_by_role("listitem")).to_have_count(1)
    intake.clock.forward(days=2)
    await page.get_by_role("button", name="近 1 天").tap()
    assert "days=1" in page.url
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_a_department_has_no_hot_spots_of_the_city(intake: Intake, enter: Enter) -> None:
    page = await enter("韩师傅", "handler", "drainage")
    await expect(page.get_by_role("link", name="案件", exact=True)).to_be_visible()
    assert await page.get_by_role("link", name="热点").count() == 0
    assert await page.get_by_role("link", name="看板").count() == 0
