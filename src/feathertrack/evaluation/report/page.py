"""The page: figures, tables and pictures put into one HTML file that asks nobody for anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup
from matplotlib.figure import Figure

from feathertrack._version import __version__
from feathertrack.benchmarks import Benchmark
from feathertrack.evaluation.report.comparison import Comparison
from feathertrack.evaluation.report.cost_figures import draw_size_accuracy, has_sizes
from feathertrack.evaluation.report.costs import COST_HEADS, CostRow, cost_rows
from feathertrack.evaluation.report.curve_figures import available_curves, draw_curves
from feathertrack.evaluation.report.rank_figures import (
    draw_accuracy_robustness,
    draw_radar,
    draw_ranking,
    draw_speed,
    has_speed,
    radar_attributes,
)
from feathertrack.evaluation.report.rendering import (
    page_environment,
    resource,
    script_digest,
)
from feathertrack.evaluation.report.sequences import SequenceTable, sequence_table
from feathertrack.evaluation.report.stills import Still, draw_stills
from feathertrack.evaluation.report.style import Style
from feathertrack.evaluation.report.svg import inline_svg
from feathertrack.evaluation.report.tables import Row, measured_rows, notes_of, published_table
from feathertrack.evaluation.report.timeline import (
    NUM_SHOWN,
    best_and_worst,
    draw_timeline,
    frames_to_show,
)

Plot = Callable[[], Figure]


@dataclass(frozen=True, kw_only=True)
class Story:
    """A sequence frame by frame.

    Attributes:
        sequence: its name.
        kind: ``best`` or ``worst``.
        timeline: the figure.
        stills: frames of it.
    """

    sequence: str
    kind: str
    timeline: Markup
    stills: tuple[Still, ...]


@dataclass(frozen=True, kw_only=True)
class Section:
    """What the page says of one benchmark."""

    comparison: Comparison
    measured: list[Row]
    costs: list[CostRow]
    published: list[Row]
    others: list[Row]
    figures: tuple[Markup, ...]
    stories: tuple[Story, ...]
    sequences: SequenceTable | None
    attributes: tuple[str, ...]
    notes: list[str]


def section_plots(comparison: Comparison, *, styles: Mapping[str, Style]) -> dict[str, Plot]:
    """Name of a figure -> what draws it: those that the scores have the numbers for."""
    plots: dict[str, Plot] = {
        curve.key.replace("_", "-"): partial(draw_curves, comparison, curve, styles=styles)
        for curve in available_curves(comparison)
    }
    if any(entry.reliability is not None for entry in comparison.entries):
        plots["accuracy-robustness"] = partial(draw_accuracy_robustness, comparison, styles=styles)
    if len(comparison.entries) > 1:
        plots["ranking"] = partial(draw_ranking, comparison, styles=styles)
    if radar_attributes(comparison):
        plots["attributes"] = partial(draw_radar, comparison, styles=styles)
    if has_speed(comparison):
        plots["speed"] = partial(draw_speed, comparison, styles=styles)
    if has_sizes(comparison):
        plots["size"] = partial(draw_size_accuracy, comparison, styles=styles)
    return plots


def build_section(
    comparison: Comparison, *, styles: Mapping[str, Style], benchmark: Benchmark | None
) -> Section:
    """Draw everything that one benchmark shows."""
    figures = tuple(
        Markup(inline_svg(plot, name=f"{comparison.slug}-{name}", label=name.replace("-", " ")))
        for name, plot in section_plots(comparison, styles=styles).items()
    )
    best, worst = best_and_worst(comparison)
    named = [("best", name) for name in best] + [("worst", name) for name in worst]
    stories = tuple(
        _story(comparison, name, kind=kind, number=number, styles=styles, benchmark=benchmark)
        for number, (kind, name) in enumerate(named)
    )
    return Section(
        comparison=comparison,
        measured=measured_rows(comparison),
        costs=cost_rows(comparison),
        published=published_table(comparison),
        others=published_table(comparison, comparison.others),
        figures=figures,
        stories=stories,
        sequences=sequence_table(comparison),
        attributes=tuple(dict.fromkeys(a for e in comparison.entries for a in e.attributes)),
        notes=notes_of(comparison),
    )


def _story(
    comparison: Comparison,
    sequence: str,
    *,
    kind: str,
    number: int,
    styles: Mapping[str, Style],
    benchmark: Benchmark | None,
) -> Story:
    frames = frames_to_show(comparison, sequence)
    stills = draw_stills(comparison, sequence, frames, benchmark=benchmark, styles=styles)
    plot = partial(
        draw_timeline,
        comparison,
        sequence,
        styles=styles,
        marked=[still.frame for still in stills],
    )
    svg = inline_svg(
        plot, name=f"{comparison.slug}-story-{number}", label=f"overlap by frame of {sequence}"
    )
    return Story(sequence=sequence, kind=kind, timeline=Markup(svg), stills=tuple(stills))


def render_page(
    sections: Sequence[Section],
    *,
    styles: Mapping[str, Style],
    title: str,
    created: str,
    versions: Mapping[str, str],
    refused: Sequence[str] = (),
) -> str:
    """The whole page as text.

    Every name is escaped; a policy in the page forbids every request and every script but its own.
    """
    environment = page_environment()
    script = resource(environment, "sorting.js")
    return environment.get_template("report.html").render(
        sections=sections,
        styles=styles,
        title=title,
        created=created,
        version=__version__,
        versions=versions,
        refused=refused,
        num_shown=NUM_SHOWN,
        cost_heads=COST_HEADS,
        css=resource(environment, "report.css"),
        script=script,
        script_digest=script_digest(script),
    )
