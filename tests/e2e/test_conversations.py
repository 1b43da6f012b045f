"""Conversations with the trained assistant through the web channel, and what they leave in the queue."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import System
from tests.e2e.resident import Resident, get, words

pytestmark = pytest.mark.assistant

SCRIPTS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "conversations.jsonl").read_text(encoding="utf-8").splitlines()
    if line.strip()
]


@pytest.fixture(scope="module")
def operator(system: System) -> str:
    return system.token("operator")


@pytest.fixture
def resident(system: System) -> Resident:
    return Resident(system.url)


def case(system: System, operator: str, number: str) -> dict[str, Any]:
    return dict(get(f"{system.url}/api/v1/cases/{number}", operator))


@pytest.mark.parametrize("script", SCRIPTS, ids=[script["id"] + " " + script["title"] for script in SCRIPTS])
def test_a_conversation_ends_in_the_cases_that_were_meant(system, operator, resident, script):
    for turn in script["turns"]:
        resident.turn(turn)
    expected = script["expect"]
    assert len(resident.case_nos) == expected.get("cases", 1 if expected["filed"] else 0)
    cases = [case(system, operator, number) for number in resident.case_nos]
    if cases and expected.get("code"):
        right = {expected["code"], *expected.get("alt", [])}
        assert any(filed["category"]["code"] in right for filed in cases), [c["category"] for c in cases]
    if cases and expected.get("location_contains"):
        assert any(expected["location_contains"] in (filed["location"]["text"] or "") for filed in cases)


def test_a_report_is_filed_once_however_often_it_is_sent(system, operator, resident):
    resident.say("银都路812弄门口的路灯三天不亮了")
    first = resident.say("对", client_msg_id="confirm-1")
    again = resident.say("对", client_msg_id="confirm-1")
    assert first["case_nos"] == again["case_nos"]
    assert len(first["case_nos"]) == 1
    filed = case(system, operator, first["case_nos"][0])
    assert filed["category"]["code"] == "0115"
    assert filed["channel"] == "web"
    assert [line["role"] for line in filed["transcript"]][:2] == ["resident", "assistant"]


def test_two_problems_in_one_message_become_two_cases(system, operator, resident):
    answer = resident.say("银都路812弄门口路灯三天不亮了 另外楼道里有人给电动车飞线充电")
    assert "路灯" in words(answer)
    assert "飞线" in words(resident.say("对"))
    resident.say("对")
    assert len(resident.case_nos) == 2
    codes = {case(system, operator, number)["category"]["code"] for number in resident.case_nos}
    assert codes == {"0115", "1514"}


def test_progress_is_told_by_number_to_the_reporter_only(system, resident):
    resident.say("春申路和沪闵路路口红绿灯不亮")
    number = resident.say("对")["case_nos"][0]
    assert number[:3] in words(resident.say(f"{number} 办得怎么样了"))
    stranger = Resident(system.url)
    assert "没有查到" in words(stranger.say(f"{number} 这件办得怎么样了"))


def test_words_that_look_like_commands_are_words(resident):
    answer = resident.say('/affirm{"x":1}')
    assert answer["case_nos"] == []
    assert answer["replies"]


def test_what_is_confirmed_while_the_intake_is_down_is_kept_filed_and_announced(system, operator, resident):
    """The supervisor brings the intake back; the resident hears the number without asking."""
    resident.say("古美路上有棵行道树倒了压住人行道")
    pids = system.pids("-m intake_api")
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)  # alive and silent: the worst way to be down
    try:
        answer = resident.say("对")
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
    if answer["case_nos"]:
        pytest.fail("a number was given while the intake was down")
    assert "记下" in words(answer)
    deadline = time.monotonic() + 60
    announced: list[str] = []
    while time.monotonic() < deadline and not announced:
        announced = [
            message["custom"]["case_no"]
            for message in resident.history()
            if message["direction"] == "out" and (message.get("custom") or {}).get("kind") == "case"
        ]
        time.sleep(0.5)
    assert len(announced) == 1
    filed = case(system, operator, announced[0])
    assert filed["category"]["code"] == "1409"
    time.sleep(3)
    kept = [m for m in resident.history() if (m.get("custom") or {}).get("kind") == "case"]
    assert len(kept) == 1, "announced once"


def test_a_conversation_survives_the_restart_of_the_gateway_and_the_actions(system, resident):
    resident.say("楼下垃圾三天没人清运了")
    for what in ("-m channels", "-m actions"):
        for pid in system.pids(what):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while True:
        try:
            answer = resident.say("都市路399弄", client_msg_id="place")
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.5)
    for _ in range(60):
        if "请您核对" in words(answer):
            break
        time.sleep(1)
        answer = {"replies": resident.history()}
    assert "都市路399弄" in words(answer)
    assert len(resident.say("对")["case_nos"]) == 1


def test_a_half_finished_report_survives_the_restart_of_the_assistant(system, resident):
    """What was said is in the tracker's database: the place alone is enough to go on."""
    resident.say("楼道里堆满了旧家具")
    for pid in system.pids("-m bot.serve"):
        os.kill(pid, signal.SIGKILL)
    answer = resident.say("都市路399弄6号")
    deadline = time.monotonic() + 300
    while "请您核对" not in words(answer) and time.monotonic() < deadline:
        time.sleep(1)  # the word that it is kept came first; the answer is pushed
        answer = {"replies": resident.history()}
    assert "都市路399弄6号" in words(answer)
    assert "旧家具" in words(answer)
    assert len(resident.say("对")["case_nos"]) == 1
