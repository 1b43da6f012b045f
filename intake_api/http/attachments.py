"""Photos and recordings: upload, and look at again."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from datetime import timedelta

import filetype
from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError
from sqlalchemy.ext.asyncio import AsyncSession

from groundwork.problem import FieldError, Problem
from intake_api.domain.access import Permission
from intake_api.http import schemas
from intake_api.http.authentication import PRINCIPAL, Principal, authenticate
from intake_api.http.resources import DATABASE, FILES, NOW, SETTINGS
from intake_api.http.routing import Operation, json_answer
from intake_api.http.schemas import Body
from intake_api.photo import NotAPhoto, Photo, read_photo
from intake_api.storage import attachments, cases, casework
from intake_api.storage.tables import AttachmentRow


class SigningKey:
    """The key of signed addresses, the same in all processes, read from the database at the start."""

    key: bytes = b""


SIGNING_KEY = web.AppKey("signing_key", SigningKey)
_ID = re.compile(r"[0-9a-f]{32}")
_DATE = re.compile(r"[0-9]{1,12}")
_VALID = timedelta(minutes=15)
_PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})
_MEDIA = ("image/jpeg", "audio/amr", "audio/ogg", "audio/webm", "audio/wav", "audio/mpeg", "audio/mp4")
_RECORDINGS = {
    "audio/amr": "audio/amr",
    "audio/ogg": "audio/ogg",
    "video/webm": "audio/webm",  # browsers record sound into WebM, which has one signature for both
    "audio/webm": "audio/webm",
    "audio/wav": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/mpeg": "audio/mpeg",
    "audio/mp4": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "video/mp4": "audio/mp4",  # what iPhones record is signed like a film
}


class AttachmentQuery(Body):
    """A signed address; without it the caller must be logged in."""

    expires: str = ""
    """Until when the address is good, in seconds since 1970."""
    signature: str = ""


async def upload(request: web.Request) -> web.Response:
    """Take a photo or recording in."""
    content = await _content(request)
    media_type = await asyncio.to_thread(filetype.guess_mime, content) or ""
    position = None
    if media_type in _PHOTOS:
        try:
            photo: Photo = await asyncio.to_thread(read_photo, content)
        except NotAPhoto as error:
            raise Problem(422, "broken_photo", "这张照片打不开，可能没有传完整，请重新发送。") from error
        content, media_type, position = photo.content, photo.media_type, photo.position
    elif media_type in _RECORDINGS:
        media_type = _RECORDINGS[media_type]
    else:
        raise Problem(
            415, "unsupported_media_type", "只能发送照片（JPEG、PNG、WebP）或语音（AMR、OGG、WebM、WAV、MP3、M4A）。"
        )
    principal = request[PRINCIPAL]
    sha256 = await request.app[FILES].keep(content)
    async with request.app[DATABASE].write() as session:
        row = await attachments.add(
            session,
            sha256=sha256,
            media_type=media_type,
            size=len(content),
            position=position,
            by_channel=principal.is_channel,
            uploaded_by=principal.scope,
            now=request.app[NOW](),
        )
    where = schemas.PositionView(lat=position[0], lng=position[1]) if position else None
    view = schemas.AttachmentView(attachment_id=row.id, media_type=media_type, size=row.size, position=where)
    return json_answer(view, 201, {"Location": f"/api/v1/attachments/{row.id}"})


async def _content(request: web.Request) -> bytes:
    """The bytes of the multipart field ``file``. Raises Problem 400, 413, 415."""
    if not request.content_type.startswith("multipart/"):
        raise Problem(415, "unsupported_media_type", "请用 multipart/form-data 发送，文件放在字段 file 里。")
    limit = request.app[SETTINGS].upload_limit_mb * 1024 * 1024
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name != "file":
                continue
            content = bytearray()
            while chunk := await part.read_chunk(1 << 16):
                content += chunk
                if len(content) > limit:
                    detail = f"文件太大，最多 {request.app[SETTINGS].upload_limit_mb} MB。"
                    raise Problem(413, "too_large", detail)
            if content:
                return bytes(content)
    except (ValueError, AssertionError, HttpProcessingError) as error:
        raise Problem(400, "bad_multipart", "上传的内容格式不对。") from error
    fault = FieldError(pointer="/file", detail="缺少文件。")
    raise Problem(422, "invalid", "没有收到文件，请放在字段 file 里。", errors=[fault])


async def download(request: web.Request) -> web.StreamResponse:
    """An attachment, for those who may see it."""
    attachment_id = request.match_info["attachment_id"]
    missing = Problem(404, "attachment_not_found", "没有这个附件。")
    if not _ID.fullmatch(attachment_id):
        raise missing
    if "signature" in request.query:
        _check_signature(request, attachment_id)
        principal = None
    else:
        principal = await authenticate(request)
    async with request.app[DATABASE].read() as session:
        row = await attachments.get(session, attachment_id)
        if row is None or (principal is not None and not await _may_see(session, principal, row)):
            raise missing
    path = request.app[FILES].path(row.sha256)
    if not await asyncio.to_thread(path.is_file):
        raise missing
    return web.FileResponse(
        path, headers={"Content-Type": row.media_type, "Cache-Control": "private, max-age=86400, immutable"}
    )


async def _may_see(session: AsyncSession, principal: Principal, row: AttachmentRow) -> bool:
    """All readers of cases; channels what channels sent (the gateway knows whose it is); others their own."""
    if principal.may(Permission.READ_ALL) or row.uploaded_by == principal.scope:
        return True
    if principal.is_channel:
        return row.by_channel
    department = principal.department_id if principal.may(Permission.READ_DEPARTMENT) else None
    if department and await cases.has_attachment(session, department, row.id):
        return True
    if principal.may(Permission.INSPECT) and row.case_id is not None:
        return await casework.awaits_check(session, row.case_id)
    return False


def signed_url(request: web.Request, attachment_id: str) -> str:
    """An address of an attachment that needs no log-in for a quarter of an hour."""
    expires = int((request.app[NOW]() + _VALID).timestamp())
    signature = _sign(request, attachment_id, str(expires))
    return f"/api/v1/attachments/{attachment_id}?expires={expires}&signature={signature}"


def _sign(request: web.Request, attachment_id: str, expires: str) -> str:
    return hmac.new(request.app[SIGNING_KEY].key, f"{attachment_id} {expires}".encode(), hashlib.sha256).hexdigest()


def _check_signature(request: web.Request, attachment_id: str) -> None:
    expires = request.query.get("expires", "")
    good = hmac.compare_digest(
        _sign(request, attachment_id, expires).encode(), request.query["signature"].encode(errors="surrogatepass")
    )
    if not good or not _DATE.fullmatch(expires) or int(expires) < request.app[NOW]().timestamp():
        raise Problem(403, "link_expired", "链接已失效，请刷新页面。")


OPERATIONS = (
    Operation(
        "POST", "/api/v1/attachments", upload, "附件", "上传照片或语音",
        "Field `file`. Photos are re-encoded to JPEG of at most 2048 pixels without EXIF; the position they carried "
        "is answered.",
        needs=(Permission.FILE, Permission.READ_ALL, Permission.READ_DEPARTMENT),
        action="upload_attachment", answers={201: schemas.AttachmentView}, request_media="multipart/form-data",
        answer_headers={"Location": "Where the attachment is."},
        problems={
            400: "bad_multipart", 413: "too_large", 415: "unsupported_media_type", 422: "invalid, broken_photo",
        },
    ),
    Operation(
        "GET", "/api/v1/attachments/{attachment_id}", download, "附件", "查看附件",
        "For those who may read its case, or with a signed address (`expires`, `signature`) as cases carry it.",
        needs=None, query=AttachmentQuery, answers={200: None}, answer_media=_MEDIA,
        problems={401: "unauthenticated", 403: "link_expired", 404: "attachment_not_found"},
    ),
)  # fmt: skip
