"""``trackers.ini``: where the VOT toolkit looks up how a tracker is started."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from feathertrack.errors import InputError
from feathertrack.video.outfiles import write_atomically, writing

Protocol = Literal["trax", "folder"]

_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")


def section(
    words: Sequence[str], *, protocol: Protocol, label: str, timeout: int = 300
) -> dict[str, str]:
    """What the toolkit must know of a tracker.

    The command names this Python by its full path, because the toolkit lives in an environment of
    its own, and modules of the current folder are found as they are here.

    Args:
        words: what follows ``feathertrack vot serve`` or ``feathertrack vot folder``.
        protocol: ``trax``, or ``folder``, which toolkits have from 0.9 on.
        label: what reports call the tracker.
        timeout: seconds that it may take to start and for a frame, for ``trax``. The toolkit's own
            30 s are too few where a network is compiled at the first frame.
    """
    action = {"trax": "serve", "folder": "folder"}[protocol]
    command = [sys.executable, "-m", "feathertrack", "vot", action, *words]
    values = {
        "label": label,
        "protocol": protocol,
        "command": _join(command),
        "env_PYTHONPATH": os.pathsep.join([str(Path.cwd()), *_python_path()]),
    }
    # Toolkit 0.9.0 cannot read a timeout of the folder protocol; it allows 30 s for every frame.
    return values if protocol == "folder" else {**values, "timeout": str(timeout)}


def add_section(path: Path, name: str, values: Mapping[str, str]) -> bool:
    """Add a tracker to a registry; what it holds already is left as it is.

    Returns:
        Whether the file was changed: not if it holds just this.

    Raises:
        InputError: the name is none, the file is no registry, or it holds another tracker of that
            name.
    """
    if not name or _UNFIT.search(name):
        raise InputError(f"{name!r} cannot name a tracker in {path}: use letters, digits, - and _")
    before, known = _read(path)
    escaped = {key: value.replace("%", "%%") for key, value in values.items()}
    if name in known:
        held = {key: known.get(name, key, raw=True) for key in known.options(name)}
        if held == {key.lower(): value for key, value in escaped.items()}:
            return False
        raise InputError(
            f"{path} holds another tracker called {name}: remove its section, or choose --id"
        )
    lines = [f"[{name}]", *(f"{key} = {value}" for key, value in escaped.items())]
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, [before, gap, "\n".join(lines), "\n"])
    return True


def fit_name(label: str) -> str:
    """A label as the toolkit takes the names of trackers.

    >>> fit_name("fdsiamfc_30@uav123")
    'fdsiamfc_30-uav123'
    """
    return _UNFIT.sub("-", label).strip("-")


def _join(command: Sequence[str]) -> str:
    """The toolkit takes the command apart as a POSIX shell does, but on Windows as Windows does."""
    import subprocess

    return subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)


def _python_path() -> list[str]:
    return [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]


def _read(path: Path) -> tuple[str, configparser.ConfigParser]:
    known = configparser.ConfigParser()
    if not path.exists():
        return "", known
    try:
        text = path.read_text(encoding="utf-8")
        known.read_string(text)
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} is no registry of trackers: {reason}") from error
    return text, known
