"""The life of a case (lifecycle): each method is one action; it checks the rules, changes the standing, records events.

Nothing here asks who may act (``action.WHO`` says that) nor does it store anything. What a state does not allow raises
NotNow, what is wrong in what was asked raises Refused; both say in Chinese what to do instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from intake_api.domain.action import Action, Doer, may
from intake_api.domain.calendar import WorkCalendar
from intake_api.domain.case import OPEN, Status
from intake_api.domain.clock import Due, Pause, due
from intake_api.domain.event import SYSTEM, Actor, Event, EventKind
from intake_api.domain.policy import Policy
from intake_api.domain.responsibility import Assignment, Basis, ResponsibilityMatrix
from intake_api.domain.standing import Earlier, Grade, Standing
from intake_api.domain.task import Task, TaskKind, TaskState
from intake_api.domain.taxonomy import Taxonomy


class NotNow(Exception):
    """The case is in a state in which this cannot be done; ``detail`` says in which it can."""

    def __init__(self, action: Action, status: Status, detail: str = "") -> None:
        self.action = action
        self.status = status
        self.detail = detail or f"案件现在是“{status.label}”，不能{action.label}；{_when(action)}。"
        super().__init__(self.detail)


class Refused(Exception):
    """A rule speaks against it. ``code`` is stable, ``detail`` says in Chinese why and what to do, ``field`` names what
    was wrong in the request, if anything was."""

    def __init__(self, code: str, detail: str, field: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.field = field


STATES: Mapping[Action, frozenset[Status]] = {
    Action.FILE: frozenset({Status.RECEIVED}),
    Action.REJECT: frozenset({Status.RECEIVED}),
    Action.CHECK: frozenset({Status.RECEIVED, Status.REPORTED_DONE}),
    Action.CHECK_REPORT: frozenset({Status.RECEIVED, Status.REPORTED_DONE}),
    Action.MERGE: frozenset({Status.RECEIVED, Status.FILED, Status.DISPATCHED}),
    Action.DISPATCH: frozenset({Status.FILED, Status.RETURNED}),
    Action.ACCEPT: frozenset({Status.DISPATCHED}),
    Action.RETURN: frozenset({Status.DISPATCHED, Status.ACCEPTED}),
    Action.ADJUDICATE: frozenset({Status.RETURNED}),
    Action.ASSIST: frozenset({Status.DISPATCHED, Status.ACCEPTED}),
    Action.ASSIST_DECIDE: frozenset({Status.DISPATCHED, Status.ACCEPTED, Status.REPORTED_DONE}),
    Action.ASSIST_REPORT: frozenset({Status.DISPATCHED, Status.ACCEPTED, Status.SUSPENDED, Status.REPORTED_DONE}),
    Action.EXTEND: frozenset({Status.ACCEPTED}),
    Action.EXTEND_DECIDE: frozenset({Status.ACCEPTED}),
    Action.SUSPEND: frozenset({Status.ACCEPTED}),
    Action.SUSPEND_DECIDE: frozenset({Status.ACCEPTED}),
    Action.RESUME: frozenset({Status.SUSPENDED}),
    Action.CONTACT: frozenset({Status.DISPATCHED, Status.ACCEPTED, Status.SUSPENDED, Status.REPORTED_DONE}),
    Action.REPORT_DONE: frozenset({Status.ACCEPTED}),
    Action.VERIFY: frozenset({Status.REPORTED_DONE}),
    Action.REWORK: frozenset({Status.REPORTED_DONE}),
    Action.CLOSE: frozenset({Status.RECEIVED, Status.FILED}),
    Action.REOPEN: frozenset({Status.CLOSED}),
    Action.REOPEN_DECIDE: frozenset({Status.CLOSED}),
    Action.WITHDRAW: OPEN,
    Action.URGE: OPEN,
    Action.SUPPLEMENT: OPEN,
    Action.FOLLOW: OPEN,
    Action.RATE: frozenset({Status.CLOSED, Status.MERGED}),
    Action.NOTE: frozenset(Status),
    Action.SUPERVISE: OPEN,
}
"""In which states each action is possible; a city may allow less (``_allows``)."""

HELD = frozenset({Status.DISPATCHED, Status.ACCEPTED, Status.SUSPENDED, Status.REPORTED_DONE, Status.RETURNED})
"""States in which a department has, or had, the case in hand."""


def _when(action: Action) -> str:
    allowed = STATES[action]
    if allowed == OPEN:
        return "案件已经了结"
    return f"只有“{'”“'.join(status.label for status in Status if status in allowed)}”的案件可以"


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides: the city's numbers, its calendar and matrix, and the taxonomy."""

    policy: Policy
    calendar: WorkCalendar
    matrix: ResponsibilityMatrix
    taxonomy: Taxonomy


@dataclass(frozen=True, slots=True)
class Remark:
    """Words and photos that belong to an event but not into it, for they may hold personal data and be erased.

    ``position``: latitude and longitude in WGS84 degrees.
    """

    text: str
    attachments: tuple[str, ...] = ()
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """An adjudication to be remembered (指定): this category goes to ``lead``, in this town or (None) in all."""

    category: str
    town: str | None
    lead: str
    supporting: tuple[str, ...]
    reason: str


