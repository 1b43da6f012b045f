"""The web channel over HTTP, as the resident's page uses it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession, FormData, WSMsgType, web

from channels.app import create_app
from channels.gateway.gateway import Pace
from groundwork.settings import Settings

BASE = "/channels/web/conversations"
PHOTO = b"\xff\xd8" + b"x" * 5000


def settings(tmp_path, rasa, intake, **more: Any) -> Settings:
    return Settings(
        _env_file=None,
        var_dir=tmp_path / "var",
        database_url=f"sqlite+aiosqlite:///{tmp_path / 'cases.db'}",
        rasa_urls=rasa.url,
        intake_url=intake.url,
        channel_token=intake.token,
        upload_limit_mb=1,
        **more,
    )


class Page:
    """A resident's page: one conversation, with its token."""

    def __init__(self, session: ClientSession, url: str, conversation: str, token: str):
        self.session, self.url, self.token = session, url, token
        self.address = f"{url}{BASE}/{conversation}"
        self.conversation = conversation
        self.headers = {"Authorization": f"Bearer {token}"}
        self.count = 0

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        options.setdefault("headers", self.headers)
        async with self.session.request(method, self.address + path, **options) as response:
            return response.status, await response.json(content_type=None)

    async def say(self, **body: Any) -> tuple[int, Any]:
        self.count += 1
        return await self.call("POST", "/messages", json={"client_msg_id": f"m{self.count}"} | body)

    async def upload(self, content: bytes) -> tuple[int, Any]:
        form = FormData()
        form.add_field("note", "x")
        form.add_field("file", content, filename="photo.jpg", content_type="image/jpeg")
        return await self.call("POST", "/attachments", data=form)


@pytest.fixture
def app(tmp_path, rasa, intake) -> web.Application:
    return create_app(settings(tmp_path, rasa, intake), pace=Pace(patience=1.0, retry=0.05, recover=0.2, postpone=0.2))


@pytest.fixture
async def front(app, serve):
    async with serve(app) as url:
        yield url


async def begin(session: ClientSession, url: str, **options: Any) -> Page:
    async with session.post(url + BASE, **options) as response:
        assert response.status == 201
        body = await response.json()
    return Page(session, url, body["conversation_id"], body["token"])


@pytest.fixture
async def page(front, session) -> Page:
    return await begin(session, front)


@pytest.mark.parametrize(
    "options", [{}, {"json": {}}, {"json": {"consent": True}}, {"json": {"consent": True, "x": 1}}]
)
async def test_a_conversation_begins(front, session, options) -> None:
    page = await begin(session, front, **options)
    assert len(page.token) >= 40
    assert (await page.call("GET", "/messages"))[1] == {"messages": [], "next": 0}


async def test_words_are_answered_with_buttons_and_the_case_that_was_filed(page, rasa) -> None:
    card = {"kind": "case", "case_no": "483920175", "status": "filed"}
    rasa.replies = lambda words: [
        {"text": "已立案", "custom": card},
        {"text": "还有吗？", "buttons": [{"title": "没了", "payload": "/deny"}]},
    ]
    status, answer = await page.say(text="路灯不亮")
    assert status == 200
    assert answer["case_nos"] == ["483920175"]
    assert [reply["text"] for reply in answer["replies"]] == ["已立案", "还有吗？"]
    assert answer["replies"][0]["custom"] == card
    assert answer["replies"][1]["buttons"] == [{"title": "没了", "payload": f"{answer['seq']}.0"}]
    assert "buttons" not in answer["replies"][0]
    assert answer["seq"] == answer["replies"][1]["seq"]


async def test_the_same_message_again_answers_the_same_and_is_heard_once(page, rasa) -> None:
    first = await page.call("POST", "/messages", json={"client_msg_id": "1", "text": "路灯不亮"})
    assert await page.call("POST", "/messages", json={"client_msg_id": "1", "text": "路灯不亮"}) == first
    assert len(rasa.heard) == 1


async def test_a_pin_a_photo_and_a_button_are_heard(page, rasa, intake) -> None:
    rasa.replies = lambda words: [{"text": "好", "buttons": [{"title": "对", "payload": "/affirm"}]}]
    await page.say(location={"lat": 31.1, "lng": 121.4, "label": "莘庄"})
    status, stored = await page.upload(PHOTO)
    assert (status, stored["media_type"]) == (201, "image/jpeg")
    await page.say(attachment_id=stored["attachment_id"])
    _, shown = await page.say(text="好的")
    await page.say(payload=shown["replies"][0]["buttons"][0]["payload"])
    assert [words for _, words in rasa.heard] == [
        '/share_location{"lat": 31.1, "lng": 121.4, "label": "莘庄"}',
        '/share_attachment{"id": "a1", "media_type": "image/jpeg"}',
        "好的",
        "/affirm",
    ]
    _, history = await page.call("GET", "/messages")
    spoken = [message for message in history["messages"] if message["direction"] == "in"]
    assert spoken[0]["location"]["label"] == "莘庄"
    assert spoken[1]["attachment"] == {"attachment_id": "a1", "media_type": "image/jpeg"}
    assert [message["text"] for message in spoken[2:]] == ["好的", "对"]


