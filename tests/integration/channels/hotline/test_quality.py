"""What supervisors see of the quality of calls: figures, the list for review, what they thought; on each database."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from channels.hotline.call import Operator
from channels.hotline.quality_store import Span
from channels.speech.scripted import ScriptedRecogniser
from channels.staff.registry import Asker
from tests.integration.channels.conftest import Clock
from tests.integration.channels.hotline.conftest import (
    Eventually,
    RegistryStandIn,
    Start,
    Telephone,
    silence,
    tone,
)

NUMBER = "13812345678"
SAID = "将穿路的路灯不亮，电话13812345678。"  # 20 characters without punctuation
MEANT = "江川路的路灯都不亮，电话13812345678。"  # two replaced, one put in


async def answered(telephone: Telephone, clock: Clock, who: str, wait: float = 5, talk: float = 60) -> str:
    """A call that is taken, spoken and hung up."""
    call = await telephone.announce([telephone.leg()], number=NUMBER)
    clock.forward(wait)
    await telephone.do(who, "POST", f"/calls/{call}/steps/take")
    clock.forward(talk)
    await telephone.do("pbx", "POST", f"/calls/{call}/hung-up")
    return call


async def given_up(telephone: Telephone, clock: Clock, wait: float) -> str:
    call = await telephone.announce([telephone.leg()], number=NUMBER)
    clock.forward(wait)
    await telephone.do("pbx", "POST", f"/calls/{call}/hung-up")
    return call


async def finish(telephone: Telephone, clock: Clock, who: str, call: str, work: float) -> None:
    clock.forward(work)
    await telephone.do(who, "POST", f"/calls/{call}/steps/finish")


async def file(telephone: Telephone, clock: Clock, who: str, call: str, after: float) -> None:
    clock.forward(after)
    await telephone.do(who, "PUT", f"/calls/{call}/forms/1/fields/description", {"value": "路灯不亮"})
    await telephone.do(who, "POST", f"/calls/{call}/forms/1/file")


def about(seconds: float) -> Any:
    # the clock of the tests goes on while they run
    return pytest.approx(seconds, abs=4)


@pytest.mark.parametrize("settled", [True, False], ids=["settled", "just over"])
async def test_the_figures_of_a_day_by_operator_and_day(telephone: Telephone, clock: Clock, settled: bool) -> None:
    first = await answered(telephone, clock, "li", wait=2)
    await file(telephone, clock, "li", first, after=40)
    await finish(telephone, clock, "li", first, work=20)
    second = await answered(telephone, clock, "wang", wait=30)
    await finish(telephone, clock, "wang", second, work=100)
    await given_up(telephone, clock, wait=70)
    await telephone.announce([telephone.leg()])
    if settled:
        await telephone.board.upkeep.settle()
    found = await telephone.get("zhao", "/quality?from=2000-01-01&to=2000-01-02")
    assert (found["total"]["calls"], found["operators"], found["days"]) == (0, [], [])

    today = clock().astimezone()
    found = await telephone.get(
        "zhao", f"/quality?from={(today - timedelta(days=1)):%Y-%m-%d}&to={(today + timedelta(days=1)):%Y-%m-%d}"
    )
    total = found["total"]
    assert (total["calls"], total["answered"], total["abandoned"], total["answered_in_time"]) == (4, 2, 1, 1)
    assert (total["in_time_share"], total["connected_share"]) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert (total["mean_wait_seconds"], total["median_wait_seconds"]) == (about((2 + 30 + 70) / 3), about(30))
    assert total["longest_wait_seconds"] == about(70)
    assert (total["finished"], total["mean_after_call_seconds"]) == (2, about((60 + 100) / 2))
    assert (total["filed"], total["mean_seconds_to_file"]) == (1, about(40))
    assert found["now"]["waiting"] == 1
    names = [each["operator"] and each["operator"]["name"] for each in found["operators"]]
    assert sorted(names[:2]) == ["李坐席", "王坐席"]
    assert names[2] is None  # whoever nobody answered stands by themselves
    assert [each["calls"] for each in found["operators"]] == [1, 1, 2]
    assert sum(each["calls"] for each in found["days"]) == 4
    assert "GB/T 33358" in found["definitions"]["in_time_share"]


async def test_the_middle_wait_is_the_same_before_and_after_settling(telephone: Telephone, clock: Clock) -> None:
    span = Span("2000-01-01", "2100-01-01", clock() - timedelta(days=1), clock() + timedelta(days=1))
    store = telephone.board.hotline.quality
    assert await store.median_wait(span) is None
    waits = [50, 10, 90, 30]
    for number, wait in enumerate(waits, 1):
        await given_up(telephone, clock, wait=wait)
        ordered = sorted(waits[:number])
        middle = (ordered[(number - 1) // 2] + ordered[number // 2]) / 2
        assert await store.median_wait(span) == about(middle)
        if number == 2:  # then some are settled and some are not
            await telephone.board.upkeep.settle()
    await telephone.board.upkeep.settle()
    assert await store.median_wait(span) == about((30 + 50) / 2)


async def test_what_was_corrected_after_the_call_counts_and_stays_when_the_words_are_gone(
    start: Start, clock: Clock, eventually: Eventually
) -> None:
    async with start(ScriptedRecogniser([SAID])) as telephone:
        leg = await telephone.leg().connect()
        call = await telephone.announce([leg], number=NUMBER)
        await telephone.do("li", "POST", f"/calls/{call}/steps/take")
        await leg.play(tone(1.0) + silence(0.6))
        await leg.hang_up()

        async def written() -> Any:
            return (await telephone.get("li", f"/calls/{call}"))["utterances"]

        await eventually(written, 20)
        await telephone.do("li", "POST", f"/calls/{call}/steps/finish")
        await telephone.board.upkeep.settle()
        assert (await telephone.get("zhao", "/quality"))["total"]["corrected"] == 0
        (line,) = await written()
        await telephone.do("li", "PUT", f"/utterances/{line['id']}", {"text": MEANT})
        for _ in range(2):  # before it is settled anew, and after
            total = (await telephone.get("zhao", "/quality"))["total"]
            assert (total["recognised"], total["corrected"], total["error_rate"]) == (21, 3, pytest.approx(3 / 21))
            await telephone.board.upkeep.settle()

        shown = await telephone.get("zhao", f"/quality/calls/{call}")
        assert (shown["number"], shown["utterances"][0]["text"]) == (
            "138******78",
            MEANT.replace(NUMBER, "138******78"),
        )
        await telephone.do("zhao", "PUT", f"/quality/calls/{call}/review", {"grade": "fair", "note": "提前核对路名"})
        clock.forward(61 * 86400)
        await telephone.board.upkeep.purge()
        shown = await telephone.get("zhao", f"/quality/calls/{call}")
        assert (shown["utterances"], shown["number"], shown["recorded"]) == ([], "", False)
        assert (shown["recognised"], shown["corrected"], shown["review"]["grade"]) == (21, 3, "fair")
        assert shown["review"]["note"] == ""  # it may have told of the caller


async def test_the_worst_calls_come_first_and_can_be_chosen_by_what_was_wrong(
    telephone: Telephone, clock: Clock
) -> None:
    good = await answered(telephone, clock, "li")
    await finish(telephone, clock, "li", good, work=5)
    slow = await answered(telephone, clock, "li", wait=20)
    await finish(telephone, clock, "li", slow, work=5)
    lost = await given_up(telephone, clock, wait=20)
    late = await answered(telephone, clock, "wang")
    await file(telephone, clock, "wang", late, after=200)
    await finish(telephone, clock, "wang", late, work=5)
    open_call = await telephone.announce([telephone.leg()])
    await telephone.board.upkeep.settle()

    async def listed(query: str) -> list[str]:
        return [item["call_id"] for item in (await telephone.get("zhao", f"/quality/calls?{query}"))["items"]]

    days = f"from={(clock() - timedelta(days=2)):%Y-%m-%d}&to={(clock() + timedelta(days=2)):%Y-%m-%d}"
    assert await listed(days) == [lost, late, slow]
    assert await listed(f"{days}&fault=filed_late") == [late]
    assert await listed(f"{days}&fault=abandoned") == [lost]
    assert await listed(f"{days}&fault=many_corrections") == []
    assert await listed(f"{days}&fault=all") == [lost, late, slow, good]
    assert open_call not in await listed(f"{days}&fault=all")  # it is not over
    assert await listed(f"{days}&operator=staff:1") == [slow]
    assert await listed(f"{days}&limit=1&offset=1") == [late]
    page = await telephone.get("zhao", f"/quality/calls?{days}&limit=1")
    assert (page["count"], page["items"][0]["faults"], page["items"][0]["number"]) == (3, ["abandoned"], "138******78")
    assert "放弃 5" in page["order"]
    await telephone.do("zhao", "PUT", f"/quality/calls/{late}/review", {"grade": "poor", "note": "先立案再写"})
    assert await listed(f"{days}&reviewed=no") == [lost, slow]
    assert await listed(f"{days}&reviewed=yes") == [late]


async def test_a_review_is_kept_and_nobody_overwrites_what_they_have_not_seen(
    start: Start, clock: Clock, registry: RegistryStandIn
) -> None:
    async with start() as telephone:
        call = await answered(telephone, clock, "li")
        body = {"grade": "poor", "note": "没有问清楼号，回拨 13812345678"}
        first = await telephone.do("zhao", "PUT", f"/quality/calls/{call}/review", body)
        assert (first["version"], first["note"]) == (1, "没有问清楼号，回拨 138******78")
        assert ("赵督办", "review", f"call:{call}") in registry.recorded
        status, problem = await telephone.ask("qian", "PUT", f"/quality/calls/{call}/review", {"grade": "good"})
        assert (status, problem["code"]) == (409, "reviewed_meanwhile")
        seen = {"grade": "good", "note": "听过录音，问了", "version": 1}
        await telephone.do("qian", "PUT", f"/quality/calls/{call}/review", seen)
        status, _ = await telephone.ask("qian", "PUT", f"/quality/calls/{call}/review", {"grade": "great"})
        assert status == 422
        status, _ = await telephone.ask("zhao", "PUT", "/quality/calls/unknown/review", body)
        assert status == 404
    async with start() as telephone:  # another process, later
        kept = (await telephone.get("zhao", f"/quality/calls/{call}"))["review"]
        assert (kept["grade"], kept["note"], kept["by"]["name"], kept["version"]) == (
            "good",
            "听过录音，问了",
            "钱督办",
            2,
        )
        history = (await telephone.get("zhao", f"/calls/{call}"))["history"]
        graded = [(event["by"]["name"], event["detail"]["grade"]) for event in history if event["kind"] == "review"]
        assert graded == [("赵督办", "poor"), ("钱督办", "good")]


async def test_only_supervisors_see_others_and_operators_only_themselves(
    telephone: Telephone, clock: Clock, registry: RegistryStandIn
) -> None:
    own = await answered(telephone, clock, "li")
    other = await given_up(telephone, clock, wait=20)
    await finish(telephone, clock, "li", own, work=5)
    await telephone.do("zhao", "PUT", f"/quality/calls/{own}/review", {"grade": "poor", "note": "语气"})
    await telephone.board.upkeep.settle()
    for who in ("sun", "pbx", "zhou"):
        for path in ("/quality", "/quality/calls", f"/quality/calls/{own}", "/quality/export"):
            status, problem = await telephone.ask(who, "GET", path)
            assert (status, problem["detail"]) == (403, "通话质量只对督办员开放。"), (who, path)
    for method, path in (
        ("GET", f"/quality/calls/{own}"), ("GET", "/quality/export"), ("PUT", f"/quality/calls/{own}/review"),
    ):  # fmt: skip
        status, _ = await telephone.ask("li", method, path, {"grade": "good"} if method == "PUT" else None)
        assert status == 403, path
    mine = await telephone.get("li", "/quality?operator=staff:2")  # asking for another's changes nothing
    assert [each["operator"]["name"] for each in mine["operators"]] == ["李坐席"]
    assert mine["total"]["calls"] == 1
    (listed,) = (await telephone.get("li", "/quality/calls?fault=all"))["items"]
    assert (listed["call_id"], listed["review"]) == (own, None)
    assert (await telephone.get("wang", "/quality/calls?fault=all"))["items"] == []
    history = (await telephone.get("wang", f"/calls/{own}"))["history"]
    assert "review" not in [event["kind"] for event in history]
    await telephone.get("zhao", f"/quality/calls/{other}")
    assert ("赵督办", "read", f"call:{other}") in registry.recorded
    registry.down = True
    status, _ = await telephone.ask("zhao", "GET", f"/quality/calls/{other}")
    assert status == 503  # nobody reads without a note


async def test_tables_are_taken_away_without_numbers_and_recorded(
    telephone: Telephone, clock: Clock, registry: RegistryStandIn
) -> None:
    call = await answered(telephone, clock, "li", wait=20)
    await finish(telephone, clock, "li", call, work=5)
    await telephone.do("zhao", "PUT", f"/quality/calls/{call}/review", {"grade": "poor", "note": "=1+1"})
    await telephone.board.upkeep.settle()

    async def table(of: str) -> list[dict[str, str]]:
        status, content = await telephone.ask("zhao", "GET", f"/quality/export?of={of}")
        assert status == 200
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))

    (row,) = await table("calls")
    assert (row["电话编号"], row["来电号码"], row["坐席"]) == (call, "138******78", "李坐席")
    assert (row["问题"], row["复核"], row["复核意见"]) == ("接听晚", "需改进", "'=1+1")
    (row,) = await table("operators")
    assert (row["坐席"], row["来电"], row["15 秒内接听率"]) == ("李坐席", "1", "0.00%")
    assert [row["来电"] for row in await table("days")] == ["1"]
    assert [action for _, action, _ in registry.recorded].count("export") == 3


@pytest.mark.parametrize(
    "query", ["from=2026-11-02&to=2026-11-01", "from=2026-01-01&to=2026-11-01", "from=yesterday", "fault=rude"]
)
async def test_days_that_make_no_sense_are_refused(telephone: Telephone, query: str) -> None:
    status, problem = await telephone.ask("zhao", "GET", f"/quality/calls?{query}")
    assert (status, problem["code"]) == (422, "invalid")


async def test_training_counts_nowhere(telephone: Telephone, clock: Clock) -> None:
    hotline = telephone.board.hotline
    leg = await hotline.lines.open("11111111-1111-4111-8111-111111111111", 8000, training=True)
    await hotline.lines.close(leg, "hang_up")
    await telephone.board.upkeep.settle()
    assert (await telephone.get("zhao", "/quality"))["total"]["calls"] == 0
    assert (await telephone.get("zhao", "/quality/calls?fault=all"))["items"] == []


def test_somebody_who_does_both_sees_everybody() -> None:
    both = Asker(Operator("staff:9", "双岗"), frozenset({"operator", "supervisor"}), frozenset())
    assert both.confined_to == ""


# what the audit trail is told


async def test_taking_correcting_and_finishing_are_told_without_anybody_waiting(
    start: Start, registry: RegistryStandIn, clock: Clock, eventually: Eventually
) -> None:
    async with start(ScriptedRecogniser(["将穿路。"])) as telephone:
        registry.deaf = True
        leg = await telephone.leg().connect()
        call = await telephone.announce([leg])
        await telephone.do("li", "POST", f"/calls/{call}/steps/take")
        await telephone.do("li", "POST", f"/calls/{call}/steps/take")  # said twice: done once
        await leg.play(tone(1.0))
        await leg.hang_up()

        async def written() -> Any:
            return (await telephone.get("li", f"/calls/{call}"))["utterances"]

        await eventually(written, 20)
        (line,) = await written()
        await telephone.do("li", "PUT", f"/utterances/{line['id']}", {"text": "江川路。"})
        await telephone.do("li", "POST", f"/calls/{call}/steps/finish")
    assert registry.deeds == []
    registry.deaf = False
    clock.forward(3600)
    async with start() as telephone:  # the process that did it is gone, the operator's page comes back
        await telephone.attend("li")

        async def told() -> bool:
            return len(registry.deeds) == 3

        await eventually(told, 30)
        assert registry.deeds == [("李坐席", kind, call) for kind in ("take", "correct", "finish")]
        await telephone.board.trail.tidy()
        clock.forward(3600)
        await telephone.attend("wang")
        await telephone.board.trail.tell("staff:1", telephone.credential("li"))
        assert len(registry.deeds) == 3  # told once


async def test_a_deed_that_nobody_takes_is_given_up(
    telephone: Telephone, registry: RegistryStandIn, clock: Clock
) -> None:
    registry.deaf = True
    call = await telephone.announce([telephone.leg()])
    await telephone.do("li", "POST", f"/calls/{call}/steps/take")
    trail, li = telephone.board.trail, telephone.credential("li")
    await trail.end()
    for _ in range(100):
        clock.forward(601)
        await trail.tell("staff:1", li)
    registry.deaf = False
    clock.forward(601)
    await trail.tell("staff:1", li)
    assert registry.deeds == []
