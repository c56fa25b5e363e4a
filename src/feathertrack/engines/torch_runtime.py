"""Run a network with torch: on the processor, on a CUDA device, or on Apple's GPU (mps).

Batch norms are folded, channels are whole vector registers and come last in memory. Several threads
may call at once; on a CUDA device they take turns.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.engines.choice import Choice
from feathertrack.engines.cuda_graphs import CudaGraphs
from feathertrack.engines.devices import Device
from feathertrack.engines.protocol import (
    PICTURES,
    Boxes,
    Features,
    Images,
    NetworkInfo,
    Outputs,
)
from feathertrack.engines.requests import (
    boxes_in_templates,
    check_call,
    check_regions,
    each_input,
)
from feathertrack.errors import InputError
from feathertrack.models.alignment import align_channels
from feathertrack.models.folding import fold_batchnorm
from feathertrack.models.network import Network
from feathertrack.weights.info import network_info

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

_CUDA_TURN = threading.Lock()  # recorded graphs reuse their memory, and cuDNN's flags are global


@dataclass(frozen=True, kw_only=True)
class TorchEngine:
    """A torch network; see :class:`feathertrack.engines.protocol.CallingEngine`."""

    model: Network = field(repr=False)
    graphs: CudaGraphs | None = field(repr=False, default=None)
    info: NetworkInfo
    device: str
    precision: str
    threads: int | None = None
    choice: Choice | None = None
    name: str = "torch"

    def embed(self, template: Images, boxes: Boxes | None = None) -> Features:
        """Features of B templates, uint8 (B, h, w, 3); they stay on the device."""
        given = boxes_in_templates(self.info, template, boxes)
        with self._running():
            pictures = as_input(self._upload(template), DTYPES[self.precision])
            return Features(_tuple(self.model.embed(pictures, *map(self._upload, given))))

    def predict(self, features: Features, search: Images) -> Outputs:
        """Raw outputs for N regions, uint8 (N, H, W, 3); region i belongs to template i % B."""
        tensors = _tuple(features)
        check_regions(num_templates=len(tensors[0]), search=search)
        with self._running():
            if self.graphs is not None:
                return _download(self.graphs.run(tensors, self._upload(search)))
            pictures = as_input(self._upload(search), DTYPES[self.precision])
            return _download(_tuple(self.model.predict(_single(tensors), pictures)))

    def call(self, name: str, *inputs: NDArray[Any] | Features) -> Outputs:
        """Outputs of a further call of the network."""
        check_call(self.info, name)
        names = self.model.further_calls[name].inputs
        with self._running():
            given = [self._given(*each) for each in zip(names, each_input(inputs), strict=True)]
            return _download(_tuple(getattr(self.model, name)(*given)))

    def stack(self, features: Sequence[Features]) -> Features:
        """The features of several targets as one batch."""
        parts = zip(*map(_tuple, features), strict=True)
        return Features(tuple(torch.cat(part) for part in parts))

    def blend(self, first: Features, second: Features, share: float) -> Features:
        """Two views of one target as one: ``first * (1 - share) + second * share``."""
        pairs = zip(_tuple(first), _tuple(second), strict=True)
        with self._running():
            return Features(tuple(torch.lerp(one, other, share) for one, other in pairs))

    def _given(self, name: str, array: NDArray[Any] | Tensor) -> Tensor:
        """Pictures, uint8 or float32, as networks take them; all else as it is."""
        if isinstance(array, Tensor):  # of ``embed``
            return array
        tensor = self._upload(array)
        return as_input(tensor, DTYPES[self.precision]) if name == PICTURES else tensor

    def _upload(self, pictures: NDArray[Any]) -> Tensor:
        if not pictures.flags.writeable or not pictures.flags.c_contiguous:
            pictures = pictures.copy()
        tensor = torch.from_numpy(pictures)
        if self.device.startswith("cuda"):
            return tensor.pin_memory().to(self.device, non_blocking=True)
        return tensor.to(self.device)

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        on_device = _exact_cuda() if self.graphs is not None else _threads(self.threads)
        with torch.inference_mode(), on_device:
            yield


def as_input(pictures_NHW3: Tensor, dtype: torch.dtype) -> Tensor:
    """Pictures as networks take them, (N, 3, H, W), without moving a byte but the conversion's."""
    return pictures_NHW3.permute(0, 3, 1, 2).to(dtype)


def load_torch_engine(
    model: Network, *, device: Device, precision: str = "float32", threads: int | None = None
) -> TorchEngine:
    """Prepare a copy of a network for inference.

    Args:
        model: a network with its weights; it is left as it is.
        device: cpu, cuda or mps.
        precision: "float32", "bfloat16" or "float16"; on a processor without such arithmetic the
            last two are right but many times slower.
        threads: threads of a call on the processor; None leaves torch's number.

    Raises:
        InputError: torch sees no such device, or the precision is int8.
    """
    if precision not in DTYPES:
        raise InputError(f"torch runs no {precision} networks here: say one of {', '.join(DTYPES)}")
    check_device(device)
    ready = align_channels(fold_batchnorm(model.merged()))
    ready.to(device=str(device), dtype=DTYPES[precision], memory_format=torch.channels_last)  # type: ignore[call-overload]
    ready.requires_grad_(False)
    dtype = DTYPES[precision]
    return TorchEngine(
        model=ready,
        graphs=CudaGraphs(ready, prepare=lambda pictures: as_input(pictures, dtype))
        if device.kind == "cuda"
        else None,
        info=network_info(model),
        device=str(device),
        precision=precision,
        threads=threads,
    )


def check_device(device: Device) -> None:
    """Refuse a device that torch does not see.

    Raises:
        InputError: it is not there; the text says what would do.
    """
    if device.kind == "cuda" and device.index >= torch.cuda.device_count():
        seen = torch.cuda.device_count() if torch.cuda.is_available() else 0
        raise InputError(
            f"torch {torch.__version__} sees {seen} CUDA devices, not {device}: "
            "install torch for CUDA and its driver, or choose the device cpu"
        )
    if device.kind == "mps" and not torch.backends.mps.is_available():
        raise InputError("torch sees no Apple GPU (mps) here: choose the device cpu")


@contextlib.contextmanager
def _threads(threads: int | None) -> Iterator[None]:
    """Use so many threads inside the block; the caller's number comes back after it."""
    before = torch.get_num_threads()
    if threads is None or threads == before:
        yield
        return
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def _exact_cuda() -> Iterator[None]:
    """One call at a time, without TF32, which rounds to 10 bits: float32 means float32."""
    with _CUDA_TURN, torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield


def _tuple(value: Any) -> tuple[Tensor, ...]:
    return (value,) if isinstance(value, Tensor) else tuple(value)


def _single(tensors: tuple[Tensor, ...]) -> Any:
    """What ``embed`` returned: a tensor where it was one."""
    return tensors[0] if len(tensors) == 1 else tensors


def _download(outputs: tuple[Tensor, ...]) -> Outputs:
    return tuple(np.asarray(output.float().cpu().numpy()) for output in outputs)
