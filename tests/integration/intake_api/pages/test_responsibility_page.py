"""The desk in a real browser: a supervisor tries the responsibility matrix out and changes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.integration.intake_api.conftest import only_sqlite
from tests.integration.intake_api.pages.conftest import Enter
from tests.integration.intake_api.pages.test_pictures import take

pytestmark = [pytest.mark.browser, only_sqlite]


async def at_the_matrix(enter: Enter, name: str, role: str, width: int) -> Page:
    page = await enter(name, role, size=(width, 844))
    await page.get_by_role("link", name="职责表").click()
    await expect(page.locator(".matrix tbody tr")).to_have_count(3)
    return page


async def choose(page: Page, scope, label: str, words: str, option: str) -> None:
    await scope.get_by_label(label, exact=True).fill(words)
    await page.get_by_role("option", name=re.compile(option)).first.click()


async def test_a_supervisor_tries_a_case_out_and_writes_a_rule_for_it(enter: Enter) -> None:
    page = await at_the_matrix(enter, "沈督办", "supervisor", 1366)
    trial = page.get_by_role("region", name="试算")
    await choose(page, trial, "分类", "井盖丢失", "雨水井盖")
    await choose(page, trial, "街镇", "禾东", "禾东镇")
    await trial.get_by_label("反映的话（可不填）").fill("井盖不见了")
    await expect(trial.locator(".dry-lead strong")).to_have_text("青禾区排水管理所")
    await expect(trial.get_by_text("文字中有“不见了”")).to_be_visible()
    await expect(trial.locator(".dry-term strong")).to_have_text("2 小时")
    await take(page, "responsibility")

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


async def test_a_table_is_taken_in_after_its_difference_was_seen(enter: Enter, tmp_path: Path) -> None:
    page = await at_the_matrix(enter, "沈督办", "supervisor", 390)
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


async def test_a_dispatcher_looks_and_does_not_change(enter: Enter) -> None:
    page = await at_the_matrix(enter, "何派遣", "dispatcher", 1366)
    await expect(page.get_by_role("link", name="导出")).to_be_visible()
    for name in ("导入", "新增规则", "终止"):
        assert await page.get_by_role("button", name=name).count() == 0
