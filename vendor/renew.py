#!/usr/bin/env python3
"""Renew the third-party browser files in this folder from npm.

``versions.json`` lists, for each package, its version, licence, the digest of its archive and which
files of it lie here under which names. To take a newer version: change ``version``, delete
``integrity``, run this script, try the pages, commit.

    python vendor/renew.py            all packages
    python vendor/renew.py vue weui   only these

Needs ``npm`` on the path; it fetches the archives from the registry it is set up for. An archive whose
digest is not the recorded one is refused and nothing of that package changes. Licences come along.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIST = HERE / "versions.json"
FETCH_SECONDS = 120


def fetch(name: str, version: str, into: Path) -> Path:
    """The package's archive, brought by ``npm pack``. Raises SystemExit when npm cannot."""
    command = ["npm", "pack", f"{name}@{version}", "--json", "--pack-destination", str(into)]
    try:
        done = subprocess.run(command, cwd=into, capture_output=True, text=True, timeout=FETCH_SECONDS, check=True)
    except FileNotFoundError:
        sys.exit("npm is not installed or not on the path")
    except subprocess.TimeoutExpired:
        sys.exit(f"{name}@{version}: npm did not answer within {FETCH_SECONDS} s")
    except subprocess.CalledProcessError as error:
        sys.exit(f"{name}@{version}: npm says: {error.stderr.strip()}")
    return into / str(json.loads(done.stdout)[0]["filename"])


def integrity_of(archive: Path) -> str:
    """The archive's digest as npm writes it: ``sha512-`` and base64."""
    return "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()


def unpack(archive: Path, files: dict[str, str], folder: Path) -> None:
    """Replace ``folder`` by the named files of the archive (``{path in the package: name here}``)."""
    contents = {}
    with tarfile.open(archive) as tar:
        for source, target in files.items():
            try:
                member = tar.extractfile(f"package/{source}")
            except KeyError:
                member = None
            if member is None:
                sys.exit(f"{archive.name} has no file {source}")
            contents[target] = member.read()
    if folder.exists():
        for old in sorted(folder.rglob("*"), reverse=True):
            old.rmdir() if old.is_dir() else old.unlink()
    for target, content in contents.items():
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def main(names: list[str]) -> None:
    packages = json.loads(LIST.read_text("utf-8"))
    unknown = [name for name in names if name not in packages]
    if unknown:
        sys.exit(f"not in versions.json: {', '.join(unknown)}")
    for name in names or packages:
        package = packages[name]
        with tempfile.TemporaryDirectory() as scratch:
            archive = fetch(name, package["version"], Path(scratch))
            digest = integrity_of(archive)
            if package.setdefault("integrity", digest) != digest:
                sys.exit(f"{name}@{package['version']}: the archive is not the recorded one, nothing changed")
            unpack(archive, package["files"], HERE / name)
        print(f"{name} {package['version']}: {len(package['files'])} files")
    LIST.write_text(json.dumps(packages, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
