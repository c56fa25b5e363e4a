"""Errors that a user can mend; the command line prints their text in one line.

::

    FeathertrackError
     +-- InputError       a file, stream, box or word that cannot be used (also a ValueError)
     |    +-- SourceError     frames that cannot be read
     |    +-- WeightsError    a file of weights that cannot be loaded
     +-- MissingExtra     an optional dependency that is not installed (also an ImportError)
"""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType


class FeathertrackError(Exception):
    """Base of every error that the package raises on purpose."""


class InputError(FeathertrackError, ValueError):
    """What the user gave cannot be used; the text says what, the value, and what would do."""


class SourceError(InputError):
    """Frames cannot be read."""


class WeightsError(InputError):
    """Weights cannot be loaded."""


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
