"""The desk in a real browser: articles are written, published, changed and imported; questions in vain are seen to."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.integration.intake_api.conftest import Intake, only_sqlite
from tests.integration.intake_api.pages.conftest import PHONE, Enter
from tests.integration.intake_api.pages.test_pictures import take
from tests.integration.intake_api.test_knowledge import DOG, FILE, WASTE, found, published, written

pytestmark = [pytest.mark.browser, only_sqlite]
LAPTOP = (1366, 768)


async def test_a_dispatcher_writes_an_article_from_a_question_in_vain_and_publishes_it(intake: Intake, enter: Enter):
    await published(intake)
    await written(intake, **DOG)
    await intake.call("POST", "/api/v1/knowledge/questions", {"text": "过期的药扔在哪里"})
    page = await enter("何派遣", "dispatcher", size=LAPTOP)
    await page.get_by_role("link", name="知识", exact=True).click()
    await expect(page.locator(".knowledge-table tbody tr")).to_have_count(2)
    await take(page, "knowledge")
    await page.get_by_role("link", name="没有答案的问题").click()
    await take(page, "knowledge-questions")
    await page.get_by_role("link", name="照这个问法写一篇").click()

    await expect(page.get_by_label("标题：照多数人的问法写")).to_have_value("过期的药扔在哪里")
    await page.get_by_role("button", name="存为草稿").click()
    await expect(page.get_by_text("答复不能为空。").first).to_be_visible()
    await page.get_by_label("其他问法，一行一个").fill("过期药品怎么处理\n药片算什么垃圾")
    await page.get_by_label("答复", exact=True).fill("过期药品是有害垃圾，连包装一起投放到有害垃圾桶。")
    await page.get_by_label("来源：法规、文件或口径").fill("《青禾区生活垃圾管理办法》")
    await page.get_by_label("由哪个部门维护").fill("绿化")
    await page.get_by_role("option", name="青禾区绿化和市容管理局").click()
    seen = page.get_by_role("region", name="居民看到的")
    await expect(seen).to_contain_text("连包装一起投放")
    await page.get_by_role("button", name="存为草稿").click()
    await expect(page.get_by_text("已存为草稿。")).to_be_visible()
    assert [one["title"] for one in await found(intake, "过期药品怎么处理")] != ["过期的药扔在哪里"]
    await page.get_by_role("button", name="发布第 1 版").click()
    await expect(page.get_by_text("已发布")).to_be_visible()
    await take(page, "knowledge-article")
    assert (await found(intake, "药片算什么垃圾"))[0]["title"] == "过期的药扔在哪里"

    await page.get_by_role("button", name="撤下").click()
    sheet = page.get_by_role("dialog", name="撤下这一篇")
    await sheet.get_by_label("理由").fill("办法已经修订")
    await sheet.get_by_role("button", name="撤下", exact=True).click()
    await expect(page.get_by_text("已撤下。")).to_be_visible()
    await expect(page.get_by_role("region", name="经过")).to_contain_text("办法已经修订")


async def test_a_department_changes_its_own_article_on_the_phone_and_others_only_read(intake: Intake, enter: Enter):
    own = await published(intake)
    other = await published(intake, **DOG)
    page = await enter("林绿化", "handler", "greening", size=PHONE, path=f"/knowledge/{own['id']}")
    await page.get_by_label("答复", exact=True).fill("请预约上门收运。")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("发布以前，居民看到的还是原来的")).to_be_visible()
    await expect(page.get_by_text("由派遣员或督办员发布")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await take(page, "phone-knowledge-article")
    assert (await found(intake, "旧沙发怎么扔"))[0]["answer"] == WASTE["answer"]
    await page.get_by_role("link", name="知识").first.click()
    await expect(page.get_by_text("有修改待发布")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await take(page, "phone-knowledge")
    await page.get_by_role("link", name=other["title"]).click()
    await expect(page.get_by_label("答复", exact=True)).to_be_disabled()
    assert await page.get_by_role("button", name="保存").count() == 0


async def test_who_was_overtaken_is_told_and_sees_the_new_text(intake: Intake, enter: Enter):
    article = await written(intake)
    page = await enter("何派遣", "dispatcher", size=LAPTOP, path=f"/knowledge/{article['id']}")
    await page.get_by_label("答复", exact=True).fill("我写的。")
    path = f"/api/v1/knowledge/{article['id']}"
    await intake.call("PUT", path, WASTE | {"answer": "别人写的。", "version": 1}, role="supervisor")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("别人刚刚改过这篇")).to_be_visible()
    await expect(page.get_by_label("答复", exact=True)).to_have_value("我写的。")
    await page.get_by_role("button", name="重试").click()
    await expect(page.get_by_label("答复", exact=True)).to_have_value("别人写的。")


async def test_a_file_is_looked_at_before_it_is_taken_in(intake: Intake, enter: Enter, tmp_path: Path):
    page = await enter("何派遣", "dispatcher", size=LAPTOP, path="/knowledge")
    await page.get_by_role("button", name="导入").click()
    sheet = page.get_by_role("dialog", name="导入知识")
    file = tmp_path / "articles.md"
    file.write_text(FILE.replace("部门：greening", "部门：nowhere"), encoding="utf-8")
    await sheet.get_by_label("文件（.md 或 .csv）").set_input_files(file)
    await expect(sheet.get_by_text("第 12 行：部门有误：没有这个部门：nowhere")).to_be_visible()
    mended = tmp_path / "mended.md"
    mended.write_text(FILE, encoding="utf-8")
    await sheet.get_by_label("文件（.md 或 .csv）").set_input_files(mended)
    await expect(sheet.get_by_text("新增 2 篇")).to_be_visible()
    await take(page, "knowledge-import")
    await sheet.get_by_label("导入后立即发布").check()
    await sheet.get_by_role("button", name="确认导入").click()
    await expect(page.get_by_text("新增 2 篇，修改 0 篇，发布 2 篇。")).to_be_visible()
    assert (await found(intake, "周末可以装修吗"))[0]["title"] == "装修几点可以开始"
