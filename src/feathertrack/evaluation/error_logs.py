"""``<tracker>.errors/``: a traceback for each sequence on which a tracker failed."""

from __future__ import annotations

import shutil
from pathlib import Path

from feathertrack.evaluation.runs import Run


def error_log(run: Run, sequence: str, *, tracker: str, several_kinds: bool) -> Path | None:
    """Where the traceback of a sequence is written; None for a run that writes nothing.

    Args:
        run: of which the sequence is one.
        sequence: its name.
        tracker: the label of the run's tracker.
        several_kinds: the evaluation runs trackers in several ways: the name says in which.
    """
    folder = _folder(run, tracker)
    kind = f"{run.plan.kind}-" if several_kinds else ""
    return None if folder is None else folder / f"{kind}{sequence}.log"


def discard_empty(run: Run, *, tracker: str) -> None:
    """Remove the folder of a run's tracebacks if there are none any more."""
    folder = _folder(run, tracker)
    if folder is not None and folder.is_dir() and not any(folder.iterdir()):
        shutil.rmtree(folder, ignore_errors=True)


def _folder(run: Run, tracker: str) -> Path | None:
    return None if run.writer is None else run.writer.folder.with_name(f"{tracker}.errors")
