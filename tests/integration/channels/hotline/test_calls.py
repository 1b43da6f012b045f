"""A call from its ringing to its case, as the exchange and the operator see it."""

from __future__ import annotations

import io
import wave
from typing import Any

from channels.hotline.recording import Recording
from channels.speech.scripted import ScriptedRecogniser
from tests.integration.channels.hotline.conftest import (
    Eventually,
    RegistryStandIn,
    Start,
    Telephone,
    silence,
    tone,
)

LAMP = "江川路的路灯不亮了，已经三天了。"
UTTERANCE = tone(1.0) + silence(0.8)


async def test_a_call_is_announced_taken_written_down_understood_and_filed(
    start: Start, registry: RegistryStandIn, eventually: Eventually
) -> None:
    async with start(ScriptedRecogniser(["喂，您好。", LAMP])) as telephone:
        caller, operator = telephone.leg(), telephone.leg()
        call = await telephone.announce([caller, operator], number="13812345678", queue="一号队列", agent="8001")
        (ringing,) = (await telephone.get("li", "/calls"))["items"]
        assert (ringing["state"], ringing["number"], ringing["queue"]) == ("ringing", "138******78", "一号队列")
        assert ringing["steps"] == ["take"]

        told = await telephone.attend("li")
        taken = await telephone.do("li", "POST", f"/calls/{call}/steps/take")
        assert (taken["state"], taken["number"], taken["mine"]) == ("talking", "13812345678", True)
        await caller.connect()
        await caller.play(UTTERANCE + UTTERANCE)

        async def form() -> Any:
            forms = (await telephone.get("li", f"/calls/{call}"))["forms"]
            return forms and "category" in forms[0]["fields"] and forms[0]

        await eventually(form, 20)
        shown = await form()
        fields = shown["fields"]
        assert fields["category"]["value"] == {"code": "0201", "name": "路灯"}
        assert fields["category"]["confidence"] == 0.8
        assert fields["place"]["value"]["town"] == "江川路街道"
        assert fields["phone"] == {
            "label": "联系电话", "value": "13812345678", "by": "exchange", "confidence": 1.0, "words": [],
            "understood": "13812345678",
        }  # fmt: skip
        assert [case["case_no"] for case in shown["similar"]] == ["111222333"]
        assert shown["handler"]["department"]["name"] == "市政"
        assert all(registry.background)  # understanding keeps no idle session alive

        detail = await telephone.get("li", f"/calls/{call}")
        lines = {line["id"]: line for line in detail["utterances"]}
        assert [line["text"] for line in detail["utterances"]] == ["喂，您好。", LAMP]
        (words,) = fields["place"]["words"]
        said = lines[words["utterance"]]
        assert said["text"][words["start"] : words["end"]] == "江川路"
        await eventually(lambda: {kind for kind, _ in told} >= {"hello", "call", "utterance", "form"}, 10)

        await caller.hang_up()
        filed = await telephone.do("li", "POST", f"/calls/{call}/forms/1/file")
        again = await telephone.do("li", "POST", f"/calls/{call}/forms/1/file")
        assert filed["case_no"] == again["case_no"]
        assert len(registry.filed) == 1
        body = registry.bodies[0]
        assert body["channel"] == "hotline"
        assert body["reporter"]["phone"] == "13812345678"
        assert [line["text"] for line in body["transcript"]] == ["喂，您好。", LAMP]

        done = await telephone.do("li", "POST", f"/calls/{call}/steps/finish")
        assert (done["state"], done["case_nos"]) == ("ended", [filed["case_no"]])
        found = await telephone.get("li", f"/calls?case_no={filed['case_no']}")
        assert [one["call_id"] for one in found["items"]] == [call]
        history = (await telephone.get("li", f"/calls/{call}"))["history"]
        assert [event["kind"] for event in history] == ["take", "hang_up", "file", "finish"]


async def test_what_the_operator_typed_is_never_overwritten(
    start: Start, registry: RegistryStandIn, eventually: Eventually
) -> None:
    async with start(ScriptedRecogniser(["江川路的井盖坏了。", "是路灯坏了。"])) as telephone:
        caller = await telephone.leg().connect()
        call = await telephone.announce([caller])
        await telephone.attend("li")
        await telephone.do("li", "POST", f"/calls/{call}/steps/take")
        typed = {"value": {"code": "0101", "name": "井盖"}}
        await telephone.do("li", "PUT", f"/calls/{call}/forms/1/fields/category", typed)
        await caller.play(UTTERANCE + UTTERANCE)

        async def understood() -> Any:
            forms = (await telephone.get("li", f"/calls/{call}"))["forms"]
            return forms and (forms[0]["fields"].get("category") or {}).get("understood")

        await eventually(understood, 20)
        field = (await telephone.get("li", f"/calls/{call}"))["forms"][0]["fields"]["category"]
        assert field["value"]["code"] == "0101"
        assert (field["by"], field["understood"]["code"]) == ("operator", "0201")


