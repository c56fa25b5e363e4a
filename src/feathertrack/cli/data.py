"""``feathertrack data check NAME ROOT``: is everything of a benchmark there?"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from feathertrack.cli._options import Flag
from feathertrack.cli._terminal import progress
from feathertrack.errors import InputError

if TYPE_CHECKING:
    from feathertrack.benchmarks import Benchmark
    from feathertrack.benchmarks.checking import Check


@dataclass(frozen=True, kw_only=True)
class CheckData:
    """Check the files of a benchmark: which are needed, which missing.

    The exit status is 1 where something is missing or cannot be read.

    Examples:
      feathertrack data check otb100 ~/data/OTB100
      feathertrack data check lasot ~/data/LaSOT --images --json

    Attributes:
        name: A benchmark, as otb100, uav123, lasot, got10k_val, vot2018 or folder.
        root: The folder of its data, or a json file of pysot's.
        edition: Which edition, where a benchmark has several: official or got10k of otb, pysot or
            toolkit of vot, TEST or TRAIN_0 to TRAIN_11 of trackingnet, a box format of folder.
        images: Open and decode every picture too, which takes long.
        lines: How many problems to print.
        json: Print JSON with every problem instead of text.
    """

    name: Positional[Annotated[str, arg(metavar="NAME")]]

    root: Positional[
        Annotated[
            Path | None, arg(metavar="[ROOT]", help_behavior_hint="(required, but for synthetic)")
        ]
    ] = None

    edition: Annotated[
        str | None, arg(metavar="official|got10k|TRAIN_0|...", help_behavior_hint="")
    ] = None

    images: Flag = False

    lines: Annotated[int, arg(metavar="N")] = 30

    json: Flag = False

    def run(self) -> int:
        """Check, print, and return 1 where something is missing."""
        from feathertrack.benchmarks import list_benchmarks, open_benchmark
        from feathertrack.benchmarks.checking import check_sequences, together

        if self.root is None and self.name != "synthetic" and self.name in list_benchmarks():
            raise InputError(
                f"{self.name} needs the folder of its data: "
                f"feathertrack data check {self.name} ROOT"
            )
        benchmark = open_benchmark(self.name, self.root, version=self.edition)
        checks = check_sequences(benchmark, images=self.images)
        check = together(progress(checks, total=len(benchmark) + 1, name="checking"))
        if self.json:
            print(json.dumps(_as_json(benchmark, check), indent=1))
        else:
            _print(benchmark, check, lines=self.lines)
        return 0 if check.complete else 1


def _as_json(benchmark: Benchmark, check: Check) -> dict[str, object]:
    return {
        "benchmark": benchmark.name,
        "root": str(benchmark.root),
        "expected": benchmark.tree,
        "verified": benchmark.verified,
        "complete": check.complete,
        "sequences": check.num_sequences,
        "incomplete_sequences": check.num_incomplete,
        "frames": check.num_frames,
        "problems": [{**asdict(one), "missing": one.missing} for one in check.problems],
    }


def _print(benchmark: Benchmark, check: Check, *, lines: int) -> None:
    print(f"root      {benchmark.root}")
    print(f"expected  {benchmark.tree}")
    where = "of the package" if benchmark.verified else "read off the root: list unverified"
    noun = "sequence" if len(benchmark) == 1 else "sequences"
    print(f"list      {len(benchmark)} {noun}, {where}")
    for problem in check.problems[: max(lines, 0)]:
        label = "note" if not problem.missing else f"missing {problem.kind}"
        if problem.kind in ("ground truth", "picture", "duplicate"):
            label = problem.kind
        print(f"{label}: {problem.sequence + ': ' if problem.sequence else ''}{problem.text}")
    if len(check.problems) > lines:
        print(f"... and {len(check.problems) - lines} more: --lines N, or --json for all")
    print(_sentence(check))


def _sentence(check: Check) -> str:
    whole = check.num_sequences - check.num_incomplete
    text = f"{whole} of {check.num_sequences} sequences are complete, {check.num_frames:,} frames"
    counts: Counter[str] = Counter()
    for problem in check.problems:
        if problem.missing:
            counts[problem.kind] += problem.count if problem.kind == "frames" else 1
    said = {
        "frames": "frames missing",
        "file": "files of ground truth missing",
        "ground truth": "with faults in the ground truth",
        "picture": "pictures unreadable",
    }
    parts = [f"{counts[kind]:,} {words}" for kind, words in said.items() if counts[kind]]
    return "; ".join([text, *parts])
