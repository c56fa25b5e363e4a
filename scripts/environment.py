"""Virtual environments for the scripts beside this file; needs Python 3.11 and nothing else.

Each script has an environment of its own under ``.venv/``. It is made on the first run and made
again when the project's requirements change.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_REQUIREMENTS = ("pyproject.toml", "constraints.txt")


def prepare(name: str, *, extras: str = "") -> Path:
    """The Python of the environment ``.venv/<name>``, with the project and its extras installed."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file meets whatever Python is there
        sys.exit(f"Feathertrack needs Python 3.11 or later, this is {sys.version.split()[0]}")
    folder = ROOT / ".venv" / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "installed.txt"
    wanted = _fingerprint(extras)
    if not (python.exists() and stamp.exists() and stamp.read_text() == wanted):
        print(f"setting up {folder.relative_to(ROOT)} (once; a minute or a few)", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        project = f"{ROOT}[{extras}]" if extras else str(ROOT)
        install(python, "--editable", project)
        stamp.write_text(wanted)
    return python


def install(python: Path, *requirements: str) -> None:
    """Install into an environment, within the versions that constraints.txt pins."""
    options = [
        "--quiet",
        "--disable-pip-version-check",
        "--constraint",
        str(ROOT / "constraints.txt"),
    ]
    run(python, "-m", "pip", "install", *options, *requirements)


def run(python: Path, *words: str) -> None:
    """Run a command of an environment in the project's folder; leave with it if it fails."""
    status = subprocess.run([str(python), *words], cwd=ROOT, check=False).returncode
    if status:
        sys.exit(status)


def _fingerprint(extras: str) -> str:
    digest = hashlib.sha256(f"{sys.version} {extras}".encode())
    for name in _REQUIREMENTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()
