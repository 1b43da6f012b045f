"""The Telegram bot, connected from here: its webhook, or none, and its commands."""

from __future__ import annotations

import aiohttp

from channels.telegram.client import Telegram, TelegramDown, TelegramRefused
from channels.telegram.incoming import COMMANDS
from channels.telegram.views import PATH
from groundwork.settings import BadSettings, Settings
from yht.failure import CommandFailed


async def connect(settings: Settings) -> str:
    """Tell Telegram how updates are had. Returns what to tell. Raises BadSettings or CommandFailed."""
    if not settings.telegram_token:
        raise BadSettings("YHT_TELEGRAM_TOKEN: 没有设置，Telegram 渠道没有开通")
    webhook = settings.telegram_mode == "webhook"
    if webhook and not settings.public_url.startswith("https://"):
        raise BadSettings("YHT_PUBLIC_URL: webhook 需要以 https:// 开头的对外网址")
    async with aiohttp.ClientSession() as session:
        telegram = Telegram(session, base=settings.telegram_api_base, token=settings.telegram_token)
        try:
            name = await telegram.name()
            if webhook:
                await telegram.set_webhook(settings.public_url + PATH, settings.telegram_secret)
            else:
                await telegram.delete_webhook()
            await telegram.set_commands(COMMANDS)
        except TelegramRefused as error:
            raise CommandFailed(f"Telegram 拒绝了：{error}") from error
        except TelegramDown as error:
            raise CommandFailed(f"Telegram 没有应答（{error}），请检查网络、令牌和 YHT_TELEGRAM_API_BASE") from error
        finally:
            await telegram.close()
    how = f"消息发到 {settings.public_url}{PATH}" if webhook else "由本系统轮询消息"
    return f"{name} 已连接：{how}"
