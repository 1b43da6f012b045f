"""The desk in a real browser, on an intake whose clock shows the hour on the wall, as the browser's does."""

from __future__ import annotations

import io
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import FormData
from PIL import Image, ImageDraw
from playwright.async_api import Browser, Page, async_playwright, expect

from groundwork.settings import ROOT
from intake_api import administration
from intake_api.domain.second_factor import code_at, step_of
from tests.integration.intake_api.conftest import Assistant, Clock, Intake, Json, running

CHROMIUM = Path(os.environ.get("YHT_TEST_CHROMIUM", "/usr/bin/chromium"))
SWITCHES = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PASSWORD = "Qinghe-2026-一号"
DESKTOP, PHONE = (1440, 900), (390, 844)

expect.set_options(timeout=15_000)  # a busy machine is no fault of the page

Enter = Callable[..., Awaitable[Page]]


class WallClock(Clock):
    """The hour on the wall, less what the test begins in the past."""

    def __init__(self) -> None:
        self.behind = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) - self.behind

    def forward(self, **step: float) -> None:
        self.behind -= timedelta(**step)


@pytest.fixture
def chromium() -> str:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    return str(CHROMIUM)


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running_browser = await playwright.chromium.launch(executable_path=chromium, args=list(SWITCHES))
        yield running_browser
        await running_browser.close()


@pytest.fixture
def clock() -> Clock:
    return WallClock()


@pytest.fixture
async def intake(settings, clock: Clock) -> AsyncIterator[Intake]:
    """The intake with the browser's libraries, which the front serves otherwise."""
    async with running(settings, clock, Assistant(), vendor=ROOT / "vendor") as intake:
        yield intake


@pytest.fixture
async def enter(browser: Browser, intake: Intake) -> AsyncIterator[Enter]:
    """Somebody at the desk, or another page: opens an account and logs in. Errors of its scripts fail the test."""
    problems: list[str] = []

    async def enter(
        name: str,
        role: str,
        department: str | None = None,
        size: tuple[int, int] = DESKTOP,
        path: str = "",
        page_of: str = "desk",
    ) -> Page:
        link = await administration.add_staff(intake.settings, name, [role], department)
        token = link.rpartition("/")[2]
        await intake.call("POST", f"/api/v1/invitations/{token}", {"password": PASSWORD}, role=None)
        touch = size == PHONE
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="zh-CN", has_touch=touch, is_mobile=touch
        )
        page = await context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if "Security Policy" in said.text else None)
        await page.goto(str(intake.client.make_url(f"/{page_of}{path}")))
        await page.get_by_label("姓名").fill(name)
        await page.get_by_label("密码", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="登录").click()
        if role == "supervisor":  # sets up the second factor first
            secret = re.sub(r"\s", "", await page.locator(".key code").inner_text())
            intake.secrets[name] = secret
            await page.get_by_label("6 位验证码").fill(code_at(secret, step_of(intake.clock())))
            await page.get_by_role("button", name="启用", exact=True).click()
            await page.get_by_role("button", name="我已保存好").click()
        await expect(page.locator("header.top")).to_be_visible()
        return page

    yield enter
    assert problems == []


def picture(done: bool) -> bytes:
    """A pavement with its cover missing, or with it back."""
    image = Image.new("RGB", (960, 720), (168, 163, 155))
    draw = ImageDraw.Draw(image)
    for y in range(0, 720, 90):
        draw.line((0, y, 960, y), fill=(142, 137, 130), width=5)
        for x in range((y // 90) % 2 * 80, 960, 160):
            draw.line((x, y, x, y + 90), fill=(142, 137, 130), width=5)
    rim = (300, 210, 660, 510)
    draw.ellipse(rim, fill=(96, 92, 88) if done else (24, 24, 26), outline=(70, 66, 62), width=22)
    if done:
        for at in range(354, 620, 42):
            draw.line((at, 270, at, 450), fill=(70, 66, 62), width=9)
    content = io.BytesIO()
    image.save(content, "JPEG", quality=85)
    return content.getvalue()


async def uploaded(intake: Intake, content: bytes, role: str = "channel") -> str:
    form = FormData()
    form.add_field("file", content, filename="photo.jpg", content_type="image/jpeg")
    headers = {"Authorization": f"Bearer {await intake.token(role)}"}
    async with intake.client.post("/api/v1/attachments", data=form, headers=headers) as answer:
        return str((await answer.json())["attachment_id"])


async def act(intake: Intake, case: Json, action: str, role: str, **body: object) -> Json:
    """Somebody else does something with the case, by the interface."""
    path = f"/api/v1/cases/{case['case_no']}/actions/{action}"
    status, answer = await intake.call("POST", path, body, role=role)
    assert status == 200, answer
    return answer
