"""Calls in the list of the operators' console: who sees what of them, and how a transcript grows there."""

from __future__ import annotations

from channels.console.calls import Calls
from channels.console.sources import Page
from channels.speech.scripted import ScriptedRecogniser
from tests.integration.channels.conftest import Clock
from tests.integration.channels.hotline.conftest import Eventually, Start, Telephone, silence, tone

NUMBER = "13812345678"
LI, WANG = "staff:1", "staff:2"
SAID = f"路灯不亮，我的电话{NUMBER}。"


def source(telephone: Telephone, clock: Clock) -> Calls:
    return Calls(telephone.board.hotline.calls, telephone.board.hotline.legs, clock)


def words(page: Page | None) -> list[str]:
    assert page is not None
    return [str(entry["text"]) for entry in page.entries if entry["role"] != "mark"]


async def test_a_call_waits_is_held_and_ends_in_the_list(telephone: Telephone, clock: Clock) -> None:
    calls = source(telephone, clock)
    call = await telephone.announce([telephone.leg()], number=NUMBER, queue="一号队列")
    (ringing,) = await calls.items(clock())
    assert (ringing.id, ringing.state, ringing.phone) == (f"call:{call}", "waiting", "138******78")
    assert ringing.due_at is not None
    assert (ringing.due_at - ringing.asked_at).total_seconds() == 15
    await telephone.do("li", "POST", f"/calls/{call}/steps/take")
    (talking,) = await calls.items(clock())
    assert (talking.state, talking.staff, talking.due_at) == ("held", LI, None)
    assert talking.as_json()["call"]["state"] == "talking"
    await telephone.do("li", "POST", f"/calls/{call}/steps/hang_up")
    await telephone.do("li", "POST", f"/calls/{call}/steps/finish")
    (ended,) = await calls.items(clock())
    assert (ended.state, ended.outcome) == ("ended", "closed")
    clock.forward(31 * 60)
    assert await calls.items(clock()) == []


async def test_only_whoever_has_the_call_reads_the_numbers_in_it(
    start: Start, clock: Clock, eventually: Eventually
) -> None:
    async with start(ScriptedRecogniser([SAID])) as telephone:
        calls = source(telephone, clock)
        leg = await telephone.leg().connect()
        call = await telephone.announce([leg], number=NUMBER)
        await telephone.do("li", "POST", f"/calls/{call}/steps/take")
        await leg.play(tone(1.0) + silence(0.8))

        async def written() -> bool:
            return bool(words(await calls.page(call, "", reader=LI)))

        await eventually(written, 20)
        own, others = await calls.page(call, "", reader=LI), await calls.page(call, "", reader=WANG)
        assert words(own) == [SAID]
        assert words(others) == [SAID.replace(NUMBER, "138******78")]
        assert own is not None
        assert others is not None
        assert (own.more["call"]["number"], others.more["call"]["number"]) == (NUMBER, "138******78")
        assert others.more["call"]["forms"][0]["fields"]["phone"]["value"] == "138******78"
        await leg.hang_up()

        async def over() -> bool:
            return (await calls.items(clock()))[0].as_json()["call"]["state"] == "after_call"

        await eventually(over, 20)
        await telephone.do("li", "POST", f"/calls/{call}/steps/finish")
        # when the work is done it is nobody's any more
        assert words(await calls.page(call, own.next, reader=LI)) == [SAID.replace(NUMBER, "138******78")]


async def test_a_page_is_told_what_changed_and_nothing_twice(
    start: Start, clock: Clock, eventually: Eventually
) -> None:
    async with start(ScriptedRecogniser(["路灯不亮。", "在江川路。"])) as telephone:
        calls = source(telephone, clock)
        leg = await telephone.leg().connect()
        call = await telephone.announce([leg])
        await telephone.do("li", "POST", f"/calls/{call}/steps/take")
        await leg.play((tone(1.0) + silence(0.8)) * 2)

        async def written() -> bool:
            return len(words(await calls.page(call, "", reader=LI))) == 2

        await eventually(written, 20)
        await leg.hang_up()

        async def still() -> bool:
            first = await calls.page(call, "", reader=LI)
            assert first is not None
            again = await calls.page(call, first.next, reader=LI)
            return again == Page([], first.next)

        await eventually(still, 20)
        first = await calls.page(call, "", reader=LI)
        assert first is not None
        line = next(entry for entry in first.entries if entry["text"] == "路灯不亮。")
        await telephone.do("li", "PUT", f"/utterances/{line['seq']}", {"text": "路灯都不亮。"})
        more = await calls.page(call, first.next, reader=LI)
        assert more is not None
        assert [(entry["id"], entry["text"], entry["corrected"]) for entry in more.entries] == [
            (line["id"], "路灯都不亮。", True)
        ]
        # a call of which nobody knows, and a cursor that nobody gave
        assert await calls.page("nothing", "") is None
        assert len(words(await calls.page(call, "never", reader=LI))) == 2
