"""Bodies of the web channel's requests."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, field_validator, model_validator

from channels.gateway.wording import TEXT_LIMIT, visible


def _plain(value: str) -> str:
    """Text that every database keeps: no NUL, no half of a character."""
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("含有不能识别的字符。")
    return value.replace("\x00", "")


Plain = Annotated[str, AfterValidator(_plain)]


class OpenConversation(BaseModel):
    """``consent``: the resident has read the privacy notice and agrees."""

    consent: bool = False


class Consent(BaseModel):
    """Agreement that data are kept."""

    consent: bool

    @field_validator("consent")
    @classmethod
    def _given(cls, value: bool) -> bool:
        if not value:
            raise ValueError("请确认同意后再提交。")
        return value


class Pin(BaseModel):
    """A place on the map; WGS84 degrees."""

    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    lng: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    label: Annotated[Plain, Field(max_length=200)] = ""


class SentMessage(BaseModel):
    """One message: exactly one of text, location, attachment_id and payload."""

    client_msg_id: Annotated[Plain, Field(min_length=1, max_length=100)]
    text: Plain | None = None
    location: Pin | None = None
    attachment_id: Annotated[Plain, Field(min_length=1, max_length=100)] | None = None
    payload: Annotated[Plain, Field(min_length=1, max_length=2000)] | None = None

    @field_validator("text")
    @classmethod
    def _some_words(cls, value: str | None, _info: ValidationInfo) -> str | None:
        if value is not None and not visible(value).strip():
            raise ValueError("内容是空的，请写点什么再发送。")
        if value is not None and len(value) > TEXT_LIMIT:
            raise ValueError(f"内容太长，最多 {TEXT_LIMIT} 个字，请分几次发送。")
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [part for part in (self.text, self.location, self.attachment_id, self.payload) if part is not None]
        if len(given) != 1:
            raise ValueError("文字、位置、附件、按钮，一次只能发送其中一种。")
        return self