class Casework:
    """One case in the hands of one actor at one moment; afterwards ``standing`` and ``events`` are to be stored."""

    def __init__(
        self,
        standing: Standing,
        rules: Rules,
        actor: Actor,
        now: datetime,
        *,
        department: str | None = None,
        words_of: str = "",
    ) -> None:
        """``department``: the id of the actor's own. ``words_of``: whom a channel speaks for, the reporter
        (``BY_REPORTER``) or somebody else who follows the case (``BY_FOLLOWER``); empty for staff."""
        self.standing = standing
        self.rules = rules
        self.actor = actor
        self.now = now
        self.department = department
        self._by: dict[str, object] = {"by": words_of} if words_of else {}
        self.events: list[Event] = []
        self.remarks: dict[int, Remark] = {}
        """By the index of their event."""
        self.ruling: Ruling | None = None
        self.outcome: Standing | None = None
        """Where the case stands in which this one goes on; to be given where a merged case is rated."""
        self.asks_reopening: str = ""
        """Why the case in which this one went on should be reopened, when a rating asks for that."""

    # from report to department

    def file(self) -> None:
        """立案, by hand: the operator has looked. Goes on to the department by itself where the city wants that."""
        self._require(Action.FILE)
        if self.standing.category is None:
            raise Refused("no_category", "还没有分类，请先更正分类再立案。")
        self._move(EventKind.FILED, Status.FILED, data={"automatic": False})
        self.standing = replace(self.standing, filed_at=self.now)

    def reject(self, reason: str, referral: str) -> None:
        """不予受理: ``reason`` and ``referral`` (where to turn) are told to the reporter."""
        self._require(Action.REJECT)
        self._need(reason, "reason", "请写明不予受理的理由，会告诉诉求人。")
        self._need(referral, "referral", "请写明诉求人可以找谁，会一并告诉诉求人。")
        self._move(EventKind.REJECTED, Status.REJECTED, reason, {"referral": referral})
        self._end()

    def check(self, reason: str) -> None:
        """Have an inspector look on the spot: before filing, or before closing."""
        self._require(Action.CHECK)
        if self.standing.open_tasks(TaskKind.CHECK):
            raise Refused("already_asked", "已经请巡查员核查，等回复后再说。")
        self._ask(TaskKind.CHECK, TaskState.GRANTED, reason)
        self._note(EventKind.CHECK_ASKED, reason)

    def check_report(self, text: str, attachments: tuple[str, ...], confirmed: bool) -> None:
        """What the inspector found: ``confirmed``, the problem is there (before filing) or solved (before closing)."""
        self._require(Action.CHECK_REPORT)
        self._need(text, "text", "请写明现场看到的情况。")
        if self.actor.id in self.standing.worked_by:
            raise Refused("own_work", "办理过这件案件的人不能核查它。")
        self._answer(TaskKind.CHECK, "没有等待回复的核查。")
        self._note(
            EventKind.CHECK_REPORTED, data={"confirmed": confirmed, "photos": len(attachments)},
            remark=Remark(text, attachments),
        )  # fmt: skip

    def merge_into(self, target: Standing, reason: str) -> None:
        """并案: this case goes on within ``target``; it keeps its number and its reporter hears the outcome."""
        self._require(Action.MERGE)
        if not _allows(self.rules.policy, Action.MERGE, self.standing.status):
            detail = "本城市规定案件派遣以后不再并案；办结时请说明是同一件事。"
            raise NotNow(Action.MERGE, self.standing.status, detail)
        if target.id == self.standing.id:
            raise Refused("same_case", "不能并入自己。", "into")
        if not target.status.is_open:
            raise Refused(
                "target_over", f"案件 {target.number} {target.status.label}，不能并入；请选仍在办理的案件。", "into"
            )
        self._move(EventKind.MERGED, Status.MERGED, reason, {"into": target.number})
        self.standing = replace(self.standing, merged_into=target.id)
        self._end()

    def take_in(self, joined: Standing, reason: str) -> None:
        """The other side of a merger: ``joined`` has been merged into this case."""
        self._note(EventKind.TOOK_IN, reason, {"case": joined.number})
        self._supervise_repeated()

    def dispatch(
        self, department: str | None = None, reason: str = "", supporting: tuple[str, ...] | None = None
    ) -> None:
        """派遣 to the department that the matrix proposes, or with a reason to another."""
        self._require(Action.DISPATCH)
        standing = self.standing
        assignment = self._assignment()
        lead = department or (assignment.lead.id if assignment else standing.department)
        if standing.status is Status.RETURNED and department is None:
            raise Refused("department_missing", "退回的案件请写明派给哪个部门。", "department")
        if lead is None:
            raise Refused("no_category", "还没有分类，无法确定部门；请先更正分类，或写明部门。", "department")
        self._known(lead, "department")
        for unit in supporting or ():
            self._known(unit, "supporting")
        proposed = assignment is not None and assignment.lead.id == lead
        if not proposed:
            self._need(reason, "reason", "派给职责表以外的部门，请写明理由。")
        if supporting is None:
            supporting = tuple(unit.id for unit in assignment.supporting) if proposed and assignment else ()
        self._hand_over(
            lead, supporting, reason,
            basis=assignment.basis if proposed and assignment else None,
            rule=assignment.rule if proposed and assignment else None,
            automatic=False,
        )  # fmt: skip

    def dispatch_by_matrix(self) -> None:
        """派遣 by the responsibility matrix, without anybody's hand."""
        self._require(Action.DISPATCH)
        assignment = self._assignment()
        assert assignment is not None, "only a case with a category is filed"
        supporting = tuple(unit.id for unit in assignment.supporting)
        self._hand_over(
            assignment.lead.id, supporting, "", basis=assignment.basis, rule=assignment.rule, automatic=True
        )

    def redispatch(self) -> None:
        """改派 after a correction: nobody has accepted yet, and the matrix now names another department."""
        assignment = self._assignment()
        assert self.standing.status is Status.DISPATCHED and assignment is not None, "asked after a correction only"
        supporting = tuple(unit.id for unit in assignment.supporting)
        reason = "更正后按职责表改派"
        self._hand_over(
            assignment.lead.id, supporting, reason, basis=assignment.basis, rule=assignment.rule, automatic=True
        )

    def ask_supporting_anew(self) -> None:
        """After a correction the matrix names the same lead and other helpers."""
        self._void(TaskKind.ASSIST)
        self._ask_supporting()

    def accept(self) -> None:
        """签收: the department takes the case, and is responsible from now on."""
        self._require(Action.ACCEPT)
        took = int((self.now - self.standing.dispatched_at).total_seconds()) if self.standing.dispatched_at else None
        self._move(EventKind.ACCEPTED, Status.ACCEPTED, data={"seconds_since_dispatch": took})
        self.standing = replace(
            self.standing, accepted_at=self.now, responsible=self.standing.department, worked_by=self._with_actor()
        )

    def send_back(self, reason: str) -> None:
        """退单: not ours, with a reason. Until another accepts, the first department stays responsible (首接负责)."""
        self._require(Action.RETURN)
        self._need(reason, "reason", "退单必须写明理由和依据。")
        standing = self.standing
        data = {"department": standing.department, "responsible": standing.responsible, "returns": standing.returns + 1}
        self._move(EventKind.RETURNED, Status.RETURNED, reason, data)
        self._void(TaskKind.EXTEND, TaskKind.SUSPEND)
        self.standing = replace(self.standing, returns=standing.returns + 1)

    def adjudicate(
        self,
        department: str,
        supporting: tuple[str, ...],
        reason: str,
        remember: bool,
        *,
        whole_district: bool = False,
    ) -> None:
        """裁定（指定）: a ruling says whose it is; to ``remember`` sends the same category and town there next time.

        With ``whole_district`` it holds for all towns; without, what lies in no known town is not remembered.
        """
        self._require(Action.ADJUDICATE)
        self._need(reason, "reason", "裁定必须写明理由。")
        self._known(department, "department")
        for unit in supporting:
            self._known(unit, "supporting")
        standing = self.standing
        town = None if whole_district else standing.town
        remember = remember and (whole_district or town is not None)
        if remember:
            if standing.category is None:
                raise Refused("no_category", "还没有分类，裁定无法记入职责表；请先更正分类。")
            self.ruling = Ruling(standing.category, town, department, supporting, reason)
        data = {
            "department": department,
            "supporting": list(supporting),
            "remembered": remember,
            "against": standing.department,
        }
        self._note(EventKind.ADJUDICATED, reason, data)
        rule = f"{standing.category} × {town or '*'}（裁定）"
        self._hand_over(department, supporting, reason, basis=Basis.APPOINTMENT, rule=rule, automatic=False)

    # in the department's hands

    def assist(self, department: str, reason: str) -> None:
        """The lead asks for another department's help."""
        self._require(Action.ASSIST)
        self._need(reason, "reason", "请写明需要协办什么。")
        self._known(department, "department")
        if department == self.standing.department:
            raise Refused("own_department", "不能请本部门协办。", "department")
        if any(task.department == department for task in self.standing.open_tasks(TaskKind.ASSIST)):
            raise Refused("already_asked", "已经请过这个部门协办。", "department")
        self._ask(TaskKind.ASSIST, TaskState.ASKED, reason, department=department)
        self._note(EventKind.ASSIST_ASKED, reason, {"department": department})

    def assist_decide(self, task: int, granted: bool, reason: str) -> None:
        """The dispatcher grants or refuses help, or releases a supporting department from it."""
        self._require(Action.ASSIST_DECIDE)
        chosen = self._open_task(TaskKind.ASSIST, task)
        if granted and chosen.state is TaskState.GRANTED:
            raise Refused("already_granted", "这项协办已经同意。")
        if chosen.state is TaskState.ASKED:
            self._not_own_request(chosen)
        if not granted:
            self._need(reason, "reason", "不同意必须写明理由。")
        assert chosen.department is not None
        self._decide(chosen, TaskState.GRANTED if granted else TaskState.REFUSED, reason)
        others = tuple(unit for unit in self.standing.supporting if unit != chosen.department)
        self.standing = replace(self.standing, supporting=(*others, chosen.department) if granted else others)
        self._note(EventKind.ASSIST_DECIDED, reason, {"department": chosen.department, "granted": granted})

    def assist_report(self, department: str, text: str, attachments: tuple[str, ...]) -> None:
        """A supporting department says what it did."""
        self._require(Action.ASSIST_REPORT)
        self._need(text, "text", "请写明协办情况。")
        tasks = [task for task in self.standing.open_tasks(TaskKind.ASSIST) if task.department == department]
        if not any(task.state is TaskState.GRANTED for task in tasks):
            raise Refused("nothing_asked", "没有等待贵部门反馈的协办。")
        for task in tasks:
            self._decide(task, TaskState.DONE, "")
        self.standing = replace(self.standing, worked_by=self._with_actor())
        data = {"department": department, "photos": len(attachments)}
        self._note(EventKind.ASSIST_REPORTED, data=data, remark=Remark(text, attachments))

    def extend(self, reason: str) -> None:
        """申请延期: only before overdue, and at most as often as the city allows; refusals do not count, and reopening
        gives none back."""
        self._require(Action.EXTEND)
        self._need(reason, "reason", "请写明延期的理由。")
        clock = self._clock()
        if self.now > clock.at:
            raise Refused("overdue", "案件已经超时，不能再申请延期。")
        if self.standing.extensions >= self.rules.policy.extensions:
            raise Refused("extended_enough", f"已经延期 {self.standing.extensions} 次，不能再延。")
        if self.standing.open_tasks(TaskKind.EXTEND):
            raise Refused("already_asked", "已经申请延期，等审批后再说。")
        self._ask(TaskKind.EXTEND, TaskState.ASKED, reason)
        self._note(EventKind.EXTENSION_ASKED, reason)

    def extend_decide(self, granted: bool, reason: str) -> None:
        """延期审批: each approved extension adds one original limit."""
        self._require(Action.EXTEND_DECIDE)
        task = self._open_task(TaskKind.EXTEND)
        self._not_own_request(task)
        if not granted:
            self._need(reason, "reason", "不同意必须写明理由。")
        self._decide(task, TaskState.DONE if granted else TaskState.REFUSED, reason)
        data: dict[str, object] = {"granted": granted}
        if granted:
            clock = self._clock()
            data["due"] = self._reckon(clock, extensions=clock.extensions + 1).as_json()
        self._note(EventKind.EXTENSION_DECIDED, reason, data)

    def suspend(self, until: datetime, reason: str) -> None:
        """申请挂账 until a date within a year."""
        self._require(Action.SUSPEND)
        self._need(reason, "reason", "请写明挂账的理由。")
        if until <= self.now:
            raise Refused("until_past", "挂账的截止时间必须在以后。", "until")
        if until > self.now + timedelta(days=self.rules.policy.suspension_days):
            raise Refused("until_far", f"挂账最长 {self.rules.policy.suspension_days} 天。", "until")
        if any(task.kind is TaskKind.SUSPEND and task.state is TaskState.DONE for task in self.standing.tasks):
            raise Refused("suspended_before", "这件案件已经挂账过一次，不能再挂。")
        if self.standing.open_tasks(TaskKind.SUSPEND):
            raise Refused("already_asked", "已经申请挂账，等审批后再说。")
        self._ask(TaskKind.SUSPEND, TaskState.ASKED, reason, until=until)
        self._note(EventKind.SUSPENSION_ASKED, reason, {"until": until.isoformat()})

    def suspend_decide(self, granted: bool, reason: str) -> None:
        """挂账审批: the clock stands from now until the end that was asked for."""
        self._require(Action.SUSPEND_DECIDE)
        task = self._open_task(TaskKind.SUSPEND)
        assert task.until is not None
        self._not_own_request(task)
        if not granted:
            self._need(reason, "reason", "不同意必须写明理由。")
            self._decide(task, TaskState.REFUSED, reason)
            self._note(EventKind.SUSPENSION_REFUSED, reason)
            return
        if task.until <= self.now:
            raise Refused("until_past", "申请的截止时间已过，请让部门重新申请。")
        self._decide(task, TaskState.DONE, reason)
        self._void(TaskKind.EXTEND)
        clock = self._clock()
        due_now = self._reckon(clock, pauses=(*clock.pauses, Pause(self.now, task.until)))
        data = {"until": task.until.isoformat(), "due": due_now.as_json()}
        self._move(EventKind.SUSPENDED, Status.SUSPENDED, reason or task.reason, data)
        self.standing = replace(self.standing, suspended_until=task.until)

    def resume(self, reason: str = "") -> None:
        """恢复办理: by hand before the end, or by itself at the end; the clock runs on from here."""
        self._require(Action.RESUME)
        clock = self._clock()
        last = clock.pauses[-1]
        ends = min(self.now, last.end)
        due_now = self._reckon(clock, pauses=(*clock.pauses[:-1], Pause(last.start, ends)))
        self._move(EventKind.RESUMED, Status.ACCEPTED, reason, {"due": due_now.as_json()})
        self.standing = replace(self.standing, suspended_until=None)

    def contact(self, text: str) -> None:
        """The reporter has been spoken to (响应率)."""
        self._require(Action.CONTACT)
        self._need(text, "text", "请写明联系情况。")
        self._note(EventKind.CONTACTED, remark=Remark(text))
        self.standing = replace(self.standing, contacted_at=self.standing.contacted_at or self.now)

    def report_done(self, text: str, attachments: tuple[str, ...]) -> None:
        """处置反馈: what was done, with photos."""
        self._require(Action.REPORT_DONE)
        self._need(text, "text", "请写明处置结果。")
        by_photo = self.standing.fast_track and self.rules.policy.fast_track.verify_by_photo
        if by_photo and not attachments:
            raise Refused("photo_missing", "快速处置的案件凭照片核实，请附处置后的照片。", "attachments")
        waiting = [task for task in self.standing.open_tasks(TaskKind.ASSIST) if task.state is TaskState.GRANTED]
        self._void(TaskKind.EXTEND, TaskKind.SUSPEND)
        for task in self.standing.open_tasks(TaskKind.ASSIST):
            if task.state is TaskState.ASKED:
                self._decide(task, TaskState.VOID, "")
        data = {
            "photos": len(attachments),
            "in_time": self.standing.due_at is None or self.now <= self.standing.due_at,
            "waits_for": [task.department for task in waiting],
        }
        self._move(EventKind.REPORTED_DONE, Status.REPORTED_DONE, data=data, remark=Remark(text, attachments))
        self.standing = replace(self.standing, reported_at=self.now, worked_by=self._with_actor())

    # verification and after

    def verify(self, text: str = "") -> None:
        """核实结案: by somebody who had no hand in it, when every department has reported."""
        self._require(Action.VERIFY)
        self._not_own_work()
        if self.standing.open_tasks(TaskKind.CHECK):
            raise Refused("check_open", "巡查员还没有回复，等核查结果再结案。")
        waiting = [task.department for task in self.standing.open_tasks(TaskKind.ASSIST)]
        if waiting:
            raise Refused("assist_open", "协办部门还没有反馈，全部反馈后才能结案（派遣员可以撤销协办）。")
        self._close(EventKind.VERIFIED, Remark(text) if text else None)

    def rework(self, reason: str) -> None:
        """返工: not done properly; the old clock goes on."""
        self._require(Action.REWORK)
        self._not_own_work()
        self._need(reason, "reason", "请写明哪里没有办好。")
        reworks = self.standing.reworks + 1
        self._void(TaskKind.CHECK)
        self._move(EventKind.REWORK, Status.ACCEPTED, reason, {"reworks": reworks})
        self.standing = replace(self.standing, reworks=reworks, reported_at=None)

    def close(self, text: str) -> None:
        """直接结案: answered on the spot; ``text`` is the answer that the reporter is given."""
        self._require(Action.CLOSE)
        self._need(text, "text", "请写明给诉求人的答复。")
        self._void(TaskKind.CHECK)
        if self.standing.filed_at is None:
            self.standing = replace(self.standing, filed_at=self.now)
        self._close(EventKind.ANSWERED, Remark(text))

    def rate(self, grade: Grade, solved: bool, text: str = "") -> None:
        """The reporter's word on the outcome, by themselves or asked by an operator (回访)."""
        self._require(Action.RATE)
        settled = self.standing
        merged = settled.status is Status.MERGED
        if merged:
            if self.outcome is None or self.outcome.status is not Status.CLOSED:
                raise NotNow(Action.RATE, Status.MERGED, "并入的案件还没有结案，结案以后再评价。")
            settled = self.outcome
        if self.standing.rated_at is not None and settled.closed_at and self.standing.rated_at >= settled.closed_at:
            raise Refused("rated", "这件案件已经评价过。")
        for task in self.standing.open_tasks(TaskKind.CALL_BACK):
            self._decide(task, TaskState.DONE, "")
        unhappy = not solved or grade.label in self.rules.policy.rating_reopens
        within = self._may_reopen(settled.closed_at)
        if unhappy and within:
            reason = f"回访：{'未解决' if not solved else grade.label}"
            if merged:
                self.asks_reopening = reason
            elif not self.standing.open_tasks(TaskKind.REOPEN):
                self._ask(TaskKind.REOPEN, TaskState.ASKED, reason)
        self._note(
            EventKind.RATED, data={"grade": grade.value, "solved": solved, "asks_reopening": unhappy and within},
            remark=Remark(text) if text else None,
        )  # fmt: skip
        settled, earlier = self.standing, self.standing.earlier
        if settled.grade is not None:
            earlier = replace(
                earlier,
                dissatisfied=earlier.dissatisfied or not settled.grade.is_satisfied,
                unsolved=earlier.unsolved or settled.solved is False,
            )
        self.standing = replace(settled, grade=grade, solved=solved, rated_at=self.now, earlier=earlier)

    def let_call_back_lapse(self) -> bool:
        """回访未果: nobody was reached, days after it should have been done. Whether that has come to pass."""
        lapsed = call_backs_before(self.now, self.rules.policy)
        tasks = [task for task in self.standing.open_tasks(TaskKind.CALL_BACK) if task.until and task.until <= lapsed]
        for task in tasks:
            self._decide(task, TaskState.VOID, "回访未果")
        if tasks:
            self._note(EventKind.CALL_BACK_LAPSED, f"到期后 {self.rules.policy.callback_lapse_days} 天仍没有回访到")
        return bool(tasks)

    def hear_rating(self, joined: Standing, reason: str) -> None:
        """The reporter of a case that went on within this one is not satisfied: a supervisor is asked here."""
        if self.standing.open_tasks(TaskKind.REOPEN):
            return
        words = f"{reason}（并入的案件 {joined.number}）"
        self._ask(TaskKind.REOPEN, TaskState.ASKED, words)
        self._note(EventKind.NOTED, words, by=SYSTEM)

    def reopen(self, reason: str) -> None:
        """重办: unsolved or not satisfied, within the city's days; a new clock begins."""
        self._require(Action.REOPEN)
        self._need(reason, "reason", "请写明重办的理由。")
        if not self._may_reopen(self.standing.closed_at):
            raise Refused("reopen_late", f"结案已超过 {self.rules.policy.reopen_days} 天，不能重办；请登记为新的诉求。")
        self._reopen(reason)

    def _reopen(self, reason: str) -> None:
        standing = self.standing
        assignment = self._assignment()
        lead = standing.department or (assignment.lead.id if assignment else None)
        if lead is None:
            raise Refused("no_category", "这件案件没有分类，也没有承办部门，不能重办；请登记为新的诉求。")
        self._void(*TaskKind)
        old = standing.clock
        clock = due(old.limit, self.now, self.rules.calendar, old.rule) if old else None
        data = {"reopenings": standing.reopenings + 1, "due": clock.as_json() if clock else None, "department": lead}
        self._move(EventKind.REOPENED, Status.DISPATCHED, reason, data)
        self.standing = replace(
            self.standing,
            reopenings=standing.reopenings + 1,
            clock=clock,
            department=lead,
            responsible=lead,
            dispatched_at=self.now,
            accepted_at=None,
            reported_at=None,
            closed_at=None,
            orders=0,
            order_level=0,
            earlier=self._round_over(),
        )
        self._ask_supporting()

    def reopen_decide(self, granted: bool, reason: str) -> None:
        """What becomes of a dissatisfied reporter's case. It was asked for in time, however long the decision took."""
        self._require(Action.REOPEN_DECIDE)
        task = self._open_task(TaskKind.REOPEN)
        self._need(reason, "reason", "请写明理由。")
        self._decide(task, TaskState.DONE if granted else TaskState.REFUSED, reason)
        if granted:
            self._reopen(reason)
            return
        self._note(EventKind.REOPENING_REFUSED, reason)

    def withdraw(self, reason: str = "") -> None:
        """撤诉 by the reporter. It goes on all the same as a hazard that a department already has, and for others who
        joined it or whose cases were merged into it."""
        self._require(Action.WITHDRAW)
        standing = self.standing
        hazard = bool(standing.category) and self.rules.policy.is_hazard(standing.category or "")
        because = "hazard" if standing.status in HELD and hazard else "others" if standing.others else None
        if because:
            self._note(EventKind.WITHDRAWAL_NOTED, reason, {"kept_open": True, "because": because})
            return
        self._move(EventKind.WITHDRAWN, Status.WITHDRAWN, reason, {"department": standing.department})
        self._end()

    # at any time

    def urge(self, last_urged_at: datetime | None, reason: str = "") -> None:
        """催办; ``last_urged_at``: when the same person last did."""
        self._require(Action.URGE)
        pause = timedelta(hours=self.rules.policy.urge_hours)
        if last_urged_at is not None and self.now < last_urged_at + pause:
            raise Refused(
                "urged_lately", f"您刚催办过，承办部门已经知道；{self.rules.policy.urge_hours} 小时内不用再催。"
            )
        urges = self.standing.urges + 1
        self._note(EventKind.URGED, reason, {"urges": urges, **self._by})
        self.standing = replace(self.standing, urges=urges)
        self._supervise_repeated()

    def supplement(self, text: str, attachments: tuple[str, ...], position: tuple[float, float] | None = None) -> None:
        """补充: words, photos, a position. What one who joined the case adds is not for who reported it."""
        self._require(Action.SUPPLEMENT)
        if not text and not attachments and position is None:
            raise Refused("nothing_said", "请写明补充的内容，或附上照片。", "text")
        data = {"photos": len(attachments), **self._by}
        self._note(EventKind.SUPPLEMENTED, data=data, remark=Remark(text, attachments, position))

    def follow(self, others: int) -> None:
        """加入: one more resident wants to hear the outcome; ``others`` counts all beside the reporter."""
        self._require(Action.FOLLOW)
        self._note(EventKind.FOLLOWED, data={"followers": others})
        self.standing = replace(self.standing, others=others)
        self._supervise_repeated()

    def note(self, text: str) -> None:
        """备注 among staff."""
        self._require(Action.NOTE)
        self._need(text, "text", "请写明备注的内容。")
        self._note(EventKind.NOTED, remark=Remark(text))

    def supervise(self, level: int, reason: str) -> None:
        """督办 by hand, at any of the five levels."""
        self._require(Action.SUPERVISE)
        self._need(reason, "reason", "请写明督办的事由。")
        self._order(level, reason, automatic=False)

    def supervise_by_rule(self) -> bool:
        """督办 by itself: the first, second or third order once the case is overdue that long. Whether one was due."""
        at = next_order_at(self.standing, self.rules.policy)
        if at is None or self.now < at:
            return False
        order = self.standing.orders + 1
        self._order(self._level_of(order), f"超过办结时限，第 {order} 次督办", automatic=True)
        return True

    # what they are made of

    def _require(self, action: Action) -> None:
        if self.standing.status not in STATES[action]:
            raise NotNow(action, self.standing.status)

    @staticmethod
    def _need(value: str, field: str, detail: str) -> None:
        if not value.strip():
            raise Refused(f"{field}_missing", detail, field)

    def _known(self, department: str, field: str) -> None:
        if department not in self.rules.matrix.departments:
            raise Refused("unknown_department", "没有这个部门。", field)

    def _not_own_work(self) -> None:
        if self.actor.id in self.standing.worked_by:
            raise Refused("own_work", "办理过这件案件的人不能核实它，请换一位核查员。")
        if self.department and self.department in (self.standing.department, *self.standing.supporting):
            raise Refused("own_department", "承办部门的人不能核实本部门的案件，请换一位核查员。")

    def _not_own_request(self, task: Task) -> None:
        """Who asks does not decide (S4). What a rating asks for is the reporter's, whoever noted it."""
        if task.asked_by == self.actor.id:
            raise Refused("own_request", f"{task.kind.label}是您自己申请的，不能自己审批，请由别人审批。")

    def _clock(self) -> Due:
        if self.standing.clock is None:
            raise Refused("no_clock", "这件案件没有办结时限。")
        return self.standing.clock

    def _assignment(self) -> Assignment | None:
        standing = self.standing
        if standing.category is None or standing.category not in self.rules.taxonomy:
            return None
        today = self.now.astimezone(self.rules.calendar.timezone).date()
        return self.rules.matrix.assign(self.rules.taxonomy.get(standing.category), standing.town, today)

    def _reckon(self, clock: Due, *, extensions: int | None = None, pauses: tuple[Pause, ...] | None = None) -> Due:
        """The clock, reckoned anew with an extension or a pause more."""
        reckoned = due(
            clock.limit,
            clock.started_at,
            self.rules.calendar,
            clock.rule,
            extensions=clock.extensions if extensions is None else extensions,
            pauses=clock.pauses if pauses is None else pauses,
        )
        self.standing = replace(self.standing, clock=reckoned)
        return reckoned

    def _with_actor(self) -> tuple[str, ...]:
        worked = self.standing.worked_by
        return worked if self.actor.id in worked else (*worked, self.actor.id)

    def _hand_over(
        self,
        lead: str,
        supporting: tuple[str, ...],
        reason: str,
        *,
        basis: Basis | None,
        rule: str | None,
        automatic: bool,
    ) -> None:
        standing = self.standing
        supporting = tuple(unit for unit in dict.fromkeys(supporting) if unit != lead)
        data = {
            "department": lead,
            "supporting": list(supporting),
            "basis": basis.value if basis else None,
            "responsibility_rule": rule,
            "automatic": automatic,
            "fast_track": standing.fast_track,
        }
        self._move(EventKind.DISPATCHED, Status.DISPATCHED, reason, data, by=SYSTEM if automatic else None)
        self.standing = replace(
            self.standing,
            department=lead,
            supporting=supporting,
            basis=basis.value if basis else None,
            rule=rule,
            responsible=standing.responsible or lead,
            dispatched_at=self.now,
            accepted_at=None,
        )
        self._void(TaskKind.ASSIST)
        self._ask_supporting()

    def _ask_supporting(self) -> None:
        for unit in self.standing.supporting:
            self._ask(TaskKind.ASSIST, TaskState.GRANTED, "职责表规定协办", department=unit)

    def _close(self, kind: EventKind, remark: Remark | None) -> None:
        in_time = self.standing.due_at is None or (self.standing.reported_at or self.now) <= self.standing.due_at
        self._void(TaskKind.EXTEND, TaskKind.SUSPEND)
        self._move(kind, Status.CLOSED, data={"in_time": in_time}, remark=remark)
        self.standing = replace(self.standing, closed_at=self.now)
        until = self.now + timedelta(days=self.rules.policy.callback_days)
        self._ask(TaskKind.CALL_BACK, TaskState.GRANTED, "结案回访", until=until)

    def _round_over(self) -> Earlier:
        """What a closed case keeps when it is brought back: the new clock makes nothing of it undone."""
        standing, earlier = self.standing, self.standing.earlier
        done_at = standing.reported_at or standing.closed_at
        late = standing.due_at is not None and done_at is not None and done_at > standing.due_at
        return replace(
            earlier,
            late=earlier.late or late,
            extensions=standing.extensions,
            orders=earlier.orders + standing.orders,
            reported=earlier.reported or standing.reported_at is not None,
        )

    def _end(self) -> None:
        self._void(*TaskKind)
        self.standing = replace(self.standing, closed_at=None, suspended_until=None)

    def _supervise_repeated(self) -> None:
        """Many reports and urges of one matter bring the first order, overdue or not.

        Whoever joined or was merged has reported it, and so has the reporter of each closed case that this one repeats.
        """
        reports = 1 + self.standing.others + self.standing.urges + self.standing.repeats
        if self.standing.orders == 0 and self.rules.policy.supervision.orders_due(None, reports):
            self._order(self._level_of(1), f"同一问题已有 {reports} 次反映和催办", automatic=True)

    def _level_of(self, order: int) -> int:
        return max(self.standing.order_level, self.rules.policy.supervision.level_of_order(order).level)

    def _may_reopen(self, closed: datetime | None) -> bool:
        return closed is not None and self.now <= closed + timedelta(days=self.rules.policy.reopen_days)

    def _order(self, level: int, reason: str, *, automatic: bool) -> None:
        if not 1 <= level <= 5:
            raise Refused("no_such_level", "督办分五级，请填 1 到 5。", "level")
        order = self.standing.orders + 1
        addressed = self.rules.policy.supervision.level(level)
        data = {
            "order": order,
            "level": level,
            "name": addressed.name,
            "addressee": addressed.addressee,
            # a department that the case never reached is not the one that is late
            "department": self.standing.responsible,
            "automatic": automatic,
        }
        self._note(EventKind.SUPERVISED, reason, data=data, by=SYSTEM if automatic else None)
        self.standing = replace(self.standing, orders=order, order_level=max(level, self.standing.order_level))

    def _move(
        self,
        kind: EventKind,
        to: Status,
        reason: str = "",
        data: Mapping[str, object] | None = None,
        *,
        remark: Remark | None = None,
        by: Actor | None = None,
    ) -> None:
        self._record(
            Event(kind, self.now, by or self.actor, self.standing.status, to, reason, dict(data or {})), remark
        )
        self.standing = replace(self.standing, status=to)

    def _note(
        self,
        kind: EventKind,
        reason: str = "",
        data: Mapping[str, object] | None = None,
        *,
        remark: Remark | None = None,
        by: Actor | None = None,
    ) -> None:
        self._record(Event(kind, self.now, by or self.actor, None, None, reason, dict(data or {})), remark)

    def _record(self, event: Event, remark: Remark | None) -> None:
        if remark is not None:
            self.remarks[len(self.events)] = remark
        self.events.append(event)

    def _ask(
        self,
        kind: TaskKind,
        state: TaskState,
        reason: str,
        *,
        department: str | None = None,
        until: datetime | None = None,
    ) -> None:
        task = Task(kind, state, self.actor.id, self.now, reason, department, until)
        self.standing = replace(self.standing, tasks=(*self.standing.tasks, task))

    def _open_task(self, kind: TaskKind, task_id: int | None = None) -> Task:
        for task in self.standing.open_tasks(kind):
            if task_id is None or task.id == task_id:
                return task
        raise Refused("nothing_asked", f"没有等待处理的{kind.label}申请。")

    def _answer(self, kind: TaskKind, otherwise: str) -> None:
        tasks = self.standing.open_tasks(kind)
        if not tasks:
            raise Refused("nothing_asked", otherwise)
        for task in tasks:
            self._decide(task, TaskState.DONE, "")

    def _decide(self, task: Task, state: TaskState, answer: str) -> None:
        decided = replace(task, state=state, decided_by=self.actor.id, decided_at=self.now, answer=answer)
        self.standing = replace(
            self.standing, tasks=tuple(decided if each is task else each for each in self.standing.tasks)
        )

    def _void(self, *kinds: TaskKind) -> None:
        for kind in kinds:
            for task in self.standing.open_tasks(kind):
                self._decide(task, TaskState.VOID, "")


