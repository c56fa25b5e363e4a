"""How a device is named: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, get_args

from feathertrack.errors import InputError

DeviceKind = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True)
class Device:
    """A kind of device and which one of that kind."""

    kind: DeviceKind
    index: int = 0

    def __str__(self) -> str:
        return f"cuda:{self.index}" if self.kind == "cuda" else self.kind


AUTO, CPU = Device("auto"), Device("cpu")


_FORM = re.compile(r"(auto|cpu|mps)|cuda(?::(\d{1,3}))?")


def parse_device(text: str, *, kinds: Collection[DeviceKind] = get_args(DeviceKind)) -> Device:
    """Take a device's name apart; capitals and blanks around it do not matter.

    Args:
        text: the name.
        kinds: those that will do.

    Raises:
        InputError: it is no device's name, or that of another kind; those that will do are listed.

    >>> str(parse_device("cuda"))
    'cuda:0'
    """
    match = _FORM.fullmatch(text.strip().lower())
    kind: Any = "cuda" if match is None else match[1] or "cuda"
    if match and kind in kinds:
        return Device(kind, int(match[2] or 0))
    said = f"{text!r} is no device for this" if match else f"no device is called {text!r}"
    names = ", ".join("cuda, cuda:N" if kind == "cuda" else kind for kind in kinds)
    raise InputError(f"{said}: say {' or '.join(names.rsplit(', ', 1))}")
