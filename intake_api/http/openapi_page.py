"""The description of the interface as one page for people, without scripts or other files."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any

from intake_api.domain.access import Role

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.6 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;max-width:60rem;
margin:0 auto;padding:1rem}
h2{margin-top:2rem;border-bottom:1px solid #8884}
h4{margin:.8rem 0 .2rem;font-size:1em}
nav a{margin-right:1em;white-space:nowrap}
details{border:1px solid #8884;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}
summary{cursor:pointer}
code,pre{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9em}
code{overflow-wrap:anywhere}
pre{overflow:auto;max-height:28rem;background:#8881;padding:.6rem;border-radius:4px;margin:.2rem 0}
table{border-collapse:collapse;width:100%;font-size:.92em}
td,th{text-align:left;vertical-align:top;border-bottom:1px solid #8883;padding:.25rem .5rem .25rem 0}
.method{display:inline-block;min-width:5rem;font-weight:700}
.muted{opacity:.75}
"""


def render(document: Mapping[str, Any]) -> str:
    """The page for a document of OpenAPI."""
    tags: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tags.setdefault(operation["tags"][0], []).append(_shown(path, method, operation))
    models = "".join(
        f"<details id='{html.escape(name)}'><summary><code>{html.escape(name)}</code></summary>"
        f"{_json(schema)}</details>"
        for name, schema in document["components"]["schemas"].items()
    )
    info = document["info"]
    parts = "".join(
        f"<h2 id='{html.escape(tag)}'>{html.escape(tag)}</h2>{''.join(shown)}" for tag, shown in tags.items()
    )
    links = "".join(f"<a href='#{html.escape(tag)}'>{html.escape(tag)}</a> " for tag in tags)
    return (
        "<!doctype html><html lang='zh-CN'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>{html.escape(info['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{html.escape(info['title'])} <span class='muted'>{html.escape(info['version'])}</span></h1>"
        f"{_prose(info['description'])}<p><a href='openapi.json'>openapi.json</a></p><nav>{links}</nav>"
        f"{parts}<h2>数据结构</h2>{models}</body></html>"
    )


def _shown(path: str, method: str, operation: Mapping[str, Any]) -> str:
    who = "、".join(Role(role).label for role in operation["x-roles"]) if "x-roles" in operation else "不用登录"
    return (
        f"<details id='{html.escape(operation['operationId'])}'><summary><span class='method'>{method.upper()}</span>"
        f"<code>{html.escape(path)}</code> {html.escape(operation['summary'])}</summary>"
        f"{_prose(operation['description'])}<p class='muted'>谁可以用：{html.escape(who)}</p>"
        f"{_parameters(operation)}{_request(operation)}{_answers(operation)}</details>"
    )


def _parameters(operation: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{html.escape(parameter['name'])}</code>{'' if parameter['required'] else '（可选）'}</td>"
        f"<td>{html.escape(parameter['in'])}</td>"
        f"<td>{_text(parameter.get('description', ''))} {_kind(parameter)}</td></tr>"
        for parameter in operation["parameters"]
    )
    return f"<h4>参数</h4><table>{rows}</table>" if rows else ""


def _kind(parameter: Mapping[str, Any]) -> str:
    """What a parameter may be, in short."""
    schema = parameter["schema"]
    choices = [str(value) for value in schema.get("items", schema).get("enum", ()) if value != ""]
    if choices:
        return f"<span class='muted'>{html.escape(' | '.join(choices))}</span>"
    example = parameter.get("example")
    return f"<span class='muted'>例 <code>{html.escape(str(example))}</code></span>" if example is not None else ""


def _request(operation: Mapping[str, Any]) -> str:
    return "".join(
        f"<h4>请求体 {html.escape(media)} {_link(content['schema'])}</h4>{_example(content)}"
        for media, content in operation.get("requestBody", {}).get("content", {}).items()
    )


def _answers(operation: Mapping[str, Any]) -> str:
    good, bad = [], []
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            codes = answer["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"]
            words = " ".join(f"<code>{html.escape(code)}</code>" for code in codes)
            bad.append(f"<tr><td>{status}</td><td>{words}</td></tr>")
            continue
        content = answer.get("content", {})
        media = "、".join(html.escape(name) for name in content)
        links = "".join(_link(part["schema"]) for part in content.values())
        shown = "".join(_example(part) for part in content.values())
        good.append(f"<h4>回答 {status} {media} {links}</h4>{_header_names(answer)}{shown}")
    return f"{''.join(good)}<h4>错误</h4><table>{''.join(bad)}</table>"


def _header_names(answer: Mapping[str, Any]) -> str:
    names = [name for name in answer.get("headers", {}) if name != "X-Request-Id"]
    return f"<p class='muted'>响应头：{html.escape('、'.join(names))}</p>" if names else ""


def _example(content: Mapping[str, Any]) -> str:
    return _json(content["example"]) if "example" in content else ""


def _json(value: Any) -> str:
    return f"<pre>{html.escape(json.dumps(value, ensure_ascii=False, indent=2))}</pre>"


def _link(schema: Mapping[str, Any]) -> str:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return f"<a href='#{html.escape(name)}'><code>{html.escape(name)}</code></a>" if name else ""


def _text(text: str) -> str:
    """A line, with what stands between backquotes as code."""
    return re.sub(r"``?([^`]+)``?", r"<code>\1</code>", html.escape(text))


def _prose(text: str) -> str:
    """Paragraphs and lists, as descriptions have them."""
    out = []
    for block in text.split("\n\n"):
        lines = block.splitlines()
        if all(line.startswith("- ") for line in lines):
            out.append("<ul>" + "".join(f"<li>{_text(line[2:])}</li>" for line in lines) + "</ul>")
        else:
            out.append(f"<p>{_text(block)}</p>")
    return "".join(out)
