"""Voice messages of every channel are understood before the assistant hears of them, or kept and said so."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from channels.gateway.gateway import Gateway
from channels.gateway.media import MediaAway
from channels.gateway.message import Inbound, Kind
from channels.gateway.voice import Listener
from channels.speech.port import AudioUnreadable, RecogniserBusy, RecogniserMissing, Transcription

SAID = "江川路320号门口的井盖坏了。"


class Ears:
    """Recognises every recording as ``text``, or fails as told."""

    def __init__(self, text: str = SAID) -> None:
        self.text = text
        self.failing: Exception | None = None
        self.delay = 0.0
        self.heard: list[bytes] = []

    async def transcribe_recording(self, recording: bytes, *, hotwords=()) -> Transcription:
        self.heard.append(recording)
        await asyncio.sleep(self.delay)
        if self.failing:
            raise self.failing
        return Transcription(self.text, (), "ears")


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def voice(clock, text):
    """A voice message that the intake has."""

    def make(message_id: str = "v1", conversation: str = "c1") -> Inbound:
        typed = text("", message_id, conversation)
        return replace(typed, kind=Kind.ATTACHMENT, text="", attachment_id="a1", media_type="audio/ogg")

    return make


@pytest.fixture
def listening(store, dialogue, new_gateway, intake, session, ears, opened):
    """A gateway with ears, and a conversation open."""

    async def make(limit: int = 1000) -> Gateway:
        from channels.gateway.intake import Intake

        intake.attachments["a1"] = b"a recording"
        await opened(store)
        listener = Listener(Intake(session, intake.url, intake.token), ears, limit)
        return new_gateway(store, dialogue, listen=listener.listen)

    return make


async def test_the_assistant_hears_the_words_and_the_resident_sees_them(listening, voice, dialogue, ears) -> None:
    answer = await (await listening()).handle(voice())
    assert ears.heard == [b"a recording"]
    assert SAID in answer.replies[0].text
    assert "听到的是" in answer.replies[0].text
    assert answer.replies[1].text == f"听到：{SAID}"
    assert answer.settled


async def test_the_recording_goes_to_the_assistant_with_its_words(listening, voice, dialogue, monkeypatch) -> None:
    asked = []
    ask = dialogue.ask

    async def recorded(sender: str, text: str, metadata: dict[str, object]):
        asked.append(metadata)
        return await ask(sender, text, metadata)

    monkeypatch.setattr(dialogue, "ask", recorded)
    await (await listening()).handle(voice())
    assert asked[0]["attachments"] == [{"id": "a1", "media_type": "audio/ogg"}]


async def test_the_words_stay_in_the_conversation(listening, voice, store) -> None:
    await (await listening()).handle(voice())
    sent = (await store.history("web:c1", 0, 10))[0]
    assert sent.content["text"] == SAID
    assert sent.content["attachment"] == {"attachment_id": "a1", "media_type": "audio/ogg"}


@pytest.mark.parametrize("failing", [RecogniserMissing("no model"), AudioUnreadable("no sound")])
async def test_what_cannot_be_understood_is_kept_and_the_assistant_says_so(listening, voice, ears, failing) -> None:
    ears.failing = failing
    answer = await (await listening()).handle(voice())
    assert [reply.text for reply in answer.replies] == [
        '听到：/share_attachment{"id": "a1", "media_type": "audio/ogg"}'
    ]


async def test_our_own_recogniser_counts_before_what_the_provider_understood(listening, voice, ears) -> None:
    answer = await (await listening()).handle(replace(voice(), hint="江川陆的井盖坏了"))
    assert ears.heard == [b"a recording"]
    assert (SAID in answer.replies[0].text, answer.replies[1].text) == (True, f"听到：{SAID}")


@pytest.mark.parametrize("failing", [RecogniserMissing("no model"), RecogniserBusy("20 are waiting")])
async def test_without_our_recogniser_the_words_of_the_provider_are_read_back(listening, voice, ears, failing) -> None:
    ears.failing = failing
    answer = await (await listening()).handle(replace(voice(), hint="井盖坏了"))
    assert "我听到的是：“井盖坏了”" in answer.replies[0].text
    assert answer.replies[1].text == "听到：井盖坏了"


async def test_what_is_written_below_a_recording_is_heard_with_it(listening, voice, ears) -> None:
    answer = await (await listening()).handle(replace(voice(), text="在三号楼"))
    assert "在三号楼" not in answer.replies[0].text, "only what was spoken may have been misheard"
    assert answer.replies[1].text == f"听到：{SAID}\n在三号楼"


async def test_a_voice_message_without_words_is_kept(listening, voice, ears) -> None:
    ears.text = " "
    answer = await (await listening()).handle(voice())
    assert answer.replies[0].text.startswith("听到：/share_attachment")


async def test_a_recording_above_the_limit_is_not_listened_to(listening, voice, ears) -> None:
    answer = await (await listening(limit=5)).handle(voice())
    assert ears.heard == []
    assert answer.replies[0].text.startswith("听到：/share_attachment")


async def test_while_the_recogniser_is_busy_the_message_waits_and_is_answered_later(
    listening, voice, ears, clock, store
) -> None:
    gateway = await listening()
    ears.failing = RecogniserBusy("20 are waiting")
    answer = await gateway.handle(voice())
    assert not answer.settled
    assert "已经记下" in answer.replies[0].text
    ears.failing = None
    clock.forward(10)
    assert await gateway.recover() == 1
    assert any(SAID in (entry.content.get("text") or "") for entry in await store.history("web:c1", 0, 10))


async def test_the_resident_does_not_wait_for_ever_for_the_recogniser(intake, session, ears, voice) -> None:
    from channels.gateway.intake import Intake

    intake.attachments["a1"] = b"a recording"
    ears.delay = 30.0
    with pytest.raises(MediaAway):
        await Listener(Intake(session, intake.url, intake.token), ears, 1000).listen(voice(), 0.05)


async def test_photos_are_not_listened_to(listening, voice, ears) -> None:
    await (await listening()).handle(replace(voice(), media_type="image/jpeg"))
    assert ears.heard == []
