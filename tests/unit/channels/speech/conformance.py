"""What every adapter of the recogniser's port must do, as tests: subclass and give the fixture ``recogniser``."""

from __future__ import annotations

import asyncio

import pytest

from channels.speech.port import LONGEST_SECONDS, AudioTooLong, AudioUnreadable, Recogniser, Speech

from .sounds_made import joined, silence


class RecogniserConformance:
    async def test_silence_has_no_words(self, recogniser: Recogniser) -> None:
        for seconds in (0.0, 0.3, 4.0):
            heard = await recogniser.transcribe(silence(seconds))
            assert (heard.text, heard.segments) == ("", ())
            assert heard.model

    async def test_telephone_and_studio_rates_are_taken(self, recogniser: Recogniser) -> None:
        for rate in (8_000, 16_000, 44_100, 48_000):
            assert (await recogniser.transcribe(silence(0.5, rate))).text == ""

    async def test_what_is_no_pcm_is_refused(self, recogniser: Recogniser) -> None:
        for speech in (Speech(b"\0\0\0", 16_000), Speech(bytes(3200), 0), Speech(bytes(3200), 192_000)):
            with pytest.raises(AudioUnreadable):
                await recogniser.transcribe(speech)

    async def test_what_is_too_long_is_refused(self, recogniser: Recogniser) -> None:
        with pytest.raises(AudioTooLong):
            await recogniser.transcribe(silence(LONGEST_SECONDS + 1, 8_000))

    async def test_hot_words_are_never_said_by_themselves(self, recogniser: Recogniser) -> None:
        heard = await recogniser.transcribe(silence(2.0), hotwords=["江川路", "井盖"] * 200)
        assert heard.text == ""
        assert (await recogniser.transcribe(silence(2.0), hotwords=["江川路"], partial=True)).text == ""

    async def test_calls_that_overlap_are_each_answered(self, recogniser: Recogniser) -> None:
        heard = await asyncio.gather(*(recogniser.transcribe(silence(0.2)) for _ in range(5)))
        assert [each.text for each in heard] == [""] * 5

    async def test_segments_lie_in_the_sound_in_order_and_make_the_text(
        self, recogniser: Recogniser, said: Speech
    ) -> None:
        heard = await recogniser.transcribe(joined(silence(1.5, said.rate), said, silence(1.5, said.rate)))
        assert heard.text == "".join(segment.text for segment in heard.segments)
        times = [at for segment in heard.segments for at in (segment.start, segment.end)]
        assert times == sorted(times)
        assert times[0] >= 1.0
        assert times[-1] <= 3.0 + said.seconds + 0.01

    async def test_who_says_a_thing_twice_is_written_twice(self, recogniser: Recogniser, said: Speech) -> None:
        quiet = silence(1.5, said.rate)
        once = await recogniser.transcribe(joined(quiet, said))
        twice = await recogniser.transcribe(joined(quiet, said, quiet, said))
        # how the model parts or spells what it hears differs with what is around it
        assert len(twice.text) > 1.5 * len(once.text) > 0
        assert twice.segments[-1].end > 2.5 + said.seconds
