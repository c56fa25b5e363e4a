"""What could run given weights as asked, and why the rest cannot."""

from __future__ import annotations

from feathertrack.engines import conversion
from feathertrack.engines.choice import Candidate
from feathertrack.engines.devices import CPU, Device, parse_device
from feathertrack.engines.requests import Request
from feathertrack.engines.source import Source
from feathertrack.engines.support import ENGINES, engine_support, is_installed, require_runtime
from feathertrack.errors import InputError


def find_candidates(source: Source, request: Request) -> tuple[list[Candidate], dict[str, str]]:
    """Candidates, those in float32 first, and the excluded engines with the reason.

    Raises:
        InputError: nothing can run the weights as asked.
        MissingExtra: the engine that was asked for is not installed.
    """
    if request.precision == "int8" and source.precision != "int8":
        where = "the network in memory" if source.in_memory else source.path
        raise InputError(f"{where} is no int8 file: it holds {source.precision} weights")
    if request.engine != "auto":
        require_runtime(request.engine)
        reason = _impossibility(request.engine, source, request)
        if reason:
            raise InputError(reason)
        return _candidates_of(request.engine, source, request), {}
    reasons = {name: _exclusion(name, source, request) for name in ENGINES}
    candidates = [
        candidate
        for name in ENGINES
        if not reasons[name]
        for candidate in _candidates_of(name, source, request)
    ]
    excluded = {name: reason for name, reason in reasons.items() if reason}
    if not candidates:
        told = "; ".join(f"{name}: {reason}" for name, reason in excluded.items())
        raise InputError(f"nothing here can run {source.path} as asked: {told}")
    return sorted(candidates, key=lambda one: one.precision != "float32"), excluded


def _impossibility(engine: str, source: Source, request: Request) -> str:
    """Why an installed engine cannot do what is asked at all, "" if it can."""
    if source.refusal(engine):
        return source.refusal(engine)
    if request.device.kind == "mps" and engine != "torch":
        return f"{engine} does not run on mps: say engine='torch'"
    if request.device.kind == "cuda" and engine == "openvino":
        return "openvino does not run on cuda: say engine='torch' or engine='onnx'"
    return ""


def _exclusion(engine: str, source: Source, request: Request) -> str:
    """Why an engine is left out of a free choice, "" if it is not."""
    if _impossibility(engine, source, request):
        return _impossibility(engine, source, request)
    if not is_installed(engine) or engine_support(engine).remedy:
        return engine_support(engine).remedy
    if engine != "torch" and source.in_memory:
        return "it would need an export of the network in memory"
    if engine != "torch" and not source.is_pair and conversion.obstacle():
        return conversion.obstacle()
    support = engine_support(engine)
    devices = _devices(engine, request)
    if request.device.kind != "auto" and str(request.device) not in support.devices:
        return f"it sees no {request.device}"
    emulated = request.precision not in ("auto", source.precision, *support.precisions)
    if emulated and devices == [CPU]:
        return f"it would emulate {request.precision} on this processor"
    return ""


def _candidates_of(engine: str, source: Source, request: Request) -> list[Candidate]:
    return [
        Candidate(engine=engine, device=str(device), precision=precision)
        for device in _devices(engine, request)
        for precision in _precisions(engine, device, source, request)
    ]


def _devices(engine: str, request: Request) -> list[Device]:
    """The device that was asked for, else the first CUDA device that is seen, else the CPU."""
    if request.device.kind != "auto":
        return [request.device]
    cuda = [name for name in engine_support(engine).devices if name.startswith("cuda")]
    if not cuda:
        return [CPU]
    # onnxruntime may list a CUDA device whose libraries are not there: the CPU remains.
    return [parse_device(cuda[0]), CPU] if engine == "onnx" else [parse_device(cuda[0])]


def _precisions(engine: str, device: Device, source: Source, request: Request) -> list[str]:
    if request.precision != "auto":
        return [request.precision]
    if source.precision != "float32" or engine == "onnx":
        return [source.precision]
    if device == CPU:
        return list(engine_support(engine).precisions)
    return ["float32", "float16"] if device.kind == "cuda" else ["float32"]