def call_backs_before(now: datetime, policy: Policy) -> datetime:
    """Call-backs that should have been done by then have lapsed."""
    return now - timedelta(days=policy.callback_lapse_days)


def next_order_at(standing: Standing, policy: Policy) -> datetime | None:
    """When the next automatic supervision order falls due; None for what is over, done, suspended or has had all."""
    supervision = policy.supervision
    hours = (supervision.first_hours, supervision.second_hours, supervision.third_hours)
    if standing.due_at is None or standing.status not in OPEN or standing.status is Status.SUSPENDED:
        return None
    if standing.status is Status.REPORTED_DONE or standing.orders >= len(hours):
        return None
    return standing.due_at + timedelta(hours=hours[standing.orders])


def _allows(policy: Policy, action: Action, status: Status) -> bool:
    """Whether the city leaves an action possible in a state in which it can be."""
    return action is not Action.MERGE or status is not Status.DISPATCHED or policy.merge_dispatched


def possible(standing: Standing, doer: Doer, policy: Policy) -> list[Action]:
    """What ``doer`` can do with a case now, as far as state and role say; the rules may still refuse."""
    offered = []
    for action in Action:
        if standing.status not in STATES[action] or not may(action, doer, standing.department, standing.supporting):
            continue
        if not _allows(policy, action, standing.status):
            continue
        kind = _ANSWERS.get(action)
        if kind is not None and not standing.open_tasks(kind):
            continue
        if action in (Action.VERIFY, Action.REWORK) and doer.actor.id in standing.worked_by:
            continue
        offered.append(action)
    return offered


_ANSWERS = {
    Action.CHECK_REPORT: TaskKind.CHECK,
    Action.ASSIST_DECIDE: TaskKind.ASSIST,
    Action.ASSIST_REPORT: TaskKind.ASSIST,
    Action.EXTEND_DECIDE: TaskKind.EXTEND,
    Action.SUSPEND_DECIDE: TaskKind.SUSPEND,
    Action.REOPEN_DECIDE: TaskKind.REOPEN,
}
"""Actions that answer a task, and of which kind."""
