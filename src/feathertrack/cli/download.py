"""``feathertrack download NAME``: a published file of weights into the cache."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

from tyro.conf import Positional, arg

from feathertrack.cli._terminal import at_terminal, remark
from feathertrack.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Download:
    """Fetch published weights, or name the page that has them.

    The file goes into the user's cache, and its path is printed.

    A transfer that was interrupted goes on where it stopped.

    Examples:
      feathertrack download siamrpn_r50_mmtracking_1x_lasot

    Attributes:
        name: Weights of the models page, such as siamrpn_r50_mmtracking_1x_lasot.
        address: A mirror: the file, or a folder that holds it under its original name. Without it,
            what FEATHERTRACK_MIRROR says, else the authors' own address.
        timeout: Give a connection up after this long without a byte.
    """

    name: Positional[Annotated[str, arg(metavar="NAME")]]

    address: Annotated[str | None, arg(metavar="URL", help_behavior_hint="")] = None

    timeout: Annotated[float, arg(metavar="SECONDS")] = 30.0

    def run(self) -> int:
        """Fetch, print the path, and say what the file was held against."""
        from feathertrack.weights.download import Limits, download

        if not 0 < self.timeout < 86400:
            raise InputError(f"--timeout is a number of seconds above 0, got {self.timeout:g}")
        with _progress(self.name) as progress:
            found = download(
                self.name,
                address=self.address,
                progress=progress,
                limits=Limits(timeout=self.timeout),
            )
        print(found.path)
        remark(f"{'fetched' if found.address else 'it was there already'}; {found.verified}")
        return 0


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int | None], None] | None]:
    """A bar on a terminal, None in a pipe."""
    if not at_terminal():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
