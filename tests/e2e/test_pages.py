"""What residents and staff see, in a real browser: a complaint is chatted to a case number and found on the desk."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from intake_api.domain.second_factor import code_at, step_of
from tests.e2e.conftest import System

pytestmark = [pytest.mark.browser, pytest.mark.assistant]

CHROMIUM = Path(os.environ.get("YHT_TEST_CHROMIUM", "/usr/bin/chromium"))
ADMINISTRATORS = {"系统管理员": ("周建国", "Sysadmin-2026-一号"), "安全管理员": ("沈安平", "Secadmin-2026-一号"),
                  "审计员": ("陆明察", "Auditor-2026-一号")}  # fmt: skip
OPERATOR = ("顾晓芸", "Operator-2026-一号")
SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(SWITCHES))
        yield running
        running.close()


def page_of(browser: Browser, width: int, height: int) -> Page:
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(20_000)
    return page


def say(page: Page, text: str) -> None:
    field = page.get_by_role("textbox").first
    field.fill(text)
    field.press("Enter")


def file_a_case(page: Page, system: System) -> str:
    """Chat a complaint on a phone; the number given."""
    page.goto(f"{system.url}/chat")
    page.get_by_role("button", name="同意并开始").click()
    say(page, "都市路399弄门口的窨井盖没了 晚上太危险了")
    page.get_by_role("button", name="确认", exact=True).click()
    number = page.locator(".number-digits").last
    expect(number).to_have_text(re.compile(r"\d{3}\s\d{3}\s\d{3}"))
    return re.sub(r"\D", "", number.inner_text())


@pytest.fixture(scope="module")
def case_no(browser: Browser, system: System) -> str:
    return file_a_case(page_of(browser, 360, 740), system)


def log_in(page: Page, system: System, name: str, password: str) -> None:
    page.goto(f"{system.url}/desk")
    page.get_by_label("姓名").fill(name)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_hidden()


def enrol(page: Page) -> None:
    """Set up the second factor that privileged roles need, with a phone of our own."""
    secret = re.sub(r"\s", "", page.locator(".key code").inner_text())
    page.get_by_label("6 位验证码").fill(code_at(secret, step_of(datetime.now(UTC))))
    page.get_by_role("button", name="启用", exact=True).click()
    page.get_by_role("button", name="我已保存好").click()


@pytest.fixture(scope="module")
def operator_link(browser: Browser, system: System, founding_link: str) -> str:
    """The administrators found the house; one opens an account and gets a one-time link, another grants its role."""
    page = page_of(browser, 1366, 768)
    page.goto(founding_link)
    for role, (name, password) in ADMINISTRATORS.items():
        person = page.get_by_role("group", name=role)
        person.get_by_label("姓名").fill(name)
        person.get_by_label("密码", exact=True).fill(password)
        person.get_by_label("再输一遍").fill(password)
    page.get_by_role("button", name="设立三位管理员").click()
    expect(page.get_by_text("三位管理员可以各自登录了")).to_be_visible()

    log_in(page, system, *ADMINISTRATORS["系统管理员"])
    enrol(page)
    page.goto(f"{system.url}/desk/staff")
    page.get_by_role("button", name=re.compile("开设账号|新增")).first.click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("姓名").fill(OPERATOR[0])
    sheet.get_by_role("checkbox", name=re.compile("受理|话务|坐席")).first.check()
    sheet.get_by_role("button", name="开设并生成链接").click()
    link = page.get_by_text(re.compile(r"/desk/invitation/")).first
    expect(link).to_be_visible()
    text = link.input_value() if link.evaluate("e => e.tagName") == "INPUT" else link.inner_text()
    found = re.search(r"http\S+/desk/invitation/\S+", text)
    assert found

    page = page_of(browser, 1366, 768)
    log_in(page, system, *ADMINISTRATORS["安全管理员"])
    enrol(page)
    page.get_by_role("button", name=f"办理 {OPERATOR[0]}").click()
    page.get_by_role("button", name="审批授权").click()
    page.get_by_role("button", name="授予这些角色").click()
    expect(page.get_by_text("已授予：")).to_be_visible()
    return found.group()


def test_a_complaint_is_chatted_to_a_number_and_found_on_the_desk(browser, system, case_no, operator_link):
    page = page_of(browser, 1366, 768)
    page.goto(operator_link)
    page.get_by_label("密码", exact=True).fill(OPERATOR[1])
    page.get_by_label("再输一遍").fill(OPERATOR[1])
    page.get_by_role("button", name=re.compile("设|确定|保存")).last.click()
    expect(page.get_by_text("密码已设好")).to_be_visible()

    log_in(page, system, *OPERATOR)
    search = page.get_by_role("searchbox", name="搜索编号、内容或地点").first
    search.fill(case_no)
    search.press("Enter")
    pane = page.get_by_role("region", name="案件详情")
    expect(pane.get_by_text("都市路399弄门口的窨井盖没了").first).to_be_visible()
    expect(pane.get_by_text(re.compile("井盖")).first).to_be_visible()
    # the queue and the case survive a reload under their own address
    page.reload()
    expect(page.get_by_role("region", name="案件详情").get_by_text("都市路399弄").first).to_be_visible()


def test_a_conversation_is_there_again_after_the_page_was_closed(browser, system):
    page = page_of(browser, 390, 844)
    file_a_case(page, system)
    again = page.context.new_page()
    page.close()
    again.goto(f"{system.url}/chat")
    expect(again.locator(".number-digits").last).to_be_visible()
    expect(again.get_by_text("窨井盖没了").first).to_be_visible()


def test_markup_that_a_resident_writes_is_shown_as_written(browser, system):
    page = page_of(browser, 390, 844)
    opened: list[str] = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    page.goto(f"{system.url}/chat")
    page.get_by_role("button", name="同意并开始").click()
    written = "银都路812弄门口路灯坏了<b>急</b><img src=x onerror=alert(1)>"
    say(page, written)
    expect(page.locator(".message").filter(has_text=written).first).to_be_visible()
    expect(page.locator(".message.theirs").nth(1)).to_be_visible()
    assert page.locator(".messages b, .messages img[src='x'], .messages script").count() == 0
    assert opened == []


def test_without_consent_nothing_is_begun(browser, system):
    page = page_of(browser, 360, 740)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(f"{request.method} {request.url}"))
    page.goto(f"{system.url}/chat")
    page.get_by_role("button", name="不同意").click()
    expect(page.get_by_text("12345").first).to_be_visible()
    assert not [asked for asked in requests if asked.startswith("POST")]


@pytest.mark.parametrize("path", ["/", "/chat", "/desk"])
def test_pages_load_without_errors_and_do_not_scroll_sideways(browser, system, path):
    page = page_of(browser, 360, 740)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.goto(f"{system.url}{path}")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert [problem for problem in problems if "401" not in problem] == []
