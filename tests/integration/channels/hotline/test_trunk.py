"""What the exchange sends arrives whole: byte for byte, from many at once, and whatever breaks meanwhile."""

from __future__ import annotations

import asyncio
import math
import os
import random
import shutil
import signal
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiohttp.test_utils import unused_port

from channels.hotline.recording import Recording
from channels.hotline.voice import samples_of
from channels.speech.port import RecogniserBusy, RecogniserUnavailable, Speech, Transcription
from channels.speech.scripted import ScriptedRecogniser
from groundwork.keys import KeyRing
from tests.integration.channels.conftest import Clock
from tests.integration.channels.hotline.conftest import (
    FRAME_BYTES,
    Eventually,
    Leg,
    RegistryStandIn,
    Start,
    Telephone,
    silence,
    tone,
)

ROOT = Path(__file__).resolve().parents[4]
PEER = ROOT / "tests" / "peers" / "play_call.mjs"


def babble(seconds: float, seed: int = 1) -> bytes:
    """Sound with the ups and downs of speech; no two seeds sound alike."""
    chance = random.Random(seed)
    samples = bytearray()
    pitch, loud, hum = 120.0, 0.0, 0.0
    for at in range(int(seconds * 8000)):
        if at % 1600 == 0:
            pitch, loud = chance.uniform(90, 250), chance.choice((0.0, 0.4, 1.0))
        hum = 0.9 * hum + 0.1 * chance.uniform(-1, 1)
        wave = sum(math.sin(2 * math.pi * pitch * overtone * at / 8000) / overtone for overtone in (1, 3, 7))
        samples += int(6000 * loud * wave + 4000 * loud * hum).to_bytes(2, "little", signed=True)
    return bytes(samples)


def correlation(one: bytes, other: bytes) -> float:
    """Of two sounds of equal length: 1.0 when they are alike but for loudness."""
    a, b = samples_of(one), samples_of(other)
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    above = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    return above / math.sqrt(sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))


def recorded(telephone: Telephone, leg: UUID) -> bytes:
    (file,) = telephone.folder.rglob(f"{leg}.yhtr")
    recording = Recording(file, telephone.board.hotline.keys)
    return recording.read(0, recording.samples)


def closed(telephone: Telephone, leg: UUID) -> object:
    async def ask() -> bool:
        found = await telephone.board.hotline.legs.leg(str(leg), telephone.board.hotline.clock())
        return found is not None and found.closed_at is not None

    return ask


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
async def test_a_call_played_by_an_independent_codec_arrives_undistorted(
    telephone: Telephone, tmp_path: Path, eventually: Eventually
) -> None:
    speech, leg = babble(3.0), uuid4()
    file = tmp_path / "speech.raw"
    file.write_bytes(speech)
    playing = await asyncio.create_subprocess_exec("node", str(PEER), str(telephone.port), str(leg), str(file))
    assert await asyncio.wait_for(playing.wait(), 60) == 0
    await eventually(closed(telephone, leg), 30)
    heard = recorded(telephone, leg)
    assert len(heard) == len(speech)
    assert correlation(heard, speech) >= 0.95
    assert heard == speech


async def test_sound_is_kept_to_the_byte_however_the_network_cuts_it(
    telephone: Telephone, eventually: Eventually
) -> None:
    speech, leg = babble(2.0, 2), telephone.leg()
    stream = b"\x01\x00\x10" + leg.uuid.bytes
    for at in range(0, len(speech), FRAME_BYTES):
        part = speech[at : at + FRAME_BYTES]
        stream += b"\x10" + len(part).to_bytes(2, "big") + part
    stream += b"\x00\x00\x00"
    _, writer = await asyncio.open_connection("127.0.0.1", telephone.port)
    chance, at = random.Random(3), 0
    while at < len(stream):
        step = chance.choice((1, 2, 3, 7, 319, 323, 4000))
        writer.write(stream[at : at + step])
        await writer.drain()
        at += step
    await eventually(closed(telephone, leg.uuid), 30)
    assert recorded(telephone, leg.uuid) == speech
    writer.close()


