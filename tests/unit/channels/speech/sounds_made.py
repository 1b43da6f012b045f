"""Sounds that tests make: silence, a tone, noise, a chord that changes like music."""

from __future__ import annotations

import array
import math
import random

from channels.speech.port import Speech


def silence(seconds: float, rate: int = 16_000) -> Speech:
    return Speech(bytes(2 * int(seconds * rate)), rate)


def tone(seconds: float, rate: int = 16_000, *, hertz: float = 440.0, loud: float = 8000.0) -> Speech:
    return made(seconds, rate, lambda at: loud * math.sin(2 * math.pi * hertz * at))


def noise(seconds: float, rate: int = 16_000, *, loud: float = 4000.0) -> Speech:
    chance = random.Random(7)
    return made(seconds, rate, lambda _at: chance.uniform(-loud, loud))


def music(seconds: float, rate: int = 16_000) -> Speech:
    """Three voices that step to another chord every 400 ms, each note fading."""
    chords = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))

    def sample(at: float) -> float:
        step, since = divmod(at, 0.4)
        chord = chords[int(step) % len(chords)]
        return 5000 * math.exp(-3 * since) * sum(math.sin(2 * math.pi * hertz * at) for hertz in chord)

    return made(seconds, rate, sample)


def made(seconds: float, rate: int, sample) -> Speech:
    values = (max(-32768, min(32767, int(sample(number / rate)))) for number in range(int(seconds * rate)))
    return Speech(array.array("h", values).tobytes(), rate)


def joined(*parts: Speech) -> Speech:
    return Speech(b"".join(part.pcm for part in parts), parts[0].rate)
