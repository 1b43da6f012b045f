"""``yht``: one command line for everything. Each command imports what it needs when it is called."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import json
import sys
from collections.abc import Sequence
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


def parser() -> argparse.ArgumentParser:
    """All commands."""
    top = argparse.ArgumentParser(prog="yht", description="一号通：城市管理诉求受理系统")
    top.set_defaults(run=lambda _arguments: top.print_help())
    commands = top.add_subparsers(metavar="命令")

    _add(commands, "serve", "启动整个系统", _serve)
    _add(commands, "setup", "补齐启动所缺的：文件夹、数据库、城市数据、内部令牌、模型", _setup)
    train = _add(commands, "train", "训练助手（数据没有变化则不做）", _train)
    train.add_argument("--force", action="store_true", help="数据没有变化也重新训练")

    database = _group(commands, "db", "数据库")
    _add(database, "upgrade", "升级数据库结构", _upgrade)
    _add(database, "reindex", "重建案件的检索索引和优先次序", _reindex)

    user = _add(_group(commands, "user", "工作人员"), "add", "新增人员，打印一次性设置密码链接", _add_user)
    user.add_argument("--name", required=True, help="姓名")
    user.add_argument("--roles", required=True, help="角色，逗号分隔，如 operator,dispatcher")
    user.add_argument("--department", default=None, metavar="ID", help="部门编号（departments.csv 的 id）")

    token = _add(_group(commands, "token", "接口令牌"), "issue", "签发令牌，打印在最后一行", _issue_token)
    token.add_argument("--role", required=True, help="角色，如 channel、partner、operator")
    token.add_argument("--name", required=True, help="给谁用")
    token.add_argument("--department", default=None, metavar="ID", help="部门编号，部门令牌才需要")

    city = _add(_group(commands, "city", "城市数据"), "load", "检查并载入一个城市文件夹", _load_city)
    city.add_argument("folder", type=Path, metavar="DIR", help="城市文件夹（见 docs/city.md）")

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

    if importlib.util.find_spec("yht.evaluate"):
        importlib.import_module("yht.evaluate").add_parsers(commands)
    return top


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


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


def _load_city(arguments: argparse.Namespace) -> None:
    from yht.records import load_city

    print(asyncio.run(load_city(_records(), arguments.folder)))


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
