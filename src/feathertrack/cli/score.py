"""``feathertrack score BENCHMARK``: score raw results that anybody made."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, UseAppendAction, arg

from feathertrack.cli._options import Flag
from feathertrack.cli._outcomes import print_tables
from feathertrack.cli._terminal import print_table, write_json
from feathertrack.cli.evaluate import open_benchmarks
from feathertrack.errors import InputError

if TYPE_CHECKING:
    from feathertrack.benchmarks import Benchmark
    from feathertrack.evaluation.records import TrackerRecords
    from feathertrack.evaluation.scoring import ScoreTable


@dataclass(frozen=True, kw_only=True)
class Score:
    """Score raw results of trackers, whoever made them.

    The format is found out: got10k, pysot, pytracking, OTB, LaSOT, VOT toolkit.

    Examples:
      feathertrack score otb100 --data OTB --results results/otb100
      feathertrack score otb100 --data OTB --results ATOM.zip --protocol otb@pysot
        --protocol otb@pytracking --json atom.json --csv atom.csv
      feathertrack score got10k_test --data GOT-10k --results results/got10k_test
        --submission mine.zip

    Attributes:
        benchmark: What the results are of, as otb100, lasot, got10k_val, vot2018.
        results: The folder or zip archive of one tracker, or one that holds a folder for each.
        data: The folder of the benchmark, or a json file of pysot's; synthetic needs none.
        protocol: How to score, as otb@pysot; repeat it. 'all' is every protocol that fits.
        partial: Score the sequences that have a result, where some have none.
        details: Print a row for each subset, attribute and sequence too.
        json: Write everything here: curves, sequences, attributes, intervals.
        csv: Write a line for each subset, attribute and sequence here.
        submission: Write the archive that the evaluation server takes (GOT-10k, TrackingNet), after
            checking that it is complete; nothing is scored.
    """

    benchmark: Positional[Annotated[str, arg(metavar="BENCHMARK")]]

    results: Annotated[Path | None, arg(metavar="DIR|ZIP", help_behavior_hint="(required)")] = None

    data: Annotated[Path | None, arg(metavar="ROOT", help_behavior_hint="")] = None

    protocol: Annotated[tuple[str, ...], UseAppendAction, arg(metavar="NAME")] = ()

    partial: Flag = False

    details: Flag = False

    json: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None

    csv: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None

    submission: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None

    def run(self) -> int:
        """Read, score, print and write."""
        from feathertrack.evaluation.differences import with_differences
        from feathertrack.evaluation.result_files import read_results, write_whole
        from feathertrack.evaluation.scoring import tables_csv

        if self.results is None:
            raise InputError("no results were named: give --results DIR or --results FILE.zip")
        (benchmark,) = open_benchmarks([self.benchmark], self.data)
        refused: list[InputError] = []
        trackers = read_results(self.results, benchmark, refused=refused)
        if self.submission is not None:
            if refused:
                raise refused[0]
            return self._submit(benchmark, trackers)
        tables = with_differences(self._tables(benchmark, trackers, refused))
        print_tables(tables)
        if self.details:
            for table in tables:
                _print_details(table)
        if self.json is not None:
            write_json(self.json, [table.to_json() for table in tables])
        if self.csv is not None:
            write_whole(self.csv, tables_csv(tables))
        for text in dict.fromkeys(map(str, refused)):
            print(f"not scored: {text}", file=sys.stderr)
        return 1 if refused else 0

    def _tables(
        self, benchmark: Benchmark, trackers: list[TrackerRecords], refused: list[InputError]
    ) -> list[ScoreTable]:
        """Scores of all that can be scored; ``refused`` takes the errors of the others."""
        from feathertrack.evaluation.gathering import Ground
        from feathertrack.evaluation.protocols import choose_results, find_protocol, score_records

        ground = Ground(benchmark)
        tables: list[ScoreTable] = []
        errors: list[InputError] = []
        unfit: dict[str, None] = {}
        for name in self._protocols(benchmark, trackers):
            protocol = find_protocol(name, benchmark)
            for results in choose_results(trackers, protocol):
                try:
                    tables.append(
                        score_records(results, ground, protocol=protocol.name, partial=self.partial)
                    )
                except InputError as error:
                    if "all" in self.protocol:
                        unfit[f"not scored by {protocol.name}: {error}"] = None
                    else:
                        errors.append(error)
        for text in unfit:
            print(text, file=sys.stderr)
        if errors and not tables:
            raise errors[0]
        refused += errors
        return tables

    def _protocols(
        self, benchmark: Benchmark, trackers: list[TrackerRecords]
    ) -> list[str] | list[None]:
        from feathertrack.evaluation.protocols import PROTOCOLS, protocols_of

        if "all" not in self.protocol:
            return list(self.protocol) or [None]
        there = {one.experiment for one in trackers}
        return [
            name for name in protocols_of(benchmark) if there & set(PROTOCOLS[name].experiments)
        ]

    def _submit(self, benchmark: Benchmark, trackers: list[TrackerRecords]) -> int:
        from feathertrack.evaluation.submissions import check_submission, write_submission

        assert self.submission is not None
        if len(trackers) != 1:
            names = ", ".join(one.tracker for one in trackers)
            raise InputError(f"{self.results} holds several trackers, a submission one: {names}")
        write_submission(trackers[0], benchmark, self.submission)
        check_submission(self.submission, benchmark)
        print(self.submission)
        return 0


def _print_details(table: ScoreTable) -> None:
    measures = list(dict.fromkeys(name for row in table.per_sequence.values() for name in row))
    rows = [
        (kind, name, *(f"{row[m]:.4f}" if m in row else "" for m in measures))
        for kind, group in (
            ("subset", table.subsets),
            ("attribute", table.per_attribute),
            ("sequence", table.per_sequence),
        )
        for name, row in group.items()
    ]
    print(f"\n{table.tracker}, {table.benchmark}, {table.protocol}")
    right = range(2, 2 + len(measures))
    print_table(("", "", *measures), rows, right=right)
