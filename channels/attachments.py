"""Photos and voice messages on their way from the intake to whoever may see them."""

from __future__ import annotations

import logging

from aiohttp import web

from channels.gateway.intake import Intake, IntakeDown, IntakeRefused
from groundwork.problem import Problem

log = logging.getLogger(__name__)

_CHUNK = 64 * 1024
_SHOWN_INLINE = ("image/", "audio/")


async def stream_attachment(
    request: web.Request, intake: Intake, attachment_id: str, media_type: str
) -> web.StreamResponse:
    """The attachment, passed on as it comes. The caller has seen that the asker may have it. Raises Problem."""
    response = web.StreamResponse(headers={"Content-Type": media_type, "Cache-Control": "private, max-age=3600"})
    if not media_type.startswith(_SHOWN_INLINE):
        response.headers["Content-Disposition"] = "attachment"
    try:
        async with intake.attachment(attachment_id) as stored:
            response.content_length = stored.content_length
            await response.prepare(request)
            async for chunk in stored.content.iter_chunked(_CHUNK):
                await response.write(chunk)
    except IntakeRefused as error:
        if error.status in (404, 410):
            raise Problem(404, "not_found", "这个附件已经不在了。") from error
        log.error("an attachment was refused", extra={"status": error.status})
        raise attachments_down() from error
    except IntakeDown as error:
        if not response.prepared:
            raise attachments_down() from error
        # half of it has been sent: only breaking off tells the browser that it is not all
        if request.transport is not None:
            request.transport.abort()
    return response


def attachments_down() -> Problem:
    """The intake does not take or give attachments now."""
    return Problem(503, "intake_down", "附件暂时不能处理，请稍后再试；文字可以照常发送。", headers={"Retry-After": "5"})
