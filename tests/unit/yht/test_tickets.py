"""A city's past tickets: read as they were exported, kept without personal data, with a report of what was left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from bot.corpus import BadCorpus, Utterance, read_tickets, taxonomy_codes
from yht import cli
from yht.failure import CommandFailed
from yht.tickets import import_tickets, listed, remove, store

HEAD = "编号,标题,内容,类别"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tickets"


def written(tmp_path: Path, text: str, name: str = "tickets.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def kept(folder: Path, name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_table_is_read_in_any_usual_form(tmp_path: Path, folder: Path, encoding: str, delimiter: str) -> None:
    lines = [HEAD, "1,路灯不亮,银都路上黑了三天,0115", '2,垃圾成堆,"没人清\n天天如此",1101', "", ",,,"]
    path = written(tmp_path, "\r\n".join(lines).replace(",", delimiter), encoding=encoding)
    report = import_tickets(folder, path, text=["标题", "内容"], code="类别")
    assert (report.read, report.taken, report.texts) == (2, 2, 4)
    assert kept(folder, "tickets") == [
        {"text": "路灯不亮", "code": "0115"},
        {"text": "路灯不亮 银都路上黑了三天", "code": "0115"},
        {"text": "垃圾成堆", "code": "1101"},
        {"text": "垃圾成堆 没人清 天天如此", "code": "1101"},
    ]


def test_a_spreadsheet_is_read_by_its_sheet_and_lost_zeros_come_back(tmp_path: Path, folder: Path) -> None:
    book = Workbook()
    book.active.title = "说明"  # type: ignore[union-attr]
    page = book.create_sheet("工单")
    for row in (["内容", "类别"], ["路灯不亮", 115], ["垃圾成堆", 1101.0], [None, None], [12345, "1101"]):
        page.append(row)
    path = tmp_path / "去年 工单.xlsx"
    book.save(path)
    report = import_tickets(folder, path, text=["内容"], code="类别", sheet="工单")
    assert dict(report.codes) == {"0115": 1, "1101": 1}
    assert report.skipped["no_text"].lines == [5]
    assert report.name == "去年-工单"
    with pytest.raises(CommandFailed, match="没有工作表“明细”，有：说明、工单"):
        import_tickets(folder, path, text=["内容"], code="类别", sheet="明细")
    with pytest.raises(CommandFailed, match="没有列"):
        import_tickets(folder, path, text=["内容"], code="类别")


def test_what_is_left_out_is_said_with_its_lines(tmp_path: Path, folder: Path) -> None:
    lines = [
        HEAD,
        "1,路灯不亮,黑了三天,0115",
        "2,路灯不亮,黑了三天,0115",
        "3,路灯不亮,黑了三天,0116",
        "4,,。。,0115",
        "5,有事,说不清,9999",
        "6,有事,说不清,",
        '7,井盖没了,"两行\n内容",0101',
        "8,别的,别的事,8888",
    ]
    report = import_tickets(folder, written(tmp_path, "\n".join(lines)), text=["标题", "内容"], code="类别")
    assert {reason: (s.count, s.lines) for reason, s in report.skipped.items()} == {
        "duplicate": (1, [3]),
        "contradiction": (1, [4]),
        "no_text": (1, [5]),
        "unknown_code": (2, [6, 10]),
        "no_code": (1, [7]),
    }
    assert (report.read, report.taken) == (8, 2)
    told = report.as_json(taxonomy_codes())
    assert told["unknown_codes"] == {"9999": 1, "8888": 1}
    assert len(told["codes_without_tickets"]) == len(taxonomy_codes()) - 2  # type: ignore[arg-type]
    words = report.words(taxonomy_codes())
    assert "略过 2 行：类别不在分类目录里（第 6、10 行）" in words
    assert "0115 路灯 1" in words


def test_the_citys_own_codes_are_translated(tmp_path: Path, folder: Path) -> None:
    table = written(tmp_path, "from,to\nA-7,0115\n垃圾,1101\n闲聊,\n", "map.csv", "gb18030")
    lines = [
        HEAD,
        "1,灯不亮,很黑,A-7",
        "2,很臭,垃圾多,垃圾",
        "3,你好,在吗,闲聊",
        "4,其他,别的事,Z-9",
        "5,本地,代码,0115",
    ]
    path = written(tmp_path, "\n".join(lines))
    report = import_tickets(folder, path, text=["标题", "内容"], code="类别", mapping=table)
    assert dict(report.codes) == {"0115": 1, "1101": 1}
    assert {reason: s.count for reason, s in report.skipped.items()} == {"not_wanted": 1, "unmapped_code": 2}
    assert dict(report.unknown) == {"Z-9": 1, "0115": 1}


def test_a_wrong_table_of_codes_names_every_line(tmp_path: Path, folder: Path) -> None:
    table = written(tmp_path, "from,to\nA,7777\n,0115\nB,0115\nB,1101\n", "map.csv")
    with pytest.raises(CommandFailed) as caught:
        import_tickets(folder, written(tmp_path, HEAD), text=["标题"], code="类别", mapping=table)
    assert [f"第 {line} 行" in str(caught.value) for line in (2, 3, 4, 5)] == [True, True, False, True]


def test_nothing_personal_is_kept(tmp_path: Path, folder: Path) -> None:
    text = "我叫张伟，路灯不亮，电话13812345678，身份证310112199001011234，车沪A12345，邮箱a.b@example.com"
    report = import_tickets(folder, written(tmp_path, f"内容,类别\n“{text}”,0115"), text=["内容"], code="类别")
    stored = (folder / "tickets.jsonl").read_text("utf-8")
    assert "路灯不亮" in stored
    assert not any(
        secret in stored for secret in ("张伟", "13812345678", "310112199001011234", "A12345", "example.com")
    )
    assert report.personal == {"name": 1, "phone": 1, "identity": 1, "plate": 1, "email": 1}
    assert (folder / "tickets.jsonl").stat().st_mode & 0o077 == 0


def test_the_same_name_again_replaces_and_a_failure_changes_nothing(tmp_path: Path, folder: Path) -> None:
    first = written(tmp_path, "内容,类别\n路灯不亮,0115")
    import_tickets(folder, first, text=["内容"], code="类别", name="2025年")
    import_tickets(folder, written(tmp_path, "内容,类别\n垃圾成堆,1101"), text=["内容"], code="类别", name="2025年")
    assert kept(folder, "2025年") == [{"text": "垃圾成堆", "code": "1101"}]
    with pytest.raises(CommandFailed, match="什么也没有改动"):
        import_tickets(folder, written(tmp_path, "内容,类别\n有事,7777"), text=["内容"], code="类别", name="2025年")
    assert kept(folder, "2025年") == [{"text": "垃圾成堆", "code": "1101"}]
    assert [path.name for path in folder.iterdir()] == ["2025年.jsonl"]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"\xff\xff\xff\x81", "x.csv", "编码"),
        (b"PK\x03\x04 not a workbook", "x.xlsx", "不是可以读取的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "x.xls", "另存为"),
        (b"", "x.csv", "没有列"),
        ("标题\n路灯".encode(), "x.csv", "没有列：内容、类别（有：标题）"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_in_a_line(
    tmp_path: Path, folder: Path, content: bytes, name: str, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandFailed, match=name) as caught:
        import_tickets(folder, tmp_path / name, text=["内容"], code="类别")
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["", "../outside", "a/b", "corrections", "x" * 61])
def test_names_that_would_lead_elsewhere_are_refused(tmp_path: Path, folder: Path, name: str) -> None:
    with pytest.raises(CommandFailed, match="名称"):
        import_tickets(folder, written(tmp_path, "内容,类别\n路灯不亮,0115"), text=["内容"], code="类别", name=name)
    with pytest.raises(CommandFailed, match="名称"):
        remove(folder, name)


def test_imports_are_listed_and_removed(tmp_path: Path, folder: Path) -> None:
    import_tickets(folder, written(tmp_path, "内容,类别\n路灯不亮,0115\n垃圾成堆,1101"), text=["内容"], code="类别")
    assert [(item["name"], item["texts"], item["codes"]) for item in listed(folder)] == [("tickets", 2, 2)]
    remove(folder, "tickets")
    assert listed(folder) == []
    with pytest.raises(CommandFailed, match="没有导入过"):
        remove(folder, "tickets")


def test_training_reads_tickets_and_corrections(folder: Path) -> None:
    store(folder, "2025", [{"text": "路灯不亮", "code": "0115"}, {"text": "旧类别", "code": "7777"}])
    lines = [
        {"text": "银都路灯不亮", "code": "0115", "places": [[0, 3]]},
        {"text": "在春申路", "code": None, "places": [[1, 4]]},
    ]
    store(folder, "corrections", lines)
    assert list(read_tickets(folder)) == [
        Utterance("路灯不亮", "report", "0115", (), places_marked=False, act_marked=False),
        Utterance("银都路灯不亮", "report", "0115", ((0, 3),), act_marked=False),
        Utterance("在春申路", "report", None, ((1, 4),), act_marked=False),
    ]


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"text": "", "code": "0115"}', '{"text": "x"}',
                                  '{"text": "路灯", "code": "0115", "places": [[0, 9]]}'])  # fmt: skip
def test_a_broken_line_is_named(folder: Path, line: str) -> None:
    folder.mkdir()
    (folder / "hand.jsonl").write_text(f'{{"text": "路灯不亮", "code": "0115"}}\n{line}\n', "utf-8")
    with pytest.raises(BadCorpus, match=r"hand\.jsonl:2"):
        list(read_tickets(folder))


def test_the_command_reports_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YHT_VAR_DIR", str(tmp_path / "var"))
    path = written(tmp_path, "标题,内容,类别\n路灯不亮,黑了三天,0115\n")
    assert cli.main(["tickets", "import", str(path), "--text", "标题,内容", "--code", "类别", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["codes"] == {"0115": 1}
    assert (tmp_path / "var" / "tickets" / "tickets.jsonl").is_file()
    assert cli.main(["tickets", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"][0]["texts"] == 2
    assert cli.main(["tickets", "remove", "tickets"]) == 0
    assert cli.main(["tickets", "import", str(tmp_path / "none.csv"), "--text", "内容", "--code", "类别"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
