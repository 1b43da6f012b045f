"""The action server: Rasa's webhook protocol on aiohttp, and the spool that files what could not be filed at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from actions.clerk import Clerk
from actions.consulting import Consult, Consulted
from actions.drafts import Drafts
from actions.filing import Filing
from actions.intake import Intake
from actions.knowledge import Knowledge
from actions.report_form import FileReport
from actions.second_reading import CANDIDATES, second_reading

log = logging.getLogger(__name__)

_EXECUTOR = web.AppKey("executor", ActionExecutor)
_DRAFTS = web.AppKey("drafts", Drafts)
_LARGEST_CALL = 8 * 1024 * 1024  # the tracker of a long session travels with every call


def create_app(intake_url: str, token: str, drafts_file: Path) -> web.Application:
    """Build the action server; its connections are opened when it starts."""
    app = web.Application(client_max_size=_LARGEST_CALL)
    intake = Intake(intake_url, token)
    drafts = Drafts(drafts_file)
    filing = Filing(drafts, intake)
    reading = second_reading(drafts_file.parent / "cache" / "knowledge-vectors.db")
    knowledge = Knowledge(intake, reading, CANDIDATES) if reading else Knowledge(intake)
    executor = ActionExecutor()
    clerk = Clerk(intake, filing, knowledge)
    for action in (clerk, FileReport(filing), Consult(intake, knowledge), Consulted(intake)):
        executor.register_action(action)
    app[_EXECUTOR] = executor
    app[_DRAFTS] = drafts

    async def keep_filing(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(filing.run())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await intake.close()

    app.cleanup_ctx.append(keep_filing)
    app.router.add_post("/webhook", webhook)
    app.router.add_get("/health", health)
    return app


async def webhook(request: web.Request) -> web.Response:
    """Run the action that Rasa asks for."""
    call = await request.json()
    try:
        result = await request.app[_EXECUTOR].run(call)
    except ActionExecutionRejection as rejection:
        return web.json_response({"error": rejection.message, "action_name": rejection.action_name}, status=400)
    except ActionNotFoundException as missing:
        return web.json_response({"error": missing.message, "action_name": missing.action_name}, status=404)
    except Exception:
        log.exception("action failed: %s", call.get("next_action"))
        return web.json_response({"error": "action failed", "action_name": call.get("next_action")}, status=500)
    return web.json_response(result)


async def health(request: web.Request) -> web.Response:
    """Alive, and how many confirmed reports wait to be filed."""
    waiting = await asyncio.to_thread(request.app[_DRAFTS].waiting)
    return web.json_response({"status": "ok", "drafts_waiting": waiting})
