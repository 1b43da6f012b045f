"""Who asks: a partner by its ``api_key``, which is a token of role ``partner``."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from groundwork.web import client_address
from intake_api.domain.access import Role
from intake_api.domain.event import Actor, ActorKind
from intake_api.http.resources import CITY, DATABASE, NOW
from intake_api.open311.errors import Refused
from intake_api.open311.parameters import Parameters
from intake_api.storage import tokens


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner system. ``scope`` names it for idempotency keys and uploads."""

    actor: Actor
    address: str

    @property
    def scope(self) -> str:
        """The same as of its bearer token."""
        return self.actor.id


async def partner(request: web.Request, parameters: Parameters) -> Partner:
    """The partner that must be there. Raises Refused 403."""
    found = await partner_if_any(request, parameters)
    if found is None:
        raise Refused(403, "缺少参数 api_key：提交需要密钥，请向受理平台申请。")
    return found


async def partner_if_any(request: web.Request, parameters: Parameters) -> Partner | None:
    """The partner, None without a key. Raises Refused 403 for a key that is none."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    plain = parameters.get("api_key") or (bearer.strip() if scheme.lower() == "bearer" else "")
    if not plain:
        return None
    now = request.app[NOW]()
    async with request.app[DATABASE].read() as session:
        row = await tokens.find(session, plain)
    if row is None or row.role != Role.PARTNER:
        raise Refused(403, "参数 api_key 无效或已被撤销。")
    if tokens.is_use_worth_noting(row, now):
        async with request.app[DATABASE].write() as session:
            await tokens.note_use(session, row.id, now)
    return Partner(Actor(ActorKind.PARTNER, f"token:{row.id}", row.name), client_address(request))


def check_jurisdiction(request: web.Request, parameters: Parameters) -> None:
    """There is one city here: its code, or nothing. Raises Refused 404, CityNotLoaded."""
    given = parameters.get("jurisdiction_id")
    code = request.app[CITY].current.city.code
    if given and given != code:
        raise Refused(404, f"参数 jurisdiction_id 不对：这里只有 {code}，也可以不写。")
