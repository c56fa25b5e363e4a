"""Torch weights for runtimes that read ONNX: exported once, into the user's cache."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from feathertrack.engines.onnx_runtime import read_onnx_label
from feathertrack.engines.pair import find_pair, name_pair
from feathertrack.errors import WeightsError, require
from feathertrack.lock import work_folder
from feathertrack.paths import cache_dir

if TYPE_CHECKING:
    from feathertrack.models.network import Network

_EXPORT_VERSION = 5
"""Raised whenever the exporter writes something else than before."""


def obstacle() -> str:
    """What is missing to export a network here, "" if nothing."""
    try:
        _require_exporter()
    except ImportError as error:
        return str(error)
    return ""


def exported(key: str, load: Callable[[], Network]) -> Path:
    """The ONNX pair of a network, made if it is not in the cache.

    Two processes may do this at once: each writes a folder of its own, and the first to finish
    gives it its name. A cache that cannot be written costs only the time to export again.

    Args:
        key: fingerprint of the weights, such as the SHA-256 of their file.
        load: loads the network; called only when it must be exported.

    Returns:
        A path that :func:`feathertrack.engines.pair.find_pair` understands.

    Raises:
        MissingExtra: it must be exported, and torch or the exporter is not installed.
    """
    folder = cache_dir() / "exported" / f"{key[:32]}-{_EXPORT_VERSION}"
    if _is_whole(folder):
        return _stem(folder)
    _require_exporter()
    from feathertrack.export.onnx import export_onnx

    model = load()
    with contextlib.ExitStack() as held:
        work = _work_folder(folder.parent, held)
        export_onnx(model, _stem(work))
        if work.parent == folder.parent:
            if not _is_whole(folder):  # else another process was faster
                shutil.rmtree(folder, ignore_errors=True)
                with contextlib.suppress(OSError):
                    work.rename(folder)
            if _is_whole(folder):
                return _stem(folder)
        atexit.register(held.pop_all().close)  # it cannot be kept, and is used where it is
        return _stem(work)


def _stem(folder: Path) -> Path:
    return folder / "network.onnx"


def _is_whole(folder: Path) -> bool:
    if not name_pair(_stem(folder)).predict.is_file():
        return False
    try:
        read_onnx_label(find_pair(_stem(folder)))
    except WeightsError:
        return False
    return True


def _work_folder(parent: Path, held: contextlib.ExitStack) -> Path:
    """An empty folder beside the final one, or, where none can be made, a temporary one."""
    try:
        return held.enter_context(work_folder(parent, prefix="unfinished-"))
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="feathertrack-"))
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder


def _require_exporter() -> None:
    require("torch", extra="torch")
    require("onnx", extra="export")
    require("onnxscript", extra="export")
