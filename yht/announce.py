"""Waits until everything answers and tells the operator where it is.

Started by the supervisor, whose process id is the argument, and ended with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from groundwork.settings import BadSettings, Settings, read_settings

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Asks this machine directly, whatever proxy is set for others."""
PATIENCE = 60.0
"""Seconds after which it is said what is still missing."""


def readiness(address: str) -> dict[str, bool] | None:
    """What ``/readyz`` says: empty when all is ready, else the checks; None when nothing answers."""
    try:
        with _DIRECT.open(f"{address}/readyz", timeout=10):
            return {}
    except urllib.error.HTTPError as error:
        try:
            return dict(json.load(error).get("checks", {}))
        except (ValueError, AttributeError):
            return None
    except OSError:
        return None


def wait_until_ready(address: str, supervisor: int, say: Callable[[str], None]) -> None:
    """Poll ``address`` until it is ready. Says once what is missing when that takes long.

    Ends the process when its parent ``supervisor`` is gone.
    """
    started = time.monotonic()
    told = False
    while (checks := readiness(address)) != {}:
        if os.getppid() != supervisor:
            raise SystemExit(0)
        if not told and time.monotonic() - started > PATIENCE:
            missing = "、".join(name for name, good in (checks or {}).items() if not good) or "入口"
            say(f"还在等待：{missing}（原因见上面的日志）")
            told = True
        time.sleep(0.3)


def inner_address(settings: Settings) -> str:
    """Where the front is reached from this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def announcement(base_url: str, founding_link: str | None) -> str:
    """What is printed when everything answers."""
    lines = [
        "",
        f"一号通已启动：{base_url}",
        f"  市民对话    {base_url}/chat",
        f"  部门工作台  {base_url}/desk",
    ]
    if founding_link:
        lines.append("还没有工作人员账号。请用这个一次性链接建立首批管理员：")
        lines.append(f"  {founding_link}")
    return "\n".join([*lines, ""])


def main() -> None:
    """Announce this installation."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: os._exit(0))
    settings = read_settings()
    wait_until_ready(inner_address(settings), int(sys.argv[1]), _say)
    try:
        link = None if settings.intake_url else asyncio.run(founding_link(settings))
    except BadSettings as error:
        _say(announcement(settings.base_url, None))
        _say(f"首批管理员的链接没有生成：{error}")
    else:
        _say(announcement(settings.base_url, link))


async def founding_link(settings: Settings) -> str | None:
    """The one-time link to create the first administrators, None once there is staff. Raises BadSettings."""
    from intake_api import administration
    from yht.databases import usable

    with usable():
        return await administration.founding_link(settings)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
