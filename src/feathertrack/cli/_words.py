"""From the words of a command line to a command; what is wrong with them becomes one sentence.

tyro reads the words and writes the help. Its errors are boxes of several lines: they are caught and
reduced to their first statement. Unknown options are found before, to name the nearest ones.
"""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import inspect
import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from feathertrack.errors import InputError

Read = TypeVar("Read")

FIELD = "--SECTION.FIELD"
"""How the commands that take a whole configuration name any field of it in their help."""

_BORDER = re.compile(r"^[\s│╭╮╰╯─|+-]*|[\s│╭╮╰╯─|+-]*$")
_RULE = re.compile(r"^\W*[─-]{5,}\W*$")
_NUMBER = re.compile(r"[\s+-]*(\d|\.\d|nan\b|inf)", re.IGNORECASE)
_DOTTED = re.compile(r"--[A-Za-z][\w-]*\.")
_NUMBERS = re.compile(r"[^\s,;]+")


class HelpShown(Exception):
    """The words asked for help, which has been printed."""


def read_words(command: type[Read], words: Sequence[str], *, prog: str) -> Read:
    """The command that the words ask for.

    Raises:
        InputError: an option is unknown (the nearest are named), or a value is missing or wrong.
        HelpShown: the words asked for help.
    """
    import tyro

    known = [*option_names(command), "--help"]
    words = normalise(words, dotted=FIELD in known)
    _refuse_unknown(words, known=known, prog=prog)
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            read, left = tyro.cli(
                command,
                args=words,
                prog=prog,
                description=_description(command),
                return_unknown_args=True,
            )
    except SystemExit as ended:
        if not ended.code:
            raise HelpShown from None
        raise InputError(_one_sentence(complaint.getvalue(), prog)) from None
    sys.stderr.write(complaint.getvalue())
    if left:
        raise InputError(f"unexpected {left[0]!r}: see {prog} --help")
    return read


def _description(command: type) -> str:
    """The docstring above its list of attributes; tyro breaks no lines, so they are short."""
    return inspect.cleandoc(command.__doc__ or "").partition("\nAttributes:")[0]


def normalise(words: Sequence[str], *, dotted: bool = False) -> list[str]:
    """Write the options that may be written in several ways in the one that tyro reads.

    Args:
        words: of a command line, without the command's name.
        dotted: every option with a dot in its name is a field of a configuration.

    >>> normalise(["a.mp4", "--box", "-3,", "4", "50", "60", "--settings.window-weight=0.2"])
    ['a.mp4', '--box=-3, 4 50 60', '--settings.FIELD', 'window_weight', '0.2']
    >>> normalise(["a.mp4", "--compare", "a.csv", "b.csv"])
    ['a.mp4', '--compare', 'a.csv', '--compare', 'b.csv']
    >>> normalise(["siamfc_small", "--optim.lr", "1e-3"], dotted=True)
    ['siamfc_small', '--SECTION.FIELD', 'optim.lr', '1e-3']
    """
    written: list[str] = []
    remaining = list(words)
    while remaining:
        word = remaining.pop(0)
        if word == "--box":
            word = "=".join([word, *_take_numbers(remaining)])
        elif word.startswith(("--settings.", "--space.")):
            group, _, rest = word.partition(".")
            option, equals, value = rest.partition("=")
            written += [f"{group}.FIELD", option.replace("-", "_")]
            word = value
            if not equals:
                continue
        elif dotted and _DOTTED.match(word):
            option, equals, value = word.removeprefix("--").partition("=")
            written += [FIELD, option.replace("-", "_")]
            word = value
            if not equals:
                continue
        elif word == "--compare":
            files = _take_while(remaining, lambda following: not following.startswith("--"))
            written += [part for file in files[:-1] for part in ("--compare", file)]
            remaining[:0] = files[-1:]
        written.append(word)
    return written


def _take_numbers(remaining: list[str]) -> list[str]:
    """Take the words that make four numbers off the front, as one word; any first word counts."""
    numbers: list[str] = []
    while remaining and len(_NUMBERS.findall(" ".join(numbers))) < 4:
        if remaining[0].startswith("--") or (numbers and not _NUMBER.match(remaining[0])):
            break
        numbers.append(remaining.pop(0))
    return [" ".join(numbers)] if numbers else []


def _take_while(remaining: list[str], wanted: Callable[[str], bool]) -> list[str]:
    taken = []
    while remaining and wanted(remaining[0]):
        taken.append(remaining.pop(0))
    return taken


def option_names(command: type) -> Iterator[str]:
    """``--name`` of every option of a command, those of its groups included."""
    for field in dataclasses.fields(command):
        group = field.default_factory
        if isinstance(group, type) and dataclasses.is_dataclass(group):
            yield from option_names(group)
        elif "Positional[" not in str(field.type):  # the annotation as it is written
            yield _SPELT.get(field.name) or _option(field.name)


_SPELT = {"settings": "--settings.FIELD", "space": "--space.FIELD", "fields": FIELD}
"""Fields of commands whose option is not called as they are."""


def _option(field: str) -> str:
    return "--" + field.replace("_", "-")


def nearest(word: str, known: Iterable[str]) -> str:
    """Known words that look like this one, or all of them where none does."""
    known = sorted(known)
    return ", ".join(difflib.get_close_matches(word, known, n=3, cutoff=0.5) or known)


def _refuse_unknown(words: Iterable[str], *, known: Sequence[str], prog: str) -> None:
    for word in words:
        option = word.partition("=")[0]
        if option.startswith("--") and option.replace("_", "-") not in known:
            raise InputError(f"{prog} has no option {option}; nearest: {nearest(option, known)}")


def _one_sentence(box: str, prog: str) -> str:
    """What a box of tyro's says between its title and its next rule, on one line."""
    statement: list[str] = []
    lines = [_BORDER.sub("", line) for line in box.splitlines()]
    for line, plain in list(zip(box.splitlines(), lines, strict=True))[1:]:
        if statement and (_RULE.match(line) or "Got errors" in line):
            break
        statement += [plain] if plain and not _RULE.match(line) else []
    return _rephrase(" ".join(statement), prog)


def _rephrase(text: str, prog: str) -> str:
    """The statements that tyro makes, in the words of this package."""
    if match := re.match(r"Missing from .*?: (\S+)", text):
        return f"{match[1]} is missing: {prog} {match[1]} ...; see {prog} --help"
    if match := re.match(r"Missing value for argument [^\w-]*(--[\w.-]+|\w+)", text):
        return f"{match[1]} needs a value; see {prog} --help"
    if match := re.match(r"Error parsing (\S+):.*?'(.*?)'", text):
        return f"{match[1]} cannot be {match[2]!r}; see {prog} --help"
    if match := re.match(
        r"invalid choice '(.*)' for argument '(.*)'\. Expected one of \((.*?),?\)", text
    ):
        return f"{match[2]} cannot be {match[1]!r}; it is one of {match[3]}".replace("'", "")
    return text or f"the words of {prog} cannot be read; see {prog} --help"
