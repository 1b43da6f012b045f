"""Conversations as scripts that people can read, held with the running system through the web channel.

A script begins with ``## its title`` and has one step a line:

居民：words             the resident says them; 邻居： is another resident
按：title               the resident presses the button with this title under the last answer
照片：                   the resident sends a photo; 照片：31.1,121.4 one that says where it was taken
位置：31.1,121.4 label  the resident sends a position
有：a｜b                all of these are in the last answer; 无： none of them is
办：action …            the department, verifier or operator acts on the resident's last case
推送有：words           the resident hears this without asking
案件：2                 so many cases were filed by now; 类别：codes and 地点：text are of the last one
状态：code              of the last case; 经过：kind 2 counts its events of a kind; 交人工：reason the hand-over

``{编号}`` stands for the number given last, ``{编号分}`` and ``{编号横}`` for it in groups, ``{编号1}`` for the first.
"""

from __future__ import annotations

import io
import json
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from tests.e2e.conftest import System
from tests.e2e.resident import PIXEL, Resident, get, words

_PUSH_SECONDS = 30


@dataclass(frozen=True)
class Script:
    """A title and its steps: what is done, and with what."""

    title: str
    steps: tuple[tuple[str, str], ...]


def scripts(file: Path) -> list[Script]:
    """The scripts of a file."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            found.append((line[3:].strip(), []))
        elif line.strip() and not line.startswith("#"):
            step, colon, rest = line.strip().partition("：")
            if not colon:
                raise ValueError(f"no step: {line}")
            found[-1][1].append((step, rest.strip()))
    return [Script(title, tuple(steps)) for title, steps in found]


@dataclass
class Staff:
    """Tokens of the people of the city, made when they are needed."""

    system: System
    tokens: dict[str, str] = field(default_factory=dict)

    def act(self, number: str, action: str) -> None:
        """Have whoever may do it act on a case."""
        case = get(f"{self.system.url}/api/v1/cases/{number}", self.token("operator"))
        department = (case.get("department") or {}).get("id") or ""
        role, body = {
            "签收": ("handler", {}),
            "反馈": ("handler", {"text": "已经到现场修好", "attachments": []}),
            "核实": ("verifier", {}),
            "立案": ("operator", {}),
            "不予受理": ("operator", {"reason": "属于物业合同纠纷", "referral": "请向区房管局反映"}),
        }[action]
        name = {"签收": "accept", "反馈": "report_done", "核实": "verify", "立案": "file", "不予受理": "reject"}[action]
        token = self.token(role, department if role == "handler" else "")
        request = urllib.request.Request(
            f"{self.system.url}/api/v1/cases/{number}/actions/{name}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=30):
            pass

    def token(self, role: str, department: str = "") -> str:
        """A token of this role."""
        key = f"{role}@{department}"
        if key not in self.tokens:
            named = ("--department", department) if department else ()
            made = self.system.command("token", "issue", "--role", role, "--name", f"test-{key}", *named)
            self.tokens[key] = made.strip().splitlines()[-1]
        return self.tokens[key]


class Play:
    """One script on its way."""

    def __init__(self, system: System, staff: Staff) -> None:
        self._system = system
        self._staff = staff
        self._people: dict[str, Resident] = {}
        self._who = "居民"
        self._answers: dict[str, dict[str, Any]] = {}

    def run(self, script: Script) -> None:
        """Do all steps; what is not as it should be is an AssertionError that shows the step and the answer."""
        for at, (step, written) in enumerate(script.steps, 1):
            rest = self._filled(written)
            try:
                self._step(step, rest)
            except AssertionError as error:
                raise AssertionError(f"step {at} {step}：{rest}\n{error}\nthe answer was: {self._answer}") from error

    @property
    def _resident(self) -> Resident:
        if self._who not in self._people:
            self._people[self._who] = Resident(self._system.url)
        return self._people[self._who]

    @property
    def _answer(self) -> dict[str, Any]:
        return self._answers.get(self._who, {"replies": [], "case_nos": []})

    def _filled(self, text: str) -> str:
        numbers = [number for person in self._people.values() for number in person.case_nos]
        if numbers:
            newest = numbers[-1]
            parts = [newest[at : at + 3] for at in range(0, len(newest), 3)]
            text = text.replace("{编号1}", numbers[0]).replace("{编号}", newest)
            text = text.replace("{编号分}", " ".join(parts)).replace("{编号横}", "-".join(parts))
        return text

    def _step(self, step: str, rest: str) -> None:
        match step:
            case "居民" | "邻居":
                self._who = step
                self._answers[step] = self._resident.say(rest)
            case "按":
                self._answers[self._who] = self._resident.press(self._payload(rest))
            case "照片":
                sent = self._resident.upload(photo(rest), "photo.jpg", "image/jpeg")
                self._answers[self._who] = self._resident.send({"attachment_id": sent})
            case "位置":
                where, _, label = rest.partition(" ")
                lat, lng = (float(part) for part in where.split(","))
                pin = {"lat": lat, "lng": lng, "label": label}
                self._answers[self._who] = self._resident.send({"location": pin})
            case "有":
                said = words(self._answer)
                assert [part for part in rest.split("｜") if part not in said] == []
            case "无":
                said = words(self._answer)
                assert [part for part in rest.split("｜") if part in said] == []
            case "办":
                for action in rest.split():
                    self._staff.act(self._number, action)
            case "推送有":
                self._wait_for(rest)
            case _:
                self._check(step, rest)

    def _check(self, step: str, rest: str) -> None:
        if step == "案件":
            assert len(self._resident.case_nos) == int(rest), self._resident.case_nos
            return
        if step == "交人工":
            markers = [(reply.get("custom") or {}).get("handover") for reply in self._answer["replies"]]
            told = [marker["reason"] for marker in markers if marker]
            assert told == ([rest] if rest else []), markers
            return
        case = get(f"{self._system.url}/api/v1/cases/{self._number}", self._staff.token("operator"))
        match step:
            case "类别":
                assert case["category"]["code"] in rest.split()
            case "地点":
                assert rest in (case["location"]["text"] or "")
            case "状态":
                assert case["status"] in rest.split()
            case "经过":
                kind, count = rest.split()
                path = f"{self._system.url}/api/v1/cases/{self._number}/events"
                events = get(path, self._staff.token("operator"))["items"]
                assert sum(event["kind"] == kind for event in events) == int(count)
            case _:
                raise ValueError(f"no step: {step}")

    @property
    def _number(self) -> str:
        numbers = [number for person in self._people.values() for number in person.case_nos]
        assert numbers, "nothing was filed"
        return numbers[-1]

    def _payload(self, title: str) -> str:
        offered = {
            button["title"]: button["payload"]
            for reply in self._answer["replies"]
            for button in reply.get("buttons") or []
        }
        match = [payload for shown, payload in offered.items() if title in shown]
        assert match, offered
        return str(match[0])

    def _wait_for(self, text: str) -> None:
        deadline = time.monotonic() + _PUSH_SECONDS
        while True:
            heard = [message.get("text") or "" for message in self._resident.history() if message["direction"] == "out"]
            if any(text in each for each in heard):
                return
            assert time.monotonic() < deadline, heard[-3:]
            time.sleep(0.3)


def photo(where: str) -> bytes:
    """A small photo; with ``lat,lng`` one whose EXIF tells where it was taken."""
    if not where:
        return PIXEL
    lat, lng = (float(part) for part in where.split(","))
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: _degrees(lat), 3: "E", 4: _degrees(lng)}
    out = io.BytesIO()
    Image.new("RGB", (32, 32), "gray").save(out, "JPEG", exif=exif)
    return out.getvalue()


def _degrees(value: float) -> tuple[float, float, float]:
    minutes, seconds = divmod(round(abs(value) * 3600, 2), 60)
    degrees, minutes = divmod(minutes, 60)
    return degrees, minutes, seconds
