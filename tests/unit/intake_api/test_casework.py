"""The life of a case, by its rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from intake_api.domain.access import Role
from intake_api.domain.action import Action, Doer
from intake_api.domain.calendar import WorkCalendar
from intake_api.domain.case import OPEN, Status
from intake_api.domain.casework import STATES, Casework, NotNow, Refused, Rules, next_order_at, possible
from intake_api.domain.city import City
from intake_api.domain.clock import Due, due
from intake_api.domain.event import SYSTEM, Actor, ActorKind
from intake_api.domain.policy import FastTrack, Policy
from intake_api.domain.standing import Grade, Standing
from intake_api.domain.task import Task, TaskKind, TaskState
from intake_api.domain.taxonomy import Limit, Taxonomy, Unit

NOW = datetime(2026, 9, 22, 2, tzinfo=UTC)  # Tuesday, ten in the morning
HANDLER = Actor(ActorKind.STAFF, "7", "王师傅")
VERIFIER = Actor(ActorKind.STAFF, "8", "李核查")
DISPATCHER = Actor(ActorKind.STAFF, "9", "赵派遣")
PHOTO = ("a" * 32,)


@pytest.fixture
def rules(city: City, taxonomy: Taxonomy) -> Rules:
    return Rules(Policy(), city.calendar, city.matrix, taxonomy)


def clock_of(calendar: WorkCalendar, hours: int = 12) -> Due:
    return due(Limit(hours, Unit.CALENDAR_HOUR), NOW, calendar, "taxonomy:1101")


def standing(rules: Rules, status: Status, **changes: object) -> Standing:
    """Garbage in 禾东镇, led by hedong and supported by greening, in ``status``."""
    base = Standing(
        id=1,
        status=status,
        received_at=NOW,
        category="1101",
        town="990101101",
        department="hedong",
        supporting=(),
        responsible="hedong",
        clock=clock_of(rules.calendar),
        filed_at=NOW,
        dispatched_at=NOW,
        closed_at=NOW if status is Status.CLOSED else None,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def at(rules: Rules, case: Standing, actor: Actor = HANDLER, **later: float) -> Casework:
    return Casework(case, rules, actor, NOW + timedelta(**later))


DO: dict[Action, Callable[[Casework], object]] = {
    Action.FILE: lambda work: work.file(),
    Action.REJECT: lambda work: work.reject("不归城市管理", "请拨打 12333"),
    Action.CHECK: lambda work: work.check("看看是否属实"),
    Action.CHECK_REPORT: lambda work: work.check_report("属实", PHOTO, True),
    Action.MERGE: lambda work: work.merge_into(replace(work.standing, id=2, status=Status.FILED), "同一件事"),
    Action.DISPATCH: lambda work: work.dispatch("hedong", "按职责"),
    Action.ACCEPT: lambda work: work.accept(),
    Action.RETURN: lambda work: work.send_back("不在辖区"),
    Action.ADJUDICATE: lambda work: work.adjudicate("greening", (), "按会议纪要", remember=True),
    Action.ASSIST: lambda work: work.assist("greening", "需要吊车"),
    Action.ASSIST_DECIDE: lambda work: work.assist_decide(5, True, ""),
    Action.ASSIST_REPORT: lambda work: work.assist_report("greening", "已协助", ()),
    Action.EXTEND: lambda work: work.extend("连日下雨"),
    Action.EXTEND_DECIDE: lambda work: work.extend_decide(True, ""),
    Action.SUSPEND: lambda work: work.suspend(NOW + timedelta(days=30), "等待配件"),
    Action.SUSPEND_DECIDE: lambda work: work.suspend_decide(True, ""),
    Action.RESUME: lambda work: work.resume("配件到了"),
    Action.CONTACT: lambda work: work.contact("已电话联系"),
    Action.REPORT_DONE: lambda work: work.report_done("清理完毕", PHOTO),
    Action.VERIFY: lambda work: work.verify(),
    Action.REWORK: lambda work: work.rework("还有残留"),
    Action.CLOSE: lambda work: work.close("答复如下"),
    Action.REOPEN: lambda work: work.reopen("没有解决"),
    Action.REOPEN_DECIDE: lambda work: work.reopen_decide(False, "现场已看过"),
    Action.WITHDRAW: lambda work: work.withdraw(),
    Action.URGE: lambda work: work.urge(None),
    Action.SUPPLEMENT: lambda work: work.supplement("又多了一堆", ()),
    Action.FOLLOW: lambda work: work.follow(1),
    Action.RATE: lambda work: work.rate(Grade.SATISFIED, True),
    Action.NOTE: lambda work: work.note("记一笔"),
    Action.SUPERVISE: lambda work: work.supervise(2, "领导批示"),
}

AFTER = {
    Action.FILE: Status.FILED,
    Action.REJECT: Status.REJECTED,
    Action.MERGE: Status.MERGED,
    Action.DISPATCH: Status.DISPATCHED,
    Action.ACCEPT: Status.ACCEPTED,
    Action.RETURN: Status.RETURNED,
    Action.ADJUDICATE: Status.DISPATCHED,
    Action.SUSPEND_DECIDE: Status.SUSPENDED,
    Action.RESUME: Status.ACCEPTED,
    Action.REPORT_DONE: Status.REPORTED_DONE,
    Action.VERIFY: Status.CLOSED,
    Action.REWORK: Status.ACCEPTED,
    Action.CLOSE: Status.CLOSED,
    Action.REOPEN: Status.DISPATCHED,
    Action.WITHDRAW: Status.WITHDRAWN,
}
"""Where an action leads; those that are not named leave the state as it is."""

ASKED: dict[Action, Task] = {
    Action.CHECK_REPORT: Task(TaskKind.CHECK, TaskState.GRANTED, "3", NOW, id=5),
    Action.ASSIST_DECIDE: Task(TaskKind.ASSIST, TaskState.ASKED, "6", NOW, department="greening", id=5),
    Action.ASSIST_REPORT: Task(TaskKind.ASSIST, TaskState.GRANTED, "7", NOW, department="greening", id=5),
    Action.EXTEND_DECIDE: Task(TaskKind.EXTEND, TaskState.ASKED, "6", NOW, id=5),
    Action.SUSPEND_DECIDE: Task(TaskKind.SUSPEND, TaskState.ASKED, "6", NOW, until=NOW + timedelta(days=30), id=5),
    Action.REOPEN_DECIDE: Task(TaskKind.REOPEN, TaskState.ASKED, "1", NOW, id=5),
}
"""What has to have been asked before."""


def ready(rules: Rules, action: Action, status: Status) -> Casework:
    case = standing(rules, status, tasks=(ASKED[action],) if action in ASKED else ())
    if status is Status.SUSPENDED:
        asked = replace(case, status=Status.ACCEPTED, tasks=(ASKED[Action.SUSPEND_DECIDE],))
        work = at(rules, asked)
        work.suspend_decide(True, "")
        case = replace(work.standing, tasks=case.tasks)
    work = at(rules, case, VERIFIER if action in (Action.VERIFY, Action.REWORK, Action.CHECK_REPORT) else HANDLER)
    if status is Status.MERGED:
        work.outcome = standing(rules, Status.CLOSED, id=2)
    return work


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("action", list(Action))
def test_an_action_is_possible_in_its_states_and_leads_where_it_should(
    rules: Rules, action: Action, status: Status
) -> None:
    work = ready(rules, action, status)
    if status not in STATES[action]:
        with pytest.raises(NotNow) as refusal:
            DO[action](work)
        assert status.label in refusal.value.detail and action.label in refusal.value.detail
        assert work.events == [] and work.standing.status is status
        return
    DO[action](work)
    assert work.standing.status is AFTER.get(action, status)
    assert work.events, "every action is told in an event"
    moved = [event for event in work.events if event.to_status]
    assert [event.to_status for event in moved] == ([AFTER[action]] if action in AFTER else [])
    assert all(event.from_status == status for event in moved)


REASONS: dict[Action, Callable[[Casework], object]] = {
    Action.REJECT: lambda work: work.reject(" ", "请拨打 12333"),
    Action.RETURN: lambda work: work.send_back(""),
    Action.ADJUDICATE: lambda work: work.adjudicate("greening", (), "", remember=True),
    Action.ASSIST: lambda work: work.assist("greening", ""),
    Action.ASSIST_DECIDE: lambda work: work.assist_decide(5, False, ""),
    Action.EXTEND: lambda work: work.extend(""),
    Action.EXTEND_DECIDE: lambda work: work.extend_decide(False, ""),
    Action.SUSPEND: lambda work: work.suspend(NOW + timedelta(days=3), "\t"),
    Action.SUSPEND_DECIDE: lambda work: work.suspend_decide(False, ""),
    Action.REWORK: lambda work: work.rework(""),
    Action.REOPEN: lambda work: work.reopen(""),
    Action.REOPEN_DECIDE: lambda work: work.reopen_decide(True, ""),
    Action.SUPERVISE: lambda work: work.supervise(1, ""),
}


@pytest.mark.parametrize("action", list(REASONS))
def test_returns_refusals_and_overrides_need_a_reason(rules: Rules, action: Action) -> None:
    work = ready(rules, action, min(STATES[action], key=list(Status).index))
    with pytest.raises(Refused) as refusal:
        REASONS[action](work)
    assert (refusal.value.code, refusal.value.field) == ("reason_missing", "reason")
    assert work.events == []


# responsibility


def test_a_returned_case_keeps_its_first_department_responsible_until_another_accepts(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.DISPATCHED))
    work.send_back("不在辖区")
    assert (work.standing.responsible, work.standing.returns) == ("hedong", 1)
    work = at(rules, work.standing, DISPATCHER)
    work.dispatch("greening", "部门间已协商")
    assert (work.standing.department, work.standing.responsible) == ("greening", "hedong")
    work = at(rules, work.standing)
    work.accept()
    assert work.standing.responsible == "greening"


def test_a_returned_case_has_to_be_sent_somewhere_in_particular(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.RETURNED), DISPATCHER)
    with pytest.raises(Refused, match="写明派给哪个部门"):
        work.dispatch()


def test_a_return_clears_nothing_that_was_filled_in(rules: Rules) -> None:
    before = standing(rules, Status.ACCEPTED, worked_by=("7",), accepted_at=NOW, contacted_at=NOW)
    work = at(rules, before)
    work.send_back("不在辖区")
    assert replace(work.standing, status=before.status, returns=0) == before


def test_a_dispatch_follows_the_matrix_and_another_department_needs_a_reason(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.FILED, responsible=None), DISPATCHER)
    work.dispatch()
    assert (work.standing.department, work.standing.supporting) == ("hedong", ("greening",))
    assert work.standing.rule == "1101 × 990101101"
    assert [task.department for task in work.standing.open_tasks(TaskKind.ASSIST)] == ["greening"]
    work = at(rules, standing(rules, Status.FILED), DISPATCHER)
    with pytest.raises(Refused, match="职责表以外"):
        work.dispatch("lamps")
    work.dispatch("lamps", "现场是灯杆下的垃圾箱")
    assert (work.standing.department, work.standing.rule) == ("lamps", None)


def test_a_ruling_is_marked_and_remembered_only_if_wanted(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.RETURNED), DISPATCHER)
    work.adjudicate("greening", ("hedong",), "按会议纪要", remember=True)
    assert (work.standing.basis, work.standing.department) == ("指定", "greening")
    assert work.ruling is not None
    assert (work.ruling.category, work.ruling.town, work.ruling.lead) == ("1101", "990101101", "greening")
    work = at(rules, standing(rules, Status.RETURNED), DISPATCHER)
    work.adjudicate("greening", (), "仅此一次", remember=False)
    assert work.ruling is None


def test_a_ruling_without_a_town_is_remembered_for_the_whole_district_only_if_asked(rules: Rules) -> None:
    nowhere = standing(rules, Status.RETURNED, town=None)
    work = at(rules, nowhere, DISPATCHER)
    work.adjudicate("greening", (), "按会议纪要", remember=True)
    assert (work.ruling, work.standing.department) == (None, "greening")
    assert work.events[0].data["remembered"] is False
    for case in (nowhere, standing(rules, Status.RETURNED)):
        work = at(rules, case, DISPATCHER)
        work.adjudicate("greening", (), "按会议纪要", remember=True, whole_district=True)
        assert work.ruling is not None and work.ruling.town is None


def test_a_returned_case_goes_past_the_matrix_with_a_reason_only(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.RETURNED), DISPATCHER)
    with pytest.raises(Refused, match="职责表以外"):
        work.dispatch("greening", "")
    work.dispatch("hedong", "")
    assert work.standing.status is Status.DISPATCHED


def test_unknown_departments_are_refused(rules: Rules) -> None:
    for do in (
        lambda: at(rules, standing(rules, Status.FILED)).dispatch("nobody", "x"),
        lambda: at(rules, standing(rules, Status.FILED)).dispatch("hedong", "x", ("greening", "nobody")),
        lambda: at(rules, standing(rules, Status.RETURNED)).adjudicate("nobody", (), "x", remember=True),
        lambda: at(rules, standing(rules, Status.ACCEPTED)).assist("nobody", "x"),
    ):
        with pytest.raises(Refused, match="没有这个部门"):
            do()


# extension and suspension


def test_each_approved_extension_adds_one_original_limit_and_refusals_do_not_count(rules: Rules) -> None:
    case = standing(rules, Status.ACCEPTED)
    for granted in (True, False, True):
        work = at(rules, case, hours=1)
        work.extend("连日下雨")
        work = at(rules, work.standing, DISPATCHER, hours=1)
        work.extend_decide(granted, "看过了")
        case = work.standing
    assert case.clock is not None
    assert (case.clock.extensions, case.due_at) == (2, NOW + timedelta(hours=36))
    with pytest.raises(Refused, match="已经延期 2 次"):
        at(rules, case, hours=1).extend("还要")


def test_an_extension_is_asked_before_overdue_and_once_at_a_time(rules: Rules) -> None:
    with pytest.raises(Refused, match="已经超时"):
        at(rules, standing(rules, Status.ACCEPTED), hours=13).extend("晚了")
    work = at(rules, standing(rules, Status.ACCEPTED))
    work.extend("连日下雨")
    with pytest.raises(Refused, match="等审批"):
        work.extend("再申请一次")


@pytest.mark.parametrize("granted", [True, False])
@pytest.mark.parametrize("action", [Action.ASSIST_DECIDE, Action.EXTEND_DECIDE, Action.SUSPEND_DECIDE])
def test_nobody_decides_on_their_own_request(rules: Rules, action: Action, granted: bool) -> None:
    decide: dict[Action, Callable[[Casework], object]] = {
        Action.ASSIST_DECIDE: lambda work: work.assist_decide(5, granted, "看过了"),
        Action.EXTEND_DECIDE: lambda work: work.extend_decide(granted, "看过了"),
        Action.SUSPEND_DECIDE: lambda work: work.suspend_decide(granted, "看过了"),
    }
    own = replace(ASKED[action], asked_by=HANDLER.id)
    with pytest.raises(Refused, match="不能自己审批") as refusal:
        decide[action](at(rules, standing(rules, Status.ACCEPTED, tasks=(own,))))
    assert refusal.value.code == "own_request"
    decide[action](at(rules, standing(rules, Status.ACCEPTED, tasks=(own,)), DISPATCHER))


def test_a_suspension_stops_the_clock_and_runs_on_when_it_ends(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.ACCEPTED), hours=2)
    work.suspend(NOW + timedelta(days=10, hours=2), "等待配件")
    work = at(rules, work.standing, DISPATCHER, hours=2)
    work.suspend_decide(True, "")
    assert work.standing.due_at == NOW + timedelta(days=10, hours=12)
    assert next_order_at(work.standing, rules.policy) is None, "no order while the clock stands"
    early = at(rules, work.standing, days=3, hours=2)
    early.resume("配件到了")
    assert early.standing.due_at == NOW + timedelta(days=3, hours=12)
    late = at(rules, work.standing, SYSTEM, days=11)
    late.resume()
    assert late.standing.due_at == NOW + timedelta(days=10, hours=12), "it ended when it was to end"


@pytest.mark.parametrize(
    ("until", "words"),
    [(timedelta(), "必须在以后"), (timedelta(days=366), "最长 365 天"), (timedelta(days=-1), "以后")],
)
def test_a_suspension_has_an_end_within_a_year(rules: Rules, until: timedelta, words: str) -> None:
    with pytest.raises(Refused, match=words):
        at(rules, standing(rules, Status.ACCEPTED)).suspend(NOW + until, "等待配件")


def test_a_case_is_suspended_once(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.ACCEPTED))
    work.suspend(NOW + timedelta(days=2), "等待配件")
    work = at(rules, work.standing, DISPATCHER)
    work.suspend_decide(True, "")
    work = at(rules, work.standing)
    work.resume()
    with pytest.raises(Refused, match="已经挂账过"):
        work.suspend(NOW + timedelta(days=4), "又要等")


# joint handling and verification


def test_a_case_closes_when_all_departments_have_reported(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.FILED, responsible=None), DISPATCHER)
    work.dispatch()
    work = at(rules, work.standing)
    work.accept()
    work.report_done("清理完毕", PHOTO)
    verifier = at(rules, work.standing, VERIFIER)
    with pytest.raises(Refused, match="协办部门还没有反馈"):
        verifier.verify()
    helper = at(rules, work.standing, Actor(ActorKind.STAFF, "11", "园林"))
    helper.assist_report("greening", "修剪了树枝", ())
    verifier = at(rules, helper.standing, VERIFIER)
    verifier.verify()
    assert verifier.standing.status is Status.CLOSED


def test_a_dispatcher_can_release_a_department_from_helping(rules: Rules) -> None:
    task = replace(ASKED[Action.ASSIST_REPORT], id=5)
    work = at(rules, standing(rules, Status.REPORTED_DONE, supporting=("greening",), tasks=(task,)), DISPATCHER)
    work.assist_decide(5, False, "现场不需要")
    assert work.standing.supporting == ()
    verifier = at(rules, work.standing, VERIFIER)
    verifier.verify()


def test_nobody_verifies_their_own_work(rules: Rules) -> None:
    case = standing(rules, Status.REPORTED_DONE, worked_by=(VERIFIER.id,))
    for do in (Casework.verify, lambda work: work.rework("没办好")):
        with pytest.raises(Refused, match="换一位核查员"):
            do(at(rules, case, VERIFIER))
    own = Casework(standing(rules, Status.REPORTED_DONE), rules, VERIFIER, NOW, department="hedong")
    with pytest.raises(Refused, match="本部门"):
        own.verify()


def test_while_an_inspector_looks_nobody_closes(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.REPORTED_DONE), VERIFIER)
    work.check("去现场看看")
    with pytest.raises(Refused, match="巡查员还没有回复"):
        work.verify()
    inspector = at(rules, work.standing, Actor(ActorKind.STAFF, "12", "孙巡查"))
    inspector.check_report("干净了", PHOTO, True)
    verifier = at(rules, inspector.standing, VERIFIER)
    verifier.verify()


def test_rework_lets_the_old_clock_go_on(rules: Rules) -> None:
    case = standing(rules, Status.REPORTED_DONE)
    work = at(rules, case, VERIFIER, hours=20)
    work.rework("还有残留")
    assert (work.standing.clock, work.standing.reworks) == (case.clock, 1)


def test_the_fast_track_is_verified_by_photo(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.ACCEPTED, fast_track=True))
    with pytest.raises(Refused, match="请附处置后的照片"):
        work.report_done("清理完毕", ())
    work.report_done("清理完毕", PHOTO)


def test_where_the_city_wants_no_photo_the_fast_track_needs_none(rules: Rules) -> None:
    lenient = replace(rules, policy=Policy(fast_track=FastTrack(("1101",), verify_by_photo=False)))
    work = at(lenient, standing(rules, Status.ACCEPTED, fast_track=True))
    work.report_done("清理完毕", ())
    assert work.standing.status is Status.REPORTED_DONE


# after closing


def test_a_closed_case_is_called_back_within_days_and_a_rating_does_that(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.REPORTED_DONE), VERIFIER)
    work.verify()
    [task] = work.standing.open_tasks(TaskKind.CALL_BACK)
    assert task.until == NOW + timedelta(days=3)
    work = at(rules, work.standing, hours=1)
    work.rate(Grade.VERY_SATISFIED, True)
    assert not work.standing.open_tasks(TaskKind.CALL_BACK)
    with pytest.raises(Refused, match="已经评价过"):
        work.rate(Grade.DISSATISFIED, False)


@pytest.mark.parametrize(
    ("grade", "solved", "asks"),
    [(Grade.SATISFIED, True, False), (Grade.FAIRLY_SATISFIED, True, False), (Grade.DISSATISFIED, True, True),
     (Grade.VERY_SATISFIED, False, True)],
)  # fmt: skip
def test_unsolved_or_dissatisfied_asks_for_reopening(rules: Rules, grade: Grade, solved: bool, asks: bool) -> None:
    call_back = Task(TaskKind.CALL_BACK, TaskState.GRANTED, "8", NOW, id=5)
    work = at(rules, standing(rules, Status.CLOSED, tasks=(call_back,)), hours=1)
    work.rate(grade, solved)
    assert bool(work.standing.open_tasks(TaskKind.REOPEN)) is asks


def test_a_case_reopens_with_a_new_clock_within_the_citys_days(rules: Rules) -> None:
    case = standing(rules, Status.CLOSED, orders=3, order_level=3)
    work = at(rules, case, days=15)
    work.reopen("没有解决")
    assert work.standing.due_at == NOW + timedelta(days=15, hours=12)
    assert (work.standing.reopenings, work.standing.orders, work.standing.closed_at) == (1, 0, None)
    with pytest.raises(Refused, match="超过 15 天"):
        at(rules, case, days=15, seconds=1).reopen("没有解决")


def test_a_reopening_that_was_asked_in_time_may_be_granted_later(rules: Rules) -> None:
    rated = at(rules, standing(rules, Status.CLOSED), days=14)
    rated.rate(Grade.DISSATISFIED, False)
    work = at(rules, rated.standing, DISPATCHER, days=16)
    work.reopen_decide(True, "照片显示没有清完")
    assert (work.standing.status, work.standing.reopenings) == (Status.DISPATCHED, 1)


def test_reopening_gives_no_extension_back(rules: Rules) -> None:
    case = standing(rules, Status.ACCEPTED)
    for _ in range(2):
        work = at(rules, case)
        work.extend("连日下雨")
        decided = at(rules, work.standing, DISPATCHER)
        decided.extend_decide(True, "")
        case = decided.standing
    done = replace(case, status=Status.CLOSED, closed_at=NOW)
    work = at(rules, done)
    work.reopen("没有解决")
    work.accept()
    with pytest.raises(Refused, match="已经延期 2 次"):
        work.extend("又下雨了")


def test_a_hazard_in_hand_is_seen_to_though_the_reporter_withdraws(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.DISPATCHED, category="0103"))
    work.withdraw()
    assert work.standing.status is Status.DISPATCHED
    assert work.events[-1].data["kept_open"] is True
    work = at(rules, standing(rules, Status.FILED, category="0103"))
    work.withdraw()
    assert work.standing.status is Status.WITHDRAWN


# urging and supervision


def test_one_person_urges_so_often_and_no_oftener(rules: Rules) -> None:
    case = standing(rules, Status.ACCEPTED)
    with pytest.raises(Refused, match="4 小时内"):
        at(rules, case, hours=3.9).urge(NOW)
    work = at(rules, case, hours=4)
    work.urge(NOW)
    assert work.standing.urges == 1


def test_overdue_brings_the_first_second_and_third_order_with_rising_addressees(rules: Rules) -> None:
    case = standing(rules, Status.ACCEPTED)
    issued = []
    for hour in range(0, 12 + 24 * 5):
        work = at(rules, case, SYSTEM, hours=hour)
        if work.supervise_by_rule():
            issued.append((hour, work.events[0].data["order"], work.events[0].data["addressee"]))
        case = work.standing
    assert issued == [(12, 1, "经办科室"), (36, 2, "部门负责人"), (60, 3, "分管领导")]
    assert next_order_at(case, rules.policy) is None


def test_many_reports_of_one_case_bring_an_order_before_it_is_overdue(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.ACCEPTED))
    work.follow(3)
    assert work.standing.orders == 0
    work.follow(4)
    assert work.standing.orders == 1
    assert work.events[-1].actor == SYSTEM


def test_merged_reports_followers_and_earlier_cases_count_as_reports_of_the_same(rules: Rules) -> None:
    case = standing(rules, Status.ACCEPTED, others=2, repeats=1)
    urged, merged = at(rules, case), at(rules, replace(case, others=3))
    urged.urge(None)
    merged.take_in(standing(rules, Status.MERGED, id=2), "同一件事")
    assert (urged.standing.orders, merged.standing.orders) == (1, 1)
    few = at(rules, replace(case, others=1))
    few.urge(None)
    assert few.standing.orders == 0


@pytest.mark.parametrize("level", [0, 6])
def test_supervision_has_five_levels(rules: Rules, level: int) -> None:
    with pytest.raises(Refused, match="督办分五级"):
        at(rules, standing(rules, Status.ACCEPTED)).supervise(level, "事由")


# merging


def test_a_case_merges_into_an_open_one_only_and_not_into_itself(rules: Rules) -> None:
    work = at(rules, standing(rules, Status.RECEIVED))
    with pytest.raises(Refused, match="不能并入自己"):
        work.merge_into(work.standing, "")
    for status in set(Status) - OPEN:
        with pytest.raises(Refused, match="请选仍在办理的案件"):
            work.merge_into(standing(rules, status, id=2), "")
    work.merge_into(standing(rules, Status.ACCEPTED, id=2), "同一件事")
    assert work.standing.merged_into == 2


def test_a_city_may_leave_dispatched_cases_unmerged(rules: Rules) -> None:
    strict = replace(rules, policy=Policy(merge_dispatched=False))
    case, target = standing(rules, Status.DISPATCHED), standing(rules, Status.ACCEPTED, id=2)
    dispatcher = Doer(DISPATCHER, frozenset({Role.DISPATCHER}))
    with pytest.raises(NotNow, match="派遣以后不再并案"):
        at(strict, case, DISPATCHER).merge_into(target, "同一件事")
    assert Action.MERGE not in possible(case, dispatcher, strict.policy)
    assert Action.MERGE in possible(case, dispatcher, rules.policy)
    work = at(rules, case, DISPATCHER)
    work.merge_into(target, "同一件事")
    assert work.standing.status is Status.MERGED
