"""The commands by name; a command is a frozen dataclass with ``run() -> int``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Protocol


class Command(Protocol):
    """The words of a command line, ready to be run."""

    def run(self) -> int:
        """Do the work and return the exit status."""


COMMANDS: Mapping[str, str] = {
    "track": "feathertrack.cli.track:Track",
    "demo": "feathertrack.cli.demo:Demo",
    "still": "feathertrack.cli.still:Still",
    "list": "feathertrack.cli.list:List",
    "download": "feathertrack.cli.download:Download",
    "data": "feathertrack.cli.data:Data",
    "evaluate": "feathertrack.cli.evaluate:Evaluate",
    "score": "feathertrack.cli.score:Score",
    "report": "feathertrack.cli.report:Report",
    "bench": "feathertrack.cli.bench:Bench",
    "vot": "feathertrack.cli.vot:Vot",
    "doctor": "feathertrack.cli.doctor:Doctor",
}
"""Name on the command line -> where the dataclass is. Modules are imported when they are needed."""


def command_type(name: str) -> type[Command]:
    """The dataclass of a command, one of ``COMMANDS``."""
    module, _, attribute = COMMANDS[name].partition(":")
    found: type[Command] = getattr(importlib.import_module(module), attribute)
    return found


def first_line(command: type[Command]) -> str:
    """What a command does, in one sentence."""
    return (command.__doc__ or "").strip().partition("\n")[0]
