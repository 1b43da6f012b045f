"""A resident asks for a person; an operator takes over by keyboard, files, and gives back. Front, intake and browser."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect

from channels.app import create_app
from channels.gateway.dialogue import MemoryDialogue
from channels.gateway.message import Reply
from groundwork.settings import Settings
from intake_api import administration
from intake_api.filing import Understood
from tests.integration.intake_api.conftest import Intake, Json, only_sqlite
from tests.integration.intake_api.pages.conftest import PASSWORD

pytestmark = [pytest.mark.browser, only_sqlite]

GARBAGE = "稻香新苑门口垃圾堆了三天没人清"
FOLDER = os.environ.get("YHT_TEST_PICTURES")
LAPTOP, PHONE = (1366, 768), (390, 844)


def understood(text: str) -> Understood:
    """What the assistant makes of talk that names the place."""
    at = text.find("稻香新苑门口")
    places = [{"text": "稻香新苑门口", "start": at, "end": at + 6, "kind": "estate"}] if at >= 0 else []
    return Understood(text, "report", (("report", 0.98),), (("1101", 0.86), ("1102", 0.07)), tuple(places))


@dataclass
class Resident:
    """Somebody on the chat page."""

    session: ClientSession
    address: str
    token: str
    count: int = 0
    heard: list[str] = field(default_factory=list)

    async def say(self, text: str) -> list[str]:
        """What is answered at once."""
        self.count += 1
        body = {"client_msg_id": f"m{self.count}", "text": text}
        async with self.session.post(f"{self.address}/messages", json=body, headers=self._headers) as answer:
            assert answer.status == 200
            return [reply["text"] for reply in (await answer.json())["replies"]]

    async def told(self) -> list[Json]:
        """Everything that was said to them."""
        async with self.session.get(f"{self.address}/messages", headers=self._headers) as answer:
            return [one for one in (await answer.json())["messages"] if one["direction"] == "out"]

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class House:
    """The whole house: intake, front and an assistant of few words."""

    intake: Intake
    url: str
    session: ClientSession
    dialogue: MemoryDialogue
    browser: Browser
    problems: list[str] = field(default_factory=list)

    async def resident(self) -> Resident:
        base = f"{self.url}/channels/web/conversations"
        async with self.session.post(base, json={"consent": True}) as answer:
            body = await answer.json()
        return Resident(self.session, f"{base}/{body['conversation_id']}", body["token"])

    async def operator(
        self, name: str, role: str = "operator", size: tuple[int, int] = LAPTOP, ready: bool = True
    ) -> Page:
        link = await administration.add_staff(self.intake.settings, name, [role], None)
        token = link.rpartition("/")[2]
        await self.intake.call("POST", f"/api/v1/invitations/{token}", {"password": PASSWORD}, role=None)
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="zh-CN", has_touch=size == PHONE
        )
        page = await context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        await page.goto(f"{self.url}/console")
        await page.get_by_label("姓名").fill(name)
        await page.get_by_label("密码", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="登录").click()
        await expect(page.get_by_role("button", name="小休")).to_be_visible()
        if ready:
            await page.keyboard.press("Alt+b")
            await expect(page.get_by_role("button", name="就绪")).to_be_visible()
        return page


@pytest.fixture
async def house(intake: Intake, browser: Browser, tmp_path: Path) -> AsyncIterator[House]:
    async def respond(_sender: str, words: str) -> list[Reply]:
        await asyncio.sleep(0)
        if "人工" in words:
            return [Reply("", custom={"handover": {"reason": "asked"}})]
        return [Reply(f"听到：{words}")]

    dialogue = MemoryDialogue(respond)
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        var_dir=tmp_path / "front",
        database_url=f"sqlite+aiosqlite:///{tmp_path / 'front-cases.db'}",
        intake_url=str(intake.client.make_url("")).rstrip("/"),
        channel_token=await intake.token("channel"),
    )
    known: Any = intake.assistant

    async def parse(text: str) -> Understood | None:
        return None if known.down else understood(text)

    known.parse = parse
    server = TestServer(create_app(settings, dialogue=lambda _session: dialogue))
    await server.start_server()
    async with ClientSession() as session:
        house = House(intake, str(server.make_url("")).rstrip("/"), session, dialogue, browser)
        yield house
    await server.close()
    assert house.problems == []


async def take(page: Page) -> None:
    """Take whoever waits longest."""
    await expect(page.get_by_role("region", name="等待接手").locator(".talk-row").first).to_be_visible()
    await page.keyboard.press("F2")
    await expect(page.get_by_label("回复居民")).to_be_focused()


async def take_call(page: Page) -> None:
    """Take the call that waits longest, or the open one."""
    await expect(page.get_by_role("region", name="等待接手").locator(".talk-row").first).to_be_visible()
    await page.keyboard.press("F2")
    await expect(page.get_by_role("button", name="保持")).to_be_visible()


def transcript(page: Page):
    return page.get_by_role("log")


async def test_an_operator_takes_over_files_and_gives_back_without_the_mouse(house: House) -> None:
    page = await house.operator("顾晓芸")
    resident = await house.resident()
    assert await resident.say(GARBAGE) == [f"听到：{GARBAGE}"]
    assert "您是下一位" in (await resident.say("转人工"))[0]

    await expect(page.get_by_role("region", name="等待接手").locator(".talk-row")).to_have_count(1)
    await take(page)
    await expect(transcript(page).get_by_text(GARBAGE, exact=True)).to_be_visible()
    assert await resident.say("我的电话是13812345678") == []
    await expect(transcript(page).get_by_text("138****5678").first).to_be_visible()
    await expect(page.get_by_text("13812345678")).to_have_count(0)

    form = page.get_by_role("region", name="案件表")
    await expect(form.get_by_label("反映内容")).to_have_value(GARBAGE)
    await expect(form.get_by_label("地点")).to_have_value("稻香新苑门口")
    await expect(form.get_by_role("combobox", name="类别")).to_have_value("暴露垃圾")
    await expect(form.get_by_label("电话", exact=True)).to_have_value("138****5678")
    await expect(form.get_by_text("把握大").first).to_be_visible()
    await expect(form.locator(".outlook")).to_contain_text("承办")

    await page.keyboard.type("您好，马上给您登记")
    await page.keyboard.press("Enter")
    await expect(transcript(page).locator(".said.by-staff:not(.going)", has_text="马上给您登记")).to_be_visible()
    await page.keyboard.press("F6")
    await page.keyboard.press("End")
    await page.keyboard.type("，有臭味")
    assert await resident.say("一直没有人来收") == []
    # what a hand has written stays
    await expect(form.get_by_label("反映内容")).to_have_value(f"{GARBAGE}，有臭味")
    await page.keyboard.press("F9")
    await page.keyboard.press("F9")
    number = (await form.locator(".filed-number .number").inner_text()).replace(" ", "")

    told = await resident.told()
    assert [one["by"] for one in told if "马上给您登记" in one["text"]] == ["staff"]
    (heard,) = [one for one in told if (one["custom"] or {}).get("case_no") == number]
    assert f"{number[:3]} {number[3:6]} {number[6:]}" in heard["text"]
    status, case = await house.intake.call("GET", f"/api/v1/cases/{number}?reveal=reporter", role="operator")
    assert status == 200, case
    assert (case["channel"], case["reporter"]["phone"]) == ("web", "13812345678")
    assert case["description"] == f"{GARBAGE}，有臭味"
    assert [line["role"] for line in case["transcript"]][:2] == ["user", "bot"]
    assert any(line["role"] == "staff" for line in case["transcript"])
    # the channel knows its reporter: what happens to the case is told in this conversation
    conversation = resident.address.rpartition("/")[2]
    _, own = await house.intake.call("GET", f"/api/v1/cases?channel=web&channel_user={conversation}")
    assert [one["case_no"] for one in own["items"]] == [number]

    await page.keyboard.press("F10")
    await expect(page.get_by_role("dialog", name="交回、结束或转交")).to_be_visible()
    await page.keyboard.press("1")
    await expect(page.get_by_role("region", name="刚结束").locator(".talk-row")).to_have_count(1)
    assert await resident.say("什么时候来收") == ["听到：什么时候来收"]
    events = house.dialogue.events[f"web:{conversation}"]
    said = [event["text"] for event in events if event["metadata"].get("speaker") == "staff"]
    assert "您好，马上给您登记" in said


async def test_a_reload_and_a_broken_connection_lose_no_word(house: House) -> None:
    page = await house.operator("顾晓芸")
    resident = await house.resident()
    await resident.say("转人工")
    await take(page)
    await page.keyboard.type("写到一半")
    await page.get_by_role("region", name="案件表").get_by_label("称呼", exact=True).fill("刘女士")
    await page.reload()
    await expect(page.get_by_label("回复居民")).to_have_value("写到一半")
    await expect(page.get_by_role("region", name="案件表").get_by_label("称呼", exact=True)).to_have_value("刘女士")

    await page.context.set_offline(True)
    await page.keyboard.press("F4")
    await page.keyboard.type("，断网时发的")
    await page.keyboard.press("Enter")
    await expect(page.locator(".said.going")).to_contain_text("写到一半，断网时发的")
    await page.context.set_offline(False)
    await expect(page.locator(".said.by-staff:not(.going)", has_text="断网时发的")).to_be_visible()
    await expect(page.locator(".said.going")).to_have_count(0)
    assert [one["text"] for one in await resident.told() if "断网" in one["text"]] == ["写到一半，断网时发的"]


async def test_a_colleague_sees_who_serves_and_cannot_take_it_away(house: House) -> None:
    page = await house.operator("顾晓芸")
    colleague = await house.operator("沈晓明")
    resident = await house.resident()
    await resident.say("转人工")
    await take(page)
    theirs = colleague.get_by_role("region", name="同事的").locator(".talk-row")
    await expect(theirs).to_contain_text("顾晓芸")
    await theirs.click()
    await expect(colleague.get_by_text("顾晓芸正在处理。")).to_be_visible()
    await colleague.keyboard.press("F8")
    await colleague.keyboard.type("这位上周也来过")
    await colleague.keyboard.press("Enter")
    await expect(transcript(page).get_by_text("这位上周也来过")).to_be_visible()
    assert not any("上周" in one["text"] for one in await resident.told())


async def test_an_emergency_stands_above_everything(house: House) -> None:
    page = await house.operator("顾晓芸")
    resident = await house.resident()
    await resident.say("救命，楼里着火了，有人被困在三楼")
    alarm = page.get_by_role("alert").filter(has_text="可能有人遇险")
    await expect(alarm).to_be_visible()
    await alarm.get_by_role("button", name="马上接过来").click()
    await expect(page.get_by_label("回复居民")).to_be_visible()
    await expect(alarm).to_have_count(0)
    assert await resident.say("在三楼") == []


async def test_an_emergency_that_was_filed_while_no_console_was_open_is_shown_until_put_away(house: House) -> None:
    await house.intake.file("hole", description="有人掉进没盖的井里", category="0101", urgency="emergency")
    await house.intake.file("heap")
    page = await house.operator("顾晓芸")
    alarm = page.get_by_role("alert").filter(has_text="紧急案件")
    await expect(alarm).to_have_count(1)
    await page.reload()
    await expect(alarm.get_by_role("link")).to_have_count(1)
    await alarm.get_by_role("button", name="知道了").click()
    await expect(alarm).to_have_count(0)
    await house.intake.file("gas", description="楼道里煤气味很重", urgency="emergency")
    await expect(alarm).to_have_count(1)
    await page.reload()
    await expect(alarm.get_by_role("link")).to_have_count(1)


async def test_whoever_looks_at_a_number_stands_in_the_trail(house: House) -> None:
    page = await house.operator("顾晓芸")
    resident = await house.resident()
    await resident.say("转人工")
    await resident.say("打13812345678找我")
    await take(page)
    await expect(transcript(page).get_by_text("打138****5678找我")).to_be_visible()
    await page.keyboard.press("Alt+x")
    await expect(transcript(page).get_by_text("打13812345678找我")).to_be_visible()
    _, trail = await house.intake.call("GET", "/api/v1/audit?action=console_reveal,console_take", role="auditor")
    assert {one["action"] for one in trail["items"]} == {"console_reveal", "console_take"}
    assert {one["actor"]["name"] for one in trail["items"]} == {"顾晓芸"}


async def test_nobody_but_operators_and_supervisors_gets_in(house: House) -> None:
    for path, method in (("list", "GET"), ("words", "GET"), ("ws", "GET"), ("chats/1/take", "POST")):
        async with house.session.request(method, f"{house.url}/channels/console/{path}") as answer:
            assert answer.status == 401
    token = {"Authorization": f"Bearer {await house.intake.token('dispatcher')}"}
    async with house.session.get(f"{house.url}/channels/console/list", headers=token) as answer:
        assert answer.status == 403
    token = {"Authorization": f"Bearer {await house.intake.token('operator')}"}
    async with house.session.get(f"{house.url}/channels/console/list", headers=token) as answer:
        assert answer.status == 200
    foreign = token | {"Origin": "https://elsewhere.example"}
    async with house.session.get(f"{house.url}/channels/console/ws", headers=foreign) as answer:
        assert answer.status == 403


async def test_a_form_sent_twice_is_one_case_and_its_number_is_said_once(house: House) -> None:
    resident = await house.resident()
    headers = {"Authorization": f"Bearer {await house.intake.token('operator')}"}

    async def call(method: str, path: str, body: Json | None = None) -> tuple[int, Json]:
        url = f"{house.url}/channels/console/{path}"
        async with house.session.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None) if answer.content_length else {}

    assert (await call("PUT", "state", {"state": "ready"}))[0] == 204
    await resident.say("转人工")
    _, shown = await call("GET", "list")
    (item,) = shown["items"]
    path = item["id"].replace("chat:", "chats/")
    assert (await call("POST", f"{path}/replies", {"client_id": "a", "text": "您好"}))[1]["code"] == "not_yours"
    assert (await call("POST", f"{path}/take"))[0] == 204
    form = {"client_id": "f1", "report": {"description": GARBAGE, "category": "1101", "location": {"text": "稻香新苑"}}}
    status, case = await call("POST", f"{path}/cases", form)
    assert status == 201
    assert (await call("POST", f"{path}/cases", form))[1]["case_no"] == case["case_no"]
    assert [(one["custom"] or {}).get("case_no") for one in await resident.told()].count(case["case_no"]) == 1
    changed = form | {"report": form["report"] | {"description": "另一件事"}}
    assert (await call("POST", f"{path}/cases", changed))[1]["code"] == "filed_already"
    assert (await call("POST", f"{path}/give-back", {}))[0] == 204
    assert (await call("POST", f"{path}/give-back", {}))[0] == 204
    assert (await call("POST", f"{path}/take"))[1]["code"] == "not_yours"


async def test_it_fits_its_width_and_can_be_shown(house: House) -> None:
    await house.intake.file(category="1101", description="稻香新苑西门垃圾满出来了", location={"text": "稻香新苑西门"})
    page = await house.operator("顾晓芸")
    colleague = await house.operator("沈晓明")
    people = [await house.resident() for _ in range(4)]
    await people[0].say("你好")
    await people[0].say(GARBAGE)
    await people[0].say("转人工")
    await take(page)
    await people[0].say("我电话13812345678，尽快来看看，天热味道太大了")
    await people[1].say("路灯坏了一个星期，打电话没人接")
    await people[1].say("我要人工")
    await people[2].say("人工")
    await page.keyboard.type("您好，我是人工受理员，马上为您登记。")
    await page.keyboard.press("Enter")
    await page.keyboard.press("F8")
    await page.keyboard.type("上周来过一次，回访时注意")
    await page.keyboard.press("Enter")
    await expect(page.locator(".said.by-note:not(.going)")).to_have_count(1)
    await colleague.get_by_role("region", name="等待接手").locator(".talk-row").last.click()
    await colleague.keyboard.press("F2")
    await people[3].say("救命，有人掉河里了")
    await expect(page.get_by_role("alert").filter(has_text="可能有人遇险")).to_be_visible()
    await expect(page.locator(".outlook")).to_contain_text("承办")
    await expect(page.get_by_role("region", name="相似案件").locator("li")).to_have_count(1)
    await shoot(page, "console")
    await page.keyboard.press("F7")
    await expect(page.locator(".words .word")).to_have_count(10)
    await shoot(page, "console-words")
    await page.keyboard.press("Escape")
    await page.keyboard.press("F9")
    await page.keyboard.press("F9")
    await expect(page.locator(".filed-number")).to_be_visible()
    await page.wait_for_timeout(300)
    await shoot(page, "console-filed")
    phone = await house.operator("方手机", size=PHONE, ready=False)
    await shoot(phone, "console-phone-list")
    await phone.locator(".talk-row").first.click()
    await phone.get_by_role("button", name="接手").click()
    await expect(phone.get_by_label("回复居民")).to_be_visible()
    await shoot(phone, "console-phone-talk")
    await phone.get_by_role("tab", name="案件表").click()
    await shoot(phone, "console-phone-form")
    for one in (page, phone):
        assert await one.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def shoot(page: Page, name: str) -> None:
    if FOLDER:
        await page.screenshot(path=str(Path(FOLDER) / f"{name}.png"))
