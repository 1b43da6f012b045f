"""AudioSocket frames, byte by byte."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.hotline.frames import TELEPHONE, Decoder, Frame, Kind, Malformed

LEG = UUID("00112233-4455-6677-8899-aabbccddeeff")
SOUND = Frame(TELEPHONE, b"\x01\x02" * 160)
WHOLE = [
    Frame(Kind.UUID, LEG.bytes),
    SOUND,
    Frame(Kind.DTMF, b"#"),
    SOUND,
    Frame(Kind.ERROR, b"\x02"),
    Frame(Kind.HANGUP),
]


def test_frames_look_on_the_wire_as_the_protocol_says() -> None:
    assert Frame(Kind.UUID, LEG.bytes).encoded() == bytes.fromhex("010010") + LEG.bytes
    assert SOUND.encoded()[:3] == bytes.fromhex("100140")  # 320 bytes, big-endian
    assert Frame(Kind.HANGUP).encoded() == bytes(3)


@given(st.data())
def test_frames_come_out_as_they_went_in_wherever_the_stream_is_cut(data: st.DataObject) -> None:
    stream = b"".join(frame.encoded() for frame in WHOLE)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    decoder, found = Decoder(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += list(decoder.feed(stream[start:end]))
    assert found == WHOLE
    assert not decoder.is_amid_frame


def test_what_frames_tell() -> None:
    assert Frame(Kind.UUID, LEG.bytes).leg == LEG
    assert Frame(Kind.DTMF, b"a").key == "A"
    assert (Frame(Kind.ERROR, b"\x04").code, Frame(Kind.ERROR).code) == (4, 0)
    assert (SOUND.rate, Frame(0x12).rate, Frame(Kind.DTMF, b"1").rate) == (8000, 16000, None)


@pytest.mark.parametrize("bad", ["0400", "10000361", "0300026161", "01000f", "ff0002", "03000178", "000002"])
def test_what_is_no_frame_is_refused_as_soon_as_it_can_be_known(bad: str) -> None:
    decoder = Decoder()
    with pytest.raises(Malformed):
        list(decoder.feed(bytes.fromhex(bad) + b"\x00"))


def test_silence_of_older_senders_is_passed_over() -> None:
    assert list(Decoder().feed(bytes.fromhex("020000") + SOUND.encoded() + bytes.fromhex("0200020000"))) == [SOUND]


def test_frames_before_a_bad_one_are_still_told() -> None:
    found = []
    with pytest.raises(Malformed):
        for frame in Decoder().feed(SOUND.encoded() + b"\x99\x00\x00"):
            found.append(frame)
    assert found == [SOUND]
