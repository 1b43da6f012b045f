"""A backup made while the system runs brings everything back, and never destroys what is there by mistake."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bench.kill import fresh_database
from groundwork.settings import Settings
from tests.integration.intake_api.conftest import QINGHE, Assistant, Clock, Intake, Json, running, server_answers
from yht.backup import back_up, restore
from yht.databases import upgrade_channels
from yht.failure import CommandFailed
from yht.personal import brought_back, redo


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql" and not (server_answers() and shutil.which("pg_dump")):
        pytest.skip("no PostgreSQL server or no pg_dump")
    return str(request.param)


@pytest.fixture
async def settings(kind: str, tmp_path: Path) -> AsyncIterator[Settings]:
    folder = tmp_path / "var"
    folder.mkdir()
    async with fresh_database(kind, folder, QINGHE) as settings:
        await upgrade_channels(settings)
        yield settings


async def photo(intake: Intake) -> str:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(content, "JPEG")
    token = await intake.token("channel")
    async with intake.client.post(
        "/api/v1/attachments", data={"file": content.getvalue()}, headers={"Authorization": f"Bearer {token}"}
    ) as answer:
        return str((await answer.json())["attachment_id"])


async def everything(intake: Intake) -> list[Json]:
    _, page = await intake.call("GET", "/api/v1/cases?limit=200", role="operator")
    for item in page["items"]:
        item.pop("attachments")
    return list(page["items"])


def keep_draft(settings: Settings, identity: str) -> None:
    with sqlite3.connect(settings.var_dir / "drafts.db") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS drafts (id TEXT PRIMARY KEY, body TEXT)")
        connection.execute("INSERT INTO drafts VALUES (?, '{}')", (identity,))


async def test_what_was_backed_up_under_load_comes_back_whole(settings: Settings, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    keep_draft(settings, "d1")
    async with running(settings, Clock(), Assistant()) as intake:
        picture = await photo(intake)
        _, case = await intake.file(attachments=[picture])
        before = await everything(intake)

        async def load() -> None:
            while True:
                await intake.file()

        filing = asyncio.create_task(load())
        made = await asyncio.to_thread(back_up, settings, file)
        filing.cancel()
        await asyncio.gather(filing, return_exceptions=True)
        held = await everything(intake)
    assert file.stat().st_mode & 0o777 == 0o600
    assert made.files == 1

    target = tmp_path / "target"
    target.mkdir()
    async with fresh_database(kind, target, QINGHE) as other:
        back = await asyncio.to_thread(restore, other, file, force=False)
        assert back.cases
        async with running(other, Clock(), Assistant()) as intake:
            restored = await everything(intake)
            assert [restored[-1][name] for name in ("case_no", "description")] == [
                before[0][name] for name in ("case_no", "description")
            ]
            assert [item["case_no"] for item in held[-len(restored) :]] == [item["case_no"] for item in restored]
            _, events = await intake.call("GET", f"/api/v1/cases/{case['case_no']}/events", role="operator")
            assert events["intact"]
            _, shown = await intake.call("GET", f"/api/v1/cases/{case['case_no']}", role="operator")
            async with intake.client.get(shown["attachments"][0]["url"]) as answer:
                assert answer.status == 200
            status, new = await intake.file()
            assert status == 201
            assert new["case_no"] not in {item["case_no"] for item in restored}
        with sqlite3.connect(target / "drafts.db") as connection:
            assert connection.execute("SELECT id FROM drafts").fetchall() == [("d1",)]


async def test_records_are_replaced_only_when_that_is_said(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    async with running(settings, Clock(), Assistant()) as intake:
        await intake.file()
    await asyncio.to_thread(back_up, settings, file)
    async with running(settings, Clock(), Assistant()) as intake:
        await intake.file()
    with pytest.raises(CommandFailed, match="--force"):
        await asyncio.to_thread(restore, settings, file, force=False)
    back = await asyncio.to_thread(restore, settings, file, force=True)
    assert back.cases == 1


async def test_nothing_is_restored_while_the_system_runs(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    async with running(settings, Clock(), Assistant()) as intake:
        await intake.file()
        await asyncio.to_thread(back_up, settings, file)
        with pytest.raises(CommandFailed, match="还在运行"):
            await asyncio.to_thread(restore, settings, file, force=True)
        assert len(await everything(intake)) == 1


def spoilt(file: Path, how: str) -> None:
    """Damage a backup."""
    if how == "cut":
        file.write_bytes(file.read_bytes()[:-200])
        return
    if how == "nonsense":
        file.write_text("not an archive")
        return
    folder = file.parent / "spoilt"
    with tarfile.open(file) as tar:
        tar.extractall(folder, filter="data")
    listing = folder / "manifest.json"
    manifest = json.loads(listing.read_text("utf-8"))
    if how == "digest":
        manifest["members"] = dict.fromkeys(manifest["members"], "0" * 64)
    if how == "newer":
        manifest["format"] = 99
    if how == "newer schema":
        manifest["schema"]["intake_version"] = "9999"
    listing.write_text(json.dumps(manifest), "utf-8")
    with tarfile.open(file, "w:gz") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name)


@pytest.mark.parametrize(
    ("how", "words"),
    [("cut", "已损坏"), ("nonsense", "已损坏"), ("digest", "校验值"), ("newer", "升级"), ("newer schema", "升级")],
)
async def test_a_spoilt_backup_is_refused_and_nothing_is_touched(
    settings: Settings, tmp_path: Path, how: str, words: str
) -> None:
    file = tmp_path / "backup.tar.gz"
    async with running(settings, Clock(), Assistant()) as intake:
        await intake.file()
    await asyncio.to_thread(back_up, settings, file)
    spoilt(file, how)
    with pytest.raises(CommandFailed, match=words):
        await asyncio.to_thread(restore, settings, file, force=True)
    async with running(settings, Clock(), Assistant()) as intake:
        assert len(await everything(intake)) == 1


async def test_a_backup_never_overwrites_a_file(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    file.write_text("precious")
    with pytest.raises(CommandFailed, match="已经存在"):
        await asyncio.to_thread(back_up, settings, file)
    assert file.read_text() == "precious"


@pytest.mark.postgres
async def test_without_pg_dump_it_is_said_what_to_install(
    settings: Settings, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "sqlite":
        pytest.skip("SQLite needs no program")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CommandFailed, match="postgresql-client"):
        await asyncio.to_thread(back_up, settings, tmp_path / "backup.tar.gz")


async def answered(intake: Intake, phone: str) -> str:
    """A case that is over at once; its number."""
    _, case = await intake.file(
        category_confidence=0.2, reporter={"name": "张伟", "phone": phone, "channel_user": phone}
    )
    path = f"/api/v1/cases/{case['case_no']}/actions/close"
    assert (await intake.call("POST", path, {"text": "每天七点清运"}, role="operator"))[0] == 200
    return str(case["case_no"])


async def test_what_was_erased_after_the_backup_is_named_and_erased_again(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    async with running(settings, Clock(), Assistant()) as intake:
        known = await answered(intake, "13812345678")
        await asyncio.to_thread(back_up, settings, file)
        lost = await answered(intake, "13712345678")
        for phone in ("13812345678", "13712345678"):
            status, _ = await intake.call("POST", "/api/v1/personal/erasures", {"phone": phone}, role="secadmin")
            assert status == 201
    assert await brought_back(settings) == ""
    await asyncio.to_thread(restore, settings, file, force=True)
    said = await brought_back(settings)
    assert known in said and lost not in said
    assert "案件 1" in await redo(settings)
    assert await brought_back(settings) == ""
    async with running(settings, Clock(), Assistant()) as intake:
        intake.clock.forward(days=1)
        if settings.cases_database.startswith("sqlite"):
            assert await answered(intake, "13612345678") == lost, "numbers after the backup are used anew"
        status, case = await intake.call("GET", f"/api/v1/cases/{known}?reveal=reporter", role="operator")
        assert status == 200, case
        assert (case["reporter"]["name"], case["reporter"]["phone"]) == ("", "")
    assert await brought_back(settings) == "", "a newer case with the number of an erased one is not meant"
