"""Names of networks -> functions that build them."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Callable
from typing import TypeVar

from torch import nn

Builder = TypeVar("Builder", bound=Callable[..., nn.Module])

_BUILDERS: dict[str, Callable[..., nn.Module]] = {}


def register(builder: Builder) -> Builder:
    """Make ``builder`` available under its own name; use as a decorator."""
    _BUILDERS[builder.__name__] = builder
    return builder


def list_models(pattern: str = "*") -> list[str]:
    """Names of the networks that match a shell pattern, sorted."""
    return sorted(fnmatch.filter(_BUILDERS, pattern))


def create_model(name: str) -> nn.Module:
    """Build a network by name with random weights.

    Raises:
        ValueError: no network has that name; the message lists the nearest ones.
    """
    if name not in _BUILDERS:
        near = difflib.get_close_matches(name, _BUILDERS, n=3, cutoff=0.4)
        raise ValueError(f"no model is called {name!r}; nearest: {', '.join(near) or 'none'}")
    return _BUILDERS[name]()
