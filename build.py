#!/usr/bin/env python3
"""Set up, run, test and check CryptoBot Desktop: ``python3 build.py run|test|check|bench|package [ARGS]``.

Needs nothing but Python 3.11 or newer. The first call makes a virtual environment and installs the
hash-locked requirements; a stamp in it lets later calls go straight to work. Because this file is
called ``build``, ``python -m build`` does not work in this folder: make wheels with ``uv build``.

The lock files are made with ``uv pip compile --universal --python-version 3.11 --generate-hashes
--no-emit-index-url --no-header --no-annotate`` (see requirements/README.md).
"""

import sys

if sys.hexversion < 0x030B0000:  # before anything else: the rest would fail in ways that do not tell why
    sys.stderr.write(f"build.py needs Python 3.11 or newer; this is Python {sys.version.split()[0]}.\n")
    sys.exit(2)

import ctypes
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "requirements"
VERBS = ("run", "test", "check", "bench", "package")
USAGE = f"usage: python3 build.py {'|'.join(VERBS)} [-- ARGS]"
TEST_PROCESSES = 2
# import-linter has no `python -m` form, and its script stops working when the folder is moved.
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"

# What Qt loads at run time on Linux, and the Debian package that brings it.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libOpenGL.so.0": "libopengl0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libdrm.so.2": "libdrm2",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libwayland-client.so.0": "libwayland-client0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
APT_PATIENCE = ("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=15", "-o", "DPkg::Lock::Timeout=60")
FONT_PACKAGE = "fonts-dejavu-core"
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")

# pip's words when the package index cannot be reached; everything else is shown as pip says it.
NETWORK_TROUBLE = re.compile(
    r"name resolution|Name or service not known|getaddrinfo|establish a new connection|Connection refused"
    r"|Network is unreachable|timed out|ConnectionResetError|ProxyError|SSLError|Max retries exceeded"
    r"|\(from versions: none\)",
    re.IGNORECASE,
)
# Not compiled ahead: ccxt's hundred exchanges (never imported in paper mode) and other people's tests.
NOT_COMPILED = r"[/\\](ccxt|tests|testing|examples)[/\\]"


class SetupError(Exception):
    """Setting up cannot go on; the text is all that the user gets to see."""


def main(arguments: list[str]) -> int:
    """Carry out one verb; return the exit status."""
    if not arguments or arguments[0] not in VERBS:
        print(USAGE, file=sys.stderr)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    verb, rest = arguments[0], arguments[1:]
    if rest[:1] == ["--"]:
        rest = rest[1:]
    try:
        return _carry_out(verb, rest)
    except SetupError as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _carry_out(verb: str, rest: list[str]) -> int:
    actions = {"run": run, "test": test, "check": check, "bench": bench, "package": package}
    return actions[verb](rest)


def run(arguments: list[str]) -> int:
    """Set up what the program needs, then become the program."""
    python = set_up("runtime")
    if _has_display() or not _tried_before(python):
        require_system_libraries(needed=_has_display())
    # -P: a file of the user's in the current folder must not shadow a module of ours.
    return _become([str(python), "-P", "-m", "cryptobot_desktop", *arguments])


def test(arguments: list[str]) -> int:
    """Set up the development requirements, then run the whole suite."""
    python = set_up("dev")
    require_system_libraries(needed=True)
    _offer_virtual_display()
    return _call([str(python), "-m", "pytest", "-n", str(_test_processes()), *arguments])


def check(arguments: list[str]) -> int:
    """Run format, lint, types, import contracts and house rules; go through all of them, then say what failed."""
    if arguments:
        raise SetupError(f"check takes no arguments, but was given {' '.join(arguments)}")
    python = set_up("dev")
    require_system_libraries(needed=True)  # pytest-qt loads Qt
    failed = [name for name, command in check_steps(python) if not _step_holds(name, command)]
    print(f"check: failed: {', '.join(failed)}" if failed else "check: all steps hold")
    return 1 if failed else 0


def check_steps(python: Path) -> list[tuple[str, list[str]]]:
    """Return the name and command of every step of ``check``."""
    tool = [str(python), "-m"]
    typed = [name for name in ("cryptobot_desktop", "build.py", "benchmarks") if (ROOT / name).exists()]
    return [
        ("format", [*tool, "ruff", "format", "--check", "."]),
        ("lint", [*tool, "ruff", "check", "."]),
        ("types", [*tool, "mypy", *typed]),
        ("import contracts", [str(python), "-c", LINT_IMPORTS, "--no-cache"]),
        ("house rules", [*tool, "pytest", "-q", "tests/house"]),
    ]


