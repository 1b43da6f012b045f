"""The desk in a real browser: a supervisor tries the responsibility matrix out and changes it."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from groundwork.settings import ROOT
from intake_api.http.authentication import COOKIE
from tests.integration.intake_api.conftest import Assistant, Clock, Intake, only_sqlite, running
from tests.integration.intake_api.desk import account, enter

CHROMIUM = Path(os.environ.get("YHT_TEST_CHROMIUM", "/usr/bin/chromium"))
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed"),
    only_sqlite,
]

SWITCHES = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


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


async def at_the_matrix(browser: Browser, intake: Intake, name: str, role: str, width: int) -> tuple[Page, list[str]]:
    """The page, and the script errors that it will have met."""
    await account(intake, name, role)
    person = await enter(intake, name)
    context = await browser.new_context(viewport={"width": width, "height": 844}, locale="zh-CN")
    home = str(intake.client.make_url("/"))
    await context.add_cookies([{"name": COOKIE, "value": person.cookie, "url": home}])
    page = await context.new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(str(intake.client.make_url("/desk")))
    await page.get_by_role("link", name="职责表").click()
    await expect(page.locator(".matrix tbody tr")).to_have_count(3)
    return page, errors


async def choose(page: Page, scope, label: str, words: str, option: str) -> None:
    await scope.get_by_label(label, exact=True).fill(words)
    await page.get_by_role("option", name=re.compile(option)).first.click()


async def test_a_supervisor_tries_a_case_out_and_writes_a_rule_for_it(browser: Browser, intake: Intake) -> None:
    page, errors = await at_the_matrix(browser, intake, "沈督办", "supervisor", 1366)
    trial = page.get_by_role("region", name="试算")
    await choose(page, trial, "分类", "井盖丢失", "雨水井盖")
    await choose(page, trial, "街镇", "禾东", "禾东镇")
    await trial.get_by_label("反映的话（可不填）").fill("井盖不见了")
    await expect(trial.locator(".dry-lead strong")).to_have_text("青禾区排水管理所")
    await expect(trial.get_by_text("文字中有“不见了”")).to_be_visible()
    await expect(trial.locator(".dry-term strong")).to_have_text("2 小时")

    await page.get_by_role("button", name="新增规则").click()
    sheet = page.get_by_role("dialog", name="新增规则")
    await sheet.get_by_role("button", name="新增", exact=True).click()
    await expect(sheet.get_by_text("请选主办部门。")).to_be_visible()
    await choose(page, sheet, "分类", "雨水井盖", "雨水井盖")
    await choose(page, sheet, "范围", "禾东", "禾东镇")
    await choose(page, sheet, "主办部门", "禾东", "禾东镇城市运行管理中心")
    await choose(page, sheet, "协办部门（可不选，可选几个）", "排水", "排水管理所")
    await sheet.get_by_label("理由").fill("镇里已接管支路管网")
    await sheet.get_by_role("button", name="新增", exact=True).click()
    await expect(page.locator(".matrix tbody tr")).to_have_count(4)
    await trial.get_by_label("反映的话（可不填）").fill("井盖丢了")
    await expect(trial.locator(".dry-lead strong")).to_have_text("禾东镇城市运行管理中心")

    await page.locator(".matrix tr", has_text="镇里已接管").get_by_role("button", name="终止").click()
    sheet = page.get_by_role("dialog", name="终止规则")
    await sheet.get_by_label("理由").fill("写错了范围")
    await sheet.get_by_role("button", name="终止", exact=True).click()
    await expect(page.locator(".matrix tbody tr")).to_have_count(3)
    await page.get_by_role("link", name="变更记录").click()
    await expect(page.locator(".example").first).to_contain_text("写错了范围")
    assert errors == []


async def test_a_table_is_taken_in_after_its_difference_was_seen(
    browser: Browser, intake: Intake, tmp_path: Path
) -> None:
    page, errors = await at_the_matrix(browser, intake, "沈督办", "supervisor", 390)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="导出").click()
    table = tmp_path / "responsibility.csv"
    await (await download.value).save_as(table)
    text = table.read_text(encoding="utf-8-sig")

    await page.get_by_role("button", name="导入").click()
    sheet = page.get_by_role("dialog", name="导入职责表")
    table.write_text(text.replace("drainage", "sewers"), encoding="utf-8")
    await sheet.get_by_label("CSV 文件").set_input_files(table)
    await expect(sheet.get_by_text("第 2 行：部门 sewers 不在 departments.csv 里")).to_be_visible()
    mended = tmp_path / "mended.csv"
    mended.write_text(text.replace("drainage", "lamps"), encoding="utf-8")
    await sheet.get_by_label("CSV 文件").set_input_files(mended)
    await expect(sheet.get_by_text("＋ 雨水井盖 × 全区 → 青禾区路灯管理所")).to_be_visible()
    await sheet.get_by_label("理由").fill("试试")
    await sheet.get_by_role("button", name="确认导入").click()
    await expect(sheet).to_be_hidden()
    await expect(page.locator(".matrix tbody tr", has_text="青禾区路灯管理所")).to_have_count(1)
    assert errors == []


async def test_a_dispatcher_looks_and_does_not_change(browser: Browser, intake: Intake) -> None:
    page, _ = await at_the_matrix(browser, intake, "何派遣", "dispatcher", 1366)
    await expect(page.get_by_role("link", name="导出")).to_be_visible()
    for name in ("导入", "新增规则", "终止"):
        assert await page.get_by_role("button", name=name).count() == 0