async def test_the_resident_sees_his_own_photo_again_and_nobody_elses(front, session, page) -> None:
    _, stored = await page.upload(PHOTO)
    async with session.get(f"{page.address}/attachments/{stored['attachment_id']}", headers=page.headers) as response:
        assert (response.status, response.content_type) == (200, "image/jpeg")
        assert await response.read() == PHOTO
    stranger = await begin(session, front)
    status, _ = await stranger.call("GET", f"/attachments/{stored['attachment_id']}")
    assert status == 404
    status, problem = await stranger.say(attachment_id=stored["attachment_id"])
    assert (status, problem["errors"][0]["pointer"]) == (422, "/attachment_id")


async def test_uploads_that_cannot_be_taken_are_told_why(page, intake) -> None:
    assert (await page.upload(b""))[0] == 422
    assert (await page.call("POST", "/attachments", data=b"x"))[0] == 422
    status, problem = await page.upload(b"\xff\xd8" + b"x" * 1024 * 1024)
    assert (status, problem["code"]) == (413, "too_large")
    status, problem = await page.upload(b"MZ...")
    assert (status, problem["detail"]) == (415, "只能上传照片和语音。")
    await intake.stop()
    status, problem = await page.upload(PHOTO)
    assert (status, problem["code"]) == (503, "intake_down")
    assert "稍后再试" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"text": "  "}, "/text"),
        ({"text": "x" * 5001}, "/text"),
        ({}, ""),
        ({"text": "x", "payload": "/y"}, ""),
        ({"location": {"lat": 100, "lng": 0}}, "/location/lat"),
        ({"text": "x", "client_msg_id": ""}, "/client_msg_id"),
    ],
)
async def test_a_bad_message_is_told_what_is_wrong(page, rasa, body, pointer) -> None:
    status, problem = await page.say(**body)
    assert (status, problem["code"]) == (422, "invalid")
    assert problem["errors"][0]["pointer"] == pointer
    assert rasa.heard == []


async def test_what_is_no_json_is_told_so(page) -> None:
    status, problem = await page.call("POST", "/messages", data=b"{")
    assert (status, problem["code"]) == (400, "bad_json")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/messages"),
        ("GET", "/messages"),
        ("POST", "/attachments"),
        ("GET", "/attachments/a1"),
        ("PUT", "/consent"),
        ("GET", "/cases"),
    ],
)
@pytest.mark.parametrize("authorization", [None, "Bearer ", "Bearer wrong", "Basic {token}"])
async def test_without_the_token_nothing_is_told(page, method, path, authorization) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.format(token=page.token)}
    status, problem = await page.call(method, path, headers=headers)
    assert (status, problem["code"]) == (401, "unauthorized")


async def test_anothers_token_and_an_unknown_conversation_are_the_same(front, session, page) -> None:
    stranger = await begin(session, front)
    assert (await page.call("GET", "/messages", headers=stranger.headers))[0] == 401
    async with session.get(f"{front}{BASE}/unknown/messages", headers=stranger.headers) as response:
        assert response.status == 401


async def test_consent_can_be_given_later(page) -> None:
    status, problem = await page.call("PUT", "/consent", json={"consent": False})
    assert (status, problem["errors"][0]["pointer"]) == (422, "/consent")
    status, body = await page.call("PUT", "/consent", json={"consent": True})
    assert status == 200 and body["consented_at"]


async def test_after_a_reconnect_history_goes_on_where_it_stopped(page) -> None:
    await page.say(text="一")
    _, first = await page.call("GET", "/messages")
    await page.say(text="二")
    _, rest = await page.call("GET", f"/messages?after={first['next']}")
    assert [message["text"] for message in rest["messages"]] == ["二", "听到：二"]
    assert rest["messages"][0]["client_msg_id"] == "m2"
    assert rest["next"] == rest["messages"][-1]["seq"]
    assert (await page.call("GET", "/messages?after=x"))[0] == 422


async def test_nothing_is_lost_when_the_front_process_starts_anew(tmp_path, rasa, intake, serve, session) -> None:
    async with serve(create_app(settings(tmp_path, rasa, intake))) as url:
        page = await begin(session, url)
        _, before = await page.say(text="路灯不亮")
    async with serve(create_app(settings(tmp_path, rasa, intake))) as url:
        page = Page(session, url, page.conversation, page.token)
        assert (await page.say(text="路灯不亮"))[1] == before
        assert len((await page.call("GET", "/messages"))[1]["messages"]) == 2


async def test_the_cases_of_the_conversation_are_listed_as_they_stand(page, intake) -> None:
    mine = {
        "case_no": "483920175",
        "status": "accepted",
        "category": {"name": "路灯"},
        "department": {"name": "路灯所"},
    }
    intake.cases = [mine | {"user": page.conversation}, mine | {"user": "other", "case_no": "1"}]
    status, body = await page.call("GET", "/cases")
    assert status == 200
    (item,) = body["items"]
    assert (item["case_no"], item["status_label"], item["category"], item["department"]) == (
        "483920175",
        "处置中",
        "路灯",
        "路灯所",
    )
    await intake.stop()
    status, problem = await page.call("GET", "/cases")
    assert (status, problem["code"]) == (503, "intake_down")


