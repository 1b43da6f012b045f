"""English is understood by the words for answers, places and problems, and answered in English."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from actions import english_words
from actions.dialogue import Report, hear
from actions.english import heard_in_english
from actions.heard import Heard
from actions.intake import IntakeRefused
from actions.refusals import in_words, what_is_wrong
from bot.language.bodies import body_in_english

ROOT = Path(__file__).resolve().parents[3]


def told(text: str, asked: str | None = None, **more: object) -> Heard:
    return heard_in_english(Heard(text=text, act="other", **more), asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "asked", "act", "chinese"),
    [
        ("yes please", "confirmed", "affirm", "对"),
        ("Yes, that's right!", "confirmed", "affirm", "对"),
        ("ok", "confirmed", "affirm", "对"),
        ("No, that's wrong", "confirmed", "deny", "不对"),
        ("cancel it", "confirmed", "withdraw", "取消"),
        ("I'd rather not give my number", "confirmed", "other", "不留电话"),
        ("yes, no phone", "confirmed", "affirm", "对，不留电话"),
        ("my number is 138 1234 5678", "confirmed", "other", "138 1234 5678"),
        ("I don't know", "place", "other", "不清楚"),
        ("Can I talk to a human?", None, "handoff", "转人工"),
        ("the second one", "category", "other", "第二个"),
        ("status of 483920179", None, "ask_status", "483920179 办得怎么样了"),
        ("hello", None, "greet", "你好"),
        ("I want to report a problem", None, "greet", "你好"),
    ],
)
def test_an_answer_is_heard_as_its_chinese_counterpart(answer: str, asked: str | None, act: str, chinese: str) -> None:
    heard = told(answer, asked)
    assert (heard.act, heard.text) == (act, chinese)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("The street light on Dushi Road is broken", "Dushi Road"),
        ("big pothole at 1588 Wuzhong Road, cars hit it", "1588 Wuzhong Road"),
        ("manhole cover missing in front of Lane 300, Dushi Road", "Lane 300, Dushi Road"),
        ("broken street lamp near dushi road", "dushi road"),
        ("a dog barks all night in Luoyang Estate", "Luoyang Estate"),
        ("garbage everywhere near my building", None),
        ("noise at night in the morning", None),
        ("the main road is flooded", None),
    ],
)
def test_the_place_is_what_was_said_after_in_at_near_on(text: str, place: str | None) -> None:
    assert [found.text for found in told(text).places] == ([place] if place else [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("the streetlight is out", "0115"),
        ("manhole cover missing", "0110"),
        ("garbage everywhere", "1101"),
        ("the garbage bin is full", "0303"),
        ("construction noise at night", "1301"),
        ("cars parked illegally, illegal parking again", "1504"),
        ("a stray dog", "1515"),
        ("burst pipe", "1402"),
    ],
)
def test_the_problem_tells_the_category(text: str, code: str) -> None:
    assert told(text).categories[0][0] == code


def test_without_a_known_word_no_category_is_made_up() -> None:
    assert told("something strange is happening").categories == ()


def test_danger_is_an_emergency() -> None:
    assert told("I smell gas, people are trapped").act == "emergency"


def test_chinese_is_left_alone() -> None:
    heard = Heard(text="罗秀路1955弄", act="other")
    assert heard_in_english(heard, "place") == heard


def test_a_report_goes_from_the_problem_to_the_summary_in_two_messages() -> None:
    turn = hear(Report(), told("garbage everywhere near my building"))
    assert [name for name, _ in turn.says] == ["utter_where"]
    turn = hear(turn.report, told("Dushi Road, near the bank", turn.report.asked))
    assert [name for name, _ in turn.says] == ["utter_summary"]
    assert (turn.report.place, turn.report.matter) == (
        "Dushi Road, near the bank",
        "garbage everywhere near my building",
    )
    summary = english_words.summary_text(turn.report, None)
    assert "Type: Garbage lying about" in summary
    assert "Reply “yes” to submit" in summary
    assert hear(turn.report, told("yes please", "confirmed")).report.status == "confirmed"


def test_the_place_is_corrected_after_the_summary() -> None:
    turn = hear(Report(), told("The street light on Dushi Road is broken"))
    turn = hear(turn.report, told("no, it is on Hongmei Road", turn.report.asked))
    assert turn.report.place == "Hongmei Road"


def test_the_words_belong_to_categories_of_the_taxonomy() -> None:
    with (ROOT / "nlu_data" / "taxonomy.csv").open(encoding="utf-8", newline="") as file:
        known = {row["code"] for row in csv.DictReader(file)}
    with (ROOT / "nlu_data" / "english.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["code"] for row in rows} <= known
    phrases = [phrase for row in rows for phrase in row["words"].split("|") if phrase]
    assert len(phrases) == len(set(phrases))


def test_everything_that_is_said_can_be_said_in_english() -> None:
    def said(file: str) -> dict[str, str]:
        text = (ROOT / "bot" / "domain" / file).read_text(encoding="utf-8")
        return dict(re.findall(r"^  (utter_\w+):\n(?:    #.*\n)?    - text: (.*)$", text, re.MULTILINE))

    chinese, english = said("responses.yml"), said("english.yml")
    assert {f"{name}_en" for name in chinese} == set(english)
    for name, text in english.items():
        values = set(re.findall(r"\{(\w+)\}", text))
        assert values <= set(re.findall(r"\{(\w+)\}", chinese[name.removesuffix("_en")])), name
        assert not re.search("[一-龥]", text), name


def test_a_department_is_told_with_what_it_is() -> None:
    preview = {"department": {"name": "闵行区水务局"}}
    assert english_words.who_and_when(preview) == "handled by 闵行区水务局 (water authority)"
    assert body_in_english("闵行区某某办公室") == "the department in charge (闵行区某某办公室)"
    assert body_in_english(None) == "the department in charge"
    case = {"case_no": "483920175", "status": "accepted", "department": {"name": "闵行区水务局"}}
    assert english_words.state_words(case) == "being worked on by 闵行区水务局 (water authority)"
    assert english_words.case_card(case)["department"] == "闵行区水务局 (water authority)"


def test_most_offices_of_the_sample_city_have_a_kind() -> None:
    with (ROOT / "nlu_data" / "city" / "minhang" / "departments.csv").open(encoding="utf-8", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert [name for name in names if body_in_english(name).startswith("the department")] == []


@pytest.mark.parametrize(
    ("code", "told"), [("urged_lately", "It was urged not long ago"), ("something_new", "That cannot be done now")]
)
def test_a_refusal_is_told_in_english(code: str, told: str) -> None:
    said = in_words(IntakeRefused(409, {"code": code, "detail": "两小时内已经催过。"}), english=True)
    assert said.startswith(told)
    assert not re.search("[一-龥]", said)


def test_what_of_a_report_was_refused_is_told_in_english() -> None:
    faults = [{"pointer": "/location/text", "detail": "太长。"}, {"pointer": "/attachments/0", "detail": "没有。"}]
    refused = IntakeRefused(422, {"code": "invalid", "detail": "请求的参数有误。", "errors": faults})
    assert what_is_wrong(refused, english=True) == "the place and a photo or attachment were not accepted"
    assert what_is_wrong(refused, english=False) == "地点：太长；照片或附件：没有"
    assert what_is_wrong(IntakeRefused(422, {"code": "odd"}), english=True) == "the system did not accept it"


@pytest.mark.parametrize("text", ["Change my phone", "my phone number is wrong", "That's the wrong phone number"])
def test_a_wrong_phone_is_asked_for_again_in_english(text: str) -> None:
    summary = Report(matter="broken light", place="Yindu Road", phone="13800138000", asked="confirmed")
    turn = hear(summary, told(text, "confirmed"))
    assert [name for name, _ in turn.says] == ["utter_new_phone"]
    turn = hear(turn.report, told("it's 139 0013 9000", "new_phone"))
    assert turn.report.phone == "13900139000"


def test_a_wrong_house_number_is_no_wrong_phone() -> None:
    assert told("the house number is wrong, it is 12", "confirmed").edit != "phone"
