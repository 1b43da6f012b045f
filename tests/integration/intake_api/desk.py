"""People at the desk: accounts made and used as people do, second factor and all."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import ClientSession, DummyCookieJar

from intake_api import administration
from intake_api.domain.second_factor import code_at, step_of
from intake_api.http.authentication import COOKIE
from tests.integration.intake_api.conftest import Intake, Json

GOOD = "Liuxi-2026-xin"
THREE = [
    {"role": "sysadmin", "name": "周系统", "password": GOOD},
    {"role": "secadmin", "name": "吴安全", "password": GOOD},
    {"role": "auditor", "name": "郑审计", "password": GOOD},
]


def path_of(link: str) -> str:
    return "/api/v1/invitations/" + link.rpartition("/")[2]


async def found(intake: Intake) -> None:
    """Found the three administrators."""
    link = await administration.founding_link(intake.settings)
    assert link is not None
    status, _ = await intake.call("POST", path_of(link), {"administrators": THREE}, role=None)
    assert status == 200


async def account(intake: Intake, name: str, *roles: str, department: str | None = None) -> None:
    """An account with a password, made by the command line."""
    link = await administration.add_staff(intake.settings, name, roles, department)
    status, _ = await intake.call("POST", path_of(link), {"password": GOOD}, role=None)
    assert status == 200


def code(intake: Intake, name: str) -> str:
    """What the phone shows after half a minute, so that it was not used before."""
    intake.clock.forward(seconds=30)
    return code_at(intake.secrets[name], step_of(intake.clock.now))


@dataclass
class Person:
    """Somebody logged in, in a browser of their own."""

    intake: Intake
    name: str
    cookie: str
    csrf: str
    duties: list[str]

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Json]:
        headers = {"Cookie": f"{COOKIE}={self.cookie}", "X-CSRF-Token": self.csrf}
        url = self.intake.client.make_url("/api/v1" + path)
        async with (
            ClientSession(cookie_jar=DummyCookieJar()) as session,
            session.request(method, url, json=body, headers=headers) as answer,
        ):
            if answer.content_type not in ("application/json", "application/problem+json"):
                return answer.status, {"text": await answer.text()}
            return answer.status, await answer.json(content_type=None) if answer.content_length else {}

    async def enrol(self) -> list[str]:
        """Set up the second factor; returns the recovery codes."""
        status, shown = await self.call("POST", "/account/second-factor")
        assert status == 200
        self.intake.secrets[self.name] = shown["secret"]
        body = {"code": code(self.intake, self.name)}
        status, answer = await self.call("POST", "/account/second-factor/confirm", body)
        assert status == 200
        self.duties = [duty for duty in self.duties if duty != "enrol"]
        return answer["codes"]


async def attempt(intake: Intake, name: str, password: str = GOOD, code: str = "") -> tuple[int, Json, str]:
    """Try to log in: status, answer, cookie."""
    body = {"name": name, "password": password, "code": code}
    url = intake.client.make_url("/api/v1/session")
    async with ClientSession(cookie_jar=DummyCookieJar()) as session, session.post(url, json=body) as answer:
        cookie = answer.cookies.get(COOKIE)
        return answer.status, await answer.json(content_type=None), cookie.value if cookie else ""


async def enter(intake: Intake, name: str, password: str = GOOD, *, enrol: bool = True) -> Person:
    """Log in; with the code where there is a second factor, and setting one up where it is due."""
    given = code(intake, name) if name in intake.secrets else ""
    status, answer, cookie = await attempt(intake, name, password, given)
    assert status == 200, answer
    person = Person(intake, name, cookie, answer["csrf_token"], answer["duties"])
    if enrol and "enrol" in person.duties:
        await person.enrol()
    return person
