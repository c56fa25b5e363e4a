"""What ``feathertrack evaluate`` and ``feathertrack score --json`` left in folders, read again.

A folder may hold tables of scores (JSON), raw results, or both. Tables are shown as they are. Where
a benchmark's data are here, its raw results give the timelines and pictures, and trackers without a
table of their own are scored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from feathertrack.benchmarks import Benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.gathering import Ground
from feathertrack.evaluation.protocols import (
    PROTOCOLS,
    choose_results,
    find_protocol,
    score_records,
)
from feathertrack.evaluation.records import TrackerRecords
from feathertrack.evaluation.report.evaluated import Evaluated
from feathertrack.evaluation.report.raw import evaluated_of, with_raw_results
from feathertrack.evaluation.result_files.reading import read_results
from feathertrack.evaluation.scoring import ScoreTable

_LARGEST = 2**28
"""Bytes of a file of scores; 50 trackers on 10 benchmarks take 20 MB."""
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


@dataclass
class _Problems:
    """What could not be used, what is malformed, and what places lack of one benchmark.

    Attributes:
        remarks, refused: for the reader.
        empty: a sentence for each place that holds nothing of the benchmark.
        unfit: protocol -> a sentence for each place whose results it does not score.
    """

    remarks: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    unfit: dict[str, list[str]] = field(default_factory=dict)

    def begin(self) -> None:
        """Forget what places lack of the benchmark before."""
        self.empty.clear()
        self.unfit.clear()

    def end(self, num_places: int, *, asked: bool) -> None:
        """Remark on what no place has; results in one of them are enough."""
        if asked and len(self.empty) == num_places:
            self.remarks += self.empty
        for texts in self.unfit.values():
            if len(texts) + len(self.empty) == num_places:
                self.remarks += texts


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
    found: dict[tuple[str, str, str], Evaluated] = {}
    problems = _Problems()
    paths = [Path(place) for place in places]
    raw = [path for path in paths if path.is_dir() or path.suffix.lower() != ".json"]
    grounds = {name: Ground(benchmark) for name, benchmark in (benchmarks or {}).items()}
    for path in paths:
        for entry in _tables(path, problems.refused):
            found.setdefault(_key(entry), entry)
    for ground in grounds.values():
        problems.begin()
        for path in raw:
            for entry in _raw(path, ground, found, problems):
                found[_key(entry)] = entry
        asked = ground.benchmark.name != "synthetic" or not found  # it is always there
        problems.end(len(raw), asked=asked)
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


def _key(entry: Evaluated) -> tuple[str, str, str]:
    return entry.scores.benchmark, entry.scores.protocol, entry.tracker


def _tables(place: Path, refused: list[str]) -> Iterator[Evaluated]:
    """Every table of scores in a JSON file, or in those of a folder, with its configuration."""
    for path in _json_files(place):
        values = _read_json(path)
        for part in _objects(values):
            if set(part) >= _TABLE:
                try:
                    table = ScoreTable.from_json(part)
                    entry = evaluated_of(table, config=_config_of(place, table))
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


def _read_json(path: Path) -> Any:
    """The values of a file; None where it is no JSON, which is somebody else's business."""
    try:
        if path.stat().st_size > _LARGEST:
            return None
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _objects(values: Any) -> Iterator[Mapping[str, Any]]:
    """The object itself, and those in a list, also in a list under a key."""
    if isinstance(values, dict):
        yield values
        for inner in values.values():
            if isinstance(inner, list):
                yield from (one for one in inner if isinstance(one, dict))
    if isinstance(values, list):
        yield from (one for one in values if isinstance(one, dict))


def _config_of(place: Path, table: ScoreTable) -> dict[str, str]:
    """What made the raw results, as ``evaluate`` wrote it beside their folder."""
    root = place if place.is_dir() else place.parent
    for folder in (root / table.benchmark, root):
        values = _read_json(folder / f"{table.tracker}.run.json")
        if isinstance(values, dict):
            return dict(_flat(values))
    return {}


def _flat(values: Mapping[str, Any], *, lead: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, lead=f"{lead}{key}.")
        elif value is not None and not isinstance(value, list):
            yield f"{lead}{key}", str(value)


def _raw(
    place: Path,
    ground: Ground,
    known: Mapping[tuple[str, str, str], Evaluated],
    problems: _Problems,
) -> Iterator[Evaluated]:
    """Entries of one benchmark with their raw results; new ones where there was no table."""
    malformed: list[InputError] = []
    try:
        results = read_results(place, ground.benchmark, refused=malformed)
    except InputError as error:
        if not malformed:
            problems.empty.append(str(error))
        return
    finally:
        problems.refused += map(str, malformed)
    name = ground.benchmark.name
    protocols = {protocol for benchmark, protocol, _ in known if benchmark == name}
    for protocol in protocols or {find_protocol(None, ground.benchmark).name}:
        try:
            chosen = choose_results(results, PROTOCOLS[protocol])
        except (InputError, KeyError) as error:
            problems.unfit.setdefault(protocol, []).append(str(error))
            continue
        for one in _named(chosen, place):
            entry = known.get((name, protocol, one.tracker))
            if entry is None:
                entry = _scored(one, ground, protocol, place, problems.refused)
            if entry is None:
                continue
            try:
                yield with_raw_results(entry, one, ground)
            except InputError as error:
                problems.refused.append(f"{one.tracker}: {error}")


def _named(results: Sequence[TrackerRecords], place: Path) -> list[TrackerRecords]:
    """Results with a name each: that of the folder where the files lie in it without one."""
    return [one if one.tracker else replace(one, tracker=place.stem) for one in results]


def _scored(
    results: TrackerRecords, ground: Ground, protocol: str, place: Path, refused: list[str]
) -> Evaluated | None:
    try:
        table = score_records(results, ground, protocol=protocol, partial=True)
        return evaluated_of(table, config=_config_of(place, table))
    except InputError as error:
        refused.append(f"{results.tracker}: {error}")
        return None
