"""Photos that come with a form, and links to photos elsewhere.

A link (``media_url``) is never fetched: whoever holds a key could else make this server ask any address for them. It is
kept with the conversation of the case, where staff read it as a text. Photos sent along are taken in like all others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web
from yarl import URL

from intake_api.domain.case import Utterance
from intake_api.http.resources import DATABASE, FILES, NOW
from intake_api.open311.errors import Refused
from intake_api.open311.form import MOST_PHOTOS
from intake_api.open311.parameters import Parameters
from intake_api.photo import NotAPhoto, read_photo
from intake_api.storage import attachments

_LONGEST_LINK = 2000


async def keep_photos(request: web.Request, photos: Sequence[bytes], scope: str) -> tuple[str, ...]:
    """Keep photos and return their ids; none is kept unless all can be. Raises Refused 400."""
    read = []
    for number, content in enumerate(photos, 1):
        try:
            read.append(await asyncio.to_thread(read_photo, content))
        except NotAPhoto as error:
            raise Refused(400, f"第 {number} 个文件不是能打开的照片（JPEG、PNG、WebP），请重新发送。") from error
    ids = []
    for photo in read:
        sha256 = await request.app[FILES].keep(photo.content)
        async with request.app[DATABASE].write() as session:
            row = await attachments.add(
                session,
                sha256=sha256,
                media_type=photo.media_type,
                size=len(photo.content),
                position=photo.position,
                by_channel=False,
                uploaded_by=scope,
                now=request.app[NOW](),
            )
        ids.append(row.id)
    return tuple(ids)


def links(parameters: Parameters) -> tuple[Utterance, ...]:
    """The links, as lines of the conversation. Raises Refused 400."""
    given = list(dict.fromkeys(parameters.all("media_url", "media_url[]")))
    if len(given) > MOST_PHOTOS:
        raise Refused(400, f"参数 media_url 最多 {MOST_PHOTOS} 个。")
    for link in given:
        try:
            sound = URL(link).scheme in ("http", "https") and bool(URL(link).host) and link.isprintable()
        except ValueError:
            sound = False
        if not sound or len(link) > _LONGEST_LINK:
            raise Refused(400, "参数 media_url 应为 http:// 或 https:// 开头的网址。")
    return tuple(Utterance("user", f"照片链接（本系统没有下载，打开前请核实来源）：{link}") for link in given)
