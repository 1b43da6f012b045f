"""Where a message may turn from one problem to another: the cuts between its clauses, and how they are joined."""

from __future__ import annotations

import re

_END = re.compile(r"[。！？!?；;\n]+|[，,、\s]+")
# words that begin another thing: 另外, 还有, 顺便…
_ANOTHER = re.compile(
    r"^(?:另外|还有|再有|再就是|再一个|此外|除此之外|顺便|对了|其次|第二|二是|2[、.，]|同时|还要(?:反映|说|投诉)|另一个|另一件)"
)
# 还 with a deed of its own: 围墙那边还搭了个棚子; not 门还敞着, 孩子还等着
_ALSO = re.compile(r"^.{0,8}还(?:搭|养|把|偷偷|有人|有个|有一|私自|乱)")
SHORTEST = 5
"""Characters below which a clause says nothing of its own."""


def cuts(text: str) -> list[int]:
    """Positions at which a second problem may begin: before words that begin another thing."""
    found = []
    for match in _END.finditer(text):
        rest = text[match.end() :]
        before = text[: match.start()]
        if len(rest) < SHORTEST or len(before) < SHORTEST:
            continue
        if _ANOTHER.match(rest) or _ALSO.match(rest):
            found.append(match.end())
    for match in re.finditer(r"(?<![，,。！？；\s])(?:另外|还有就是|再就是|顺便(?:反映|说|问))", text):
        if SHORTEST <= match.start() <= len(text) - SHORTEST:
            found.append(match.start())
    return sorted(set(found))
