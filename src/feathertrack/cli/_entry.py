"""``main``: from words to an exit status."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence

from feathertrack._version import __version__
from feathertrack.cli._commands import (
    COMMANDS,
    Command,
    actions_of,
    command_type,
    first_line,
    split_name,
)
from feathertrack.cli._stopping import Stopped
from feathertrack.cli._words import HelpShown, nearest, read_words
from feathertrack.errors import FeathertrackError, InputError, SourceError, WeightsError

PROG = "feathertrack"
_ISSUES = "this is a bug of feathertrack; --debug shows where"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the words ask for and return the exit status.

    Args:
        argv: the words after the program's name; None takes those of the process.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in words
    try:
        return _dispatch([word for word in words if word != "--debug"])
    except HelpShown:
        return 0
    except BrokenPipeError:
        # Whoever read our output has closed it, as ``head`` does; nobody is left to tell.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt as stop:
        stopped = stop if isinstance(stop, Stopped) else Stopped(2)
        _complain(stopped, debug=debug)
        return stopped.exit_status
    except Exception as error:
        _complain(error, debug=debug)
        return exit_status(error)


def exit_status(error: BaseException) -> int:
    """2 where the words were wrong, 1 where the work failed or the system refused it."""
    refused = isinstance(error.__cause__, OSError)
    failed_work = refused or isinstance(error, SourceError | WeightsError)
    return 2 if isinstance(error, InputError) and not failed_work else 1


def _dispatch(words: list[str]) -> int:
    if not words:
        print(overview(), file=sys.stderr)
        return 2
    name, rest = split_name(words)
    if name in ("--version", "-V") or (name in COMMANDS and "--version" in rest):
        print(f"{PROG} {__version__}")
        return 0
    if name in ("--help", "-h", "help"):
        print(overview())
        return 0
    if name.startswith("--tyro-"):
        return _write_completion(words)
    if actions := actions_of(name):
        return _explain(name, actions, rest)
    if name not in COMMANDS:
        kind = "option" if name.startswith("-") else "command"
        known = nearest(name, [*COMMANDS, "--help", "--version", "--debug"])
        raise InputError(f"no {kind} is called {name!r}; nearest: {known}")
    command = command_type(name)
    return read_words(command, rest, prog=f"{PROG} {name}{_action(command, rest)}").run()


def _action(command: type[Command], rest: Sequence[str]) -> str:
    """The word that was given of those that say what a command is to do, for its usage line."""
    actions: Sequence[str] = getattr(command, "ACTIONS", ())
    return f" {rest[0]}" if rest and rest[0] in actions else ""


def _explain(name: str, actions: Sequence[str], rest: Sequence[str]) -> int:
    """Answer a command whose second word is missing or wrong with those that there are."""
    if rest[:1] and rest[0] not in ("--help", "-h"):
        known = nearest(rest[0], actions)
        raise InputError(f"{PROG} {name} cannot {rest[0]!r}; nearest: {known}")
    lines = [f"  {one:<10}{first_line(command_type(f'{name} {one}'))}" for one in actions]
    text = "\n".join([f"usage: {PROG} {name} {{{','.join(actions)}}} ...", "", *lines])
    print(text, file=sys.stdout if rest else sys.stderr)
    return 0 if rest else 2


def overview() -> str:
    """What ``feathertrack --help`` says: the commands, a sentence each."""
    commands = "\n".join(f"  {name:<13}{first_line(command_type(name))}" for name in COMMANDS)
    return f"""usage: {PROG} COMMAND ...

Follow one object through a video.

commands:
{commands}

options:
  --help     after a command: its options, with examples
  --version  print the version
  --debug    anywhere: show the traceback of an error

examples:
  {PROG} demo
  {PROG} track clip.mp4 --box 10,20,50,60 --output out.mp4"""


def _write_completion(words: Sequence[str]) -> int:
    """Shell completion for all commands: ``--tyro-print-completion bash``."""
    import tyro

    commands: dict[str, Callable[..., Command]] = {name: command_type(name) for name in COMMANDS}
    try:
        tyro.extras.subcommand_cli_from_dict(commands, prog=PROG, args=words)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _complain(error: BaseException, *, debug: bool) -> None:
    """One line on stderr, after the traceback where that was asked for."""
    expected = isinstance(error, FeathertrackError | OSError | Stopped)
    text = " ".join(str(error).split()) or type(error).__name__
    if not expected:
        text = f"{type(error).__name__}: {text} ({_ISSUES})"
    lead = "" if isinstance(error, Stopped) else "error: "
    with contextlib.suppress(OSError):  # the terminal may be gone
        if debug:
            traceback.print_exception(error)
        print(f"{PROG}{_which_process()}: {lead}{text}", file=sys.stderr)


def _which_process() -> str:
    """Which of several that torchrun started this is; the first one goes without saying.

    >>> _which_process()
    ''
    """
    rank = os.environ.get("RANK", "0")
    return "" if rank == "0" or "WORLD_SIZE" not in os.environ else f" (process {rank})"
