"""The desk says whom to call, shows the number on request, and settles the call."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.integration.intake_api.conftest import Intake, only_sqlite
from tests.integration.intake_api.pages.conftest import PHONE, Enter, act
from tests.integration.intake_api.pages.test_pictures import take
from tests.integration.intake_api.test_telephone_news import close

pytestmark = [pytest.mark.browser, only_sqlite]


@pytest.mark.parametrize("size", [(1366, 768), PHONE])
async def test_an_operator_calls_who_cannot_be_written_to(enter: Enter, intake: Intake, size: tuple[int, int]) -> None:
    intake.clock.forward(minutes=-20)
    caller = {"name": "李芳", "phone": "13700005678", "channel_user": "13700005678"}
    _, case = await intake.file(channel="hotline", reporter=caller)
    await close(intake, case)
    _, waiting = await intake.file(description="看不懂的一件", category=None)
    await act(intake, waiting, "urge", "channel", channel_user="u1")
    intake.clock.forward(minutes=20)
    page = await enter("钱受理", "operator", size=size)
    to_tell = page.get_by_role("region", name="电话告知")
    await expect(to_tell.locator(".work-count")).to_have_text("1")
    to_file = page.get_by_role("region", name="待受理")
    await expect(to_file.get_by_text("1 件超时")).to_be_visible()
    await expect(to_file.get_by_text("受理超时")).to_be_visible()
    await expect(to_file.get_by_text("催办", exact=True)).to_be_visible()
    await to_tell.locator("a.row").click()
    news = page.get_by_role("region", name="电话告知")
    await expect(news.get_by_text("137****5678")).to_be_visible()
    await news.get_by_role("button", name="显示号码").click()
    await expect(news.get_by_text("13700005678")).to_be_visible()
    await expect(news.get_by_text("已办结。 垃圾已清走")).to_be_visible()
    await take(page, "phone-telephone" if size == PHONE else "telephone")
    await news.get_by_role("button", name="已告知").click()
    await expect(news).to_have_count(0)
