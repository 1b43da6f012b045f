"""The knowledge base: articles written, published, withdrawn and imported; questions answered, or noted."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast

from aiohttp import web

from bot.language.personal import without_personal
from groundwork.problem import FieldError, Problem
from intake_api.domain.access import Permission
from intake_api.domain.knowledge import ArticleState, Content, Entry, faults_of, may_write, validity
from intake_api.domain.knowledge_files import read_articles
from intake_api.http import knowledge_schemas as views
from intake_api.http.authentication import PRINCIPAL, Principal
from intake_api.http.cases import read_cursor, write_cursor
from intake_api.http.resources import CITY, DATABASE, KNOWLEDGE, NOW, WORDS
from intake_api.http.routing import Operation, body_of, json_answer, number_of, query_of
from intake_api.http.schemas import ActorView, DepartmentRef
from intake_api.knowledge import Hit, reader
from intake_api.storage import audit, knowledge
from intake_api.storage.knowledge_tables import ArticleChangeRow, ArticleRow, OpenQuestionRow

_LARGEST_FILE = 2 * 1024 * 1024
_KINDS = {
    knowledge.CREATED: "新写",
    knowledge.CHANGED: "修改",
    knowledge.PUBLISHED: "发布",
    knowledge.WITHDRAWN: "撤下",
    knowledge.IMPORTED: "导入",
}


async def list_articles(request: web.Request) -> web.Response:
    """Articles, newest first."""
    query = query_of(request, views.ArticleQuery)
    today = _today(request)
    wanted = knowledge.ArticleFilter(
        state=str(query.state),
        department=query.department,
        validity=query.valid or None,
        today=today,
        text=query.q,
        before=read_cursor(query.cursor),
        limit=query.limit,
    )
    async with request.app[DATABASE].read() as session:
        rows, more = await knowledge.several(session, wanted)
        counted = await knowledge.counts(session, today)
    items = [views.ArticleSummary(**_summary(request, row)) for row in rows]
    following = write_cursor(rows[-1].id) if more else None
    return json_answer(views.ArticlePage(items=items, next=following, counts=views.ArticleCounts(**counted)))


async def show_article(request: web.Request) -> web.Response:
    """An article in its newest version."""
    async with request.app[DATABASE].read() as session:
        row = await _article(request, session)
    return json_answer(_view(request, row))


async def add_article(request: web.Request) -> web.Response:
    """Write an article: a draft."""
    content = (await body_of(request, views.ArticleBody)).content()
    _check(request, content)
    principal, now = request[PRINCIPAL], request.app[NOW]()
    _require_owner(principal, content.department_id)
    async with request.app[DATABASE].write() as session:
        row = await knowledge.create(session, content, key="", by=principal.actor, now=now)
        await _note(request, session, "add_article", f"knowledge:{row.id}", now)
    return json_answer(_view(request, row), 201)


async def change_article(request: web.Request) -> web.Response:
    """Write an article anew; residents are answered as before until the new version is published."""
    body = await body_of(request, views.ArticleChangeBody)
    content = body.content()
    _check(request, content)
    principal, now = request[PRINCIPAL], request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        row = await _article(request, session, lock=True)
        _require_owner(principal, row.department_id)
        _require_owner(principal, content.department_id)
        try:
            changed = await knowledge.change(
                session, row, content, seen=body.version, by=principal.actor, now=now,
                reason=without_personal(body.reason),
            )  # fmt: skip
        except knowledge.ArticleChanged as error:
            raise _changed(error) from error
        if changed:
            await _note(request, session, "change_article", f"knowledge:{row.id}", now)
    return json_answer(_view(request, row))


async def publish_article(request: web.Request) -> web.Response:
    """Answer residents by the newest version."""
    body = await body_of(request, views.VersionBody)
    principal, now = request[PRINCIPAL], request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        row = await _article(request, session, lock=True)
        try:
            await knowledge.publish(
                session, row, reader(request.app[WORDS]), seen=body.version, by=principal.actor, now=now
            )
        except knowledge.ArticleChanged as error:
            raise _changed(error) from error
        await _note(request, session, "publish_article", f"knowledge:{row.id}", now)
    return json_answer(_view(request, row))


async def withdraw_article(request: web.Request) -> web.Response:
    """Answer nobody by it any more."""
    body = await body_of(request, views.WithdrawBody)
    principal, now = request[PRINCIPAL], request.app[NOW]()
    async with request.app[DATABASE].write() as session:
        row = await _article(request, session, lock=True)
        try:
            await knowledge.withdraw(
                session, row, seen=body.version, by=principal.actor, reason=without_personal(body.reason), now=now
            )
        except knowledge.ArticleChanged as error:
            raise _changed(error) from error
        except knowledge.NotPublished as error:
            raise Problem(409, "not_published", "这篇没有发布，不用撤下。") from error
        await _note(request, session, "withdraw_article", f"knowledge:{row.id}", now)
    return json_answer(_view(request, row))


async def list_article_changes(request: web.Request) -> web.Response:
    """What became of an article, newest first."""
    query = query_of(request, views.HistoryQuery)
    async with request.app[DATABASE].read() as session:
        row = await _article(request, session)
        rows, more = await knowledge.history(session, row.id, read_cursor(query.cursor), query.limit)
    following = write_cursor(rows[-1].id) if more else None
    return json_answer(views.ArticleChangePage(items=[_change(request, one) for one in rows], next=following))


async def search_knowledge(request: web.Request) -> web.Response:
    """The articles that come nearest to a question."""
    query = query_of(request, views.SearchQuery)
    hits = await request.app[KNOWLEDGE].find(query.q, _today(request), query.limit)
    async with request.app[DATABASE].read() as session:
        keys = await knowledge.keys_of(session, [hit.article.article_id for hit in hits])
    return json_answer(views.SearchView(items=[_found(request, hit, keys) for hit in hits]))


async def import_articles(request: web.Request) -> web.Response:
    """Take a file of articles in; nothing is changed when a line of it is wrong."""
    query = query_of(request, views.ArticleImportQuery)
    principal, now = request[PRINCIPAL], request.app[NOW]()
    if query.publish and not principal.may(Permission.PUBLISH_KNOWLEDGE):
        raise Problem(403, "forbidden", "您可以导入为草稿，发布由派遣员或督办员办理。")
    entries = _entries(request, query.name, await request.read())
    database = request.app[DATABASE]
    async with database.read() if query.dry_run else database.write() as session:
        owners = await knowledge.owners_of(session, [entry.key for entry in entries])
        foreign = [
            FieldError(pointer=f"/lines/{entry.line}", detail=f"第 {entry.line} 行：不是本部门的，不能导入")
            for entry in entries
            for owner in {entry.content.department_id, owners.get(entry.key, entry.content.department_id)}
            if not may_write(principal.permissions, principal.department_id, owner)
        ]
        if foreign:
            raise _bad_file(foreign)
        report = await knowledge.take_in(
            session, entries, reader(request.app[WORDS]), by=principal.actor, now=now, publishes=query.publish,
            dry_run=query.dry_run,
        )  # fmt: skip
        if not query.dry_run:
            await _note(request, session, "import_articles", "knowledge", now)
    return json_answer(
        views.ArticleImportView(
            applied=not query.dry_run,
            added=report.added,
            changed=report.changed,
            same=report.same,
            published=report.published,
        )
    )


async def note_question(request: web.Request) -> web.Response:
    """Note a question that found no answer, or one that did not help."""
    body = await body_of(request, views.OpenQuestionBody)
    text = without_personal(body.text).strip()
    if text:
        async with request.app[DATABASE].write() as session:
            known = body.article_id is not None and body.article_id in await knowledge.existing(
                session, [body.article_id]
            )
            await knowledge.note_question(session, text, body.article_id if known else None, request.app[NOW]())
    return web.Response(status=204)


async def list_open_questions(request: web.Request) -> web.Response:
    """Questions without an answer, those asked first last."""
    query = query_of(request, views.OpenQuestionQuery)
    async with request.app[DATABASE].read() as session:
        rows, more = await knowledge.open_questions(
            session, settled=query.settled, before=read_cursor(query.cursor), limit=query.limit
        )
        titles = await knowledge.existing(session, [row.article_id for row in rows if row.article_id])
    items = [_question(request, row, titles) for row in rows]
    return json_answer(views.OpenQuestionPage(items=items, next=write_cursor(rows[-1].id) if more else None))


async def settle_question(request: web.Request) -> web.Response:
    """Say that a question was seen to."""
    body = await body_of(request, views.SettleBody)
    principal, now = request[PRINCIPAL], request.app[NOW]()
    number = number_of(request, "question_id")
    async with request.app[DATABASE].write() as session:
        row = await knowledge.settle_question(session, number, body.how, principal.actor, now) if number else None
        if row is None:
            raise Problem(404, "question_not_found", "没有这个问题。")
        titles = await knowledge.existing(session, [row.article_id] if row.article_id else [])
    return json_answer(_question(request, row, titles))


# what is asked of, and answered


def _today(request: web.Request) -> date:
    return request.app[NOW]().astimezone(request.app[CITY].current.city.calendar.timezone).date()


async def _article(request: web.Request, session: Any, *, lock: bool = False) -> ArticleRow:
    number = number_of(request, "id")
    missing = Problem(404, "article_not_found", "没有这篇知识。")
    if number is None:
        raise missing
    try:
        return await knowledge.get(session, number, lock=lock)
    except knowledge.UnknownArticle as error:
        raise missing from error


def _changed(error: knowledge.ArticleChanged) -> Problem:
    detail = "别人刚刚改过这篇，请先看看新的内容再继续。"
    return Problem(409, "article_changed", detail, extra={"version": error.version})


def _require_owner(principal: Principal, owner: str) -> None:
    if not may_write(principal.permissions, principal.department_id, owner):
        raise Problem(403, "not_your_article", "只能写本部门的知识；其他部门的由派遣员或督办员维护。")


def _check(request: web.Request, content: Content) -> None:
    """Raises Problem 422 ``invalid`` with all that is wrong."""
    departments = {unit.id for unit in request.app[CITY].current.city.departments}
    faults = [FieldError(pointer=f"/{name}", detail=words) for name, words in faults_of(content, departments)]
    if faults:
        raise Problem(422, "invalid", "提交的内容有误。", errors=faults)


def _entries(request: web.Request, name: str, file: bytes) -> tuple[Entry, ...]:
    if len(file) > _LARGEST_FILE:
        raise Problem(413, "too_large", "文件太大，最多 2 MB。")
    text = _decoded(file)
    if text is None:
        raise Problem(422, "bad_file", "文件不是 UTF-8 或 GBK 编码的文字，请另存后再导入。")
    departments = {unit.id for unit in request.app[CITY].current.city.departments}
    entries, faults = read_articles(text.replace("\x00", ""), name, departments)
    if faults:
        raise _bad_file(
            [FieldError(pointer=f"/lines/{one.line}", detail=f"第 {one.line} 行：{one.detail}") for one in faults]
        )
    return entries


def _decoded(file: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):  # the latter as spreadsheets in China save CSV
        try:
            return file.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _bad_file(errors: list[FieldError]) -> Problem:
    return Problem(422, "bad_file", f"文件里有 {len(errors)} 处错误，什么也没有改。", errors=errors[:200])


async def _note(request: web.Request, session: Any, action: str, target: str, now: datetime) -> None:
    principal = request[PRINCIPAL]
    await audit.note(
        session, principal.actor, action, target=target, result="ok", address=principal.address, now=now
    )  # fmt: skip


def _department(request: web.Request, unit: str) -> DepartmentRef:
    return DepartmentRef(id=unit, name=request.app[CITY].current.department_name(unit))


def _local(request: web.Request, at: datetime) -> datetime:
    return at.astimezone(request.app[CITY].current.city.calendar.timezone)


def _summary(request: web.Request, row: ArticleRow) -> dict[str, Any]:
    state = ArticleState(row.state)
    return {
        "id": row.id,
        "key": row.key,
        "title": row.title,
        "state": state,
        "state_label": state.label,
        "version": row.version,
        "published_version": row.published_version,
        "validity": validity(row.valid_from, row.valid_to, _today(request)),
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "department": _department(request, row.department_id),
        "changed_at": _local(request, row.changed_at),
        "changed_by": row.changed_by,
    }


def _view(request: web.Request, row: ArticleRow) -> views.ArticleView:
    principal = request[PRINCIPAL]
    return views.ArticleView(
        **_summary(request, row),
        questions=list(row.questions),
        answer=row.answer,
        source=row.source,
        may_change=may_write(principal.permissions, principal.department_id, row.department_id),
        may_publish=principal.may(Permission.PUBLISH_KNOWLEDGE),
    )


def _change(request: web.Request, row: ArticleChangeRow) -> views.ArticleChangeView:
    content = Content.of_json(row.content)
    return views.ArticleChangeView(
        id=row.id,
        at=_local(request, row.at),
        by=ActorView(kind=row.actor_kind, id=row.actor_id, name=row.actor_name),
        kind=cast("Any", row.kind),
        kind_label=_KINDS[row.kind],
        version=row.version,
        title=content.title,
        questions=list(content.questions),
        answer=content.answer,
        source=content.source,
        department=_department(request, content.department_id),
        valid_from=content.valid_from,
        valid_to=content.valid_to,
        reason=row.reason,
    )


def _found(request: web.Request, hit: Hit, keys: dict[int, str]) -> views.FoundView:
    content, relevance = hit.article.content, hit.relevance
    return views.FoundView(
        id=hit.article.article_id,
        key=keys.get(hit.article.article_id, ""),
        title=content.title,
        questions=list(content.questions),
        answer=content.answer,
        source=content.source,
        department=_department(request, content.department_id),
        valid_from=content.valid_from,
        valid_to=content.valid_to,
        published_at=_local(request, hit.article.published_at),
        score=relevance.score,
        fit=relevance.fit,
        words=relevance.words,
    )


def _question(request: web.Request, row: OpenQuestionRow, titles: dict[int, str]) -> views.OpenQuestionView:
    nearest = titles.get(row.article_id) if row.article_id else None
    return views.OpenQuestionView(
        id=row.id,
        text=row.text,
        times=row.times,
        first_at=_local(request, row.first_at),
        last_at=_local(request, row.last_at),
        article=views.NearestView(id=row.article_id, title=nearest) if row.article_id and nearest else None,
        settled_at=_local(request, row.settled_at) if row.settled_at else None,
        settled_by=row.settled_by,
        settled_how=cast("Any", row.settled_how),
    )


_SEARCHES, _READS = (Permission.SEARCH_KNOWLEDGE,), (Permission.READ_KNOWLEDGE,)
_WRITES, _PUBLISHES = (Permission.WRITE_KNOWLEDGE,), (Permission.PUBLISH_KNOWLEDGE,)

OPERATIONS = (
    Operation(
        "GET", "/api/v1/knowledge/search", search_knowledge, "知识", "查知识",
        "Published articles that hold today, by how well they answer the question, with the score explained.",
        needs=_SEARCHES, query=views.SearchQuery, answers={200: views.SearchView}, problems={422: "invalid"},
    ),
    Operation(
        "POST", "/api/v1/knowledge/questions", note_question, "知识", "记下没有答案的问题",
        "So that the missing article can be written. Names and numbers are taken out; who asked is not kept. The same "
        "words again only count up.",
        needs=_SEARCHES, body=views.OpenQuestionBody, answers={204: None}, problems={422: "invalid"},
        action="note_question",
    ),
    Operation(
        "GET", "/api/v1/knowledge/questions", list_open_questions, "知识", "没有答案的问题",
        "What was asked and found no answer, or one that did not help.",
        needs=_READS, query=views.OpenQuestionQuery, answers={200: views.OpenQuestionPage}, problems={422: "invalid"},
    ),
    Operation(
        "POST", "/api/v1/knowledge/questions/{question_id}/settle", settle_question, "知识", "处理没有答案的问题",
        "Asked again afterwards, it is open again.",
        needs=_WRITES, body=views.SettleBody, answers={200: views.OpenQuestionView},
        problems={404: "question_not_found", 422: "invalid"}, action="settle_question",
    ),
    Operation(
        "POST", "/api/v1/knowledge/import", import_articles, "知识", "导入知识",
        "A file of articles in the body, Markdown or CSV by the ending of `name` (UTF-8 or GBK). Articles are known by "
        "their keys; those that the file lacks stay. Drafts, or new versions, unless `publish`. When a line is wrong "
        "every fault is told and nothing is changed.",
        needs=_WRITES, query=views.ArticleImportQuery, answers={200: views.ArticleImportView},
        request_media="text/plain", problems={403: "forbidden", 413: "too_large", 422: "invalid, bad_file"},
    ),
    Operation(
        "GET", "/api/v1/knowledge", list_articles, "知识", "知识列表",
        "Articles in every state, newest first, and how many there are of each kind.",
        needs=_READS, query=views.ArticleQuery, answers={200: views.ArticlePage}, problems={422: "invalid"},
    ),
    Operation(
        "POST", "/api/v1/knowledge", add_article, "知识", "新写一篇",
        "A draft. Handlers write for their own department, dispatchers and supervisors for all.",
        needs=_WRITES, body=views.ArticleBody, answers={201: views.ArticleView},
        problems={403: "not_your_article", 422: "invalid"},
    ),
    Operation(
        "GET", "/api/v1/knowledge/{id}", show_article, "知识", "一篇知识",
        "The newest version, and which one is published.",
        needs=_READS, answers={200: views.ArticleView}, problems={404: "article_not_found"},
    ),
    Operation(
        "PUT", "/api/v1/knowledge/{id}", change_article, "知识", "修改一篇",
        "A new version. Residents are answered by the published one until the new one is published.",
        needs=_WRITES, body=views.ArticleChangeBody, answers={200: views.ArticleView},
        problems={403: "not_your_article", 404: "article_not_found", 409: "article_changed", 422: "invalid"},
    ),
    Operation(
        "POST", "/api/v1/knowledge/{id}/publish", publish_article, "知识", "发布",
        "Residents are answered by the newest version at once, in all processes.",
        needs=_PUBLISHES, body=views.VersionBody, answers={200: views.ArticleView},
        problems={404: "article_not_found", 409: "article_changed", 422: "invalid"},
    ),
    Operation(
        "POST", "/api/v1/knowledge/{id}/withdraw", withdraw_article, "知识", "撤下",
        "Nobody is answered by it any more; it can be published again.",
        needs=_PUBLISHES, body=views.WithdrawBody, answers={200: views.ArticleView},
        problems={404: "article_not_found", 409: "article_changed, not_published", 422: "invalid"},
    ),
    Operation(
        "GET", "/api/v1/knowledge/{id}/history", list_article_changes, "知识", "一篇知识的经过",
        "Every version and what was done, newest first. Nothing is ever removed from it.",
        needs=_READS, query=views.HistoryQuery, answers={200: views.ArticleChangePage},
        problems={404: "article_not_found", 422: "invalid"},
    ),
)  # fmt: skip
