"""The knowledge base: who writes and publishes, what residents are answered by, imports, questions without an answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from intake_api import administration
from intake_api.domain.relevance import Reader, Synonyms
from intake_api.http.resources import DATABASE
from intake_api.storage import knowledge
from intake_api.storage.database import Conflict
from tests.integration.intake_api.conftest import QINGHE, Intake, Json, only_sqlite

GREENING, HEDONG = "handler@greening", "handler@hedong"
WASTE: Json = {
    "title": "大件垃圾怎么处理",
    "questions": ["旧沙发怎么扔", "不要的床垫谁来收"],
    "answer": "请联系物业，放到小区的大件垃圾堆放点。",
    "source": "《青禾区生活垃圾管理办法》",
    "department_id": "greening",
}
DOG: Json = {
    "title": "养犬要办什么手续",
    "questions": ["养狗要办证吗"],
    "answer": "先打疫苗，再到派出所办养犬登记。",
    "source": "《青禾区养犬管理办法》",
    "department_id": "hedong",
}
FILE = """# 装修几点可以开始
编号：decoration-hours
部门：hedong
来源：《青禾区噪声管理办法》
有效：2026-01-01 至 2026-12-31
问：周末可以装修吗
问：早上几点能敲墙

工作日八点以后。
节假日全天不可以。

# 垃圾怎么分类
编号：garbage-sorting
部门：greening
来源：《青禾区生活垃圾管理办法》

