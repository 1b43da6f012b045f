"""The public page in a real browser: anybody finds a case, follows it, and learns nothing about a person."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from intake_api.domain import case_number
from tests.integration.intake_api.conftest import Intake, only_sqlite
from tests.integration.intake_api.pages.conftest import Enter

pytestmark = [pytest.mark.browser, only_sqlite]


@pytest.mark.parametrize("width", [390, 1440])
async def test_anybody_looks_around_and_looks_a_number_up(browser: Browser, intake: Intake, width: int) -> None:
    _, garbage = await intake.file(description="垃圾没人收，我叫张伟13812345678")
    await intake.file(category="0115", location={"text": "QH0712-08灯杆"})
    _, hidden = await intake.file(category="1511")
    released = {"text": "垃圾三天没人收"}
    await intake.call("POST", f"/api/v1/cases/{garbage['case_no']}/actions/release", released, role="operator")
    context = await browser.new_context(viewport={"width": width, "height": 844}, locale="zh-CN")
    page = await context.new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(str(intake.client.make_url("/open?days=")))
    await expect(page.get_by_role("heading", name="2 件")).to_be_visible()
    await expect(page.get_by_text("垃圾三天没人收")).to_be_visible()
    await page.get_by_label("街镇").select_option("禾东镇")
    await page.get_by_label("什么事").select_option("0115")
    await expect(page.get_by_role("heading", name="1 件")).to_be_visible()
    assert "category=0115" in page.url
    await page.locator(".card-head", has_text="路灯").click()
    await expect(page.get_by_text("QH0712-08 号灯杆").nth(1)).to_be_visible()
    await expect(page.get_by_role("list", name="办理经过").get_by_text("立案", exact=True)).to_be_visible()
    field = page.get_by_label("查一件的进度")
    await field.fill(case_number.grouped(garbage["case_no"]))
    await field.press("Enter")
    await expect(page.get_by_role("heading", name="暴露垃圾")).to_be_visible()
    await field.fill(hidden["case_no"])
    await field.press("Enter")
    await expect(page.get_by_text("没有查到")).to_be_visible()
    if width < 900:
        await page.get_by_role("button", name="地图").click()
    await expect(page.locator(".pin").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    content = await page.content()
    assert "张伟" not in content and "13812345678" not in content
    assert errors == []


async def test_an_operator_releases_words_on_the_desk_and_takes_them_back(enter: Enter, intake: Intake) -> None:
    _, case = await intake.file(description="垃圾没人收，我叫张伟13812345678")
    page = await enter("周敏", "operator")
    await page.goto(str(intake.client.make_url(f"/desk/cases/{case['case_no']}")))
    await page.get_by_role("button", name="写公开的说明").click()
    field = page.get_by_label("所有人都会看到")
    await expect(field).to_have_value("垃圾没人收")
    await field.fill("垃圾没人收，找13812345678")
    await page.get_by_role("button", name="公开", exact=True).click()
    await expect(page.get_by_role("alert").get_by_text("电话号码").first).to_be_visible()
    await field.fill("垃圾三天没人收")
    await page.get_by_role("button", name="公开", exact=True).click()
    await expect(page.get_by_role("button", name="撤下说明")).to_be_visible()
    path = f"/api/v1/public/cases/{case['case_no']}"
    assert (await intake.call("GET", path, role=None))[1]["text"] == "垃圾三天没人收"
    await page.get_by_role("button", name="撤下说明").click()
    await expect(page.get_by_role("button", name="写公开的说明")).to_be_visible()
    assert (await intake.call("GET", path, role=None))[1]["text"] == ""
