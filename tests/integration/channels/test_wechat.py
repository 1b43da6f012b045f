"""The WeChat account end to end: callbacks as WeChat sends them, its interface on loopback, one dialogue behind."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import ClientSession, web

from channels.app import create_app
from channels.gateway.database import Database
from channels.gateway.dialogue import MemoryDialogue
from channels.gateway.flood import Flood, Limits
from channels.gateway.message import Button, Reply
from channels.gateway.store import Accepted, Store
from channels.wechat.client import WeChat
from channels.wechat.codec import Envelope, read_xml, signature, write_xml
from channels.wechat.tables import followers
from groundwork.datum import wgs84_to_gcj02
from groundwork.settings import Settings
from intake_api.storage.other_databases import OtherDatabases
from tests.integration.channels.conftest import QUICK, Clock, IntakeStandIn, Server

Json = dict[str, Any]

APP_ID, SECRET, TOKEN, AES_KEY = "wx0123456789abcdef", "app-secret", "callback-token", "0123456789" * 4 + "abc"
USER = "o-resident"
PHOTO = b"\xff\xd8photo"


class WeChatStandIn(Server):
    """Speaks the part of WeChat's interface that the channel uses."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[str] = []
        self.sent: list[tuple[str, str]] = []
        self.menus: list[Json] = []
        self.media: dict[str, bytes] = {}
        self.errors: list[int] = []  # of the next messages
        self.down = False

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/cgi-bin/token", self._token)
        app.router.add_post("/cgi-bin/message/custom/send", self._send)
        app.router.add_get("/cgi-bin/media/get", self._media)
        app.router.add_post("/cgi-bin/menu/create", self._menu)
        return app

    @property
    def words(self) -> list[str]:
        return [words for _, words in self.sent]

    async def _token(self, request: web.Request) -> web.Response:
        assert (request.query["appid"], request.query["secret"]) == (APP_ID, SECRET)
        await asyncio.sleep(0.1)
        self.tokens.append(f"token-{len(self.tokens) + 1}")
        return web.json_response({"access_token": self.tokens[-1], "expires_in": 7200})

    def _refusal(self, request: web.Request) -> web.Response | None:
        if self.down:
            return web.Response(status=502)
        if request.query["access_token"] != self.tokens[-1]:
            return web.json_response({"errcode": 40001, "errmsg": "invalid credential"})
        return None

    async def _send(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        if self.errors and (code := self.errors.pop(0)):
            return web.json_response({"errcode": code, "errmsg": "refused"})
        body = await request.json()
        assert body["msgtype"] == "text"
        self.sent.append((body["touser"], body["text"]["content"]))
        return web.json_response({"errcode": 0, "errmsg": "ok"})

    async def _media(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        content = self.media.get(request.query["media_id"])
        if content is None:
            return web.json_response({"errcode": 40007, "errmsg": "invalid media_id"}, content_type="text/plain")
        return web.Response(body=content, content_type="image/jpeg")

    async def _menu(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        self.menus.append(await request.json())
        return web.json_response({"errcode": 0, "errmsg": "ok"})


@pytest.fixture
async def wechat() -> AsyncIterator[WeChatStandIn]:
    server = WeChatStandIn()
    await server.start()
    yield server
    await server.stop()


@dataclass
class Phone:
    """WeChat's servers as they call the account at ``url`` for one user."""

    session: ClientSession
    url: str
    clock: Clock
    mode: str

    async def post(
        self, body: bytes, *, age: float = 0, token: str = TOKEN, query: Json | None = None
    ) -> tuple[int, bytes]:
        stamp, nonce = str(int(self.clock().timestamp() - age)), secrets.token_hex(4)
        params = {"timestamp": stamp, "nonce": nonce, "signature": signature(token, stamp, nonce), "openid": USER}
        if self.mode != "plain":
            sealed = Envelope(APP_ID, AES_KEY).seal(body)
            params |= {"encrypt_type": "aes", "msg_signature": signature(token, stamp, nonce, sealed)}
            fields: Json = {"ToUserName": "gh_account", "Encrypt": sealed}
            if self.mode == "compatible":
                fields = read_xml(body) | fields
            body = write_xml(fields)
        async with self.session.post(f"{self.url}/channels/wechat", params=params | (query or {}), data=body) as answer:
            return answer.status, await answer.read()

    async def callback(self, **fields: str | int) -> str:
        """What the user reads in the reply; empty for ``success``."""
        head = {"ToUserName": "gh_account", "FromUserName": USER, "CreateTime": int(self.clock().timestamp())}
        status, body = await self.post(write_xml(head | fields))
        assert status == 200
        if body == b"success":
            return ""
        reply = read_xml(body)
        if self.mode != "plain":
            assert reply["MsgSignature"] == signature(TOKEN, reply["TimeStamp"], reply["Nonce"], reply["Encrypt"])
            reply = read_xml(Envelope(APP_ID, AES_KEY).open(reply["Encrypt"]))
        assert (reply["ToUserName"], reply["FromUserName"], reply["MsgType"]) == (USER, "gh_account", "text")
        return reply["Content"]

    async def says(self, words: str, number: int | None = None) -> str:
        return await self.callback(MsgType="text", Content=words, MsgId=number or secrets.randbits(60))


class Assistant(MemoryDialogue):
    """Repeats what it hears; takes its time when told to."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.delay = 0.0
        self.heard: list[str] = []
        self.buttons: tuple[Button, ...] = ()

    async def _answer(self, _sender: str, words: str) -> list[Reply]:
        self.heard.append(words)
        await asyncio.sleep(self.delay)
        return [Reply(f"听到：{words}", self.buttons)]


@pytest.fixture
def assistant() -> Assistant:
    return Assistant()


@pytest.fixture
async def new_phone(
    database_url: str,
    tmp_path: Path,
    clock: Clock,
    wechat: WeChatStandIn,
    intake: IntakeStandIn,
    session: ClientSession,
    assistant: Assistant,
    serve: Callable[[web.Application], Any],
) -> AsyncIterator[Callable[..., Awaitable[Phone]]]:
    """Starts a front process of its own for the account; all share the database and the assistant."""
    intake.channels = ["web", "wechat"]
    async with AsyncExitStack() as stack:

        async def start(mode: str = "plain", reply_seconds: float = 2.0, **more: Any) -> Phone:
            cases = database_url.replace("channels.db", "cases.db")
            settings = Settings(
                _env_file=None,
                var_dir=tmp_path,
                database_url=cases,
                intake_url=intake.url,
                channel_token=intake.token,
                wechat_app_id=APP_ID,
                wechat_app_secret=SECRET,
                wechat_token=TOKEN,
                wechat_mode=mode,
                wechat_aes_key="" if mode == "plain" else AES_KEY,
                wechat_api_base=wechat.url,
                wechat_reply_seconds=reply_seconds,
                **more,
            )
            app = create_app(settings, dialogue=lambda _session: assistant, clock=clock, pace=QUICK)
            url = await stack.enter_async_context(serve(app))
            return Phone(session, url, clock, mode)

        yield start


@pytest.fixture
async def phone(new_phone: Callable[..., Awaitable[Phone]]) -> Phone:
    return await new_phone()


# the address, and who may call it


async def test_the_address_is_confirmed_to_wechat_only(phone: Phone) -> None:
    params = {"timestamp": "1", "nonce": "n", "echostr": "4711", "signature": signature(TOKEN, "1", "n")}
    async with phone.session.get(f"{phone.url}/channels/wechat", params=params) as answer:
        assert (answer.status, await answer.text()) == (200, "4711")
    async with phone.session.get(f"{phone.url}/channels/wechat", params=params | {"nonce": "m"}) as answer:
        assert answer.status == 403


async def test_what_is_not_a_fresh_message_of_wechat_is_refused_and_counted(phone: Phone, assistant: Assistant) -> None:
    text = {"ToUserName": "a", "FromUserName": USER, "CreateTime": 1, "MsgType": "text", "Content": "x", "MsgId": 1}
    document = write_xml(text)
    dtd = b'<!DOCTYPE xml [<!ENTITY a "aaaa">]><xml><Content>&a;</Content></xml>'
    assert (await phone.post(document, token="another"))[0] == 403
    assert (await phone.post(document, age=301))[0] == 403
    assert (await phone.post(document, age=-301))[0] == 403
    assert (await phone.post(dtd))[0] == 400
    assert (await phone.post(b"<xml>" + b" " * 1024 * 1024 + b"</xml>"))[0] == 413
    assert (await phone.post(document, query={"encrypt_type": "aes", "msg_signature": "x"}))[0] == 403
    assert assistant.heard == []
    async with phone.session.get(f"{phone.url}/metrics") as answer:
        figures = await answer.text()
    for reason in ("signature", "stale", "malformed", "too_large", "encrypted"):
        assert f'yht_wechat_refused_total{{reason="{reason}"}}' in figures


async def test_an_account_in_safe_mode_takes_nothing_that_is_not_encrypted(new_phone) -> None:
    phone = await new_phone("safe")
    phone.mode = "plain"
    assert (await phone.post(b"<xml></xml>"))[0] == 403


# answers


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
async def test_an_answer_that_is_ready_is_the_reply(mode: str, new_phone, wechat: WeChatStandIn) -> None:
    phone = await new_phone(mode)
    assert await phone.says("路灯不亮") == "听到：路灯不亮"
    await asyncio.sleep(0.1)
    assert wechat.sent == []


async def test_an_answer_that_takes_longer_follows_as_a_message(
    new_phone, assistant: Assistant, wechat: WeChatStandIn, eventually
) -> None:
    hasty, patient = await new_phone(reply_seconds=0.1), await new_phone()
    assistant.delay = 0.4
    assert await hasty.says("路灯不亮") == ""
    await eventually(lambda: wechat.sent)
    assistant.delay = 0
    assert await patient.says("谢谢") == "听到：谢谢"
    assert wechat.sent == [(USER, "听到：路灯不亮")]


async def test_a_message_that_could_still_be_lost_is_not_acknowledged(
    new_phone, assistant: Assistant, wechat: WeChatStandIn, monkeypatch: pytest.MonkeyPatch, eventually
) -> None:
    kept, accept = asyncio.Event(), Store.accept

    async def slowly(store: Store, *given: Any) -> Accepted:
        await kept.wait()
        return await accept(store, *given)

    monkeypatch.setattr(Store, "accept", slowly)
    phone = await new_phone(reply_seconds=0.1)
    assistant.delay = 0.3
    said = asyncio.create_task(phone.says("路灯不亮"))
    await asyncio.sleep(0.4)
    assert not said.done()
    kept.set()
    assert await said == ""
    await eventually(lambda: wechat.sent)
    assert wechat.words == ["听到：路灯不亮"]


async def test_three_calls_with_one_message_are_one_message(
    new_phone, assistant: Assistant, wechat: WeChatStandIn
) -> None:
    first, second = await new_phone(), await new_phone()
    assistant.delay = 0.3
    answers = await asyncio.gather(*(phone.says("路灯不亮", 77) for phone in (first, second, first)))
    assert set(answers) == {"听到：路灯不亮"}
    assert await second.says("路灯不亮", 77) == "听到：路灯不亮"
    assert assistant.heard == ["路灯不亮"]
    assert wechat.sent == []


async def test_an_answer_that_followed_as_a_message_is_not_repeated_in_a_late_reply(
    new_phone, assistant: Assistant, wechat: WeChatStandIn, eventually
) -> None:
    phone = await new_phone(reply_seconds=0.1)
    assistant.delay = 0.3
    assert await phone.says("路灯不亮", 77) == ""
    await eventually(lambda: wechat.sent)
    assert await phone.says("路灯不亮", 77) == ""
    assert (assistant.heard, len(wechat.sent)) == (["路灯不亮"], 1)


async def test_who_writes_too_fast_is_answered_later_and_nothing_of_it_is_lost(
    phone: Phone, assistant: Assistant, wechat: WeChatStandIn, monkeypatch: pytest.MonkeyPatch, eventually
) -> None:
    monkeypatch.setattr(Limits, "reserve", _too_fast)
    assistant.delay = 0.1
    said = [await phone.says(f"第{number}句") for number in range(5)]
    assert said == [""] * 5
    await eventually(lambda: "第4句" in "".join(wechat.words), 10)
    assert assistant.heard == [f"第{number}句" for number in range(5)]


async def test_beyond_what_can_be_kept_the_user_hears_which_message_was_not_taken(
    phone: Phone, assistant: Assistant, wechat: WeChatStandIn, monkeypatch: pytest.MonkeyPatch, eventually
) -> None:
    monkeypatch.setattr(Limits, "reserve", _too_fast)
    monkeypatch.setattr("channels.wechat.attendant.LONGEST_LINE", 2)
    assistant.delay = 0.5
    assert [await phone.says("一", 1), await phone.says("二", 2)] == ["", ""]
    refusal = await phone.says("三号楼前的路灯不亮", 3)
    assert "“三号楼前的路灯不亮”这一条没有收下" in refusal
    assert await phone.says("二", 2) == ""  # was taken, and still is
    await eventually(lambda: "听到：二" in "".join(wechat.words), 10)
    assert assistant.heard == ["一", "二"]


async def _too_fast(_limits: Limits, _sender: str, *, longest_wait: float | None = None) -> float:
    raise Flood(1.0)


async def test_an_event_told_twice_happened_once(phone: Phone, assistant: Assistant) -> None:
    press = {"MsgType": "event", "Event": "CLICK", "EventKey": "OPERATOR", "CreateTime": int(phone.clock().timestamp())}
    assert await phone.callback(**press) == await phone.callback(**press) == "听到：转人工"
    assert assistant.heard == ["转人工"]


async def test_a_typed_number_presses_the_button(phone: Phone, assistant: Assistant) -> None:
    assistant.buttons = (Button("确认", "/affirm"), Button("改地点", '/edit{"what":"place"}'))
    assert await phone.says("路灯不亮") == "听到：路灯不亮\n\n回复数字选择：1 确认　2 改地点"
    assert (await phone.says("２")).startswith('听到：/edit{"what":"place"}')
    assert (await phone.says("3")).startswith("听到：3")
    assistant.buttons = ()


async def test_a_long_answer_comes_in_parts_that_wechat_takes(
    phone: Phone, assistant: Assistant, wechat: WeChatStandIn, eventually
) -> None:
    words = "路灯不亮。" * 300
    assert await phone.says(words) == ""
    await eventually(lambda: len("".join(wechat.words)) >= len(words) + 3)
    assert "".join(wechat.words) == f"听到：{words}"
    assert all(len(part.encode()) <= 2048 for part in wechat.words)


# what users send


async def test_a_position_is_put_into_our_datum(phone: Phone, assistant: Assistant) -> None:
    lat, lng = wgs84_to_gcj02(31.1128, 121.3817)
    await phone.callback(MsgType="location", Location_X=str(lat), Location_Y=str(lng), Label="莘庄", MsgId=1)
    assert assistant.heard == ['/share_location{"lat": 31.1128, "lng": 121.3817, "label": "莘庄"}']


async def test_a_photo_is_kept_by_the_intake(
    phone: Phone, assistant: Assistant, wechat: WeChatStandIn, intake: IntakeStandIn
) -> None:
    wechat.media["m1"] = PHOTO
    await phone.callback(MsgType="image", PicUrl="http://127.0.0.1/x", MediaId="m1", MsgId=1)
    assert list(intake.attachments.values()) == [PHOTO]
    assert assistant.heard == ['/share_attachment{"id": "a1", "media_type": "image/jpeg"}']


async def test_a_photo_that_cannot_be_had_is_said(new_phone, assistant: Assistant, wechat: WeChatStandIn) -> None:
    phone = await new_phone(upload_limit_mb=1)
    assert "已经取不到" in await phone.callback(MsgType="image", MediaId="gone", MsgId=1)
    wechat.media["huge"] = PHOTO + b" " * 1024 * 1024
    assert "最多 1 MB" in await phone.callback(MsgType="image", MediaId="huge", MsgId=2)
    wechat.media["text"] = b"no photo"
    assert "只能上传照片和语音" in await phone.callback(MsgType="image", MediaId="text", MsgId=3)
    assert assistant.heard == []


async def test_a_photo_waits_for_wechat_and_the_words_after_it_for_the_photo(
    new_phone, assistant: Assistant, wechat: WeChatStandIn, clock: Clock, eventually
) -> None:
    phone = await new_phone(reply_seconds=0.1)
    wechat.media["m1"] = PHOTO
    wechat.down = True
    assert await phone.callback(MsgType="image", MediaId="m1", MsgId=1) == ""
    assert await phone.says("就是这里") == ""
    await asyncio.sleep(2)
    wechat.down = False
    clock.forward(30)
    await eventually(lambda: len(assistant.heard) == 2)
    assert assistant.heard[0].startswith("/share_attachment")
    assert assistant.heard[1] == "就是这里"


async def test_what_wechat_understood_of_a_lost_recording_counts_and_a_link_is_its_text(
    phone: Phone, assistant: Assistant
) -> None:
    await phone.callback(MsgType="voice", MediaId="v", Format="amr", Recognition="井盖丢了。", MsgId=1)
    await phone.callback(MsgType="link", Title="报道", Description="", Url="https://example.org/1", MsgId=2)
    assert assistant.heard == ["井盖丢了。", "报道\nhttps://example.org/1"]


async def test_what_we_cannot_take_is_said_so_without_the_assistant(phone: Phone, assistant: Assistant) -> None:
    assert "视频" in await phone.callback(MsgType="video", MediaId="v", ThumbMediaId="t", MsgId=1)
    assert "欢迎" in await phone.callback(MsgType="event", Event="subscribe", EventKey="")
    assert "欢迎" in await phone.callback(MsgType="event", Event="SCAN", EventKey="1", Ticket="t")
    assert await phone.callback(MsgType="event", Event="VIEW", EventKey="https://example.org") == ""
    where = {"Latitude": "31.1", "Longitude": "121.4", "Precision": "60"}
    assert await phone.callback(MsgType="event", Event="LOCATION", **where) == ""
    assert await phone.callback(MsgType="event", Event="unsubscribe", EventKey="") == ""
    assert assistant.heard == []


# what is said without being asked


def say(intake: IntakeStandIn, number: str, case_no: str = "483920175") -> None:
    intake.say(number, USER, case_no)
    intake.outbox[-1]["channel"] = "wechat"


async def test_news_of_a_case_reach_the_user_once_and_in_order(
    new_phone, wechat: WeChatStandIn, intake: IntakeStandIn, eventually
) -> None:
    phone, _second = await new_phone(), await new_phone()
    await phone.says("你好")
    say(intake, "17", "483920175")
    await eventually(lambda: intake.delivered and len(wechat.sent) == 1, 10)
    say(intake, "18", "483920176")
    await eventually(lambda: len(wechat.sent) == 2, 10)
    await asyncio.sleep(1.2)
    assert ["483 920 175" in wechat.words[0], "483 920 176" in wechat.words[1]] == [True, True]
    assert len(wechat.sent) == 2


@pytest.mark.parametrize(("code", "event"), [(45015, None), (43004, "subscribe")])
async def test_what_wechat_does_not_let_through_is_said_when_the_user_turns_to_us(
    code: int, event: str | None, phone: Phone, wechat: WeChatStandIn, intake: IntakeStandIn, eventually
) -> None:
    await phone.says("你好")
    wechat.errors = [code]
    say(intake, "17")
    await eventually(lambda: not wechat.errors, 10)
    await asyncio.sleep(1.5)
    assert wechat.sent == []
    if event:
        await phone.callback(MsgType="event", Event=event, EventKey="")
        await eventually(lambda: wechat.sent)
        assert "483 920 175" in wechat.words[0]
    else:
        reply = await phone.says("在吗")
        assert "483 920 175" in reply
        assert reply.endswith("听到：在吗")
        assert wechat.sent == []


async def test_after_48_hours_of_silence_wechat_is_not_even_asked(
    phone: Phone, wechat: WeChatStandIn, intake: IntakeStandIn, clock: Clock, eventually
) -> None:
    await phone.says("你好")
    clock.forward(48 * 3600 + 1)
    say(intake, "17")
    await eventually(lambda: intake.delivered, 10)
    await asyncio.sleep(1.2)
    assert (wechat.tokens, wechat.sent) == ([], [])
    assert "483 920 175" in await phone.says("在吗")


async def test_a_message_that_wechat_is_too_busy_for_is_sent_again(
    new_phone, assistant: Assistant, wechat: WeChatStandIn, eventually
) -> None:
    phone = await new_phone(reply_seconds=0.1)
    assistant.delay = 0.3
    wechat.errors = [-1, 0]
    assert await phone.says("路灯不亮") == ""
    await eventually(lambda: wechat.sent)
    assert wechat.words == ["听到：路灯不亮"]


# the access token


async def test_two_processes_fetch_one_token_and_another_when_it_is_spoilt(
    database_url: str, session: ClientSession, wechat: WeChatStandIn, clock: Clock
) -> None:
    databases = [Database(database_url), Database(database_url)]
    clients = [
        WeChat(session, database, base=wechat.url, app_id=APP_ID, secret=SECRET, clock=clock) for database in databases
    ]
    try:
        await asyncio.gather(*(client.send_text(USER, "您好") for client in clients * 3))
        assert wechat.tokens == ["token-1"]
        wechat.tokens.append("somebody else's")
        await asyncio.gather(*(client.send_text(USER, "您好") for client in clients))
        assert wechat.tokens[2:] == ["token-3"]
        clock.forward(7200 - 60)
        await asyncio.gather(*(client.send_text(USER, "您好") for client in clients))
        assert len(wechat.tokens) == 4
        assert len(wechat.sent) == 10
    finally:
        for database in databases:
            await database.close()


async def test_the_menu_is_set_by_a_command(
    database_url: str, tmp_path: Path, wechat: WeChatStandIn, assistant: Assistant
) -> None:
    from yht.failure import CommandFailed
    from yht.wechat import set_menu

    settings = Settings(
        _env_file=None,
        var_dir=tmp_path,
        database_url=database_url.replace("channels.db", "cases.db"),
        wechat_app_id=APP_ID,
        wechat_app_secret=SECRET,
        wechat_token=TOKEN,
        wechat_api_base=wechat.url,
    )
    assert await set_menu(settings) == "菜单已设置：反映问题、我的诉求、转人工"
    assert [item["name"] for item in wechat.menus[0]["button"]] == ["反映问题", "我的诉求", "转人工"]
    wechat.down = True
    with pytest.raises(CommandFailed, match="没有应答"):
        await set_menu(settings)


async def test_without_an_account_there_is_no_such_channel(
    tmp_path: Path, intake: IntakeStandIn, session: ClientSession, assistant: Assistant, clock: Clock, serve
) -> None:
    settings = Settings(_env_file=None, var_dir=tmp_path, intake_url=intake.url, channel_token=intake.token)
    app = create_app(settings, dialogue=lambda _session: assistant, clock=clock, pace=QUICK)
    async with serve(app) as url, session.get(f"{url}/channels/wechat") as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, "channel_off")


async def test_a_person_who_is_erased_is_no_follower_any_more(
    phone: Phone, database_url: str, tmp_path: Path, assistant: Assistant
) -> None:
    await phone.says("你好")
    settings = Settings(_env_file=None, var_dir=tmp_path, database_url=database_url.replace("channels.db", "cases.db"))
    erased = await OtherDatabases(settings).erase([f"wechat:{USER}"])
    assert erased["conversations"] == 1
    database = Database(database_url)
    left = await database.read(lambda connection: connection.execute(sa.select(followers)).all())
    await database.close()
    assert left == []
    assert await phone.says("又来了") == "听到：又来了"
