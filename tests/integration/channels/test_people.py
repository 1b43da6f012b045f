"""A person takes over: the line, the silence of the assistant, words kept once, leases, and the way back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from channels.console.chats import Chats, files, transcript
from channels.gateway.database import Database
from channels.gateway.dialogue import MemoryDialogue
from channels.gateway.gateway import Gateway
from channels.gateway.handover import Outcome, Staff
from channels.gateway.message import Kind, Reply
from channels.gateway.people import LEASE, NotYours, People
from channels.gateway.pushes import Pushes
from channels.gateway.staffing import OperatorState, Staffing, Tidying
from tests.integration.channels.conftest import QUICK

WANG, LI = Staff("staff:1", "王受理"), Staff("staff:2", "李受理")


class AlwaysOpen:
    """Office hours without an end; or those of a closed office."""

    def __init__(self, opens_at=None) -> None:
        self.next = opens_at

    def open(self, now):
        return self.next is None

    def opens_at(self, now):
        return self.next


@pytest.fixture
def asks_for_a_person() -> MemoryDialogue:
    """An assistant that asks for a person when it hears 转人工, and repeats what else it hears."""

    async def respond(_sender: str, words: str) -> list[Reply]:
        await asyncio.sleep(0)
        if "转人工" in words:
            return [Reply("好的。"), Reply("", custom={"handover": {"reason": "asked", "phone": "13812345678"}})]
        if "回电" in words:
            return [Reply("好的，会给您回电。", custom={"handover": {"reason": "asked", "callback": True}})]
        return [Reply(f"听到：{words}")]

    return MemoryDialogue(respond)


class Room:
    """A gateway with its operators on one database, as one process has it."""

    def __init__(self, store, database_url, dialogue, clock, hours) -> None:
        self.database = Database(database_url)
        self.people, self.staffing = People(self.database), Staffing(self.database, hours)
        self.pushes = Pushes(store, clock)
        self.gateway = Gateway(store, dialogue, self.pushes, clock=clock, pace=QUICK, staffing=self.staffing)
        self.tidying = Tidying(self.people, self.staffing, hours, self.pushes.tell, clock)
        self.chats = Chats(self.database)
        self.store, self.clock = store, clock

    async def items(self):
        return {item.id: item for item in await self.chats.items(self.clock())}

    async def only(self):
        (item,) = (await self.items()).values()
        return item

    async def said(self, conversation: str = "c1") -> list[str]:
        entries = await self.store.history(f"web:{conversation}", 0, 100)
        return [entry.content.get("text", "") for entry in entries if entry.direction == "out"]


@pytest.fixture
async def new_room(new_store, database_url, asks_for_a_person, clock):
    rooms: list[Room] = []

    def make(hours=None) -> Room:
        rooms.append(Room(new_store(), database_url, asks_for_a_person, clock, hours or AlwaysOpen()))
        return rooms[-1]

    yield make
    for room in rooms:
        await room.gateway.close()
        await room.database.close()


@pytest.fixture
async def room(new_room, clock) -> Room:
    room = new_room()
    await room.staffing.say(WANG, OperatorState.READY, clock())
    return room


def number(item) -> int:
    return int(item.id.partition(":")[2])


async def test_those_who_ask_for_a_person_wait_in_a_line_and_hear_how_many_are_before_them(room, opened, text) -> None:
    answers = []
    for conversation in ("c1", "c2", "c3"):
        await opened(room.store, conversation)
        answer = await room.gateway.handle(text("转人工", conversation=conversation))
        answers.append([reply.text for reply in answer.replies])
    assert [said[0] for said in answers] == ["好的。"] * 3
    assert "您是下一位" in answers[0][1]
    assert "您前面还有 2 位" in answers[2][1]
    items = await room.items()
    assert [item.state for item in items.values()] == ["waiting"] * 3
    assert {item.phone for item in items.values()} == {"138****5678"}


async def test_who_waits_hears_when_the_line_moves_but_not_at_every_step(room, opened, text, clock) -> None:
    for conversation in range(9):
        await opened(room.store, f"c{conversation}")
        await room.gateway.handle(text("转人工", conversation=f"c{conversation}"))

    async def serve(places: range) -> list[str]:
        """Operators take these; what the last one in the line hears of it."""
        before = len(await room.said("c8"))
        await room.people.renew(WANG.id, clock())
        for place in places:
            await room.people.step_in(f"web:c{place}", WANG, clock())
        await room.tidying.round()
        await room.tidying.round()
        return (await room.said("c8"))[before:]

    assert await serve(range(3)) == []  # five before them instead of eight
    clock.forward(61)
    assert await serve(range(3, 4)) == ["您前面还有 4 位，请再等一等。"]
    assert await serve(range(4, 6)) == []  # less than a minute ago
    clock.forward(61)
    assert await serve(range(0)) == ["您前面还有 2 位，请再等一等。"]
    assert await serve(range(6, 8)) == ["您是下一位，马上就到您。"]


async def test_the_assistant_knows_with_each_message_whether_a_person_could_be_had(
    new_room, opened, text, clock, asks_for_a_person
) -> None:
    opens_at = clock() + timedelta(hours=9)
    room = new_room(AlwaysOpen(opens_at))
    await opened(room.store)
    await room.gateway.handle(text("路灯不亮"))
    assert asks_for_a_person.asked[-1][2]["people"] == {"staffed": False, "opens_at": opens_at.isoformat()}
    await room.staffing.say(WANG, OperatorState.READY, clock())
    await room.gateway.handle(text("还是不亮"))
    assert asks_for_a_person.asked[-1][2]["people"]["staffed"] is True


async def test_the_assistant_is_silent_until_given_back_and_then_knows_what_was_said(
    room, opened, text, clock, asks_for_a_person
) -> None:
    sender = await opened(room.store)
    await room.gateway.handle(text("转人工"))
    asked = len(asks_for_a_person.asked)
    handover = number(await room.only())
    await room.people.take(handover, WANG, clock())
    silent = await room.gateway.handle(text("江川东路的路灯不亮"))
    assert (silent.replies, silent.settled) == ((), True)
    pin = text("").with_parts({"kind": Kind.LOCATION, "lat": 31.1, "lng": 121.4, "label": "路口"})
    assert (await room.gateway.handle(pin)).replies == ()
    await room.people.say(handover, WANG, "r1", Reply("已经记下了"), clock())
    await room.people.end(handover, WANG, Outcome.GIVEN_BACK, clock())
    assert len(asks_for_a_person.asked) == asked
    answer = await room.gateway.handle(text("那什么时候修好"))
    assert [reply.text for reply in answer.replies] == ["听到：那什么时候修好"]
    told = [
        (event["metadata"]["speaker"], event["text"])
        for event in asks_for_a_person.events[sender]
        if event["metadata"].get("speaker")
    ]
    assert told == [
        ("staff", "人工受理员已接入，为您服务。"),
        ("resident", "江川东路的路灯不亮"),
        ("resident", "［位置］路口 31.10000, 121.40000"),
        ("staff", "已经记下了"),
        ("staff", "人工服务先到这里，我接着为您服务。需要时再说“转人工”。"),
    ]
    # once: a second message tells nothing again
    await room.gateway.handle(text("好"))
    assert len([event for event in asks_for_a_person.events[sender] if event["metadata"].get("speaker")]) == 5


async def test_two_operators_never_hold_the_same_conversation(new_room, opened, text, clock) -> None:
    rooms = [new_room(), new_room()]
    await rooms[0].staffing.say(WANG, OperatorState.READY, clock())
    await opened(rooms[0].store)
    await rooms[0].gateway.handle(text("转人工"))
    handover = number(await rooms[0].only())
    outcomes = await asyncio.gather(
        rooms[0].people.take(handover, WANG, clock()),
        rooms[1].people.take(handover, LI, clock()),
        return_exceptions=True,
    )
    assert sorted(isinstance(outcome, NotYours) for outcome in outcomes) == [False, True]
    holder = (await rooms[0].only()).staff
    other = LI if holder == WANG.id else WANG
    with pytest.raises(NotYours):
        await rooms[1].people.say(handover, other, "x", Reply("我来"), clock())
    assert [words for words in await rooms[0].said() if "已接入" in words] == ["人工受理员已接入，为您服务。"]


async def test_what_an_operator_says_is_said_once_and_in_order_however_often_it_is_sent(
    room, opened, text, clock
) -> None:
    await opened(room.store)
    await room.gateway.handle(text("转人工"))
    handover = number(await room.only())
    await room.people.take(handover, WANG, clock())
    for word in ("一", "二", "三"):
        await room.people.say(handover, WANG, f"r{word}", Reply(word), clock())
    await asyncio.gather(*(room.people.say(handover, WANG, f"r{word}", Reply(word), clock()) for word in "三二一"))
    assert (await room.said())[-3:] == ["一", "二", "三"]


async def test_an_operator_who_is_gone_gives_the_conversation_up_and_may_take_it_again(
    room, opened, text, clock
) -> None:
    await opened(room.store)
    await room.gateway.handle(text("转人工"))
    handover = number(await room.only())
    await room.people.take(handover, WANG, clock())
    clock.forward(LEASE.total_seconds() - 1)
    await room.people.renew(WANG.id, clock())
    clock.forward(LEASE.total_seconds() - 1)
    await room.tidying.round()
    assert (await room.only()).state == "held"
    clock.forward(2)
    await room.staffing.say(LI, OperatorState.READY, clock())
    await asyncio.gather(room.tidying.round(), room.tidying.round())
    item = await room.only()
    assert (item.state, item.staff) == ("waiting", "")
    assert len([words for words in await room.said() if "暂时离开" in words]) == 1
    with pytest.raises(NotYours):
        await room.people.say(handover, WANG, "late", Reply("还在吗"), clock())
    await room.people.take(handover, LI, clock())
    assert (await room.only()).staff == LI.id


@pytest.mark.parametrize("words", ["取消", "不用了", "算了不等了", "取消吧"])
async def test_whoever_would_rather_not_wait_goes_back_to_the_assistant(room, opened, text, words) -> None:
    await opened(room.store)
    await room.gateway.handle(text("转人工"))
    answer = await room.gateway.handle(text(words))
    assert answer.replies[0].text == "好的，不转人工了，我接着为您服务。"
    assert (await room.gateway.handle(text("路灯不亮"))).replies[0].text == "听到：路灯不亮"
    assert (await room.only()).outcome == "cancelled"


async def test_outside_staffed_hours_a_call_back_is_arranged_and_ticked_off_with_a_note(
    new_room, opened, text, clock
) -> None:
    room = new_room(AlwaysOpen(clock() + timedelta(hours=9)))
    await opened(room.store)
    answer = await room.gateway.handle(text("转人工"))
    assert "已经登记" in answer.replies[-1].text
    item = await room.only()
    assert (item.state, item.phone) == ("callback", "138****5678")
    # the assistant goes on meanwhile
    assert (await room.gateway.handle(text("路灯不亮"))).replies[0].text == "听到：路灯不亮"
    await room.people.called_back(number(item), WANG, "已说明办理时限", clock())
    assert (await room.only()).outcome == "called_back"
    page = await room.chats.page(item.id.partition(":")[2], "")
    assert [entry["text"] for entry in page.entries if entry["role"] == "mark"] == ["已回电：已说明办理时限"]


async def test_a_call_back_that_the_assistant_arranged_is_not_spoken_of_twice(room, opened, text) -> None:
    await opened(room.store)
    answer = await room.gateway.handle(text("请给我回电"))
    assert [reply.text for reply in answer.replies] == ["好的，会给您回电。"]
    assert (await room.only()).state == "callback"


async def test_when_all_operators_have_gone_those_who_wait_are_told_and_called_back(room, opened, text, clock) -> None:
    await opened(room.store)
    await room.gateway.handle(text("转人工"))
    clock.forward(60)
    await room.tidying.round()
    assert (await room.only()).state == "waiting"
    clock.forward(600)
    await room.tidying.round()
    await room.tidying.round()
    assert (await room.only()).state == "callback"
    assert len([words for words in await room.said() if "已经登记" in words]) == 1


async def test_a_conversation_in_which_nobody_speaks_any_more_ends_by_itself(room, opened, text, clock) -> None:
    await opened(room.store)
    await room.gateway.handle(text("转人工"))
    await room.people.take(number(await room.only()), WANG, clock())
    for _ in range(20):
        clock.forward(100)
        await room.people.renew(WANG.id, clock())
    await room.tidying.round()
    assert (await room.only()).outcome == "silent"


async def test_a_colleague_takes_over_with_the_notes(room, opened, text, clock) -> None:
    await opened(room.store)
    await room.gateway.handle(text("转人工"))
    handover = number(await room.only())
    await room.people.take(handover, WANG, clock())
    await room.people.note(handover, WANG, "n1", "老人，听力不好", clock())
    await room.people.note(handover, WANG, "n1", "老人，听力不好", clock())
    await room.people.pass_on(handover, WANG, LI, "要问燃气公司", clock())
    await room.people.say(handover, LI, "r1", Reply("您好"), clock())
    page = await room.chats.page(str(handover), "")
    assert [entry["text"] for entry in page.entries if entry["role"] in ("note", "mark")] == [
        "接手",
        "老人，听力不好",
        "转给李受理：要问燃气公司",
    ]
    assert not any("听力" in words for words in await room.said())


async def test_a_message_on_its_way_while_the_conversation_is_given_back_is_answered_by_the_assistant(
    room, opened, text, clock
) -> None:
    sender = await opened(room.store)
    await room.gateway.handle(text("转人工"))
    handover = number(await room.only())
    await room.people.take(handover, WANG, clock())
    taken = await room.store.accept(text("还有一件事", "late"), "at work", clock())
    assert taken.work.served
    await room.people.end(handover, WANG, Outcome.GIVEN_BACK, clock())
    await room.gateway._work(sender, "at work", taken.work, None)
    assert (await room.said())[-1] == "听到：还有一件事"


async def test_somebody_in_danger_is_shown_to_the_operators_and_served_unasked(room, opened, text, clock) -> None:
    sender = await opened(room.store)
    await room.gateway.handle(text("救命，楼里着火了，有人被困"))
    (danger,) = await room.chats.dangers(clock())
    assert (danger["conversation"], danger["kind"]) == (sender, "fire")
    handover = await room.people.step_in(sender, WANG, clock())
    await room.people.see_danger(sender, WANG)
    assert await room.chats.dangers(clock()) == []
    assert (await room.gateway.handle(text("三楼"))).replies == ()
    assert (number(await room.only()), (await room.only()).state) == (handover, "held")


@pytest.mark.parametrize(
    ("said", "media_type", "kind"),
    [
        ("救命，有人掉进没盖的井里", "audio/ogg", "injury"),
        ("楼里着火了", "image/jpeg", "fire"),
        ("there is a fire in our building", "", "fire"),
    ],
)
async def test_danger_is_noticed_in_voice_messages_below_photos_and_in_english(
    room, opened, text, clock, said, media_type, kind
) -> None:
    await opened(room.store)
    parts = {"kind": Kind.ATTACHMENT, "attachment_id": "f1", "media_type": media_type} if media_type else {}
    await room.gateway.handle(text(said).with_parts(parts))
    assert [danger["kind"] for danger in await room.chats.dangers(clock())] == [kind]


async def test_a_person_and_the_assistant_get_every_photo_and_the_words_of_voice_messages(
    room, opened, text, clock, asks_for_a_person
) -> None:
    sender = await opened(room.store)
    await room.gateway.handle(text("转人工"))
    handover = number(await room.only())
    await room.people.take(handover, WANG, clock())
    album = {"kind": Kind.ATTACHMENT, "attachment_id": "p1", "media_type": "image/jpeg", "more": ("p2", "p3")}
    voice = {"kind": Kind.ATTACHMENT, "attachment_id": "v1", "media_type": "audio/ogg"}
    await room.gateway.handle(text("就在门口这里").with_parts(album))
    await room.gateway.handle(text("井盖没了三天").with_parts(voice))

    page = await room.chats.page(str(handover), "")
    shown = [[file["id"] for file in entry["attachments"]] for entry in page.entries if "attachments" in entry]
    assert shown == [["p1", "p2", "p3"], ["v1"]]
    rows = await room.chats.whole(str(handover))
    assert files(rows) == ["p1", "p2", "p3", "v1"]
    words = ["［照片 3 张］就在门口这里", "［语音］井盖没了三天"]
    assert [line["text"] for line in transcript(rows) if line["role"] == "user"][1:] == words

    await room.people.end(handover, WANG, Outcome.GIVEN_BACK, clock())
    await room.gateway.handle(text("好"))
    told = [event for event in asks_for_a_person.events[sender] if event["metadata"].get("speaker") == "resident"]
    assert [event["text"] for event in told] == words


async def test_numbers_are_masked_in_the_transcript_until_revealed(room, opened, text, clock) -> None:
    await opened(room.store)
    await room.gateway.handle(text("转人工"))
    handover = str(number(await room.only()))
    await room.gateway.handle(text("我电话13812345678"))
    masked = (await room.chats.page(handover, "")).entries
    entry = next(entry for entry in masked if entry.get("phone"))
    assert (entry["text"], entry["phone"]) == ("我电话138****5678", "138****5678")
    revealed = (await room.chats.page(handover, "", revealed=True)).entries
    assert any(entry["text"] == "我电话13812345678" for entry in revealed)


async def test_a_page_gets_what_it_missed_and_nothing_twice(room, opened, text, clock) -> None:
    await opened(room.store)
    await room.gateway.handle(text("转人工"))
    handover = str(number(await room.only()))
    first = await room.chats.page(handover, "")
    await room.gateway.handle(text("补充一句"))
    second = await room.chats.page(handover, first.next)
    assert [entry["text"] for entry in second.entries if entry["role"] == "resident"] == ["补充一句"]
    assert (await room.chats.page(handover, second.next)).entries == []
