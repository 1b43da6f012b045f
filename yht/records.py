"""Commands that change the records, or check them: staff, tokens, the city, the audit trail."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

from groundwork.settings import Settings
from yht.databases import require_current, usable
from yht.failure import CommandFailed

_COUNTED = {
    "towns": "街镇",
    "roads": "道路",
    "places": "地点",
    "poles": "灯杆",
    "departments": "部门",
    "rules": "职责规则",
    "conditions": "立案条件",
    "calendar_days": "特殊日期",
    "articles": "知识",
}


async def load_city(settings: Settings, folder: Path) -> str:
    """Check a city's folder, load it and tell what it holds. Raises CommandFailed with everything that is wrong."""
    from intake_api import administration
    from intake_api.domain.city_folder import BadCity

    await require_current(settings)
    try:
        with usable():
            report = await administration.load_city(settings, folder)
    except BadCity as error:
        faults = "".join(f"\n  {fault}" for fault in error.faults)
        raise CommandFailed(f"城市数据有误（{folder}）：{faults}") from error
    counts = "，".join(f"{_COUNTED.get(name, name)} {count}" for name, count in report.items() if _is_count(count))
    state = "已载入" if report["changed"] else "没有变化"
    return f"{report['name']}{state}：{counts}"


async def add_staff(settings: Settings, name: str, roles: str, department: str | None) -> str:
    """Add a member of staff. Returns the one-time link to set the password. Raises CommandFailed."""
    from intake_api import administration

    await require_current(settings)
    chosen = [role.strip() for role in roles.replace("，", ",").split(",") if role.strip()]
    try:
        with usable():
            return await administration.add_staff(settings, name, chosen, department)
    except administration.Refused as error:
        raise CommandFailed(str(error)) from error


async def issue_token(settings: Settings, role: str, name: str, department: str | None) -> str:
    """Issue a token for a program and return it. Raises CommandFailed."""
    from intake_api import administration

    await require_current(settings)
    try:
        with usable():
            return await administration.issue_token(settings, role, name, department)
    except administration.Refused as error:
        raise CommandFailed(str(error)) from error


async def import_articles(settings: Settings, file: Path, *, publishes: bool) -> str:
    """Take a file of articles in and tell what it changed. Raises CommandFailed with every line that is wrong."""
    from intake_api import administration

    await require_current(settings)
    try:
        with usable():
            taken = await administration.import_articles(settings, file, publishes=publishes)
    except administration.BadArticles as error:
        faults = "".join(f"\n  {fault}" for fault in error.faults)
        raise CommandFailed(f"{file} 有误，什么也没有改：{faults}") from error
    except administration.Refused as error:
        raise CommandFailed(str(error)) from error
    waits = "" if publishes else "（新内容是草稿，在工作台发布后才用来答复）"
    return (
        f"新增 {len(taken.added)} 篇，修改 {len(taken.changed)} 篇，没有变化 {len(taken.same)} 篇，"
        f"发布 {len(taken.published)} 篇{waits}"
    )


async def verify_records(settings: Settings, anchor: str) -> tuple[dict[str, object], str, bool]:
    """Check everything: the findings, the same in words, and whether nothing was changed."""
    from intake_api import administration

    await require_current(settings)
    with usable():
        found, known = await administration.verify_records(settings, anchor)
    intact = found.intact and known
    words = found.words()
    if not known:
        words += f"\n没有这个锚点：{anchor}（保存它以后，记录被整段换过）"
    return {**asdict(found), "known_anchor": known if anchor else None, "intact": intact}, words, intact


async def take_anchor(settings: Settings) -> str:
    """Take an anchor and return its hash. Raises CommandFailed."""
    from intake_api import administration

    await require_current(settings)
    try:
        with usable():
            return await administration.take_anchor(settings)
    except administration.Refused as error:
        raise CommandFailed(str(error)) from error


async def export_audit(settings: Settings, file: Path, since: date | None, until: date | None) -> int:
    """Write the audit trail to a file; how many rows. Raises CommandFailed."""
    from intake_api import administration

    await require_current(settings)
    try:
        out = file.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise CommandFailed(f"写不了 {file}：{error.strerror}") from error
    with out, usable():
        return await administration.export_audit(settings, out, since, until)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
