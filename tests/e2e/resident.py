"""A resident at the web channel, for tests: writes, sends positions and photos, remembers the numbers given."""

from __future__ import annotations

import json
import urllib.request
import uuid
from typing import Any

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364600000000600023081d02f0000000049454e44ae426082"
)


class Resident:
    """One conversation at the web channel."""

    def __init__(self, url: str) -> None:
        self._url = url
        opened = self._call("POST", "/channels/web/conversations", {"consent": True})
        self.conversation_id: str = opened["conversation_id"]
        self.token: str = opened["token"]
        self.case_nos: list[str] = []

    def say(self, text: str, client_msg_id: str | None = None) -> dict[str, Any]:
        """Send a text; the answer."""
        return self.send({"text": text}, client_msg_id)

    def press(self, payload: str) -> dict[str, Any]:
        """Press a button."""
        return self.send({"payload": payload})

    def send(self, content: dict[str, Any], client_msg_id: str | None = None) -> dict[str, Any]:
        """Send a message of any kind."""
        return self.post({"client_msg_id": client_msg_id or uuid.uuid4().hex, **content})

    def post(self, body: Any) -> dict[str, Any]:
        """Send a message's body as it is, be it JSON or bytes. Raises HTTPError."""
        answer: dict[str, Any] = self._call(
            "POST", f"/channels/web/conversations/{self.conversation_id}/messages", body
        )
        self.case_nos += [number for number in answer["case_nos"] if number not in self.case_nos]
        return answer

    def filed(self) -> list[str]:
        """Numbers of all cases of this conversation, however they were filed."""
        found = self._call("GET", f"/channels/web/conversations/{self.conversation_id}/cases")["items"]
        return [case["case_no"] for case in found]

    def turn(self, turn: Any) -> dict[str, Any]:
        """A turn of a script: a text, a position, or an image; ``{case_no}`` stands for the last number given."""
        if isinstance(turn, str):
            return self.say(turn.replace("{case_no}", self.case_nos[-1] if self.case_nos else ""))
        if "location" in turn:
            return self.send(turn)
        return self.send({"attachment_id": self.upload(PIXEL, "photo.png", "image/png")})

    def upload(self, data: bytes, name: str, media_type: str) -> str:
        """Upload a file; its id."""
        boundary = uuid.uuid4().hex
        raw = (
            (
                f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
                f"Content-Type: {media_type}\r\n\r\n"
            ).encode()
            + data
            + f"\r\n--{boundary}--\r\n".encode()
        )
        answer = self._call(
            "POST",
            f"/channels/web/conversations/{self.conversation_id}/attachments",
            raw,
            f"multipart/form-data; boundary={boundary}",
        )
        return str(answer["attachment_id"])

    def history(self, after: int = 0) -> list[dict[str, Any]]:
        """What was said in this conversation after a sequence number."""
        path = f"/channels/web/conversations/{self.conversation_id}/messages?after={after}"
        return list(self._call("GET", path)["messages"])

    def _call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": content_type}
        if getattr(self, "token", None):
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self._url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)


def words(answer: dict[str, Any]) -> str:
    """All that was answered, as one text."""
    return "\n".join(reply.get("text") or "" for reply in answer["replies"])


def get(url: str, token: str) -> Any:
    """A GET with a token."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)
