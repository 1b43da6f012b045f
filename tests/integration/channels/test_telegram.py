"""The Telegram bot end to end: a Bot API on loopback, polled or calling back, one dialogue behind."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import ClientSession, web

from channels.app import create_app
from channels.gateway.database import Database
from channels.gateway.dialogue import MemoryDialogue
from channels.gateway.message import Button, Reply
from channels.status import STATUS
from channels.telegram import poller, pollers
from channels.telegram.poller import PollPace
from channels.telegram.tables import updates
from groundwork.logs import JsonFormatter, configure_logs
from groundwork.settings import Settings
from intake_api.storage.other_databases import OtherDatabases
from tests.integration.channels.conftest import QUICK, Clock, IntakeStandIn, Server

Json = dict[str, Any]

TOKEN = "7654321098:AAF-stand_in_token_of_thirty_five_c"
SECRET = "webhook-secret"
USER = 4711
PHOTO = b"\xff\xd8photo"
PRIVATE = {"id": USER, "type": "private", "first_name": "王"}


class BotApi(Server):
    """Speaks the part of the Bot API that the channel uses, for one bot; one poller at a time, as Telegram has it."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: list[Json] = []
        self.calls: list[tuple[str, Json]] = []
        self.errors: list[tuple[int, Json]] = []  # of the next messages sent
        self.files: dict[str, bytes] = {}
        self.webhook = ""
        self.polls = 0
        self.polls_now = 0
        self.most_polls_at_once = 0
        self.down = False
        self._number = 1000

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", f"/bot{TOKEN}/{{method}}", self._method)
        app.router.add_get(f"/file/bot{TOKEN}/{{path:.+}}", self._file)
        return app

    # what users do

    def put(self, **update: Any) -> Json:
        """A new update of the bot."""
        self._number += 1
        update["update_id"] = self._number
        self.queue.append(update)
        return update

    def message(self, **parts: Any) -> Json:
        self._number += 1
        body = {"message_id": self._number, "date": 1764000000, "chat": PRIVATE, "from": _user(USER)} | parts
        return self.put(message=body)

    def press(self, title: str) -> Json:
        """The user presses a button of the newest message that has it."""
        for number, (name, call) in reversed(list(enumerate(self.calls))):
            if name != "sendMessage" or "reply_markup" not in call:
                continue
            rows = json.loads(call["reply_markup"]).get("inline_keyboard") or []
            for key in (key for row in rows for key in row):
                if key["text"] == title:
                    shown = {"message_id": 50_000 + number, "date": 1764000000, "chat": PRIVATE}
                    return self.put(
                        callback_query={
                            "id": f"press-{self._number}",
                            "from": _user(USER),
                            "chat_instance": "1",
                            "message": shown,
                            "data": key["callback_data"],
                        }
                    )
        raise AssertionError(f"no button {title}")

    # what the bot did

    def called(self, name: str) -> list[Json]:
        return [call for method, call in self.calls if method == name]

    @property
    def words(self) -> list[str]:
        return [call["text"] for call in self.called("sendMessage")]

    # the interface

    async def _method(self, request: web.Request) -> web.Response:
        method, body = request.match_info["method"], dict(await request.post())
        if self.down:
            return web.Response(status=502)
        if method == "getUpdates":
            return await self._updates(body)
        if method == "sendMessage" and self.errors:
            code, more = self.errors.pop(0)
            if code:
                return web.json_response({"ok": False, "error_code": code} | more, status=code)
        self.calls.append((method, body))
        if method == "getFile":
            content = self.files.get(body["file_id"])
            if content is None:
                refusal = {"ok": False, "error_code": 400, "description": "Bad Request: invalid file_id"}
                return web.json_response(refusal, status=400)
            found = {"file_id": body["file_id"], "file_unique_id": "u", "file_path": f"photos/{body['file_id']}.jpg"}
            return _ok(found)
        if method == "deleteWebhook":
            self.webhook = ""
        if method == "setWebhook":
            self.webhook = body["url"]
        if method == "getMe":
            return _ok({"id": 1, "is_bot": True, "first_name": "b", "username": "city_bot"})
        if method in ("sendMessage", "sendVenue"):
            body.setdefault("text", "")
            return _ok({"message_id": 1, "date": 1764000000, "chat": PRIVATE, "text": body["text"]})
        return _ok(True)

    async def _updates(self, body: Json) -> web.Response:
        if self.webhook:
            conflict = {"ok": False, "error_code": 409, "description": "Conflict: can't use getUpdates: webhook active"}
            return web.json_response(conflict, status=409)
        self.polls += 1
        self.polls_now += 1
        self.most_polls_at_once = max(self.most_polls_at_once, self.polls_now)
        assert json.loads(body["allowed_updates"]) == ["message", "edited_message", "callback_query", "my_chat_member"]
        offset = int(body.get("offset", 0))
        self.queue = [update for update in self.queue if update["update_id"] >= offset]
        try:
            for _ in range(int(body["timeout"]) * 20):
                if self.queue:
                    break
                await asyncio.sleep(0.05)
        finally:
            self.polls_now -= 1
        return _ok(self.queue[: int(body["limit"])])

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["path"].removeprefix("photos/").removesuffix(".jpg")
        return web.Response(body=self.files[name])


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _user(number: int) -> Json:
    return {"id": number, "is_bot": False, "first_name": "王"}


