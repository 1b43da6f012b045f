"""Whisper on this processor's cores: samples in, words out. Synchronous; it lives in a worker process.

Each window is encoded once and decoded; then other readings of what was heard, of words that residents say, are
listened to in the same encoding (``channels.speech.repair``). Where nobody speaks nothing is decoded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import numpy.typing as npt
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens
from faster_whisper.vad import VadOptions, get_speech_timestamps

from bot.language.normalise import simplify
from channels.speech.language import Language
from channels.speech.port import Segment, Speech, Transcription
from channels.speech.recording import RATE, resampled
from channels.speech.repair import Repair
from channels.speech.vocabulary import Vocabulary
from channels.speech.written import PROMPT, is_lost, written

_SPACES = re.compile(r"(?<=[一-龥])\s+(?=[一-龥])")
_ONLY_GIVEN = Repair(Vocabulary(()), Vocabulary(()), Language(()))

Samples = npt.NDArray[np.float32]

_FRAME = RATE // 100
"""Samples of one column of features."""
_BEAM = 5
_WINDOW = 28.0
"""Seconds that are decoded at a time; the model's own window is 30."""
_PAUSE = int(1.2 * RATE)
"""Samples of silence that end a window: what is said again after it the model would write once only."""
_AROUND = RATE
"""Samples before and after the speech that are decoded with it."""
_FULL_COLUMNS = 3000
_PARTIAL_COLUMNS = 1000
"""A partial is padded to 10 s only: a third of the time for a few more errors."""
_VOICE = VadOptions(threshold=0.5, min_speech_duration_ms=200, min_silence_duration_ms=600, speech_pad_ms=250)
_HOTWORDS = 20
"""More words than this before a partial and the model begins to hear what was not said."""
_PROMPT_TOKENS = 180
"""Of the model's 224: the rest is for the fixed prompt."""
_LONGEST_TEXT = 200
"""Tokens of one window: 28 s of fast speech have about 150."""
_TIME_STEP = 0.02
_UNSURE = -1.0
"""Mean log-probability of a token below which what was decoded is a guess (the bound of Whisper's authors)."""
_NO_SPEECH = 0.6
_ENCODED_STEP = 320
"""Samples that one column of the encoding stands for."""
_BEHIND = 25
"""Columns after the speech that are listened to as well."""
_LEAST_CHANCE = 1e-12
_READINGS = 20
"""So many readings of a window are listened to, and of each of its pieces at least as many as follow."""
_LEAST_READINGS = 5
_COLUMNS_AT_ONCE = 2000
"""Columns of encoding that are listened to at once: some 50 MB."""
_NOTHING: Samples = np.zeros((1, 50, 512), dtype=np.float32)
"""An encoding with nothing in it: what the model then finds likely is its habit, not what it hears."""
_HABIT = 0.6
"""How much of the model's habit is taken off what it hears; what residents say takes its place."""


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A window's text in pieces: start and end in seconds from the window's beginning, and words."""

    pieces: tuple[tuple[float, float, str], ...]
    certainty: float  # mean log-probability of a token
    no_speech: float

    @property
    def text(self) -> str:
        return "".join(piece[2] for piece in self.pieces)


class Decoder:
    """A loaded model, and the words it may expect."""

    def __init__(self, folder: Path, name: str, *, threads: int, repair: Repair | None = None):
        """``name``: what transcriptions call the model. ``threads``: how many cores one decoding uses.

        ``repair`` knows the city's words; without it only those that a call gives are put right.
        """
        self._whisper: Any = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
        )
        self._tokenizer: Any = Tokenizer(self._whisper.hf_tokenizer, True, task="transcribe", language="zh")
        self._suppressed = get_suppressed_tokens(self._tokenizer, [-1])
        self._name = name
        self._repair = repair

    def transcribe(self, speech: Speech, hotwords: Sequence[str] = (), partial: bool = False) -> Transcription:
        """As the port says; ``speech`` is checked already."""
        samples = np.frombuffer(resampled(speech).pcm, dtype="<i2").astype(np.float32) / np.float32(32768)
        voiced = (
            [(part["start"], part["end"]) for part in get_speech_timestamps(samples, _VOICE)] if len(samples) else []
        )
        segments: list[Segment] = []
        expected: list[str] = []
        reached = 0
        while voiced:
            start, end = _window(voiced)
            # the model hears the edges of speech better with the quiet around them
            begin, stop = max(reached, start - _AROUND), min(len(samples), end + _AROUND, _next(voiced, end))
            decoded, used = self._decode(samples[begin:stop], hotwords, partial)
            expected += [word for word in used if word not in expected]
            for *times, text in decoded.pieces:
                first, last = (round(min(max(start, begin + at * RATE), end) / RATE, 2) for at in times)
                shown = written(text)
                if shown:
                    segments.append(Segment(first, last, shown))
            reached = end if partial else _reached(begin, end, decoded)
            voiced = _after(voiced, reached)
        text = "".join(segment.text for segment in segments)
        return Transcription(text, tuple(segments), self._name, tuple(expected))

    def _decode(self, samples: Samples, given: Sequence[str], partial: bool) -> tuple[_Decoded, list[str]]:
        """One window, and the words that were put in or expected in it."""
        seconds = len(samples) / RATE
        encoded = self._encoded(samples, _PARTIAL_COLUMNS if partial else _FULL_COLUMNS)
        if partial:
            words = list(given[:_HOTWORDS])
            return _spoken(self._generate(encoded, seconds, words, beam=1), seconds), words
        heard = _spoken(self._generate(encoded, seconds, (), beam=_BEAM), seconds)
        if not heard.pieces or (self._repair is None and not given):
            return heard, []
        return self._put_right(heard, encoded, len(samples), Vocabulary(given))

    def _put_right(
        self, heard: _Decoded, encoded: Any, samples: int, expected: Vocabulary
    ) -> tuple[_Decoded, list[str]]:
        """``heard`` with misheard words put right, piece by piece, and the names that were put in."""
        near = np.asarray(encoded)[:, : samples // _ENCODED_STEP + _BEHIND]
        pieces, words = [_plain(piece[2]) for piece in heard.pieces], list[str]()
        repair, count = self._repair or _ONLY_GIVEN, max(_LEAST_READINGS, _READINGS // len(pieces))
        for number in range(len(pieces)):

            def evidence(texts: Sequence[str], number: int = number) -> list[float]:
                whole = ["".join([*pieces[:number], text, *pieces[number + 1 :]]) for text in texts]
                heard, unheard = self._likelihoods(near, whole), self._likelihoods(_NOTHING, whole)
                return [a - _HABIT * b for a, b in zip(heard, unheard, strict=True)]

            pieces[number], used = repair.put_right(pieces[number], evidence, expected, count)
            words += used
        repaired = tuple((start, end, text) for (start, end, _), text in zip(heard.pieces, pieces, strict=True))
        return replace(heard, pieces=repaired), words

    def _likelihoods(self, encoded: Samples, texts: Sequence[str]) -> list[float]:
        """The logarithm of the probability that the model gives to each text for what is encoded."""
        columns, found = encoded.shape[1], list[float]()
        size = max(1, _COLUMNS_AT_ONCE // columns)
        for at in range(0, len(texts), size):
            tokens = [self._tokenizer.encode(text) for text in texts[at : at + size]]
            batch = ctranslate2.StorageView.from_array(np.ascontiguousarray(np.repeat(encoded, len(tokens), axis=0)))
            aligned = self._whisper.model.align(batch, self._tokenizer.sot_sequence, tokens, [columns] * len(tokens))
            found += [sum(math.log(max(each, _LEAST_CHANCE)) for each in one.text_token_probs) for one in aligned]
        return found

    def _encoded(self, samples: Samples, least: int) -> Any:
        # the last column is of the padding, and none that the model learnt from
        features = self._whisper.feature_extractor(samples)[:, :-1][:, :_FULL_COLUMNS]
        columns = min(_FULL_COLUMNS, max(least, features.shape[1]))
        columns += columns % 2
        return self._whisper.encode(np.pad(features, ((0, 0), (0, columns - features.shape[1]))))

    def _generate(self, encoded: Any, seconds: float, words: Sequence[str], *, beam: int) -> _Decoded:
        tokenizer = self._tokenizer
        # what stands last weighs most
        hint: list[int] = tokenizer.encode(" " + PROMPT)
        for word in words:
            more = tokenizer.encode(f"{word}，") + hint
            if len(more) > _PROMPT_TOKENS:
                break
            hint = more
        prompt = [tokenizer.sot_prev, *hint, *tokenizer.sot_sequence]
        result = self._whisper.model.generate(
            encoded,
            [prompt],
            beam_size=beam,
            max_length=len(prompt) + _LONGEST_TEXT,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._suppressed,
            max_initial_timestamp_index=50,
        )[0]
        tokens = result.sequences_ids[0]
        # the score is the mean without the end token
        certainty = result.scores[0] * len(tokens) / (len(tokens) + 1)
        return _Decoded(tuple(self._pieces(tokens, seconds)), certainty, result.no_speech_prob)

    def _pieces(self, tokens: Sequence[int], seconds: float) -> list[tuple[float, float, str]]:
        """The tokens between time marks, as text with its times; the marks are the model's estimate."""
        pieces: list[tuple[float, float, str]] = []
        start, held = 0.0, list[int]()
        for token in [*tokens, None]:
            if token is not None and token < self._tokenizer.timestamp_begin:
                if token < self._tokenizer.eot:
                    held.append(token)
                continue
            at = seconds if token is None else min(seconds, (token - self._tokenizer.timestamp_begin) * _TIME_STEP)
            if held:
                pieces.append((min(start, at), at, self._tokenizer.decode(held)))
                held = []
            start = at
        return pieces


