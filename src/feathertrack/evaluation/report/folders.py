"""What ``feathertrack evaluate`` and ``feathertrack score --json`` left in folders, read again.

A folder may hold tables of scores (JSON), raw results, or both. Tables are shown as they are. Where
a benchmark's data are here, its raw results give the timelines and pictures, and trackers without a
table of their own are scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feathertrack.benchmarks import Benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.gathering import Ground
from feathertrack.evaluation.report.configurations import config_of, read_json
from feathertrack.evaluation.report.evaluated import Evaluated
from feathertrack.evaluation.report.raw import evaluated_of
from feathertrack.evaluation.report.raw_folders import Key, Problems, read_raw
from feathertrack.evaluation.scoring import ScoreTable

_DEEPEST = 4
_TABLE = {"headline", "protocol", "tracker"}
"""Keys by which a table of scores is told from other JSON."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FolderContents:
    """What is known after reading folders.

    Attributes:
        evaluated: every tracker on every benchmark by every protocol.
        remarks: what could not be used, a sentence each.
        refused: trackers and tables that are malformed or cannot be scored, a sentence each.
    """

    evaluated: tuple[Evaluated, ...]
    remarks: tuple[str, ...] = field(default=())
    refused: tuple[str, ...] = field(default=())


def read_folders(
    places: Iterable[str | Path], *, benchmarks: Mapping[str, Benchmark] | None = None
) -> FolderContents:
    """Read everything that can be reported.

    Args:
        places: folders, or single JSON files of scores.
        benchmarks: name -> benchmark, for those whose data are here.

    Raises:
        InputError: a place does not exist, or there is nothing of use in any of them.
    """
    found: dict[Key, Evaluated] = {}
    problems = Problems()
    paths = [Path(place) for place in places]
    raw = [path for path in paths if path.is_dir() or path.suffix.lower() != ".json"]
    grounds = {name: Ground(benchmark) for name, benchmark in (benchmarks or {}).items()}
    for path in paths:
        num_refused = len(problems.refused)
        entries = list(_tables(path, problems.refused))
        for entry in entries:
            found.setdefault(_key(entry), entry)
        if path not in raw and not entries and len(problems.refused) == num_refused:
            problems.refused.append(f"{path} holds no table of scores: score --json writes some")
    for ground in grounds.values():
        problems.begin()
        for entry in read_raw(raw, ground, found, problems):
            found[_key(entry)] = entry
        asked = ground.benchmark.name != "synthetic" or not found  # it is always there
        problems.end(len(raw), asked=asked)
    problems.finish()
    if not found:
        raise InputError(
            f"{', '.join(map(str, paths))} holds no scores: write them with score --json, or give "
            "--data so that raw results can be scored"
            + "".join(f"; {text}" for text in dict.fromkeys(problems.remarks + problems.refused))
        )
    return FolderContents(
        evaluated=tuple(found.values()),
        remarks=tuple(dict.fromkeys(problems.remarks)),
        refused=tuple(dict.fromkeys(problems.refused)),
    )


def named_benchmarks(places: Iterable[str | Path]) -> list[str]:
    """Names of the benchmarks that the tables of scores in these places are about."""
    tables = (entry.scores for place in places for entry in _tables(Path(place), []))
    return list(dict.fromkeys(table.benchmark for table in tables))


def _key(entry: Evaluated) -> Key:
    return entry.scores.benchmark, entry.scores.protocol, entry.tracker


def _tables(place: Path, refused: list[str]) -> Iterator[Evaluated]:
    """Every table of scores in a JSON file, or in those of a folder, with its configuration."""
    for path in _json_files(place):
        values = read_json(path)
        for part in _objects(values):
            if set(part) >= _TABLE:
                try:
                    table = ScoreTable.from_json(part)
                    entry = evaluated_of(table, config=config_of(place, table))
                except InputError as error:
                    refused.append(f"{path}: {error}")
                    continue
                yield entry


def _json_files(place: Path) -> list[Path]:
    if not place.exists():
        raise InputError(f"{place} does not exist: name a folder that evaluate or score wrote")
    if place.is_file():
        return [place] if place.suffix.lower() == ".json" else []
    files: list[Path] = []
    folders = [place]
    for _ in range(_DEEPEST):
        inside = sorted(path for folder in folders for path in folder.iterdir())
        files += [path for path in inside if path.suffix.lower() == ".json" and path.is_file()]
        folders = [path for path in inside if path.is_dir() and not path.is_symlink()]
    return files


def _objects(values: Any) -> Iterator[Mapping[str, Any]]:
    """The object itself, and those in a list, also in a list under a key."""
    if isinstance(values, dict):
        yield values
        for inner in values.values():
            if isinstance(inner, list):
                yield from (one for one in inner if isinstance(one, dict))
    if isinstance(values, list):
        yield from (one for one in values if isinstance(one, dict))
