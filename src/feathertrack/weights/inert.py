"""Read checkpoints that hold objects of other programs, without those programs and running nothing.

Training programs save more than tensors: meters, settings, numpy scalars. ``weights_only`` refuses
them. Here tensors and dictionaries are read as they are, and every object of a class that this
package does not know becomes a stand-in, which remembers nothing and does nothing. A file that asks
for a function, or for anything of Python's own library beyond plain data, is refused: no checkpoint
needs one. Nor can a file change what it names: pickle can give any object that it got hold of a new
state, so it gets hold of objects of this module alone.

The module has the two names that ``torch.load`` asks of a ``pickle_module``.
"""

from __future__ import annotations

import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor
from torch._utils import _rebuild_parameter, _rebuild_tensor_v2


class _Sealed:
    """A function that a file may call and do nothing else with: it cannot be given a state."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., object]) -> None:
        self._make = make

    def __call__(self, *arguments: object) -> object:
        return self._make(*arguments)

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("a function's state is not set")


def _parameter(data: Tensor, requires_grad: bool, hooks: object, state: object) -> Tensor:
    """A parameter without the attributes that a program gave it."""
    made: Tensor = _rebuild_parameter(data, requires_grad, hooks)  # type: ignore[no-untyped-call]
    return made


def _without_values(*arguments: object) -> Tensor:
    """What is read in the place of a tensor that is not dense: no weights are sparse, say."""
    return torch.empty(0, device="meta")


_SEALED = {
    ("collections", "OrderedDict"): _Sealed(OrderedDict),
    ("torch", "Size"): _Sealed(torch.Size),
    ("torch._utils", "_rebuild_parameter"): _Sealed(_rebuild_parameter),
    ("torch._utils", "_rebuild_parameter_with_state"): _Sealed(_parameter),
    ("torch._utils", "_rebuild_tensor_v2"): _Sealed(_rebuild_tensor_v2),
    ("torch._utils", "_rebuild_meta_tensor_no_storage"): _Sealed(_without_values),
    ("torch._utils", "_rebuild_qtensor"): _Sealed(_without_values),
    ("torch._utils", "_rebuild_sparse_tensor"): _Sealed(_without_values),
}
"""What a table of tensors is made of; none of these runs anything or takes memory of its own."""

_PYTHON2 = {"__builtin__": "builtins", "copy_reg": "copyreg"}
"""Modules as protocol 2 spells them, which torch saves in."""

_BUILTINS = (
    *("bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list"),
    *("long", "object", "range", "set", "slice", "str", "tuple", "unicode", "xrange"),
    "getattr",  # how pickle refers to a method
)

_PLAIN_DATA = {
    ("_codecs", "encode"),
    ("argparse", "Namespace"),
    *(("builtins", name) for name in _BUILTINS),
    ("collections", "Counter"),
    ("collections", "defaultdict"),
    ("collections", "deque"),
    ("copyreg", "_reconstructor"),
    ("datetime", "datetime"),
    ("datetime", "timedelta"),
    ("pathlib", "PosixPath"),
    ("pathlib", "PurePosixPath"),
    ("pathlib", "WindowsPath"),
    ("torch", "device"),
    ("torch.serialization", "_get_layout"),
    *(
        ("torch", name)
        for name in dir(torch)
        if isinstance(getattr(torch, name), torch.dtype | torch.qscheme)
    ),
}
"""Names in lower case that stand for values; a file gets a stand-in for them too."""

_NUMPY = ("_frombuffer", "_reconstruct", "dtype", "ndarray", "scalar")


class StandIn:
    """What is read in the place of an unknown object: it takes everything and does nothing."""

    dump_patches = False  # which torch asks of the class of a module in a legacy file

    def __new__(cls, *arguments: object, **named: object) -> StandIn:
        """Return one, whatever the object was made of."""
        return super().__new__(cls)

    def __init__(self, *arguments: object, **named: object) -> None:
        """Take no notice."""

    def __call__(self, *arguments: object, **named: object) -> StandIn:
        """Return another one: methods are referred to, never called."""
        return StandIn()

    def __setstate__(self, state: object) -> None:
        """Take no notice of what the object held."""

    def __setitem__(self, key: object, value: object) -> None:
        """Take no notice."""

    def append(self, value: object) -> None:
        """Take no notice."""

    def extend(self, values: object) -> None:
        """Take no notice."""

    def add(self, value: object) -> None:
        """Take no notice."""


class Unpickler(pickle.Unpickler):
    """A pickle reader that imports nothing."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name in a file stands for: plain data, or a stand-in.

        Raises:
            pickle.UnpicklingError: it is a function, or of Python's own library.
        """
        module = _PYTHON2.get(module, module)
        if (module, name) in _SEALED:
            return _SEALED[module, name]
        top = module.partition(".")[0]
        if (module, name) in _PLAIN_DATA or (top == "numpy" and name in _NUMPY):
            return StandIn
        own_library = top in sys.stdlib_module_names or top in ("posix", "nt")
        if own_library or not name.lstrip("_")[:1].isupper():
            raise pickle.UnpicklingError(f"GLOBAL {module}.{name} is not read")
        return StandIn


def load(file: IO[bytes], **options: Any) -> Any:
    """Read one pickle, as ``pickle.load`` does."""
    return Unpickler(file, **options).load()


def read_inert(path: Path) -> object:
    """Return the content of a checkpoint, zip or legacy but no tar, with stand-ins for the unknown.

    Raises:
        pickle.UnpicklingError: it asks for what no checkpoint needs.
    """
    return torch.load(
        path, map_location="cpu", weights_only=False, pickle_module=sys.modules[__name__]
    )
