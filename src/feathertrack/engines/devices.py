"""How a device is named: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

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


def parse_device(text: str) -> Device:
    """Take a device's name apart.

    Raises:
        InputError: it is no device's name.

    >>> str(parse_device("cuda"))
    'cuda:0'
    """
    match = re.fullmatch(r"cuda(?::(\d{1,3}))?", text)
    if match:
        return Device("cuda", int(match[1] or 0))
    plain: dict[str, Device] = {"auto": AUTO, "cpu": CPU, "mps": Device("mps")}
    if text not in plain:
        raise InputError(f"no device is called {text!r}: say auto, cpu, cuda, cuda:N or mps")
    return plain[text]
