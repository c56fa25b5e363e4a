"""Names of networks -> functions that build them."""

from __future__ import annotations

import difflib
import fnmatch
import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from feathertrack.errors import InputError
from feathertrack.models.network import Network

Options = ParamSpec("Options")
Built = TypeVar("Built", bound=Network)

_BUILDERS: dict[str, Callable[..., Network]] = {}


def register(builder: Callable[Options, Built]) -> Callable[Options, Built]:
    """Make ``builder`` available under its own name; use as a decorator.

    The network that it builds remembers the name and the options, defaults included, so that a
    saved file can say how to build it again. Every option of a builder has a default.
    """

    @functools.wraps(builder)
    def build(*args: Options.args, **options: Options.kwargs) -> Built:
        network = builder(*args, **options)
        bound = inspect.signature(builder).bind(*args, **options)
        bound.apply_defaults()
        network.name = builder.__name__
        network.config = dict(bound.arguments)
        return network

    _BUILDERS[builder.__name__] = build
    return build


def list_models(pattern: str = "*") -> list[str]:
    """Names of the networks that match a shell pattern, sorted."""
    return sorted(fnmatch.filter(_BUILDERS, pattern))


def create_model(name: str, **options: object) -> Network:
    """Build a network by name with random weights.

    Args:
        name: one of ``list_models()``.
        **options: keyword options of that network's builder, such as ``rates`` of ``fdsiamfc``.

    Raises:
        InputError: no network has that name or it has no such option; the message lists the
            nearest names.

    >>> create_model("fdsiamfc", rates=0.2).backbone.stages[0].width
    18
    """
    if name not in _BUILDERS:
        near = difflib.get_close_matches(name, _BUILDERS, n=3, cutoff=0.4)
        raise InputError(
            f"no model is called {name!r}; nearest: {', '.join(near) or ', '.join(list_models())}"
        )
    builder = _BUILDERS[name]
    known = inspect.signature(builder).parameters
    for option in options:
        if option not in known:
            raise InputError(
                f"model {name} has no option {option!r}; it has: {', '.join(known) or 'none'}"
            )
    return builder(**options)
