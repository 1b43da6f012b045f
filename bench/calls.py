"""What calls cost: ``python -m bench.calls [CALLS] [SECONDS]`` plays so many, two legs each, at the pace of speech.

Recording, segmentation (Silero) and the stores are real, SQLite; the recogniser answers at once, so what is measured
is everything but recognition. Prints processor seconds per second of calls, and whether all sound arrived.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import resource
import struct
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from aiohttp import ClientSession
from aiohttp.test_utils import unused_port

from channels.gateway.database import Database
from channels.hotline.recording import Recording
from channels.hotline.switchboard import Switchboard, running
from channels.speech.scripted import ScriptedRecogniser
from groundwork.keys import KeyRing
from groundwork.settings import Settings

_FRAME = 320
_TURN = 3 * 8000  # samples
_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


def _now() -> datetime:
    return datetime.now(UTC)


def _babble(seconds: int, seed: int) -> bytes:
    chance = random.Random(seed)
    samples = bytearray()
    pitch, loud = 120.0, 0.0
    for at in range(seconds * 8000):
        if at % 1600 == 0:
            speaks = (at // _TURN + seed) % 2 == 0  # the two of a call take turns
            pitch, loud = chance.uniform(90, 250), chance.choice((0.2, 0.4, 1.0)) if speaks else 0.0
        wave = sum(math.sin(2 * math.pi * pitch * k * at / 8000) / k for k in (1, 3, 7)) if loud else 0.0
        samples += struct.pack("<h", int(6000 * loud * wave))
    return bytes(samples)


async def _leg(port: int, uuid: UUID, pcm: bytes) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"\x01\x00\x10" + uuid.bytes)
    begun = asyncio.get_running_loop().time()
    for number, at in enumerate(range(0, len(pcm), _FRAME), 1):
        writer.write(b"\x10\x01\x40" + pcm[at : at + _FRAME])
        await asyncio.sleep(max(0.0, begun + number * 0.02 - asyncio.get_running_loop().time()))
    writer.write(bytes(3))
    await writer.drain()
    writer.close()


async def _serve(folder: str, port: int) -> None:
    settings = Settings(_env_file=None, var_dir=Path(folder), audiosocket_port=port)  # type: ignore[call-arg]
    database = Database(settings.channels_database)
    await database.upgrade()
    async with (
        ClientSession() as session,
        running(settings, database, session, ScriptedRecogniser(), _now) as board,
    ):
        print("ready", flush=True)
        before = resource.getrusage(resource.RUSAGE_SELF)
        await asyncio.to_thread(sys.stdin.readline)
        await _all_written(board)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(
            json.dumps(
                {"cpu": used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime, "mb": used.ru_maxrss / 1024}
            ),
            flush=True,
        )


async def _all_written(board: Switchboard) -> None:
    hotline = board.hotline
    while True:
        await asyncio.sleep(0.5)
        ids = [call.id for call in await hotline.calls.between(_BEGINNING, hotline.clock())]
        found = await hotline.legs.of_calls(ids, hotline.clock())
        if all(leg.transcribed_all and leg.closed_at for legs in found.values() for leg in legs):
            return


async def main(calls: int, seconds: int) -> None:
    """Play, and print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        port = unused_port()
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.calls", "serve", folder, str(port),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert server.stdout is not None
        assert server.stdin is not None
        await server.stdout.readline()
        sounds = [_babble(seconds, seed) for seed in range(4)]
        legs = {uuid4(): sounds[number % 4] for number in range(2 * calls)}
        began = time.monotonic()
        await asyncio.gather(*(_leg(port, uuid, pcm) for uuid, pcm in legs.items()))
        lasted = time.monotonic() - began
        server.stdin.write(b"\n")
        figures = json.loads(await server.stdout.readline())
        await server.wait()
        whole = await asyncio.to_thread(_whole, Path(folder), legs)
        cost = figures["cpu"] / lasted
        print(
            f"{calls} calls of {seconds} s: {cost:.2f} processor seconds per second, {figures['mb']:.0f} MB, ", end=""
        )
        print(f"{whole} of {len(legs)} legs whole")


def _whole(folder: Path, legs: dict[UUID, bytes]) -> int:
    keys = KeyRing.read(folder / "secrets" / "recordings.keys")
    recordings = {UUID(file.stem): Recording(file, keys) for file in folder.rglob("*.yhtr")}
    return sum(recording.read(0, recording.samples) == legs[uuid] for uuid, recording in recordings.items())


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(_serve(sys.argv[2], int(sys.argv[3])))
    else:
        asyncio.run(main(*(int(one) for one in (sys.argv[1:] + ["20", "30"][len(sys.argv) - 1 :]))))
