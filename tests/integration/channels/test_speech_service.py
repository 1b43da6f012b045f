"""The recogniser's process over HTTP: its client sees what the port promises."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from channels.speech.port import (
    AudioTooLong,
    AudioUnreadable,
    RecogniserBusy,
    RecogniserMissing,
    RecogniserUnavailable,
    Speech,
    Transcription,
)
from channels.speech.remote import RemoteRecogniser
from channels.speech.scripted import ScriptedRecogniser
from channels.speech.service import create_app
from groundwork.settings import Settings
from tests.unit.channels.speech.conformance import RecogniserConformance
from tests.unit.channels.speech.sounds_made import tone


class Loaded(ScriptedRecogniser):
    """The recogniser in memory, loaded like a real one."""

    missing = False

    async def start(self) -> None:
        if self.missing:
            raise RecogniserMissing("no weights")

    async def close(self) -> None:
        pass

    async def transcribe_recording(self, recording: bytes, *, hotwords=()) -> Transcription:
        if not recording.startswith(b"OggS"):
            raise AudioUnreadable("no recording")
        return await self.transcribe(tone(1.0), hotwords=hotwords)


@pytest.fixture
def scripted() -> Loaded:
    return Loaded()


@pytest.fixture
async def url(scripted: Loaded, serve) -> AsyncIterator[str]:
    async with serve(create_app(Settings(_env_file=None), scripted)) as address:
        yield address


@pytest.fixture
def recogniser(url: str, session) -> RemoteRecogniser:
    return RemoteRecogniser(session, url)


class TestRemoteRecogniser(RecogniserConformance):
    @pytest.fixture
    def said(self) -> Speech:
        return tone(1.0)


async def test_hot_words_partials_and_sound_arrive_as_they_were_sent(recogniser, scripted) -> None:
    said = tone(0.5, 8_000)
    heard = await recogniser.transcribe(said, hotwords=["江川路", "井盖&盖"], partial=True)
    assert scripted.heard == [(said, ("江川路", "井盖&盖"), True)]
    assert heard.hotwords == ("江川路", "井盖&盖")


async def test_a_recording_is_read_there(recogniser) -> None:
    assert (await recogniser.transcribe_recording(b"OggS...")).text == "喂，你好。"
    with pytest.raises(AudioUnreadable):
        await recogniser.transcribe_recording(b"<html>")


@pytest.mark.parametrize(
    "error",
    [RecogniserBusy("x"), RecogniserMissing("x"), RecogniserUnavailable("x"), AudioUnreadable("x"), AudioTooLong("x")],
)
async def test_each_failure_keeps_its_kind(recogniser, scripted, error: Exception) -> None:
    scripted.failing = error
    with pytest.raises(type(error)) as caught:
        await recogniser.transcribe(tone(0.1))
    assert type(caught.value) is type(error)


async def test_without_a_model_the_process_serves_and_is_not_ready(scripted, serve, session) -> None:
    scripted.missing = True
    async with serve(create_app(Settings(_env_file=None), scripted)) as address:
        async with session.get(f"{address}/healthz") as response:
            assert response.status == 200
        async with session.get(f"{address}/readyz") as response:
            assert (response.status, (await response.json())["checks"]) == (503, {"model": False})


async def test_a_recogniser_that_is_not_there_or_answers_otherwise_is_unavailable(session, intake) -> None:
    with pytest.raises(RecogniserMissing):
        await RemoteRecogniser(session, "").transcribe(tone(0.1))
    with pytest.raises(RecogniserUnavailable):
        await RemoteRecogniser(session, "http://127.0.0.1:9").transcribe(tone(0.1))
    with pytest.raises(RecogniserUnavailable):
        await RemoteRecogniser(session, intake.url).transcribe(tone(0.1))


async def test_figures_tell_how_long_recognition_takes(recogniser, url, session) -> None:
    await recogniser.transcribe(tone(0.1))
    async with session.get(f"{url}/metrics") as response:
        assert 'yht_speech_seconds_count{kind="final"}' in await response.text()
