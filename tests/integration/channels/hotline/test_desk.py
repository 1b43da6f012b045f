"""What operators and supervisors see around their calls: the stream, the microphone, figures, the end of keeping."""

from __future__ import annotations

import asyncio
import io
import wave
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import WSMsgType

from channels.hotline.recording import Recording
from channels.speech.scripted import ScriptedRecogniser
from tests.integration.channels.conftest import Clock
from tests.integration.channels.hotline.conftest import (
    Eventually,
    RegistryStandIn,
    Start,
    Telephone,
    silence,
    tone,
)


def recorded(sound: bytes) -> bytes:
    """A WAV file of 16,000 samples per second."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(sound)
    return content.getvalue()


async def test_a_page_that_comes_back_is_told_what_it_missed(telephone: Telephone, eventually: Eventually) -> None:
    call = await telephone.announce([telephone.leg()])
    cursor = (await telephone.get("li", "/calls"))["cursor"]
    await telephone.do("li", "POST", f"/calls/{call}/steps/take")
    await telephone.do("li", "PUT", f"/calls/{call}/forms/1/fields/name", {"value": "王小明"})
    told = await telephone.attend("li", after=cursor)
    await eventually(lambda: len(told) >= 2, 10)
    assert [kind for kind, _ in told] == ["call", "form"]
    assert told[0][1]["state"] == "talking"
    assert told[1][1]["fields"]["name"]["value"] == "王小明"
    others = await telephone.attend("wang", after=cursor)
    await eventually(lambda: others, 10)
    await asyncio.sleep(0.5)
    assert [kind for kind, _ in others] == ["call"]  # whose call it is not, hears of its state only
    watching = await telephone.attend("zhao", after=cursor, watch=call)
    await eventually(lambda: len(watching) >= 2, 10)
    assert watching[1][1]["fields"]["name"]["value"] == "王**"


async def test_a_page_from_another_time_reads_all_anew(telephone: Telephone, eventually: Eventually) -> None:
    await telephone.announce([telephone.leg()])
    told = await telephone.attend("li", after=10**9)
    await eventually(lambda: told, 10)
    assert told[0][0] == "reset"
    status, _ = await telephone.ask("li", "GET", "/live?after=never")
    assert status == 422


async def test_calls_of_one_process_are_seen_and_understood_from_another(start: Start, eventually: Eventually) -> None:
    async with start(ScriptedRecogniser(["路灯不亮。"])) as first, start() as second:
        leg = await first.leg().connect()
        call = await second.announce([leg], number="13812345678")
        told = await second.attend("li")
        await second.do("li", "POST", f"/calls/{call}/steps/take")
        await leg.play(tone(1.0) + silence(0.8))
        await eventually(lambda: any("category" in body.get("fields", {}) for kind, body in told if kind == "form"), 20)
        assert [body["text"] for kind, body in told if kind == "utterance"] == ["路灯不亮。"]


async def test_what_is_being_said_is_shown_before_it_is_over(start: Start, eventually: Eventually) -> None:
    async with start(ScriptedRecogniser(["路灯不亮了很久。"])) as telephone:
        leg = await telephone.leg().connect()
        call = await telephone.announce([leg])
        await telephone.do("li", "POST", f"/calls/{call}/steps/take")
        told = await telephone.attend("li")
        playing = asyncio.create_task(leg.play(tone(6.0) + silence(0.6), pace=0.01))
        await eventually(
            lambda: any((body["partial"] or {}).get("text") for kind, body in told if kind == "partial"), 20
        )
        await playing
        await eventually(lambda: any(kind == "utterance" for kind, _ in told), 20)
        last = [body for kind, body in told if kind == "partial"]
        await eventually(lambda: [body for kind, body in told if kind == "partial"][-1]["partial"] is None, 10)
        assert last


async def test_the_operators_microphone_is_a_call_like_any_other(start: Start, eventually: Eventually) -> None:
    async with start(ScriptedRecogniser(["路灯不亮。"])) as telephone:
        url = f"{telephone.url}/channels/hotline/microphone"
        headers = {"Authorization": "Bearer li"}
        async with telephone.session.ws_connect(url, headers=headers) as socket:
            await socket.send_json({"format": "pcm", "rate": 8000})
            call = (await socket.receive_json())["call_id"]
            sound = tone(1.0) + silence(0.6)
            await socket.send_bytes(sound[:1001])  # half a sample: the other half comes with the next frame
            await socket.send_bytes(sound[1001:])
            await socket.send_json({"end": True})
            assert await socket.receive_json() == {"ended": True, "reason": "asked"}

        async def lines() -> Any:
            return (await telephone.get("li", f"/calls/{call}"))["utterances"]

        await eventually(lines, 20)
        shown = await telephone.get("li", f"/calls/{call}")
        assert (shown["state"], shown["mine"]) == ("after_call", True)
        (file,) = telephone.folder.rglob("*.yhtr")
        assert Recording(file, telephone.board.hotline.keys).read(0, 10**6) == sound
        level = await telephone.get("li", "/service-level")
        assert level["offered"] == 0  # training is no service


async def test_a_wav_file_is_played_for_training(start: Start, eventually: Eventually) -> None:
    async with start(ScriptedRecogniser(["路灯不亮。"])) as telephone:
        url = f"{telephone.url}/channels/hotline/microphone"
        async with telephone.session.ws_connect(url, headers={"Authorization": "Bearer li"}) as socket:
            await socket.send_json({"format": "wav"})
            await socket.send_bytes(recorded(tone(0.6) + tone(0.6)))
            await socket.send_json({"end": True})
            begun = await socket.receive_json()
            call = begun["call_id"]
            assert begun["seconds"] == 0.6  # of 16,000 samples
            assert await socket.receive_json() == {"ended": True, "reason": "file"}

        async def lines() -> Any:
            return (await telephone.get("li", f"/calls/{call}"))["utterances"]

        await eventually(lines, 20)
        async with telephone.session.ws_connect(url, headers={"Authorization": "Bearer li"}) as socket:
            await socket.send_json({"format": "wav"})
            await socket.send_bytes(b"no wav")
            await socket.send_json({"end": True})
            assert "error" in await socket.receive_json()


@pytest.mark.parametrize("sound", ["microphone", "file"])
async def test_a_trial_call_says_that_it_will_end_before_it_does(start: Start, sound: str) -> None:
    async with start(trial_limit=timedelta(seconds=1)) as telephone:
        url = f"{telephone.url}/channels/hotline/microphone"
        async with telephone.session.ws_connect(url, headers={"Authorization": "Bearer li"}) as socket:
            if sound == "file":
                await socket.send_json({"format": "wav"})
                await socket.send_bytes(recorded(tone(5.0)))
                await socket.send_json({"end": True})
            else:
                await socket.send_json({"format": "pcm", "rate": 8000})
            begun = await socket.receive_json()
            assert begun["seconds"] == 1.0
            assert await socket.receive_json() == {"ending_in": 1.0, "reason": "limit"}
            assert await socket.receive_json() == {"ended": True, "reason": "limit"}
        assert (await telephone.get("li", f"/calls/{begun['call_id']}"))["state"] == "after_call"


async def test_a_headset_that_takes_real_calls_has_no_limit(start: Start) -> None:
    async with start(trial_limit=timedelta(seconds=0.2)) as telephone:
        url = f"{telephone.url}/channels/hotline/microphone"
        async with telephone.session.ws_connect(url, headers={"Authorization": "Bearer li"}) as socket:
            await socket.send_json({"format": "pcm", "rate": 8000, "training": False})
            assert (await socket.receive_json())["seconds"] is None
            await asyncio.sleep(0.5)
            await socket.send_json({"end": True})
            assert await socket.receive_json() == {"ended": True, "reason": "asked"}


async def test_other_sites_cannot_use_the_operators_microphone(telephone: Telephone) -> None:
    url = f"{telephone.url}/channels/hotline/microphone"
    headers = {"Authorization": "Bearer li", "Origin": "https://elsewhere.example"}
    async with telephone.session.get(url, headers=headers) as answer:
        assert answer.status == 403
    async with telephone.session.ws_connect(url, headers={"Authorization": "Bearer li"}) as socket:
        await socket.send_str("hello?")
        assert (await socket.receive()).type is WSMsgType.CLOSE


async def test_the_service_level_of_today(telephone: Telephone, clock: Clock) -> None:
    quick, late, lost, waiting = [await telephone.announce([telephone.leg()]) for _ in range(4)]
    await telephone.do("li", "POST", f"/calls/{quick}/steps/take")
    clock.forward(16)
    await telephone.do("wang", "POST", f"/calls/{late}/steps/take")
    await telephone.do("pbx", "POST", f"/calls/{lost}/hung-up")
    level = await telephone.get("zhao", "/service-level")
    assert (level["waiting"], level["offered"], level["answered"]) == (1, 4, 2)
    assert (level["answered_in_time"], level["abandoned"]) == (1, 1)
    assert level["longest_wait_seconds"] >= 16
    assert (await telephone.get("li", f"/calls/{waiting}"))["state"] == "ringing"
    listed = await telephone.get("zhao", "/calls?from=2000-01-01T00:00:00Z")
    assert len(listed["items"]) == 4


async def test_calls_that_nobody_will_end_end_with_time(
    telephone: Telephone, clock: Clock, eventually: Eventually
) -> None:
    never, waiting = [await telephone.announce([telephone.leg()]) for _ in range(2)]
    mine = await telephone.announce([telephone.leg()])
    await telephone.do("li", "POST", f"/calls/{mine}/steps/take")
    caller, agent = await telephone.leg().connect(), await telephone.leg().connect()
    unclaimed = await telephone.announce([caller, agent])
    await agent.play(tone(0.1))

    async def put_through() -> bool:
        return bool((await telephone.get("li", f"/calls/{unclaimed}"))["answered_at"])

    await eventually(put_through)
    for call in (unclaimed, mine):
        await telephone.do("pbx", "POST", f"/calls/{call}/hung-up")
    upkeep = telephone.board.upkeep

    async def states() -> list[str]:
        await upkeep.end_forgotten()
        return [(await telephone.get("li", f"/calls/{call}"))["state"] for call in (never, unclaimed, mine)]

    assert await states() == ["ringing", "after_call", "after_call"]
    clock.forward(11 * 60)
    assert await states() == ["ended", "after_call", "after_call"]
    clock.forward(20 * 60)
    assert await states() == ["ended", "ended", "after_call"]
    clock.forward(12 * 3600)
    assert await states() == ["ended", "ended", "ended"]
    assert (await telephone.get("li", f"/calls/{waiting}"))["state"] == "ended"


async def test_a_line_that_broke_was_hung_up_when_it_broke(start: Start, clock: Clock) -> None:
    async with start(ScriptedRecogniser([])) as telephone:
        leg = await telephone.leg().connect()
        call = await telephone.announce([leg])
        await telephone.do("li", "POST", f"/calls/{call}/steps/take")
        await leg.play(tone(0.5))
        await asyncio.sleep(0.5)
        broke = clock()
        await leg.break_off()
        await asyncio.sleep(0.5)
        clock.forward(60)
        await telephone.board.upkeep.hang_up_lost()
        shown = await telephone.get("li", f"/calls/{call}")
        assert shown["state"] == "after_call"
        assert abs((datetime.fromisoformat(shown["hung_up_at"]) - broke).total_seconds()) < 20


async def test_recordings_and_words_go_when_the_citys_days_are_over(
    start: Start, registry: RegistryStandIn, clock: Clock, eventually: Eventually
) -> None:
    async with start(ScriptedRecogniser(["我的电话是13812345678。"])) as telephone:
        leg = await telephone.leg().connect()
        call = await telephone.announce([leg], number="13812345678")
        await telephone.do("li", "POST", f"/calls/{call}/steps/take")
        await leg.play(tone(1.0))
        await leg.hang_up()

        async def lines() -> Any:
            return (await telephone.get("li", f"/calls/{call}"))["utterances"]

        await eventually(lines, 20)
        assert (await telephone.get("li", "/announcement"))["recordings_days"] == 30
        upkeep = telephone.board.upkeep
        await upkeep.purge()
        assert list(telephone.folder.rglob("*.yhtr"))
        clock.forward(31 * 86400)
        await upkeep.purge()
        assert not list(telephone.folder.rglob("*.yhtr"))
        status, _ = await telephone.ask("zhao", "GET", f"/calls/{call}/recording")
        assert status == 404
        assert await lines()
        clock.forward(30 * 86400)
        await upkeep.purge()
        shown = await telephone.get("li", f"/calls/{call}")
        assert (shown["utterances"], shown["number"]) == ([], "")
        assert all(not form["fields"] for form in shown["forms"])


async def test_while_the_intake_is_away_the_call_goes_on(
    start: Start, registry: RegistryStandIn, clock: Clock, eventually: Eventually
) -> None:
    async with start(ScriptedRecogniser(["路灯不亮。"])) as telephone:
        leg = await telephone.leg().connect()
        call = await telephone.announce([leg])
        told = await telephone.attend("li")
        await telephone.do("li", "POST", f"/calls/{call}/steps/take")
        registry.down = True
        await leg.play(tone(1.0) + silence(0.6))
        await eventually(lambda: any(kind == "utterance" for kind, _ in told), 20)
        status, answer = await telephone.ask("nobody", "GET", "/calls")
        assert (status, answer["code"]) == (503, "intake_down")
        registry.down = False
        clock.forward(5)
        await eventually(lambda: any("category" in body.get("fields", {}) for kind, body in told if kind == "form"), 20)
