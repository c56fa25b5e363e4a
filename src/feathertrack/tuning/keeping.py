"""Raw results of every point and sequence, in the layout of ``feathertrack evaluate``.

``FOLDER/<benchmark>/<tracker>-<key>/`` holds the results of one point, written sequence by
sequence, whole or not at all: what is there is never run again, and any command that reads raw
results can read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from feathertrack.benchmarks import Benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.contestants import Contestant
from feathertrack.evaluation.gathering import Ground
from feathertrack.evaluation.outputs import claim_folder
from feathertrack.evaluation.protocols import choose_results, find_protocol, score_records
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.result_files import read_results
from feathertrack.evaluation.running import count_rows, expected_runs
from feathertrack.evaluation.runs import Run, list_runs
from feathertrack.evaluation.scoring import ScoreTable
from feathertrack.tuning.axes import CHECKPOINT
from feathertrack.tuning.spaces import Point, Space, changes_of, key_of


@dataclass(frozen=True, eq=False)
class Kept:
    """The results of a search on one part of a benchmark.

    Attributes:
        folder: where they lie.
        contestants: the tracker, once for every file of weights.
        space: of the search.
        benchmark: the part.
        protocol: how to run and score; "" for the benchmark's default.
        seed: of all runs.
        timed: times of results count, so results without them are none.
    """

    folder: Path
    contestants: tuple[Contestant, ...]
    space: Space
    benchmark: Benchmark
    protocol: str
    seed: int
    timed: bool = False

    @cached_property
    def ground(self) -> Ground:
        """The sequences, each read once."""
        return Ground(self.benchmark)

    @cached_property
    def runs(self) -> list[Run]:
        """How each contestant is run."""
        return list_runs(
            self.contestants,
            [self.benchmark],
            protocols=[self.protocol] if self.protocol else [],
            output=self.folder,
            format=None,
            seed=self.seed,
        )

    def number_of(self, point: Point) -> int:
        """Which contestant runs a point.

        Raises:
            InputError: the point is of weights that are not there any more.
        """
        wanted = dict(point).get(CHECKPOINT, self.contestants[0].label)
        for number, one in enumerate(self.contestants):
            if one.label == wanted:
                return number
        raise InputError(f"there are no weights {wanted!r} for a point of the study")

    @property
    def untuned(self) -> str:
        """The file that untuned settings run with, of several the first; "" where there is one."""
        return self.contestants[0].label if len(self.contestants) > 1 else ""

    def missing(self, point: Point, names: Sequence[str]) -> list[str]:
        """The sequences of a point that have no whole result."""
        run = self._run(point)
        assert run.writer is not None
        lacking = []
        for name in names:
            expected = expected_runs(self.ground[name], run.plan)
            if self.timed:
                expected = [replace(one, times=one.boxes[:, 0]) for one in expected]
            rows = [count_rows(self.ground[name], one) for one in expected]
            if not (run.writer.is_there(expected) and run.writer.is_whole(expected, rows)):
                lacking.append(name)
        return lacking

    def begin(self, point: Point) -> None:
        """Write down what makes the results of a point, or see that it is the same.

        Raises:
            InputError: the folder holds results of something else.
        """
        run = self._run(point)
        assert run.writer is not None
        claim_folder(
            run.writer.folder,
            {
                **self._configurations[self.number_of(point)],
                "label": self.label(point),
                "settings": repr(self.space.settings_at(point)),
                "point": changes_of(point),
                "seed": self.seed,
                f"format of {run.plan.kind}": run.writer.format,
            },
        )

    def write(self, point: Point, records: Sequence[Record]) -> None:
        """Keep the records of a sequence."""
        writer = self._run(point).writer
        assert writer is not None
        writer.write(records)

    def score(self, point: Point, names: Sequence[str]) -> ScoreTable:
        """Score a point on sequences that it has results of.

        Raises:
            InputError: a result is missing or malformed.
        """
        run = self._run(point)
        assert run.writer is not None
        part = replace(self.benchmark, names=tuple(names))
        protocol = find_protocol(self.protocol or None, part)
        found = choose_results(read_results(run.writer.folder, part), protocol)[0]
        kept = {name: found.records[name] for name in names if name in found.records}
        ground = self.ground if part.names == self.benchmark.names else Ground(part)
        found = replace(found, tracker=self.label(point), records=kept)
        return score_records(found, ground, protocol=protocol.name)

    def label(self, point: Point) -> str:
        """What the folder of a point is called."""
        label = self.contestants[self.number_of(point)].label
        return f"{label}-{key_of(point) if point else 'untuned'}"

    def _run(self, point: Point) -> Run:
        run = self.runs[self.number_of(point)]
        assert run.writer is not None
        folder = run.writer.folder.with_name(self.label(point))
        return replace(run, writer=replace(run.writer, folder=folder))

    @cached_property
    def _configurations(self) -> list[dict[str, Any]]:
        values = [one.configuration() for one in self.contestants]
        for one in values:
            one.pop("device", None)  # a search may use several
        return values
