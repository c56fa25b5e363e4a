"""From scores to files: the page, and figures and tables for a paper."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from feathertrack.errors import InputError, require
from feathertrack.evaluation.report.evaluated import Evaluated
from feathertrack.video.outfiles import write_atomically, writing

if TYPE_CHECKING:
    from feathertrack.benchmarks import Benchmark
    from feathertrack.evaluation.report.comparison import Comparison
    from feathertrack.evaluation.report.style import Style

_VERSIONS = ("numpy", "opencv-contrib-python-headless", "onnxruntime", "openvino", "torch")


@dataclass(frozen=True, kw_only=True)
class ReportOutputs:
    """Where a report goes; what is None is not written.

    Attributes:
        page: one HTML file.
        figures: folder for every figure as PDF and SVG.
        latex: file of tables.
        markdown: file of tables.
    """

    page: Path | None = None
    figures: Path | None = None
    latex: Path | None = None
    markdown: Path | None = None


def write_report(
    evaluated: Iterable[Evaluated],
    outputs: ReportOutputs,
    *,
    benchmarks: Mapping[str, Benchmark] | None = None,
    title: str = "Tracking report",
    created: str = "",
    published: bool = True,
    refused: Sequence[str] = (),
) -> list[Path]:
    """Write a report and return the files, in the order in which they were written.

    Args:
        evaluated: every tracker on every benchmark.
        outputs: what to write.
        benchmarks: name -> benchmark, for those whose frames are here: the page shows some.
        title: heading of the page.
        created: when, as the page says it; nothing without.
        published: show what others published about the benchmarks, marked as such.
        refused: what could not be scored and why, for the page to say.

    Raises:
        MissingExtra: matplotlib or jinja2 is not installed.
        InputError: there is nothing to report, or a file cannot be written.
    """
    require("matplotlib", extra="report")
    require("jinja2", extra="report")
    from feathertrack.evaluation.report.comparison import compare
    from feathertrack.evaluation.report.style import assign_styles

    comparisons = compare(evaluated, published=published)
    styles = assign_styles(entry.tracker for part in comparisons for entry in part.entries)
    written: list[Path] = []
    if outputs.page is not None:
        text = _page(
            comparisons, styles, benchmarks or {}, title=title, created=created, refused=refused
        )
        written.append(_write(outputs.page, text))
    if outputs.figures is not None:
        written += _figures(comparisons, styles, outputs.figures)
    return written + _tables(comparisons, outputs)


def _page(
    comparisons: list[Comparison],
    styles: Mapping[str, Style],
    benchmarks: Mapping[str, Benchmark],
    *,
    title: str,
    created: str,
    refused: Sequence[str],
) -> str:
    from feathertrack.evaluation.report.page import build_section, render_page

    sections = [
        build_section(part, styles=styles, benchmark=benchmarks.get(part.benchmark))
        for part in comparisons
    ]
    return render_page(
        sections,
        styles=styles,
        title=title,
        created=created,
        versions=installed_versions(),
        refused=refused,
    )


def _figures(
    comparisons: list[Comparison], styles: Mapping[str, Style], folder: Path
) -> list[Path]:
    from feathertrack.evaluation.report.page import section_plots
    from feathertrack.evaluation.report.svg import save_figure

    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; figures go into a folder: name another")
    paths = []
    for part in comparisons:
        for name, plot in section_plots(part, styles=styles).items():
            paths += save_figure(plot, folder / f"{part.slug}-{name}")
    return paths


def _tables(comparisons: list[Comparison], outputs: ReportOutputs) -> list[Path]:
    from feathertrack.evaluation.report.tables import to_latex, to_markdown

    written = []
    if outputs.latex is not None:
        written.append(_write(outputs.latex, to_latex(comparisons)))
    if outputs.markdown is not None:
        written.append(_write(outputs.markdown, to_markdown(comparisons)))
    return written


def _write(path: Path, text: str) -> Path:
    if path.is_dir():
        raise InputError(f"{path} is a folder: name a file in it")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, [text])
    return path


def installed_versions() -> dict[str, str]:
    """Python, the system, and the packages that numbers may hang on."""
    found = {"Python": platform.python_version(), "System": platform.platform(terse=True)}
    for name in _VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
