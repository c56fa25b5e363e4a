"""What ``feathertrack tune`` shows: a bar with the best so far, and what came of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feathertrack.cli._progress import Progress
from feathertrack.cli._terminal import print_table, remark, shell_word
from feathertrack.errors import MissingExtra, require
from feathertrack.tuning.crew import Watcher

if TYPE_CHECKING:
    from feathertrack.evaluation.tasks import Outcome
    from feathertrack.tuning.session import Conclusion, Session
    from feathertrack.tuning.study import Tried
    from feathertrack.tuning.winning import Verdict
    from feathertrack.tuning.workshop import PointTask

_SHOWN = 10
"""Points that are printed."""


class TuningProgress(Watcher):
    """A bar for each batch of points, and a line for every new best one; for a terminal.

    Attributes:
        done: points that this process has finished, stopped or failed.
    """

    def __init__(self) -> None:
        self.done = 0
        self._bar: Progress | None = None
        self._session: Session | None = None
        self._best: float | None = None

    @contextlib.contextmanager
    def of(self, session: Session) -> Iterator[None]:
        """Show the progress of a session for the length of a ``with`` block."""
        self._session = session
        try:
            yield
        finally:
            self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None

    def began(self, points: int, tasks: Sequence[PointTask]) -> None:
        """A bar over the frames of these tasks."""
        self._close()
        self._bar = Progress(sum(task.frames for task in tasks), len(tasks)).__enter__()

    def moved(self, task: Any, frames: int) -> None:
        """So many frames of a task are done."""
        if self._bar is not None:
            self._bar.moved(task, frames)

    def advanced(self, outcome: Outcome) -> None:
        """A task is done."""
        if self._bar is not None:
            self._bar.advance(outcome)

    def finished(self, tried: Tried) -> None:
        """Say it where a point is the best so far, or failed."""
        from feathertrack.tuning.ranking import is_fast_enough
        from feathertrack.tuning.spaces import text_of

        self._close()
        self.done += 1
        assert self._session is not None
        if tried.state == "failed":
            remark(f"failed: {text_of(tried.point)}: {tried.details.get('error', '')}")
        if tried.state != "complete" or not is_fast_enough(tried, self._session.plan.slowest):
            return
        first = self._session.objectives[0]
        if self._best is None or first.gain * (tried.values[0] - self._best) > 0:
            self._best = tried.values[0]
            numbers = f"{first.text} {tried.values[0]:.4f}"
            remark(f"best so far, point {tried.number}: {numbers} with {text_of(tried.point)}")


def print_conclusion(session: Session, conclusion: Conclusion) -> None:
    """Print the best points, the winner beside the untuned settings, and how to use it."""
    from feathertrack.tuning.axes import CHECKPOINT

    count = {state: 0 for state in ("complete", "stopped", "failed")}
    for one in conclusion.tried:
        if one.state in count:
            count[one.state] += 1
    told = ", ".join(f"{number} {state}" for state, number in count.items() if number)
    print(f"{session.plan.strategy.name}: {told}; tuned on {_sequences(len(session.parts.tuned))}")
    several = len(session.objectives) > 1
    shown = conclusion.front if several else conclusion.best[:_SHOWN]
    _print_points(session, shown, title="Pareto front" if several else "")
    for verdict in conclusion.verdicts:
        _print_verdict(verdict)
    if untuned := session.kept.untuned:
        print(f"untuned: {untuned}, the first of the files, with the settings that it came with")
    if session.parts.warning:
        print(f"warning: {session.parts.warning}")
    if session.parts.scored is None:
        print("note: nothing was held out, so these scores say little of other sequences")
    path = next(iter(conclusion.presets))
    winner = dict(conclusion.best[0].point)
    made = session.kept.contestants[session.kept.number_of(conclusion.best[0].point)]
    name = made.name.rpartition("@")[0] or made.name if CHECKPOINT not in winner else made.name
    print(f"preset: --tracker {shell_word(f'{name}@{path}')}")


def _print_points(session: Session, points: Sequence[Tried], *, title: str) -> None:
    from feathertrack.tuning.axes import shown

    if title:
        print(title)
    header = ["point", *(one.text for one in session.objectives)]
    header += [axis.option for axis in session.strategy.space.axes]
    rows = [
        [
            str(one.number),
            *(f"{value:.4f}" for value in one.values),
            *(shown(value) for _, value in one.point),
        ]
        for one in points
    ]
    print_table(header, rows, right=range(len(header)))


def _print_verdict(verdict: Verdict) -> None:
    count = len(verdict.after.per_sequence)
    gains = verdict.gains()
    print(f"{verdict.part}, {_sequences(count)}")
    rows = [
        [
            name,
            f"{verdict.before.headline[name]:.4f}",
            f"{value:.4f}",
            f"{gain.estimate:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
            if (gain := gains.get(name))
            else "",
        ]
        for name, value in verdict.after.headline.items()
    ]
    print_table(["", "untuned", "tuned", "gain [95 %]"], rows, right=(1, 2, 3))


def write_report(path: Path | None, session: Session, conclusion: Conclusion) -> None:
    """Write the page; where nobody named a file and the extra is missing, say so instead."""
    try:
        require("matplotlib", extra="report")
        require("jinja2", extra="report")
    except MissingExtra as error:
        if path is not None:
            raise
        remark(f"no report.html: {error}")
        return
    from feathertrack.tuning.page.writing import write_page

    created = time.strftime("%Y-%m-%d")
    written = write_page(
        path or session.folder / "report.html", session, conclusion, created=created
    )
    print(f"report: {written}")


def _sequences(count: int) -> str:
    return f"{count} sequence{'s' if count != 1 else ''}"


def conclusion_json(session: Session, conclusion: Conclusion) -> dict[str, Any]:
    """Everything that came of a tuning as values for a file."""
    from feathertrack.tuning.ranking import is_fast_enough

    return {
        **session.about,
        "tuned_on": list(session.parts.tuned.names),
        "scored_on": None if session.parts.scored is None else list(session.parts.scored.names),
        "warning": session.parts.warning,
        "points": [
            {
                "number": one.number,
                "state": one.state,
                "settings": dict(one.point),
                "values": list(one.values),
                **one.details,
                "feasible": is_fast_enough(one, session.plan.slowest),
            }
            for one in conclusion.tried
        ],
        "best": conclusion.best[0].number,
        "front": [one.number for one in conclusion.front],
        "verdicts": {
            verdict.part: [verdict.before.to_json(), verdict.after.to_json()]
            for verdict in conclusion.verdicts
        },
    }
