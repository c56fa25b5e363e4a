"""Read pickles that hold NumPy arrays, and nothing that could run.

FDSiamFC keeps its metadata in pickles. Loading a pickle executes what it names; here only arrays,
numbers and containers can come out, built by code of this file.
"""

from __future__ import annotations

import io
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.errors import InputError

MAX_BYTES = 2**30
"""The largest pickle that is read."""

_KINDS = frozenset("?bBhHiIlLqQefdSU")
"""One letter for each type of element that is read: booleans, integers, floats, texts."""


def read_arrays(path: Path) -> Any:
    """Arrays, numbers and texts in tuples, lists and dicts.

    Raises:
        InputError: no such file, larger than ``MAX_BYTES``, no pickle, or one that holds more.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} has more than {MAX_BYTES:,} bytes: no metadata of crops")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        return _plain(_Unpickler(io.BytesIO(data)).load())
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except RecursionError as error:
        raise InputError(f"{path} is no metadata of crops: it is nested too deeply") from error
    except Exception as error:  # a damaged pickle may raise anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} is no pickle of arrays, or damaged: {reason}") from error


class _Dtype:
    """Stands for ``numpy.dtype``: one simple type of element."""

    def __init__(self, text: Any = "", *_: Any) -> None:
        try:
            kind = np.dtype(text) if isinstance(text, str) else None
        except TypeError:
            kind = None
        if kind is None or kind.char not in _KINDS or kind.itemsize > 4096:
            raise InputError(f"it holds elements of type {str(text)[:40]!r}, which are not read")
        self.dtype = kind

    def __setstate__(self, state: Any) -> None:
        if state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """Stands for ``numpy.ndarray`` until its state has been read."""

    value: NDArray[Any]

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        self.value = _array(data, dtype, shape, "F" if fortran else "C")


class _Unpickler(pickle.Unpickler):
    """Knows the names that NumPy's own pickles use, and no other."""

    _encoded = 0

    def find_class(self, module: str, name: str) -> Any:
        """What a pickle may name: the parts of an array, and nothing that runs.

        Raises:
            InputError: it names something else.
        """
        if (module, name) == ("_codecs", "encode"):
            return self._encode
        found = _ALLOWED.get((module.replace("numpy._core", "numpy.core"), name))
        if found is None:
            raise InputError(
                f"it names {module}.{name}, which no array does: not written by FDSiamFC"
            )
        return found

    def persistent_load(self, pid: Any) -> Any:
        """Refuse what lies outside of the file.

        Raises:
            InputError: always.
        """
        raise InputError("it refers to something outside of itself, which is not read")

    def _encode(self, text: Any, encoding: Any = "latin1") -> bytes:
        """Make bytes of a text, as pickles for Python 2 ask for; one text could be asked often."""
        if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
            raise InputError("it holds bytes in a form that is not read")
        self._encoded += len(text)
        if self._encoded > MAX_BYTES:
            raise InputError(f"it makes more than {MAX_BYTES:,} bytes")
        return text.encode("latin-1")


def _array(data: Any, dtype: Any, shape: Any, order: Any) -> NDArray[Any]:
    if not isinstance(dtype, _Dtype) or not isinstance(data, bytes | bytearray):
        raise InputError("it holds an array of objects, which is not read")
    sides = tuple(int(side) for side in shape)
    if len(sides) > 8 or math.prod(sides) * dtype.dtype.itemsize != len(data):
        raise InputError("it holds an array whose size is not that of its numbers")
    return np.frombuffer(bytes(data), dtype.dtype).reshape(
        sides, order="F" if order == "F" else "C"
    )


def _empty_array(*_: Any) -> _Array:
    return _Array()


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any) -> _Array:
    made = _Array()
    made.value = _array(data, dtype, shape, order)
    return made


def _scalar(dtype: Any, data: Any) -> Any:
    return _array(data, dtype, (), "C")[()]


def _no_bytes() -> bytes:
    """What pickles for Python 2 say for no bytes at all."""
    return b""


class _Ndarray:
    """Only named in a pickle, as the class that an array is to have."""


_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): _Ndarray,
    ("numpy.core.multiarray", "_reconstruct"): _empty_array,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
    ("collections", "OrderedDict"): dict,
    ("__builtin__", "bytes"): _no_bytes,
    ("builtins", "bytes"): _no_bytes,
}


def _plain(value: Any, depth: int = 0) -> Any:
    if depth > 8:
        raise InputError("it is nested too deeply to be metadata of crops")
    if isinstance(value, _Array):
        return value.value
    if isinstance(value, dict):
        return {key: _plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(one, depth + 1) for one in value)
    return value
