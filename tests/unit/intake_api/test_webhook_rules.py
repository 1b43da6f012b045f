"""Webhooks: signatures, pauses, what answers mean, and where we never call."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import re
import time
from datetime import timedelta

import pytest

from groundwork.settings import ROOT
from intake_api.domain.feed import named_departments, public_data
from intake_api.domain.webhook import Verdict, pause, signature, verdict
from intake_api.webhooks import ForbiddenAddress, Guard

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def test_a_signature_can_be_checked_with_either_secret() -> None:
    header = signature(["new", "old"], 1_790_000_000, b"{}")
    parts = [part.split("=", 1) for part in header.split(",")]
    assert parts[0] == ["t", "1790000000"]
    assert [code for name, code in parts if name == "v1"] == [
        hmac.new(secret, b"1790000000.{}", hashlib.sha256).hexdigest() for secret in (b"new", b"old")
    ]


def test_the_sample_of_the_document_tells_true_from_false() -> None:
    (sample,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "events.md").read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(sample, names)
    is_genuine = names["is_genuine"]
    assert callable(is_genuine)
    now = int(time.time())
    body = '{"kind": "filed", "reason": "现场已看"}'.encode()
    header = signature(["new", "old"], now, body)
    assert is_genuine("new", header, body)
    assert is_genuine("old", header, body)
    assert not is_genuine("other", header, body)
    assert not is_genuine("new", header, body + b" ")
    assert not is_genuine("new", signature(["new"], now - 3600, body), body)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, Verdict.DELIVERED),
        (204, Verdict.DELIVERED),
        (301, Verdict.FAILED),  # not followed: it could lead into our own network
        (400, Verdict.REFUSED),
        (401, Verdict.FAILED),
        (404, Verdict.FAILED),
        (410, Verdict.GONE),
        (422, Verdict.REFUSED),
        (429, Verdict.FAILED),
        (500, Verdict.FAILED),
        (503, Verdict.FAILED),
    ],
)
def test_what_an_answer_means(status: int, meaning: Verdict) -> None:
    assert verdict(status) is meaning


def test_pauses_grow_to_an_hour_and_are_spread() -> None:
    longest = [pause(attempts, 1.0) for attempts in range(1, 30)]
    assert longest[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert longest == sorted(longest)
    assert longest[-1] == timedelta(hours=1)
    assert pause(3, 0.0) == timedelta(seconds=10)


def test_a_receiver_may_ask_for_a_longer_pause_but_not_for_days() -> None:
    assert pause(1, 0.5, timedelta(minutes=2)) == timedelta(minutes=2)
    assert pause(1, 0.5, timedelta(days=2)) == timedelta(hours=1)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "240.0.0.1"],
)  # fmt: skip
def test_our_own_network_is_never_called(address: str) -> None:
    assert not Guard(()).allows(ipaddress.ip_address(address), secure=True)


def test_public_addresses_are_called_with_tls_only() -> None:
    public = ipaddress.ip_address("114.114.114.114")
    assert Guard(()).allows(public, secure=True)
    assert not Guard(LOOPBACK).allows(public, secure=False)


def test_networks_that_are_named_are_called_without_tls_too() -> None:
    guard = Guard((ipaddress.ip_network("10.20.0.0/16"),))
    assert guard.allows(ipaddress.ip_address("10.20.3.4"), secure=False)
    assert guard.allows(ipaddress.ip_address("::ffff:10.20.3.4"), secure=False)
    assert not guard.allows(ipaddress.ip_address("10.21.3.4"), secure=True)


@pytest.mark.parametrize(
    ("url", "networks", "accepted"),
    [
        ("https://example.org/hook", (), True),
        ("http://example.org/hook", (), False),
        ("http://127.0.0.1:9000/hook", LOOPBACK, True),
        ("https://127.0.0.1/hook", (), False),
        ("https://[::1]/hook", (), False),
        ("https://user:word@example.org/hook", (), False),
        ("ftp://example.org/hook", (), False),
        ("example.org", (), False),
        ("https://", (), False),
    ],
)
def test_which_urls_can_be_subscribed(url: str, networks: tuple[ipaddress.IPv4Network, ...], accepted: bool) -> None:
    assert (Guard(networks).objection(url) is None) is accepted


@pytest.mark.parametrize("name", ["localhost", "127.1", "2130706433"])
def test_a_name_that_leads_into_our_network_is_not_called(name: str) -> None:
    async def resolve() -> None:
        resolver = Guard(()).resolver(secure=True)
        await resolver.resolve(name, 443)

    with pytest.raises(ForbiddenAddress):
        asyncio.run(resolve())


def test_departments_named_anywhere_in_an_event_are_concerned() -> None:
    data = {"before": {"department": "a", "supporting": ["b"]}, "after": {"department": "c"}, "lead": None, "n": 1}
    assert named_departments(data) == {"a", "b", "c"}


def test_partners_get_only_what_anybody_may_know() -> None:
    data = {
        "category": "1101",
        "grid_cell": "C12",
        "left_to_operator": ["位置不够明确"],
        "due": {"due_at": "x", "steps": []},
    }
    assert public_data(data) == {"category": "1101", "due_at": "x"}
