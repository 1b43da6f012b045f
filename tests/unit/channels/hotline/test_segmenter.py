"""Where utterances begin and end, and that silence, music and noise are none."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Iterable
from itertools import pairwise

import pytest

from channels.hotline.segmenter import Pauses, Segmenter, Span
from channels.hotline.voice import LoudnessActivity, SileroActivity, telephone_band

RATE, WINDOW = 8000, 256
PAUSES = Pauses(pause=0.64, margin=0.064, shortest=0.096, longest=5.0, short_pause=0.2, at_last=8.0)


def spans(pattern: str, at: int = 0) -> tuple[list[Span], Segmenter]:
    """Feed windows: ``#`` speech, ``.`` none."""
    segmenter = Segmenter(WINDOW, RATE, PAUSES, at=at)
    found = [segmenter.feed(0.9 if mark == "#" else 0.0) for mark in pattern]
    return [span for span in found if span], segmenter


def test_a_pause_ends_an_utterance_and_margins_are_kept() -> None:
    (span,), segmenter = spans("." * 10 + "#" * 20 + "." * 25)
    margin = int(0.064 * RATE)
    assert span == Span(10 * WINDOW - margin, 30 * WINDOW + margin)
    assert segmenter.settled >= span.end


def test_short_gaps_do_not_cut_a_sentence() -> None:
    found, _ = spans("#" * 10 + "." * 10 + "#" * 10 + "." * 25)
    assert len(found) == 1


def test_a_click_is_no_speech() -> None:
    assert spans("." * 10 + "#" + "." * 30)[0] == []


def test_who_does_not_stop_is_written_down_all_the_same() -> None:
    found, _ = spans("#" * 1000)
    assert next(span.end - span.start for span in found) <= 8.1 * RATE
    # nothing is lost between two
    assert all(later.start == earlier.end for earlier, later in pairwise(found))


def test_after_long_speech_a_short_pause_is_enough() -> None:
    found, _ = spans("#" * 170 + "." * 8 + "#" * 20)
    assert len(found) == 1


def test_spans_never_overlap() -> None:
    chance = random.Random(1)
    pattern = "".join(chance.choice("##..") * chance.randint(1, 40) for _ in range(100))
    found, _ = spans(pattern)
    assert all(later.start >= earlier.end for earlier, later in pairwise(found))


def test_what_is_being_said_is_known_before_its_end() -> None:
    _, segmenter = spans("." * 5 + "#" * 20)
    assert segmenter.speaking == Span(5 * WINDOW - int(0.064 * RATE), 25 * WINDOW, over=False)
    assert segmenter.settled == segmenter.speaking.start
    assert segmenter.finish() is not None
    assert segmenter.finish() is None


# the judges


def pcm(samples: Iterable[float]) -> bytes:
    return b"".join(struct.pack("<h", int(max(-32767, min(32767, sample)))) for sample in samples)


def music() -> bytes:
    """A tune on hold: notes with overtones that fade."""
    notes = (262, 330, 392, 523, 440, 349, 294, 392)
    return pcm(
        sum(4000 * math.sin(2 * math.pi * notes[(i // 3200) % 8] * k * i / RATE) / k for k in (1, 2, 3, 4))
        * math.exp(-((i % 3200) / 2500))
        for i in range(8 * RATE)
    )


def noise() -> bytes:
    chance = random.Random(1)
    return pcm(chance.gauss(0, 1500) for _ in range(8 * RATE))


def ringing() -> bytes:
    """The ring-back tone of Chinese exchanges: 450 Hz, one second in five."""
    return pcm(8000 * math.sin(2 * math.pi * 450 * i / RATE) if (i // RATE) % 5 == 0 else 0 for i in range(10 * RATE))


@pytest.mark.parametrize(
    "sound", [music(), noise(), ringing(), bytes(16 * RATE)], ids=["music", "noise", "ring", "silence"]
)
def test_music_noise_tones_and_silence_are_no_utterances(sound: bytes) -> None:
    judge = SileroActivity(RATE)
    segmenter = Segmenter(judge.window, RATE)
    step = judge.window * 2
    found = [segmenter.feed(judge.probability(sound[at : at + step])) for at in range(0, len(sound) - step + 1, step)]
    assert [span for span in [*found, segmenter.finish()] if span] == []


def test_a_judge_by_loudness_hears_what_is_loud() -> None:
    judge = LoudnessActivity(RATE)
    assert judge.probability(bytes(judge.window * 2)) == 0.0
    assert judge.probability(struct.pack("<h", 5000) * judge.window) == 1.0


def test_sound_of_a_studio_is_thinned_for_the_judge() -> None:
    heard, rate = telephone_band(bytes(48_000 * 2), 48_000)
    assert (len(heard), rate) == (16_000 * 2, 16_000)
    assert telephone_band(b"ab", 8_000) == (b"ab", 8_000)
