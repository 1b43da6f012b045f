"""What the chat page makes of answers, in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.integration.channels.test_photo_page import CHROMIUM, browser
from tests.integration.channels.test_web_channel import app, front

__all__ = ["app", "browser", "front"]  # fixtures

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed")

CASE = {"kind": "progress", "case_no": "483920175", "status": "closed", "category": "路灯", "department": "路灯所"}
GRADES = [{"title": "满意", "payload": "/satisfied"}, {"title": "不满意", "payload": "/dissatisfied"}]


async def top(part: Locator) -> float:
    box = await part.bounding_box()
    assert box
    return box["y"]


async def test_a_question_stands_next_to_the_buttons_that_answer_it(browser: Browser, front: str, rasa) -> None:
    rasa.replies = lambda _words: [{"text": "已经办结。您满意吗？", "buttons": GRADES, "custom": CASE}]
    page = await browser.new_page(viewport={"width": 360, "height": 740}, locale="zh-CN")
    await page.goto(f"{front}/chat")
    await page.get_by_role("button", name="同意并开始").click()
    await page.get_by_role("textbox").fill("办好了吗")
    await page.get_by_role("textbox").press("Enter")
    card = page.locator(".card")
    question = page.locator(".bubble", has_text="您满意吗？")
    await expect(card).to_contain_text("483 920 175")
    await expect(page.get_by_role("button", name="满意", exact=True)).to_be_visible()
    assert await top(card) < await top(question) < await top(page.get_by_role("button", name="满意", exact=True))