async def test_keys_and_the_end_of_a_call_are_noted(telephone: Telephone, eventually: Eventually) -> None:
    leg = await telephone.leg().connect()
    await leg.play(tone(0.2))
    await leg.send(b"\x03\x00\x011\x03\x00\x01#")
    await leg.hang_up()
    await eventually(closed(telephone, leg.uuid), 20)
    found = await telephone.board.hotline.legs.leg(str(leg.uuid), telephone.board.hotline.clock())
    assert found is not None
    assert (found.dtmf, found.close_reason) == ("1#", "hang_up")


@pytest.mark.parametrize(
    "bad",
    [
        b"\x77\x00\x01a",  # a type that nobody knows
        b"\x10\x00\x03abc",  # half a sample
        b"\x03\x00\x02ab",  # two keys in one
        b"\x03\x00\x01\xc3",  # a key that no telephone has
        b"\x01\x00\x10" + bytes(16),  # a second name
        b"\x12\x00\x02ab",  # sound of another rate
        b"\x00\x99\x99",  # a hang-up with a novel
    ],
)
async def test_what_was_heard_before_a_malformed_frame_stays(
    telephone: Telephone, bad: bytes, eventually: Eventually
) -> None:
    leg = await telephone.leg().connect()
    await leg.play(tone(0.5))
    await leg.send(bad)
    assert await asyncio.wait_for(leg.reader.read(), 20) == b""  # the connection is closed

    async def kept() -> bool:
        return bool(list(telephone.folder.rglob(f"{leg.uuid}.yhtr"))) and recorded(telephone, leg.uuid) == tone(0.5)

    await eventually(kept, 20)


async def test_a_connection_that_does_not_name_its_leg_is_closed(telephone: Telephone) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", telephone.port)
    writer.write(b"\x10\x00\x02ab")
    assert await asyncio.wait_for(reader.read(), 20) == b""
    writer.close()


async def test_a_leg_that_breaks_off_comes_back_and_keeps_its_place(
    telephone: Telephone, clock: Clock, eventually: Eventually
) -> None:
    leg = await telephone.leg().connect()
    await leg.play(tone(0.4))

    async def heard() -> bool:
        return bool(list(telephone.folder.rglob(f"{leg.uuid}.yhtr"))) and len(recorded(telephone, leg.uuid)) == 6400

    await eventually(heard, 20)
    await leg.break_off()
    clock.forward(5)
    again = await telephone.leg(leg.uuid).connect()
    await again.play(tone(0.4, hertz=500))
    await again.hang_up()
    await eventually(closed(telephone, leg.uuid), 20)
    whole = recorded(telephone, leg.uuid)
    assert whole.startswith(tone(0.4))
    assert whole.endswith(tone(0.4, hertz=500))
    assert len(whole) >= 2 * 8000 * 5  # the five seconds between are silence
    (call,) = await telephone.board.hotline.calls.between(clock().replace(year=2000), clock().replace(year=2100))
    assert call.is_over


async def test_a_leg_that_does_not_come_back_is_hung_up(
    telephone: Telephone, clock: Clock, eventually: Eventually
) -> None:
    leg = await telephone.leg().connect()
    call = await telephone.announce([leg])
    await leg.play(tone(0.4))
    await telephone.do("li", "POST", f"/calls/{call}/steps/take")

    async def connected() -> bool:
        return bool((await telephone.get("li", f"/calls/{call}"))["legs"][0]["connected"])

    await eventually(connected, 20)
    await leg.break_off()

    async def alone() -> bool:
        return not (await telephone.get("li", f"/calls/{call}"))["legs"][0]["connected"]

    await eventually(alone, 20)
    assert (await telephone.get("li", f"/calls/{call}"))["state"] == "talking"
    clock.forward(60)

    async def over() -> bool:
        return bool((await telephone.get("li", f"/calls/{call}"))["state"] == "after_call")

    await eventually(over, 30)


class SlowRecogniser:
    """Takes its time, refuses now and then, and is away for a while."""

    def __init__(self) -> None:
        self.inner = ScriptedRecogniser(otherwise="路灯不亮了。")
        self.count = 0
        self.open = asyncio.Event()

    async def transcribe(self, speech: Speech, *, hotwords: Sequence[str] = (), partial: bool = False) -> Transcription:
        await self.open.wait()
        self.count += 1
        if self.count % 5 == 0:
            raise RecogniserBusy
        if self.count % 7 == 0:
            raise RecogniserUnavailable
        return await self.inner.transcribe(speech, hotwords=hotwords, partial=partial)


