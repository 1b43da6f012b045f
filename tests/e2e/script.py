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
状态：code              of the last case; 经过：kind 2 counts its events of a kind

What residents do who are not friendly, or whose telephones are not:

连发：50 words         the resident says them so often within a second, with a number behind, not waiting for answers
重发： / 改发：words     the last message comes again with the same id; the same id with other words
按旧：title / 再按：     the oldest button with this title; the same button as before
假按：payload          a button that nobody offered
报文：{"text": 1}       this body instead of a message's; ``client_msg_id`` is put into an object that has none
上传：name content      a file
拒收：words            the last message, body or file was refused (4xx), with these words for the resident
同前：                 the last answer was the same as the one before
登记：1                so many cases exist of the resident, however they came to be

Whatever is said is answered with 200, something to read and nothing that shows machinery, unless 拒收 follows.
``{U+200B}`` stands for that character, ``{5000×灯}`` for so many. ``{编号}`` stands for the number given last, ``{编号分}`` and ``{编号横}`` for it in groups, ``{编号1}`` for the first.
"""

from __future__ import annotations

import io
import json
import re
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from tests.e2e.conftest import System
from tests.e2e.resident import PIXEL, Resident, get, words

_PUSH_SECONDS = 30
_SAYS = frozenset({"居民", "邻居", "按", "按旧", "再按", "假按", "重发", "改发", "连发", "报文", "位置", "照片"})
_MACHINERY = ("utter_", "Traceback", "None", "null", "undefined", "{{", "/affirm", "/choose", "Error", "action_")
_CHARACTER = re.compile(r"\{U\+([0-9A-F]{4,6})\}")
_REPEATED = re.compile(r"\{(\d+)×([^{}]+)\}")


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
            step, colon, rest = line.partition("：")
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
        self._before: dict[str, Any] = {}
        self._last: dict[str, Any] = {}

    def run(self, script: Script) -> None:
        """Do all steps; what is not as it should be is an AssertionError that shows the step and the answer."""
        for at, (step, written) in enumerate(script.steps, 1):
            rest = self._filled(written)
            following = script.steps[at][0] if at < len(script.steps) else ""
            try:
                self._step(step, rest)
                if step in _SAYS:
                    self._expect_answer(refused=following == "拒收")
            except AssertionError as error:
                raise AssertionError(f"step {at} {step}：{rest}\n{error}\nthe answer was: {self._answer}") from error

    def _expect_answer(self, *, refused: bool) -> None:
        """The resident got something to read, and nothing that shows machinery."""
        status = self._answer.get("status", 200)
        assert 400 <= status < 500 if refused else status == 200, self._answer
        if not refused:
            texts = [reply.get("text") or "" for reply in self._answer["replies"] if not reply.get("custom")]
            assert texts and all(text.strip() for text in texts)
            assert [sign for sign in _MACHINERY if sign in "\n".join(texts)] == []

    def _attempt(self, do: Callable[[], dict[str, Any]]) -> None:
        """Keep the answer, also when it is a refusal."""
        self._before = self._answer
        try:
            self._answers[self._who] = do()
        except urllib.error.HTTPError as error:
            problem = json.load(error)
            words = [problem.get("detail") or "", *(one["detail"] for one in problem.get("errors") or ())]
            self._answers[self._who] = {
                "status": error.code, "replies": [{"text": text} for text in words], "case_nos": [],
            }  # fmt: skip

    def _say(self, body: dict[str, Any]) -> None:
        self._last = {"client_msg_id": uuid.uuid4().hex} | body
        self._attempt(lambda: self._resident.post(self._last))

    def _burst(self, times: int, words: str) -> None:
        """All answered, and kept in one history."""
        resident = self._resident
        with ThreadPoolExecutor(times) as phones:
            answers = list(phones.map(lambda number: resident.say(f"{words}{number}"), range(times)))
        assert all(answer["replies"] for answer in answers)
        said = [entry for entry in resident.history() if entry["direction"] == "in"]
        assert len({entry["text"] for entry in said[-times:]}) == times
        self._answers[self._who] = max(answers, key=lambda answer: int(answer["seq"]))

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
        text = _CHARACTER.sub(lambda found: chr(int(found[1], 16)), text)
        return _REPEATED.sub(lambda found: found[2] * int(found[1]), text)

    def _uploaded(self, name: str, content: bytes) -> dict[str, Any]:
        kept = self._resident.upload(content, name, "application/octet-stream")
        return {"replies": [{"text": kept}], "case_nos": []}

    def _step(self, step: str, rest: str) -> None:
        match step:
            case "居民" | "邻居":
                self._who = step
                self._say({"text": rest})
            case "按":
                self._say({"payload": self._payload(rest)})
            case "按旧":
                shown = [button for entry in self._resident.history() for button in entry["buttons"]]
                self._say({"payload": next(button["payload"] for button in shown if button["title"] == rest)})
            case "再按":
                self._say({"payload": self._last["payload"]})
            case "假按":
                self._say({"payload": rest})
            case "重发":
                self._attempt(lambda: self._resident.post(self._last))
            case "改发":
                self._attempt(lambda: self._resident.post({"client_msg_id": self._last["client_msg_id"], "text": rest}))
            case "连发":
                times, _, words_said = rest.partition(" ")
                self._burst(int(times), words_said)
            case "报文":
                self._attempt(lambda: self._resident.post(_body(rest)))
            case "上传":
                name, _, content = rest.partition(" ")
                self._attempt(lambda: self._uploaded(name, content.encode(errors="surrogatepass")))
            case "拒收" | "有":
                said = words(self._answer)
                assert [part for part in rest.split("｜") if part not in said] == []
            case "同前":
                assert self._answer == self._before
            case "照片":
                sent = self._resident.upload(photo(rest), "photo.jpg", "image/jpeg")
                self._say({"attachment_id": sent})
            case "位置":
                where, _, label = rest.partition(" ")
                lat, lng = (float(part) for part in where.split(","))
                pin = {"lat": lat, "lng": lng, "label": label}
                self._say({"location": pin})
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
        if step == "登记":
            assert len(self._resident.filed()) == int(rest), self._resident.filed()
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


def _body(written: str) -> bytes:
    """The body of a message; what is no object goes as it is."""
    try:
        body = json.loads(written)
    except ValueError:
        return written.encode()
    if not isinstance(body, dict):
        return written.encode()
    # escapes stay escapes: half of a character has no other way to travel
    return json.dumps({"client_msg_id": uuid.uuid4().hex} | body).encode()


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