分四类。
"""


async def written(intake: Intake, role: str = "supervisor", **changes: object) -> Json:
    status, article = await intake.call("POST", "/api/v1/knowledge", WASTE | changes, role=role)
    assert status == 201, article
    return article


async def published(intake: Intake, **changes: object) -> Json:
    article = await written(intake, **changes)
    path = f"/api/v1/knowledge/{article['id']}/publish"
    status, article = await intake.call("POST", path, {"version": article["version"]}, role="dispatcher")
    assert status == 200, article
    return article


async def found(intake: Intake, question: str, role: str = "channel") -> list[Json]:
    status, answer = await intake.call("GET", f"/api/v1/knowledge/search?q={question}", role=role)
    assert status == 200, answer
    return list(answer["items"])


async def upload(intake: Intake, file: str | bytes, query: str, role: str = "supervisor") -> tuple[int, Json]:
    headers = {"Authorization": f"Bearer {await intake.token(role)}", "Content-Type": "text/plain"}
    body = file.encode() if isinstance(file, str) else file
    async with intake.client.post(f"/api/v1/knowledge/import?{query}", data=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_residents_are_answered_once_an_article_is_published_and_no_longer_when_withdrawn(intake: Intake) -> None:
    article = await written(intake)
    await published(intake, **DOG)
    assert [one["title"] for one in await found(intake, "旧沙发怎么扔")] == []
    path = f"/api/v1/knowledge/{article['id']}"
    assert (await intake.call("POST", f"{path}/publish", {"version": 1}, role="dispatcher"))[0] == 200
    [best] = await found(intake, "请问旧沙发怎么扔啊")
    assert (best["title"], best["fit"], best["source"]) == (WASTE["title"], "answer", WASTE["source"])
    assert "旧沙发怎么扔" in best["words"]
    body = {"version": 1, "reason": "办法已修订"}
    assert (await intake.call("POST", f"{path}/withdraw", body, role="supervisor"))[1]["state"] == "withdrawn"
    assert await found(intake, "旧沙发怎么扔") == []
    status, problem = await intake.call("POST", f"{path}/withdraw", body, role="supervisor")
    assert (status, problem["code"]) == (409, "not_published")


async def test_a_change_is_not_told_before_it_is_published(intake: Intake) -> None:
    article = await published(intake)
    path = f"/api/v1/knowledge/{article['id']}"
    body = WASTE | {"answer": "请预约上门收运。", "version": 1}
    status, changed = await intake.call("PUT", path, body, role=GREENING)
    assert (status, changed["version"], changed["published_version"], changed["state"]) == (200, 2, 1, "in_force")
    assert (await found(intake, "旧沙发怎么扔"))[0]["answer"] == WASTE["answer"]
    waiting = (await intake.call("GET", "/api/v1/knowledge?state=waiting", role="operator"))[1]
    assert ([one["id"] for one in waiting["items"]], waiting["counts"]["waiting"]) == ([article["id"]], 1)
    assert (await intake.call("POST", f"{path}/publish", {"version": 2}, role="supervisor"))[0] == 200
    assert (await found(intake, "旧沙发怎么扔"))[0]["answer"] == "请预约上门收运。"
    changes = (await intake.call("GET", f"{path}/history", role="operator"))[1]["items"]
    assert [(one["kind"], one["version"]) for one in changes] == [
        ("published", 2), ("changed", 2), ("published", 1), ("created", 1),
    ]  # fmt: skip
    assert changes[-1]["answer"] == WASTE["answer"]


async def test_who_saw_an_older_version_neither_overwrites_nor_publishes(intake: Intake) -> None:
    article = await written(intake)
    path = f"/api/v1/knowledge/{article['id']}"
    assert (await intake.call("PUT", path, WASTE | {"title": "旧家具怎么扔", "version": 1}, role=GREENING))[0] == 200
    for method, rest, body in (
        ("PUT", "", WASTE | {"title": "床垫怎么扔", "version": 1}),
        ("POST", "/publish", {"version": 1}),
        ("POST", "/withdraw", {"version": 1, "reason": "看错了"}),
    ):
        status, problem = await intake.call(method, path + rest, body, role="supervisor")
        assert (status, problem["code"], problem["version"]) == (409, "article_changed", 2)


@only_sqlite
async def test_a_department_writes_its_own_articles_and_publishes_none(intake: Intake) -> None:
    own = await written(intake, GREENING)
    assert (own["may_change"], own["may_publish"]) == (True, False)
    status, problem = await intake.call("POST", "/api/v1/knowledge", DOG, role=GREENING)
    assert (status, problem["code"]) == (403, "not_your_article")
    path = f"/api/v1/knowledge/{own['id']}"
    for role, changes in ((HEDONG, {}), (GREENING, {"department_id": "hedong"})):
        status, problem = await intake.call("PUT", path, WASTE | {"version": 1} | changes, role=role)
        assert (status, problem["code"]) == (403, "not_your_article")
    assert (await intake.call("POST", f"{path}/publish", {"version": 1}, role=GREENING))[0] == 403
    assert (await intake.call("GET", path, role=HEDONG))[1]["may_change"] is False


async def test_an_article_answers_only_while_it_holds(intake: Intake) -> None:
    await published(intake, valid_from="2026-10-01", valid_to="2026-10-20")
    assert await found(intake, "旧沙发怎么扔") == []  # the clock of the test shows the 22nd of September
    intake.clock.forward(days=10)
    assert len(await found(intake, "旧沙发怎么扔")) == 1
    listed = (await intake.call("GET", "/api/v1/knowledge?valid=expiring", role="operator"))[1]
    assert ([one["validity"] for one in listed["items"]], listed["counts"]["expiring"]) == (["expiring"], 1)
    intake.clock.forward(days=19)
    assert await found(intake, "旧沙发怎么扔") == []
    assert (await intake.call("GET", "/api/v1/knowledge?valid=over", role="operator"))[1]["counts"]["over"] == 1


async def test_what_has_no_article_is_not_answered(intake: Intake) -> None:
    for changes in (WASTE, DOG):
        await published(intake, **changes)
    for question in ("医保卡丢了怎么补办", "？？", "' OR 1=1 --", "AND NOT *", '"'):
        assert [one for one in await found(intake, question) if one["fit"] == "answer"] == []


async def test_articles_are_found_by_their_words_on_the_desk(intake: Intake) -> None:
    await written(intake)
    await written(intake, **DOG)
    for words, title in (("沙发", WASTE["title"]), ("派出所", DOG["title"]), ("养犬 手续", DOG["title"])):
        listed = (await intake.call("GET", f"/api/v1/knowledge?q={words}", role="operator"))[1]["items"]
        assert [one["title"] for one in listed] == [title]


async def test_a_file_is_taken_in_as_drafts_or_in_force_and_again_without_a_change(intake: Intake) -> None:
    status, seen = await upload(intake, FILE, "name=a.md&dry_run=true")
    assert (status, seen["applied"], seen["added"]) == (200, False, ["decoration-hours", "garbage-sorting"])
    assert (await intake.call("GET", "/api/v1/knowledge", role="operator"))[1]["items"] == []
    assert (await upload(intake, FILE, "name=a.md"))[1]["published"] == []
    assert await found(intake, "周末可以装修吗") == []
    status, done = await upload(intake, FILE, "name=a.md&publish=true")
    assert (done["same"], done["published"]) == (["decoration-hours", "garbage-sorting"],) * 2
    [best] = await found(intake, "周末可以装修吗")
    assert (best["answer"], best["valid_to"]) == ("工作日八点以后。\n节假日全天不可以。", "2026-12-31")
    _, again = await upload(intake, FILE.replace("分四类", "分为四类"), "name=a.md")
    assert (again["changed"], again["same"]) == (["garbage-sorting"], ["decoration-hours"])


@only_sqlite
async def test_a_table_may_have_answers_of_several_lines_and_be_saved_by_a_spreadsheet(intake: Intake) -> None:
    table = (
        "id,title,questions,answer,source,department,valid_from,valid_to\n"
        'garbage,垃圾怎么分,垃圾分几类；怎么分类,"分四类。\n拿不准按干垃圾投。",《办法》,greening,,\n'
        "dog,养犬手续,养狗要办证吗,要办。,《办法》,nowhere,2026-13-01,\n"
    )
    status, problem = await upload(intake, table.encode("gb18030"), "name=a.csv")
    assert (status, problem["code"]) == (422, "bad_file")
    assert [error["pointer"] for error in problem["errors"]] == ["/lines/4", "/lines/4"]
    status, done = await upload(
        intake, table.replace("nowhere,2026-13-01", "hedong,2026-01-01").encode("gb18030"), "name=a.csv"
    )
    assert (status, done["added"]) == (200, ["garbage", "dog"])
    listed = (await intake.call("GET", "/api/v1/knowledge?q=拿不准", role="operator"))[1]["items"]
    article = (await intake.call("GET", f"/api/v1/knowledge/{listed[0]['id']}", role="operator"))[1]
    assert (article["questions"], article["answer"]) == (["垃圾分几类", "怎么分类"], "分四类。\n拿不准按干垃圾投。")


@only_sqlite
async def test_every_fault_of_a_file_is_told_by_its_line(intake: Intake) -> None:
    file = (
        FILE.replace("编号：garbage-sorting", "编号：Garbage").replace("2026-12-31", "下月").replace("分四类。\n", "")
    )
    status, problem = await upload(intake, file, "name=a.md")
    assert status == 422
    assert [error["detail"] for error in problem["errors"]] == [
        "第 5 行：有效期应为“2026-01-01 至 2026-12-31”这样的形式：2026-01-01 至 下月",
        "第 12 行：答复有误：答复不能为空",
        "第 13 行：编号只能用小写字母、数字和连字符：Garbage",
    ]
    assert (await intake.call("GET", "/api/v1/knowledge", role="operator"))[1]["items"] == []


@only_sqlite
async def test_a_department_imports_its_own_articles_only_and_does_not_publish_them(intake: Intake) -> None:
    status, problem = await upload(intake, FILE, "name=a.md", GREENING)
    assert (status, [error["pointer"] for error in problem["errors"]]) == (422, ["/lines/1"])
    own = FILE[FILE.index("# 垃圾") :]
    assert (await upload(intake, own, "name=a.md&publish=true", GREENING))[0] == 403
    assert (await upload(intake, own, "name=a.md", GREENING))[0] == 200


async def test_questions_without_an_answer_are_kept_once_and_without_personal_data(intake: Intake) -> None:
    asked = "我叫王建国，电话13812345678，医保卡丢了怎么补办"
    for _ in range(2):
        assert (await intake.call("POST", "/api/v1/knowledge/questions", {"text": asked}))[0] == 204
    [question] = (await intake.call("GET", "/api/v1/knowledge/questions", role="operator"))[1]["items"]
    assert question["times"] == 2
    assert "医保卡丢了怎么补办" in question["text"]
    assert "王建国" not in question["text"]
    assert "138" not in question["text"]
    path = f"/api/v1/knowledge/questions/{question['id']}/settle"
    assert (await intake.call("POST", path, {"how": "not_ours"}, role=GREENING))[0] == 200
    assert (await intake.call("GET", "/api/v1/knowledge/questions", role="operator"))[1]["items"] == []
    await intake.call("POST", "/api/v1/knowledge/questions", {"text": asked})
    [again] = (await intake.call("GET", "/api/v1/knowledge/questions", role="operator"))[1]["items"]
    assert (again["id"], again["times"]) == (question["id"], 3)


async def test_the_index_can_be_made_anew(intake: Intake) -> None:
    await published(intake)
    async with intake.client.app[DATABASE].write() as session:  # type: ignore[union-attr]
        assert await knowledge.reindex(session, Reader(list, Synonyms(["旧沙发 破沙发"]))) == 1
    assert len(await found(intake, "旧沙发怎么扔")) == 1


async def test_what_became_of_an_article_cannot_be_altered(intake: Intake) -> None:
    await written(intake)
    for statement in ("UPDATE knowledge_changes SET reason = 'x'", "DELETE FROM knowledge_changes"):
        with pytest.raises((Conflict, DBAPIError)):
            async with intake.client.app[DATABASE].write() as session:  # type: ignore[union-attr]
                await session.execute(text(statement))


@only_sqlite
async def test_a_citys_folder_brings_its_articles_and_leaves_alone_what_people_changed(
    intake: Intake, tmp_path: Path
) -> None:
    folder = tmp_path / "city"
    folder.mkdir()
    for file in QINGHE.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "knowledge.md").write_text(FILE, encoding="utf-8")
    await administration.load_city(intake.settings, folder)
    [best] = await found(intake, "周末可以装修吗")
    path = f"/api/v1/knowledge/{best['id']}"
    article = (await intake.call("GET", path, role="operator"))[1]
    body = {name: article[name] for name in ("title", "questions", "source", "valid_from", "valid_to", "version")}
    body |= {"answer": "工作日九点以后。", "department_id": "hedong"}
    assert (await intake.call("PUT", path, body, role="supervisor"))[0] == 200
    changed = FILE.replace("八点", "七点").replace("分四类", "分为四类")
    (folder / "knowledge.md").write_text(changed, encoding="utf-8")
    await administration.load_city(intake.settings, folder)
    assert (await intake.call("GET", path, role="operator"))[1]["answer"] == "工作日九点以后。"
    assert (await found(intake, "垃圾怎么分类"))[0]["answer"] == "分为四类。"


@only_sqlite
async def test_the_command_line_imports_a_file_and_names_wrong_lines(intake: Intake, tmp_path: Path) -> None:
    file = tmp_path / "articles.md"
    file.write_text(FILE.replace("部门：greening", "部门：nowhere"), encoding="utf-8")
    with pytest.raises(administration.BadArticles) as refused:
        await administration.import_articles(intake.settings, file, publishes=True)
    assert str(refused.value) == "articles.md:12: 部门有误：没有这个部门：nowhere"
    file.write_text(FILE, encoding="utf-8")
    taken = await administration.import_articles(intake.settings, file, publishes=True)
    assert taken.published == ["decoration-hours", "garbage-sorting"]
    assert len(await found(intake, "周末可以装修吗")) == 1
