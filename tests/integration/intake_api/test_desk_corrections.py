"""The desk in a real browser: an operator puts a case right, a supervisor looks at what the assistant may learn."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from groundwork.settings import ROOT
from intake_api import administration
from intake_api.domain.second_factor import code_at, step_of
from tests.integration.intake_api.conftest import Assistant, Clock, Intake, only_sqlite, running

CHROMIUM = Path(os.environ.get("YHT_TEST_CHROMIUM", "/usr/bin/chromium"))
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed"),
    only_sqlite,
]

SWITCHES = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PASSWORD = "Qinghe-2026-一号"
TEXT = "我叫张伟，稻香小区西门口的井盖没了，电话13812345678"
FIGURES = {"n": 150, "act_accuracy": 0.9, "category_top1": 0.8, "category_top3": 0.9, "location_f1": 0.7}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running_browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(SWITCHES))
        yield running_browser
        await running_browser.close()


@pytest.fixture
async def intake(settings) -> AsyncIterator[Intake]:
    """The intake with the browser's libraries, which the front serves otherwise."""
    async with running(settings, Clock(), Assistant(), vendor=ROOT / "vendor") as intake:
        yield intake


async def logged_in(browser: Browser, intake: Intake, name: str, role: str, *, width: int = 1366) -> Page:
    link = await administration.add_staff(intake.settings, name, [role], None)
    token = link.rpartition("/")[2]
    await intake.call("POST", f"/api/v1/invitations/{token}", {"password": PASSWORD}, role=None)
    context = await browser.new_context(viewport={"width": width, "height": 800}, locale="zh-CN")
    page = await context.new_page()
    page.set_default_timeout(20_000)
    await page.goto(str(intake.client.make_url("/desk")))
    await page.get_by_label("姓名").fill(name)
    await page.get_by_label("密码", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    if role == "supervisor":  # sets up the second factor first
        secret = re.sub(r"\s", "", await page.locator(".key code").inner_text())
        await page.get_by_label("6 位验证码").fill(code_at(secret, step_of(intake.clock.now)))
        await page.get_by_role("button", name="启用", exact=True).click()
        await page.get_by_role("button", name="我已保存好").click()
    await expect(page.get_by_role("link", name="案件", exact=True)).to_be_visible()
    return page


def record(**changes: object) -> str:
    counts = {"utterances": 13500, "tickets": 3000, "corrections": 2}
    return json.dumps(
        {"trained_at": "2026-09-20T03:00:00+00:00", "seconds": 160, "counts": counts, "heldout": "a"}
        | {"figures": FIGURES, "previous": None}
        | changes
    )


async def test_an_operator_corrects_and_a_supervisor_lets_the_assistant_learn(browser: Browser, intake: Intake) -> None:
    models = intake.settings.var_dir / "models"
    models.mkdir(parents=True)
    better = FIGURES | {"category_top1": 0.85}
    previous = {"fingerprint": "aaaa", "heldout": "a", "figures": FIGURES}
    (models / "aaaa.json").write_text(record())
    newer = record(trained_at="2026-09-21T03:00:00+00:00", figures=better, previous=previous)
    (models / "0123456789abcdef.json").write_text(newer)
    _, case = await intake.file(description=TEXT, location={"text": "说不清的地方"})

    page = await logged_in(browser, intake, "顾晓芸", "operator")
    await page.goto(str(intake.client.make_url(f"/desk/cases/{case['case_no']}")))
    pane = page.get_by_role("region", name="案件详情")
    await pane.get_by_role("button", name="更正").click()
    sheet = page.get_by_role("dialog", name="更正分类或地点")
    await sheet.get_by_role("button", name="更正").click()
    await expect(sheet.get_by_text("没有改动不用提交")).to_be_visible()
    await sheet.get_by_label("分类", exact=True).fill("井盖丢失")
    await page.get_by_role("option", name=re.compile("雨水井盖")).click()
    await sheet.get_by_label("地点").fill("稻香小区西门口")
    await expect(sheet.get_by_text("稻香新苑").first).to_be_visible()
    await sheet.get_by_label("理由").fill("电话核实过")
    await sheet.get_by_role("button", name="更正", exact=True).click()
    await expect(sheet).to_be_hidden()
    await expect(pane.get_by_text("雨水井盖").first).to_be_visible()
    await expect(pane.get_by_text("分类：暴露垃圾 → 雨水井盖")).to_be_visible()
    await expect(pane.get_by_text("电话核实过")).to_be_visible()
    assert await page.get_by_role("link", name="学习样本").count() == 0

    page = await logged_in(browser, intake, "沈督办", "supervisor")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.get_by_role("link", name="学习样本").click()
    await expect(page.get_by_text("我叫某，稻香小区西门口的井盖没了")).to_be_visible()
    await expect(page.locator("mark")).to_have_text("稻香小区西门口")
    await expect(page.get_by_text("升 5.0")).to_be_visible()
    await expect(page.get_by_text("在用")).to_be_visible()
    await page.get_by_role("button", name="采用", exact=True).click()
    await expect(page.locator(".example .tag")).to_have_text("已采用")
    await page.get_by_role("link", name="已采用", exact=True).click()
    await expect(page.locator(".example")).to_have_count(1)
    [line] = await administration.accepted_examples(intake.settings)
    assert (line["code"], line["places"]) == ("0103", [[4, 11]])
    if shots := os.environ.get("YHT_TEST_SCREENSHOTS"):
        await page.screenshot(path=f"{shots}/learning.png")
    await page.set_viewport_size({"width": 360, "height": 740})
    if shots:
        await page.screenshot(path=f"{shots}/learning-phone.png")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert problems == []


async def test_who_corrects_an_older_state_is_shown_the_new_one(browser: Browser, intake: Intake) -> None:
    _, case = await intake.file()
    page = await logged_in(browser, intake, "顾晓芸", "operator", width=390)
    await page.goto(str(intake.client.make_url(f"/desk/cases/{case['case_no']}")))
    await page.get_by_role("region", name="案件详情").get_by_role("button", name="更正").click()
    body = {"category": "0103", "reason": "看了照片"}
    await intake.call("POST", f"/api/v1/cases/{case['case_no']}/actions/correct", body, role="dispatcher")
    sheet = page.get_by_role("dialog", name="更正分类或地点")
    await sheet.get_by_label("地点").fill("青禾广场")
    await sheet.get_by_label("理由").fill("问过本人")
    if shots := os.environ.get("YHT_TEST_SCREENSHOTS"):
        await page.screenshot(path=f"{shots}/sheet.png")
    await sheet.get_by_role("button", name="更正", exact=True).click()
    await expect(sheet.get_by_text("您打开以后，案件又有变化")).to_be_visible()
    await sheet.get_by_role("button", name="看新的内容").click()
    await expect(page.get_by_text("分类：暴露垃圾 → 雨水井盖")).to_be_visible()