def bench(arguments: list[str]) -> int:
    """Run the benchmarks; they install the peers they compare with into an environment of their own."""
    script = ROOT / "benchmarks" / "run.py"
    if not script.is_file():
        raise SetupError(f"there are no benchmarks yet: {script} does not exist")
    return _call([str(set_up("runtime")), str(script), *arguments])


def package(_arguments: list[str]) -> int:
    """Say that there are no installers yet."""
    raise SetupError("installers are not made yet; nothing was built. `python3 build.py run` works from a clone.")


# --- the virtual environment -------------------------------------------------------------------


def set_up(profile: str) -> Path:
    """Make sure that the locked requirements of ``profile`` (``runtime`` or ``dev``) are installed.

    Returns the environment's interpreter. Costs a few milliseconds when nothing is to be done.
    """
    venv = venv_folder(ROOT, sys.version_info[:2])
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if python.exists() and is_stamped(venv, profile):
        return python
    if not _has_pip(python):
        _make_venv(venv)
    _install(python, venv, profile)
    write_stamp(venv, profile)
    return python


def venv_folder(root: Path, version: tuple[int, int]) -> Path:
    """Return ``.venv``, or ``.venv-X.Y`` where ``.venv`` belongs to another Python version."""
    folder = root / ".venv"
    wanted = f"{version[0]}.{version[1]}"
    if venv_version(folder) in (None, wanted):
        return folder
    return root / f".venv-{wanted}"


def venv_version(folder: Path) -> str | None:
    """Return the ``X.Y`` that a virtual environment was made with, None where there is none."""
    try:
        text = (folder / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r"^version(?:_info)?\s*=\s*(\d+\.\d+)", text, re.MULTILINE)
    return found.group(1) if found else None


def is_stamped(venv: Path, profile: str) -> bool:
    """Tell whether ``profile``, or one that contains it, was installed from the lock files as they are now."""
    return any(_read(venv / f".stamp-{name}") == fingerprint(name) for name in {profile, "dev"})


def write_stamp(venv: Path, profile: str) -> None:
    """Note that ``profile`` is installed completely."""
    (venv / f".stamp-{profile}").write_text(fingerprint(profile), encoding="utf-8")


def fingerprint(profile: str) -> str:
    """Return a hash over everything that decides what gets installed."""
    digest = hashlib.sha256(f"{sys.version}\n{ROOT}\n".encode())
    for path in (REQUIREMENTS / "build.lock", REQUIREMENTS / f"{profile}.lock"):
        digest.update(path.read_bytes())
    digest.update(_project_table((ROOT / "pyproject.toml").read_text(encoding="utf-8")).encode())
    return digest.hexdigest()


def _project_table(pyproject: str) -> str:
    """Cut out the tool settings: they change often and install nothing."""
    return pyproject.partition("\n[tool.ruff]")[0]


def _make_venv(venv: Path) -> None:
    _require_venv_module()
    _say(f"making {venv.name} with Python {sys.version.split()[0]}")
    made = _run([sys.executable, "-m", "venv", "--clear", str(venv)], quiet=True)
    if made.returncode:
        raise SetupError(f"could not make {venv}: {(made.stdout + made.stderr).strip()}")


def _require_venv_module() -> None:
    """Debian and Ubuntu keep a part of Python's own venv in a package of its own."""
    if importlib.util.find_spec("ensurepip") is None:
        name = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not install_packages([name]):
            raise SetupError(f"this Python cannot make virtual environments; please type: {_apt_command([name])}")


def _has_pip(python: Path) -> bool:
    return python.exists() and _succeeds([str(python), "-m", "pip", "--version"])


def _install(python: Path, venv: Path, profile: str) -> None:
    started = time.monotonic()
    count = (REQUIREMENTS / f"{profile}.lock").read_text(encoding="utf-8").count("==")
    _say(f"installing {count} locked packages into {venv.name} (first time only; usually under a minute)")
    locked = ["--require-hashes", "--no-build-isolation", "--no-compile", "-r"]
    _pip(python, [*locked, str(REQUIREMENTS / "build.lock")])
    _pip(python, [*locked, str(REQUIREMENTS / f"{profile}.lock")])
    _pip(python, ["--no-deps", "--no-build-isolation", "--no-compile", "-e", str(ROOT)])
    _say("compiling byte code, so that every start is quick")
    # A few files of others are templates, not Python; they fail to compile and never mattered.
    compiling = [str(python), "-m", "compileall", "-q", "-q", "-j", "0", "-x", NOT_COMPILED, str(venv / "lib")]
    _run(compiling, quiet=True)
    _say(f"ready after {time.monotonic() - started:.0f} s")


