"""The commands by name; a command is a frozen dataclass with ``run() -> int``."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
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
    "train": "feathertrack.cli.train:Train",
    "distill": "feathertrack.cli.distill:Distill",
    "data check": "feathertrack.cli.data:CheckData",
    "data index": "feathertrack.cli._data_index:IndexData",
    "data pack": "feathertrack.cli._data_pack:Pack",
    "data compose": "feathertrack.cli._data_compose:Compose",
    "data mine": "feathertrack.cli._data_mine:Mine",
    "evaluate": "feathertrack.cli.evaluate:Evaluate",
    "score": "feathertrack.cli.score:Score",
    "tune": "feathertrack.cli.tune:Tune",
    "report": "feathertrack.cli.report:Report",
    "convert": "feathertrack.cli.convert:Convert",
    "bench": "feathertrack.cli.bench:Bench",
    "vot": "feathertrack.cli.vot:Vot",
    "doctor": "feathertrack.cli.doctor:Doctor",
}
"""Name on the command line -> where the dataclass is. Modules are imported when they are needed."""


def split_name(words: Sequence[str]) -> tuple[str, list[str]]:
    """The command that words begin with, of one word or two, and the words after it.

    >>> split_name(["data", "check", "otb100"])
    ('data check', ['otb100'])
    """
    length = 2 if " ".join(words[:2]) in COMMANDS else 1
    return " ".join(words[:length]), list(words[length:])


def actions_of(name: str) -> list[str]:
    """The second words of the commands that begin with a word; none where it is one itself.

    >>> actions_of("data"), actions_of("track")
    (['check', 'index', 'pack', 'compose', 'mine'], [])
    """
    return [one.partition(" ")[2] for one in COMMANDS if one.startswith(f"{name} ")]


def command_type(name: str) -> type[Command]:
    """The dataclass of a command, one of ``COMMANDS``."""
    module, _, attribute = COMMANDS[name].partition(":")
    found: type[Command] = getattr(importlib.import_module(module), attribute)
    return found


def first_line(command: type[Command]) -> str:
    """What a command does, in one sentence."""
    return (command.__doc__ or "").strip().partition("\n")[0]
