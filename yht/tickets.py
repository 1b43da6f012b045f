"""``yht tickets``: a city's past tickets as training text, without personal data, in ``var/tickets/``."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.corpus import taxonomy_codes
from bot.language.personal import KINDS, personal_spans, without_personal
from yht.failure import CommandFailed
from yht.spreadsheet import opened

CORRECTIONS = "corrections"
"""Name under which accepted corrections of staff lie beside the imported tickets."""

LONGEST_TEXT = 5000
"""Characters; the rest of a longer text is left away, as a report cannot be longer either."""

_NAME = re.compile(r"[\w-]{1,60}")
_LINES_NAMED = 5
_WORDS = {
    "no_text": "没有文字",
    "no_code": "没有类别",
    "unknown_code": "类别不在分类目录里",
    "unmapped_code": "类别不在对照表里",
    "not_wanted": "对照表里注明不用",
    "duplicate": "与前面的重复",
    "contradiction": "与前面的内容相同而类别不同",
}


@dataclass
class Skipped:
    """Rows that were not taken for one reason: how many, and the lines of the first."""

    count: int = 0
    lines: list[int] = field(default_factory=list)


@dataclass
class Report:
    """What an import did. ``texts`` are training texts: a ticket with title and body gives two."""

    name: str
    read: int = 0
    taken: int = 0
    texts: int = 0
    skipped: dict[str, Skipped] = field(default_factory=dict)
    codes: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    personal: Counter[str] = field(default_factory=Counter)

    def skip(self, reason: str, line: int) -> None:
        """Count a row that is not taken."""
        skipped = self.skipped.setdefault(reason, Skipped())
        skipped.count += 1
        if len(skipped.lines) < _LINES_NAMED:
            skipped.lines.append(line)

    def as_json(self, names: Mapping[str, str]) -> dict[str, object]:
        """For programs; ``names`` of all categories by code."""
        return {
            "name": self.name,
            "read": self.read,
            "taken": self.taken,
            "texts": self.texts,
            "skipped": {reason: {"count": s.count, "lines": s.lines} for reason, s in self.skipped.items()},
            "unknown_codes": dict(self.unknown.most_common()),
            "personal_data_removed": dict(self.personal.most_common()),
            "codes": dict(sorted(self.codes.items())),
            "codes_without_tickets": [code for code in names if code not in self.codes],
        }

    def words(self, names: Mapping[str, str]) -> str:
        """For people."""
        lines = [f"读到 {self.read} 行，采用 {self.taken} 件，成为 {self.texts} 条学习材料（{self.name}）。"]
        for reason, skipped in self.skipped.items():
            more = "……" if skipped.count > len(skipped.lines) else ""
            named = "、".join(map(str, skipped.lines))
            lines.append(f"略过 {skipped.count} 行：{_WORDS[reason]}（第 {named} 行{more}）")
        if self.unknown:
            lines.append(
                "不认识的类别：" + "、".join(f"{code} {count} 件" for code, count in self.unknown.most_common(20))
            )
        if self.personal:
            removed = "、".join(f"{KINDS[kind]} {count} 处" for kind, count in self.personal.most_common())
            lines.append(f"已去掉个人信息：{removed}")
        lines.append(f"涉及 {len(self.codes)} 个类别：")
        lines += [f"  {code} {names[code]} {count}" for code, count in self.codes.most_common()]
        missing = [code for code in names if code not in self.codes]
        if missing:
            lines.append(
                f"还没有工单的类别 {len(missing)} 个：" + "、".join(f"{code} {names[code]}" for code in missing)
            )
        return "\n".join(lines)


def import_tickets(
    folder: Path,
    file: Path,
    *,
    text: Sequence[str],
    code: str,
    mapping: Path | None = None,
    sheet: str | None = None,
    name: str | None = None,
) -> Report:
    """Keep the tickets of ``file`` in ``folder`` under ``name``, in the place of what was there under that name.

    ``text``: one column or several; of several the first (a title) becomes a training text, and all joined another.
    ``mapping``: a table of columns ``from`` and ``to``, the city's codes and ours; an empty ``to`` means not wanted.
    Raises CommandFailed; then nothing was changed.
    """
    if not text:
        raise CommandFailed("--text 要写明诉求在哪一列")
    name = _checked(name) if name is not None else _name_of(file)
    known = taxonomy_codes()
    wanted = _mapping(mapping, known) if mapping is not None else None
    report = Report(name)
    codes_of: dict[str, str] = {}
    lines: dict[tuple[str, str], None] = {}
    with opened(file, [*text, code], sheet) as rows:
        for row in rows:
            if not any(row.cells.values()):
                continue  # spreadsheets end in empty rows
            report.read += 1
            texts, removed = _training_texts([row.cells[column] for column in text])
            found = _our_code(row.cells[code], wanted, known)
            if not texts:
                report.skip("no_text", row.line)
            elif found not in known:
                report.skip(found, row.line)
                if found in ("unknown_code", "unmapped_code"):
                    report.unknown[row.cells[code]] += 1
            elif texts[-1] in codes_of:
                report.skip("duplicate" if codes_of[texts[-1]] == found else "contradiction", row.line)
            else:
                codes_of[texts[-1]] = found
                report.taken += 1
                report.codes[found] += 1
                report.personal += removed
                lines |= {(training_text, found): None for training_text in texts}
    report.texts = len(lines)
    if not report.taken:
        raise CommandFailed(f"没有可用的工单，什么也没有改动。\n{report.words(known)}")
    store(folder, name, [{"text": training_text, "code": found} for training_text, found in lines])
    return report


def store(folder: Path, name: str, lines: Sequence[Mapping[str, object]]) -> None:
    """Write training texts as ``NAME.jsonl``: the old file or the whole new one is there, never half of it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = folder / f"{name}.jsonl.new"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(folder / f"{name}.jsonl")
    except OSError as error:
        raise CommandFailed(f"{folder} 不能写入（{error.strerror}）") from error


