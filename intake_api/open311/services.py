"""What can be reported by Open311, and what may be told with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from intake_api.domain.taxonomy import Category, Taxonomy
from intake_api.open311.errors import Refused, missing
from intake_api.open311.formats import Content
from intake_api.open311.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Attribute:
    """A question of a service. ``values``: key and name of each choice of a list. ``code`` is the parameter's name."""

    code: str
    datatype: str
    description: str
    hint: str = ""
    values: tuple[tuple[str, str], ...] = ()
    required: bool = False


POLE = Attribute("POLE_NO", "string", "杆身上的编号", "路灯杆、信号灯杆、标志杆上贴的号码，有它就不用再说位置")
OCCURRED = Attribute("OCCURRED_AT", "datetime", "什么时候发生的", "带时区的时间，如 2026-11-25T22:30:00+08:00")
CONDITION = Attribute(
    "CONDITION", "singlevaluelist", "现在是什么情况", "选最接近的一项",
    (("missing", "缺失"), ("broken", "破损"), ("loose", "松动、响声"), ("sunken", "下沉或凸起"), ("other", "其他")),
)  # fmt: skip
DANGER = Attribute(
    "DANGER", "multivaluelist", "现场有没有危险", "可选多项",
    (("injured", "有人受伤"), ("blocked", "道路受阻"), ("electric", "可能漏电"), ("falling", "可能坠落或倒塌")),
)  # fmt: skip

_ASKED: tuple[tuple[Attribute, frozenset[str]], ...] = (
    (POLE, frozenset({"0114", "0115", "0116", "0117", "0201", "0202", "0206"})),
    (CONDITION, frozenset({f"01{number:02d}" for number in range(1, 11)} | {"0203", "0210", "0303"})),
    (OCCURRED, frozenset({"1109", "1110", "1116", "1119", "1301", "1303", "1507", "1508", "1509"})),
    (DANGER, frozenset({"0113", "0117", "0401", "1108", "1205", "1307", *(str(code) for code in range(1401, 1411))})),
)
"""Which question goes with which categories. None is required: nobody is kept from reporting by a form."""


def attributes(category: Category) -> tuple[Attribute, ...]:
    """The questions of a category."""
    return tuple(attribute for attribute, codes in _ASKED if category.code in codes)


def is_offered(category: Category) -> bool:
    """Components and events. Referrals (labour, schools, police, …) are about persons and their papers: they belong
    into a talk with the hotline, which asks back, and are never public."""
    return category.kind != "referral"


def offered(taxonomy: Taxonomy, code: str) -> Category:
    """The category with ``code``. Raises Refused 400, 404."""
    if not code:
        raise missing("service_code", "请从服务目录里选一项")
    if code not in taxonomy or not is_offered(taxonomy.get(code)):
        raise Refused(404, f"参数 service_code 不对：服务目录里没有 {code[:20]}。转办事项请拨热线或在对话页反映。")
    return taxonomy.get(code)


def service(category: Category) -> Content:
    """A service in the list."""
    words = "、".join(category.words)
    return {
        "service_code": category.code,
        "service_name": category.name,
        "description": f"{words}。办理时限 {category.limit.words}。" if words else f"办理时限 {category.limit.words}。",
        "metadata": bool(attributes(category)),
        "type": "realtime",
        "keywords": ",".join(category.words),
        "group": category.division,
    }


def definition(category: Category) -> Content:
    """The questions of a service."""
    return {
        "service_code": category.code,
        "attributes": [
            {
                "variable": True,
                "code": attribute.code,
                "datatype": attribute.datatype,
                "required": attribute.required,
                "datatype_description": attribute.hint,
                "order": order,
                "description": attribute.description,
                "values": [{"key": key, "name": name} for key, name in attribute.values],
            }
            for order, attribute in enumerate(attributes(category), 1)
        ],
    }


@dataclass(frozen=True, slots=True)
class Given:
    """What was answered to the questions. ``words``: as staff read it, one line for each."""

    pole_no: str = ""
    occurred_at: datetime | None = None
    words: tuple[str, ...] = ()


def read_attributes(asked: tuple[Attribute, ...], parameters: Parameters, zone: tzinfo) -> Given:
    """The answers ``attribute[CODE]=…``; unknown questions are kept as words. Raises Refused 400."""
    given = Given()
    known = {attribute.code for attribute in asked}
    for attribute in asked:
        name = f"attribute[{attribute.code}]"
        values = parameters.all(name, name + "[]")
        if not values:
            if attribute.required:
                raise missing(name, attribute.description)
            continue
        if attribute.datatype == "datetime":
            named = name if parameters.get(name) else name + "[]"
            given = replace(given, occurred_at=parameters.moment(named, zone))
            continue
        said = f"{attribute.description}：{_said(attribute, name, values)}"
        given = replace(given, words=(*given.words, said))
        if attribute is POLE:
            given = replace(given, pole_no=values[0][:40])
    others = [
        name
        for name in dict.fromkeys(parameters.names())
        if name.startswith("attribute[") and name.removeprefix("attribute[").partition("]")[0] not in known
    ]
    extra = tuple(
        f"{name.removeprefix('attribute[').partition(']')[0][:40]}：{value[:200]}"
        for name in others[:20]
        for value in parameters.all(name)[:5]
    )
    return replace(given, words=given.words + extra)


def _said(attribute: Attribute, name: str, values: list[str]) -> str:
    """An answer in words. Raises Refused 400 for what is no choice of the list."""
    if not attribute.values:
        return values[0][:500]
    choices = dict(attribute.values)
    wrong = [value for value in values if value not in choices]
    if wrong or (attribute.datatype == "singlevaluelist" and len(values) > 1):
        raise Refused(400, f"参数 {name} 应为 {'、'.join(choices)} 中的一项：{(wrong or values)[0][:40]}。")
    return "、".join(choices[value] for value in dict.fromkeys(values))
