"""The port's Whisper adapter: worker processes with the model, a queue of bounded length before them."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial as bound
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from channels.speech import weights
from channels.speech.port import (
    RecogniserBusy,
    RecogniserMissing,
    RecogniserUnavailable,
    Speech,
    Transcription,
)

if TYPE_CHECKING:
    from channels.speech.decoder import Decoder

log = logging.getLogger(__name__)

_MOST_THREADS = 4  # more do not make one decoding faster
_LOADING_SECONDS = 600.0  # a busy machine may take minutes
_NEEDED = ("faster_whisper", "av", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Limits:
    """What is let in, and for how long it may take."""

    processes: int = 1
    waiting: int = 20  # finals in the queue; partials never wait
    patience: float = 60.0  # seconds in the queue
    decoding: float = 120.0  # seconds at most for one call, then its process is taken for stuck and ended


class WhisperRecogniser:
    """Whisper in processes of its own. Begin with ``start``, end with ``close``."""

    def __init__(self, model_dir: Path | None = None, *, city: bool = True, limits: Limits | None = None):
        """``model_dir``: a model of the city's own, else the shipped one. ``city``: expect the city's words."""
        self._model_dir = model_dir
        self._city = city
        self._limits = limits or Limits()
        self._free = asyncio.Semaphore(self._limits.processes)
        self._waiting = 0
        self._pool: ProcessPoolExecutor | None = None
        self._loaded = False
        self._missing: str | None = None  # why there is no recogniser

    async def start(self) -> None:
        """Load the model. Raises RecogniserMissing, and so does every call from then on."""
        try:
            absent = [name for name in _NEEDED if find_spec(name) is None]
            if absent:
                raise RecogniserMissing(f"not installed: {', '.join(absent)}")
            self._pool = self._new_pool(await asyncio.to_thread(weights.model_folder, self._model_dir))
            loading = asyncio.get_running_loop().run_in_executor(self._pool, _warm)
            await asyncio.wait_for(loading, _LOADING_SECONDS)
        except (BrokenProcessPool, TimeoutError) as error:
            self._missing = "the model cannot be loaded"
            raise RecogniserMissing(self._missing) from error
        except RecogniserMissing as error:
            self._missing = str(error)
            raise
        self._loaded = True

    async def close(self) -> None:
        """End the processes, whatever they are at."""
        if self._pool is not None:
            self._end(self._pool)

    async def transcribe(self, speech: Speech, *, hotwords: Sequence[str] = (), partial: bool = False) -> Transcription:
        """As the port says."""
        speech.check()
        return await self._run(bound(_transcribe, speech, tuple(hotwords), partial), waits=not partial)

    async def transcribe_recording(self, recording: bytes, *, hotwords: Sequence[str] = ()) -> Transcription:
        """The words of a voice message in any format that ``channels.speech.recording`` reads. Raises as the port."""
        return await self._run(bound(_transcribe_recording, recording, tuple(hotwords)), waits=True)

    async def _run(self, work: Callable[[], Transcription], *, waits: bool) -> Transcription:
        async with self._turn(waits):
            pool = self._pool
            if self._missing is not None:
                raise RecogniserMissing(self._missing)
            if pool is None or not self._loaded:
                raise RecogniserUnavailable("the model is being loaded")
            try:
                decoding = asyncio.get_running_loop().run_in_executor(pool, work)
                return await asyncio.wait_for(decoding, self._limits.decoding)
            except (BrokenProcessPool, TimeoutError) as error:
                log.error("a recognising process was lost", extra={"reason": type(error).__name__})
                if self._pool is pool:  # whoever sees it first puts a new one in its place
                    self._end(pool)
                    self._pool = self._new_pool(await asyncio.to_thread(weights.model_folder, self._model_dir))
                raise RecogniserUnavailable("the recognising process was lost") from error

    @asynccontextmanager
    async def _turn(self, waits: bool) -> AsyncIterator[None]:
        """A process' time; first come, first served. Raises RecogniserBusy."""
        if self._free.locked() and (not waits or self._waiting >= self._limits.waiting):
            raise RecogniserBusy(f"{self._waiting} are waiting")
        self._waiting += 1
        try:
            await asyncio.wait_for(self._free.acquire(), self._limits.patience)
        except TimeoutError as error:
            raise RecogniserBusy(f"no turn within {self._limits.patience:.0f} s") from error
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()

    def _new_pool(self, folder: Path) -> ProcessPoolExecutor:
        name = weights.NAME if self._model_dir is None else folder.name
        threads = max(1, min(_MOST_THREADS, (os.cpu_count() or 1) // self._limits.processes))
        return ProcessPoolExecutor(
            self._limits.processes,
            # a fork would take the event loop and its connections along
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_load,
            initargs=(folder, name, threads, self._city),
        )

    @staticmethod
    def _end(pool: ProcessPoolExecutor) -> None:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.kill()


# in the worker process

_decoders: list[Decoder] = []


def _load(folder: Path, name: str, threads: int, city: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who ends us in order
    # what reads from the network in the library must not: the model is here
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    from channels.speech.city import city_repair  # noqa: PLC0415
    from channels.speech.decoder import Decoder  # noqa: PLC0415 - only here, and it takes seconds

    _decoders[:] = [Decoder(folder, name, threads=threads, repair=city_repair() if city else None)]


def _warm() -> None:
    _decoders[0].transcribe(Speech(bytes(32_000), 16_000))


def _transcribe(speech: Speech, hotwords: tuple[str, ...], partial: bool) -> Transcription:
    return _decoders[0].transcribe(speech, hotwords, partial)


def _transcribe_recording(recording: bytes, hotwords: tuple[str, ...]) -> Transcription:
    from channels.speech.recording import read_recording  # noqa: PLC0415 - FFmpeg, in the worker only

    return _decoders[0].transcribe(read_recording(recording), hotwords)
