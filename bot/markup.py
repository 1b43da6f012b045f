"""Pages as one file without scripts: pieces of HTML, in which whatever comes from outside is escaped, and a style."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import datetime


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def markup(value: object) -> Markup:
    """``value`` as HTML: escaped, unless it is Markup."""
    return value if isinstance(value, Markup) else Markup(html.escape(str(value)))


def joined(parts: Iterable[object], between: str = "") -> Markup:
    """Parts one after the other, each escaped unless it is Markup."""
    return Markup(between.join(markup(part) for part in parts))


def element(name: str, content: object = "", **attributes: object) -> Markup:
    """An element; ``class_`` stands for class, ``_`` in names of attributes for a hyphen."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(v))}"' for key, v in attributes.items())
    return Markup(f"<{name}{given}>{markup(content)}</{name}>")


def table(
    head: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[int] = (), unbroken: Sequence[int] = ()
) -> Markup:
    """A table; the columns ``numbers`` are set to the right, the columns ``unbroken`` are not broken into lines.

    Wide tables are scrolled on their own.
    """
    style = ["number" if i in numbers else "unbroken" if i in unbroken else "" for i in range(len(head))]
    top = joined(element("th", text, class_=style[i], scope="col") for i, text in enumerate(head))
    body = joined(element("tr", joined(element("td", c, class_=style[i]) for i, c in enumerate(row))) for row in rows)
    inner = element("thead", element("tr", top)) + element("tbody", body)
    return element("div", element("table", Markup(inner)), class_="wide", tabindex=0)


def texts(items: Sequence[object], summary: str) -> Markup:
    """A list that opens on demand, or a dash when it is empty."""
    if not items:
        return element("span", "—", class_="muted")
    listed = element("ul", joined(element("li", item) for item in items), class_="texts")
    return element("details", Markup(element("summary", summary) + listed))


def section(anchor: str, title: str, *content: object, note: str = "") -> Markup:
    """A part of the page with a heading and, under it, how to read it."""
    said = element("p", note, class_="note") if note else ""
    return element("section", joined([element("h2", title), said, *content]), id=anchor)


def tiles(pairs: Iterable[tuple[str, str]]) -> Markup:
    """The few figures that are looked at first."""
    cards = (element("div", joined([element("b", value), element("span", name)])) for name, value in pairs)
    return element("div", joined(cards), class_="tiles")


def percent(share: float | None) -> str:
    """A share in per cent with one decimal, or a dash."""
    return "—" if share is None else f"{share * 100:.1f}%"


