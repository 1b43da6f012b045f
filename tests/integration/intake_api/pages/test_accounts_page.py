"""The desk in a real browser: second factor, own account, the three administrators, the audit trail."""

from __future__ import annotations

import asyncio
import os
import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from intake_api.domain.second_factor import code_at, step_of
from tests.integration.intake_api.conftest import Clock, Intake, only_sqlite
from tests.integration.intake_api.desk import GOOD, account, attempt, enter, found
from tests.integration.intake_api.pages.test_pictures import take

pytestmark = [pytest.mark.browser, only_sqlite]
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
NEW = "Xinde-2026-mima"
PICTURES = {
    "enrol-desktop": "second-factor",
    "code-desktop": "login",
    "staff-secadmin-desktop": "staff",
    "roles-desktop": "person",
    "token-desktop": "tokens",
    "audit-desktop": "audit",
}
"""Those that stand in docs/design.md, and the names that they have there."""


@pytest.fixture
def clock() -> Clock:
    """Stands still: the codes of second factors go by it."""
    return Clock()


async def opened(browser: Browser, intake: Intake, size: dict[str, int], path: str = "/desk") -> Page:
    context = await browser.new_context(viewport=size, locale="zh-CN", accept_downloads=True)
    page = await context.new_page()
    page.set_default_timeout(20_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if "Security Policy" in message.text else None)
    page.problems = problems  # type: ignore[attr-defined]
    await page.goto(str(intake.client.make_url(path)))
    return page


async def type_password(page: Page, name: str, password: str = GOOD) -> None:
    await page.get_by_label("姓名").fill(name)
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_role("button", name="登录").click()


def phone_shows(intake: Intake, secret: str) -> str:
    intake.clock.forward(seconds=30)
    return code_at(secret, step_of(intake.clock.now))


async def looked_at(page: Page, name: str) -> None:
    """Nothing runs out of the window, no script failed; a picture for those who ask."""
    await page.wait_for_timeout(150)
    if shots := os.environ.get("YHT_TEST_SCREENSHOTS"):
        await page.screenshot(path=f"{shots}/{name}.png")
    if name in PICTURES:
        await take(page, PICTURES[name])
    # the page scrolls inside of its main part
    assert await page.evaluate(
        "[document.documentElement, ...document.querySelectorAll('main, dialog[open]')]"
        ".every((part) => part.scrollWidth <= part.clientWidth)"
    )
    assert page.problems == []  # type: ignore[attr-defined]


async def downloaded(page: Page, button: Locator) -> str:
    async with page.expect_download() as download:
        await button.click()
    path = await (await download.value).path()
    return await asyncio.to_thread(path.read_text, encoding="utf-8-sig")


async def enrolled(page: Page, intake: Intake, name: str) -> None:
    """Enrol on the page, as somebody does whose role needs it."""
    secret = re.sub(r"\s", "", await page.locator(".key code").inner_text())
    intake.secrets[name] = secret
    await page.get_by_label("6 位验证码").fill(phone_shows(intake, secret))
    await page.get_by_role("button", name="启用", exact=True).click()
    await page.get_by_role("button", name="我已保存好").click()


