"""Run a pair of ONNX files with onnxruntime, on the processor or on a CUDA device.

A session may be called by several threads at once (onnxruntime's own guarantee); nothing here
changes after loading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.engines.choice import Choice
from feathertrack.engines.cpu import detect_cpu
from feathertrack.engines.devices import Device
from feathertrack.engines.pair import (
    METADATA_KEY,
    Label,
    NetworkFiles,
    check_pictures,
    check_same,
    find_further,
    find_pair,
    read_label,
)
from feathertrack.engines.protocol import (
    PICTURES,
    Boxes,
    Features,
    Images,
    NetworkInfo,
    Outputs,
)
from feathertrack.engines.requests import (
    as_taken,
    boxes_in_templates,
    check_call,
    check_regions,
    each_input,
)
from feathertrack.errors import InputError, WeightsError, require

_KINDS = {"tensor(uint8)": "uint8", "tensor(float)": "float32"}


@dataclass(frozen=True, kw_only=True)
class OnnxEngine:
    """One onnxruntime session a call; see :class:`feathertrack.engines.protocol.CallingEngine`."""

    embedding: Any
    prediction: Any
    input_names: tuple[str, ...]
    info: NetworkInfo
    device: str
    precision: str
    choice: Choice | None = None
    name: str = "onnx"
    further: Mapping[str, Any] = field(repr=False, default_factory=dict)

    def embed(self, template: Images, boxes: Boxes | None = None) -> Features:
        """Features of B templates, uint8 (B, h, w, 3)."""
        given = boxes_in_templates(self.info, template, boxes)
        pictures = as_taken(self.info, template)
        feed = {"template": pictures, **dict(zip(("boxes",), given, strict=False))}
        return Features(tuple(self.embedding.run(None, feed)))

    def predict(self, features: Features, search: Images) -> Outputs:
        """Raw outputs for N regions, uint8 (N, H, W, 3); region i belongs to template i % B."""
        arrays = _arrays(features)
        check_regions(num_templates=len(arrays[0]), search=search)
        pictures = as_taken(self.info, search)
        feed = dict(zip(self.input_names, (*arrays, pictures), strict=True))
        return tuple(np.asarray(out, np.float32) for out in self.prediction.run(None, feed))

    def call(self, name: str, *inputs: NDArray[Any] | Features) -> Outputs:
        """Outputs of a further call of the network."""
        check_call(self.info, name)
        session = self.further[name]
        names = [value.name for value in session.get_inputs()]
        feed = dict(zip(names, each_input(inputs), strict=True))
        if PICTURES in feed:
            feed[PICTURES] = as_taken(self.info, feed[PICTURES])
        return tuple(np.asarray(out, np.float32) for out in session.run(None, feed))

    def stack(self, features: Sequence[Features]) -> Features:
        """The features of several targets as one batch."""
        parts = zip(*map(_arrays, features), strict=True)
        return Features(tuple(np.concatenate(part) for part in parts))

    def blend(self, first: Features, second: Features, share: float) -> Features:
        """Two views of one target as one: ``first * (1 - share) + second * share``."""
        pairs = zip(_arrays(first), _arrays(second), strict=True)
        weights = np.float32(1 - share), np.float32(share)
        return Features(tuple(one * weights[0] + other * weights[1] for one, other in pairs))


def _arrays(features: Features) -> tuple[NDArray[np.float32], ...]:
    arrays: Any = features
    return tuple(arrays)


def load_onnx_engine(path: Path, *, device: Device, threads: int | None = None) -> OnnxEngine:
    """Load the pair of ONNX files that ``path`` stands for.

    Args:
        path: either file of the pair, or their stem.
        device: cpu or cuda.
        threads: threads that a call may use; None takes one per core.

    Raises:
        WeightsError: the files are missing, damaged, or no network of this package.
        InputError: the installed onnxruntime has no such device.
    """
    files = find_pair(path)
    sessions = [
        _session(file, device=device, threads=threads) for file in (files.embed, files.predict)
    ]
    labels = [_label(sessions[0], files.embed), _label(sessions[1], files.predict)]
    label = check_same(*labels, files=files)
    if len(sessions[0].get_outputs()) + 1 != len(sessions[1].get_inputs()):
        raise WeightsError(f"{files.predict} does not take what {files.embed.name} gives")
    return OnnxEngine(
        embedding=sessions[0],
        prediction=sessions[1],
        input_names=tuple(value.name for value in sessions[1].get_inputs()),
        info=label.info,
        device=str(device),
        precision=label.precision,
        further={
            call: _session(file, device=device, threads=threads)
            for call, file in find_further(files, label.info).items()
        },
    )


def read_onnx_label(files: NetworkFiles) -> Label:
    """What a pair of ONNX files holds, by onnxruntime alone.

    Raises:
        WeightsError: the files are damaged, or no network of this package.
    """
    labels = [
        _label(_session(file, device=Device("cpu"), threads=1, optimise=False), file)
        for file in (files.embed, files.predict)
    ]
    return check_same(*labels, files=files)


def cuda_is_offered() -> bool:
    """Whether the installed onnxruntime was built for CUDA; the driver may still be missing."""
    runtime = require("onnxruntime", extra="all")
    return "CUDAExecutionProvider" in runtime.get_available_providers()


def _session(file: Path, *, device: Device, threads: int | None, optimise: bool = True) -> Any:
    runtime = require("onnxruntime", extra="all")
    try:
        session = runtime.InferenceSession(
            str(file),
            _options(runtime, threads=threads, optimise=optimise),
            providers=_providers(device),
        )
    except Exception as error:  # onnxruntime's exceptions have no common base but this
        raise WeightsError(
            f"{file} cannot be loaded: it is damaged or no ONNX network ({_first_line(error)})"
        ) from error
    if device.kind == "cuda" and session.get_providers()[0] != "CUDAExecutionProvider":
        raise InputError(
            f"onnxruntime cannot use {device}: it lacks the CUDA provider or its libraries; "
            "install onnxruntime-gpu, or say device='cpu'"
        )
    return session


def _options(runtime: Any, *, threads: int | None, optimise: bool) -> Any:
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # errors come as exceptions; nothing is printed
    # A number of our own also keeps onnxruntime from pinning its threads to cores, which fails
    # with warnings in containers and slows several processes on one machine.
    options.intra_op_num_threads = threads or detect_cpu().cores
    options.inter_op_num_threads = 1
    # Threads that spin between two frames take the processor from the decoder and from OpenCV.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    if not optimise:
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return options


def _providers(device: Device) -> list[Any]:
    if device.kind == "cpu":
        return ["CPUExecutionProvider"]
    # TF32 rounds to 10 bits: not float32.
    cuda = ("CUDAExecutionProvider", {"device_id": device.index, "use_tf32": 0})
    return [cuda, "CPUExecutionProvider"] if cuda_is_offered() else ["CPUExecutionProvider"]


def _label(session: Any, file: Path) -> Label:
    label = read_label(session.get_modelmeta().custom_metadata_map.get(METADATA_KEY, ""), path=file)
    pictures = session.get_inputs()[-1]
    kind = _KINDS.get(pictures.type, pictures.type)
    check_pictures(file, label.info, name=pictures.name, kind=kind, rank=len(pictures.shape))
    return label


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
