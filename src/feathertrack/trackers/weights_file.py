"""Where torch is absent: is a file one of weights at all, before torch is asked for?"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from feathertrack.engines.pair import SUFFIXES
from feathertrack.errors import MissingExtra, WeightsError

_PICKLES = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))


def check_weights_without_torch(path: Path) -> None:
    """Refuse a file that only torch could read, where torch is not installed.

    With torch the loader says more; exported pairs need none. Nothing is done in both cases.

    Raises:
        WeightsError: there is no such file, or it is neither a checkpoint nor safetensors.
        MissingExtra: it is one.
    """
    if path.suffix.lower() in SUFFIXES or importlib.util.find_spec("torch") is not None:
        return
    if not path.is_file():
        raise WeightsError(f"no file of weights at {path}")
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror or error}") from error
    if not (head.startswith((b"PK", *_PICKLES)) or head[8:9] == b"{"):
        raise WeightsError(
            f"{path} is no file of weights: neither a PyTorch checkpoint, nor safetensors, nor one "
            f"of an exported pair ({', '.join(SUFFIXES)})"
        )
    raise MissingExtra(
        f"{path} holds torch weights, and torch is not installed: pip install 'feathertrack[torch]'"
    )
