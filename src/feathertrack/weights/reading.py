"""Tensors and metadata out of a file, whoever wrote it: hostile files end in one sentence.

Nothing in a file is ever run, since PyTorch checkpoints are read with ``weights_only``, or by
``inert`` where a training program left objects of its own; what a file declares is held against its
length.
"""

from __future__ import annotations

import os
import pickle
import re
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from feathertrack.errors import WeightsError, require
from feathertrack.weights.inert import StandIn, read_inert
from feathertrack.weights.recognition import State, first, shown

_LONGEST_SAFETENSORS_HEADER = 100_000_000  # as in the safetensors library

_OTHER_KINDS = {
    b"": "is empty",
    b"<": "is a web page or XML, so the download went wrong",
    b"version https://git-lfs": "is a Git LFS pointer: fetch the file itself with git lfs pull",
    b"\x1f\x8b": "is compressed with gzip: unpack it first",
    b"\x89HDF": "is an HDF5 file, of another framework",
    b"\x08": "looks like an exported ONNX network",
}
"""How a file begins -> what it is, for files that hold no weights; the first that fits counts."""

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "params")
"""Keys under which training programs put the state dict, beside an epoch or an optimiser."""


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """What a file holds.

    Attributes:
        state: its tensors by name, dense, on the CPU.
        metadata: the words that a safetensors file carries; {} for others.
    """

    state: State
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_file(path: Path) -> StoredFile:
    """Read a PyTorch checkpoint, zip or legacy, or a safetensors file; which is seen by its bytes.

    Raises:
        WeightsError: the file is absent, broken, of another kind, or holds more than tensors.
    """
    head, size = _beginning(path)
    read = _reader(path, head, size)
    try:
        stored = read(path)
    except WeightsError:
        raise
    except Exception as error:  # A broken pickle can raise anything: KeyError, EOFError, ...
        raise WeightsError(_explain(path, error)) from error
    _check_tensors(path, stored.state, size)
    return stored


def _check_tensors(path: Path, state: State, size: int) -> None:
    for name, tensor in state.items():
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
            raise WeightsError(
                f"{path}: tensor {shown(name)} is sparse, quantised or without values"
            )
        if tensor.numel() * tensor.element_size() > size:
            raise WeightsError(
                f"{path}: tensor {shown(name)} of shape {tuple(tensor.shape)} is larger than the "
                "file"
            )


def _beginning(path: Path) -> tuple[bytes, int]:
    if not path.exists():
        raise WeightsError(f"there is no file {path}")
    if not path.is_file():
        raise WeightsError(f"{path} is a folder or a device, not a file of weights")
    try:
        with path.open("rb") as file:
            return file.read(64), os.fstat(file.fileno()).st_size
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror or error}") from error


def _reader(path: Path, head: bytes, size: int) -> Callable[[Path], StoredFile]:
    if path.suffix.lower() == ".onnx":
        raise WeightsError(
            f"{path} is an exported ONNX network, which an engine runs as it is: give it to "
            "create_tracker or track, not to load_model"
        )
    if head.startswith(b"PK"):
        return _read_zip
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05" and len(head) > 1:
        return _read_checkpoint
    if head[8:9] == b"{" or path.suffix.lower() == ".safetensors":
        _check_safetensors(path, head, size)
        return _read_safetensors
    for start, kind in _OTHER_KINDS.items():
        if head.startswith(start) and (start or not head):
            raise WeightsError(f"{path} {kind}, not a file of weights")
    raise WeightsError(f"{path} is neither a PyTorch checkpoint nor a safetensors file")


def _check_safetensors(path: Path, head: bytes, size: int) -> None:
    length = int.from_bytes(head[:8], "little")
    if len(head) < 8 or length > min(size - 8, _LONGEST_SAFETENSORS_HEADER):
        raise WeightsError(
            f"{path} is no whole safetensors file: it announces a header of {length} bytes "
            f"and has {size} bytes in all"
        )


def _read_safetensors(path: Path) -> StoredFile:
    safetensors = require("safetensors", extra="torch")
    with safetensors.safe_open(path, framework="pt", device="cpu") as file:
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 no mapping
        return StoredFile(state=state, metadata=file.metadata() or {})


def _read_zip(path: Path) -> StoredFile:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    names = [member.filename.rpartition("/")[2] for member in members]
    if "data.pkl" not in names:
        raise WeightsError(f"{path} is a zip archive, but not a PyTorch checkpoint")
    if "constants.pkl" in names:
        raise WeightsError(f"{path} is a TorchScript program; weights are loaded, not programs")
    declared, size = sum(member.file_size for member in members), path.stat().st_size
    if declared > size:
        raise WeightsError(
            f"{path} unpacks to {declared} bytes from {size}: not a checkpoint as PyTorch saves it"
        )
    return _read_checkpoint(path)


def _read_checkpoint(path: Path) -> StoredFile:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch remarks on unusual but harmless pickle protocols
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as refused:
            return _read_inert(path, refused)
    return StoredFile(state=find_state(content, source=str(path)))


def _read_inert(path: Path, refused: pickle.UnpicklingError) -> StoredFile:
    """A checkpoint with objects of a training program beside its tensors, which are left out."""
    if tarfile.is_tarfile(path):  # torch unpacks the archives of its first versions to the disk
        raise refused
    content = read_inert(path)
    if isinstance(content, StandIn):  # an object of a program and nothing else
        raise refused
    return StoredFile(state=find_state(content, source=str(path)))


def find_state(content: object, *, source: str) -> State:
    """Return the table of tensors in what a checkpoint holds, out of the usual wrappers.

    Raises:
        WeightsError: there is none; the message lists what there is instead.

    >>> list(find_state({"epoch": 3, "state_dict": {"w": torch.ones(2)}}, source="a.pth"))
    ['w']
    """
    inside = content
    for _ in range(5):  # a hostile file can wrap a table in itself
        if not isinstance(inside, Mapping):
            break
        wrapped = [inside[key] for key in _WRAPPERS if isinstance(inside.get(key), Mapping)]
        if wrapped:
            inside = wrapped[0]
            continue
        tensors = {key: value for key, value in inside.items() if isinstance(value, Tensor)}
        if tensors and all(isinstance(key, str) for key in tensors):
            return {str(key): value.detach() for key, value in tensors.items()}
        break
    if isinstance(content, Mapping) and content.get("format") == "feathertrack training":
        raise WeightsError(
            f"{source} is a checkpoint to go on training from: the weights of its run are in "
            "weights/last.safetensors and weights/best.safetensors beside the folder checkpoints"
        )
    found = "keys " + first(content) if isinstance(content, Mapping) else type(content).__name__
    raise WeightsError(f"{source} holds no table of tensors, but {found}")


def _explain(path: Path, error: Exception) -> str:
    text = str(error)
    named = re.search(r"(?:GLOBAL|[Gg]lobal:?) ([A-Za-z_][\w.]*\.[\w.]+)", text)
    if named and not isinstance(error, OSError):
        return (
            f"{path} was not loaded, since it asks for {named[1]} while it is read: only "
            "files of plain tensors are read; save its state dict alone"
        )
    if "allocate memory" in text or isinstance(error, MemoryError):
        return f"{path} declares more data than there is memory: it is damaged or hostile"
    if isinstance(error, pickle.UnpicklingError):
        return f"{path} is a pickle with more than plain tensors in it, or a damaged one"
    reason = shown(text.strip().partition("\n")[0].partition(". ")[0])
    told = f" ({reason})" if reason.count(" ") > 1 else ""  # not just the key of a KeyError
    return f"{path} is damaged or was not written whole{told}"
