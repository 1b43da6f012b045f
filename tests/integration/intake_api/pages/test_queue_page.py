"""The queue on the desk: many cases worked at once, a case taken up and given back, views kept and shared."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from intake_api.domain.access import Role
from intake_api.domain.action import WHO, Action
from intake_api.domain.case import OPEN
from intake_api.domain.casework import STATES
from intake_api.http.bulk import ACTIONS
from tests.integration.intake_api.conftest import Intake, Json, only_sqlite
from tests.integration.intake_api.pages.conftest import PHONE, Enter, act
from tests.integration.intake_api.pages.test_pictures import morning

pytestmark = [pytest.mark.browser, only_sqlite]

COVER = {"category": "0103", "description": "门口的井盖没了", "location": {"text": "稻香新苑门口"}}


def grouped(case: Json) -> str:
    number = case["case_no"]
    return f"{number[:3]} {number[3:6]} {number[6:]}"


def sheet(page: Page, name: str):
    return page.get_by_role("dialog", name=name)


def pane(page: Page):
    return page.get_by_role("region", name="案件详情")


async def test_what_is_offered_for_many_is_what_the_rules_allow(browser: Browser, intake: Intake) -> None:
    page = await browser.new_page()
    await page.goto(str(intake.client.make_url("/desk")))
    table = await page.evaluate(
        "import('/assets/pages/desk/bulk.js').then(({ BULK }) => JSON.parse(JSON.stringify(BULK)))"
    )
    assert set(table) <= set(ACTIONS), "the interface does all of them in bulk"
    correct = table.pop("correct")
    assert set(correct["states"]) == OPEN
    for name, offer in table.items():
        action = Action(name)
        assert {Role(role) for role in offer["roles"]} <= set(WHO[action]), name
        assert set(offer["states"]) <= STATES[action], name


async def test_a_crew_accepts_its_morning_with_the_keyboard(intake: Intake, enter: Enter) -> None:
    cases = [(await intake.file(**COVER))[1] for _ in range(3)]
    await act(intake, cases[0], "accept", "handler@drainage")
    page = await enter("韩师傅", "handler", "drainage", path="/cases")
    await expect(page.locator("a.row")).to_have_count(3)
    await page.keyboard.press("j")
    await page.keyboard.press("V")
    await expect(page.get_by_text("已选 1 件")).to_be_visible()
    await page.keyboard.press("A")
    await expect(page.get_by_text("已选 3 件")).to_be_visible()
    await expect(page.get_by_role("button", name="签收 2 件")).to_be_visible()  # one is in hand already
    await page.keyboard.press("T")
    await expect(sheet(page, "批量签收").get_by_text("这 1 件的状态不能签收，不动")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(sheet(page, "批量签收").get_by_text("办好 2 件")).to_be_visible()
    for case in cases:
        _, seen = await intake.call("GET", f"/api/v1/cases/{case['case_no']}", role="supervisor")
        assert seen["status"] == "accepted"
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("已选 1 件")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("toolbar", name="批量办理")).to_have_count(0)


async def test_a_case_that_went_on_is_left_alone_and_told(intake: Intake, enter: Enter) -> None:
    _, first = await intake.file(**COVER)
    _, second = await intake.file(**COVER)
    page = await enter("顾晓芸", "operator", path="/cases")
    await page.get_by_role("button", name="选几件一起办").click()
    boxes = page.locator(".row-choice input")
    await boxes.first.click()
    await boxes.last.click(modifiers=["Shift"])
    await expect(page.get_by_text("已选 2 件")).to_be_visible()
    await page.get_by_role("button", name="更多").click()
    await page.get_by_role("menuitem", name="备注").click()
    bulk = sheet(page, "批量备注")
    await page.keyboard.press("Control+Enter")
    await expect(bulk.get_by_text("请写明：备注。")).to_be_visible()
    await bulk.get_by_label("备注", exact=True).fill("同一批，周五一起回访")
    await act(intake, first, "supervise", "supervisor", level=2, reason="有安全隐患")
    await page.keyboard.press("Control+Enter")
    await expect(bulk.get_by_text("办好 1 件")).to_be_visible()
    await expect(bulk.get_by_text("没有办 1 件")).to_be_visible()
    failed = bulk.locator("li.failed")
    await expect(failed.get_by_role("link", name=grouped(first))).to_be_visible()
    await expect(failed.get_by_text(re.compile("您打开以后，案件又有变化（.*督办）"))).to_be_visible()
    await bulk.get_by_role("button", name="看过了，再办这 1 件").click()
    await expect(bulk.get_by_label("备注", exact=True)).to_have_value("同一批，周五一起回访")
    await page.keyboard.press("Control+Enter")
    await expect(bulk.get_by_text("办好 1 件")).to_be_visible()
    await bulk.get_by_role("button", name="完成").click()
    await expect(page.get_by_role("toolbar", name="批量办理")).to_have_count(0)
    for case in (first, second):
        _, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
        assert [event["kind"] for event in events["items"]].count("noted") == 1


async def test_a_broken_line_does_nothing_twice(intake: Intake, enter: Enter) -> None:
    _, case = await intake.file(**COVER)
    page = await enter("顾晓芸", "operator", path="/cases")
    await page.get_by_role("button", name="选几件一起办").click()
    await page.locator(".row-choice input").check()
    await page.get_by_role("button", name="更多").click()
    await page.get_by_role("menuitem", name="备注").click()
    bulk = sheet(page, "批量备注")
    await bulk.get_by_label("备注", exact=True).fill("已电话沟通")
    answers = 0

    async def lose_the_first(route) -> None:
        nonlocal answers
        answers += 1
        answer = await route.fetch()
        await (route.abort() if answers == 1 else route.fulfill(response=answer))

    await page.route("**/api/v1/cases/bulk", lose_the_first)
    await page.keyboard.press("Control+Enter")
    await expect(bulk.get_by_text("不知道办了没有")).to_be_visible()
    await page.keyboard.press("Control+Enter")
    await expect(bulk.get_by_text("办好 1 件")).to_be_visible()
    _, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    assert [event["kind"] for event in events["items"]].count("noted") == 1


async def test_on_a_phone_cases_are_worked_together_too(intake: Intake, enter: Enter) -> None:
    for _ in range(2):
        await intake.file(**COVER)
    page = await enter("韩师傅", "handler", "drainage", size=PHONE, path="/cases")
    await page.get_by_role("button", name="选几件一起办").tap()
    await page.get_by_role("button", name="全选").tap()
    await page.get_by_role("toolbar", name="批量办理").get_by_role("button", name="签收").tap()
    await sheet(page, "批量签收").get_by_role("button", name="签收 2 件").tap()
    await expect(sheet(page, "批量签收").get_by_text("办好 2 件")).to_be_visible()
    assert await page.evaluate(
        "[...document.querySelectorAll('.list, .list-head, dialog[open]')].every((e) => e.scrollWidth <= e.clientWidth)"
    )


async def test_a_pressed_case_is_counted_once_and_named_on_the_narrowest_phone(intake: Intake, enter: Enter) -> None:
    await morning(intake)
    page = await enter("韩师傅", "handler", "drainage", size=PHONE)
    await page.set_viewport_size({"width": 360, "height": 740})
    await expect(page.get_by_text("共 7 件等您")).to_be_visible()
    pressed = page.get_by_role("region", name="督办和催办")
    await expect(pressed.get_by_text("催办", exact=True)).to_be_visible()
    shown = "(name) => name.clientWidth && name.scrollWidth <= name.clientWidth"
    assert await pressed.locator(".category").evaluate(shown)
    await pressed.locator("a.work-head").click()
    heading = page.get_by_role("heading", name="督办和催办")
    await expect(heading).to_be_visible()
    assert await heading.evaluate(shown)


async def test_the_next_case_is_one_persons_until_it_is_given_back(intake: Intake, enter: Enter) -> None:
    _, case = await intake.file(**COVER, category_confidence=0.2)
    first = await enter("顾晓芸", "operator")
    await first.keyboard.press("N")
    await expect(pane(first).get_by_role("heading", name=grouped(case))).to_be_visible()
    await expect(pane(first).get_by_text(re.compile("归您到 "))).to_be_visible()

    second = await enter("李强", "operator")
    await second.keyboard.press("N")
    await expect(second.get_by_text("现在没有等您领的案件")).to_be_visible()
    await second.goto(str(intake.client.make_url(f"/desk/cases/{case['case_no']}")))
    await expect(pane(second).get_by_text(re.compile("顾晓芸在办，到 "))).to_be_visible()
    await expect(second.locator("a.row").get_by_text("顾晓芸在办")).to_be_visible()
    await expect(pane(second).get_by_role("button", name="领办")).to_have_count(0)

    await first.keyboard.press("w")
    await expect(pane(first).get_by_role("button", name="领办")).to_be_visible()
    await second.reload()
    await pane(second).get_by_role("button", name="领办").click()
    await expect(pane(second).get_by_text(re.compile("归您到 "))).to_be_visible()
    await first.keyboard.press("w")  # this page does not know yet
    await expect(pane(first).get_by_text(re.compile("李强在办，到 "))).to_be_visible()


async def test_filters_are_kept_under_a_name_and_shared(intake: Intake, enter: Enter) -> None:
    await intake.file(**COVER)
    await intake.file(category="0115", location={"text": "QH0712-08灯杆"})
    page = await enter("秦派遣", "dispatcher", path="/cases?status=dispatched&category=0103")
    rail = page.get_by_role("region", name="视图")
    await rail.get_by_role("button", name="把现在的筛选存为视图").click()
    dialog = sheet(page, "存为视图")
    await expect(dialog.get_by_label("名称")).to_be_focused()
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog.get_by_text("请起个名称。")).to_be_visible()
    await dialog.get_by_label("名称").fill("井盖待签收")
    await dialog.get_by_label("督办员").check()
    await page.keyboard.press("Enter")
    await expect(rail.get_by_role("link", name=re.compile("井盖待签收"))).to_have_attribute("aria-current", "true")
    await expect(rail.locator(".count")).to_have_text("1")
    await expect(page.get_by_role("heading", name="井盖待签收")).to_be_visible()

    supervisor = await enter("沈督办", "supervisor", path="/cases")
    await supervisor.get_by_role("link", name=re.compile("井盖待签收")).click()
    await expect(supervisor.locator("a.row")).to_have_count(1)
    await expect(supervisor.get_by_role("button", name=re.compile("改视图"))).to_have_count(0)

    await page.get_by_role("button", name="改视图“井盖待签收”").click()
    dialog = sheet(page, "改视图")
    await dialog.get_by_label("名称").fill("井盖")
    await dialog.get_by_role("button", name="保存").click()
    await expect(rail.get_by_role("link", name=re.compile("^井盖"))).to_be_visible()
    await page.get_by_role("button", name="改视图“井盖”").click()
    await sheet(page, "改视图").get_by_role("button", name="删除").click()
    await sheet(page, "改视图").get_by_role("button", name="确定删除").click()
    await expect(rail.get_by_role("link")).to_have_count(0)
