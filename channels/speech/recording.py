"""Voice messages as speech: decoded by what they hold, whatever they are called."""

from __future__ import annotations

import io
import struct

import av
from av.audio.frame import AudioFrame

from channels.speech.port import LONGEST_SECONDS, AudioTooLong, AudioUnreadable, Speech

RATE = 16_000
"""What the recogniser listens at, in samples per second."""
_FORMATS = {b"#!AMR": "amr", b"OggS": "ogg", b"\x1aE\xdf\xa3": "matroska", b"ID3": "mp3", b"fLaC": "flac"}
_MOST_STREAMS = 4


def read_recording(content: bytes) -> Speech:
    """AMR, Ogg, WebM, WAV, MP3 or MP4 as speech of 16,000 samples per second; its first audio stream.

    Raises AudioUnreadable, or AudioTooLong as soon as that is seen.
    """
    kind = container(content)
    if kind is None:
        raise AudioUnreadable("neither AMR, Ogg, WebM, WAV, MP3 nor MP4")
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    pcm = bytearray()
    try:
        with av.open(io.BytesIO(content), mode="r", format=kind) as recording:
            if not recording.streams.audio or len(recording.streams) > _MOST_STREAMS:
                raise AudioUnreadable("no sound in it")
            for frame in recording.decode(recording.streams.audio[0]):
                frame.pts = None  # gaps of a bad connection are no reason to fail
                _take(pcm, resampler, frame)
            _take(pcm, resampler, None)
    except (av.FFmpegError, ValueError, struct.error) as error:
        if not pcm:
            raise AudioUnreadable(type(error).__name__) from error
        # cut off in the middle: what came is what was said
    return Speech(bytes(pcm), RATE)


def container(content: bytes) -> str | None:
    """FFmpeg's name of the format that ``content`` begins like; None for what we do not read.

    Named rather than guessed by FFmpeg, which also opens play lists and other things that point elsewhere.
    """
    for magic, name in _FORMATS.items():
        if content.startswith(magic):
            return name
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "wav"
    if content[4:8] == b"ftyp":
        return "mp4"
    if len(content) > 1 and content[0] == 0xFF and content[1] & 0xE0 == 0xE0:
        return "aac" if content[1] & 0xF6 == 0xF0 else "mp3"
    return None


def resampled(speech: Speech) -> Speech:
    """The same speech at RATE."""
    if speech.rate == RATE or not speech.pcm:
        return Speech(speech.pcm, RATE)
    frame = AudioFrame(format="s16", layout="mono", samples=len(speech.pcm) // 2)
    frame.sample_rate = speech.rate
    frame.planes[0].update(speech.pcm)
    resampler, pcm = av.AudioResampler(format="s16", layout="mono", rate=RATE), bytearray()
    for each in (frame, None):
        _take(pcm, resampler, each)
    return Speech(bytes(pcm), RATE)


def _take(pcm: bytearray, resampler: av.AudioResampler, frame: AudioFrame | None) -> None:
    for part in resampler.resample(frame):
        pcm += bytes(part.planes[0])[: part.samples * 2]
    if len(pcm) > LONGEST_SECONDS * RATE * 2:
        raise AudioTooLong(f"longer than {LONGEST_SECONDS:.0f} s")
