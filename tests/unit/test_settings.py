"""Settings: what operators read about them is what the processes do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from groundwork.settings import ROOT, BadSettings, Settings, read_settings

DOCUMENT = (ROOT / "docs" / "settings.md").read_text("utf-8")
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `(YHT_\w+)` \| (.*?) \|", DOCUMENT, re.MULTILINE))
NAMES = {f"YHT_{name.upper()}": field.default for name, field in Settings.model_fields.items()}
OF_INSTALLATION = {"YHT_PYTHON", "YHT_PYTHON_BOT"}
NOT_SETTINGS = OF_INSTALLATION | {"YHT_TEST_POSTGRES_URL", "YHT_LISTEN"}


def written(default: object) -> str:
    """A default as the document writes it."""
    if isinstance(default, Path):
        default = default.relative_to(ROOT) if default.is_absolute() else default
    return f"`{default}`" if default not in ("", (), None) else "空"


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    assert ROWS.get(name) == written(NAMES[name])


def test_the_document_names_no_setting_that_does_not_exist() -> None:
    assert set(ROWS) - NOT_SETTINGS == set(NAMES)


def test_the_example_has_every_setting_commented_out() -> None:
    lines = [line for line in EXAMPLE.splitlines() if line and not line.startswith("# ")]
    values = dict(line.removeprefix("#").split("=", 1) for line in lines)
    assert all(line.startswith("#YHT_") for line in lines)
    assert values == {name: ROWS[name].strip("`").replace("空", "") for name in set(NAMES) | OF_INSTALLATION}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("YHT_PORT", "eighty"),
        ("YHT_PORT", "0"),
        ("YHT_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("YHT_PUBLIC_URL", "12345.example.org"),
        ("YHT_DATABASE_URL", "mysql://localhost/yht"),
        ("YHT_LOG_LEVEL", "LOUD"),
        ("YHT_EMBEDDER", "bert"),
        ("YHT_EMBEDDER", "onnx:"),
        ("YHT_UPLOAD_LIMIT_MB", "1000"),
        ("YHT_SPEECH", "kaldi"),
        ("YHT_SPEECH_URL", "127.0.0.1:8083"),
        ("YHT_SPEECH_PROCESSES", "0"),
        ("YHT_WECHAT_APP_SECRET", "a secret of no account"),
        ("YHT_WECHAT_MODE", "half"),
        ("YHT_WECHAT_AES_KEY", "short"),
        ("YHT_WECHAT_API_BASE", "api.weixin.qq.com"),
        ("YHT_WECHAT_REPLY_SECONDS", "6"),
    ],
)
def test_a_bad_value_is_said_in_one_line_that_names_the_setting(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as caught:
        read_settings()
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"YHT_WECHAT_APP_ID": "wx1"}, "YHT_WECHAT_APP_SECRET"),
        ({"YHT_WECHAT_APP_ID": "wx1", "YHT_WECHAT_APP_SECRET": "s"}, "YHT_WECHAT_TOKEN"),
        (
            {
                "YHT_WECHAT_APP_ID": "wx1",
                "YHT_WECHAT_APP_SECRET": "s",
                "YHT_WECHAT_TOKEN": "t",
                "YHT_WECHAT_MODE": "safe",
            },
            "YHT_WECHAT_AES_KEY",
        ),
    ],
)
def test_half_an_official_account_is_refused_by_the_name_of_what_is_missing(
    given: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=f"^{named}: "):
        read_settings()
