"""What the operator reads when everything answers."""

from __future__ import annotations

import http.server
import json
import os
import threading
from collections.abc import Iterator

import pytest

from groundwork.settings import Settings
from yht.announce import announcement, inner_address, readiness, wait_until_ready


class Front(http.server.BaseHTTPRequestHandler):
    """Not ready twice, then ready."""

    answers: list[int]

    def do_GET(self) -> None:
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps({"checks": {"intake": True, "assistant": status == 200}}).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def front() -> Iterator[str]:
    Front.answers = [503, 503, 200]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_it_waits_until_every_check_passes(front: str) -> None:
    assert readiness(front) == {"intake": True, "assistant": False}
    wait_until_ready(front, os.getppid(), print)
    assert readiness(front) == {}


def test_it_does_not_outlive_its_supervisor() -> None:
    with pytest.raises(SystemExit):
        wait_until_ready("http://127.0.0.1:1", os.getpid(), print)


def test_nothing_answering_is_not_ready() -> None:
    assert readiness("http://127.0.0.1:1") is None


def test_the_address_and_the_pages_are_printed() -> None:
    text = announcement("http://127.0.0.1:8080", None)
    assert "一号通已启动：http://127.0.0.1:8080\n" in text
    assert "http://127.0.0.1:8080/chat" in text
    assert "http://127.0.0.1:8080/desk" in text
    assert "管理员" not in text


def test_while_there_is_no_staff_the_founding_link_is_printed() -> None:
    assert "http://h/desk/invitation/abc" in announcement("http://h", "http://h/desk/invitation/abc")


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("10.0.0.5", "10.0.0.5")],
)
def test_the_front_is_asked_where_it_listens(host: str, address: str) -> None:
    settings = Settings(_env_file=None, host=host, port=8123)  # type: ignore[call-arg]
    assert inner_address(settings) == f"http://{address}:8123"
