"""A page about trainings: curves of losses, rates, gradients, speed and validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from statistics import median
from typing import Any

from markupsafe import Markup

from feathertrack._version import __version__
from feathertrack.errors import InputError
from feathertrack.evaluation.json_paths import by_path
from feathertrack.evaluation.report.rendering import page_environment, resource
from feathertrack.evaluation.report.style import Style, assign_styles
from feathertrack.evaluation.report.svg import Draw, inline_svg, save_figure
from feathertrack.evaluation.report.training_figures import is_number, numbers, training_figures
from feathertrack.evaluation.training_log import TrainingRun
from feathertrack.video.outfiles import write_atomically, writing


@dataclass(frozen=True, kw_only=True)
class _Column:
    """A column of the table.

    Attributes:
        key: of the value in a row.
        head: what is above it, short.
        meaning: what it is, where the head does not say.
        words: it holds words, which may be broken, and not numbers.
    """

    key: str
    head: str
    meaning: str = ""
    words: bool = False


_COLUMNS = (
    _Column(key="recipe", head="Recipe", words=True),
    _Column(key="where", head="Where", meaning="processes x device, precision", words=True),
    _Column(key="epochs", head="Epochs"),
    _Column(key="steps", head="Steps"),
    _Column(key="loss", head="Last loss"),
    _Column(key="best", head="Best validation"),
    _Column(key="speed", head="Pairs/s", meaning="pairs per second, median"),
    _Column(key="waiting", head="Waiting", meaning="share of the time that pairs are waited for"),
    _Column(key="skipped", head="Steps left out", meaning="whose loss or gradient was not finite"),
    _Column(key="revision", head="Revision"),
)
_SHARED = ("recipe", "where", "skipped", "revision")
"""Columns that are a line above the table where all runs have the same there."""


def write_training_report(
    runs: Sequence[TrainingRun],
    *,
    page: Path | None,
    figures: Path | None = None,
    title: str = "Training report",
    created: str = "",
) -> list[Path]:
    """Write a page about trainings, and its figures for a paper; return the files.

    Args:
        runs: of ``find_runs``; several are drawn into the same figures.
        page: the HTML file; None writes none.
        figures: folder for every figure as PDF and SVG.
        title: heading of the page.
        created: when, as the page says it.

    Raises:
        InputError: no run has made a step yet, or a file cannot be written.
    """
    if not any(run.events("step") for run in runs):
        raise InputError(f"{runs[0].folder} has made no step that was logged: train it first")
    runs = _named_shortly(runs)
    styles = assign_styles(run.name for run in runs)
    draws = training_figures(runs, styles)
    written = []
    if page is not None:
        if page.is_dir():
            raise InputError(f"{page} is a folder: name a file in it")
        with writing(page):
            page.parent.mkdir(parents=True, exist_ok=True)
            text = _render(runs, draws, styles=styles, title=title, created=created)
            write_atomically(page, [text])
        written.append(page)
    if figures is not None:
        if figures.exists() and not figures.is_dir():
            raise InputError(f"{figures} is a file; figures go into a folder: name another")
        for key, draw in draws.items():
            written += save_figure(draw, figures / f"training-{key}")
    return written


def _named_shortly(runs: Sequence[TrainingRun]) -> list[TrainingRun]:
    """The runs without the folders that all their names begin with."""
    parts = [PurePosixPath(run.name).parts for run in runs]
    shared = 0
    while len(runs) > 1 and len({one[: shared + 1] for one in parts}) == 1:
        shared += 1
    return [
        replace(run, name=str(PurePosixPath(*one[shared:])))
        for run, one in zip(runs, parts, strict=True)
    ]


def _render(
    runs: Sequence[TrainingRun],
    draws: Mapping[str, Draw],
    *,
    styles: Mapping[str, Style],
    title: str,
    created: str,
) -> str:
    environment = page_environment()
    rows = [_row(run) for run in runs]
    shared = [one for one in _SHARED if len(rows) > 1 and len({row[one] for row in rows}) == 1]
    return environment.get_template("training.html").render(
        title=title,
        created=created,
        version=__version__,
        css=resource(environment, "report.css"),
        columns=[one for one in _COLUMNS if one.key not in shared],
        shared=[(one.head, rows[0][one.key]) for one in _COLUMNS if one.key in shared],
        rows=rows,
        styles=styles if len(runs) > 1 else {},
        notes=[(run.name, text) for run in runs for text in _notes(run)],
        figures=[
            Markup(inline_svg(draw, name=f"training-{key}", label=key))
            for key, draw in draws.items()
        ],
        recipes=[
            (run.name, [(path, str(value)) for path, value in by_path(run.recipe)])
            for run in runs
            if run.recipe
        ],
    )


def _row(run: TrainingRun) -> dict[str, str]:
    """What the table says of a run; "" for what is not known."""
    steps, starts = run.events("step"), run.events("start")
    last: Mapping[str, Any] = steps[-1] if steps else {}
    start: Mapping[str, Any] = starts[-1] if starts else {}
    losses = last.get("losses")
    speeds = numbers(steps, "pairs_per_second")[1]
    waits = numbers(steps, "data_wait")[1]
    epochs = run.recipe.get("loop", {}).get("epochs", "")
    done = max((int(line.get("epoch", 0)) for line in steps), default=0)
    return {
        "name": run.name,
        "recipe": _recipe_of(run, str(start.get("recipe", ""))),
        "where": f"{start.get('processes', 1)} x {start.get('device', '')}, "
        f"{start.get('precision', '')}",
        "epochs": f"{done} of {epochs}" if epochs else str(done),
        "steps": f"{last.get('step', 0):,}",
        "loss": f"{losses['total']:.4f}" if isinstance(losses, dict) and "total" in losses else "",
        **_best(run),
        "speed": f"{median(speeds):.1f}" if speeds else "",
        "waiting": f"{median(waits):.0%}" if waits else "",
        "skipped": str(last.get("skipped", "")),
        "revision": str(start.get("git_revision", ""))[:9],
    }


def _recipe_of(run: TrainingRun, recipe: str) -> str:
    """The name of a recipe without that of the stage, where the run is called like it."""
    return recipe.removesuffix(f"/{PurePosixPath(run.name).name}")


def _best(run: TrainingRun) -> dict[str, str]:
    """The first score of the best validation, and in ``others`` what else is known of it."""
    lines = [line for line in run.events("validation") if line.get("best")]
    if not lines:
        return {"best": "", "others": ""}
    scores = lines[-1].get("scores") or {}
    first, *rest = [f"{k} {v:.3f}" for k, v in scores.items() if is_number(v)] or [""]
    return {"best": first, "others": ", ".join([*rest, f"epoch {lines[-1].get('epoch')}"])}


def _notes(run: TrainingRun) -> list[str]:
    """What a reader must know: said when the run began or was taken up again, and on its way."""
    began = [str(text) for line in run.events("start") for text in line.get("notes") or ()]
    return list(dict.fromkeys([*began, *(str(one.get("text", "")) for one in run.events("note"))]))