async def test_a_correction_is_understood_and_counted(
    start: Start, registry: RegistryStandIn, eventually: Eventually
) -> None:
    async with start(ScriptedRecogniser(["将穿路的路灯不亮。"])) as telephone:
        caller = await telephone.leg().connect()
        call = await telephone.announce([caller])
        await telephone.attend("li")
        await telephone.do("li", "POST", f"/calls/{call}/steps/take")
        await caller.play(UTTERANCE)

        async def lines() -> Any:
            return (await telephone.get("li", f"/calls/{call}"))["utterances"]

        await eventually(lines, 20)
        (line,) = await lines()
        status, refused = await telephone.ask("wang", "PUT", f"/utterances/{line['id']}", {"text": "不是我的"})
        assert (status, refused["code"]) == (409, "not_yours")
        fixed = await telephone.do("li", "PUT", f"/utterances/{line['id']}", {"text": "江川路的路灯不亮。"})
        assert (fixed["recognised"], fixed["corrected"]) == ("将穿路的路灯不亮。", True)

        async def placed() -> Any:
            forms = (await telephone.get("li", f"/calls/{call}"))["forms"]
            return forms and "place" in forms[0]["fields"]

        await eventually(placed, 20)
        figures = (await telephone.get("li", "/quality"))["total"]
        assert (figures["recognised"], figures["corrected"], figures["error_rate"]) == (8, 2, 0.25)


async def test_a_filing_whose_answer_was_lost_is_the_same_case(telephone: Telephone, registry: RegistryStandIn) -> None:
    caller = telephone.leg()
    call = await telephone.announce([caller])
    await telephone.do("li", "POST", f"/calls/{call}/steps/take")
    status, refused = await telephone.ask("li", "POST", f"/calls/{call}/forms/1/file")
    assert status in (404, 422), refused
    await telephone.do("li", "PUT", f"/calls/{call}/forms/1/fields/description", {"value": "路灯不亮"})
    registry.lose_answers = 1
    status, refused = await telephone.ask("li", "POST", f"/calls/{call}/forms/1/file")
    assert (status, refused["code"]) == (503, "intake_down")
    filed = await telephone.do("li", "POST", f"/calls/{call}/forms/1/file")
    assert [one["case_no"] for one in registry.filed.values()] == [filed["case_no"]]
    status, refused = await telephone.ask("li", "PUT", f"/calls/{call}/forms/1/fields/wish", {"value": "快"})
    assert (status, refused["code"]) == (409, "already_filed")


async def test_only_who_may_does(telephone: Telephone) -> None:
    caller = telephone.leg()
    call = await telephone.announce([caller], number="13812345678")
    for who, method, path, expected in (
        ("nobody", "GET", "/calls", 401),
        ("sun", "GET", "/calls", 403),
        ("zhao", "POST", f"/calls/{call}/steps/take", 403),
        ("pbx", "POST", f"/calls/{call}/steps/take", 403),
        ("li", "POST", "/calls", 403),
        ("li", "POST", f"/calls/{call}/steps/hold", 409),
        ("li", "POST", f"/calls/{call}/steps/answer", 404),
        ("li", "GET", "/calls/unknown", 404),
        ("li", "PUT", f"/calls/{call}/forms/3/fields/wish", 404),
        ("li", "PUT", f"/calls/{call}/forms/1/fields/colour", 404),
    ):
        status, answer = await telephone.ask(who, method, path, {} if method == "POST" else None)
        assert status == expected, (who, method, path, answer)
    await telephone.do("li", "POST", f"/calls/{call}/steps/take")
    status, answer = await telephone.ask("wang", "POST", f"/calls/{call}/steps/take")
    assert (status, answer["holder"]) == (409, "李坐席")
    assert (await telephone.get("wang", f"/calls/{call}"))["number"] == "138******78"


