"""Errors that a user can mend; the command line prints their text in one line.

::

    FeathertrackError
     +-- InputError       a file, stream, box or word that cannot be used (also a ValueError)
     |    +-- SourceError     frames that cannot be read
     |    +-- WeightsError    a file of weights that cannot be loaded
     +-- TrackerFailed    a tracker of the user's raised, or answered with no box
     +-- MissingExtra     an optional dependency that is not installed (also an ImportError)
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from collections.abc import Iterator
from types import ModuleType


class FeathertrackError(Exception):
    """Base of every error that the package raises on purpose."""


class InputError(FeathertrackError, ValueError):
    """What the user gave cannot be used; the text says what, the value, and what would do."""


class SourceError(InputError):
    """Frames cannot be read."""


class WeightsError(InputError):
    """Weights cannot be loaded."""


class TrackerFailed(FeathertrackError):
    """A tracker of the user's raised what it should not, or answered with what is no box.

    Args:
        tracker: what the tracker is called.
        happened: when it failed, as "failed" or "cannot be imported".
        reason: what it raised, or what is wrong with its answer.
    """

    def __init__(self, tracker: str, happened: str, reason: str) -> None:
        super().__init__(tracker, happened, reason)
        self.tracker = tracker
        self.happened = happened
        self.reason = reason

    def at(self, frame: int) -> TrackerFailed:
        """The same error on a frame of a source."""
        return TrackerFailed(self.tracker, f"failed at frame {frame}", self.reason)

    def __str__(self) -> str:
        return f"tracker {self.tracker} {self.happened}: {self.reason}"


@contextlib.contextmanager
def blaming(tracker: str, happened: str) -> Iterator[None]:
    """Run code of the user's: what it raises becomes one line that names the tracker.

    Errors of this package and Ctrl-C pass as they are.

    Raises:
        TrackerFailed: the code raised, or wanted to end the program; ``__cause__`` is what it
            raised.
    """
    try:
        yield
    except FeathertrackError:
        raise
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())
        reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
        raise TrackerFailed(tracker, happened, reason) from error


class MissingExtra(FeathertrackError, ImportError):
    """An optional dependency is absent; the text says which extra brings it."""


def require(module: str, *, extra: str) -> ModuleType:
    """Import an optional dependency.

    Raises:
        MissingExtra: it is not installed.
    """
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        raise MissingExtra(
            f"this needs {module.partition('.')[0]}, which is not installed: "
            f"pip install 'feathertrack[{extra}]'"
        )
    return importlib.import_module(module)
