"""A confirmed report is kept until the intake has it, and is filed once."""

from __future__ import annotations

import asyncio
import json
import sqlite3

import pytest

from actions.drafts import Drafts, draft_id
from actions.filing import Filing
from actions.intake import IntakeDown, IntakeRefused

BODY = {"channel": "web", "description": "路灯不亮", "reporter": {"channel_user": "c1"}}


class FakeIntake:
    """An intake that can be down, and that knows keys like the real one."""

    def __init__(self) -> None:
        self.down = False
        self.refuses = False
        self.cases: dict[str, dict[str, object]] = {}
        self.calls: list[tuple[str, dict[str, object]]] = []

    async def file(self, key: str, body: dict[str, object]) -> dict[str, object]:
        self.calls.append((key, body))
        if self.refuses:
            raise IntakeRefused(422, {"code": "invalid", "detail": "内容太短"})
        if self.down:
            raise IntakeDown("/api/v1/cases")
        return self.cases.setdefault(key, {"case_no": f"{len(self.cases) + 1:09d}", "status": "filed"})


@pytest.fixture
def drafts(tmp_path):
    return Drafts(tmp_path / "var" / "drafts.db")


def file(filing: Filing, identity: str):
    return asyncio.run(filing.file(identity, BODY))


def test_the_same_confirmation_is_the_same_draft_and_another_is_another():
    assert draft_id("web:c1", "m1") == draft_id("web:c1", "m1")
    assert len({draft_id("web:c1", "m1"), draft_id("web:c1", "m2"), draft_id("web:c2", "m1")}) == 3


def test_a_confirmation_heard_twice_files_one_case(drafts):
    intake = FakeIntake()
    filing = Filing(drafts, intake)
    assert file(filing, "d1") == file(filing, "d1")
    assert len(intake.calls) == 1


def test_what_is_kept_stays_as_it_was_confirmed(drafts):
    drafts.keep("d1", BODY)
    assert drafts.keep("d1", {"description": "别的"}).body == BODY


def test_a_report_waits_on_disk_while_the_intake_is_down_and_is_filed_when_it_is_back(drafts, monkeypatch):
    intake = FakeIntake()
    intake.down = True
    assert file(Filing(drafts, intake), "d1") is None
    assert drafts.waiting() == 1

    reopened = Drafts(drafts._path)  # another process, after a crash
    monkeypatch.setattr("actions.drafts.time.time", lambda: 4e9)
    intake.down = False

    async def one_round() -> None:
        task = asyncio.create_task(Filing(reopened, intake).run())
        while reopened.waiting():  # noqa: ASYNC110 - what is waited for is in a file
            await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(asyncio.wait_for(one_round(), 5))
    assert intake.calls[-1] == ("d1", {**BODY, "announce": True})
    assert len(intake.cases) == 1


def test_two_processes_take_turns_with_what_is_due(drafts, monkeypatch):
    drafts.keep("d1", BODY)
    monkeypatch.setattr("actions.drafts.time.time", lambda: 4e9)
    assert [draft.id for draft in drafts.due()] == ["d1"]
    assert drafts.due() == []


def test_what_the_intake_will_never_take_is_put_aside_with_the_reason_and_not_sent_again(drafts):
    intake = FakeIntake()
    intake.refuses = True
    filing = Filing(drafts, intake)
    for _ in range(2):
        with pytest.raises(IntakeRefused) as refused:
            file(filing, "d1")
        assert (refused.value.status, refused.value.code, refused.value.detail) == (422, "invalid", "内容太短")
    assert len(intake.calls) == 1
    assert drafts.waiting() == 0
    assert asyncio.run(filing.owed_refusals("web", "c1")) == []  # the resident heard it at once


def test_a_report_kept_and_refused_later_is_told_to_its_resident_once(drafts, monkeypatch):
    intake = FakeIntake()
    intake.down = True
    filing = Filing(drafts, intake)
    assert file(filing, "d1") is None
    intake.refuses = True
    monkeypatch.setattr("actions.drafts.time.time", lambda: 4e9)

    async def one_round() -> None:
        task = asyncio.create_task(filing.run())
        while drafts.waiting():  # noqa: ASYNC110 - what is waited for is in a file
            await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(asyncio.wait_for(one_round(), 5))
    assert asyncio.run(filing.owed_refusals("web", "another")) == []
    owed = asyncio.run(filing.owed_refusals("web", "c1"))
    assert [(matter, refused.detail) for matter, refused in owed] == [("路灯不亮", "内容太短")]
    assert asyncio.run(filing.owed_refusals("web", "c1")) == []


def test_drafts_of_an_older_version_are_read_on(tmp_path):
    file_before = tmp_path / "drafts.db"
    with sqlite3.connect(file_before) as connection:
        connection.execute(
            "CREATE TABLE drafts (id TEXT PRIMARY KEY, body TEXT NOT NULL, created_at REAL NOT NULL,"
            " attempts INTEGER NOT NULL DEFAULT 0, next_attempt_at REAL NOT NULL, case_json TEXT, refused TEXT)"
        )
        connection.execute("INSERT INTO drafts VALUES ('d1', ?, 1, 0, 1, NULL, '422 invalid')", (json.dumps(BODY),))
    drafts = Drafts(file_before)
    with pytest.raises(IntakeRefused) as refused:
        file(Filing(drafts, FakeIntake()), "d1")
    assert (refused.value.status, refused.value.code) == (422, "invalid")
    assert drafts.owed("web", "c1") == []
