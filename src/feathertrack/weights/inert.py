"""Read checkpoints that hold objects of other programs, without those programs and running nothing.

Training programs save more than tensors: meters, settings, numpy scalars. ``weights_only`` refuses
them. Here tensors and dictionaries are read as they are, and every object of a class that this
package does not know becomes a stand-in, which remembers nothing and does nothing. A file that asks
for a function, or for anything of Python's own library beyond plain data, is refused: no checkpoint
needs one.

The module has the two names that ``torch.load`` asks of a ``pickle_module``.
"""

from __future__ import annotations

import pickle
import sys
import tarfile
from collections import OrderedDict
from pathlib import Path
from typing import IO, Any

import torch
from torch._utils import _rebuild_parameter, _rebuild_tensor_v2

_REAL = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch", "Size"): torch.Size,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor_v2,
}
"""What a table of tensors is made of; none of these runs anything or takes memory of its own."""

_PLAIN_DATA = {
    ("_codecs", "encode"),
    ("argparse", "Namespace"),
    ("builtins", "complex"),
    ("builtins", "frozenset"),
    ("builtins", "getattr"),  # how pickle refers to a method
    ("builtins", "set"),
    ("__builtin__", "getattr"),
    ("__builtin__", "set"),
    ("collections", "Counter"),
    ("collections", "defaultdict"),
    ("collections", "deque"),
    ("copy_reg", "_reconstructor"),
    ("copyreg", "_reconstructor"),
    ("datetime", "datetime"),
    ("datetime", "timedelta"),
    ("pathlib", "PosixPath"),
    ("pathlib", "PurePosixPath"),
    ("pathlib", "WindowsPath"),
    ("torch", "device"),
    *(("torch", name) for name in dir(torch) if isinstance(getattr(torch, name), torch.dtype)),
}
"""Names in lower case that stand for values; a file gets a stand-in for them too."""

_NUMPY = ("_frombuffer", "_reconstruct", "dtype", "ndarray", "scalar")


class StandIn:
    """What is read in the place of an unknown object: it takes everything and does nothing."""

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
        if (module, name) in _REAL:
            return _REAL[module, name]
        top = module.partition(".")[0]
        if (module, name) in _PLAIN_DATA or (top == "numpy" and name in _NUMPY):
            return StandIn
        own_library = top in sys.stdlib_module_names or top in ("__builtin__", "posix", "nt")
        if own_library or not name.lstrip("_")[:1].isupper():
            raise pickle.UnpicklingError(f"GLOBAL {module}.{name} is not read")
        return StandIn


def load(file: IO[bytes], **options: Any) -> Any:
    """Read one pickle, as ``pickle.load`` does."""
    return Unpickler(file, **options).load()


def read_inert(path: Path) -> object:
    """Return the content of a checkpoint, zip or legacy, with stand-ins for unknown objects.

    Raises:
        pickle.UnpicklingError: it asks for what no checkpoint needs.
    """
    if tarfile.is_tarfile(path):  # torch unpacks the archives of its first versions to the disk
        raise pickle.UnpicklingError("a tar archive is not read")
    return torch.load(
        path, map_location="cpu", weights_only=False, pickle_module=sys.modules[__name__]
    )
