"""Devices, processes and precision of a training, through Lightning Fabric.

One process trains on the CPU or on one GPU. Started by ``torchrun``, each process trains on a GPU
of its own, or all of them on the CPU.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import torch

from feathertrack.engines.devices import parse_device
from feathertrack.engines.torch_runtime import check_device
from feathertrack.errors import InputError, require
from feathertrack.training.recipe import LoopSettings

if TYPE_CHECKING:
    from lightning_fabric import Fabric
    from lightning_fabric.plugins import MixedPrecision
    from lightning_fabric.strategies.strategy import Strategy

_Precision: TypeAlias = Literal["16-mixed", "bf16-mixed"]
_MIXED: dict[str, _Precision] = {"float16": "16-mixed", "bfloat16": "bf16-mixed"}

_PATIENCE = timedelta(hours=12)
"""How long other processes wait while the first one validates."""


def launch(settings: LoopSettings, *, devices: str = "auto") -> Fabric:
    """Return a Fabric whose processes have met.

    Args:
        settings: tells the precision.
        devices: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; under ``torchrun`` each process takes
            the GPU of its local rank.

    Raises:
        InputError: there is no such device.
        MissingExtra: Lightning Fabric is not installed.
    """
    require("lightning_fabric", extra="torch")
    from lightning_fabric import Fabric

    kind, index = _choose(devices)
    mixed = _mixed_precision(settings, kind)
    processes = int(os.environ.get("WORLD_SIZE", "1")) if _under_torchrun() else 1
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if processes > 1 else 1
    if kind == "cuda" and processes > 1 and local > torch.cuda.device_count():
        raise InputError(
            f"torchrun started {local} processes for {torch.cuda.device_count()} GPUs: say "
            f"--nproc-per-node {torch.cuda.device_count()}, or --devices cpu"
        )
    single = [index] if kind == "cuda" else 1
    fabric = Fabric(
        accelerator=kind,
        devices=local if processes > 1 else single,
        num_nodes=max(1, processes // local),
        strategy=_many_processes(kind) if processes > 1 else "auto",
        precision=None if mixed else "32-true",
        plugins=[mixed] if mixed else None,
    )
    fabric.launch()
    return fabric


def any_process(fabric: Fabric, mine: bool) -> bool:
    """Whether any process says so; all must ask together."""
    if fabric.world_size == 1:
        return mine
    own = torch.tensor(float(mine), device=fabric.device)
    most: Any = fabric.all_reduce(own, reduce_op="max")
    return bool(most > 0)


def _under_torchrun() -> bool:
    return {"RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR"} <= os.environ.keys()


def _choose(devices: str) -> tuple[str, int]:
    device = parse_device(devices, kinds=("auto", "cpu", "cuda"))
    if device.kind == "auto":
        return ("cuda", 0) if torch.cuda.is_available() else ("cpu", 0)
    check_device(device)
    return device.kind, device.index


def _mixed_precision(settings: LoopSettings, kind: str) -> MixedPrecision | None:
    from lightning_fabric.plugins import MixedPrecision

    if settings.precision == "float32":
        return None
    if settings.precision not in _MIXED:
        raise InputError(
            f"loop.precision is float32, float16 or bfloat16, got {settings.precision!r}"
        )
    if settings.loss_scale < 0:
        raise InputError(f"loop.loss_scale must be at least 0, got {settings.loss_scale}")
    scaler = None
    if settings.precision == "float16":
        scaler = torch.amp.GradScaler(kind, init_scale=settings.loss_scale or 2.0**16)
    return MixedPrecision(_MIXED[settings.precision], device=kind, scaler=scaler)


def _many_processes(kind: str) -> Strategy:
    from lightning_fabric.strategies.ddp import DDPStrategy

    # As in pysot and mmtracking, batch norms count on their own: buffers are not sent around. Parts
    # that a loss does not reach, such as the unused squeezes of a student, are no error.
    return DDPStrategy(
        process_group_backend="gloo" if kind == "cpu" else "nccl",
        timeout=_PATIENCE,
        broadcast_buffers=False,
        find_unused_parameters=True,
    )
