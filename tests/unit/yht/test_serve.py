"""Which processes are started, and what each of them is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundwork.settings import BadSettings, Settings
from yht.environment import secret_file
from yht.serve import Process, processes


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"YHT_{name.upper()}", raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation that is set up."""
    (tmp_path / "secrets").mkdir()
    for name in ("gateway", "actions"):
        secret_file(tmp_path, name).write_text(f"token-of-{name}\n")
    return made(var_dir=tmp_path)


def made(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg,arg-type]


def by_name(settings: Settings) -> dict[str, Process]:
    return {process.name: process for process in processes(settings)}


def test_all_five_run_by_default_and_know_each_other(settings: Settings) -> None:
    found = by_name(settings)
    assert set(found) == {"channels", "intake", "assistant", "actions", "speech"}
    front = found["channels"].environment
    assert front["YHT_INTAKE_URL"] == "http://" + found["intake"].environment["YHT_LISTEN"]
    assert front["YHT_RASA_URLS"] == "http://" + found["assistant"].environment["YHT_LISTEN"]
    assert front["YHT_ACTIONS_URL"] == "http://" + found["actions"].environment["YHT_LISTEN"]
    assert front["YHT_SPEECH_URL"] == "http://" + found["speech"].environment["YHT_LISTEN"]
    assert found["assistant"].environment["YHT_ACTIONS_URL"] == front["YHT_ACTIONS_URL"]


def test_inner_processes_listen_on_loopback_only(settings: Settings) -> None:
    found = by_name(settings)
    for name in ("intake", "assistant", "actions", "speech"):
        assert found[name].environment["YHT_LISTEN"].startswith("127.0.0.1:")


def test_each_token_goes_to_its_process_only(settings: Settings) -> None:
    holders = {
        token: {name for name, process in by_name(settings).items() if token in process.environment.values()}
        for token in ("token-of-gateway", "token-of-actions")
    }
    assert holders == {"token-of-gateway": {"channels"}, "token-of-actions": {"actions"}}


def test_rasa_learns_no_credentials_of_others(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "YHT_CHANNEL_TOKEN": "secret-1",
        "YHT_WECHAT_APP_SECRET": "secret-2",
        "YHT_WECHAT_AES_KEY": "secret-3",
        "YHT_DATABASE_URL": "postgresql+asyncpg://u:secret-4@db/yht",
        "YHT_REDIS_URL": "redis://:secret-5@redis",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    found = by_name(settings)
    for name in ("assistant", "actions", "speech"):
        assert not [value for value in found[name].environment.values() if "secret-" in value]


def test_the_assistant_keeps_conversations_in_the_shared_database(settings: Settings) -> None:
    url = "postgresql+asyncpg://db/yht"
    found = by_name(made(var_dir=settings.var_dir, database_url=url))
    assert found["assistant"].environment["YHT_DATABASE_URL"] == url
    assert "YHT_DATABASE_URL" not in found["actions"].environment


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"rasa_urls": "http://10.0.0.5:5005"}, {"channels", "intake", "actions", "speech"}),
        ({"actions_url": "http://10.0.0.5:5055"}, {"channels", "intake", "assistant", "speech"}),
        ({"speech_url": "http://10.0.0.5:8083"}, {"channels", "intake", "assistant", "actions"}),
        (
            {"intake_url": "http://10.0.0.5:8090", "channel_token": "a", "actions_token": "b"},
            {"channels", "assistant", "actions", "speech"},
        ),
    ],
)
def test_what_runs_elsewhere_is_not_started_here(settings: Settings, given: dict[str, str], left: set[str]) -> None:
    found = by_name(made(var_dir=settings.var_dir, **given))
    assert set(found) == left
    for name, value in given.items():
        if name.endswith("url") or name.endswith("urls"):
            assert found["channels"].environment[f"YHT_{name.upper()}"] == value


def test_without_speech_recognition_the_channels_know_of_none(settings: Settings) -> None:
    found = by_name(made(var_dir=settings.var_dir, speech="none"))
    assert "speech" not in found
    assert found["channels"].environment["YHT_SPEECH_URL"] == ""


def test_telemetry_is_off_and_the_operators_own_values_win(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assistant = by_name(settings)["assistant"].environment
    assert assistant["RASA_TELEMETRY_ENABLED"] == "false"
    assert assistant["OMP_NUM_THREADS"] == "4"


def test_a_missing_token_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as caught:
        processes(made(var_dir=tmp_path))
    assert str(caught.value).startswith("YHT_CHANNEL_TOKEN")
    assert "yht setup" in str(caught.value)
