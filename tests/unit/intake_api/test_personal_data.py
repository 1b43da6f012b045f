"""Masking, and who may do what."""

from __future__ import annotations

import pytest

from bot.language.masking import mask_phone, mask_text
from intake_api.domain.access import ADMINISTRATORS, PERMISSIONS, Permission, Role, objection, permissions
from intake_api.domain.masking import mask_name, mask_said

READING = {Permission.READ_ALL, Permission.READ_DEPARTMENT, Permission.READ_REPORTERS}


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138****5678"),
        ("+86 138 1234 5678", "138****5678"),
        ("021-55551234", "**********34"),
        ("110", "*"),
    ],
)
def test_a_phone_is_masked(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("name", "masked"), [("张伟", "张**"), ("张", "张**"), ("欧阳小红", "欧阳**"), ("Smith", "S**"), ("", "")]
)
def test_a_name_is_masked_and_its_length_hidden(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_numbers_within_a_description_are_masked_and_others_stay() -> None:
    text = "我电话13812345678，身份证11010519491231002X，住沪柳路6088号，灯杆20260712"
    assert mask_text(text) == "我电话138****5678，身份证110105********002X，住沪柳路6088号，灯杆20260712"


def test_every_role_is_in_the_table() -> None:
    assert set(PERMISSIONS) == set(Role)


@pytest.mark.parametrize("role", ADMINISTRATORS)
def test_an_administrator_reads_no_cases(role: Role) -> None:
    assert not permissions([role]) & READING


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.DISPATCHER, Role.VERIFIER, Role.SUPERVISOR])
def test_those_who_need_it_read_all_cases_and_ask_the_assistant(role: Role) -> None:
    assert {Permission.READ_ALL, Permission.UNDERSTAND} <= permissions([role])


@pytest.mark.parametrize("role", [Role.PARTNER, Role.INSPECTOR])
def test_others_read_none_here(role: Role) -> None:
    assert not permissions([role]) & READING


def test_only_the_system_administrator_manages_staff() -> None:
    assert [role for role in Role if Permission.MANAGE_STAFF in PERMISSIONS[role]] == [Role.SYSADMIN]


@pytest.mark.parametrize(
    ("roles", "allowed"),
    [
        ([Role.OPERATOR], True),
        ([Role.OPERATOR, Role.DISPATCHER, Role.VERIFIER], True),
        ([Role.SYSADMIN], True),
        ([Role.SYSADMIN, Role.AUDITOR], False),
        ([Role.SECADMIN, Role.OPERATOR], False),
        ([Role.HANDLER, Role.VERIFIER], False),
        ([Role.HANDLER, Role.DISPATCHER], False),
        ([Role.HANDLER, Role.SUPERVISOR], False),
        ([Role.CHANNEL], False),
        ([Role.PARTNER, Role.OPERATOR], False),
        ([], False),
    ],
)
def test_duties_that_must_be_separate_are_not_joined_in_one_person(roles: list[Role], allowed: bool) -> None:
    assert (objection(roles) is None) is allowed


@pytest.mark.parametrize(
    ("text", "name", "shown"),
    [
        ("我叫张伟，电话13812345678", "张伟", "我叫张**，电话138****5678"),
        ("我叫张伟", "", "我叫张伟"),
        ("张江路的井盖没了", "张", "张江路的井盖没了"),  # a family name alone is no name to look for
    ],
)
def test_what_was_said_is_shown_without_who_said_it(text: str, name: str, shown: str) -> None:
    assert mask_said(text, name) == shown
