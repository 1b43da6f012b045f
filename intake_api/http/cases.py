"""Cases: file, preview, list, read, events, clock."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from aiohttp import web

from bot.language.masking import mask_phone, mask_text
from bot.language.personal import without_personal
from groundwork.problem import FieldError, Problem
from groundwork.web import read_json
from intake_api.city_in_force import LoadedCity
from intake_api.domain import case_number
from intake_api.domain.access import Permission
from intake_api.domain.action import Doer
from intake_api.domain.case import Channel, Report, Reporter, Status, Utterance, is_overdue
from intake_api.domain.casework import possible
from intake_api.domain.event import (
    AMONG_STAFF,
    WITH_THE_REPORTER,
    Actor,
    ActorKind,
    are_of_others,
    canonical_json,
    is_intact,
)
from intake_api.domain.limits import UnknownCondition
from intake_api.domain.masking import mask_name, mask_said
from intake_api.domain.place import Place, Precision
from intake_api.domain.resident import NOBODY, Resident
from intake_api.domain.responsibility import Basis
from intake_api.domain.stages import Stage, stages
from intake_api.domain.standing import Grade
from intake_api.domain.task import Task
from intake_api.domain.taxonomy import Category, Taxonomy, Urgency
from intake_api.filing import Draft, Location, UnknownAttachment
from intake_api.http import idempotency, schemas
from intake_api.http.attachments import signed_url
from intake_api.http.authentication import PRINCIPAL, Principal
from intake_api.http.resources import CITY, DATABASE, FILING, NOW, PLACES, TAXONOMY
from intake_api.http.routing import Operation, body_of, json_answer, query_of
from intake_api.storage import attachments, audit, cases, casework
from intake_api.storage.tables import AttachmentRow, CaseRow, RemarkRow

READERS = (Permission.READ_ALL, Permission.READ_DEPARTMENT, Permission.READ_REPORTERS, Permission.INSPECT)


def _draft(body: schemas.CaseBody) -> Draft:
    report = Report(
        channel=body.channel,
        description=body.description,
        reporter=Reporter(**body.reporter.model_dump()),
        category_confidence=body.category_confidence,
        act=body.act,
        occurred_at=body.occurred_at,
        transcript=tuple(Utterance(line.role, line.text, line.at) for line in body.transcript),
        attachments=tuple(body.attachments),
        urgency=body.urgency,
    )
    return Draft(
        report, Location(**body.location.model_dump()), body.category or None, body.condition or None, body.announce
    )


async def file_case(request: web.Request) -> web.Response:
    """File a case, once for each idempotency key."""
    key = idempotency.key_of(request)
    if not key:
        raise Problem(
            400, "idempotency_key_missing", "缺少请求头 Idempotency-Key：每件诉求用一个不重复的值，重试时用同一个。"
        )
    content = await read_json(request)
    # whether the reporter has been told yet may change between attempts; the report is the same
    report = {name: value for name, value in content.items() if name != "announce"} if isinstance(content, dict) else {}
    try:
        body_hash = hashlib.sha256(canonical_json(report)).hexdigest()
    except (ValueError, RecursionError) as error:  # NaN, lone surrogates, endless nesting
        raise Problem(400, "bad_json", "请求体不是合法的 JSON。") from error
    body = schemas.CaseBody.model_validate(content)
    principal = request[PRINCIPAL]
    try:
        filed = await request.app[FILING].file(
            _draft(body), scope=principal.scope, key=key, body_hash=body_hash, actor=principal.actor
        )
    except UnknownAttachment as error:
        fault = FieldError(pointer=f"/attachments/{error.index}", detail="没有这个附件，请先上传。")
        raise Problem(422, "unknown_attachment", "有附件不存在，请重新上传。", errors=[fault]) from error
    whom = Resident(body.reporter.channel_user, body.channel)
    if filed.new is not None:
        view = _Showing(request, whom).case(filed.new.row, filed.new.supporting, filed.files)
    else:
        view = await view_of(request, filed.case_id, whom)
    headers = {"Location": f"/api/v1/cases/{view.case_no}"}
    return json_answer(view, 201 if filed.created else 200, headers)


async def preview(request: web.Request) -> web.Response:
    """Say what would become of a report, and store nothing."""
    body = await body_of(request, schemas.CaseBody)
    decision = await request.app[FILING].decide(_draft(body))
    photo_place = await _photo_place(request, body.attachments)
    category, assignment, deadline = decision.category, decision.assignment, decision.due
    return json_answer(
        schemas.PreviewView(
            category=_category(category) if category else None,
            location=place_view(decision.place),
            department=(
                schemas.DepartmentRef(id=assignment.lead.id, name=assignment.lead.name) if assignment else None
            ),
            due_at=deadline.at if deadline else None,
            limit=(
                schemas.LimitView(value=deadline.limit.value, unit=deadline.limit.unit, words=deadline.limit.words)
                if deadline
                else None
            ),
            photo_place=place_view(photo_place) if photo_place else None,
        )
    )


async def _photo_place(request: web.Request, ids: Sequence[str]) -> Place | None:
    """Where the newest of these photos with a position was taken."""
    async with request.app[DATABASE].read() as session:
        files = await attachments.several(session, ids) if ids else {}
    for item in reversed(ids):
        row = files.get(item)
        if row is not None and row.lat is not None and row.lng is not None:
            return (await request.app[PLACES].resolve("", row.lat, row.lng)).place
    return None


async def read_case(request: web.Request) -> web.Response:
    """One case with its conversation."""
    query = query_of(request, schemas.OneCaseQuery)
    principal = request[PRINCIPAL]
    row = await readable(request, query.resident)
    revealed = False
    if query.reveal:
        if not principal.may(Permission.REVEAL):
            raise Problem(403, "forbidden", "您没有权限查看诉求人信息。")
        if row.confidential and not principal.may(Permission.READ_ALL):
            raise Problem(403, "confidential", "诉求人要求保密，承办部门不能查看其姓名和电话。")
        revealed = True
    if principal.actor.kind is ActorKind.STAFF:
        async with request.app[DATABASE].write() as session:
            await audit.note(
                session,
                principal.actor,
                "reveal_reporter" if revealed else "read_case",
                target=f"case:{case_number.format_number(row.id)}",
                result="ok",
                address=principal.address,
                now=request.app[NOW](),
            )
    return json_answer(await _detail_of(request, row, query.resident, revealed))


async def read_events(request: web.Request) -> web.Response:
    """All events of a case that the caller may know of."""
    speaks_for = query_of(request, schemas.OneCaseQuery).resident
    row = await readable(request, speaks_for)
    async with request.app[DATABASE].read() as session:
        events = await cases.events(session, row.id)
        remarks = await casework.remarks(session, row.id)
        files = await attachments.several(session, [item for each in remarks.values() for item in each.attachments])
    zone = request.app[CITY].current.city.calendar.timezone
    show = _Showing(request, speaks_for)
    hidden = AMONG_STAFF if request[PRINCIPAL].is_channel else frozenset()
    of_others: set[int] = set()
    if show.is_of_another(row):
        hidden |= WITH_THE_REPORTER
    elif request[PRINCIPAL].is_channel:
        of_others = are_of_others(events)
    told = {seq: each for seq, each in remarks.items() if seq not in of_others}
    items = [
        schemas.EventView(
            seq=sealed.seq,
            kind=sealed.event.kind.value,
            kind_label=f"其他反映人{sealed.event.kind.label}" if sealed.seq in of_others else sealed.event.kind.label,
            at=sealed.event.at.astimezone(zone),
            actor=show.actor(sealed.event.actor),
            from_status=sealed.event.from_status,
            to_status=sealed.event.to_status,
            to_status_label=Status(sealed.event.to_status).label if sealed.event.to_status else None,
            reason="" if sealed.seq in of_others else sealed.event.reason,
            data=dict(sealed.event.data),
            remark=show.text(told[sealed.seq].text, row) if sealed.seq in told else "",
            attachments=show.files(told[sealed.seq].attachments, files, row) if sealed.seq in told else [],
            position=_position(told.get(sealed.seq)),
            prev_hash=sealed.prev_hash,
            hash=sealed.hash,
        )
        for sealed in events
        if sealed.event.kind not in hidden
    ]
    return json_answer(schemas.EventList(items=items, intact=is_intact(row.id, events)))


def _position(remark: RemarkRow | None) -> schemas.PositionView | None:
    if remark is None or remark.lat is None or remark.lng is None:
        return None
    return schemas.PositionView(lat=remark.lat, lng=remark.lng)


async def read_clock(request: web.Request) -> web.Response:
    """When a case is due, with the arithmetic."""
    row = await readable(request, query_of(request, schemas.OneCaseQuery).resident)
    number = case_number.format_number(row.id)
    if row.due is None or row.due_at is None:
        view = schemas.ClockView(
            case_no=number, limit=None, started_at=None, due_at=None, remaining_seconds=None, overdue=False,
            rule=None, calendar_version=None, steps=[], words="尚未确定分类，时限从立案时起算。",
        )  # fmt: skip
        return json_answer(view)
    now = request.app[NOW]()
    zone = request.app[CITY].current.city.calendar.timezone
    return json_answer(
        schemas.ClockView(
            case_no=number,
            limit=schemas.LimitView.model_validate(row.due["limit"]),
            started_at=datetime.fromisoformat(row.due["started_at"]).astimezone(zone),
            due_at=row.due_at.astimezone(zone),
            remaining_seconds=int((row.due_at - now).total_seconds()),
            overdue=is_overdue(Status(row.status), row.due_at, now),
            rule=row.due["rule"],
            calendar_version=row.due["calendar_version"],
            steps=[schemas.StepView.model_validate(step) for step in row.due["steps"]],
            words=row.due["words"],
        )
    )


def _missing() -> Problem:
    return Problem(404, "case_not_found", "没有这个案件编号，请核对后再查。")


async def existing(request: web.Request) -> CaseRow:
    """The case of the address, whoever asks. Raises Problem 404."""
    return await existing_by_number(request, request.match_info["case_no"])


async def existing_by_number(request: web.Request, number: str) -> CaseRow:
    """The case with this number, whoever asks. Raises Problem 404."""
    try:
        case_id = case_number.parse(number)
    except case_number.WrongCheckDigit as error:
        raise Problem(404, "case_number_misread", "案件编号不对，可能有一位读错或写反了，请核对。") from error
    except case_number.WrongCaseNumber as error:
        raise _missing() from error
    async with request.app[DATABASE].read() as session:
        row = await cases.get(session, case_id)
    if row is None:
        raise _missing()
    return row


async def readable(request: web.Request, resident: Resident = NOBODY) -> CaseRow:
    """The case of the address, if the caller may read it. Raises Problem 404, 403."""
    return await _readable(request, await existing(request), resident)


async def readable_by_number(request: web.Request, number: str, resident: Resident = NOBODY) -> CaseRow:
    """The case with this number, if the caller may read it. Raises Problem 404, 403."""
    return await _readable(request, await existing_by_number(request, number), resident)


async def _readable(request: web.Request, row: CaseRow, resident: Resident) -> CaseRow:
    principal = request[PRINCIPAL]
    if principal.may(Permission.READ_ALL):
        return row
    async with request.app[DATABASE].read() as session:
        supporting = await cases.supporting(session, [row.id])
        inspects = principal.may(Permission.INSPECT) and await casework.awaits_check(session, row.id)
        follows = bool(resident) and await casework.follows(session, row.id, resident)
    department = principal.department_id if principal.may(Permission.READ_DEPARTMENT) else None
    if inspects or (department and department in (row.department_id, *supporting[row.id])):
        return row
    if principal.may(Permission.READ_DEPARTMENT):
        raise Problem(403, "not_your_department", "这件案件不由您的部门承办。")
    if principal.may(Permission.INSPECT):
        raise Problem(403, "not_to_inspect", "这件案件没有请巡查员核查。")
    # a channel learns nothing of cases of others, not even that they exist
    if not follows and not resident.matches(row.channel, row.channel_user):
        raise _missing()
    return row


async def view_of(request: web.Request, case_id: int, resident: Resident = NOBODY) -> schemas.CaseView:
    """A case that exists, as the caller sees it; ``resident``: whom a channel speaks for."""
    async with request.app[DATABASE].read() as session:
        row = await cases.get(session, case_id)
        assert row is not None
        supporting = await cases.supporting(session, [case_id])
        files = await attachments.several(session, row.attachments)
        outcomes = await casework.outcomes(session, [row])
    return _Showing(request, resident).case(row, supporting[case_id], files, outcomes.get(case_id))


async def views_of(
    request: web.Request, rows: Sequence[CaseRow], resident: Resident = NOBODY
) -> list[schemas.CaseView]:
    """Cases as the caller sees them; ``resident``: whom a channel speaks for."""
    async with request.app[DATABASE].read() as session:
        supporting = await cases.supporting(session, [row.id for row in rows])
        files = await attachments.several(session, [item for row in rows for item in row.attachments])
        outcomes = await casework.outcomes(session, rows)
    show = _Showing(request, resident)
    return [show.case(row, supporting[row.id], files, outcomes.get(row.id)) for row in rows]


async def _detail_of(request: web.Request, row: CaseRow, resident: Resident, revealed: bool) -> schemas.CaseDetailView:
    async with request.app[DATABASE].read() as session:
        standing = await casework.standing(session, row)
        files = await attachments.several(session, row.attachments)
        events = [sealed.event for sealed in await cases.events(session, row.id)]
        followers = await casework.others_waiting(session, row.id)
        outcomes = await casework.outcomes(session, [row])
    show = _Showing(request, resident, revealed)
    view = show.case(row, standing.supporting, files, outcomes.get(row.id))
    follows = show.is_of_another(row)
    transcript = [
        schemas.UtteranceView(role=line["role"], text=show.text(line["text"], row), at=line["at"])
        for line in ([] if follows else row.transcript)
    ]
    first = next((line["at"] for line in row.transcript if line["at"]), None)
    principal = request[PRINCIPAL]
    doer = Doer(
        principal.actor,
        principal.roles,
        principal.department_id,
        speaks_for_reporter=principal.is_channel and not follows,
        speaks_for_follower=follows,
    )
    policy = request.app[CITY].current.city.policy
    return schemas.CaseDetailView(
        **view.model_dump(),
        transcript=transcript,
        tasks=[] if principal.is_channel else [show.task(task) for task in standing.tasks],
        stages=show.stages(stages(events, request.app[NOW](), datetime.fromisoformat(first) if first else None)),
        followers=followers,
        actions=[schemas.OfferedAction(action=each, label=each.label) for each in possible(standing, doer, policy)],
    )


class _Showing:
    """How cases are shown to one caller: masked, unless the reporter is revealed to them.

    Who follows the case of another (a channel speaks for ``resident``) sees how it goes and nothing that is the
    reporter's: neither who they are nor their words, photos and exact place.
    """

    def __init__(self, request: web.Request, resident: Resident = NOBODY, revealed: bool = False) -> None:
        self._request = request
        self._resident = resident
        self._principal: Principal = request[PRINCIPAL]
        self._revealed = revealed
        self._taxonomy: Taxonomy = request.app[TAXONOMY]
        self._city: LoadedCity = request.app[CITY].current
        self._now = request.app[NOW]()

    def is_of_another(self, row: CaseRow) -> bool:
        """Whether a channel asks for a resident who did not report this case."""
        return self._principal.is_channel and not self._resident.matches(row.channel, row.channel_user)

    def actor(self, actor: Actor) -> schemas.ActorView:
        """Who acted; who of the staff it was is not for residents."""
        if self._principal.is_channel and actor.kind is ActorKind.STAFF:
            return schemas.ActorView(kind=actor.kind.value, id="", name="工作人员")
        return schemas.ActorView(kind=actor.kind.value, id=actor.id, name=actor.name)

    def _is_kept_from(self, row: CaseRow) -> bool:
        """Whether the reporter asked that such callers learn neither name nor phone."""
        return row.confidential and not self._principal.may(Permission.READ_ALL) and not self._principal.is_channel

    def text(self, text: str, row: CaseRow) -> str:
        """What was said of a case: numbers of phones and identity cards and the reporter's name masked.

        Of a confidential case departments read no names and numbers at all.
        """
        if self._revealed:
            return text
        if self._is_kept_from(row):
            return without_personal(text, (row.reporter_name,))
        return mask_text(text) if self._principal.is_channel else mask_said(text, row.reporter_name)

    def case(
        self,
        row: CaseRow,
        supporting: Sequence[str],
        files: Mapping[str, AttachmentRow],
        outcome: CaseRow | None = None,
    ) -> schemas.CaseView:
        """A case as this caller sees it; ``outcome``: the one in which a merged case goes on."""
        number = case_number.format_number(row.id)
        status, channel = Status(row.status), Channel(row.channel)
        follows = self.is_of_another(row)
        return schemas.CaseView(
            case_no=number,
            case_no_spoken=case_number.spoken(number),
            version=row.last_seq,
            status=status,
            status_label=status.label,
            channel=channel,
            channel_label=channel.label,
            act=row.act,
            description="" if follows else self.text(row.description, row),
            category=category_view(self._taxonomy, row.category),
            condition=self._condition(row),
            category_confidence=row.category_confidence,
            urgency=Urgency(row.urgency),
            location=schemas.PlaceView(
                text=row.place_name or "" if follows else self.text(row.place_text, row),
                lat=None if follows else row.lat,
                lng=None if follows else row.lng,
                grid_cell=row.grid_cell,
                town=row.town,
                town_code=row.town_code,
                community=row.community,
                precision=Precision(row.precision),
                name=row.place_name,
            ),
            department=self._department(row.department_id) if row.department_id else None,
            supporting=[self._department(unit) for unit in supporting],
            basis=Basis(row.basis) if row.basis else None,
            due_at=self._local(row.due_at),
            overdue=is_overdue(Status(row.status), row.due_at, self._now),
            received_at=row.received_at.astimezone(self._city.city.calendar.timezone),
            filed_at=self._local(row.filed_at),
            occurred_at=self._local(row.occurred_at),
            reporter=self._reporter(row),
            attachments=[] if follows else self.files(row.attachments, files, row),
            fast_track=row.fast_track,
            responsible=self._department(row.responsible_id) if row.responsible_id else None,
            dispatched_at=self._local(row.dispatched_at),
            accepted_at=self._local(row.accepted_at),
            reported_at=self._local(row.reported_at),
            closed_at=self._local(row.closed_at),
            suspended_until=self._local(row.suspended_until),
            returns=row.returns,
            reworks=row.reworks,
            urges=row.urges,
            reopenings=row.reopenings,
            orders=row.orders,
            order_level=row.order_level,
            merged_into=case_number.format_number(row.merged_into) if row.merged_into else None,
            outcome=self._outcome(outcome) if outcome else None,
            repeat_of=case_number.format_number(row.repeat_of) if row.repeat_of else None,
            grade=Grade(row.grade) if row.grade and not follows else None,
            solved=None if follows else row.solved,
        )

    def _outcome(self, row: CaseRow) -> schemas.OutcomeView:
        return schemas.OutcomeView(
            case_no=case_number.format_number(row.id),
            status=Status(row.status),
            status_label=Status(row.status).label,
            department=self._department(row.department_id) if row.department_id else None,
            due_at=self._local(row.due_at),
            overdue=is_overdue(Status(row.status), row.due_at, self._now),
            closed_at=self._local(row.closed_at),
            suspended_until=self._local(row.suspended_until),
        )

    def files(
        self, ids: Sequence[str], files: Mapping[str, AttachmentRow], row: CaseRow
    ) -> list[schemas.AttachmentRef]:
        """Attachments with signed addresses; a voice tells who it is, so of a confidential case without recordings."""
        kept = [files[item] for item in ids if item in files]
        if self._is_kept_from(row):
            kept = [each for each in kept if not attachments.is_voice_of_resident(each)]
        return [self._attachment(each) for each in kept]

    def task(self, task: Task) -> schemas.TaskView:
        """A side task."""
        return schemas.TaskView(
            id=task.id,
            kind=task.kind,
            kind_label=task.kind.label,
            state=task.state,
            department=self._department(task.department) if task.department else None,
            asked_at=task.asked_at.astimezone(self._city.city.calendar.timezone),
            reason=task.reason,
            until=self._local(task.until),
            decided_at=self._local(task.decided_at),
            answer=task.answer,
        )

    def stages(self, found: Sequence[Stage]) -> list[schemas.StageView]:
        """The stages with what the city allows for them."""
        allowed = self._city.city.policy.stage_targets
        return [
            schemas.StageView(
                name=stage.name,
                began_at=stage.began_at.astimezone(self._city.city.calendar.timezone),
                ended_at=self._local(stage.ended_at),
                seconds=stage.seconds,
                allowed_seconds=allowed[stage.name] * 60 if stage.name in allowed else None,
            )
            for stage in found
        ]

    def _local(self, moment: datetime | None) -> datetime | None:
        return moment.astimezone(self._city.city.calendar.timezone) if moment else None

    def _condition(self, row: CaseRow) -> str | None:
        if row.condition is None or row.category is None:
            return None
        try:
            return self._city.city.filing_conditions.get(row.category, row.condition).words
        except UnknownCondition:  # of an earlier version of the city
            return row.condition

    def _department(self, department_id: str) -> schemas.DepartmentRef:
        return schemas.DepartmentRef(id=department_id, name=self._city.department_name(department_id))

    def _reporter(self, row: CaseRow) -> schemas.ReporterView:
        follows = self.is_of_another(row)
        hidden = follows or self._is_kept_from(row)
        name = row.reporter_name if self._revealed else mask_name(row.reporter_name)
        phone = row.reporter_phone if self._revealed else mask_phone(row.reporter_phone) if row.reporter_phone else ""
        return schemas.ReporterView(
            name="" if hidden else name,
            phone="" if hidden else phone,
            confidential=row.confidential,
            channel_user=row.channel_user if self._principal.is_channel and not follows else None,
            revealed=self._revealed,
        )

    def _attachment(self, row: AttachmentRow) -> schemas.AttachmentRef:
        return schemas.AttachmentRef(
            attachment_id=row.id, media_type=row.media_type, size=row.size, url=signed_url(self._request, row.id)
        )


def place_view(place: Place) -> schemas.PlaceView:
    """A place as it is answered."""
    return schemas.PlaceView(
        text=place.text,
        lat=place.lat,
        lng=place.lng,
        grid_cell=place.grid_cell,
        town=place.town,
        town_code=place.town_code,
        community=place.community,
        precision=place.precision,
        name=place.name,
    )


def _category(category: Category) -> schemas.CategoryRef:
    return schemas.CategoryRef(code=category.code, name=category.name, division=category.division)


def category_view(taxonomy: Taxonomy, code: str | None) -> schemas.CategoryRef | None:
    """A category as it is answered."""
    if code is None:
        return None
    # an old case keeps a code that a newer taxonomy no longer has
    return _category(taxonomy.get(code)) if code in taxonomy else schemas.CategoryRef(code=code, name=code, division="")


def write_cursor(row_id: int | None) -> str | None:
    """The cursor of the page that goes on before ``row_id``; None at the end."""
    return None if row_id is None else base64.urlsafe_b64encode(f"c{row_id}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> int | None:
    """The id that a page goes on before; None for the first page. Raises Problem 422 ``invalid``."""
    if not cursor:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        if not text.startswith("c") or int(text[1:]) >= 2**62:
            raise ValueError(cursor)
        return int(text[1:])
    except (ValueError, binascii.Error) as error:
        fault = FieldError(pointer="?cursor", detail="翻页位置无效，请从第一页开始。")
        raise Problem(422, "invalid", "请求的参数有误。", errors=[fault]) from error


_UNKNOWN = "unknown_category, unknown_condition"

OPERATIONS = (
    Operation(
        "POST", "/api/v1/cases", file_case, "案件", "登记一件诉求",
        "Stores a report as a case. The same Idempotency-Key and body again answer 200 with the same case.",
        needs=(Permission.FILE,), action="file_case", body=schemas.CaseBody,
        headers={idempotency.HEADER: "A value unique to this report, kept for retries (1–200 printable characters)."},
        answers={201: schemas.CaseView, 200: schemas.CaseView},
        answer_headers={"Location": "Where the case is."},
        problems={
            400: "idempotency_key_missing, idempotency_key_invalid",
            422: f"idempotency_mismatch, unknown_attachment, {_UNKNOWN}",
        },
    ),
    Operation(
        "POST", "/api/v1/cases/preview", preview, "案件", "预览：谁来办、何时办结",
        "Says what would become of a report. Stores nothing.",
        needs=(Permission.FILE,), body=schemas.CaseBody, answers={200: schemas.PreviewView},
        problems={422: _UNKNOWN},
    ),
    Operation(
        "GET", "/api/v1/cases/{case_no}", read_case, "案件", "一件案件",
        "Name and phone are masked; revealing them is recorded.",
        needs=READERS, query=schemas.OneCaseQuery, answers={200: schemas.CaseDetailView},
        problems={403: "confidential"},
    ),
    Operation(
        "GET", "/api/v1/cases/{case_no}/events", read_events, "案件", "案件经过",
        "Append-only, each event sealed with the hash of the one before it.",
        needs=READERS, query=schemas.OneCaseQuery, answers={200: schemas.EventList},

    ),
    Operation(
        "GET", "/api/v1/cases/{case_no}/clock", read_clock, "案件", "案件时限及算法",
        "The due time with the arithmetic, to be computed again by anybody.",
        needs=READERS, query=schemas.OneCaseQuery, answers={200: schemas.ClockView},

    ),
)  # fmt: skip