class Assistant(MemoryDialogue):
    """Repeats what it hears; takes its time when told to."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.delay = 0.0
        self.heard: list[str] = []
        self.buttons: tuple[Button, ...] = ()
        self.card: Json | None = None

    async def _answer(self, _sender: str, words: str) -> list[Reply]:
        self.heard.append(words)
        await asyncio.sleep(self.delay)
        return [Reply(f"听到：{words}", self.buttons), *([Reply("", custom=self.card)] if self.card else [])]


@pytest.fixture
def assistant() -> Assistant:
    return Assistant()


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    server = BotApi()
    await server.start()
    yield server
    await server.stop()


class Process:
    """A front process that can be killed."""

    def __init__(self, url: str, stack: AsyncExitStack, app: web.Application) -> None:
        self.url = url
        self.stack = stack
        self.app = app


@pytest.fixture
async def start(
    database_url: str,
    tmp_path: Path,
    clock: Clock,
    telegram: BotApi,
    intake: IntakeStandIn,
    assistant: Assistant,
    serve: Callable[[web.Application], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Callable[..., Awaitable[Process]]]:
    """Starts a front process of its own for the bot; all share the database and the assistant."""
    intake.channels = ["web", "telegram"]
    monkeypatch.setattr(poller, "PollPace", lambda: QUICK_POLLS)
    processes: list[Process] = []

    async def begin(mode: str = "polling", **more: Any) -> Process:
        settings = Settings(
            _env_file=None,
            var_dir=tmp_path,
            database_url=database_url.replace("channels.db", "cases.db"),
            intake_url=intake.url,
            channel_token=intake.token,
            telegram_token=TOKEN,
            telegram_mode=mode,
            telegram_secret=SECRET if mode == "webhook" else "",
            telegram_api_base=telegram.url,
            **more,
        )
        app = create_app(settings, dialogue=lambda _session: assistant, clock=clock, pace=QUICK)
        stack = AsyncExitStack()
        url = await stack.enter_async_context(serve(app))
        processes.append(Process(url, stack, app))
        return processes[-1]

    yield begin
    for process in processes:
        await process.stack.aclose()


QUICK_POLLS = PollPace(poll=1, stand_by=0.1, first_pause=0.1, longest_pause=0.5)


# talking


async def test_words_are_answered_in_order(start, telegram: BotApi, assistant: Assistant, eventually) -> None:
    await start()
    for words in ("路灯不亮", "在江川路", "谢谢"):
        telegram.message(text=words)
    await eventually(lambda: len(telegram.words) == 3, 15)
    assert telegram.words == ["听到：路灯不亮", "听到：在江川路", "听到：谢谢"]
    assert [call["chat_id"] for call in telegram.called("sendMessage")] == [str(USER)] * 3


async def test_who_comes_for_the_first_time_is_welcomed_with_keys(
    start, telegram: BotApi, assistant: Assistant, eventually
) -> None:
    await start()
    telegram.message(text="/start")
    telegram.message(text="/help")
    telegram.message(text="转人工")
    telegram.message(text="我的诉求")
    await eventually(lambda: len(telegram.words) == 4, 15)
    assert "欢迎" in telegram.words[0]
    assert "不报了" in telegram.words[1]
    keys = json.loads(telegram.called("sendMessage")[0]["reply_markup"])["keyboard"]
    assert [[key["text"] for key in row] for row in keys] == [["反映问题", "我的诉求"], ["发送我的位置", "转人工"]]
    assert keys[1][0]["request_location"] is True
    assert assistant.heard == ["转人工", "查询进度"]


async def test_a_button_is_pressed_once_however_often_it_is_pressed(
    start, telegram: BotApi, assistant: Assistant, eventually
) -> None:
    await start()
    assistant.buttons = (Button("确认", "/affirm"), Button("改地点", '/edit{"what":"place"}'))
    telegram.message(text="路灯不亮")
    await eventually(lambda: telegram.words, 15)
    assistant.buttons = ()
    telegram.press("改地点")
    telegram.press("改地点")
    await eventually(lambda: len(telegram.called("answerCallbackQuery")) == 2, 15)
    await eventually(lambda: len(telegram.words) == 2)
    assert assistant.heard == ["路灯不亮", '/edit{"what":"place"}']
    (mark, *_) = telegram.called("editMessageReplyMarkup")
    assert json.loads(mark["reply_markup"])["inline_keyboard"][0][0]["text"] == "✓ 改地点"


async def test_a_button_of_before_others_were_offered_is_said_to_be_so_and_does_nothing(
    start, telegram: BotApi, assistant: Assistant, eventually
) -> None:
    await start()
    assistant.buttons = (Button("确认", "/affirm"),)
    telegram.message(text="路灯不亮")
    await eventually(lambda: telegram.words, 15)
    press = telegram.press("确认")
    telegram.queue.remove(press)
    for number in range(3):
        telegram.message(text=f"别的事{number}")
    await eventually(lambda: len(telegram.words) == 4, 15)
    telegram.queue.append(press | {"update_id": 5000})
    telegram.queue.append({**press, "update_id": 5001, "callback_query": press["callback_query"] | {"data": "9.9"}})
    await eventually(lambda: len(telegram.words) == 6, 15)
    assert "过期" in telegram.words[4]
    assert "过期" in telegram.words[5]
    assert assistant.heard == ["路灯不亮", "别的事0", "别的事1", "别的事2"]


async def test_what_is_changed_afterwards_is_heard_as_a_correction(
    start, telegram: BotApi, assistant: Assistant, eventually
) -> None:
    await start()
    first = telegram.message(text="江川路路灯不亮")["message"]
    await eventually(lambda: telegram.words, 15)
    telegram.put(edited_message=first | {"edit_date": 1764000001})  # a preview was added: the words are the same
    telegram.put(edited_message=first | {"text": "江川东路路灯不亮", "edit_date": 1764000002})
    await eventually(lambda: len(telegram.words) == 2, 15)
    assert assistant.heard == ["江川路路灯不亮", "更正，江川东路路灯不亮"]


# what users send


async def test_places_and_contacts_are_answers(start, telegram: BotApi, assistant: Assistant, eventually) -> None:
    await start()
    pin = {"latitude": 31.1128, "longitude": 121.3817}
    telegram.message(location=pin)
    telegram.message(venue={"location": pin, "title": "莘庄站", "address": "莘建东路"}, location=pin)
    telegram.message(contact={"phone_number": "+86 13800000000", "first_name": "王", "user_id": USER})
    telegram.message(contact={"phone_number": "02164000000", "first_name": "物业"})
    await eventually(lambda: len(assistant.heard) == 4, 15)
    assert assistant.heard == [
        '/share_location{"lat": 31.1128, "lng": 121.3817, "label": ""}',
        '/share_location{"lat": 31.1128, "lng": 121.3817, "label": "莘庄站 莘建东路"}',
        "我的电话是13800000000",
        "联系人：物业 02164000000",
    ]


async def test_a_photo_in_its_best_size_and_a_recording_are_kept(
    start, telegram: BotApi, assistant: Assistant, intake: IntakeStandIn, eventually
) -> None:
    await start(upload_limit_mb=1)
    telegram.files = {"small": PHOTO, "big": PHOTO + b"big", "voice": PHOTO + b"voice"}
    telegram.message(photo=[_size("small", 90), _size("big", 1280), _size("vast", 5000, 2_000_000)])
    telegram.message(voice={"file_id": "voice", "file_unique_id": "v", "duration": 3, "mime_type": "audio/ogg"})
    await eventually(lambda: len(assistant.heard) == 2, 15)
    assert list(intake.attachments.values()) == [PHOTO + b"big", PHOTO + b"voice"]
    assert assistant.heard[0] == '/share_attachment{"id": "a1", "media_type": "image/jpeg"}'


async def test_the_place_that_is_read_back_is_shown_on_a_map(
    start, telegram: BotApi, assistant: Assistant, eventually
) -> None:
    await start()
    place = {"text": "江川路", "lat": 31.1, "lng": 121.4, "precision": "road"}
    assistant.card = {"kind": "summary", "place": place}
    telegram.message(text="江川路路灯不亮")
    await eventually(lambda: telegram.called("sendVenue"), 15)
    (shown,) = telegram.called("sendVenue")
    assert (shown["title"], shown["latitude"], shown["longitude"]) == ("江川路", "31.1", "121.4")
    assert telegram.words == ["听到：江川路路灯不亮"]


async def test_a_recording_sent_as_a_file_is_kept_with_the_words_below_it(
    start, telegram: BotApi, assistant: Assistant, intake: IntakeStandIn, eventually
) -> None:
    await start()
    telegram.files = {"tape": PHOTO + b"tape"}
    tape = {"file_id": "tape", "file_unique_id": "t", "mime_type": "audio/mpeg", "file_name": "noise.mp3"}
    telegram.message(document=tape, caption="半夜施工")
    await eventually(lambda: assistant.heard, 15)
    assert list(intake.attachments.values()) == [PHOTO + b"tape"]
    assert assistant.heard == ["半夜施工"]
    assert [each["id"] for each in assistant.asked[0][2]["attachments"]] == ["a1"]


async def test_an_album_with_its_words_is_one_message(
    start, telegram: BotApi, assistant: Assistant, intake: IntakeStandIn, eventually
) -> None:
    await start()
    telegram.files = {name: PHOTO + name.encode() for name in ("a", "b", "c")}
    telegram.message(photo=[_size("a", 1280)], media_group_id="g1", caption="江川路井盖没了")
    telegram.message(photo=[_size("b", 1280)], media_group_id="g1")
    telegram.message(photo=[_size("gone", 1280)], media_group_id="g1")
    telegram.message(text="快来修")
    await asyncio.sleep(0.5)
    telegram.message(photo=[_size("c", 1280)], media_group_id="g1")
    await eventually(lambda: len(telegram.words) == 3, 15)
    assert assistant.heard == ["江川路井盖没了", "快来修"]
    told = assistant.asked[0][2]["attachments"]
    assert [each["id"] for each in told] == ["a1", "a2", "a3"]
    assert telegram.words[0].startswith("有照片没能取到")
    assert telegram.words[1:] == ["听到：江川路井盖没了", "听到：快来修"]


async def test_what_we_cannot_take_is_said_kindly_and_its_words_are_heard(
    start, telegram: BotApi, assistant: Assistant, eventually
) -> None:
    await start()
    video = {"file_id": "v", "file_unique_id": "v", "width": 1, "height": 1, "duration": 1}
    paper = {"file_id": "d", "file_unique_id": "d", "mime_type": "application/pdf"}
    sticker = {"file_id": "s", "file_unique_id": "s", "width": 1, "height": 1, "is_animated": False, "is_video": False}
    telegram.message(video=video, caption="江川路积水")
    telegram.message(document=paper)
    telegram.message(sticker=sticker | {"type": "regular"})
    telegram.message(photo=[_size("gone", 90)])
    telegram.put(message={"message_id": "unreadable", "chat": PRIVATE})
    telegram.message(text="在吗")
    await eventually(lambda: len(telegram.words) == 6, 20)
    assert assistant.heard == ["江川路积水", "在吗"]
    for words in ("视频", "文件", "看不了", "取不到"):
        assert any(words in said for said in telegram.words)


async def test_groups_are_left_alone(start, telegram: BotApi, assistant: Assistant, eventually) -> None:
    await start()
    telegram.message(chat={"id": -100, "type": "supergroup", "title": "邻居"}, text="路灯不亮")
    telegram.message(text="在吗")
    await eventually(lambda: telegram.words, 15)
    assert assistant.heard == ["在吗"]


def _size(name: str, width: int, size: int = 1000) -> Json:
    return {"file_id": name, "file_unique_id": name, "width": width, "height": width, "file_size": size}


# several processes


async def test_one_of_two_processes_polls_and_the_other_takes_over_when_it_is_killed(
    start, telegram: BotApi, assistant: Assistant, clock: Clock, database_url: str, eventually
) -> None:
    first, _second = await start(), await start()
    telegram.message(text="一")
    await eventually(lambda: len(telegram.words) == 1, 15)
    (channel,) = (each for each in (await first.app[STATUS].report())["channels"] if each["channel"] == "telegram")
    assert channel["poller"]["holder"]
    # killed: its lease is not given back
    database = Database(database_url)
    dead = sa.update(pollers.pollers).values(owner="the dead", expires_at=clock() + pollers.LEASE)
    await database.write(lambda connection: connection.execute(dead))
    await asyncio.sleep(1.5)
    polls = telegram.polls
    telegram.message(text="二")
    await asyncio.sleep(0.5)
    assert (telegram.polls, assistant.heard) == (polls, ["一"])
    clock.forward(pollers.LEASE.total_seconds())
    assert pollers.LEASE.total_seconds() + PollPace().stand_by < 60
    await eventually(lambda: len(telegram.words) == 2, 15)
    assert telegram.most_polls_at_once == 1
    await database.close()


async def test_a_process_that_ends_in_order_gives_the_lease_back(
    start, telegram: BotApi, assistant: Assistant, eventually
) -> None:
    first = await start()
    telegram.message(text="一")
    await eventually(lambda: len(telegram.words) == 1, 15)
    await start()
    await first.stack.aclose()
    telegram.message(text="二")
    await eventually(lambda: len(telegram.words) == 2, 15)
    assert assistant.heard == ["一", "二"]


async def test_an_update_that_comes_again_and_to_two_processes_is_handled_once(
    start, session: ClientSession, telegram: BotApi, assistant: Assistant, eventually
) -> None:
    processes = [await start("webhook"), await start("webhook")]
    assistant.delay = 0.2
    update = telegram.message(text="路灯不亮")
    hello = telegram.message(text="/start")
    calls = [_call(session, process.url, each) for process in processes * 3 for each in (update, hello)]
    assert set(await asyncio.gather(*calls)) == {200}
    await eventually(lambda: len(telegram.words) == 2, 15)
    await asyncio.sleep(1.2)
    assert "听到：路灯不亮" in telegram.words
    assert (assistant.heard, len(telegram.words)) == (["路灯不亮"], 2)


async def _call(session: ClientSession, url: str, update: object, secret: str | None = SECRET) -> int:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret is not None else {}
    data = update if isinstance(update, bytes) else json.dumps(update).encode()
    async with session.post(f"{url}/channels/telegram", data=data, headers=headers) as answer:
        return answer.status


async def test_only_telegram_may_call_the_webhook(
    start, session: ClientSession, telegram: BotApi, assistant: Assistant
) -> None:
    process = await start("webhook")
    update = telegram.message(text="x")
    for secret in (None, "", "wrong", SECRET + "x", "密钥"):
        assert await _call(session, process.url, update, secret and secret.encode().decode("latin-1")) == 403
    assert await _call(session, process.url, b"[1]") == 400
    assert await _call(session, process.url, b"{") == 400
    assert await _call(session, process.url, {"update_id": "1"}) == 400
    assert await _call(session, process.url, b" " * (1024 * 1024 + 1)) == 413
    assert assistant.heard == []
    async with session.get(f"{process.url}/metrics") as answer:
        figures = await answer.text()
    for reason in ("secret", "malformed", "too_large"):
        assert f'yht_telegram_refused_total{{reason="{reason}"}}' in figures


async def test_without_a_bot_there_is_no_such_channel_and_a_polling_one_takes_no_calls(
    start, session: ClientSession, telegram: BotApi, tmp_path: Path, intake: IntakeStandIn, assistant, clock, serve
) -> None:
    polling = await start()
    assert await _call(session, polling.url, {"update_id": 1}) == 404
    settings = Settings(_env_file=None, var_dir=tmp_path / "none", intake_url=intake.url, channel_token="")
    async with serve(create_app(settings, dialogue=lambda _session: assistant, clock=clock, pace=QUICK)) as url:
        assert await _call(session, url, {"update_id": 1}) == 404


async def test_a_webhook_that_is_still_set_is_removed_by_who_polls(start, telegram: BotApi, eventually) -> None:
    telegram.webhook = "https://example.org/old"
    await start()
    telegram.message(text="在吗")
    await eventually(lambda: telegram.words, 15)
    assert telegram.webhook == ""


# what goes wrong


async def test_words_wait_for_as_long_as_telegram_says_and_keep_their_order(
    start, telegram: BotApi, clock: Clock, eventually
) -> None:
    await start()
    too_many = {"description": "Too Many Requests: retry after 30", "parameters": {"retry_after": 30}}
    telegram.errors = [(429, too_many)]
    telegram.message(text="一")
    await eventually(lambda: not telegram.errors, 15)
    telegram.message(text="二")
    await asyncio.sleep(2)
    assert telegram.words == []
    clock.forward(31)
    await eventually(lambda: len(telegram.words) == 2, 15)
    assert telegram.words == ["听到：一", "听到：二"]


async def test_words_follow_when_telegram_is_back(
    start, telegram: BotApi, clock: Clock, assistant: Assistant, eventually
) -> None:
    await start()
    telegram.errors = [(500, {"description": "Internal Server Error"})] * 2
    telegram.message(text="一")
    await eventually(lambda: len(telegram.errors) == 1, 15)
    clock.forward(10)
    await eventually(lambda: not telegram.errors, 15)
    clock.forward(10)
    await eventually(lambda: telegram.words == ["听到：一"], 15)


async def test_a_message_that_telegram_refuses_does_not_hold_up_those_after_it(
    start, telegram: BotApi, clock: Clock, eventually
) -> None:
    await start()
    telegram.errors = [(400, {"description": "Bad Request: message is too long"})] * 5
    telegram.message(text="一")
    telegram.message(text="二")
    for left in range(4, -1, -1):
        await eventually(lambda left=left: len(telegram.errors) <= left, 15)
        clock.forward(400)
    await eventually(lambda: telegram.words == ["听到：二"], 15)


async def test_who_has_blocked_the_bot_is_told_when_they_turn_to_it_again(
    start, telegram: BotApi, intake: IntakeStandIn, clock: Clock, eventually
) -> None:
    await start()
    telegram.message(text="你好")
    await eventually(lambda: telegram.words, 15)
    telegram.errors = [(403, {"description": "Forbidden: bot was blocked by the user"})]
    _say(intake, "17")
    await eventually(lambda: not telegram.errors, 15)
    clock.forward(100_000)
    await asyncio.sleep(1.5)
    assert len(telegram.words) == 1
    telegram.message(text="在吗")
    await eventually(lambda: len(telegram.words) == 3, 15)
    assert "483 920 175" in telegram.words[1]
    assert telegram.words[2] == "听到：在吗"


def _say(intake: IntakeStandIn, number: str, case_no: str = "483920175") -> None:
    intake.say(number, str(USER), case_no)
    intake.outbox[-1]["channel"] = "telegram"


async def test_news_of_a_case_reach_the_user_once_and_in_order_with_two_processes(
    start, telegram: BotApi, intake: IntakeStandIn, eventually
) -> None:
    await start()
    await start()
    telegram.message(text="你好")
    await eventually(lambda: telegram.words, 15)
    _say(intake, "17", "483920175")
    await eventually(lambda: len(telegram.words) == 2, 15)
    _say(intake, "18", "483920176")
    await eventually(lambda: len(telegram.words) == 3, 15)
    await asyncio.sleep(1.5)
    assert ["483 920 175" in telegram.words[1], "483 920 176" in telegram.words[2]] == [True, True]
    assert len(telegram.words) == 3


async def test_fifty_messages_in_a_second_are_slowed_and_none_is_lost(
    start, telegram: BotApi, assistant: Assistant, clock: Clock, eventually
) -> None:
    await start()
    for number in range(50):
        telegram.message(text=f"第{number}句")

    async def all_heard() -> bool:
        clock.forward(0.2)
        return len(telegram.words) == 50

    await eventually(all_heard, 60)
    assert assistant.heard == [f"第{number}句" for number in range(50)]
    assert telegram.words == [f"听到：第{number}句" for number in range(50)]


async def test_the_token_is_in_no_line_of_the_log(
    start, telegram: BotApi, capsys: pytest.CaptureFixture[str], eventually
) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    configure_logs("DEBUG")
    try:
        telegram.files = {"a": PHOTO}
        await start()
        telegram.message(text="路灯不亮，我叫王小明")
        telegram.message(photo=[_size("a", 90)])
        telegram.errors = [(400, {"description": "Bad Request"}), (403, {"description": "Forbidden"})]
        await eventually(lambda: len(telegram.errors) < 2, 15)
        telegram.down = True
        await asyncio.sleep(1.5)
    finally:
        root.handlers[:], level = before
        root.setLevel(level)
    written = capsys.readouterr().err
    assert "updates cannot be fetched" in written
    assert TOKEN.partition(":")[2] not in written
    assert "王小明" not in written
    record = logging.LogRecord("x", logging.INFO, "", 0, f"https://api/bot{TOKEN}/getMe", None, None)
    assert TOKEN not in JsonFormatter().format(record)


async def test_a_person_who_is_erased_leaves_nothing_in_the_channel(
    start, telegram: BotApi, database_url: str, tmp_path: Path, eventually
) -> None:
    process = await start()
    telegram.message(text="你好")
    await eventually(lambda: telegram.words, 15)
    await process.stack.aclose()
    settings = Settings(_env_file=None, var_dir=tmp_path, database_url=database_url.replace("channels.db", "cases.db"))
    erased = await OtherDatabases(settings).erase([f"telegram:{USER}"])
    assert erased["conversations"] == 1
    database = Database(database_url)
    left = await database.read(lambda connection: connection.execute(sa.select(updates)).all())
    await database.close()
    assert left == []


async def test_the_bot_is_connected_by_a_command(database_url: str, tmp_path: Path, telegram: BotApi) -> None:
    from groundwork.settings import BadSettings
    from yht.telegram import connect

    common: Json = {"_env_file": None, "var_dir": tmp_path, "telegram_token": TOKEN, "telegram_api_base": telegram.url}
    webhook = common | {"telegram_mode": "webhook", "telegram_secret": SECRET}
    with pytest.raises(BadSettings, match="YHT_PUBLIC_URL"):
        await connect(Settings(**webhook))
    assert "@city_bot" in await connect(Settings(**webhook, public_url="https://12345.example.org"))
    assert telegram.webhook == "https://12345.example.org/channels/telegram"
    assert telegram.called("setWebhook")[0]["secret_token"] == SECRET
    assert "@city_bot" in await connect(Settings(**common))
    assert telegram.webhook == ""
