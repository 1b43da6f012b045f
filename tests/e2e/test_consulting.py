"""Questions to the trained assistant: answered from the knowledge base, registered when there is no answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import System
from tests.e2e.resident import Resident, get, words

pytestmark = pytest.mark.assistant


@pytest.fixture(scope="module")
def operator(system: System) -> str:
    return system.token("operator")


@pytest.fixture
def resident(system: System) -> Resident:
    return Resident(system.url)


def buttons(answer: dict[str, Any]) -> dict[str, str]:
    """Payloads of the buttons of an answer, by title."""
    return {button["title"]: button["payload"] for reply in answer["replies"] for button in reply.get("buttons") or []}


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("请问养狗要办证吗", "养犬登记"),
        ("咨询一下装修几点开始几点结束", "18 时到次日 8 时"),
        ("请问租房合同备案怎么办", "登记备案"),
        ("请问小区什么时候供暖", "不在国家规定的集中供暖地区"),
    ],
)
def test_a_question_is_answered_with_source_and_date_and_files_nothing(resident, question, told):
    answer = resident.say(question)
    assert told in words(answer)
    assert "来源：" in words(answer)
    assert "更新）" in words(answer)
    done = resident.press(buttons(answer)["解决了"])
    assert "能帮到您就好" in words(done)
    assert resident.case_nos == []


def test_an_answer_that_did_not_help_becomes_a_consult_case_without_asking_again(system, operator, resident):
    answer = resident.say("请问养狗要办证吗")
    summary = resident.press(buttons(answer)["没有解决，登记咨询"])
    assert "养狗要办证" in words(summary)
    number = resident.say("对")["case_nos"][0]
    filed = get(f"{system.url}/api/v1/cases/{number}", operator)
    assert "养狗要办证" in filed["description"]
    noted = get(f"{system.url}/api/v1/knowledge/questions", operator)["items"]
    assert any("养狗要办证" in one["text"] and one["article"] for one in noted)


def test_a_question_without_an_answer_is_said_so_plainly_and_registered(system, operator, resident):
    answer = resident.say("请问生育津贴怎么算")
    assert "没有现成的答案" in words(answer)
    assert "请您核对" in words(answer)
    assert len(resident.say("对")["case_nos"]) == 1
    noted = get(f"{system.url}/api/v1/knowledge/questions", operator)["items"]
    assert any("生育津贴" in one["text"] for one in noted)


def test_a_question_that_names_a_place_and_what_is_wrong_there_is_taken_as_a_report(resident):
    answer = resident.say("请问银都路812弄门口的路灯坏了三天归谁管")
    assert "来源：" not in words(answer)
    assert "银都路812弄" in words(answer)
    assert len(resident.say("对")["case_nos"]) == 1


def test_what_may_be_meant_is_offered_and_a_chosen_one_is_told(system):
    ends = {"解决了", "没有解决，登记咨询", "都不是，登记咨询"}
    for question in ("请问垃圾怎么处理", "请问装修有什么规定", "请问养犬有什么规定", "咨询停车的规定"):
        resident = Resident(system.url)
        answer = resident.say(question)
        offered = {title: payload for title, payload in buttons(answer).items() if title not in ends}
        if offered and ends & buttons(answer).keys():
            chosen = resident.press(next(iter(offered.values())))
            assert "来源：" in words(chosen)
            return
    pytest.fail("no question of these has two articles near it")


def test_an_old_button_after_the_answer_is_over_does_no_harm(resident):
    answer = resident.say("请问养狗要办证吗")
    payload = buttons(answer)["没有解决，登记咨询"]
    resident.press(buttons(answer)["解决了"])
    again = resident.press(payload)
    assert "直接说是什么事" in words(again)
    assert resident.case_nos == []
