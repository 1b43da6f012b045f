"""The Bot API as we use it, by python-telegram-bot, with its errors in our words and no token in any of them."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from telegram import Bot, BotCommand, InlineKeyboardMarkup, LinkPreviewOptions, ReplyKeyboardMarkup
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from channels.gateway.message import Json
from channels.telegram import metrics

T = TypeVar("T")

# updates are had as they are: one that the library cannot read must not stop those after it
warnings.filterwarnings("ignore", message=r"Please use 'Bot\.getUpdates'")
# seconds may come as a number or as a timedelta: both are understood
warnings.filterwarnings("ignore", message=r"Deprecated since version v22\.2.*retry_after")

WANTED = ("message", "edited_message", "callback_query", "my_chat_member")
"""Kinds of updates that we ask for."""

_SECONDS = 8.0
_CONNECT_SECONDS = 3.0
_CONNECTIONS = 32
_DOWNLOAD = aiohttp.ClientTimeout(total=60, sock_connect=3, sock_read=15)
_CHUNK = 64 * 1024
_ATTEMPTS = 3
_PAUSE_SECONDS = 0.3
_NO_LINK_PREVIEW = LinkPreviewOptions(is_disabled=True)
_STRANGE_CHATS = ("chat not found", "user is deactivated", "peer_id_invalid", "user not found")

Keyboard = InlineKeyboardMarkup | ReplyKeyboardMarkup


class TelegramDown(Exception):
    """Telegram does not answer, or not as it should, or has heard too much from us. Try again later.

    ``retry_after``: seconds that Telegram told us to wait; 0 when it did not.
    """

    def __init__(self, reason: str, retry_after: float = 0.0):
        super().__init__(reason)
        self.retry_after = retry_after


class TelegramRefused(Exception):
    """Telegram will not do it, for a reason that trying again does not mend."""


class Blocked(TelegramRefused):
    """The user has blocked the bot, or is gone."""


class PolledElsewhere(TelegramDown):
    """Somebody else fetches the bot's updates, or a webhook is set."""


class TooLarge(Exception):
    """The file has more bytes than allowed."""


