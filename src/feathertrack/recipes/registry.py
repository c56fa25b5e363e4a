"""Names of recipes -> functions that return them; a user's own function is named by its file."""

from __future__ import annotations

import difflib
import fnmatch
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from feathertrack.errors import FeathertrackError, InputError
from feathertrack.training.compression.settings import Compression
from feathertrack.training.recipe import Recipe
from feathertrack.training.staged import StagedRecipe

Distillation = Recipe | StagedRecipe

_RECIPES: dict[str, Callable[[], Recipe]] = {}
_COMPRESSIONS: dict[str, Callable[[], Compression]] = {}
_DISTILLATIONS: dict[str, Callable[[], Distillation]] = {}

Made = TypeVar("Made", bound=Recipe | Compression | StagedRecipe)
Distilling = TypeVar("Distilling", bound=Distillation)


def recipe(function: Callable[[], Recipe]) -> Callable[[], Recipe]:
    """Make a recipe available under the name of its function; use as a decorator."""
    _RECIPES[function.__name__] = function
    return function


def compression(function: Callable[[], Compression]) -> Callable[[], Compression]:
    """Make a compression available under the name of its function; use as a decorator."""
    _COMPRESSIONS[function.__name__] = function
    return function


def distillation(function: Callable[[], Distilling]) -> Callable[[], Distilling]:
    """Make a recipe in which a teacher is imitated available to ``distill``, by its function."""
    _DISTILLATIONS[function.__name__] = function
    return function


def list_recipes(pattern: str = "*") -> list[str]:
    """Names of the recipes that match a shell pattern, sorted."""
    return sorted(fnmatch.filter(_RECIPES, pattern))


def list_compressions(pattern: str = "*") -> list[str]:
    """Names of the compressions that match a shell pattern, sorted."""
    return sorted(fnmatch.filter(_COMPRESSIONS, pattern))


def list_students(pattern: str = "*") -> list[str]:
    """Names of all that ``find_student`` knows, compressions first, then the rest, sorted."""
    found = (sorted(fnmatch.filter(known, pattern)) for known in (_COMPRESSIONS, _DISTILLATIONS))
    return [name for names in found for name in names]


def describe_recipe(name: str) -> str:
    """Return the first sentence of what is said of a recipe, compression or distillation."""
    function = {**_RECIPES, **_COMPRESSIONS, **_DISTILLATIONS}[name]
    return (function.__doc__ or "").strip().partition("\n")[0]


def find_recipe(name: str) -> Recipe:
    """Return a recipe by its name, or what a function of the user's returns.

    Args:
        name: one of ``list_recipes()``, ``file.py:function``, or ``module:function``.

    Raises:
        InputError: there is no such recipe (the nearest are named), file or function, the user's
            code raised, or what it returned is no ``Recipe``.
    """
    return _find(name, _RECIPES, kinds=(Recipe,), word="recipe")


def find_compression(name: str) -> Compression:
    """Return a compression by its name, or what a function of the user's returns.

    Args:
        name: one of ``list_compressions()``, ``file.py:function``, or ``module:function``.

    Raises:
        InputError: as ``find_recipe``.
    """
    return _find(name, _COMPRESSIONS, kinds=(Compression,), word="compression")


def find_student(name: str) -> Compression | Recipe | StagedRecipe:
    """Return how a student is made: squeezed out of its teacher, or imitating it.

    Args:
        name: one of ``list_students()``, ``file.py:function``, or ``module:function``.

    Raises:
        InputError: as ``find_recipe``.
    """
    known: dict[str, Callable[[], Compression | Recipe | StagedRecipe]] = {}
    known.update(_COMPRESSIONS)
    known.update(_DISTILLATIONS)
    return _find(name, known, kinds=(Compression, Recipe, StagedRecipe), word="student")


def _find(
    name: str,
    known: Mapping[str, Callable[[], Made]],
    *,
    kinds: tuple[type[Made], ...],
    word: str,
) -> Made:
    if ":" in name:
        made = _own(name, word)
        if not isinstance(made, kinds):
            expected = " or ".join(f"{kind.__module__}.{kind.__name__}" for kind in kinds)
            raise InputError(
                f"{word} {name} returned a value of type {type(made).__name__}, expected a "
                f"{expected}"
            )
        return made
    if name not in known and name.endswith(".py"):
        raise InputError(f"{name} is a file: name the function in it too, as {name}:function")
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or sorted(known)
        raise InputError(
            f"no {word} is called {name!r}; nearest: {', '.join(near)}; "
            "one of your own is named file.py:function"
        )
    return known[name]()


def _own(name: str, word: str) -> object:
    """What a function of the user's returns."""
    place, _, function = name.rpartition(":")  # a drive letter of Windows has a colon too
    try:
        module = _import(place)
        made = getattr(module, function, None)
        if not callable(made):
            names = [key for key, value in vars(module).items() if _is_own(value, module)]
            raise InputError(
                f"{place} has no function {function!r}; it has: {', '.join(names) or 'none'}"
            )
        result: object = made()
    except FeathertrackError:
        raise
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())
        raise InputError(f"{word} {name} failed: {type(error).__name__}: {text}") from error
    return result


def _is_own(value: object, module: ModuleType) -> bool:
    return callable(value) and getattr(value, "__module__", "") == module.__name__


def _import(place: str) -> ModuleType:
    """Import a file by its path, or a module by its name.

    Raises:
        InputError: there is no such file or module.
    """
    if not place.endswith(".py"):
        if importlib.util.find_spec(place) is None:
            raise InputError(f"there is no module {place!r}; a file is named file.py:function")
        return importlib.import_module(place)
    path = Path(place).expanduser()
    if not path.is_file():
        raise InputError(f"there is no file {place}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None, path
    assert spec.loader is not None, path
    module = importlib.util.module_from_spec(spec)
    # Classes of the file can be sent to other processes only if their module can be found.
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module