async def at_desk(browser: Browser, intake: Intake, name: str, size: dict[str, int]) -> Page:
    """Somebody with a second factor set up before, logged in."""
    if name not in intake.secrets:
        await enter(intake, name)
    page = await opened(browser, intake, size)
    await type_password(page, name)
    await page.get_by_label("6 位验证码，或恢复码").fill(phone_shows(intake, intake.secrets[name]))
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
    return page


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_a_supervisor_enrols_and_logs_in_with_code_and_recovery_code(
    browser: Browser, intake: Intake, size: dict[str, int]
) -> None:
    kind = "phone" if size is PHONE else "desktop"
    await account(intake, "沈督办", "supervisor")
    page = await opened(browser, intake, size)
    await type_password(page, "沈督办")
    await expect(page.get_by_role("heading", name="启用双因素登录")).to_be_visible()
    await expect(page.locator(".qr svg")).to_be_visible()
    await looked_at(page, f"enrol-{kind}")
    # the address leads nowhere else before
    await page.goto(str(intake.client.make_url("/desk/cases")))
    await expect(page.get_by_role("heading", name="启用双因素登录")).to_be_visible()
    await page.get_by_label("6 位验证码").fill("000000")
    await page.get_by_role("button", name="启用", exact=True).click()
    await expect(page.get_by_text("验证码不对")).to_be_visible()
    secret = re.sub(r"\s", "", await page.locator(".key code").inner_text())
    await page.get_by_label("6 位验证码").fill(phone_shows(intake, secret))
    await page.get_by_role("button", name="启用", exact=True).click()
    await expect(page.locator(".recovery-codes code")).to_have_count(10)
    codes = await page.locator(".recovery-codes code").all_inner_texts()
    await looked_at(page, f"recovery-{kind}")
    assert codes[0] in await downloaded(page, page.get_by_role("button", name="存成文件"))
    await page.get_by_role("button", name="我已保存好").click()
    await expect(page.get_by_role("link", name="案件", exact=True)).to_be_visible()

    page = await opened(browser, intake, size)
    await type_password(page, "沈督办")
    await expect(page.get_by_label("6 位验证码，或恢复码")).to_be_focused()
    await looked_at(page, f"code-{kind}")
    await page.get_by_label("6 位验证码，或恢复码").fill("123456")
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_text("姓名、密码或验证码不对")).to_be_visible()
    await page.get_by_label("6 位验证码，或恢复码").fill(codes[2].upper())
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("link", name="案件", exact=True)).to_be_visible()
    assert page.problems == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_an_operator_keeps_the_own_account_in_order(
    browser: Browser, intake: Intake, size: dict[str, int]
) -> None:
    kind = "phone" if size is PHONE else "desktop"
    await account(intake, "李强", "operator")
    elsewhere = await enter(intake, "李强")
    page = await opened(browser, intake, size)
    await type_password(page, "李强")
    await page.get_by_role("button", name="李强", exact=True).click()
    await page.get_by_role("link", name="我的账号").click()
    await expect(page.locator(".sessions li")).to_have_count(2)
    await looked_at(page, f"account-{kind}")
    await page.get_by_role("button", name="结束", exact=True).click()
    await expect(page.locator(".sessions li")).to_have_count(1)
    assert (await elsewhere.call("GET", "/session"))[0] == 401

    await page.get_by_role("button", name="换密码").click()
    await page.get_by_label("现在的密码").fill(GOOD)
    await page.get_by_label("新密码").fill(GOOD)
    await page.get_by_label("再输一遍").fill(GOOD)
    await page.get_by_role("button", name="换密码").click()
    await expect(page.get_by_text("最近 5 次用过的密码不能再用，请换一个")).to_be_visible()
    await looked_at(page, f"password-{kind}")
    await page.get_by_label("新密码").fill(NEW)
    await page.get_by_label("再输一遍").fill(NEW)
    await page.get_by_role("button", name="换密码").click()
    await expect(page.get_by_text("密码已更换")).to_be_visible()
    assert (await attempt(intake, "李强", NEW))[0] == 200

    await page.get_by_role("button", name="启用", exact=True).click()
    await enrolled(page, intake, "李强")
    await expect(page.get_by_text("还剩 10 个恢复码")).to_be_visible()
    await page.get_by_role("button", name="停用").click()
    await page.get_by_label("手机上的 6 位验证码").fill(phone_shows(intake, intake.secrets["李强"]))
    await page.get_by_role("button", name="停用双因素").click()
    await expect(page.get_by_text("未启用")).to_be_visible()
    assert page.problems == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_an_account_goes_through_two_hands(browser: Browser, intake: Intake, size: dict[str, int]) -> None:
    kind = "phone" if size is PHONE else "desktop"
    await found(intake)
    await account(intake, "李强", "operator")
    for _ in range(5):
        await attempt(intake, "李强", "Wrong-2026-pw")
    page = await at_desk(browser, intake, "周系统", size)
    await page.get_by_role("button", name="开设账号").click()
    sheet = page.get_by_role("dialog")
    await sheet.get_by_label("姓名").fill("王芳")
    await sheet.get_by_role("checkbox", name=re.compile("受理员")).check()
    await sheet.get_by_role("button", name="开设并生成链接").click()
    await expect(page.get_by_text("角色由安全管理员授权后生效")).to_be_visible()
    link = await page.locator(".one-time code").inner_text()
    await looked_at(page, f"opened-{kind}")
    await page.get_by_role("button", name="知道了").click()
    await expect(page.get_by_text("待授权")).to_be_visible()
    await looked_at(page, f"staff-sysadmin-{kind}")
    await page.get_by_role("button", name="办理 李强").click()
    await looked_at(page, f"person-sysadmin-{kind}")
    await page.get_by_role("button", name="停用账号").click()
    await page.locator(".ask").get_by_role("button", name="停用账号").click()
    await expect(page.get_by_text("账号已停用，会话都已结束")).to_be_visible()
    await page.get_by_role("button", name="启用账号").click()
    await page.locator(".ask").get_by_role("button", name="启用账号").click()
    await expect(page.get_by_text("账号已启用")).to_be_visible()
    await page.get_by_role("button", name="关闭").click()
    await page.get_by_role("button", name="办理 周系统").click()
    await expect(page.get_by_text("管理员不能改动自己的账号")).to_be_visible()
    await page.get_by_role("button", name="关闭").click()
    await page.get_by_role("link", name="令牌").click()
    await page.get_by_role("button", name="签发令牌").click()
    await page.get_by_label("给谁用").fill("区城运平台")
    await looked_at(page, f"token-{kind}")
    await page.get_by_role("button", name="签发", exact=True).click()
    await expect(page.locator(".one-time code")).to_have_text(re.compile("^yht_"))
    await page.get_by_role("button", name="知道了").click()
    await expect(page.get_by_text("区城运平台")).to_be_visible()
    await looked_at(page, f"tokens-{kind}")

    page = await at_desk(browser, intake, "吴安全", size)
    await expect(page.get_by_text("有 1 个账号等您授权")).to_be_visible()
    await looked_at(page, f"staff-secadmin-{kind}")
    await page.get_by_role("button", name="办理 李强").click()
    await page.get_by_role("button", name="解除锁定").click()
    await looked_at(page, f"person-secadmin-{kind}")
    await page.locator(".ask").get_by_role("button", name="解除锁定").click()
    await expect(page.get_by_text("已解除锁定")).to_be_visible()
    await page.get_by_role("button", name="关闭").click()
    await page.get_by_role("button", name="办理 王芳").click()
    await page.get_by_role("button", name="审批授权").click()
    await looked_at(page, f"roles-{kind}")
    await page.get_by_role("button", name="授予这些角色").click()
    await expect(page.get_by_text("已授予：受理员")).to_be_visible()

    token = link.rpartition("/")[2]
    await intake.call("POST", f"/api/v1/invitations/{token}", {"password": GOOD}, role=None)
    page = await opened(browser, intake, size)
    await type_password(page, "王芳")
    await expect(page.get_by_role("link", name="案件", exact=True)).to_be_visible()
    assert page.problems == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_auditor_looks_through_the_trail_and_takes_it_away(
    browser: Browser, intake: Intake, size: dict[str, int]
) -> None:
    kind = "phone" if size is PHONE else "desktop"
    await found(intake)
    await account(intake, "李强", "operator")
    _, case = await intake.file()
    await attempt(intake, "李强", "Wrong-2026-pw")
    operator = await enter(intake, "李强")
    for path in (f"/cases/{case['case_no']}?reveal=reporter", "/staff", f"/cases/{case['case_no']}"):
        await operator.call("GET", path)
    page = await at_desk(browser, intake, "郑审计", size)
    await expect(page.get_by_text("查看反映人信息")).to_be_visible()
    await looked_at(page, f"audit-{kind}")
    await page.get_by_label("动作").fill("查看")
    await page.get_by_role("option", name="查看案件").click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page).to_have_url(re.compile("action=read_case"))
    exported = await downloaded(page, page.get_by_role("link", name="导出 CSV"))
    assert f"case:{case['case_no']}" in exported
    assert exported.count("\n") == 2
    await page.get_by_label("人员").fill("无此人")
    await page.get_by_label("人员").press("Enter")
    await expect(page.get_by_text("没有相符的记录")).to_be_visible()
    await page.get_by_role("button", name="全部记录").click()
    await expect(page.get_by_text("导出审计").first).to_be_visible()
    await looked_at(page, f"audit-all-{kind}")
    # nothing that the page asks for by itself is refused and recorded
    assert await page.locator("tr", has_text="郑审计").filter(has_text="越权").count() == 0


async def test_an_old_password_is_changed_at_the_door(browser: Browser, intake: Intake) -> None:
    await account(intake, "李强", "operator")
    intake.clock.forward(days=91)
    page = await opened(browser, intake, PHONE)
    await type_password(page, "李强")
    await expect(page.get_by_role("heading", name="更换密码")).to_be_visible()
    await page.get_by_label("现在的密码").fill(GOOD)
    await page.get_by_label("新密码").fill(NEW)
    await page.get_by_label("再输一遍").fill(NEW)
    await looked_at(page, "due-phone")
    await page.get_by_role("button", name="换密码").click()
    await expect(page.get_by_role("link", name="案件", exact=True)).to_be_visible()
