"""WeChat's signatures, its encrypted envelope and its XML."""

from __future__ import annotations

import json

import pytest

from channels.wechat.codec import Envelope, Forged, Malformed, read_xml, signature, signed, write_xml
from groundwork.settings import ROOT

KEY, APP_ID = "0123456789" * 4 + "abc", "wx0123456789abcdef"
PUBLISHED = ROOT.parent / "shared" / "data" / "wechat_vectors.json"


def test_a_signature_depends_on_its_parts_and_not_on_their_order() -> None:
    # made with an implementation of its own: printf 111222333token | sha1sum
    assert signature("token", "222", "111", "333") == "68cd1377ec0dbb1793d0dac89f17f3292f5e3468"
    assert signed(signature("a", "b", "c"), "c", "a", "b")
    assert not signed(signature("a", "b", "c"), "a", "b", "d")
    assert not signed("", "a", "b")
    assert not signed("签名", "a", "b")


# sealed by OpenSSL's command line from the bytes of the format, with the random prefix 0123456789abcdef
SEALED = "gN80E68nmdEmrWh5Yu2cZQHDJkwl72z539v6/ykp21Ld6cuzrczTxC5QXwAGcH2A8u6uMCb0haiYcUsYrcz/xg=="


def test_the_envelope_is_openssls() -> None:
    message = "<xml>路灯不亮</xml>".encode()
    assert Envelope(APP_ID, KEY).seal(message, b"0123456789abcdef") == SEALED
    assert Envelope(APP_ID, KEY).open(SEALED) == message


@pytest.mark.parametrize("length", [0, 1, 11, 12, 13, 31, 32, 33, 5000])
def test_what_is_sealed_is_opened_again(length: int) -> None:
    message = b"x" * length
    sealed = Envelope(APP_ID, KEY).seal(message)
    assert Envelope(APP_ID, KEY).open(sealed) == message
    assert sealed != Envelope(APP_ID, KEY).seal(message)


@pytest.mark.parametrize("damage", ["", "x", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA==", "路灯", "A" * 64])
def test_a_damaged_envelope_is_refused(damage: str) -> None:
    with pytest.raises(Forged):
        Envelope(APP_ID, KEY).open(damage)


def test_a_message_for_another_account_is_refused() -> None:
    sealed = Envelope("wx-another", KEY).seal(b"<xml></xml>")
    with pytest.raises(Forged, match="another account"):
        Envelope(APP_ID, KEY).open(sealed)
    with pytest.raises(Forged):
        Envelope("wx-another", KEY[::-1]).open(sealed)


def test_published_vectors_are_met() -> None:
    if not PUBLISHED.exists():
        pytest.skip("the published vectors are not here")
    for vector in json.loads(PUBLISHED.read_text("utf-8"))["vectors"]:
        parts = [vector["token"], vector["timestamp"], vector["nonce"]]
        if "signature_plain" in vector:
            assert signed(vector["signature_plain"], *parts), vector["name"]
        if vector["kind"] == "signature":
            continue
        envelope = Envelope(vector["appid"], vector["encodingAESKey"])
        assert signed(vector["msg_signature"], *parts, vector["encrypt"]), vector["name"]
        assert envelope.open(vector["encrypt"]).decode() == vector["plaintext"], vector["name"]
        if vector["kind"].startswith("encrypt"):
            sealed = envelope.seal(vector["plaintext"].encode(), vector["random16"].encode())
            assert sealed == vector["encrypt"], vector["name"]


def test_fields_are_read_by_their_paths() -> None:
    document = "<xml><A><![CDATA[路<灯]]></A><B> 1 </B><C><D>x&amp;y</D></C><A>later</A></xml>".encode()
    assert read_xml(document) == {"A": "路<灯", "B": " 1 ", "C/D": "x&y", "C": ""}


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{}",
        b"<xml>",
        b"<html></html>",
        b"<!DOCTYPE xml><xml></xml>",
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml>&a;</xml>',
        b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml></xml>',
        b"<xml>&undefined;</xml>",
        b'<?xml-stylesheet href="x"?><xml></xml>',
        b"<xml>" * 20 + b"</xml>" * 20,
        b"<xml>" + b"<a/>" * 1000 + b"</xml>",
        "<xml><A>路灯</A></xml>".encode("gbk"),
        '<!DOCTYPE xml [<!ENTITY a "b">]><xml>&a;</xml>'.encode("utf-16"),
    ],
)
def test_what_is_no_message_or_could_do_harm_is_refused(document: bytes) -> None:
    with pytest.raises(Malformed):
        read_xml(document)


@pytest.mark.parametrize("words", ["", "路灯", "a]]>b", "<xml>&amp;", "x" * 3000, "两行\n二", "😀"])
def test_words_survive_the_writing(words: str) -> None:
    assert read_xml(write_xml({"Content": words, "CreateTime": 1})) == {"Content": words, "CreateTime": "1"}


def test_what_xml_has_no_character_for_is_left_out() -> None:
    assert read_xml(write_xml({"Content": "a\x00\x07\ud800\uffffb"})) == {"Content": "ab"}