def page(title: str, facts: Sequence[tuple[str, str]], sections: Sequence[tuple[str, str, Markup]]) -> str:
    """The whole document. ``facts`` stand under the title; ``sections``: anchor, title in the index, content."""
    told = joined(element("div", joined([element("dt", name), element("dd", value)])) for name, value in facts)
    index = joined(element("a", name, href=f"#{anchor}") for anchor, name, _ in sections)
    head = element("header", joined([element("h1", title), element("dl", told)]))
    body = joined([head, element("nav", index, aria_label="目录"), element("main", joined(s for _, _, s in sections))])
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{markup(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def shaded(text: object, share: float, kind: str = "good") -> Markup:
    """A cell's content on a ground as deep as ``share`` (0 to 1); ``kind`` is good or bad."""
    return element("span", text, class_=f"shade {kind}", style=f"--share:{min(1.0, max(0.0, share)):.2f}")


def now_text(at: float | None = None) -> str:
    """A moment (seconds since 1970; the present one if None) with the offset of this machine's clock."""
    moment = datetime.now().astimezone() if at is None else datetime.fromtimestamp(at).astimezone()
    return f"{moment:%Y-%m-%d %H:%M %z}"


def long_text(text: str, longest: int = 90) -> Markup:
    """A message; a long one is cut and opens on demand."""
    if len(text) <= longest:
        return element("span", text, class_="said")
    return element("details", joined([element("summary", text[:longest] + "…"), element("span", text, class_="said")]))


_STYLE = """
:root{--ground:#f2f4f6;--surface:#fff;--sunken:#f7f8fa;--line:#e0e5ea;--text:#1b2430;--muted:#566372;--accent:#1d5c86;
--focus:#2a82c4;--late:#b2241c;--good:29,92,134;--bad:178,36,28;--marked:#fbe8b2}
@media(prefers-color-scheme:dark){:root{--ground:#10151a;--surface:#181e25;--sunken:#141a20;--line:#2a333d;
--text:#dde4eb;--muted:#9caab8;--accent:#7fb9e2;--focus:#6cb3ea;--late:#ff9389;--good:127,185,226;--bad:255,147,137;
--marked:#5a4a17}}
*{box-sizing:border-box}
html{scroll-padding-top:52px}
body{margin:0;background:var(--ground);color:var(--text);
font:14px/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",system-ui,sans-serif;font-variant-numeric:tabular-nums}
header,main{max-width:1280px;margin:0 auto;padding:0 20px}
h1{font-size:22px;margin:24px 0 8px}h2{font-size:17px;margin:0 0 4px}h3{font-size:14px;margin:16px 0 6px}
dl{display:flex;flex-wrap:wrap;gap:4px 24px;margin:0 0 16px}
dl div{display:flex;gap:8px}dt{color:var(--muted);white-space:nowrap}
dd{margin:0;overflow-wrap:anywhere}
nav{position:sticky;top:0;z-index:2;background:var(--surface);border-block:1px solid var(--line);display:flex;gap:4px;
padding:6px max(20px,calc((100% - 1240px)/2));overflow-x:auto;white-space:nowrap}
nav a{padding:4px 12px;border-radius:6px;color:var(--accent);text-decoration:none}nav a:hover{background:var(--sunken)}
:focus-visible{outline:2px solid var(--focus);outline-offset:1px}
section{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:16px 20px;margin:16px 0}
.note{color:var(--muted);margin:0 0 12px;max-width:72em}.muted{color:var(--muted)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:8px 0 16px}
.tiles div{background:var(--sunken);border:1px solid var(--line);border-radius:6px;padding:10px 14px}
.tiles b{display:block;font-size:22px;line-height:1.3}.tiles span{color:var(--muted);font-size:12px}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{color:var(--muted);font-weight:500;background:var(--sunken);white-space:nowrap}
tbody tr:hover{background:var(--sunken)}.number{text-align:right}.number,.unbroken{white-space:nowrap}
td:first-child{white-space:nowrap}td{overflow-wrap:anywhere;min-width:3.2em}
.shade{display:block;margin:-2px -6px;padding:2px 6px;border-radius:4px}
.shade.good{background:rgba(var(--good),calc(var(--share)*.28))}
.shade.bad{background:rgba(var(--bad),calc(var(--share)*.32))}
.said{white-space:pre-wrap}small{display:block;color:var(--muted);font-size:12px}
summary{cursor:pointer;color:var(--accent)}td details[open]{min-width:22em}
.texts{margin:6px 0;padding-left:1.2em}.texts li{margin:0 0 6px}.texts summary{color:inherit}
mark{background:var(--marked);color:inherit;border-radius:3px;padding:0 2px}
.diagrams{display:flex;flex-wrap:wrap;gap:32px}figure{margin:0;flex:1 1 320px;max-width:460px}
figcaption{margin-bottom:8px}
svg{width:100%;height:auto;display:block}svg text{fill:var(--muted);font-size:10px}
.grid{stroke:var(--line)}.ideal{stroke:var(--muted);stroke-dasharray:6 3 1 3}.bar{fill:var(--accent);opacity:.55}
.mean{stroke:var(--late);stroke-width:2}.count{fill:var(--muted);opacity:.5}
@media(max-width:640px){header,main{padding:0 10px}section{padding:12px}.tiles{grid-template-columns:1fr 1fr}}
@media print{nav{display:none}body{background:#fff}section{break-inside:auto}}
"""
