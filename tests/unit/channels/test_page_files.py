"""Files of pages: fresh ones are told by their ETag, and nothing but page files is served."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request

from channels.assets import REVALIDATE, Assets
from groundwork.problem import Problem


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pages = tmp_path / "pages"
    (pages / "deep").mkdir(parents=True)
    (pages / "app.js").write_text("// app\n" * 500, encoding="utf-8")
    (pages / "deep" / "dot.png").write_bytes(b"png")
    (pages / "module.py").write_text("secret", encoding="utf-8")
    (pages / ".hidden.js").write_text("secret", encoding="utf-8")
    (tmp_path / "outside.js").write_text("secret", encoding="utf-8")
    (pages / "link.js").symlink_to(tmp_path / "outside.js")
    return pages


def test_a_file_is_sent_compressed_to_those_who_can_read_it(folder: Path) -> None:
    assets = Assets(folder, REVALIDATE)
    plain = assets.answer(make_mocked_request("GET", "/"), "app.js")
    zipped = assets.answer(make_mocked_request("GET", "/", headers={"Accept-Encoding": "gzip, br"}), "app.js")
    assert plain.content_type == "text/javascript"
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(bytes(zipped.body or b"")) == plain.body  # type: ignore[arg-type]


def test_a_browser_that_has_the_file_is_told_so_until_it_changes(folder: Path) -> None:
    assets = Assets(folder, REVALIDATE)
    etag = assets.answer(make_mocked_request("GET", "/"), "app.js").headers["ETag"]
    again = make_mocked_request("GET", "/", headers={"If-None-Match": etag})
    assert assets.answer(again, "app.js").status == 304
    (folder / "app.js").write_text("// newer", encoding="utf-8")
    assert assets.answer(again, "app.js").status == 200


@pytest.mark.parametrize(
    "name",
    [
        "module.py",
        ".hidden.js",
        "link.js",
        "../outside.js",
        "deep/../../outside.js",
        "deep",
        "no.js",
        "a\0.js",
        "/etc/x.js",
    ],
)
def test_what_is_no_page_file_is_not_there(folder: Path, name: str) -> None:
    with pytest.raises(Problem) as problem:
        Assets(folder, REVALIDATE).answer(make_mocked_request("GET", "/"), name)
    assert problem.value.status == 404
