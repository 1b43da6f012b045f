"""``yht``: one command line for everything. Each command imports what it needs when it is called."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TypeAlias

from groundwork.settings import BadSettings, Settings, read_settings
from yht.environment import settle
from yht.failure import CommandFailed

BAD_SETTINGS = 2
FAILED = 1
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit code: 2 for a bad setting, 1 for what failed; a line says what."""
    parsed = parser().parse_args(arguments)
    try:
        settle()
        code: int | None = parsed.run(parsed)
    except BadSettings as error:
        print(f"设置有误：{error}", file=sys.stderr)
        return BAD_SETTINGS
    except CommandFailed as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return code or 0


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def parser() -> argparse.ArgumentParser:
    """All commands."""
    top = argparse.ArgumentParser(prog="yht", description="一号通：城市管理诉求受理系统")
    top.set_defaults(run=lambda _arguments: top.print_help())
    commands = top.add_subparsers(metavar="命令")

    _running(commands)
    _keeping(commands)
    _access(commands)
    city = _add(_group(commands, "city", "城市数据"), "load", "检查并载入一个城市文件夹", _load_city)
    city.add_argument("folder", type=Path, metavar="DIR", help="城市文件夹（见 docs/city.md）")
    _add(_group(commands, "wechat", "微信公众号"), "menu", "设置公众号的菜单", _set_wechat_menu)
    _add(_group(commands, "telegram", "Telegram 机器人"), "connect", "告诉 Telegram 消息怎样送来", _connect_telegram)
    taken = _add(
        _group(commands, "knowledge", "知识"),
        "import",
        "导入知识（Markdown 或 CSV，见 docs/knowledge.md）",
        _import_knowledge,
    )
    taken.add_argument("file", type=Path, metavar="FILE")
    taken.add_argument("--publish", action="store_true", help="立即发布；缺省为草稿")
    _tickets(commands)
    if importlib.util.find_spec("yht.evaluate"):
        importlib.import_module("yht.evaluate").add_parsers(commands)
    return top


def _running(commands: Commands) -> None:
    _add(commands, "serve", "启动整个系统", _serve)
    _add(commands, "setup", "补齐启动所缺的：文件夹、数据库、城市数据、内部令牌、模型", _setup)
    train = _add(commands, "train", "训练助手（数据没有变化则不做）", _train)
    train.add_argument("--force", action="store_true", help="数据没有变化也重新训练")


def _keeping(commands: Commands) -> None:
    database = _group(commands, "db", "数据库")
    _add(database, "upgrade", "升级数据库结构", _upgrade)
    saved = _add(database, "backup", "备份全部数据到一个文件（系统可以照常运行）", _back_up)
    saved.add_argument("file", type=Path, metavar="FILE", help="新文件，如 backup.tar.gz")
    restored = _add(database, "restore", "用备份替换全部数据（先停止系统）", _restore)
    restored.add_argument("file", type=Path, metavar="FILE")
    restored.add_argument("--force", action="store_true", help="已有数据也替换，现有数据全部丢失")
    _add(database, "reindex", "重建案件的检索索引和优先次序", _reindex)

    personal = _group(commands, "personal", "个人信息：删除、导出、到期清理")
    for name, words, run in (
        ("erase", "应本人要求删除其个人信息（案件和办理经过保留）", _erase_personal),
        ("export", "导出一个人的全部个人信息（JSON）", _export_personal),
    ):
        whose = _add(personal, name, words, run)
        whose.add_argument("--phone", default="", help="电话号码")
        whose.add_argument("--channel-user", default="", help="渠道用户编号")
    _add(personal, "redo", "恢复备份以后，重新删除备份之后删除过的个人信息", _redo_erasures)
    kept = _add(personal, "retain", "清理办结已久的案件里的个人信息", _retain_personal)
    kept.add_argument("--days", type=int, required=True, help="办结满多少天")


