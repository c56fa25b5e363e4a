"""From weights to an engine: what was asked for, or the fastest of those that can run them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from feathertrack._version import __version__
from feathertrack.engines.candidates import find_candidates
from feathertrack.engines.choice import Candidate, Choice, choice_file, read_choice, write_choice
from feathertrack.engines.cpu import detect_cpu
from feathertrack.engines.measuring import REGIONS_PER_FRAME, choose_fastest
from feathertrack.engines.protocol import Engine, EngineName, Precision
from feathertrack.engines.requests import Request, check_request
from feathertrack.engines.source import Source
from feathertrack.engines.support import version_of

if TYPE_CHECKING:
    from feathertrack.engines.source import LoadedEngine
    from feathertrack.models.network import Network


def create_engine(
    weights: str | Path | Network,
    *,
    engine: EngineName = "auto",
    device: str = "auto",
    precision: Precision = "auto",
    threads: int | None = None,
) -> LoadedEngine:
    """An engine for a network; several threads and any number of targets may share it.

    ``auto`` takes the fastest of the installed runtimes in the precisions that the processor has in
    hardware. They are timed once per model, machine and versions; what was taken and why is the
    engine's ``choice``. Torch weights are exported once for the runtimes that read ONNX.

    Args:
        weights: a file of torch weights, a pair of ONNX or OpenVINO files (either of them, or
            ``<stem>.onnx``), or a network in memory, which "auto" runs with torch.
        engine: "auto", "onnx", "openvino" or "torch".
        device: "auto", "cpu", "cuda", "cuda:N" or "mps".
        precision: "auto", "float32", "bfloat16", "float16" or "int8".
        threads: processor threads of a call; None takes one per core (torch: its own number).

    Raises:
        InputError: a word is unknown, or the machine cannot do what was asked for.
        WeightsError: the weights cannot be loaded.
        MissingExtra: the weights or the engine need an extra that is not installed.
    """
    request = check_request(engine=engine, device=device, precision=precision, threads=threads)
    source = Source(weights)
    candidates, excluded = find_candidates(source, request)
    if len(candidates) > 1:
        return _fastest(source, request, candidates, excluded)
    reason = "the only one here" if "auto" in (engine, precision) else "asked for"
    choice = Choice(taken=candidates[0], reason=reason, excluded=excluded)
    return replace(source.load(choice.taken, threads), choice=choice)


def _fastest(
    source: Source, request: Request, candidates: list[Candidate], excluded: dict[str, str]
) -> LoadedEngine:
    key = _key(source, request, candidates)
    file = choice_file(key)
    earlier = read_choice(file)
    if earlier is not None and earlier.taken in candidates:
        return replace(source.load(earlier.taken, request.threads), choice=earlier)
    loaded: dict[Candidate, LoadedEngine] = {}

    def load(candidate: Candidate) -> Engine:
        loaded[candidate] = source.load(candidate, request.threads)
        return loaded[candidate]

    choice = choose_fastest(candidates, load=load, excluded=excluded)
    write_choice(file, choice, key=key)
    return replace(loaded[choice.taken], choice=choice)


def _key(source: Source, request: Request, candidates: list[Candidate]) -> dict[str, object]:
    """All that a choice depends on."""
    cpu = detect_cpu()
    return {
        "weights": source.digest,
        "cpu": [cpu.model, cpu.architecture, sorted(cpu.features), cpu.cores],
        "candidates": [str(candidate) for candidate in candidates],
        "versions": {name: version_of(name) for name in sorted({c.engine for c in candidates})},
        "feathertrack": __version__,
        "threads": request.threads,
        "regions": dict(REGIONS_PER_FRAME),
    }
