"""The desk in a real browser: an operator puts a case right, a supervisor looks at what the assistant may learn."""

from __future__ import annotations

import json
import os
import re

import pytest
from playwright.async_api import expect

from intake_api import administration
from tests.integration.intake_api.conftest import Intake, only_sqlite
from tests.integration.intake_api.pages.conftest import Enter
from tests.integration.intake_api.pages.test_pictures import take

pytestmark = [pytest.mark.browser, only_sqlite]
TEXT = "我叫张伟，稻香小区西门口的井盖没了，电话13812345678"
FIGURES = {"n": 150, "act_accuracy": 0.9, "category_top1": 0.8, "category_top3": 0.9, "location_f1": 0.7}


def record(**changes: object) -> str:
    counts = {"utterances": 13500, "tickets": 3000, "corrections": 2}
    return json.dumps(
        {"trained_at": "2026-09-20T03:00:00+00:00", "seconds": 160, "counts": counts, "heldout": "a"}
        | {"figures": FIGURES, "previous": None}
        | changes
    )


async def test_an_operator_corrects_and_a_supervisor_lets_the_assistant_learn(enter: Enter, intake: Intake) -> None:
    models = intake.settings.var_dir / "models"
    models.mkdir(parents=True)
    better = FIGURES | {"category_top1": 0.85}
    previous = {"fingerprint": "aaaa", "heldout": "a", "figures": FIGURES}
    (models / "aaaa.json").write_text(record())
    newer = record(trained_at="2026-09-21T03:00:00+00:00", figures=better, previous=previous)
    (models / "0123456789abcdef.json").write_text(newer)
    _, case = await intake.file(description=TEXT, location={"text": "说不清的地方"})

    page = await enter("顾晓芸", "operator", size=(1366, 800))
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

    page = await enter("沈督办", "supervisor", size=(1366, 800))
    await page.get_by_role("link", name="学习样本").click()
    await expect(page.get_by_text("我叫某，稻香小区西门口的井盖没了")).to_be_visible()
    await expect(page.locator("mark")).to_have_text("稻香小区西门口")
    await expect(page.get_by_text("升 5.0")).to_be_visible()
    await expect(page.get_by_text("在用")).to_be_visible()
    await take(page, "learning")
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


async def test_who_corrects_an_older_state_is_shown_the_new_one(enter: Enter, intake: Intake) -> None:
    _, case = await intake.file()
    page = await enter("顾晓芸", "operator", size=(390, 800))
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
