"""Serves the pages: one document per page for all its addresses, and the files that it loads.

A page such as ``desk`` finds its way by the address itself, so ``/desk`` and everything below it answer the same
document. Files keep their names from release to release, therefore a browser asks each time whether its copy is still
right (``no-cache`` and ``ETag``) and mostly hears 304.
"""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from groundwork.problem import Problem

FOLDER = Path(__file__).resolve().parent
PAGES = ("board", "console", "desk", "open")

# what a page may consist of; anything else in the folder (such as this module) is never served
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}

_REVALIDATE = "no-cache"


def page_file(name: str) -> Path | None:
    """The file of ours that ``name`` (relative to the pages' folder) means, or None when it is not one to serve."""
    if "\0" in name:
        return None
    path = (FOLDER / name).resolve()
    hidden = any(part.startswith(".") for part in Path(name).parts)
    if hidden or path.suffix not in MEDIA_TYPES or not path.is_relative_to(FOLDER) or not path.is_file():
        return None
    return path


def _answer(path: Path) -> web.FileResponse:
    return web.FileResponse(path, headers={"Content-Type": MEDIA_TYPES[path.suffix], "Cache-Control": _REVALIDATE})


async def asset(request: web.Request) -> web.FileResponse:
    """A script, style sheet or picture of a page. Raises Problem 404 ``not_found``."""
    path = page_file(request.match_info["path"])
    if path is None:
        raise Problem(404, "not_found", "没有这个文件。")
    return _answer(path)


async def document(request: web.Request) -> web.FileResponse:
    """The page that the address begins with, whatever follows it."""
    page = request.path.split("/", 2)[1]
    return _answer(FOLDER / page / "index.html")


def add_page_routes(app: web.Application) -> None:
    """Give ``app`` the pages and their files."""
    for page in PAGES:
        app.router.add_get(f"/{page}", document)
        app.router.add_get(f"/{page}/{{rest:.*}}", document)
    app.router.add_get("/assets/pages/{path:.+}", asset)
