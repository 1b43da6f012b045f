"""Photos and recordings."""

from __future__ import annotations

import io
import wave

import pytest
from aiohttp import FormData
from PIL import Image

from tests.integration.intake_api.conftest import Intake, Json, only_sqlite

pytestmark = only_sqlite


def photo(size: tuple[int, int] = (3000, 1500), form: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "olive").save(out, form, **options)
    return out.getvalue()


def photo_with_position() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Camera of Zhang Wei"
    exif[0x8825] = {1: "N", 2: (31.0, 1.0, 15.6), 3: "E", 4: (121.0, 1.0, 54.48)}
    return photo((400, 300), exif=exif)


def recording() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 800)
    return out.getvalue()


async def upload(intake: Intake, content: bytes, role: str = "channel", field: str = "file") -> tuple[int, Json]:
    form = FormData()
    form.add_field(field, content, filename="x.jpg", content_type="image/jpeg")
    headers = {"Authorization": f"Bearer {await intake.token(role)}"}
    async with intake.client.post("/api/v1/attachments", data=form, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def fetch(intake: Intake, path: str, role: str | None = None) -> tuple[int, str, bytes]:
    headers = {"Authorization": f"Bearer {await intake.token(role)}"} if role else {}
    async with intake.client.get(path, headers=headers) as answer:
        return answer.status, answer.content_type, await answer.read()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_a_photo_is_kept_small_and_as_jpeg(intake: Intake, form: str) -> None:
    status, kept = await upload(intake, photo(form=form))
    assert (status, kept["media_type"]) == (201, "image/jpeg")
    _, media_type, content = await fetch(intake, f"/api/v1/attachments/{kept['attachment_id']}", "operator")
    assert (media_type, len(content)) == ("image/jpeg", kept["size"])
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (2048, 1024)


async def test_where_a_photo_was_taken_is_answered_and_nothing_of_it_is_kept(intake: Intake) -> None:
    _, kept = await upload(intake, photo_with_position())
    assert kept["position"] == {"lat": 31.021, "lng": 121.0318}
    _, _, content = await fetch(intake, f"/api/v1/attachments/{kept['attachment_id']}", "operator")
    with Image.open(io.BytesIO(content)) as image:
        assert not dict(image.getexif())
    assert b"Zhang" not in content


async def test_a_transparent_picture_becomes_white_not_black(intake: Intake) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    _, kept = await upload(intake, out.getvalue())
    _, _, content = await fetch(intake, f"/api/v1/attachments/{kept['attachment_id']}", "operator")
    with Image.open(io.BytesIO(content)) as image:
        assert image.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(("confidential", "seen"), [(False, 2), (True, 1)])
async def test_departments_do_not_hear_the_voice_of_who_wants_to_stay_unknown(
    intake: Intake, confidential: bool, seen: int
) -> None:
    kept = [(await upload(intake, content))[1]["attachment_id"] for content in (photo(), recording())]
    _, case = await intake.file(attachments=kept, reporter={"channel_user": "u1", "confidential": confidential})
    _, detail = await intake.call("GET", f"/api/v1/cases/{case['case_no']}", role="handler@hedong")
    assert len(detail["attachments"]) == seen
    status, _, _ = await fetch(intake, f"/api/v1/attachments/{kept[1]}", "handler@hedong")
    assert status == (404 if confidential else 200)


async def test_a_recording_is_kept_as_it_is(intake: Intake) -> None:
    sound = recording()
    status, kept = await upload(intake, sound)
    assert (status, kept["media_type"], kept["size"]) == (201, "audio/wav", len(sound))
    assert (await fetch(intake, f"/api/v1/attachments/{kept['attachment_id']}", "operator"))[2] == sound


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"%PDF-1.7 something", 415, "unsupported_media_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_media_type"),
        (photo()[:200], 422, "broken_photo"),
        (b"", 422, "invalid"),
        (b"\xff\xd8\xff" + b"0" * (11 * 1024 * 1024), 413, "too_large"),
    ],
)
async def test_what_is_no_photo_or_recording_is_refused(intake: Intake, content: bytes, status: int, code: str) -> None:
    found, problem = await upload(intake, content)
    assert (found, problem["code"]) == (status, code)


async def test_a_picture_of_too_many_pixels_is_refused(intake: Intake) -> None:
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    assert (await upload(intake, out.getvalue()))[0] == 422


async def test_a_missing_file_field_is_said(intake: Intake) -> None:
    status, problem = await upload(intake, photo(), field="photo")
    assert (status, problem["errors"][0]["pointer"]) == (422, "/file")
    status, _ = await intake.call("POST", "/api/v1/attachments", {})
    assert status == 415


async def test_a_case_carries_its_photo_under_a_signed_address(intake: Intake) -> None:
    _, kept = await upload(intake, photo((40, 30)))
    _, case = await intake.file(attachments=[kept["attachment_id"]])
    url = case["attachments"][0]["url"]
    assert (await fetch(intake, url))[0] == 200
    assert (await fetch(intake, url[:-1] + ("0" if url[-1] != "0" else "1")))[0] == 403
    other = url.replace(kept["attachment_id"], "0" * 32)
    assert (await fetch(intake, other))[0] == 403
    intake.clock.forward(minutes=16)
    assert (await fetch(intake, url))[0] == 403


async def test_who_may_see_an_attachment(intake: Intake) -> None:
    _, kept = await upload(intake, photo((40, 30)))
    await intake.file(attachments=[kept["attachment_id"]])
    path = f"/api/v1/attachments/{kept['attachment_id']}"
    seen = {role: (await fetch(intake, path, role))[0] for role in (
        "channel", "operator", "verifier", "handler@hedong", "handler@drainage", "inspector", "auditor", "partner",
    )}  # fmt: skip
    assert seen == {
        "channel": 200, "operator": 200, "verifier": 200, "handler@hedong": 200,
        "handler@drainage": 404, "inspector": 404, "auditor": 404, "partner": 404,
    }  # fmt: skip
    assert (await fetch(intake, path))[0] == 401