async def test_twenty_calls_at_once_lose_nothing_while_recognition_lags(start: Start, eventually: Eventually) -> None:
    recogniser = SlowRecogniser()
    async with start(recogniser) as telephone:
        speech = tone(1.0) + silence(0.8) + tone(1.0) + silence(0.8)
        legs = [await telephone.leg().connect() for _ in range(40)]
        calls = [await telephone.announce(legs[at : at + 2]) for at in range(0, 40, 2)]
        await asyncio.gather(*(leg.play(speech) for leg in legs))
        await asyncio.gather(*(leg.hang_up() for leg in legs))
        for leg in legs:
            await eventually(closed(telephone, leg.uuid), 60)
        assert all(recorded(telephone, leg.uuid) == speech for leg in legs)
        behind = await telephone.board.hotline.legs.of_calls(calls, telephone.board.hotline.clock())
        assert all(leg.lag_seconds > 1.0 for each in behind.values() for leg in each)  # and it is shown
        recogniser.open.set()

        async def written() -> bool:
            found = await telephone.board.hotline.legs.of_calls(calls, telephone.board.hotline.clock())
            return all(leg.transcribed_all for each in found.values() for leg in each)

        await eventually(written, 120)
        for call in calls:
            said = await telephone.board.hotline.legs.said(call)
            assert [line.side.value for line in said].count("caller") == 2
            assert [line.side.value for line in said].count("operator") == 2


async def test_a_process_killed_in_a_call_loses_nothing_that_was_stored(
    start: Start, database_url: str, tmp_path: Path, registry: RegistryStandIn, clock: Clock, eventually: Eventually
) -> None:
    port = unused_port()
    command = [sys.executable, "-m", "tests.integration.channels.hotline.process", database_url]
    process = await asyncio.create_subprocess_exec(
        *command, str(tmp_path / "var"), registry.url, str(port), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
        leg = await Leg(port).connect()
        first, second = tone(1.0) + silence(0.8), tone(1.0, hertz=400)
        await leg.play(first)
        keys = KeyRing.read(tmp_path / "var" / "secrets" / "recordings.keys")

        async def on_disk(seconds: float) -> bool:
            files = list((tmp_path / "var" / "recordings").rglob("*.yhtr"))
            return bool(files) and Recording(files[0], keys).samples >= seconds * 8000

        await eventually(lambda: on_disk(1.8), 30)
        await leg.play(second)
        await eventually(lambda: on_disk(2.8), 30)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
    async with start(ScriptedRecogniser(["第一句话。", "第二句话。", "第三句话。"])) as telephone:
        clock.forward(20)  # the dead process' leases are over
        again = await telephone.leg(leg.uuid).connect()
        await again.play(silence(0.8) + tone(1.0, hertz=600) + silence(0.8))
        await again.hang_up()

        async def written() -> bool:
            found = await telephone.board.hotline.legs.leg(str(leg.uuid), clock())
            return found is not None and found.transcribed_all

        await eventually(written, 60)
        whole = recorded(telephone, leg.uuid)
        assert whole.startswith(first + second)
        assert tone(1.0, hertz=600) in whole
        found = await telephone.board.hotline.legs.leg(str(leg.uuid), clock())
        assert found is not None
        said = await telephone.board.hotline.legs.said(found.call)
        assert len(said) == 3  # each once: the killed process' words, what it had not written down, and what came after
        assert all(later.start >= earlier.end for earlier, later in pairwise(said))


async def test_silence_is_no_words_and_no_recogniser_is_no_loss(start: Start, eventually: Eventually) -> None:
    async with start() as telephone:
        leg = await telephone.leg().connect()
        await leg.play(silence(2.0))
        await leg.hang_up()

        async def written() -> bool:
            found = await telephone.board.hotline.legs.leg(str(leg.uuid), telephone.board.hotline.clock())
            return found is not None and found.transcribed_all

        await eventually(written, 30)
        found = await telephone.board.hotline.legs.leg(str(leg.uuid), telephone.board.hotline.clock())
        assert found is not None
        assert await telephone.board.hotline.legs.said(found.call) == []
        assert recorded(telephone, leg.uuid) == silence(2.0)