class Telegram:
    """Client of the Bot API at ``base``. Every method raises TelegramDown or TelegramRefused."""

    def __init__(self, session: aiohttp.ClientSession, *, base: str, token: str):
        self._session = session
        self._files = f"{base}/file/bot{token}/"
        # an own connection for the long polls, so that nothing waits behind one
        self._polls = HTTPXRequest(1, read_timeout=_SECONDS, connect_timeout=_CONNECT_SECONDS)
        self._requests = HTTPXRequest(
            _CONNECTIONS, read_timeout=_SECONDS, connect_timeout=_CONNECT_SECONDS, pool_timeout=_SECONDS
        )
        self._bot = Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._requests,
            get_updates_request=self._polls,
        )
        self.bot_id = token.partition(":")[0]

    async def close(self) -> None:
        """Let the connections go."""
        await self._polls.shutdown()
        await self._requests.shutdown()

    async def updates(self, offset: int | None, limit: int, seconds: int) -> list[Json]:
        """Updates from ``offset`` on, as Telegram sent them; waits up to ``seconds`` for the first.

        Those before ``offset`` Telegram forgets. Raises PolledElsewhere.
        """
        wish: Json = {"limit": limit, "timeout": seconds, "allowed_updates": list(WANTED)}
        if offset is not None:
            wish["offset"] = offset
        found = await self._call(
            "getUpdates",
            lambda: self._bot.do_api_request("getUpdates", api_kwargs=wish, read_timeout=seconds + _SECONDS),
            attempts=1,
        )
        if not isinstance(found, list):
            raise TelegramDown("no list of updates")
        return [update for update in found if isinstance(update, dict)]

    async def send(self, chat: str, words: str, keyboard: Keyboard | None = None) -> None:
        """Write to a user. May raise Blocked.

        Not repeated here when its answer was lost on the way: the caller keeps the order and tries again.
        """
        await self._call(
            "sendMessage",
            lambda: self._bot.send_message(chat, words, reply_markup=keyboard, link_preview_options=_NO_LINK_PREVIEW),
            attempts=1,
        )

    async def show_place(self, chat: str, name: str, lat: float, lng: float) -> None:
        """Show a user a place on a map, WGS84 degrees. As ``send``."""
        await self._call(
            "sendVenue",
            lambda: self._bot.send_venue(chat, lat, lng, title=name, address=f"{lat:.5f}, {lng:.5f}"),
            attempts=1,
        )

    async def typing(self, chat: str) -> None:
        """Show the user for five seconds that an answer is being written."""
        await self._call("sendChatAction", lambda: self._bot.send_chat_action(chat, ChatAction.TYPING), attempts=1)

    async def answer_press(self, press_id: str, words: str = "") -> None:
        """Tell the user's telephone that a press of a button has arrived; ``words`` appear for a moment."""
        await self._call(
            "answerCallbackQuery", lambda: self._bot.answer_callback_query(press_id, text=words or None), attempts=2
        )

    async def show_buttons(self, chat: str, message: int, keyboard: InlineKeyboardMarkup | None) -> None:
        """Change the buttons below a message of ours."""
        await self._call(
            "editMessageReplyMarkup",
            lambda: self._bot.edit_message_reply_markup(chat, message, reply_markup=keyboard),
            attempts=2,
        )

    async def set_webhook(self, url: str, secret: str) -> None:
        """Have updates sent to ``url`` with ``secret`` in a header."""
        await self._call(
            "setWebhook",
            lambda: self._bot.set_webhook(url, allowed_updates=WANTED, secret_token=secret, max_connections=40),
        )

    async def delete_webhook(self) -> None:
        """Let updates be fetched. Those that wait are kept."""
        await self._call("deleteWebhook", self._bot.delete_webhook)

    async def set_commands(self, commands: Sequence[tuple[str, str]]) -> None:
        """Set the bot's list of commands: name and what it does."""
        await self._call("setMyCommands", lambda: self._bot.set_my_commands([BotCommand(*each) for each in commands]))

    async def name(self) -> str:
        """The bot's name with an @."""
        return "@" + str((await self._call("getMe", self._bot.get_me)).username)

    async def file(self, file_id: str, limit: int) -> bytes:
        """A photo, recording or document. May raise TooLarge (``limit`` bytes)."""
        found = await self._call("getFile", lambda: self._bot.get_file(file_id))
        if (found.file_size or 0) > limit:
            raise TooLarge
        if not found.file_path:
            raise TelegramRefused("no path of the file")
        # by a client that can stop at the limit; the library has put the token into the address
        path = found.file_path.removeprefix(self._files)
        url = self._files + urlsplit(path).path.lstrip("/")

        async def load() -> bytes:
            async with self._session.get(url, timeout=_DOWNLOAD, allow_redirects=False) as response:
                if response.status in (400, 404):
                    raise TelegramRefused(f"status {response.status}")
                if response.status != 200:
                    raise TelegramDown(f"status {response.status}")
                content = bytearray()
                async for chunk in response.content.iter_chunked(_CHUNK):
                    content += chunk
                    if len(content) > limit:
                        raise TooLarge
                return bytes(content)

        return await self._call("file", load)

    async def _call(self, name: str, call: Callable[[], Awaitable[T]], attempts: int = _ATTEMPTS) -> T:
        """What ``call`` returns; tried again when the network fails, but not when Telegram told us to wait."""
        pause = _PAUSE_SECONDS
        while True:
            attempts -= 1
            try:
                async with _errors():
                    result = await call()
            except TelegramDown as error:
                metrics.CALLS.labels(name, "wait" if error.retry_after else "down").inc()
                if not attempts or error.retry_after:
                    raise
            except Blocked:
                metrics.CALLS.labels(name, "blocked").inc()
                raise
            except (TelegramRefused, TooLarge):
                metrics.CALLS.labels(name, "refused").inc()
                raise
            else:
                metrics.CALLS.labels(name, "ok").inc()
                return result
            await asyncio.sleep(pause)
            pause *= 3


@asynccontextmanager
async def _errors() -> AsyncIterator[None]:
    """Errors of the library as ours. Their own words may hold addresses and with them the token: ``from None``."""
    try:
        yield
    except RetryAfter as error:
        raise TelegramDown("too many requests", _seconds(error)) from None
    except Conflict:
        raise PolledElsewhere("polled elsewhere, or a webhook is set") from None
    except (Forbidden, ChatMigrated):
        raise Blocked("blocked") from None
    except BadRequest as error:
        if any(words in error.message.lower() for words in _STRANGE_CHATS):
            raise Blocked("no such chat") from None
        raise TelegramRefused("bad request") from None
    except InvalidToken:
        raise TelegramDown("the token is not taken") from None
    except TelegramError as error:  # network errors and time-outs among them
        raise TelegramDown(type(error).__name__) from None
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise TelegramDown(type(error).__name__) from None


def _seconds(error: RetryAfter) -> float:
    wait: Any = error.retry_after
    return float(wait.total_seconds() if hasattr(wait, "total_seconds") else wait)
