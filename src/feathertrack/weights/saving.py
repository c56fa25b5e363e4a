"""Save a network as a safetensors file that says which network it is."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from feathertrack.errors import InputError, require
from feathertrack.models.network import Network
from feathertrack.weights.metadata import describe


def save_model(
    model: Network, path: str | Path, *, metadata: Mapping[str, str] | None = None
) -> Path:
    """Write a network to a .safetensors file, which ``load_model`` needs nothing else to read.

    The file appears whole or not at all.

    Args:
        model: a network that ``create_model`` or ``load_model`` made.
        path: where to; an existing file is replaced.
        metadata: further words to keep, such as {"git_revision": ...}; they cannot replace ours.

    Returns:
        The path.

    Raises:
        InputError: the suffix is another, the network has no name to build it by again, or the
            folder cannot be written.
    """
    path = Path(path)
    if path.suffix != ".safetensors":
        raise InputError(f"{path}: networks are saved as .safetensors files")
    if not model.name:
        raise InputError("only a network made by create_model or load_model can be saved")
    words = {**(metadata or {}), **describe(model)}
    state = {key: tensor.detach().cpu().contiguous() for key, tensor in model.state_dict().items()}
    safetensors = require("safetensors.torch", extra="torch")
    _write_whole(path, _ordered(safetensors.save(state, metadata=words)))
    return path


def _ordered(content: bytes) -> bytes:
    """The same file with its metadata in the order of their names: the library's order is random.

    In a file of safetensors 8 bytes say how long the header in JSON is, which may end in spaces.
    """
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


def _write_whole(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).chmod(0o644)  # mkstemp gives it to the owner alone
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
