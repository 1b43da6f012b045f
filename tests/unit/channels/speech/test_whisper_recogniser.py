"""Whisper keeps the port's contract and is silent where nobody speaks. Skipped where the weights are not installed."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio

from channels.speech import weights
from channels.speech.port import (
    AudioUnreadable,
    RecogniserBusy,
    RecogniserMissing,
    RecogniserUnavailable,
    Speech,
)
from channels.speech.whisper import Limits, WhisperRecogniser

from .conformance import RecogniserConformance
from .sounds_made import joined, music, noise, silence, tone

SPEECH = Path(__file__).resolve().parents[5] / "shared" / "data" / "speech" / "complaints"


@pytest.fixture(scope="module")
def weights_there() -> None:
    pytest.importorskip("faster_whisper", reason="speech recognition is not installed")
    try:
        weights.model_folder(None)
    except RecogniserMissing as error:
        pytest.skip(str(error))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whisper(weights_there):
    recogniser = WhisperRecogniser(limits=Limits(waiting=6))
    await recogniser.start()
    yield recogniser
    await recogniser.close()


@pytest.fixture
def recogniser(whisper: WhisperRecogniser) -> WhisperRecogniser:
    return whisper


@pytest.fixture
def said() -> Speech:
    """A real utterance; tests that need one are skipped where there is none."""
    if not SPEECH.is_dir():
        pytest.skip("no recorded speech here")
    av = pytest.importorskip("av")
    assert av
    from channels.speech.recording import read_recording

    return read_recording((SPEECH / "c11.wav").read_bytes())


pytestmark = pytest.mark.asyncio(loop_scope="module")


class TestWhisperRecogniser(RecogniserConformance):
    pass


@pytest.mark.parametrize("sound", [noise(3.0), tone(3.0), music(4.0), joined(silence(1), noise(0.3), silence(1))])
async def test_noise_tones_and_music_have_no_words(recogniser: WhisperRecogniser, sound: Speech) -> None:
    assert (await recogniser.transcribe(sound, hotwords=["江川路", "井盖"])).text == ""
    assert (await recogniser.transcribe(sound, partial=True)).text == ""


async def test_a_recording_that_is_none_is_refused(recogniser: WhisperRecogniser) -> None:
    with pytest.raises(AudioUnreadable):
        await recogniser.transcribe_recording(b"<html>")


async def test_a_name_of_the_city_is_written_as_it_is_spelt(recogniser: WhisperRecogniser, said: Speech) -> None:
    heard = await recogniser.transcribe(said)
    assert "马桥镇北松公路" in heard.text
    assert heard.model == weights.NAME


async def test_a_lost_process_is_replaced(recogniser: WhisperRecogniser) -> None:
    import multiprocessing

    for process in multiprocessing.active_children():
        process.kill()
    with pytest.raises(RecogniserUnavailable):
        await recogniser.transcribe(silence(1))
    assert (await recogniser.transcribe(silence(1))).text == ""


async def test_partials_give_way_and_a_full_queue_is_busy() -> None:
    recogniser = WhisperRecogniser(limits=Limits(waiting=0))
    async with recogniser._turn(waits=True):
        with pytest.raises(RecogniserBusy):
            await recogniser.transcribe(silence(1), partial=True)
        with pytest.raises(RecogniserBusy):
            await recogniser.transcribe(silence(1))


async def test_without_weights_every_call_says_so(tmp_path: Path) -> None:
    recogniser = WhisperRecogniser(tmp_path)
    with pytest.raises(RecogniserMissing):
        await recogniser.start()
    with pytest.raises(RecogniserMissing, match="YHT_SPEECH_MODEL_DIR"):
        await recogniser.transcribe(silence(1))
    await recogniser.close()
