"""How a tracker is named: ``NAME | FILE | module:Class``, then ``@PRESET`` or ``@FILE``.

Or ``trax:COMMAND``: the command line of a program that speaks the TraX protocol.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from feathertrack.errors import InputError, blaming

_CLASS = re.compile(r"[A-Za-z_]\w+(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_PROGRAM = "trax:"
Toolkit = Literal["feathertrack", "got10k", "pysot", "pytracking"]
ADAPTERS: Mapping[Toolkit, str] = {
    "got10k": "FromGot10k",
    "pysot": "FromPysot",
    "pytracking": "FromPytracking",
}
"""Class of ``feathertrack.adapters`` that takes a tracker of a toolkit's."""
_WEIGHT_SUFFIXES = {".pth", ".pt", ".tar", ".onnx", ".safetensors", ".model", ".xml"}


@dataclass(frozen=True, kw_only=True)
class TrackerName:
    """The parts of a tracker's name.

    Attributes:
        kind: what ``target`` is.
        target: name of a model, path of a file of weights, ``module:Class``, or a command line.
        preset: name of a preset or path of a settings file, "" for the defaults.
    """

    kind: Literal["model", "file", "class", "program"]
    target: str
    preset: str = ""


def parse_tracker_name(text: str) -> TrackerName:
    """Take a tracker's name apart.

    >>> parse_tracker_name("fdsiamfc_30@uav123")
    TrackerName(kind='model', target='fdsiamfc_30', preset='uav123')
    """
    if text.startswith(_PROGRAM):
        command = text.removeprefix(_PROGRAM).strip()
        if not command:
            raise InputError(f"tracker {text!r} names no program: write trax:COMMAND")
        return TrackerName(kind="program", target=command)
    target, preset = (text, "") if Path(text).exists() else _split_preset(text)
    if not target:
        raise InputError(f"tracker {text!r} has no name before the @")
    if _CLASS.fullmatch(target) and not Path(target).exists():
        return TrackerName(kind="class", target=target, preset=preset)
    path = Path(target)
    looks_like_file = path.suffix.lower() in _WEIGHT_SUFFIXES or path.name != target
    kind: Literal["model", "file"] = "file" if looks_like_file or path.is_file() else "model"
    return TrackerName(kind=kind, target=target, preset=preset)


def _split_preset(text: str) -> tuple[str, str]:
    target, _, preset = text.rpartition("@") if "@" in text else (text, "", "")
    return target, preset


def import_class(reference: str) -> type:
    """The class that ``module:Class`` names; modules of the current folder are found too.

    Raises:
        InputError: there is no such module or class, its methods are those of no tracker, or it
            cannot be made without arguments; the text names the adapter that would do.
        TrackerFailed: the module raised when it was imported.
    """
    module_name, _, class_name = reference.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    with blaming(reference, "cannot be imported"):
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            raise InputError(
                f"tracker {reference!r}: cannot import {module_name}: {error}"
            ) from error
    found = getattr(module, class_name, None)
    if not isinstance(found, type):
        raise InputError(f"tracker {reference!r}: module {module_name} has no class {class_name}")
    toolkit = toolkit_of(found)
    if toolkit is None:
        raise InputError(
            f"tracker {reference!r}: {class_name} {_lacks(found)}; expected init(image, box) and "
            "update(image), or what pysot (init, track) or pytracking (initialize, track) calls; "
            "for other methods write a class with these two, or inherit from an adapter of "
            f"feathertrack.adapters: {', '.join(ADAPTERS.values())}"
        )
    if needed := _required_arguments(found):
        raise InputError(
            f"tracker {reference!r}: {class_name} needs {', '.join(needed)}, but a class that is "
            f"named here is made without arguments: name one of yours that inherits from "
            f"{_made_by(toolkit, class_name, needed)}"
        )
    return found


def toolkit_of(kind: type) -> Toolkit | None:
    """The toolkit that a class was written for, where its methods leave no doubt; else None.

    ``init`` and ``update`` are this package's. got10k has the same two, but its images are PIL's:
    only a class that inherits from got10k's own ``Tracker`` is taken for one of these.
    """
    if _has(kind, "init") and _has(kind, "update"):
        theirs = any(base.__module__.split(".")[0] == "got10k" for base in kind.__mro__)
        return "got10k" if theirs else "feathertrack"
    if not _has(kind, "track") or _has(kind, "init") == _has(kind, "initialize"):
        return None
    return "pysot" if _has(kind, "init") else "pytracking"


def _required_arguments(kind: type) -> list[str]:
    """Arguments that a class cannot be made without; none where Python does not say."""
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (ValueError, TypeError):
        return []
    return [
        one.name
        for one in parameters
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]


def _made_by(toolkit: Toolkit, name: str, arguments: Sequence[str]) -> str:
    """What a class inherits from and calls to make one that needs arguments."""
    given = ", ".join(arguments)
    if toolkit == "feathertrack":
        return f"it and calls super().__init__({given})"
    adapter = f"feathertrack.adapters.{ADAPTERS[toolkit]}"
    return f"{adapter} and calls super().__init__({name}({given}))"


def _has(kind: type, method: str) -> bool:
    return callable(getattr(kind, method, None))


def _lacks(kind: type) -> str:
    missing = [method for method in ("init", "update") if not _has(kind, method)]
    return " and ".join(f"has no method {method}" for method in missing)