@pytest.mark.parametrize(
    ("said", "category", "department"),
    [
        ("The street light is out", "Street light", "路灯所 (street lighting service)"),
        ("路燈壞了，請派人來", "路燈", "路燈所"),
    ],
)
async def test_the_cases_are_listed_in_the_language_of_the_conversation(
    page, intake, said: str, category: str, department: str
) -> None:
    await page.say(text=said)
    case = {
        "case_no": "483920175",
        "status": "accepted",
        "category": {"code": "0115", "name": "路灯"},
        "department": {"name": "路灯所"},
        "description": "路灯坏了",
    }
    intake.cases = [case | {"user": page.conversation}]
    (item,) = (await page.call("GET", "/cases"))[1]["items"]
    assert (item["category"], item["department"], item["description"]) == (category, department, "路灯坏了")


async def test_the_assistant_away_gives_an_honest_word_and_pushes_the_answer_later(page, rasa) -> None:
    await rasa.stop()
    async with page.session.ws_connect(f"{page.address}/ws?token={page.token}") as socket:
        _, answer = await page.say(text="路灯不亮")
        assert "系统正忙" in answer["replies"][0]["text"]
        await rasa.start()
        async with asyncio.timeout(10):
            texts = []
            while "听到：路灯不亮" not in texts:
                frame = await socket.receive_json()
                texts.append(frame.get("text"))


async def test_a_page_hears_what_is_said_and_that_an_answer_is_being_made(page, rasa) -> None:
    rasa.delay = 0.2
    await page.say(text="一")
    async with page.session.ws_connect(f"{page.address}/ws") as socket:
        await socket.send_json({"token": page.token, "after": 0})
        frames = [await socket.receive_json() for _ in range(2)]
        assert [frame["text"] for frame in frames] == ["一", "听到：一"]
        saying = asyncio.create_task(page.say(text="二"))
        frames = []
        async with asyncio.timeout(5):
            while not frames or frames[-1].get("text") != "听到：二":
                frames.append(await socket.receive_json())
        assert [frame.get("text", frame.get("typing")) for frame in frames] == ["二", True, "听到：二"]
        await saying
        assert (await socket.receive_json()) == {"typing": False}


@pytest.mark.parametrize("hello", ['{"token":"wrong"}', "nonsense", "[]", "{}"])
async def test_a_connection_without_the_token_is_closed(page, hello) -> None:
    async with page.session.ws_connect(f"{page.address}/ws") as socket:
        await socket.send_str(hello)
        assert (await socket.receive_json())["error"]["code"] == "unauthorized"
        assert (await socket.receive()).type is WSMsgType.CLOSE
    async with page.session.get(f"{page.address}/ws?token=wrong") as response:
        assert response.status == 401


async def test_words_from_the_intake_reach_the_open_page_by_themselves(page, intake) -> None:
    async with page.session.ws_connect(f"{page.address}/ws?token={page.token}") as socket:
        intake.say("17", page.conversation)
        async with asyncio.timeout(10):
            while True:
                frame = await socket.receive_json()
                if "seq" in frame:
                    break
        assert "483 920 175" in frame["text"]
        assert frame["custom"]["kind"] == "case"


async def test_a_page_hears_what_another_process_answered(tmp_path, rasa, intake, serve, session) -> None:
    async with (
        serve(create_app(settings(tmp_path, rasa, intake))) as one,
        serve(create_app(settings(tmp_path, rasa, intake))) as two,
    ):
        page = await begin(session, one)
        async with session.ws_connect(f"{page.address}/ws?token={page.token}") as socket:
            elsewhere = Page(session, two, page.conversation, page.token)
            await elsewhere.say(text="路灯不亮")
            texts: list[str] = []
            async with asyncio.timeout(5):
                while len(texts) < 2:
                    frame = await socket.receive_json()
                    texts += [frame["text"]] if "seq" in frame else []
            assert texts == ["路灯不亮", "听到：路灯不亮"]


async def test_stopping_the_process_closes_its_connections(tmp_path, rasa, intake, serve, session) -> None:
    async with serve(create_app(settings(tmp_path, rasa, intake))) as url:
        page = await begin(session, url)
        socket = await session.ws_connect(f"{page.address}/ws?token={page.token}")
        await asyncio.sleep(0.1)
    frame = await socket.receive()
    assert (frame.type, frame.data) == (WSMsgType.CLOSE, 1001)
    await socket.close()


async def test_a_flood_is_refused_with_the_time_to_come_back(page, app) -> None:
    from channels.webchat.views import WEBCHAT

    sender = f"web:{page.conversation}"
    for _ in range(300):
        await app[WEBCHAT].limits.reserve(sender, longest_wait=3600)
    async with page.session.post(
        f"{page.address}/messages", headers=page.headers, json={"client_msg_id": "1", "text": "x"}
    ) as response:
        assert response.status == 429
        assert int(response.headers["Retry-After"]) >= 1
        assert (await response.json())["code"] == "too_many_messages"
