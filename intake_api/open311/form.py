"""What is posted: a form, urlencoded or in parts, with photos."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError

from intake_api.domain.event import canonical_json
from intake_api.http.resources import SETTINGS
from intake_api.open311.errors import Refused
from intake_api.open311.parameters import Parameters

MOST_PHOTOS = 10
_MOST_FIELDS = 200
_LONGEST_FIELD = 64 * 1024  # bytes
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Form:
    """Fields (those of the address last) and the bytes of photos."""

    parameters: Parameters
    pairs: tuple[tuple[str, str], ...]
    photos: tuple[bytes, ...] = ()

    @property
    def digest(self) -> str:
        """The same for the same content, in whatever order and by whatever key it is sent."""
        pairs = sorted([name, value.strip()] for name, value in self.pairs if name != "api_key" and value.strip())
        photos = [hashlib.sha256(photo).hexdigest() for photo in self.photos]
        return hashlib.sha256(canonical_json([pairs, photos])).hexdigest()


async def read_form(request: web.Request) -> Form:
    """The form of a POST. Raises Refused 400, 413, 415."""
    pairs: list[tuple[str, str]] = []
    photos: list[bytes] = []
    try:
        if request.content_type.startswith("multipart/"):
            await _read_parts(request, pairs, photos)
        elif request.content_type == _FORM or not request.can_read_body:
            pairs += [(name, value) for name, value in (await request.post()).items() if isinstance(value, str)]
        else:
            raise Refused(415, f"请用 {_FORM} 或 multipart/form-data（UTF-8）提交。")
    except (ValueError, LookupError, AssertionError, HttpProcessingError) as error:
        raise Refused(400, "提交的表单格式不对，请用 UTF-8 编码。") from error
    pairs += request.query.items()
    return Form(Parameters(pairs), tuple(pairs), tuple(photos))


async def _read_parts(request: web.Request, pairs: list[tuple[str, str]], photos: list[bytes]) -> None:
    megabytes = request.app[SETTINGS].upload_limit_mb
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader):
            continue
        is_photo = part.filename is not None
        content = await _read(part, megabytes * 1024 * 1024 if is_photo else _LONGEST_FIELD)
        if content is None:
            raise Refused(413, f"照片太大，一张最多 {megabytes} MB。" if is_photo else f"参数 {part.name} 太长。")
        if is_photo:
            if content:
                photos.append(content)
        elif part.name:
            pairs.append((part.name, content.decode()))
        if len(photos) > MOST_PHOTOS or len(pairs) > _MOST_FIELDS:
            raise Refused(400, f"一次最多 {MOST_PHOTOS} 张照片、{_MOST_FIELDS} 个参数。")


async def _read(part: BodyPartReader, limit: int) -> bytes | None:
    """The bytes of a part; None when there are more than ``limit``."""
    content = bytearray()
    while chunk := await part.read_chunk(1 << 16):
        content += chunk
        if len(content) > limit:
            return None
    return bytes(part.decode(bytes(content)))
