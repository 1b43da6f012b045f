"""A case goes through the desk: every hand it passes sees what waits, does its part, and keeps its words."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.integration.intake_api.conftest import Intake, only_sqlite
from tests.integration.intake_api.pages.conftest import PASSWORD, PHONE, Enter, act, picture, uploaded

pytestmark = [pytest.mark.browser, only_sqlite]

COVER = {"category": "0103", "description": "门口的井盖没了，晚上太危险", "location": {"text": "稻香新苑门口"}}


def pane(page: Page):
    return page.get_by_role("region", name="案件详情")


async def open_first(page: Page, work: str) -> None:
    """From my work to the first case of a list."""
    await page.get_by_role("region", name=work).locator("a.row").first.click()
    await expect(pane(page).get_by_role("list", name="六个阶段")).to_be_visible()


async def choose_photo(page: Page, name: str, content: bytes) -> None:
    chooser = page.get_by_role("dialog").locator("input[type=file]:not([capture])")
    await chooser.set_input_files({"name": name, "mimeType": "image/jpeg", "buffer": content})
    await expect(page.locator(".upload.done")).to_have_count(1)


async def test_from_the_operator_to_the_verifier(intake: Intake, enter: Enter) -> None:
    before = await uploaded(intake, picture(done=False))
    _, case = await intake.file(**COVER, category_confidence=0.2, attachments=[before])
    assert case["status"] == "received"

    operator = await enter("顾晓芸", "operator")
    await expect(operator.get_by_role("region", name="待受理").locator(".work-count")).to_have_text("1")
    await operator.keyboard.press("1")
    await expect(operator.locator("a.row")).to_have_count(1)
    await operator.keyboard.press("J")
    await expect(pane(operator).get_by_role("button", name="立案")).to_be_visible()
    await operator.keyboard.press("f")
    await expect(operator.get_by_role("dialog", name="立案")).to_be_visible()
    await operator.keyboard.press("Enter")
    await expect(pane(operator).get_by_text("立案：已办好")).to_be_visible()
    await expect(pane(operator).get_by_text("刚有变化")).to_have_count(0)  # one's own doing is no news
    await expect(pane(operator).locator(".case-title .tag").first).to_have_text("已派遣")
    await expect(operator.locator(".state-row", has_text="待受理").first.locator(".count")).to_have_text("")

    handler = await enter("韩师傅", "handler", "drainage")
    await open_first(handler, "待签收")
    await handler.keyboard.press("a")
    await handler.keyboard.press("Enter")
    await expect(pane(handler).locator(".case-title .tag").first).to_have_text("处置中")
    await handler.keyboard.press("b")
    sheet = handler.get_by_role("dialog", name="处置反馈")
    await handler.keyboard.press("Control+Enter")
    await expect(sheet.get_by_text("请写明：处置结果。")).to_be_visible()
    said = sheet.get_by_role("button", name="已修复，恢复正常使用。")
    await said.dblclick()
    await expect(said).to_be_disabled()  # and in its place: the second click put nothing else in
    await expect(sheet.get_by_label("处置结果")).to_have_value("已修复，恢复正常使用。")
    await handler.keyboard.type("新井盖编号 P-118")
    await choose_photo(handler, "after.jpg", picture(done=True))
    await handler.keyboard.press("Control+Enter")
    await expect(sheet).to_be_hidden()
    await expect(pane(handler).locator(".case-title .tag").first).to_have_text("已反馈")

    verifier = await enter("吕核查", "verifier")
    await open_first(verifier, "待核实")
    await expect(pane(verifier).get_by_role("heading", name="处置前")).to_be_visible()
    await expect(
        pane(verifier).locator(".reported").get_by_text("已修复，恢复正常使用。新井盖编号 P-118")
    ).to_be_visible()
    await pane(verifier).locator(".evidence.beside .thumb").last.click()
    viewer = verifier.get_by_role("dialog", name="照片")
    await expect(viewer.locator("figure")).to_have_count(2)
    await verifier.keyboard.press("+")
    await expect(viewer.locator(".lens.close")).to_have_count(2)
    await expect(viewer.locator("figure.hand figcaption")).to_contain_text("处置后")
    await verifier.keyboard.press("ArrowUp")
    await expect(viewer.locator("figure.hand figcaption")).to_contain_text("处置前")
    await verifier.keyboard.press("b")
    await expect(viewer.locator("figure")).to_have_count(1)
    await verifier.keyboard.press("Escape")
    await expect(viewer).to_be_hidden()
    await verifier.keyboard.press("v")
    await verifier.keyboard.press("Control+Enter")
    await expect(pane(verifier).locator(".case-title .tag").first).to_have_text("已结案")

    await operator.goto(str(intake.client.make_url("/desk")))
    await open_first(operator, "待回访")
    await operator.keyboard.press("p")
    rating = operator.get_by_role("dialog", name="评价")
    await rating.get_by_label("解决了", exact=True).check()
    await rating.get_by_label("满意", exact=True).check()
    await operator.keyboard.press("Control+Enter")
    await expect(pane(operator).get_by_text("已解决，满意")).to_be_visible()


async def test_who_comes_second_sees_what_changed_and_keeps_every_word(intake: Intake, enter: Enter) -> None:
    _, case = await intake.file(**COVER)
    page = await enter("韩师傅", "handler", "drainage", path=f"/cases/{case['case_no']}")
    await expect(pane(page).get_by_role("button", name="签收")).to_be_visible()
    await page.keyboard.press("t")
    sheet = page.get_by_role("dialog", name="退单")
    words = "不属于本部门职责，应由路灯所处置"
    await sheet.get_by_label("理由和依据").fill(words)
    await act(intake, case, "urge", "operator", reason="诉求人再次来电")
    await page.keyboard.press("Control+Enter")
    await expect(sheet.get_by_text("您打开以后，案件又有变化")).to_be_visible()
    await expect(sheet.get_by_text("诉求人再次来电")).to_be_visible()
    await expect(pane(page).get_by_text("诉求人再次来电")).to_be_visible()
    await expect(sheet.get_by_label("理由和依据")).to_have_value(words)
    await sheet.get_by_role("button", name="看过了，继续").click()
    await page.keyboard.press("Control+Enter")
    await expect(pane(page).locator(".case-title .tag").first).to_have_text("已退单")


async def test_words_outlive_a_closed_sheet_and_a_broken_line(intake: Intake, enter: Enter) -> None:
    _, case = await intake.file(**COVER)
    page = await enter("韩师傅", "handler", "drainage", path=f"/cases/{case['case_no']}")
    await expect(pane(page).get_by_role("button", name="签收")).to_be_visible()
    await page.keyboard.press("n")
    sheet = page.get_by_role("dialog", name="备注")
    await sheet.get_by_role("textbox").fill("已联系物业")
    await page.context.set_offline(True)
    await page.keyboard.press("Control+Enter")
    await expect(sheet.get_by_text("连不上服务器")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await page.context.set_offline(False)
    await page.keyboard.press("n")
    await expect(sheet.get_by_role("textbox")).to_have_value("已联系物业")
    await page.keyboard.press("Control+Enter")
    await expect(pane(page).locator(".event-reason", has_text="已联系物业")).to_be_visible()


async def test_words_outlive_a_session_that_ran_out(intake: Intake, enter: Enter) -> None:
    _, case = await intake.file(**COVER)
    page = await enter("韩师傅", "handler", "drainage", path=f"/cases/{case['case_no']}")
    await expect(pane(page).get_by_role("button", name="签收")).to_be_visible()
    await page.keyboard.press("t")
    await page.get_by_role("dialog", name="退单").get_by_role("textbox").fill("产权属于路灯所")
    await page.context.clear_cookies()
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("登录已失效")).to_be_visible()
    await page.get_by_label("姓名").fill("韩师傅")
    await page.get_by_label("密码", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await pane(page).get_by_role("button", name="退单").click()
    await expect(page.get_by_role("dialog", name="退单").get_by_role("textbox")).to_have_value("产权属于路灯所")


async def test_a_dispatcher_rules_on_a_return_with_both_sides_words(intake: Intake, enter: Enter) -> None:
    _, case = await intake.file(**COVER)
    await act(intake, case, "return", "handler@drainage", reason="产权属于路灯所")
    page = await enter("秦派遣", "dispatcher")
    await open_first(page, "退单待裁定")
    await page.keyboard.press(".")
    sheet = page.get_by_role("dialog", name="裁定")
    await expect(sheet.get_by_text("产权属于路灯所")).to_be_visible()
    await expect(sheet.get_by_text("派给青禾区排水管理所")).to_be_visible()
    await sheet.get_by_label("裁定给", exact=True).fill("ldgls")
    await page.get_by_role("option", name=re.compile("路灯管理所")).click()
    await sheet.get_by_label("裁定理由").fill("现场核对产权牌，属路灯所")
    await sheet.get_by_role("checkbox", name=re.compile("以后照此办理")).uncheck()
    await page.keyboard.press("Control+Enter")
    await expect(sheet).to_be_hidden()
    await expect(pane(page).get_by_text("裁定给青禾区路灯管理所")).to_be_visible()
    await expect(pane(page).locator(".case-title .tag").first).to_have_text("已派遣")


async def test_a_key_does_only_what_the_case_offers_and_all_keys_can_be_looked_up(intake: Intake, enter: Enter) -> None:
    _, case = await intake.file(**COVER, category_confidence=0.2)
    page = await enter("秦派遣", "dispatcher", path=f"/cases/{case['case_no']}")
    await expect(pane(page).get_by_text("待受理").first).to_be_visible()
    await page.keyboard.press("d")
    await expect(page.get_by_role("dialog")).to_have_count(0)  # not yet filed: the key has no effect
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="快捷键").get_by_text("处置反馈")).to_be_visible()


async def test_a_number_told_on_the_phone_opens_its_case_from_my_work(intake: Intake, enter: Enter) -> None:
    _, case = await intake.file(**COVER)
    page = await enter("顾晓芸", "operator")
    await page.keyboard.press("/")
    await page.keyboard.type(case["case_no"])
    await page.keyboard.press("Enter")
    await expect(pane(page).get_by_text(str(COVER["description"]))).to_be_visible()
    await page.keyboard.press("0")
    await expect(page.get_by_role("heading", name="我的工作")).to_be_visible()


async def test_an_open_case_and_my_work_renew_themselves(intake: Intake, enter: Enter) -> None:
    _, case = await intake.file(**COVER)
    page = await enter("韩师傅", "handler", "drainage", path=f"/cases/{case['case_no']}")
    await expect(pane(page).get_by_role("button", name="签收")).to_be_visible()
    asked: list[str | None] = []
    page.on("request", lambda request: asked.append(request.headers.get("x-yht-background")))
    await act(intake, case, "supervise", "supervisor", level=2, reason="有安全隐患")
    await intake.file(**COVER)
    await expect(pane(page).get_by_text("刚有变化")).to_be_visible(timeout=25_000)
    await expect(page.locator(".tab-count")).to_have_text("2")
    await expect(page.get_by_role("button", name="有 1 件新案件")).to_be_visible(timeout=25_000)
    assert set(asked) == {"1"}, "nobody's hand caused these: the session must not live on them"


async def test_a_crew_works_a_case_off_on_a_phone(intake: Intake, enter: Enter) -> None:
    await intake.file(**COVER, attachments=[await uploaded(intake, picture(done=False))])
    page = await enter("韩师傅", "handler", "drainage", size=PHONE)
    await open_first(page, "待签收")
    await page.get_by_role("button", name="签收").tap()
    await page.get_by_role("dialog", name="签收").get_by_role("button", name="签收").tap()
    await expect(pane(page).locator(".case-title .tag").first).to_have_text("处置中")
    await page.get_by_role("button", name="更多").tap()
    await page.get_by_role("menuitem", name="申请挂账").tap()
    sheet = page.get_by_role("dialog", name="申请挂账")
    await sheet.get_by_role("button", name="三个月").tap()
    await sheet.get_by_label("理由").fill("列入年度改造计划")
    await sheet.get_by_role("button", name="申请挂账").tap()
    await expect(pane(page).locator(".side-tasks").get_by_text("等审批")).to_be_visible()
    await page.get_by_role("button", name="处置反馈").tap()
    await page.get_by_role("dialog").get_by_label("处置结果").fill("已装回井盖")
    await choose_photo(page, "after.jpg", picture(done=True))
    await page.get_by_role("dialog").get_by_role("button", name="处置反馈").tap()
    await expect(pane(page).locator(".case-title .tag").first).to_have_text("已反馈")
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_an_operator_merges_a_second_report_into_the_first(intake: Intake, enter: Enter) -> None:
    _, first = await intake.file(**COVER)
    _, second = await intake.file(**COVER, category_confidence=0.2)
    page = await enter("顾晓芸", "operator", path=f"/cases/{second['case_no']}")
    await expect(pane(page).get_by_role("button", name="并案")).to_be_visible()
    await page.keyboard.press("m")
    sheet = page.get_by_role("dialog", name="并案")
    await sheet.get_by_label("并入哪一件").fill("12345")
    await page.keyboard.press("Control+Enter")
    await expect(sheet.locator(".field.wrong").get_by_text("没有这个案件编号")).to_be_visible()
    await sheet.get_by_label("并入哪一件").fill(first["case_no"])
    await page.keyboard.press("Control+Enter")
    await expect(pane(page).locator(".case-title .tag").first).to_have_text("已并案")
    await pane(page).locator(".others a").click()
    await expect(pane(page).get_by_text(f"并入 {second['case_no'][:3]}").first).to_be_visible()


async def test_an_inspector_looks_on_the_spot(intake: Intake, enter: Enter) -> None:
    photo = await uploaded(intake, picture(done=False))
    _, case = await intake.file(**COVER, category_confidence=0.2, attachments=[photo])
    await act(intake, case, "check", "operator", reason="核实具体位置")
    page = await enter("丁巡查", "inspector", size=PHONE)
    await open_first(page, "待核查")
    await expect(pane(page).locator(".thumb img").first).to_have_js_property("complete", True)
    assert await pane(page).locator(".thumb img").first.evaluate("image => image.naturalWidth") > 0
    await page.get_by_role("button", name="核查回复").tap()
    sheet = page.get_by_role("dialog", name="核查回复")
    await expect(sheet.get_by_text("核实具体位置")).to_be_visible()
    await sheet.get_by_label("属实", exact=False).first.check()
    await sheet.get_by_label("看到了什么").fill("井盖确实不在")
    await sheet.get_by_role("button", name="核查回复").tap()
    await expect(sheet).to_be_hidden()
    _, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
    assert events["items"][-1]["kind"] == "check_reported"


async def test_a_position_that_the_reporter_added_stands_on_the_map(intake: Intake, enter: Enter) -> None:
    _, case = await intake.file(**COVER)
    body = {"channel_user": "u1", "lat": 31.0241, "lng": 121.0358}
    status, _ = await intake.call("POST", f"/api/v1/cases/{case['case_no']}/actions/supplement", body)
    assert status == 200
    page = await enter("顾晓芸", "operator")
    await page.goto(str(intake.client.make_url(f"/desk/cases/{case['case_no']}")))
    await expect(pane(page).locator(".map-pin")).to_have_count(2)
    await expect(pane(page).locator(".map").get_by_text("补充的位置")).to_be_visible()
