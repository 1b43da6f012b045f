"""Serves the files of pages: small, compressed once, with an ETag."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ETag, web

from groundwork.problem import Problem

# what a page may consist of; anything else in a folder is never served
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_COMPRESSED = frozenset({".css", ".html", ".js", ".json", ".mjs", ".svg", ".webmanifest"})

REVALIDATE = "no-cache"
"""The browser asks each time whether its copy is still right, and mostly hears 304."""

STEADY = "public, max-age=86400, immutable"
"""Third-party files: their names carry no version, so a renewed one is noticed after a day."""


@dataclass(frozen=True, slots=True)
class _File:
    changed: tuple[int, int]  # modification time in ns, size
    media_type: str
    etag: str
    plain: bytes
    gzipped: bytes | None


class Assets:
    """The files below ``folder``; each is read once and again when it changes."""

    def __init__(self, folder: Path, cache_control: str):
        self._folder = folder.resolve()
        self._cache_control = cache_control
        self._files: dict[Path, _File] = {}

    def answer(self, request: web.Request, name: str) -> web.Response:
        """The file called ``name`` (relative to the folder). Raises Problem 404."""
        file = self._file(name)
        headers = {
            "Content-Type": file.media_type,
            "Cache-Control": self._cache_control,
            "ETag": f'"{file.etag}"',
            "Vary": "Accept-Encoding",
        }
        known = request.if_none_match or ()
        if any(tag.value in (file.etag, "*") for tag in known if isinstance(tag, ETag)):
            return web.Response(status=304, headers=headers)
        if file.gzipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=file.gzipped, headers=headers | {"Content-Encoding": "gzip"})
        return web.Response(body=file.plain, headers=headers)

    async def view(self, request: web.Request) -> web.Response:
        """A view for a route with a part ``{path}``."""
        return self.answer(request, request.match_info["path"])

    def _file(self, name: str) -> _File:
        missing = Problem(404, "not_found", "没有这个文件。")
        if "\0" in name or any(part.startswith(".") for part in Path(name).parts):
            raise missing
        path = (self._folder / name).resolve()
        if path.suffix not in MEDIA_TYPES or not path.is_relative_to(self._folder):
            raise missing
        try:
            status = path.stat()
            changed = (status.st_mtime_ns, status.st_size)
            file = self._files.get(path)
            if file is None or file.changed != changed:
                plain = path.read_bytes()
                file = self._files[path] = _File(
                    changed,
                    MEDIA_TYPES[path.suffix],
                    hashlib.sha256(plain).hexdigest()[:20],
                    plain,
                    gzip.compress(plain, mtime=0) if path.suffix in _COMPRESSED and len(plain) > 1000 else None,
                )
        except OSError as error:
            raise missing from error
        return file
