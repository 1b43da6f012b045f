"""Photos on their way out of the chat page, in a real browser: made small, and they still tell where they were taken."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

from groundwork.settings import ROOT
from intake_api.photo import read_photo
from tests.integration.channels.test_web_channel import app, front  # noqa: F401 - fixtures

CHROMIUM = Path(os.environ.get("YHT_TEST_CHROMIUM", "/usr/bin/chromium"))
_GPS, _ORIENTATION = 0x8825, 0x0112
SHRUNK = """async (sent) => {
  const { shrink } = await import("/page/photo.js");
  const bytes = Uint8Array.from(atob(sent), (letter) => letter.charCodeAt(0));
  const small = await shrink(new File([bytes], "photo.jpg", { type: "image/jpeg" }));
  return await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",")[1]);
    reader.readAsDataURL(small);
  });
}"""


async def blank(_request: web.Request) -> web.Response:
    return web.Response(text="<!doctype html>", content_type="text/html")


pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page from which the chat page's scripts can be called."""
    scripts = web.Application()
    scripts.router.add_static("/page", ROOT / "channels" / "webchat" / "page")
    scripts.router.add_get("/", blank)
    async with TestServer(scripts) as server:
        page = await browser.new_page()
        await page.goto(str(server.make_url("/")))
        yield page


def photo(size: tuple[int, int] = (2400, 1600), **more: object) -> bytes:
    """A photo, large, as a camera held upright takes it: lying, with a note that it has to be turned."""
    out = io.BytesIO()
    noise = Image.effect_noise(size, 90).convert("RGB")
    noise.save(out, "JPEG", quality=90, **more)
    return out.getvalue()


def exif() -> Image.Exif:
    tags = Image.Exif()
    tags[_ORIENTATION] = 6
    tags[_GPS] = {1: "N", 2: (31.0, 7.0, 12.0), 3: "E", 4: (121.0, 22.0, 30.0)}
    return tags


async def sent(page: Page, content: bytes) -> bytes:
    return base64.b64decode(await page.evaluate(SHRUNK, base64.b64encode(content).decode()))


async def test_a_large_photo_is_sent_small_with_the_place_where_it_was_taken(page: Page) -> None:
    large = photo(exif=exif())
    assert len(large) > 800_000
    small = await sent(page, large)
    assert len(small) < len(large)
    kept = read_photo(small)
    assert kept.position == (31.12, 121.375)
    with Image.open(io.BytesIO(kept.content)) as image:
        assert image.size == (1365, 2048), "turned once, not twice"


async def test_a_large_photo_without_a_place_is_sent_small(page: Page) -> None:
    small = await sent(page, photo())
    kept = read_photo(small)
    assert kept.position is None
    with Image.open(io.BytesIO(kept.content)) as image:
        assert max(image.size) == 2048


async def test_several_photos_are_looked_at_and_sent_at_once(browser: Browser, front: str, intake, eventually) -> None:  # noqa: F811
    page = await browser.new_page(viewport={"width": 360, "height": 740}, locale="zh-CN")
    await page.goto(f"{front}/chat")
    await page.get_by_role("button", name="同意并开始").click()
    album = page.locator("input[type=file][multiple]")
    photos = [{"name": f"{at}.jpg", "mimeType": "image/jpeg", "buffer": photo(size=(320, 240))} for at in range(4)]
    await album.set_input_files(photos)  # type: ignore[arg-type]
    ask = page.get_by_role("dialog").filter(has_text="发送这 4 张照片？")
    await expect(ask.get_by_role("img")).to_have_count(4, timeout=15_000)
    await ask.get_by_role("button", name="发送").click()
    await eventually(lambda: len(intake.attachments) == 4, 20)


async def test_who_chooses_too_many_photos_is_told_which_are_sent_in_the_language_of_the_page(
    browser: Browser,
    front: str,  # noqa: F811
) -> None:
    context = await browser.new_context(viewport={"width": 360, "height": 740}, locale="en-GB")
    page = await context.new_page()
    await page.goto(f"{front}/chat")
    await page.get_by_role("button", name="Agree and begin").click()
    photos = [{"name": f"{at}.jpg", "mimeType": "image/jpeg", "buffer": photo(size=(64, 48))} for at in range(11)]
    await page.locator("input[type=file][multiple]").set_input_files(photos)  # type: ignore[arg-type]
    ask = page.get_by_role("dialog").filter(has_text="Send these 9 photos?")
    await expect(ask.get_by_role("img")).to_have_count(9, timeout=15_000)
    await expect(ask).to_contain_text("At most 9 at a time; these are the first 9.")


async def test_answers_to_several_photos_are_followed_to_the_end(browser: Browser, front: str, rasa) -> None:  # noqa: F811
    rasa.replies = lambda _words: [{"text": "照片收到了。\n" * 12}]
    page = await browser.new_page(viewport={"width": 360, "height": 740}, locale="zh-CN")
    await page.goto(f"{front}/chat")
    await page.get_by_role("button", name="同意并开始").click()
    photos = [{"name": f"{at}.jpg", "mimeType": "image/jpeg", "buffer": photo(size=(640, 480))} for at in range(4)]
    await page.locator("input[type=file][multiple]").set_input_files(photos)  # type: ignore[arg-type]
    await page.get_by_role("dialog").get_by_role("button", name="发送").click()
    await expect(page.locator(".message.own img")).to_have_count(4, timeout=15_000)
    answers = page.locator(".messages > .message.theirs .bubble:not(.typing)")
    await expect(answers).to_have_count(5, timeout=15_000)  # the welcome and one for each
    await expect(answers.last).to_be_in_viewport()
    await expect(page.locator(".to-end")).to_have_count(0)
