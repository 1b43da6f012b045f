"""The supervision board in a real browser: read from across the room, followed to the desk, kept true by itself."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.integration.intake_api.conftest import Intake, only_sqlite
from tests.integration.intake_api.pages.conftest import PHONE, Enter, act
from tests.integration.intake_api.pages.test_hotspots_page import burst
from tests.integration.intake_api.pages.test_pictures import take

pytestmark = [pytest.mark.browser, only_sqlite]

WALL, DESKTOP = (1920, 1080), (1366, 768)


async def district(intake: Intake) -> None:
    """Cases of yesterday that are late, of today that are not, one of them supervised; a hot spot."""
    intake.clock.forward(hours=-30)
    for _ in range(2):
        await intake.file(category="0103", description="井盖没了")
    intake.clock.forward(hours=30)
    await burst(intake)
    _, case = await intake.file(category="0115", channel="hotline", location={"text": "QH0712-08灯杆"})
    await act(intake, case, "supervise", "supervisor", level=3, reason="市民多次反映")


async def numbers(page: Page) -> dict[str, str]:
    tiles = page.get_by_role("list", name="现在").get_by_role("listitem")
    await expect(tiles).to_have_count(6)
    texts = [re.split(r"\s*\n\s*", text) for text in await tiles.all_inner_texts()]
    return dict(texts)


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("size", [DESKTOP, WALL], ids=["desktop", "wall"])
async def test_the_board_fits_its_screen_and_each_number_leads_to_its_cases(
    intake: Intake, enter: Enter, size: tuple[int, int]
) -> None:
    await district(intake)
    page = await enter("沈督办", "supervisor", size=size, page_of="board")
    shown = await numbers(page)
    assert (shown["在办"], shown["超时"], shown["督办中"]) == ("9", "2", "1")
    assert await page.evaluate("document.documentElement.scrollHeight <= window.innerHeight"), "a wall cannot scroll"
    if size == WALL:
        await page.get_by_role("button", name="深色").click()
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.get_by_role("region", name="热点", exact=True).get_by_role("listitem")).to_have_count(1)
    await expect(page.get_by_role("region", name="督办", exact=True).get_by_text("三级督办")).to_be_visible()
    await take(page, "board-wall" if size == WALL else "board")

    row = page.get_by_role("region", name="部门", exact=True).get_by_role("row", name=re.compile("排水管理所"))
    await row.get_by_role("link", name="2").first.click()
    await expect(page).to_have_url(re.compile("department=drainage"))
    await expect(page.locator("a.row")).to_have_count(2)
    await expect(page.get_by_role("button", name="超时", exact=True)).to_be_visible()
    await page.go_back()
    await page.get_by_role("link", name=re.compile("^今日受理")).click()
    await expect(page.locator("a.row").first).to_be_visible()
    await page.go_back()
    await page.get_by_role("region", name="热点", exact=True).get_by_role("listitem").get_by_role("link").click()
    await expect(page.locator("a.row")).to_have_count(5)


async def test_the_board_renews_itself_without_keeping_the_session(intake: Intake, enter: Enter) -> None:
    await district(intake)
    page = await enter("顾晓芸", "operator", size=DESKTOP, page_of="board")
    assert (await numbers(page))["在办"] == "9"
    asked: list[str | None] = []
    page.on("request", lambda request: asked.append(request.headers.get("x-yht-background")))
    await intake.file()
    tile = page.get_by_role("list", name="现在").get_by_role("listitem").first
    await expect(tile).to_contain_text("10", timeout=40_000)
    assert set(asked) == {"1"}, "nobody's hand caused these: the session must not live on them"
    await page.context.set_offline(True)
    await expect(page.get_by_text(re.compile("没有刷新成功，显示的是"))).to_be_visible(timeout=40_000)
    await expect(tile).to_contain_text("10")  # old numbers stay, and it is said that they are old


async def test_on_a_phone_the_board_is_read_from_top_to_bottom(intake: Intake, enter: Enter) -> None:
    await district(intake)
    page = await enter("沈督办", "supervisor", size=PHONE, page_of="board")
    await numbers(page)
    await fits(page)
    await take(page, "board-phone")
    await page.get_by_role("region", name="今日各渠道").scroll_into_view_if_needed()
    await page.get_by_role("region", name="今日各渠道").get_by_role("link", name="1").first.click()
    await expect(page.locator("a.row").first).to_be_visible()


async def test_the_board_is_not_for_one_department(intake: Intake, enter: Enter) -> None:
    page = await enter("韩师傅", "handler", "drainage", page_of="board")
    await expect(page.get_by_text("看板只对看全部案件的人员开放")).to_be_visible()
    await page.get_by_role("link", name="去工作台").click()
    await expect(page.get_by_role("heading", name="我的工作")).to_be_visible()


async def test_a_wall_shows_the_board_without_anybody_logged_in_until_it_is_taken_down(
    intake: Intake, enter: Enter, browser: Browser
) -> None:
    await district(intake)
    page = await enter("沈督办", "supervisor", size=DESKTOP, page_of="board")
    await page.get_by_role("button", name="挂大屏").click()
    await page.get_by_label("挂在哪里").fill("指挥大厅左屏")
    await page.get_by_role("button", name="挂一块").click()
    link = await page.locator(".one-time code").inner_text()
    await take(page, "board-screens")
    wall = await (await browser.new_context(viewport={"width": WALL[0], "height": WALL[1]}, locale="zh-CN")).new_page()
    await wall.goto(str(intake.client.make_url("/board")) + link[link.index("#") :])
    assert (await numbers(wall))["在办"] == "9"
    assert "screen" not in wall.url, "the address on a wall is read by whoever passes"
    await expect(wall.get_by_role("link", name="工作台")).to_have_count(0)
    await wall.reload()
    assert (await numbers(wall))["在办"] == "9"
    await wall.evaluate("const passed = Date.now; Date.now = () => passed() + 16 * 60_000")
    await wall.wait_for_timeout(2_500)
    assert (await numbers(wall))["在办"] == "9"
    await page.get_by_role("button", name="撤下").click()
    await expect(page.get_by_text("还没有挂着的大屏")).to_be_visible()
    await wall.reload()
    await expect(wall.get_by_text("这块大屏已经撤下")).to_be_visible()
    await expect(wall.get_by_label("姓名")).to_be_visible()
