"""What an evaluation writes beside raw results: what made them, and the tables of scores."""

from __future__ import annotations

import contextlib
import json
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from feathertrack._version import __version__
from feathertrack.errors import InputError
from feathertrack.evaluation.identity import DIGEST, SETTINGS
from feathertrack.evaluation.model_facts import FACTS
from feathertrack.evaluation.result_files import write_whole
from feathertrack.evaluation.scoring import ScoreTable, tables_csv
from feathertrack.lock import exclusive

_TRIES, _PAUSE = 100, 0.1
"""How often, and how many seconds apart, it is seen whether another process writes scores."""

_NEEDED, _UNKNOWN = (SETTINGS, DIGEST), "not written down at that time"
"""What results must say of themselves to be gone on with: they may be anybody's."""


def claim_folder(folder: Path, wanted: Mapping[str, Any]) -> None:
    """Write ``<folder>.run.json``, or see that it says the same.

    Args:
        folder: of the raw results of one tracker.
        wanted: what decides them.

    Raises:
        InputError: the folder holds results of something else, or a file is in its place.
    """
    for above in (folder, *folder.parents):
        if above.is_file():
            raise InputError(f"output {above} is a file: name a folder, it is made where missing")
    path = folder.with_name(f"{folder.name}.run.json")
    known = _read_json(path)
    has_results = folder.is_dir() and any(folder.iterdir())
    if known is None and has_results:
        raise InputError(
            f"{folder} holds files that this command did not write: choose another --output"
        )
    for key, value in wanted.items():
        before = (known or {}).get(key, _UNKNOWN if has_results and key in _NEEDED else value)
        if key != FACTS and before != value:
            raise InputError(
                f"{folder} holds results of another run ({key}: {_difference(before, value)}): "
                f"choose another --output, or remove the folder and {path.name}"
            )
    if known is None or not wanted.keys() <= known.keys():
        content = {**wanted, **_machine(), **(known or {})}
        write_whole(path, json.dumps(content, indent=1) + "\n")


def _difference(before: object, now: object) -> str:
    """What it was and what it is; of many settings, those that are not the same."""
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return f"{before}, now {now}"
    return "; ".join(
        f"{name} {_difference(before.get(name), now.get(name))}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    )


def _machine() -> dict[str, str]:
    return {
        "feathertrack": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}; remove it to start anew") from error
    return content if isinstance(content, dict) else {}


def write_scores(output: Path, tables: Sequence[ScoreTable]) -> None:
    """Write ``scores.json`` and ``scores.csv``: these tables, and those that were there before.

    A table takes the place of the one of the same benchmark, protocol and tracker. One whose raw
    results were removed is dropped.
    """
    path = output / "scores.json"
    with _alone(output):
        before = [table for table in _tables_in(path) if (output / _folder(table)).is_dir()]
        merged = {_key(table): table for table in [*before, *tables]}.values()
        values = [table.to_json() for table in merged]
        write_whole(path, json.dumps(values, indent=1) + "\n")
        write_whole(output / "scores.csv", tables_csv(list(merged)))


@contextlib.contextmanager
def _alone(output: Path) -> Iterator[None]:
    """Wait for other processes that write scores to the folder, but not for ever."""
    with contextlib.ExitStack() as stack:
        for _ in range(_TRIES):
            if stack.enter_context(exclusive(output / ".scores.lock")):
                break
            time.sleep(_PAUSE)
        yield


def _tables_in(path: Path) -> list[ScoreTable]:
    """The tables of a file; none where it is missing, or holds something else."""
    try:
        return [ScoreTable.from_json(one) for one in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError, AttributeError, InputError):
        return []  # raw results are what counts: feathertrack score makes tables of them


def _key(table: ScoreTable) -> tuple[str, str, str]:
    return table.benchmark, table.protocol, table.tracker


def _folder(table: ScoreTable) -> Path:
    return Path(table.benchmark) / table.tracker
