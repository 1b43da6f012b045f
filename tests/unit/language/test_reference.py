"""Case numbers are found however they are written or said, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from bot.language.check_digit import check_digit
from bot.language.reference import find_case_number, find_last_four, without_case_number

NUMBER = "48392017" + str(check_digit("48392017"))
SAID = "".join("零一二三四五六七八九"[int(digit)] for digit in NUMBER)


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        f"{NUMBER[:3]} {NUMBER[3:6]} {NUMBER[6:]}",
        f"编号{NUMBER[:3]}-{NUMBER[3:6]}-{NUMBER[6:]}到哪一步了",
        f"{SAID[:3]}，{SAID[3:6]}，{SAID[6:]}",
        f"我的编号是{SAID.replace('一', '幺')} 办好没",
        f"{SAID.replace('九', '酒').replace('零', '灵')} 怎么样了",
        f"就是{SAID}这件",
        "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in NUMBER),
    ],
)
def test_a_number_is_found_in_every_writing(text: str) -> None:
    assert find_case_number(text) == NUMBER


@pytest.mark.parametrize(
    "text",
    [
        "13812345678",
        "我电话138 1234 5678",
        "银都路812弄5号楼301室",
        "三天了没人管",
        "021-64123456",
        "就是要你们快点",
        "2026年11月25日早上8点",
        "",
    ],
)
def test_what_is_no_number_is_not_taken_for_one(text: str) -> None:
    assert find_case_number(text) is None


def test_a_misread_number_of_plain_digits_is_let_through_so_that_it_can_be_told() -> None:
    wrong = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)
    assert find_case_number(f"查一下{wrong}") == wrong


def test_a_misread_number_by_sound_is_not_guessed() -> None:
    wrong = SAID[:-1] + ("是" if NUMBER[-1] != "4" else "酒")
    assert find_case_number(wrong) is None


def test_the_rest_of_the_words_is_kept() -> None:
    assert without_case_number(f"编号{NUMBER} 现在水更大了") == "现在水更大了"
    assert without_case_number("现在水更大了") == "现在水更大了"


@pytest.mark.parametrize(
    ("text", "last_four"),
    [
        ("5678", "5678"),
        ("尾号是5678", "5678"),
        ("五六七八", "5678"),
        ("后四位 5 6 7 8", "5678"),
        ("13812345678", "5678"),
        ("021-64125678转801", "5678"),
        ("不记得了", None),
        ("56789", None),
    ],
)
def test_the_end_of_the_phone(text: str, last_four: str | None) -> None:
    assert find_last_four(text) == last_four
