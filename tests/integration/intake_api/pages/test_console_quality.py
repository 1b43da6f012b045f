"""The supervisors' page on the quality of calls, in a real browser: figures, list, a call under review, who may see it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from intake_api import administration
from intake_api.domain.second_factor import code_at, step_of
from tests.integration.intake_api.conftest import only_sqlite
from tests.integration.intake_api.pages.conftest import PASSWORD
from tests.integration.intake_api.pages.test_console import LAPTOP, PHONE, shoot, take_call, transcript
from tests.integration.intake_api.pages.test_console_calls import MEANT, MISHEARD, Exchange, exchange, says

__all__ = ["exchange"]  # the fixture

pytestmark = [pytest.mark.browser, only_sqlite]

QUALITY = "/console/quality"


async def supervisor(exchange: Exchange, name: str, size: tuple[int, int] = LAPTOP) -> Page:
    """Logs in at the desk, sets up the second factor there, and goes to the page."""
    link = await administration.add_staff(exchange.intake.settings, name, ["supervisor"], None)
    token = link.rpartition("/")[2]
    await exchange.intake.call("POST", f"/api/v1/invitations/{token}", {"password": PASSWORD}, role=None)
    context = await exchange.browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="zh-CN", has_touch=size == PHONE
    )
    page = await context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: exchange.problems.append(str(error)))
    await page.goto(f"{exchange.url}/desk")
    await page.get_by_label("姓名").fill(name)
    await page.get_by_label("密码", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    secret = re.sub(r"\s", "", await page.locator(".key code").inner_text())
    await page.get_by_label("6 位验证码").fill(code_at(secret, step_of(datetime.now(UTC))))
    await page.get_by_role("button", name="启用", exact=True).click()
    await page.get_by_role("button", name="我已保存好").click()
    await expect(page.locator("header.top")).to_be_visible()
    await page.goto(f"{exchange.url}{QUALITY}")
    await expect(page.get_by_role("heading", name="通话质量")).to_be_visible()
    return page


async def one_call_with_everything_wrong(exchange: Exchange, page: Page) -> str:
    """Misheard and corrected, another category than suggested, filed and finished."""
    leg, call = await exchange.rings()
    await take_call(page)
    await says(leg, 2)
    await expect(transcript(page).get_by_text(MISHEARD, exact=True)).to_be_visible()
    await page.keyboard.press("F4")
    await page.get_by_label("改成实际说的话").fill("稻香新苑西门口有人往下水道里倒泔水，" + MEANT)
    await page.keyboard.press("Enter")
    await expect(transcript(page).get_by_text("已改")).to_be_visible()
    form = page.get_by_role("region", name="案件表")
    await form.get_by_label("地点").fill("稻香新苑西门")
    await form.get_by_label("反映内容").fill("西门口倒泔水，垃圾没人清")
    await leg.hang_up()
    await expect(page.get_by_role("button", name="话后完成")).to_be_visible()
    await page.keyboard.press("F9")
    await page.keyboard.press("F9")
    await expect(form.locator(".filed-number")).to_be_visible()
    await page.get_by_role("button", name="话后完成").click()
    await expect(page.get_by_role("region", name="刚结束").locator(".talk-row")).to_have_count(1)
    return call


async def test_a_supervisor_reads_the_figures_reviews_a_call_and_takes_the_table_away(exchange: Exchange) -> None:
    page = await supervisor(exchange, "赵督办")
    await expect(page.get_by_text("这段时间没有来电")).to_be_visible()
    await shoot(page, "console-quality-empty")
    operator = await exchange.operator("顾晓芸")
    await expect(operator.get_by_role("link", name="通话质量")).to_have_count(0)
    call = await one_call_with_everything_wrong(exchange, operator)
    lost, _ = await exchange.rings("13900001111")
    await lost.hang_up()

    rows = page.get_by_role("list", name="待看的电话").locator("li")

    async def listed() -> None:
        await page.reload()
        await expect(rows).to_have_count(2, timeout=3_000)

    for _ in range(5):  # settled within some seconds
        try:
            await listed()
            break
        except AssertionError:
            continue
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("改字多")
    await expect(rows.first).to_contain_text("改了地点")
    await expect(rows.first).to_contain_text("顾晓芸")
    await expect(rows.first).to_contain_text("138 **** **78")
    await expect(rows.last).to_contain_text("放弃")
    tiles = page.get_by_label("合计")
    await expect(tiles.locator(".tile", has_text="15 秒内接听")).to_contain_text("1 ÷ 2 通")
    await expect(tiles.locator(".tile", has_text="放弃")).to_contain_text("1 通")
    await expect(tiles.locator(".tile", has_text="地点采纳")).to_contain_text("0 ÷ 1 通，改 1")
    await page.get_by_text("每个数字怎么算的").click()
    await expect(page.get_by_text("没有改的句子按识别正确算")).to_be_visible()
    await page.get_by_text("每个数字怎么算的").click()
    await shoot(page, "console-quality")

    # by keyboard: open the worst call, judge it, go on
    await rows.first.get_by_role("button").focus()
    await page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog")
    await expect(sheet.locator("del")).to_have_text(MISHEARD)
    await expect(sheet.locator("ins")).to_contain_text(MEANT)
    await expect(sheet).to_contain_text("系统给的是“稻香新苑门口”")
    await expect(sheet.locator("audio")).to_have_attribute("src", f"/channels/hotline/calls/{call}/recording?side=both")
    await sheet.get_by_label("需改进").check()
    await sheet.get_by_label("意见").fill("西门要问清，回电 13812345678")
    await shoot(page, "console-quality-call")
    await page.keyboard.press("Control+Enter")
    await expect(sheet).to_contain_text("没有接通，没有文字。")
    await page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await expect(rows.first).to_contain_text("需改进")
    await page.reload()
    await expect(rows).to_have_count(1)  # what was reviewed is not in the list any more
    await page.get_by_role("button", name="复核过的").click()
    await rows.first.get_by_role("button").click()
    await expect(sheet.get_by_label("意见")).to_have_value("西门要问清，回电 138******78")
    async with page.expect_response(lambda answer: "/recording" in answer.url) as heard:
        await sheet.get_by_role("button", name="从这句放录音").first.click()
    assert (await heard.value).status in (200, 206)
    await page.keyboard.press("Escape")

    await page.get_by_role("tab", name="待看的电话").focus()
    await page.keyboard.press("ArrowRight")
    table = page.get_by_role("region", name="按坐席")
    await expect(table.get_by_role("row")).to_have_count(3)
    await expect(table).to_contain_text("没有接通")
    await shoot(page, "console-quality-operators")
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("region", name="按日期").get_by_role("row")).to_have_count(2)
    async with page.expect_download() as taken:
        await page.get_by_role("link", name="导出 CSV").click()
    assert (await taken.value).suggested_filename.startswith("quality-days-")
    await page.get_by_role("button", name="近 30 天").click()
    await expect(page).to_have_url(re.compile("span=month"))
    await page.get_by_label("从哪天").fill("2026-01-01")
    await expect(page.get_by_role("alert").first).to_contain_text("一次最多看 92 天")

    phone = await supervisor(exchange, "钱督办", size=PHONE)
    await phone.get_by_role("button", name="都看").click()
    await expect(phone.get_by_role("list", name="待看的电话").locator("li")).to_have_count(2)
    await shoot(phone, "console-quality-phone")
    await phone.get_by_role("list", name="待看的电话").locator("button").first.click()
    await expect(phone.get_by_role("dialog").locator("ins")).to_be_visible()
    await shoot(phone, "console-quality-phone-call")
    for one in (page, phone):
        assert await one.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_others_are_told_whose_page_it_is(exchange: Exchange) -> None:
    page = await exchange.operator("顾晓芸")
    await page.goto(f"{exchange.url}{QUALITY}")
    await expect(page.get_by_role("heading", name="通话质量只对督办员开放")).to_be_visible()
    await page.get_by_role("link", name="去话务台").click()
    await expect(page.get_by_role("button", name="就绪")).to_be_visible()


async def test_supervisors_find_the_page_from_the_console(exchange: Exchange) -> None:
    page = await supervisor(exchange, "赵督办")
    await page.get_by_role("link", name="话务台", exact=True).click()
    await page.get_by_role("link", name="通话质量").click()
    await expect(page.get_by_role("heading", name="通话质量")).to_be_visible()
