"""The pictures of the desk in docs/design.md, taken of a morning's cases: ``YHT_TEST_PICTURES=docs/images pytest …``.

Without a folder to put them into, it only looks whether the pages fit their width.
"""

from __future__ import annotations

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from intake_api import administration
from tests.integration.intake_api.conftest import Intake, Json, only_sqlite
from tests.integration.intake_api.pages.conftest import PHONE, Enter, act, picture, uploaded

pytestmark = [pytest.mark.browser, only_sqlite]

FOLDER = os.environ.get("YHT_TEST_PICTURES")
COVER, GARBAGE = "0103", "1101"
HANDLER = "handler@drainage"
NAMES = {"channel": "网页对话", HANDLER: "卫志强", "operator": "顾晓芸"}
LINES = (
    ("user", "稻香新苑门口的井盖没了，晚上太危险"),
    ("bot", "收到：稻香新苑门口，雨水井盖丢失。要报上去吗？"),
    ("user", "对，快点派人来"),
)
REPORTS = (
    (COVER, "稻香新苑门口的井盖没了，晚上孩子放学都从这儿走，太危险", "稻香新苑门口"),
    (COVER, "柳溪路100号门前雨水井盖碎了一半，电瓶车差点翻", "柳溪路100号"),
    (COVER, "望潮地铁站2号口雨水井盖松动，车一压就响", "望潮地铁站2号口"),
    (COVER, "医院急诊门口井盖下沉，救护车进出颠得厉害", "青禾区人民医院"),
    (COVER, "金穗路88弄门口雨水井盖不见了，只放了个凳子", "金穗路88弄"),
    (COVER, "青禾广场北侧雨水井盖翘起来了", "青禾广场"),
    (COVER, "南塘村口雨水井盖被压裂，露出钢筋", "南塘村"),
)


async def file(intake: Intake, i: int, **changes: object) -> Json:
    category, words, place = REPORTS[i]
    status, case = await intake.file(category=category, description=words, location={"text": place}, **changes)
    assert status == 201
    return case


async def morning(intake: Intake) -> Json:
    """Cases in many states; answers the one that has been through most."""
    for role, name in NAMES.items():
        kind, _, department = role.partition("@")
        intake.tokens[role] = await administration.issue_token(intake.settings, kind, name, department or None)
    intake.clock.forward(hours=-30)
    before = await uploaded(intake, picture(done=False))
    late = await file(intake, 4)
    await act(intake, late, "accept", HANDLER)
    intake.clock.forward(hours=25)
    lines = [{"role": role, "text": text} for role, text in LINES]
    case = await file(intake, 0, attachments=[before], transcript=lines)
    for i in (1, 2, 3):
        await act(intake, await file(intake, i), "accept", HANDLER)
        intake.clock.forward(minutes=23)
    await act(intake, case, "accept", HANDLER)
    intake.clock.forward(minutes=40)
    await act(intake, case, "assist", HANDLER, department="enforcement", reason="需要交通疏导")
    await act(intake, case, "urge", "operator", reason="诉求人再次来电")
    await act(intake, case, "contact", HANDLER, text="已电话联系，告知正在处理。")
    for i in (5, 6):
        await file(intake, i)
        intake.clock.forward(minutes=9)
    intake.clock.behind = timedelta()
    return case


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def take(page: Page, name: str) -> None:
    await fits(page)
    if not FOLDER:
        return
    await page.wait_for_timeout(700)
    shot = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    # few colours make a small file; the rare ones, such as that of being late, must stay what they are
    few = shot.quantize(colors=256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    path = Path(FOLDER) / f"desk-{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    few.save(path, optimize=True)
    assert path.stat().st_size <= 200_000


async def opened(page: Page, intake: Intake, case: Json, work: str) -> None:
    await page.goto(str(intake.client.make_url(f"/desk/cases/{case['case_no']}?work={work}")))
    await expect(page.get_by_role("list", name="六个阶段")).to_be_visible()


@pytest.mark.parametrize("size", [(1440, 900), PHONE], ids=["desktop", "phone"])
async def test_a_department_at_work(intake: Intake, enter: Enter, size: tuple[int, int]) -> None:
    kind = "phone-" if size == PHONE else ""
    case = await morning(intake)
    page = await enter("韩师傅", "handler", "drainage", size=size)
    await expect(page.locator(".work a.row").first).to_be_visible()
    await take(page, f"{kind}work")
    await page.locator("a.work-head", has_text="处置中").click()
    await expect(page.locator(".list a.row").first).to_be_visible()
    await fits(page)
    await opened(page, intake, case, "in_hand")
    await take(page, f"{kind}case")
    await page.get_by_role("toolbar", name="办理").get_by_role("button", name="处置反馈").click()
    sheet = page.get_by_role("dialog", name="处置反馈")
    await sheet.get_by_role("button", name="已修复，恢复正常使用。").click()
    chooser = sheet.locator("input[type=file]:not([capture])")
    await chooser.set_input_files({"name": "1.jpg", "mimeType": "image/jpeg", "buffer": picture(done=True)})
    await expect(page.locator(".upload.done")).to_have_count(1)
    await take(page, f"{kind}report")


@pytest.mark.parametrize("size", [(1440, 900), PHONE], ids=["desktop", "phone"])
async def test_a_ruling_and_a_verification(intake: Intake, enter: Enter, size: tuple[int, int]) -> None:
    kind = "phone-" if size == PHONE else ""
    case = await morning(intake)
    disputed = await file(intake, 6)
    intake.clock.forward(minutes=4)
    reason = "井盖为路灯井盖，不属于本部门职责，产权单位是路灯管理所"
    await act(intake, disputed, "return", HANDLER, reason=reason)
    page = await enter("秦派遣", "dispatcher", size=size)
    await expect(page.locator(".work a.row").first).to_be_visible()
    await fits(page)
    await opened(page, intake, disputed, "to_adjudicate")
    await page.get_by_role("toolbar", name="办理").get_by_role("button", name="裁定").click()
    await expect(page.get_by_role("dialog").get_by_text("部门退单的理由")).to_be_visible()
    await (fits(page) if size == PHONE else take(page, "ruling"))

    after = await uploaded(intake, picture(done=True), HANDLER)
    await act(intake, case, "report_done", HANDLER, text="已修复，恢复正常使用。", attachments=[after])
    page = await enter("吕核查", "verifier", size=size)
    await opened(page, intake, case, "to_verify")
    await take(page, f"{kind}verify")
    await page.locator(".evidence.beside .thumb").first.click()
    await fits(page)
    await page.keyboard.press("Escape")
    if size != PHONE:
        await page.keyboard.press("?")
        await expect(
            page.get_by_role("dialog", name="快捷键").get_by_text("办理（大写字母按住 Shift）")
        ).to_be_visible()


async def test_several_cases_at_once(intake: Intake, enter: Enter) -> None:
    await morning(intake)
    page = await enter("韩师傅", "handler", "drainage", path="/cases?work=to_accept")
    await expect(page.locator("a.row").first).to_be_visible()
    await page.keyboard.press("A")
    await page.keyboard.press("T")
    await expect(page.get_by_role("dialog", name="批量签收").get_by_text("办这 2 件")).to_be_visible()
    await take(page, "bulk")
