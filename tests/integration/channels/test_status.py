"""The city's IT sees how each channel does, and nobody else does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from channels.app import create_app
from channels.gateway.database import Database
from channels.gateway.dialogue import MemoryDialogue
from channels.gateway.pulse import Pulse
from channels.status import STATUS
from groundwork.settings import Settings
from tests.integration.channels.conftest import QUICK, Clock, IntakeStandIn, echo

CHROMIUM = shutil.which("chromium")


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: Clock, intake: IntakeStandIn) -> web.Application:
    settings = Settings(
        _env_file=None,
        var_dir=tmp_path,
        database_url=database_url.replace("channels.db", "cases.db"),
        intake_url=intake.url,
        wechat_app_id="wx1",
        wechat_app_secret="s",
        wechat_token="t",
        wechat_api_base=intake.url,
        telegram_token="1:a",
        telegram_api_base=intake.url,
    )
    return create_app(settings, dialogue=lambda _session: MemoryDialogue(echo), clock=clock, pace=QUICK)


async def ask(session: ClientSession, url: str, **headers: str) -> tuple[int, Any]:
    async with session.get(f"{url}/status.json", headers=headers) as answer:
        return answer.status, await answer.json()


async def talk(session: ClientSession, url: str) -> None:
    async with session.post(f"{url}/channels/web/conversations", json={"consent": True}) as answer:
        opened = await answer.json()
    address = f"{url}/channels/web/conversations/{opened['conversation_id']}/messages"
    headers = {"Authorization": f"Bearer {opened['token']}"}
    async with session.post(address, json={"client_msg_id": "1", "text": "路灯不亮"}, headers=headers) as answer:
        assert answer.status == 200


async def test_each_channel_tells_its_last_messages_errors_and_backlog(
    app: web.Application, serve: Callable[[web.Application], Any], session: ClientSession
) -> None:
    async with serve(app) as url:
        await talk(session, url)
        pulse = app[STATUS].pulse
        pulse.error("wechat", "silenced")
        pulse.error("wechat", "down")
        await pulse.store()
        status, report = await ask(session, url)
        assert status == 200
        found = {channel["channel"]: channel for channel in report["channels"]}
        assert report["off"] == []
        assert found["web"]["last_in"] and found["web"]["last_out"]
        assert found["web"]["backlog"] == {"unanswered": 0}
        assert (found["wechat"]["errors_today"], found["wechat"]["error"]) == (2, "down")
        assert found["wechat"]["backlog"] == {"unanswered": 0, "owed": 0, "waiting_for_contact": 0}
        assert found["telegram"]["mode"] == "polling"
        assert found["telegram"]["backlog"]["updates"] == 0
        await app[STATUS]._figures()
        async with session.get(f"{url}/metrics") as answer:
            figures = await answer.text()
        assert 'yht_channel_errors_today{channel="wechat"} 2.0' in figures
        assert 'yht_channel_backlog{channel="telegram",what="updates"} 0.0' in figures
        assert 'yht_channel_last_seconds{channel="web",direction="in"}' in figures


async def test_only_this_machine_and_system_administrators_see_it(
    app: web.Application, serve: Callable[[web.Application], Any], session: ClientSession, intake: IntakeStandIn
) -> None:
    outside = {"X-Forwarded-For": "203.0.113.5"}
    async with serve(app) as url:
        assert (await ask(session, url))[0] == 200
        status, problem = await ask(session, url, **outside)
        assert (status, problem["code"]) == (403, "forbidden")
        for cookie, expected in (
            ("admin=1", 200),
            ("operator=1", 403),
            ("new=1", 403),  # has not set up the second factor yet
            ("nobody=1", 403),
        ):
            assert (await ask(session, url, Cookie=cookie, **outside))[0] == expected
        await intake.stop()
        assert (await ask(session, url, Cookie="admin=1", **outside))[0] == 403
        async with session.get(f"{url}/status", headers=outside) as page:
            assert page.status == 200  # it holds nothing


async def test_two_processes_add_up(database_url: str, clock: Clock) -> None:
    databases = [Database(database_url), Database(database_url)]
    pulses = [Pulse(database, clock) for database in databases]
    for pulse in pulses:
        pulse.heard("web")
        pulse.error("web", "late")
    latest = clock()
    for pulse in reversed(pulses):
        await pulse.store()
    beat = (await pulses[0].beats())["web"]
    assert (beat.errors_today, beat.error, beat.in_at is not None and beat.in_at <= latest) == (2, "late", True)
    clock.forward(86_400)
    assert (await pulses[1].beats())["web"].errors_today == 0
    for database in databases:
        await database.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no browser")
@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
async def test_the_page_shows_them(
    size: tuple[int, int],
    database_url: str,
    app: web.Application,
    serve: Callable[[web.Application], Any],
    session: ClientSession,
    tmp_path: Path,
) -> None:
    if database_url.startswith("postgresql"):
        pytest.skip("the page is the same")
    from playwright.async_api import async_playwright

    async with serve(app) as url, async_playwright() as playwright:
        await talk(session, url)
        pulse = app[STATUS].pulse
        pulse.heard("wechat")
        pulse.out("wechat")
        pulse.error("wechat", "silenced")
        pulse.error("telegram", "down")
        await pulse.store()
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": size[0], "height": size[1]})
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        await page.goto(f"{url}/status")
        await page.wait_for_selector("[data-channel=telegram]")
        words = await page.inner_text("body")
        for expected in ("渠道状态", "微信公众号", "超过 48 小时或 5 条", "正常", "平台连不上"):
            assert expected in words
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        folder = Path(os.environ.get("YHT_SCREENSHOTS", tmp_path))
        await page.screenshot(path=folder / f"status-{size[0]}.png", full_page=True)
        await page.set_extra_http_headers({"X-Forwarded-For": "203.0.113.5"})
        await page.reload()
        await page.wait_for_selector(".refused a")
        assert faults in ([], ["Failed to load resource: the server responded with a status of 403 (Forbidden)"])
        await page.screenshot(path=folder / f"status-refused-{size[0]}.png")
        await browser.close()
