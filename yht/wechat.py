"""The WeChat account's menu, set from here."""

from __future__ import annotations

import aiohttp

from channels.gateway.database import Database
from channels.gateway.gateway import now_utc
from channels.gateway.pulse import Pulse
from channels.wechat.account import Account
from channels.wechat.client import WeChatDown, WeChatRefused
from channels.wechat.incoming import MENU
from groundwork.settings import BadSettings, Settings
from yht.databases import usable
from yht.failure import CommandFailed


async def set_menu(settings: Settings) -> str:
    """Give the account its menu. Returns what to tell. Raises BadSettings or CommandFailed."""
    if not settings.wechat_app_id:
        raise BadSettings("YHT_WECHAT_APP_ID: 没有设置，微信渠道没有开通")
    database = Database(settings.channels_database)
    try:
        with usable():
            # the token is shared with the running processes
            await database.upgrade()
            async with aiohttp.ClientSession() as session:
                pulse = Pulse(database, now_utc)
                await Account(settings, session, database, pulse, now_utc).wechat.set_menu(MENU)
    except WeChatRefused as error:
        raise CommandFailed(f"微信拒绝了：{error}") from error
    except WeChatDown as error:
        raise CommandFailed(f"微信接口没有应答（{error}），请检查网络和 YHT_WECHAT_API_BASE 后再试") from error
    finally:
        await database.close()
    return "菜单已设置：" + "、".join(item["name"] for item in MENU["button"])
