"""The log of a training, as a run folder keeps it: ``log.jsonl``, a JSON object a line.

The ``event`` of a line is ``start``, ``step``, ``validation``, ``picture``, ``note`` or ``end``;
``step`` counts steps of the optimiser and ``epoch`` from 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feathertrack.errors import InputError

_LARGEST = 2**28
"""Bytes of a log; a line each 20 steps of a million steps takes 25 MB."""
_DEEPEST = 3


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """A run folder as a report needs it.

    Attributes:
        name: of the folder, with those above it that tell it from the other runs.
        folder: where it is.
        recipe: as ``recipe.json`` says it; {} where that is missing.
        lines: of the log.
    """

    name: str
    folder: Path
    recipe: dict[str, Any]
    lines: tuple[dict[str, Any], ...]

    def events(self, event: str) -> list[dict[str, Any]]:
        """The lines of one kind."""
        return [line for line in self.lines if line.get("event") == event]


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a ``log.jsonl``; a last line that was cut off is left out.

    Raises:
        InputError: the file cannot be read, or another line is no JSON object.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path} has more than {_LARGEST} bytes: it is no log of a training")
        texts = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    lines = []
    for number, text in enumerate(texts, 1):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError) as error:
            if number == len(texts):
                break
            raise InputError(f"{path}, line {number} is no JSON: {text[:60]!r}") from error
        if not isinstance(line, dict):
            raise InputError(f"{path}, line {number} is no JSON object: {text[:60]!r}")
        lines.append(line)
    return lines


def find_runs(places: Iterable[str | Path]) -> list[TrainingRun]:
    """The run folders that these are, or that lie in them; [] when one of them holds none.

    Raises:
        InputError: a log is damaged.
    """
    found: list[tuple[Path, Path]] = []
    for place in map(Path, places):
        inside = _run_folders(place)
        if not inside:
            return []
        found += [(place, folder) for folder in inside]
    several = len({place for place, _ in found}) > 1
    return [
        TrainingRun(
            name=_name(place, folder, several=several),
            folder=folder,
            recipe=_read_recipe(folder / "recipe.json"),
            lines=tuple(read_log(folder / "log.jsonl")),
        )
        for place, folder in dict.fromkeys(found)
    ]


def _run_folders(place: Path) -> list[Path]:
    """Folders with a log, no deeper than a run of many stages has them, oldest log first."""
    layer, found = [place], []
    for _ in range(_DEEPEST + 1):
        layer = [folder for folder in layer if folder.is_dir()]
        found += [folder for folder in layer if (folder / "log.jsonl").is_file()]
        layer = sorted(inside for folder in layer for inside in folder.iterdir())
    return sorted(found, key=lambda folder: (folder / "log.jsonl").stat().st_mtime)


def _name(place: Path, folder: Path, *, several: bool) -> str:
    inside = folder.relative_to(place).as_posix()
    top = place.resolve().name
    if inside == ".":
        return top
    return f"{top}/{inside}" if several else inside


def _read_recipe(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    return content if isinstance(content, dict) else {}
