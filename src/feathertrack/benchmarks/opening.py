"""Benchmarks by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.dtb70 import open_dtb70
from feathertrack.benchmarks.folder import open_folder
from feathertrack.benchmarks.folder_places import is_sequence
from feathertrack.benchmarks.got10k import open_got10k
from feathertrack.benchmarks.lasot import open_lasot
from feathertrack.benchmarks.layout import folder_called
from feathertrack.benchmarks.nfs import open_nfs
from feathertrack.benchmarks.otb import open_otb
from feathertrack.benchmarks.pysot_json import open_pysot_json
from feathertrack.benchmarks.synthetic import open_synthetic
from feathertrack.benchmarks.tcolor import open_tcolor128
from feathertrack.benchmarks.trackingnet import open_trackingnet
from feathertrack.benchmarks.uav import open_uav
from feathertrack.benchmarks.vot import open_vot
from feathertrack.errors import InputError

Opener = Callable[..., Benchmark]

_VOT = (*(f"vot{year}" for year in range(2013, 2023)), "votlt2018", "votlt2019")
_OPENERS: dict[str, Opener] = {
    **{name: partial(open_otb, name) for name in ("otb2013", "otb50", "otb100")},
    **{name: partial(open_uav, name) for name in ("uav123", "uav20l")},
    "tcolor128": open_tcolor128,
    "dtb70": open_dtb70,
    **{name: partial(open_nfs, name) for name in ("nfs30", "nfs240")},
    **{name: partial(open_lasot, name) for name in ("lasot", "lasot_all", "lasot_ext")},
    "trackingnet": open_trackingnet,
    **{f"got10k_{split}": partial(open_got10k, f"got10k_{split}") for split in ("train", "val")},
    "got10k_test": partial(open_got10k, "got10k_test"),
    **{name: partial(open_vot, name) for name in _VOT},
    "synthetic": open_synthetic,
    "folder": open_folder,
}
_VERSIONED = {"otb2013", "otb50", "otb100", "trackingnet", "folder", *_VOT}
_COUNTS_FROM_0 = ("vot", "got10k", "nfs", "synthetic", "folder")


def list_benchmarks(pattern: str = "*") -> list[str]:
    """Names of benchmarks that match a shell pattern, by family.

    >>> list_benchmarks("lasot*")
    ['lasot', 'lasot_all', 'lasot_ext']
    """
    return [name for name in _OPENERS if fnmatchcase(name, pattern.lower())]


def root_of(name: str, data: Path) -> Path:
    """Where a benchmark lies in a folder that may hold several: its own folder, else ``data``.

    A sequence of the user's that is called "folder" is a sequence, not the benchmark ``folder``.
    """
    own = folder_called(name, data)
    if own is None or (name == "folder" and is_sequence(own)):
        return data
    return own


def open_benchmark(
    name: str, root: str | Path | None = None, *, version: str | None = None
) -> Benchmark:
    """A benchmark by name.

    Args:
        name: one of ``list_benchmarks()``.
        root: the folder of its data, which may also be one level too high or too low; or a json
            file of pysot's toolkit. ``synthetic`` needs none.
        version: which of several editions, where there are any: ``official`` or ``got10k`` (OTB,
            Tiger1), ``pysot`` or ``toolkit`` (VOT, frames without ground truth), ``TEST`` or
            ``TRAIN_0`` to ``TRAIN_11`` (TrackingNet), a box format (``folder``).

    Raises:
        InputError: no such benchmark (the nearest are named) or version, or nothing of it in the
            root (the tree that was expected is named).
    """
    if name not in _OPENERS:
        near = difflib.get_close_matches(name.lower(), _OPENERS, n=3, cutoff=0.5)
        raise InputError(f"no benchmark {name!r}; nearest: {', '.join(near or _OPENERS)}")
    if name == "synthetic" and version is None:
        return open_synthetic(root)
    if root is None:
        raise InputError(f"{name} needs the folder of its data: --data ROOT")
    if Path(root).suffix.lower() == ".json" and name != "folder":
        origin = 0 if name.startswith(_COUNTS_FROM_0) else 1
        return open_pysot_json(name, Path(root), origin=origin)
    if version is not None and name not in _VERSIONED:
        raise InputError(f"{name} has one version only, got {version!r}")
    return _OPENERS[name](root, version=version) if name in _VERSIONED else _OPENERS[name](root)
