"""``feathertrack report DIR...``: one page of everything that was evaluated."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, UseAppendAction, arg

from feathertrack.cli._options import Flag
from feathertrack.errors import InputError, require

if TYPE_CHECKING:
    from feathertrack.benchmarks import Benchmark
    from feathertrack.evaluation.training_log import TrainingRun


@dataclass(frozen=True, kw_only=True)
class Report:
    """Make a page, figures and tables of what was evaluated.

    One HTML file that needs no network; --data adds frames of sequences to it.

    Examples:
      feathertrack report runs
      feathertrack report runs --data ~/data/OTB100 --output otb.html
      feathertrack report runs/siamfc_got10k --output training.html
      feathertrack report a b --figures figures
        --latex tables.tex --markdown tables.md

    Attributes:
        folders: Folders that evaluate wrote, files of score --json, folders of raw results, or
            of trainings.
        output: The page. It names trackers that cannot be scored; the status is then 1.
        figures: A folder for every figure, as PDF and SVG.
        latex: A file for tables in LaTeX, for the packages booktabs and graphicx.
        markdown: A file for tables in Markdown.
        data: The folder of the benchmark; of several, the folder that holds one folder for each
            name.
        benchmark: What the raw results are of, where no scores lie beside them. Repeat it.
        title: Heading of the page.
        no_published: Leave out what others published about the benchmarks.
    """

    folders: Positional[Annotated[tuple[Path, ...], arg(metavar="DIR...")]]

    output: Annotated[Path, arg(metavar="FILE")] = Path("report.html")

    figures: Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")] = None

    latex: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None

    markdown: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None

    data: Annotated[Path | None, arg(metavar="ROOT", help_behavior_hint="")] = None

    benchmark: Annotated[tuple[str, ...], UseAppendAction, arg(metavar="NAME")] = ()

    title: Annotated[str, arg(metavar="TEXT")] = "Tracking report"

    no_published: Flag = False

    def run(self) -> int:
        """Read, draw, write, and print the name of every file."""
        require("matplotlib", extra="report")
        require("jinja2", extra="report")
        from feathertrack.evaluation.report import ReportOutputs, write_report
        from feathertrack.evaluation.report.folders import named_benchmarks, read_folders
        from feathertrack.evaluation.training_log import find_runs

        if not self.folders:
            raise InputError("no folder was named: feathertrack report DIR, as evaluate wrote it")
        if runs := find_runs(self.folders):
            return self._trainings(runs)
        names = list(dict.fromkeys([*self.benchmark, *named_benchmarks(self.folders)]))
        benchmarks = self._open(names)
        contents = read_folders(self.folders, benchmarks=benchmarks)
        for text in contents.remarks:
            print(f"feathertrack: note: {text}", file=sys.stderr)
        written = write_report(
            contents.evaluated,
            ReportOutputs(
                page=self.output, figures=self.figures, latex=self.latex, markdown=self.markdown
            ),
            benchmarks=benchmarks,
            title=self.title,
            created=f"{datetime.datetime.now():%Y-%m-%d %H:%M}",
            published=not self.no_published,
            refused=contents.refused,
        )
        for path in written:
            print(path)
        for text in contents.refused:
            print(f"not scored: {text}", file=sys.stderr)
        return 1 if contents.refused else 0

    def _trainings(self, runs: Sequence[TrainingRun]) -> int:
        from feathertrack.evaluation.report.training_run import write_training_report

        if self.latex is not None or self.markdown is not None:
            raise InputError("a training has curves, no tables: leave --latex and --markdown out")
        title = self.title if self.title != Report.title else "Training report"
        created = f"{datetime.datetime.now():%Y-%m-%d %H:%M}"
        for path in write_training_report(
            runs, page=self.output, figures=self.figures, title=title, created=created
        ):
            print(path)
        return 0

    def _open(self, names: Sequence[str]) -> dict[str, Benchmark]:
        """The benchmarks whose data are here; ``synthetic`` always is."""
        from feathertrack.benchmarks import open_benchmark

        opened = {}
        for name in names:
            if self.data is None and name != "synthetic":
                continue
            own = None if self.data is None else self.data / name
            root = own if own is not None and own.is_dir() else self.data
            try:
                opened[name] = open_benchmark(name, None if name == "synthetic" else root)
            except InputError as error:
                if name in self.benchmark or len(names) == 1:
                    raise
                print(f"feathertrack: note: {error}", file=sys.stderr)
        return opened
