"""Voice messages of every channel are read by what they hold."""

from __future__ import annotations

import io
import math
from itertools import pairwise

import pytest

from channels.speech.port import LONGEST_SECONDS, AudioTooLong, AudioUnreadable, Speech

from .sounds_made import silence, tone

av = pytest.importorskip("av", reason="speech recognition is not installed")

from channels.speech.recording import container, read_recording, resampled  # noqa: E402


def recorded(speech: Speech, container_format: str, codec: str, rate: int) -> bytes:
    """``speech`` as a file of the format, as telephones and browsers make them."""
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as output:
        stream = output.add_stream(codec, rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(speech.pcm) // 2)
        frame.sample_rate = speech.rate
        frame.planes[0].update(speech.pcm)
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    return file.getvalue()


def amr(frames: int) -> bytes:
    """AMR as WeChat sends it: 12.2 kbit/s frames of 20 ms, all of silence."""
    return b"#!AMR\n" + (bytes([0x3C]) + bytes(31)) * frames


def pitch(speech: Speech) -> float:
    """Crossings of zero a second, halved."""
    samples = memoryview(speech.pcm).cast("h")
    crossings = sum(a < 0 <= b for a, b in pairwise(samples))
    return crossings / speech.seconds


@pytest.mark.parametrize(
    ("container_format", "codec", "rate"),
    [
        ("ogg", "libopus", 48_000),
        ("webm", "libopus", 48_000),
        ("wav", "pcm_s16le", 8_000),
        ("mp3", "libmp3lame", 44_100),
        ("ipod", "aac", 44_100),
    ],
)
def test_each_format_is_read_as_it_was_spoken(container_format: str, codec: str, rate: int) -> None:
    read = read_recording(recorded(tone(2.0, rate, hertz=500), container_format, codec, rate))
    assert read.rate == 16_000
    assert read.seconds == pytest.approx(2.0, abs=0.15)
    assert pitch(read) == pytest.approx(500, rel=0.1)


def test_amr_of_wechat_is_read() -> None:
    read = read_recording(amr(100))
    assert read.seconds == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"<html>", b"\xff\xd8\xff\xe0 a photo", b"#EXTM3U\nhttp://127.0.0.1/secret", b"concat:/etc/passwd"],
)
def test_what_is_no_recording_is_refused(content: bytes) -> None:
    with pytest.raises(AudioUnreadable):
        read_recording(content)


@pytest.mark.parametrize("start", [b"OggS", b"RIFF\0\0\0\0WAVE", b"\x1aE\xdf\xa3", b"ID3", b"\0\0\0\x20ftypM4A "])
def test_rubbish_behind_a_good_beginning_is_refused(start: bytes) -> None:
    with pytest.raises(AudioUnreadable):
        read_recording(start + bytes(range(256)) * 20)


def test_a_recording_cut_off_in_the_middle_is_read_as_far_as_it_goes() -> None:
    whole = recorded(tone(4.0, 48_000), "ogg", "libopus", 48_000)
    assert 0.5 < read_recording(whole[: len(whole) // 2]).seconds < 3.5


def test_a_recording_that_is_too_long_is_refused_before_all_of_it_is_read() -> None:
    with pytest.raises(AudioTooLong):
        read_recording(amr(int(LONGEST_SECONDS * 50) + 100))


def test_a_name_says_nothing() -> None:
    assert container(b"#!AMR\n") == "amr"
    assert container(b"voice.amr") is None


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_telephone_speech_keeps_its_pitch_and_length(rate: int) -> None:
    heard = resampled(tone(1.0, rate, hertz=300))
    assert heard.rate == 16_000
    assert heard.seconds == pytest.approx(1.0, abs=0.01)
    assert pitch(heard) == pytest.approx(300, rel=0.05)
    assert resampled(silence(0)).pcm == b""
    assert math.isclose(resampled(tone(1.0)).seconds, 1.0)
