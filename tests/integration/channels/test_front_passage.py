"""One address for everything: the intake behind the front, and the pages that the front serves itself."""

from __future__ import annotations

import asyncio
import os
import re
import sys

import pytest
from aiohttp.test_utils import unused_port
from yarl import URL

from channels.app import create_app
from groundwork.settings import ROOT, BadSettings, Settings


def settings(tmp_path, rasa, intake, **more) -> Settings:
    values = {
        "database_url": f"sqlite+aiosqlite:///{tmp_path / 'cases.db'}",
        "rasa_urls": rasa.url,
        "intake_url": intake.url,
        "channel_token": intake.token,
    }
    return Settings(_env_file=None, **(values | more))


@pytest.fixture
async def front(tmp_path, rasa, intake, serve):
    async with serve(create_app(settings(tmp_path, rasa, intake))) as url:
        yield url


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/categories?q=%E8%B7%AF%E7%81%AF&x=a%2Fb",
        "/open311/v2/requests.json",
        "/desk",
        "/desk/",
        "/desk/queue",
        "/console",
        "/board",
        "/open",
        "/assets/pages/desk/app.js",
    ],
)
async def test_what_is_the_intakes_is_passed_on_as_it_was_asked(front, session, path) -> None:
    async with session.get(URL(front + path, encoded=True)) as response:
        assert response.status == 200
        assert (await response.json())["path"] == path


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [200, 201, 404, 422, 500])
async def test_bodies_and_answers_pass_both_ways(front, session, method, status) -> None:
    body = os.urandom(300_000)
    async with session.request(method, f"{front}/api/v1/x?status={status}", data=body) as response:
        assert response.status == status
        told = await response.json()
        assert (told["method"], told["body"]) == (method, len(body))
        assert response.headers.getall("Set-Cookie") == ["a=1; HttpOnly", "b=2; HttpOnly"]
        assert response.headers["X-Own"] == "kept"


async def test_a_body_of_unknown_length_passes(front, session) -> None:
    async def pieces():
        for _ in range(10):
            yield b"x" * 1000

    async with session.post(f"{front}/api/v1/x", data=pieces()) as response:
        assert (await response.json())["body"] == 10_000


async def test_an_answer_without_a_body_passes(front, session) -> None:
    async with session.head(f"{front}/api/v1/x") as response:
        assert response.status == 200
    async with session.get(f"{front}/api/v1/x?status=304") as response:
        assert response.status == 304


