"""The page itself: warning, winner, figures, all points, and what they were tuned on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from feathertrack._version import __version__
from feathertrack.errors import InputError
from feathertrack.evaluation.report.rendering import page_environment, resource, script_digest
from feathertrack.evaluation.report.svg import inline_svg
from feathertrack.tuning.axes import Axis, shown
from feathertrack.tuning.page.figures import Drawn, search_plots
from feathertrack.tuning.ranking import is_fast_enough
from feathertrack.video.outfiles import write_atomically, writing

if TYPE_CHECKING:
    from feathertrack.tuning.session import Conclusion, Session
    from feathertrack.tuning.study import Tried
    from feathertrack.tuning.winning import Verdict


def write_page(path: Path, session: Session, conclusion: Conclusion, *, created: str = "") -> Path:
    """Write the page about a search, whole or not at all.

    Args:
        path: the HTML file.
        session: what was searched.
        conclusion: what came of it.
        created: when, as the page says it.

    Raises:
        InputError: the file cannot be written.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder: name a file in it")
    text = render_page(session, conclusion, created=created)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, [text])
    return path


def render_page(session: Session, conclusion: Conclusion, *, created: str = "") -> str:
    """The page as text; it asks nobody for anything."""
    environment = page_environment("feathertrack.tuning.page")
    script = resource(environment, "sorting.js")
    drawn = Drawn(
        axes=_varied(session.strategy.space.axes, conclusion.tried),
        objectives=session.objectives,
        done=tuple(conclusion.best),
        stopped=tuple(one for one in conclusion.tried if one.state == "stopped"),
        front=tuple(conclusion.front),
    )
    figures = {
        name: Markup(inline_svg(plot, name=f"tuning-{number}", label=name))
        for number, (name, plot) in enumerate(search_plots(drawn).items())
    }
    return environment.get_template("tuning.html").render(
        title=f"{_winners_name(session, conclusion)} tuned on {session.parts.tuned.name}",
        untuned=session.kept.untuned,
        created=created,
        version=__version__,
        css=resource(environment, "report.css"),
        script=script,
        script_digest=script_digest(script),
        session=session,
        parts=session.parts,
        states=_states(conclusion.tried),
        verdicts=[_verdict(one) for one in conclusion.verdicts],
        figures=figures,
        axes=session.strategy.space.axes,
        objectives=session.objectives,
        rows=_rows(session, conclusion),
        winner=_winner(session, conclusion),
        presets=[path.name for path in conclusion.presets],
        several=len(session.objectives) > 1,
    )


def _winners_name(session: Session, conclusion: Conclusion) -> str:
    return session.kept.contestants[session.kept.number_of(conclusion.best[0].point)].label


def _varied(axes: Sequence[Axis], tried: Sequence[Tried]) -> tuple[Axis, ...]:
    """The axes on which points differ."""
    values = [dict(one.point) for one in tried]
    return tuple(axis for axis in axes if len({found[axis.path] for found in values}) > 1)


def _states(tried: Sequence[Tried]) -> str:
    counts: dict[str, int] = {}
    for one in tried:
        if one.state != "abandoned":
            counts[one.state] = counts.get(one.state, 0) + 1
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def _winner(session: Session, conclusion: Conclusion) -> list[dict[str, str]]:
    """The settings of the best point beside those that were there before."""
    best = dict(conclusion.best[0].point)
    return [
        {
            "name": axis.option,
            "value": shown(best[axis.path]),
            "before": shown(axis.default),
            "range": str(axis),
            "meaning": axis.meaning,
        }
        for axis in session.strategy.space.axes
    ]


def _verdict(verdict: Verdict) -> dict[str, Any]:
    gains = verdict.gains()
    return {
        "part": verdict.part,
        "count": len(verdict.after.per_sequence),
        "measures": [
            {
                "name": name,
                "before": f"{verdict.before.headline[name]:.4f}",
                "after": f"{value:.4f}",
                "gain": f"{gain.estimate:+.4f}" if (gain := gains.get(name)) else "",
                "interval": f"{gain.low:+.4f} to {gain.high:+.4f}" if gain else "",
                "certain": bool(gain and gain.excludes_zero),
            }
            for name, value in verdict.after.headline.items()
        ],
    }


def _rows(session: Session, conclusion: Conclusion) -> list[Mapping[str, Any]]:
    """All points for the table, the best first, then those without a score."""
    place = {one.number: rank for rank, one in enumerate(conclusion.best)}
    front = {one.number for one in conclusion.front}
    shown_points = [one for one in conclusion.tried if one.state != "abandoned"]
    ordered = sorted(shown_points, key=lambda one: (place.get(one.number, 1 << 30), one.number))
    return [
        {
            "number": one.number,
            "best": one.number in place and place[one.number] == 0,
            "front": one.number in front,
            "state": "too slow" if _is_too_slow(one, session.plan.slowest) else one.state,
            "values": [f"{value:.4f}" for value in one.values],
            "missing": len(session.objectives) - len(one.values),
            "settings": [shown(value) for _, value in one.point],
            "sequences": len(one.details.get("per_sequence", ())),
            "error": one.details.get("error", ""),
        }
        for one in ordered
    ]


def _is_too_slow(one: Tried, slowest: float) -> bool:
    return one.state == "complete" and not is_fast_enough(one, slowest)
