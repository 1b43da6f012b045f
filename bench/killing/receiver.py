"""Those whom webhooks call: each notes what it hears, and looks at the signature."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from itertools import groupby

from aiohttp import web

from intake_api.domain import webhook
from yht.ports import LOOPBACK, free_ports


class Receiver:
    """One subscriber. ``department``: its owner's id, None for a partner, who hears everything."""

    def __init__(self, name: str, department: str | None) -> None:
        self.name = name
        self.department = department
        self.secret = ""
        self.positions: list[int] = []
        self._wrong = 0

    @property
    def heard_again(self) -> int:
        """How many deliveries repeated the one before, as is allowed."""
        return len(self.positions) - len(self._in_turn)

    @property
    def _in_turn(self) -> list[int]:
        return [position for position, _ in groupby(self.positions)]

    async def take(self, request: web.Request) -> web.Response:
        """Hear one delivery."""
        body = await request.read()
        given = request.headers.get(webhook.SIGNATURE_HEADER, "")
        at = given.partition(",")[0].removeprefix("t=")
        if not at.isdecimal() or webhook.signature([self.secret], int(at), body) != given:
            self._wrong += 1
        self.positions.append((await request.json())["position"])
        return web.Response()

    def faults(self, wanted: Sequence[int]) -> list[str]:
        """What is not as it should be: every position of ``wanted`` at least once, in order, and nothing else."""
        faults = [f"{self.name}：{self._wrong} 次推送签名不对"] if self._wrong else []
        if set(self.positions) != set(wanted):
            missing, strange = set(wanted) - set(self.positions), set(self.positions) - set(wanted)
            faults.append(f"{self.name}：应听 {len(wanted)}，缺 {len(missing)}，多 {len(strange)}")
        elif self._in_turn != list(wanted):
            faults.append(f"{self.name}：推送乱序")
        return faults


@contextlib.asynccontextmanager
async def listening(receivers: Sequence[Receiver]) -> AsyncIterator[list[str]]:
    """The address of each, while the block lasts."""
    app = web.Application()
    for number, receiver in enumerate(receivers):
        app.router.add_post(f"/{number}", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_ports(1)[0]
    await web.TCPSite(runner, LOOPBACK, port).start()
    try:
        yield [f"http://{LOOPBACK}:{port}/{number}" for number in range(len(receivers))]
    finally:
        await runner.cleanup()