def _access(commands: Commands) -> None:
    user = _add(_group(commands, "user", "工作人员"), "add", "新增人员，打印一次性设置密码链接", _add_user)
    user.add_argument("--name", required=True, help="姓名")
    user.add_argument("--roles", required=True, help="角色，逗号分隔，如 operator,dispatcher")
    user.add_argument("--department", default=None, metavar="ID", help="部门编号（departments.csv 的 id）")

    token = _add(_group(commands, "token", "接口令牌"), "issue", "签发令牌，打印在最后一行", _issue_token)
    token.add_argument("--role", required=True, help="角色，如 channel、partner、operator")
    token.add_argument("--name", required=True, help="给谁用")
    token.add_argument("--department", default=None, metavar="ID", help="部门编号，部门令牌才需要")

    trail = _group(commands, "audit", "审计记录")
    checked = _add(trail, "verify", "核对审计记录、全部案件事件和锚点有没有被改动", _verify_audit)
    checked.add_argument("--anchor", default="", metavar="HASH", help="另外保存的一个锚点，核对它还在不在")
    checked.add_argument("--json", action="store_true")
    _add(trail, "anchor", "现在取一个锚点，打印它的封印", _take_anchor)
    exported = _add(trail, "export", "导出审计记录（CSV）", _export_audit)
    exported.add_argument("file", type=Path, metavar="FILE")
    exported.add_argument("--from", dest="since", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD")
    exported.add_argument("--to", dest="until", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD")


def _tickets(commands: Commands) -> None:
    tickets = _group(commands, "tickets", "历史工单：城市自己的学习材料")
    taken = _add(tickets, "import", "导入历史工单（CSV 或 XLSX），去掉个人信息，供下一次训练使用", _import_tickets)
    taken.add_argument("file", type=Path, metavar="FILE")
    taken.add_argument("--text", required=True, metavar="列[,列]", help="写着诉求的列；几列时把标题放在最前")
    taken.add_argument("--code", required=True, metavar="列", help="类别代码所在的列")
    taken.add_argument(
        "--map", type=Path, default=None, metavar="MAP.csv", help="对照表：列 from（城市的代码）、to（本系统的代码）"
    )
    taken.add_argument("--sheet", default=None, help="XLSX 的工作表，缺省为第一张")
    taken.add_argument("--name", default=None, help="名称，缺省为文件名；同名再导入即替换")
    taken.add_argument("--json", action="store_true", help="报告写成 JSON")
    shown = _add(tickets, "list", "列出导入的工单", _list_tickets)
    shown.add_argument("--json", action="store_true")
    _add(tickets, "remove", "删除导入的工单", _remove_tickets).add_argument("name")


def _add(commands: Commands, name: str, words: str, run: object) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=words, description=words)
    command.set_defaults(run=run)
    return command


def _group(commands: Commands, name: str, words: str) -> Commands:
    return commands.add_parser(name, help=words, description=words).add_subparsers(required=True, metavar="命令")


def _serve(_arguments: argparse.Namespace) -> int:
    from yht.ports import PortUnavailable
    from yht.serve import serve

    try:
        return serve(read_settings())
    except PortUnavailable as error:
        raise BadSettings(str(error)) from error


def _setup(_arguments: argparse.Namespace) -> None:
    from yht.setup import set_up

    set_up(read_settings())


def _train(arguments: argparse.Namespace) -> None:
    from yht.setup import train

    train(read_settings(), ["--force"] if arguments.force else [])


def _upgrade(_arguments: argparse.Namespace) -> None:
    from yht.databases import upgrade_cases, upgrade_channels

    settings = _records()
    asyncio.run(upgrade_cases(settings))
    asyncio.run(upgrade_channels(settings))
    print("数据库结构已是最新。")


def _back_up(arguments: argparse.Namespace) -> None:
    from yht.backup import back_up

    print(back_up(_records(), arguments.file).words("已备份"))


def _restore(arguments: argparse.Namespace) -> None:
    from yht.backup import restore
    from yht.personal import brought_back

    settings = _records()
    print(restore(settings, arguments.file, force=arguments.force).words("已恢复"))
    if words := asyncio.run(brought_back(settings)):
        print(words)


def _redo_erasures(_arguments: argparse.Namespace) -> None:
    from yht.personal import redo

    print(asyncio.run(redo(_records())))


def _erase_personal(arguments: argparse.Namespace) -> None:
    from yht.personal import erase

    print(asyncio.run(erase(_records(), arguments.phone, arguments.channel_user)))


def _export_personal(arguments: argparse.Namespace) -> None:
    from yht.personal import export

    held = asyncio.run(export(_records(), arguments.phone, arguments.channel_user))
    print(json.dumps(held, ensure_ascii=False, indent=1))


def _retain_personal(arguments: argparse.Namespace) -> None:
    from yht.personal import retain

    print(asyncio.run(retain(_records(), arguments.days)))


def _reindex(_arguments: argparse.Namespace) -> None:
    from yht.databases import reindex_cases, upgrade_cases

    settings = _records()
    asyncio.run(upgrade_cases(settings))
    print(f"已重建 {asyncio.run(reindex_cases(settings))} 件案件的索引。")


def _add_user(arguments: argparse.Namespace) -> None:
    from yht.records import add_staff

    settings = _records()
    print(asyncio.run(add_staff(settings, arguments.name, arguments.roles, arguments.department)))


def _issue_token(arguments: argparse.Namespace) -> None:
    from yht.records import issue_token

    settings = _records()
    print(asyncio.run(issue_token(settings, arguments.role, arguments.name, arguments.department)))


def _verify_audit(arguments: argparse.Namespace) -> int:
    from yht.records import verify_records

    report, words, intact = asyncio.run(verify_records(_records(), arguments.anchor))
    print(json.dumps(report, ensure_ascii=False) if arguments.json else words)
    return 0 if intact else FAILED


def _take_anchor(_arguments: argparse.Namespace) -> None:
    from yht.records import take_anchor

    print(asyncio.run(take_anchor(_records())))


def _export_audit(arguments: argparse.Namespace) -> None:
    from yht.records import export_audit

    count = asyncio.run(export_audit(_records(), arguments.file, arguments.since, arguments.until))
    print(f"已导出 {count} 行到 {arguments.file}。")


def _load_city(arguments: argparse.Namespace) -> None:
    from yht.records import load_city

    print(asyncio.run(load_city(_records(), arguments.folder)))


def _import_knowledge(arguments: argparse.Namespace) -> None:
    from yht.records import import_articles

    print(asyncio.run(import_articles(_records(), arguments.file, publishes=arguments.publish)))


def _set_wechat_menu(_arguments: argparse.Namespace) -> None:
    from yht.wechat import set_menu

    print(asyncio.run(set_menu(_records())))


def _connect_telegram(_arguments: argparse.Namespace) -> None:
    from yht.telegram import connect

    print(asyncio.run(connect(_records())))


def _import_tickets(arguments: argparse.Namespace) -> None:
    from bot.corpus import taxonomy_codes
    from yht.tickets import import_tickets

    report = import_tickets(
        _tickets_folder(),
        arguments.file,
        text=[column.strip() for column in arguments.text.replace("，", ",").split(",") if column.strip()],
        code=arguments.code.strip(),
        mapping=arguments.map,
        sheet=arguments.sheet,
        name=arguments.name,
    )
    names = taxonomy_codes()
    if arguments.json:
        print(json.dumps(report.as_json(names), ensure_ascii=False))
    else:
        print(report.words(names))
        print("下一次 make train 会用上它们。")


def _list_tickets(arguments: argparse.Namespace) -> None:
    from yht.tickets import listed

    items = listed(_tickets_folder())
    if arguments.json:
        print(json.dumps({"items": items}, ensure_ascii=False))
        return
    for item in items:
        print(f"{item['name']}  {item['texts']} 条，{item['codes']} 个类别，{item['written_at']}")
    if not items:
        print("还没有导入历史工单。")


def _remove_tickets(arguments: argparse.Namespace) -> None:
    from yht.tickets import remove

    remove(_tickets_folder(), arguments.name)
    print(f"已删除 {arguments.name}。")


def _tickets_folder() -> Path:
    """Where imported tickets are kept, and where training looks for them."""
    from yht.setup import make_var

    settings = read_settings()
    make_var(settings.var_dir)
    return settings.var_dir / "tickets"


def _records() -> Settings:
    """The settings, with the folder of the records there."""
    from yht.setup import make_var

    settings = read_settings()
    make_var(settings.var_dir)
    return settings
