"""Calls at the console: heard, written down, understood, filed by keyboard. Front, intake, exchange and browser."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer, unused_port
from playwright.async_api import Browser, Page, async_playwright, expect

from channels.app import create_app
from channels.gateway.dialogue import MemoryDialogue
from channels.gateway.message import Reply
from channels.hotline.switchboard import running as telephone
from channels.hotline.voice import LoudnessActivity
from channels.speech.scripted import ScriptedRecogniser
from groundwork.settings import Settings
from intake_api.filing import Understood
from tests.integration.channels.hotline.conftest import QUICK, RATE, Leg, silence, tone
from tests.integration.intake_api.conftest import Intake, Json, only_sqlite
from tests.integration.intake_api.pages.conftest import SWITCHES
from tests.integration.intake_api.pages.test_console import PHONE, House, shoot, take_call, transcript, understood

pytestmark = [pytest.mark.browser, only_sqlite]

GARBAGE = "稻香新苑门口垃圾堆了三天没人清。"
MISHEARD = "已经臭得不行，希望京快清走。"
MEANT = "已经臭得不行，希望尽快清走。"
SUMMARY = "稻香新苑门口垃圾堆了三天没人清，已经臭得不行。"
NUMBER = "13812345678"
PACE = 0.004  # seconds between 20 ms of sound: five times as fast as people speak


class Exchange(House):
    """The house with a telephone."""

    port: int = 0

    async def rings(self, number: str = NUMBER) -> tuple[Leg, str]:
        """A call that the exchange tells of and puts through."""
        leg = Leg(self.port)
        body = {"caller": str(leg.uuid), "number": number, "queue": "一号队列"}
        headers = {"Authorization": f"Bearer {await self.intake.token('channel')}"}
        async with self.session.post(f"{self.url}/channels/hotline/calls", json=body, headers=headers) as answer:
            assert answer.status == 201
            call: Json = await answer.json()
        await leg.connect()
        return leg, str(call["call_id"])


async def says(leg: Leg, count: int = 1) -> None:
    """The caller says that many sentences."""
    for _ in range(count):
        await leg.play(tone(1.2) + silence(0.8), PACE)


@pytest.fixture
async def exchange(
    intake: Intake,
    browser: Browser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Exchange]:
    # tones are spoken here, which only loudness takes for speech
    hearing = partial(telephone, new_activity=LoudnessActivity, pauses=QUICK, **getattr(request, "param", {}))
    monkeypatch.setattr("channels.app.telephone", hearing)

    async def respond(_sender: str, words: str) -> list[Reply]:
        await asyncio.sleep(0)
        return [Reply(f"听到：{words}")]

    port = unused_port()
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        var_dir=tmp_path / "front",
        database_url=f"sqlite+aiosqlite:///{tmp_path / 'front-cases.db'}",
        intake_url=str(intake.client.make_url("")).rstrip("/"),
        channel_token=await intake.token("channel"),
        audiosocket_port=port,
    )
    known: Any = intake.assistant

    async def parse(text: str) -> Understood | None:
        await asyncio.sleep(0)
        return understood(text)

    known.parse = parse
    dialogue = MemoryDialogue(respond)
    recogniser = ScriptedRecogniser([GARBAGE, MISHEARD], otherwise="好的，谢谢。")
    server = TestServer(create_app(settings, dialogue=lambda _session: dialogue, recogniser=recogniser))
    await server.start_server()
    async with ClientSession() as session:
        exchange = Exchange(intake, str(server.make_url("")).rstrip("/"), session, dialogue, browser)
        exchange.port = port
        yield exchange
    await server.close()
    assert exchange.problems == []


def form_of(page: Page):
    return page.get_by_role("region", name="案件表")


async def test_a_call_is_written_down_understood_corrected_and_filed_without_the_mouse(exchange: Exchange) -> None:
    await exchange.intake.file(
        category="1101", description="上个月也堆过", reporter={"phone": NUMBER}, location={"text": "稻香新苑"}
    )
    page = await exchange.operator("顾晓芸")
    leg, call = await exchange.rings()
    row = page.get_by_role("region", name="等待接手").locator(".talk-row")
    await expect(row).to_contain_text("138******78")
    await expect(row).to_contain_text("振铃")
    await take_call(page)
    await expect(page.get_by_text("138 1234 5678")).to_be_visible()
    await expect(page.get_by_role("region", name="来电人以前的案件")).to_contain_text("上个月也堆过")

    await says(leg, 2)
    await expect(transcript(page).get_by_text(GARBAGE, exact=True)).to_be_visible()
    await expect(transcript(page).get_by_text(MISHEARD, exact=True)).to_be_visible()
    form = form_of(page)
    await expect(form.get_by_label("反映内容")).to_have_value(SUMMARY)
    await expect(form.get_by_label("地点")).to_have_value("稻香新苑门口")
    await expect(form.get_by_role("combobox", name="类别")).to_have_value("暴露垃圾")
    await expect(form.get_by_label("电话", exact=True)).to_have_value(NUMBER)
    await form.get_by_role("button", name="“稻香新苑门口”").click()
    await expect(transcript(page).locator("mark")).to_have_text("稻香新苑门口")

    # what the recogniser misheard is put right, and understood anew
    await page.keyboard.press("F4")
    await expect(page.get_by_label("改成实际说的话")).to_have_value(MISHEARD)
    await page.get_by_label("改成实际说的话").fill(MEANT)
    await page.keyboard.press("Enter")
    await expect(transcript(page).get_by_text(MEANT, exact=True)).to_be_visible()
    await expect(transcript(page).get_by_text("已改")).to_be_visible()
    await expect(form.get_by_label("来电人要求")).to_have_value("希望尽快清走")

    # what a hand has written stays, whatever is said afterwards and wherever the page comes from
    await page.keyboard.press("F6")
    await page.keyboard.press("End")
    await page.keyboard.type("有老鼠。")
    written = f"{SUMMARY}有老鼠。"
    await says(leg)
    await expect(transcript(page).get_by_text("好的，谢谢。")).to_be_visible()
    await page.reload()
    await expect(transcript(page).get_by_text(MEANT, exact=True)).to_be_visible()
    await expect(form.get_by_label("反映内容")).to_have_value(written)

    await page.keyboard.press("F7")
    await expect(transcript(page).get_by_text("保持")).to_be_visible()
    await page.keyboard.press("F7")
    await expect(transcript(page).get_by_text("恢复通话")).to_be_visible()
    await leg.hang_up()
    await expect(page.get_by_role("button", name="话后完成")).to_be_visible()
    await page.keyboard.press("F9")
    await page.keyboard.press("F9")
    number = (await form.locator(".filed-number .number").inner_text()).replace(" ", "")
    await page.keyboard.press("F10")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("1")
    await expect(page.get_by_role("region", name="刚结束").locator(".talk-row")).to_have_count(1)

    status, case = await exchange.intake.call("GET", f"/api/v1/cases/{number}?reveal=reporter", role="operator")
    assert status == 200, case
    assert (case["channel"], case["reporter"]["phone"]) == ("hotline", NUMBER)
    assert case["description"] == f"{written.rstrip('。')}。诉求人要求：希望尽快清走"
    assert [line["text"] for line in case["transcript"]][:2] == [GARBAGE, MEANT]
    # on the desk the recording stands beside the case
    await page.goto(f"{exchange.url}/desk/cases/{number}")
    recording = page.locator("audio")
    await expect(recording).to_have_attribute("src", f"/channels/hotline/calls/{call}/recording?side=both")


async def test_the_line_that_is_heard_is_marked(exchange: Exchange) -> None:
    page = await exchange.operator("顾晓芸")
    leg, call = await exchange.rings()
    await take_call(page)
    await says(leg, 2)
    line = transcript(page).locator(".said", has_text=GARBAGE)
    await line.hover()
    await line.get_by_role("button", name="从这句放录音").click()
    await expect(line).to_have_class("said by-resident on")
    await leg.hang_up()
    headers = {"Authorization": f"Bearer {await exchange.intake.token('operator')}"}
    async with exchange.session.get(f"{exchange.url}/channels/hotline/calls/{call}", headers=headers) as answer:
        assert "play" in [event["kind"] for event in (await answer.json())["history"]]


async def test_a_colleague_sees_the_call_but_neither_the_number_nor_what_only_the_holder_may_do(
    exchange: Exchange,
) -> None:
    page = await exchange.operator("顾晓芸")
    colleague = await exchange.operator("沈晓明")
    leg, _ = await exchange.rings()
    await take_call(page)
    await says(leg)
    theirs = colleague.get_by_role("region", name="同事的").locator(".talk-row")
    await theirs.click()
    await expect(transcript(colleague).get_by_text(GARBAGE, exact=True)).to_be_visible()
    await expect(colleague.get_by_text("顾晓芸正在接听。")).to_be_visible()
    await expect(colleague.get_by_text("138 1234 5678")).to_have_count(0)
    await colleague.keyboard.press("F9")
    await expect(form_of(colleague).get_by_role("alert")).to_contain_text("请先接听")
    # offered to them, it is theirs to take
    await page.keyboard.press("F10")
    await page.keyboard.press("2")
    await expect(colleague.get_by_role("region", name="等待接手").locator(".talk-row")).to_have_count(1)
    await colleague.keyboard.press("F2")
    await expect(colleague.get_by_text("138 1234 5678")).to_be_visible()
    await leg.hang_up()


async def test_a_new_operator_tries_it_with_a_recording_and_no_exchange(exchange: Exchange) -> None:
    page = await exchange.operator("顾晓芸")
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(tone(1.2) + silence(0.8) + tone(1.0) + silence(0.6))
    await page.get_by_role("button", name="试一通电话").click()
    await page.get_by_label("选一个录音").set_input_files(
        {"name": "call.wav", "mimeType": "audio/wav", "buffer": content.getvalue()}
    )
    await expect(transcript(page).get_by_text(GARBAGE, exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="话后完成")).to_be_visible()
    await expect(form_of(page).get_by_label("地点")).to_have_value("稻香新苑门口")


async def test_a_new_operator_tries_it_with_the_microphone(exchange: Exchange, chromium: str) -> None:
    # chromium's own microphone for tests beeps once a second
    fake = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    async with async_playwright() as playwright:
        exchange.browser = await playwright.chromium.launch(executable_path=chromium, args=[*SWITCHES, *fake])
        page = await exchange.operator("顾晓芸")
        await page.get_by_role("button", name="试一通电话").click()
        await page.get_by_role("button", name="用麦克风说").click()
        await expect(page.get_by_text("练习 · 麦克风开着")).to_be_visible()
        await expect(transcript(page).get_by_text(GARBAGE, exact=True)).to_be_visible()
        await page.keyboard.press("F10")
        await page.get_by_role("button", name="通话结束").click()
        await expect(page.get_by_role("button", name="话后完成")).to_be_visible()
        await expect(page.get_by_text("麦克风开着")).to_have_count(0)
        await exchange.browser.close()


@pytest.mark.parametrize("exchange", [{"trial_limit": timedelta(seconds=4)}], indirect=True, ids=["short"])
async def test_a_trial_call_that_will_end_by_itself_says_so(exchange: Exchange) -> None:
    page = await exchange.operator("顾晓芸")
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(tone(1.2) + silence(8.0))
    await page.get_by_role("button", name="试一通电话").click()
    await page.get_by_label("选一个录音").set_input_files(
        {"name": "call.wav", "mimeType": "audio/wav", "buffer": content.getvalue()}
    )
    await expect(page.get_by_role("alert").filter(has_text="练习到时限会自动挂断")).to_be_visible()
    await expect(page.locator(".trial-left").first).to_contain_text("还剩 0:0")
    await shoot(page, "console-trial-ending")
    await expect(page.get_by_text("练习满了时限，已自动挂断")).to_be_visible()
    await expect(page.get_by_role("button", name="话后完成")).to_be_visible()


async def test_a_call_fits_its_width_and_can_be_shown(exchange: Exchange) -> None:
    await exchange.intake.file(
        category="1101", description="稻香新苑西门垃圾满出来了", location={"text": "稻香新苑西门"},
        reporter={"phone": NUMBER},
    )  # fmt: skip
    page = await exchange.operator("顾晓芸")
    leg, _ = await exchange.rings()
    waiting, _ = await exchange.rings("13900001111")
    resident = await exchange.resident()
    await resident.say("路灯坏了")
    await page.get_by_role("region", name="等待接手").locator(".talk-row").first.click()
    await take_call(page)
    await says(leg, 2)
    await expect(transcript(page).get_by_text(MISHEARD, exact=True)).to_be_visible()
    await page.keyboard.press("F4")
    await page.get_by_label("改成实际说的话").fill(MEANT)
    await page.keyboard.press("Enter")
    await expect(page.locator(".outlook")).to_contain_text("承办")
    await expect(page.get_by_role("region", name="相似案件").locator("li")).to_have_count(1)
    await leg.play(tone(1.6), 0.02)
    await expect(page.locator(".said.partial")).to_have_count(1)
    await expect(page.locator("header.top")).to_contain_text("来电 2")
    await shoot(page, "console-call")
    await page.keyboard.press("F1")
    await shoot(page, "console-call-keys")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="试一通电话").click()
    await shoot(page, "console-trial")
    await page.keyboard.press("Escape")
    await leg.hang_up()
    await expect(page.get_by_role("button", name="话后完成")).to_be_visible()
    line = transcript(page).locator(".said", has_text=GARBAGE)
    await line.hover()
    await line.get_by_role("button", name="从这句放录音").click()
    await expect(line).to_have_class("said by-resident on")
    await page.keyboard.press("F9")
    await page.keyboard.press("F9")
    await expect(page.locator(".filed-number")).to_be_visible()
    await shoot(page, "console-call-filed")
    phone = await exchange.operator("方手机", size=PHONE, ready=False)
    await phone.locator(".talk-row").first.click()
    await expect(phone.get_by_role("button", name="接听")).to_be_visible()
    await phone.get_by_role("button", name="接听").click()
    await expect(phone.get_by_role("button", name="保持")).to_be_visible()
    await shoot(phone, "console-phone-call")
    await waiting.hang_up()
    for one in (page, phone):
        assert await one.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
