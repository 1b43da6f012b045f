"""What goes in and out about accounts: those that administrators see, one's own, and tokens of programs."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from intake_api.domain.access import Role
from intake_api.domain.staff import Duty
from intake_api.http.schemas import Body, OptionalText, StaffListItem, StaffView, Text, View


class AccountItem(StaffListItem):
    """An account as administrators see it. ``requested_roles``: asked for, and not yet decided on."""

    requested_roles: list[Role]
    second_factor: bool
    second_factor_compulsory: bool
    must_change_password: bool
    password_set_at: AwareDatetime | None
    locked_until: AwareDatetime | None
    disabled_at: AwareDatetime | None


class AccountList(View):
    """All accounts."""

    items: list[AccountItem]


class RolesBody(Body):
    """The roles an account has from now on; ``department_id`` is left as it is when absent."""

    roles: list[Role]
    department_id: str | None = Field(None, max_length=60)


class LinkView(View):
    """A one-time link by which the account's owner sets a password."""

    id: int
    name: str
    link: str


class StaffSessionView(View):
    """A session that has not ended. ``present``: the one that asks."""

    id: str
    started_at: AwareDatetime
    last_seen_at: AwareDatetime
    address: str
    agent: str
    present: bool


class StaffSessionList(View):
    """Sessions, newest first."""

    items: list[StaffSessionView]


class EndedView(View):
    """How many sessions were ended."""

    ended: int


class OwnSecondFactorView(View):
    """One's own second factor. ``compulsory``: one's roles need it."""

    enrolled: bool
    compulsory: bool
    since: AwareDatetime | None
    recovery_codes_left: int


class OwnPasswordView(View):
    """One's own password: since when, and until when it may be used to log in."""

    set_at: AwareDatetime | None
    expires_at: AwareDatetime | None


class OwnAccountView(View):
    """One's own account."""

    staff: StaffView
    duties: list[Duty]
    password: OwnPasswordView
    second_factor: OwnSecondFactorView


class PasswordChangeBody(Body):
    """The old password and the new one."""

    old: str = Field(min_length=1, max_length=1000)
    new: str = Field(max_length=1000)


class EnrolmentView(View):
    """A secret for the authenticator app, shown this once: as text, as an ``otpauth:`` address, and as a QR code."""

    secret: str
    address: str
    qr_svg: str


class CodeBody(Body):
    """A code of the authenticator app."""

    code: Text = Field(min_length=1, max_length=40)


class RecoveryCodesView(View):
    """Codes for log-ins without the phone, shown this once; each works once."""

    codes: list[str]


class TokenBody(Body):
    """A token for a program. ``partner``: another system; ``channel``: a channel of ours."""

    role: Literal[Role.CHANNEL, Role.PARTNER]
    name: Text = Field(min_length=2, max_length=100)
    department_id: OptionalText = Field("", max_length=60)


class TokenView(View):
    """A token, without what opens the door."""

    id: int
    role: Role
    role_label: str
    name: str
    created_at: AwareDatetime
    last_used_at: AwareDatetime | None
    revoked_at: AwareDatetime | None


class TokenList(View):
    """All tokens, newest first."""

    items: list[TokenView]


class TokenCreated(View):
    """A new token, shown this once."""

    id: int
    token: str