def remove(folder: Path, name: str) -> None:
    """Forget the tickets of this name. Raises CommandFailed when there are none."""
    path = folder / f"{_checked(name)}.jsonl"
    if not path.is_file():
        there = "、".join(sorted(other.stem for other in folder.glob("*.jsonl"))) or "没有"
        raise CommandFailed(f"没有导入过“{name}”（现有：{there}）")
    path.unlink()


def listed(folder: Path) -> list[dict[str, object]]:
    """What there is: name, number of texts and of categories, when it was written."""
    items: list[dict[str, object]] = []
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            codes = [json.loads(line)["code"] for line in file]
        written = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
        items.append(
            {
                "name": path.stem,
                "texts": len(codes),
                "codes": len(set(codes) - {None}),
                "written_at": written.isoformat(timespec="seconds"),
            }
        )
    return items


def _name_of(file: Path) -> str:
    name = re.sub(r"[^\w-]+", "-", file.stem).strip("-")[:60] or "tickets"
    return f"{name}-tickets" if name == CORRECTIONS else name


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise CommandFailed(f"名称“{name}”不能用：只能是文字、数字、下划线和连字符，最多 60 个字符")
    if name == CORRECTIONS:
        raise CommandFailed(f"名称“{CORRECTIONS}”留给工作人员的更正，请换一个")
    return name


def _mapping(path: Path, known: Mapping[str, str]) -> dict[str, str]:
    """The city's codes with ours. Raises CommandFailed naming all lines that are wrong."""
    found: dict[str, str] = {}
    faults = []
    with opened(path, ["from", "to"]) as rows:
        for row in rows:
            theirs, ours = row.cells["from"], row.cells["to"]
            if not theirs and not ours:
                continue
            code = _padded(ours, known)
            if not theirs:
                faults.append(f"第 {row.line} 行没有 from")
            elif ours and code not in known:
                faults.append(f"第 {row.line} 行：分类目录里没有 {ours}")
            elif theirs in found and found[theirs] != code:
                faults.append(f"第 {row.line} 行：{theirs} 在前面对应另一个类别")
            else:
                found[theirs] = code
    if faults:
        raise CommandFailed(f"对照表 {path.name} 有误：" + "".join(f"\n  {fault}" for fault in faults))
    return found


def _our_code(theirs: str, mapping: Mapping[str, str] | None, known: Mapping[str, str]) -> str:
    """Our code for a city's, or the reason (a key of _WORDS) why there is none."""
    if not theirs:
        return "no_code"
    if mapping is None:
        code = _padded(theirs, known)
        return code if code in known else "unknown_code"
    if theirs not in mapping:
        return "unmapped_code"
    return mapping[theirs] or "not_wanted"


def _padded(code: str, known: Mapping[str, str]) -> str:
    """Spreadsheets make the number 115 of 0115."""
    return code.zfill(4) if code not in known and code.zfill(4) in known else code


def _training_texts(parts: Sequence[str]) -> tuple[list[str], Counter[str]]:
    """The first part alone and all parts joined, without personal data; none if nothing was said. Counts what went."""
    removed: Counter[str] = Counter()
    clean = []
    for part in parts:
        removed.update(span.kind for span in personal_spans(part))
        clean.append(re.sub(r"\s+", " ", without_personal(part)).strip()[:LONGEST_TEXT])
    whole = " ".join(part for part in clean if part)[:LONGEST_TEXT]
    texts = [text for text in dict.fromkeys((clean[0], whole)) if _says_something(text)]
    return (texts, removed) if texts else ([], Counter())


def _says_something(text: str) -> bool:
    return len(re.findall(r"[^\W\d_]", text)) >= 2
