"""Run a pair of files with OpenVINO on the processor.

Every thread that calls gets inference requests of its own, so several may call at once.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.engines.choice import Choice
from feathertrack.engines.cpu import Cpu, detect_cpu
from feathertrack.engines.onnx_runtime import read_onnx_label
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

_HINTS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16", "int8": "f32"}
"""What the layers compute in that the file does not fix: an int8 file quantises the others."""

_CAPABILITIES = {"bfloat16": "BF16", "float16": "FP16"}
Shapes = tuple[tuple[int, ...], ...]
"""Of all inputs."""

_DYNAMIC: Shapes = ()
_LARGEST_FIXED = 9  # pictures in a call; more are no pyramid of one target
_MOST_FIXED = 12  # shapes; a caller with more of them changes them all the time

_KINDS = {"u8": "uint8", "f32": "float32"}
_INSTRUCTIONS = {
    "bfloat16": "amx_bf16, avx512_bf16 or ARM bf16",
    "float16": "amx_fp16, avx512_fp16 or ARM fp16",
}


class _Network:
    """One of the two calls, compiled for each shape it meets and for the rest.

    A single target is the common case, and a network of fixed shapes is the fastest (OpenVINO fuses
    more); several targets come and go, so one network of dynamic shapes serves them all. Not so
    where layers are quantised: of dynamic shapes, OpenVINO 2026.4 fuses some of them to another
    result (off by a fifth of its range), so targets are computed one after the other.
    """

    def __init__(
        self, network: Any, properties: Mapping[str, Any], *, quantised: bool = False
    ) -> None:
        self.network = network
        self.quantised = quantised
        self.names = tuple(value.any_name for value in network.inputs)
        self.properties = dict(properties)
        self.compiled: dict[Shapes, Any] = {}
        self.turn = threading.Lock()
        self.own = threading.local()  # a request serves one thread at a time
        self._request(_DYNAMIC)  # so that a network which cannot be compiled shows at once

    def run(self, inputs: tuple[NDArray[Any], ...]) -> tuple[NDArray[np.float32], ...]:
        """Outputs for arrays whose last is the pictures, or what else there are several of."""
        single = all(len(array) == 1 for array in inputs[:-1]) and len(inputs[-1]) <= _LARGEST_FIXED
        if self.quantised and not single:
            return self._run_in_parts(inputs)
        request = self._request(tuple(array.shape for array in inputs) if single else _DYNAMIC)
        feed = {number: np.ascontiguousarray(array) for number, array in enumerate(inputs)}
        request.infer(feed, share_inputs=True, share_outputs=True)
        # The next call of this thread overwrites the request's own memory.
        return tuple(np.array(tensor.data, np.float32) for tensor in request.output_tensors)

    def _run_in_parts(self, inputs: tuple[NDArray[Any], ...]) -> tuple[NDArray[np.float32], ...]:
        """Outputs of one target after the other, for few pictures at a time."""
        *features, pictures = inputs
        number = len(features[0])
        starts = range(0, len(pictures), number * _LARGEST_FIXED)
        done = []
        for target, start in product(range(number), starts):
            chosen = slice(start + target, start + number * _LARGEST_FIXED, number)
            own = (array[target : target + 1] for array in features)
            done.append((chosen, self.run((*own, pictures[chosen]))))
        whole = [np.empty((len(pictures), *part.shape[1:]), np.float32) for part in done[0][1]]
        for chosen, parts in done:
            for array, part in zip(whole, parts, strict=True):
                array[chosen] = part
        return tuple(whole)

    def _request(self, shapes: Shapes) -> Any:
        requests: dict[Any, Any] = self.own.__dict__.setdefault("requests", {})
        if shapes not in requests:
            with self.turn:
                many = len(self.compiled) > _MOST_FIXED and not self.quantised
                if shapes not in self.compiled and many:
                    shapes = _DYNAMIC
                if shapes not in self.compiled:
                    self.compiled[shapes] = self._compile(shapes)
            requests[shapes] = self.compiled[shapes].create_infer_request()
        return requests[shapes]

    def _compile(self, shapes: Shapes) -> Any:
        network = self.network.clone()
        if shapes != _DYNAMIC:
            pairs = zip(network.inputs, shapes, strict=True)
            network.reshape({value.any_name: _fixed(value, shape) for value, shape in pairs})
        return _core().compile_model(network, "CPU", self.properties)


def _fixed(value: Any, shape: tuple[int, ...]) -> list[int]:
    """The shape of an input whose open axes are those of an array."""
    axes = zip(value.partial_shape, shape, strict=True)
    return [axis.get_length() if axis.is_static else given for axis, given in axes]


@dataclass(frozen=True, kw_only=True)
class OpenvinoEngine:
    """One compiled network a call; see :class:`feathertrack.engines.protocol.CallingEngine`."""

    embedding: _Network = field(repr=False)
    prediction: _Network = field(repr=False)
    info: NetworkInfo
    precision: str
    choice: Choice | None = None
    device: str = "cpu"
    name: str = "openvino"
    further: Mapping[str, _Network] = field(repr=False, default_factory=dict)

    def embed(self, template: Images, boxes: Boxes | None = None) -> Features:
        """Features of B templates, uint8 (B, h, w, 3)."""
        given = boxes_in_templates(self.info, template, boxes)
        return Features(self.embedding.run((*given, as_taken(self.info, template))))

    def predict(self, features: Features, search: Images) -> Outputs:
        """Raw outputs for N regions, uint8 (N, H, W, 3); region i belongs to template i % B."""
        arrays = _arrays(features)
        check_regions(num_templates=len(arrays[0]), search=search)
        return self.prediction.run((*arrays, as_taken(self.info, search)))

    def call(self, name: str, *inputs: NDArray[Any] | Features) -> Outputs:
        """Outputs of a further call of the network."""
        check_call(self.info, name)
        network = self.further[name]
        given = (
            as_taken(self.info, array) if name == PICTURES else array
            for name, array in zip(network.names, each_input(inputs), strict=True)
        )
        return network.run(tuple(given))

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


def load_openvino_engine(
    path: Path, *, precision: str = "float32", threads: int | None = None
) -> OpenvinoEngine:
    """Load the pair of ONNX or OpenVINO files that ``path`` stands for.

    Args:
        path: either file of the pair, or their stem.
        precision: "float32", "bfloat16" or "float16"; "int8" where the files are.
        threads: threads that a call may use; None leaves it to OpenVINO.

    Raises:
        WeightsError: the files are missing, damaged, or no network of this package.
        InputError: the processor does not have the precision: OpenVINO would compute in float32.
        MissingExtra: OpenVINO is not installed.
    """
    require("openvino", extra="openvino")
    files = find_pair(path)
    label = read_onnx_label(files) if files.suffix == ".onnx" else read_ir_label(files)
    check_precision(precision, stored=label.precision)
    return OpenvinoEngine(
        embedding=_load(files.embed, precision=precision, threads=threads),
        prediction=_load(
            files.predict, precision=precision, threads=threads, quantised=precision == "int8"
        ),
        info=label.info,
        precision=precision,
        further={
            call: _load(file, precision=precision, threads=threads)
            for call, file in find_further(files, label.info).items()
        },
    )


def openvino_precisions(cpu: Cpu | None = None) -> tuple[str, ...]:
    """The precisions that OpenVINO computes in on this processor without emulating them."""
    cpu = cpu or detect_cpu()
    has = {"bfloat16": cpu.has_bfloat16, "float16": cpu.has_float16}
    offered = _capabilities()
    low = [name for name, word in _CAPABILITIES.items() if has[name] and word in offered]
    return ("float32", *low)


def check_precision(precision: str, *, stored: str = "float32") -> None:
    """Refuse a precision in which OpenVINO would silently not compute.

    Raises:
        InputError: the weights are stored in another one, or the processor lacks the instructions.
    """
    if precision == stored:
        return
    if stored != "float32" or precision not in _INSTRUCTIONS:
        raise InputError(f"openvino cannot run {stored} weights in {precision}")
    if precision not in openvino_precisions():
        raise InputError(
            f"this processor ({detect_cpu().model}) has no {precision} arithmetic "
            f"({_INSTRUCTIONS[precision]}), and OpenVINO would silently compute in float32: "
            "say precision='float32'"
        )


@functools.cache
def _core() -> Any:
    return require("openvino", extra="openvino").Core()


@functools.cache
def _capabilities() -> frozenset[str]:
    return frozenset(_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))


def _load(file: Path, *, precision: str, threads: int | None, quantised: bool = False) -> _Network:
    properties: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": _HINTS[precision],
        "PERFORMANCE_HINT": "LATENCY",
        # Pinned threads of several processes would all sit on the same cores.
        "ENABLE_CPU_PINNING": False,
    }
    if threads is not None:
        properties["INFERENCE_NUM_THREADS"] = threads
    try:
        return _Network(_core().read_model(file), properties, quantised=quantised)
    except RuntimeError as error:
        raise WeightsError(f"{file} cannot be loaded by OpenVINO: it is damaged") from error


def read_ir_label(files: NetworkFiles) -> Label:
    """What a pair of OpenVINO files holds.

    Raises:
        WeightsError: the files are damaged, or no network of this package.
    """
    labels = []
    for file in (files.embed, files.predict):
        try:
            network = _core().read_model(file)
        except RuntimeError as error:
            raise WeightsError(f"{file} cannot be read by OpenVINO: it is damaged") from error
        text = network.get_rt_info(METADATA_KEY).value if network.has_rt_info(METADATA_KEY) else ""
        labels.append(read_label(str(text), path=file))
        pictures = network.inputs[-1]
        kind = _KINDS.get(pictures.element_type.get_type_name(), "numbers")
        rank = len(pictures.partial_shape)
        check_pictures(file, labels[-1].info, name=pictures.any_name, kind=kind, rank=rank)
    return check_same(*labels, files=files)
