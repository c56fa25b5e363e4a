"""What a person at a terminal sees; in a pipe there is only what a program can use."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")


def at_terminal() -> bool:
    """A person reads stderr: progress and remarks are welcome."""
    return sys.stderr.isatty()


def remark(text: str) -> None:
    """A line for a person at a terminal; nothing in a pipe."""
    if at_terminal():
        print(text, file=sys.stderr)


def progress(items: Iterable[Item], *, total: int | None, name: str) -> Iterator[Item]:
    """The items, with a bar, frames per second and time left on a terminal; silent in a pipe."""
    if not at_terminal():
        yield from items
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = [
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:.0f}" + (f"/{total}" if total is not None else "")),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True) if total is not None else TimeElapsedColumn(),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=total, rate="")
        for item in items:
            yield item
            speed = bar.tasks[task].speed
            bar.update(task, advance=1, rate=f"{speed:.0f} frames/s" if speed else "")


def shell_word(text: str) -> str:
    """A word as it must be typed in the shell of this system."""
    return subprocess.list2cmdline([text]) if os.name == "nt" else shlex.quote(text)


def print_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, right: Collection[int] = ()
) -> None:
    """Print columns as wide as they need to be; those whose number is in ``right`` end flush.

    Plain text, so that ``grep`` and ``awk`` can read it.
    """
    lines = [list(header), *[list(row) for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        cells = (
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join(cells).rstrip())


def print_left_out(problems: Iterable[Mapping[str, object]]) -> None:
    """Print what of a set was left out: ``count``, ``reason`` and an ``example`` each."""
    for one in problems:
        print(f"  {one['count']:>10,}  {one['reason']}, as {one['example']}")


def print_skipped(reasons: Mapping[str, str], what: str, *, lines: int) -> None:
    """Print how many files could not be used, and the first of them with the reason."""
    if reasons:
        print(f"{len(reasons):,} {what}")
        for name, reason in list(reasons.items())[:lines]:
            print(f"  {name}: {reason}")


def megabytes(count: int) -> str:
    """Bytes for people: ``3.4 MB``.

    >>> megabytes(3_400_000)
    '3.4 MB'
    """
    return f"{count / 1e6:.1f} MB"


def quantity(count: float) -> str:
    """A large number for people: ``1.3 M``.

    >>> quantity(1_300_000), quantity(950), quantity(2.5e9)
    ('1.3 M', '950', '2.5 G')
    """
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f}"


def write_json(path: Path, content: object) -> None:
    """Write values as JSON, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    from feathertrack.video.outfiles import write_atomically, writing

    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, [json.dumps(content, indent=1), "\n"])