def _plain(text: str) -> str:
    """Simplified, without spaces between Chinese characters."""
    return simplify(_SPACES.sub("", text)).strip()


def _spoken(decoded: _Decoded, seconds: float) -> _Decoded:
    """``decoded``, or nothing where it is a guess at a sound of so many seconds that is no speech."""
    guess = decoded.certainty < _UNSURE and decoded.no_speech > _NO_SPEECH
    if guess or is_lost(decoded.text, seconds):
        return _Decoded((), decoded.certainty, decoded.no_speech)
    return decoded


def _window(voiced: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The first stretches of speech that fit into one window, with the short pauses between them. Samples."""
    start = voiced[0][0]
    latest = start + int(_WINDOW * RATE)
    end = min(voiced[0][1], latest)
    for first, stop in voiced[1:]:
        if stop > latest or first - end > _PAUSE:
            break
        end = stop
    return start, end


def _next(voiced: Sequence[tuple[int, int]], end: int) -> int:
    """The sample at which speech goes on behind a window that ends at ``end``."""
    return min((max(first, end) for first, last in voiced if last > end), default=end + _AROUND)


def _reached(start: int, end: int, decoded: _Decoded) -> int:
    """Up to which sample a window's text goes: the model ends early where much was said with pauses."""
    last = min(end, start + int(decoded.pieces[-1][1] * RATE)) if decoded.pieces else end
    return last if end - last > RATE and last - start > RATE else end


def _after(voiced: Sequence[tuple[int, int]], reached: int) -> list[tuple[int, int]]:
    """The speech that begins, or goes on, behind ``reached``."""
    return [(max(first, reached), last) for first, last in voiced if last - reached > _FRAME * 20]
