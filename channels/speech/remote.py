"""The recogniser in a process of its own, reached over HTTP on loopback (``channels.speech.service`` answers)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aiohttp

from channels.speech.port import (
    LONGEST_SECONDS,
    AudioTooLong,
    AudioUnreadable,
    RecogniserBusy,
    RecogniserMissing,
    RecogniserUnavailable,
    Segment,
    Speech,
    Transcription,
)

PATH = "/v1/transcriptions"
"""POST here. ``?rate=`` with PCM as in ``Speech``; without it a recording in any format that is read."""
HOTWORD_CHARACTERS = 220
"""So many characters of hot words are sent; no model of ours can use more."""

_UNAVAILABLE: dict[str, type[RecogniserUnavailable]] = {"busy": RecogniserBusy, "model_missing": RecogniserMissing}
_UNREADABLE: dict[str, type[AudioUnreadable]] = {
    "audio_unreadable": AudioUnreadable,
    "audio_too_long": AudioTooLong,
    "too_large": AudioTooLong,
}


class RemoteRecogniser:
    """The port's client adapter. ``url`` empty: there is no recogniser, every call raises RecogniserMissing.

    Does not try again: whoever asks knows whether the words are still wanted by then.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, *, patience: float = LONGEST_SECONDS):
        """``patience``: seconds that an answer may take, waiting in the queue included."""
        self._session = session
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=patience, sock_connect=2)

    async def transcribe(self, speech: Speech, *, hotwords: Sequence[str] = (), partial: bool = False) -> Transcription:
        """As the port says."""
        speech.check()
        return await self._ask(speech.pcm, hotwords, {"rate": str(speech.rate), "partial": str(int(partial))})

    async def transcribe_recording(self, recording: bytes, *, hotwords: Sequence[str] = ()) -> Transcription:
        """The words of a voice message: AMR, Ogg, WebM, WAV, MP3 or MP4, told by its content. Raises as the port."""
        return await self._ask(recording, hotwords, {})

    async def _ask(self, body: bytes, hotwords: Sequence[str], params: dict[str, str]) -> Transcription:
        if not self._url:
            raise RecogniserMissing("YHT_SPEECH_URL is empty")
        query = [*params.items(), *(("hotword", word) for word in _within(hotwords, HOTWORD_CHARACTERS))]
        headers = {"Content-Type": "application/octet-stream"}
        try:
            async with self._session.post(
                self._url + PATH, params=query, data=body, headers=headers, timeout=self._timeout
            ) as response:
                answer = await response.json(content_type=None)
                if response.status == 200:
                    return _transcription(answer)
                code, detail = str(answer["code"]), str(answer.get("detail") or "")
        except (
            aiohttp.ClientError,
            TimeoutError,
            OSError,
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
        ) as error:
            raise RecogniserUnavailable(type(error).__name__) from error
        if code in _UNREADABLE:
            raise _UNREADABLE[code](detail or code)
        raise _UNAVAILABLE.get(code, RecogniserUnavailable)(detail or code)


def _within(words: Sequence[str], characters: int) -> list[str]:
    """The first of ``words`` that have at most so many characters together."""
    taken: list[str] = []
    for word in words:
        characters -= len(word)
        if characters < 0:
            break
        taken.append(word)
    return taken


def transcription_content(transcription: Transcription) -> dict[str, Any]:
    """A transcription as JSON for the way between the processes."""
    return {
        "text": transcription.text,
        "segments": [
            {"start": segment.start, "end": segment.end, "text": segment.text} for segment in transcription.segments
        ],
        "model": transcription.model,
        "hotwords": list(transcription.hotwords),
    }


def _transcription(content: dict[str, Any]) -> Transcription:
    return Transcription(
        text=str(content["text"]),
        segments=tuple(
            Segment(float(item["start"]), float(item["end"]), str(item["text"])) for item in content["segments"]
        ),
        model=str(content["model"]),
        hotwords=tuple(map(str, content["hotwords"])),
    )