async def test_a_call_is_held_transferred_and_taken_over(telephone: Telephone) -> None:
    call = await telephone.announce([telephone.leg()])
    await telephone.do("li", "POST", f"/calls/{call}/steps/take")
    assert (await telephone.do("li", "POST", f"/calls/{call}/steps/hold"))["state"] == "hold"
    assert (await telephone.do("li", "POST", f"/calls/{call}/steps/resume"))["state"] == "talking"
    status, _ = await telephone.ask("li", "POST", f"/calls/{call}/steps/transfer", {})
    assert status == 422
    offered = await telephone.do("li", "POST", f"/calls/{call}/steps/transfer", {"to": "王坐席"})
    assert (offered["state"], offered["transfer_to"]) == ("transferred", "王坐席")
    taken = await telephone.do("wang", "POST", f"/calls/{call}/steps/take")
    assert (taken["state"], taken["operator"]["name"]) == ("talking", "王坐席")
    status, _ = await telephone.ask("li", "POST", f"/calls/{call}/steps/hold")
    assert status == 409


async def test_legs_that_come_before_their_announcement_become_one_call(
    telephone: Telephone, eventually: Eventually
) -> None:
    caller, operator = await telephone.leg().connect(), await telephone.leg().connect()
    await caller.play(tone(0.4))
    await operator.play(tone(0.4))

    async def strangers() -> bool:
        return len((await telephone.get("li", "/calls"))["items"]) == 2

    await eventually(strangers, 10)
    call = await telephone.announce([caller, operator], number="02164123456", agent="李坐席")
    (one,) = (await telephone.get("li", "/calls"))["items"]
    assert one["call_id"] == call
    assert [leg["side"] for leg in one["legs"]] == ["caller", "operator"]
    status, answer = await telephone.ask("pbx", "POST", "/calls", {"caller": str(caller.uuid), "number": "02164123456"})
    assert (status, answer["call_id"]) == (200, call)


async def test_the_operators_leg_answers_the_call(telephone: Telephone, eventually: Eventually) -> None:
    caller, operator = telephone.leg(), telephone.leg()
    call = await telephone.announce([caller, operator], agent="李坐席")
    await operator.connect()
    await operator.play(tone(0.3))

    async def talking() -> bool:
        return bool((await telephone.get("li", f"/calls/{call}"))["state"] == "talking")

    await eventually(talking, 10)
    assert (await telephone.get("li", f"/calls/{call}"))["steps"] == ["take"]


async def test_both_legs_are_played_in_step_by_ranges_and_noted(
    telephone: Telephone, registry: RegistryStandIn, eventually: Eventually
) -> None:
    caller, operator = telephone.leg(), telephone.leg()
    call = await telephone.announce([caller, operator])
    await caller.connect()
    await caller.play(tone(1.0))
    await operator.connect()
    await operator.play(tone(0.5, hertz=500))
    await operator.hang_up()
    await caller.hang_up()
    status, content = await telephone.ask("zhao", "GET", f"/calls/{call}/recording")
    assert status == 200
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        frames = file.readframes(file.getnframes())
    left = b"".join(frames[at : at + 2] for at in range(0, len(frames), 4))
    assert left.startswith(tone(1.0))
    assert registry.heard == [("赵督办", call)]
    headers = {"Authorization": "Bearer zhao", "Range": "bytes=1000-1999"}
    url = f"{telephone.url}/channels/hotline/calls/{call}/recording"
    async with telephone.session.get(url, headers=headers) as answer:
        assert (answer.status, await answer.read()) == (206, content[1000:2000])
        assert answer.headers["Content-Range"] == f"bytes 1000-1999/{len(content)}"
    assert len(registry.heard) == 1  # one playing
    async with telephone.session.get(url, headers=headers | {"Range": "bytes=99999999-"}) as answer:
        assert answer.status == 416
    registry.down = True
    status, _ = await telephone.ask("zhao", "GET", f"/calls/{call}/recording?side=caller")
    assert status == 503  # nobody listens without a note


async def test_the_recording_on_the_disk_is_not_readable_without_its_key(
    telephone: Telephone, eventually: Eventually
) -> None:
    caller = await telephone.leg().connect()
    await caller.play(tone(1.0))
    await caller.hang_up()
    (file,) = telephone.folder.rglob("*.yhtr")
    assert tone(1.0)[:64] not in file.read_bytes()
    assert Recording(file, telephone.board.hotline.keys).read(0, 8000) == tone(1.0)
    assert file.stat().st_mode & 0o077 == 0