async def test_the_intake_learns_who_asked_and_nothing_about_the_connection(front, session) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9", "Connection": "keep-alive, X-Mine", "X-Mine": "1", "TE": "trailers"}
    async with session.get(f"{front}/api/v1/x", headers=headers | {"Cookie": "yht_session=s"}) as response:
        seen = (await response.json())["headers"]
        request_id = response.headers["X-Request-Id"]
    assert seen["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1"
    assert seen["X-Forwarded-Proto"] == "http"
    assert seen["Host"] == front.removeprefix("http://")
    assert seen["Cookie"] == "yht_session=s"
    assert {"X-Mine", "TE"}.isdisjoint(seen)
    assert {name.lower(): value for name, value in seen.items()}.get("x-request-id") == request_id, seen


async def test_one_persons_cookies_never_travel_with_anothers_request(front, session) -> None:
    async with session.get(f"{front}/api/v1/x"):
        pass
    async with session.get(f"{front}/api/v1/x") as response:
        assert "Cookie" not in (await response.json())["headers"]


async def test_web_sockets_pass(front, session) -> None:
    async with session.ws_connect(f"{front}/desk/live", protocols=("desk",)) as socket:
        assert socket.protocol == "desk"
        await socket.send_str("案件")
        assert await socket.receive_str() == "案件/127.0.0.1"


async def test_an_intake_that_is_down_is_told_in_the_askers_form(front, session, intake) -> None:
    await intake.stop()
    async with session.post(f"{front}/api/v1/cases", json={}) as response:
        assert response.status == 503
        assert response.content_type == "application/problem+json"
        problem = await response.json()
        assert problem["code"] == "intake_down" and "稍后再试" in problem["detail"]
        assert response.headers["Retry-After"]
    async with session.get(f"{front}/open311/v2/requests.json") as response:
        assert (await response.json())[0]["code"] == 503
    async with session.get(f"{front}/open311/v2/requests.xml") as response:
        assert response.content_type == "text/xml"
        assert "<error><code>503</code>" in await response.text()
    async with session.get(f"{front}/desk", headers={"Accept": "text/html"}) as response:
        assert response.status == 503
        assert "暂时没有响应" in await response.text()
    async with session.ws_connect(f"{front}/channels/web/conversations/x/ws") as socket:
        await socket.send_json({"token": "x"})  # residents' side answers all the same
        assert "error" in await socket.receive_json()


async def test_the_pages_of_the_front_are_there(front, session) -> None:
    async with session.get(front + "/") as response:
        page = await response.text()
        assert response.status == 200
        assert 'href="/chat"' in page and 'href="/desk"' in page
        assert "script-src" not in page and "<script" not in page
    async with session.get(f"{front}/assets/front/front.css") as response:
        assert response.headers["Cache-Control"] == "no-cache"
        etag = response.headers["ETag"]
    async with session.get(f"{front}/assets/front/front.css", headers={"If-None-Match": etag}) as response:
        assert response.status == 304
    async with session.get(f"{front}/assets/chat/../../views.py") as response:
        assert response.status == 404


@pytest.mark.skipif(not (ROOT / "vendor" / "vue").is_dir(), reason="no third-party files here")
async def test_third_party_files_are_kept_by_the_browser(front, session) -> None:
    async with session.get(f"{front}/assets/vendor/vue/vue.runtime.esm-browser.prod.js") as response:
        assert response.status == 200
        assert "immutable" in response.headers["Cache-Control"]
    async with session.get(f"{front}/assets/vendor/renew.py") as response:
        assert response.status == 404


async def test_ready_means_that_everything_behind_is_ready(front, session, rasa, intake) -> None:
    async with session.get(f"{front}/readyz") as response:
        assert response.status == 200
        assert (await response.json())["checks"] == {"database": True, "intake": True, "assistant": True}
    await rasa.stop()
    async with session.get(f"{front}/readyz") as response:
        assert response.status == 503
        assert (await response.json())["checks"]["assistant"] is False
    rasa.status = 409  # runs, and has no model yet
    await rasa.start()
    async with session.get(f"{front}/readyz") as response:
        assert response.status == 503
    await intake.stop()
    async with session.get(f"{front}/healthz") as response:
        assert response.status == 200


async def test_the_figures_of_both_processes_are_told_to_neighbours_only(front, session, intake) -> None:
    async with session.get(f"{front}/metrics") as response:
        figures = await response.text()
        # where both processes have a family, the intake's samples say whose they are
        assert "yht_messages_total" in figures
        assert re.search(r'^yht_cases_filed_total\{channel="web"[^}]*\} 3$', figures, re.MULTILINE)
    async with session.get(f"{front}/metrics", headers={"X-Forwarded-For": "203.0.113.9"}) as response:
        assert response.status == 404
    await intake.stop()
    async with session.get(f"{front}/metrics") as response:
        assert "yht_messages_total" in await response.text()


@pytest.mark.parametrize("name", ["rasa_urls", "intake_url"])
def test_a_missing_neighbour_stops_the_start_with_its_name(tmp_path, rasa, intake, name) -> None:
    with pytest.raises(BadSettings, match=f"YHT_{name.upper()}"):
        create_app(settings(tmp_path, rasa, intake, **{name: ""}))


async def started(tmp_path, rasa, intake, **more: str) -> list[str]:
    """Start the process and wait for its end. Returns what it wrote to standard error."""
    environment = os.environ | {
        "YHT_VAR_DIR": str(tmp_path),
        "YHT_RASA_URLS": rasa.url,
        "YHT_INTAKE_URL": intake.url,
        "YHT_LOG_LEVEL": "ERROR",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "channels", cwd=ROOT, env=environment | more, stderr=asyncio.subprocess.PIPE
    )
    _, error = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    return error.decode().strip().splitlines()


async def test_a_taken_port_ends_with_one_line_that_names_the_setting(tmp_path, rasa, intake) -> None:
    (line,) = await started(tmp_path, rasa, intake, YHT_PORT=str(rasa.port))
    assert line.startswith("YHT_PORT:") and str(rasa.port) in line


async def test_a_database_that_cannot_be_used_ends_with_one_line_that_names_the_setting(tmp_path, rasa, intake) -> None:
    nobody = f"postgresql+asyncpg://nobody@127.0.0.1:{unused_port()}/none"
    (line,) = await started(tmp_path, rasa, intake, YHT_PORT=str(unused_port()), YHT_DATABASE_URL=nobody)
    assert line.startswith("YHT_DATABASE_URL:")
