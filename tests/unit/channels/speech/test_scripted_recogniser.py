"""The recogniser in memory keeps the port's contract and says what it was given."""

from __future__ import annotations

import pytest

from channels.speech.port import RecogniserBusy, Speech
from channels.speech.scripted import ScriptedRecogniser

from .conformance import RecogniserConformance
from .sounds_made import joined, silence, tone


class TestScriptedRecogniser(RecogniserConformance):
    @pytest.fixture
    def recogniser(self) -> ScriptedRecogniser:
        return ScriptedRecogniser()

    @pytest.fixture
    def said(self) -> Speech:
        return tone(1.0)


async def test_each_stretch_of_sound_says_the_next_words() -> None:
    recogniser = ScriptedRecogniser(["喂，你好。", "江川路的井盖坏了。"])
    heard = await recogniser.transcribe(joined(silence(1), tone(1), silence(1), tone(1)))
    assert heard.text == "喂，你好。江川路的井盖坏了。"
    assert [(segment.start, segment.end) for segment in heard.segments] == [(1.0, 2.0), (3.0, 4.0)]


async def test_a_partial_says_what_the_final_will_say() -> None:
    recogniser = ScriptedRecogniser(["井盖坏了。"])
    assert (await recogniser.transcribe(tone(1), partial=True)).text == "井盖坏了。"
    assert (await recogniser.transcribe(tone(2))).text == "井盖坏了。"


async def test_it_can_be_away() -> None:
    recogniser = ScriptedRecogniser()
    recogniser.failing = RecogniserBusy("3 are waiting")
    with pytest.raises(RecogniserBusy):
        await recogniser.transcribe(tone(1))