def _pip(python: Path, arguments: list[str]) -> None:
    command = [str(python), "-m", "pip", "install", "-q", "--no-input", "--disable-pip-version-check", *arguments]
    done = _run(command, quiet=True)
    if done.returncode:
        raise SetupError(explain_pip_failure(done.stdout + done.stderr))


def explain_pip_failure(output: str) -> str:
    """Return one line when the package index cannot be reached, otherwise the end of what pip said."""
    if NETWORK_TROUBLE.search(output):
        return "the package index cannot be reached; check the network (or pip's own settings) and type the same again"
    said = [line for line in output.splitlines() if line.strip() and not line.startswith("WARNING")]
    return "pip could not install the requirements:\n" + "\n".join(said[-15:])


# --- system libraries --------------------------------------------------------------------------


def require_system_libraries(*, needed: bool) -> None:
    """Install what Qt misses on this system, or say how; raise SetupError only where it is ``needed`` now."""
    if sys.platform != "linux":
        return
    missing = missing_libraries()
    if not missing or install_packages(list(missing.values())):
        return
    advice = _advice(missing)
    if needed:
        raise SetupError(advice)
    print(f"build.py: for the window, {advice}", file=sys.stderr)


def missing_libraries() -> dict[str, str]:
    """Return what Qt needs and the system lacks: library or ``a font`` -> Debian package."""
    missing = {library: name for library, name in QT_LIBRARIES.items() if not _can_load(library)}
    if not any(Path(folder).expanduser().is_dir() for folder in FONT_FOLDERS):
        missing["a font"] = FONT_PACKAGE
    return missing


def install_packages(names: list[str]) -> bool:
    """Install Debian packages where that is possible without asking; tell whether they are there now."""
    prefix = _root_prefix()
    if shutil.which("apt-get") is None or prefix is None:
        return False
    _say(f"installing system packages: {' '.join(names)}")
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", *APT_PATIENCE]
    install = [*quiet, "install", "-y", "--no-install-recommends", *names]
    if _succeeds(install):
        return True
    return _succeeds([*quiet, "update"]) and _succeeds(install)


def _advice(missing: dict[str, str]) -> str:
    if shutil.which("apt-get"):
        return f"system libraries are missing; please type: {_apt_command(list(missing.values()))}"
    return f"these system libraries are missing, please install them: {', '.join(missing)}"


def _apt_command(names: list[str]) -> str:
    return f"sudo apt-get install -y {' '.join(names)}"


def _root_prefix() -> list[str] | None:
    """Return what to put before a command to run it as root without a question, None if there is no way."""
    if os.name == "posix" and os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if shutil.which("sudo") and _succeeds(["sudo", "-n", "true"]) else None


def _can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _tried_before(python: Path) -> bool:
    """Tell whether system libraries were looked after once: without a display that is enough."""
    mark = python.parent.parent / ".stamp-libraries"
    if mark.exists():
        return True
    mark.touch()
    return False


def _has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _offer_virtual_display() -> None:
    """Install Xvfb where that is allowed; tests that want a real X server skip without it."""
    if sys.platform == "linux" and shutil.which("Xvfb") is None and not install_packages(["xvfb"]):
        _say("Xvfb is absent, tests that need an X server are skipped")


# --- processes ---------------------------------------------------------------------------------


def _environment() -> dict[str, str]:
    """Return the environment for children: byte code may be written, so that the next start is quick."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _become(command: list[str]) -> int:
    """Replace this process by ``command``; where the system cannot do that, run it as a child."""
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(command[0], command, _environment())  # noqa: S606 - the program takes our place on purpose
    return _run(command).returncode


def _call(command: list[str]) -> int:
    sys.stdout.flush()
    return _run(command, folder=ROOT).returncode


def _succeeds(command: list[str]) -> bool:
    return _run(command, quiet=True).returncode == 0


def _run(command: list[str], *, quiet: bool = False, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, check=False, capture_output=quiet, text=True, env=_environment(), cwd=folder)


def _step_holds(name: str, command: list[str]) -> bool:
    print(f"--- {name}", flush=True)
    started = time.monotonic()
    status = _call(command)
    print(f"--- {name}: {'FAILED' if status else 'ok'} ({time.monotonic() - started:.1f} s)", flush=True)
    return status == 0


def _test_processes() -> int:
    return min(TEST_PROCESSES, os.cpu_count() or 1)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _say(text: str) -> None:
    """Tell progress on standard error: standard output belongs to the program."""
    print(f"build.py: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
