"""Weights in whichever form they were given, and the engines that can be made of them."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from feathertrack.engines import conversion
from feathertrack.engines.choice import Candidate
from feathertrack.engines.devices import parse_device
from feathertrack.engines.pair import SUFFIXES, Label, find_pair, stored_files
from feathertrack.engines.protocol import NetworkInfo
from feathertrack.errors import InputError, WeightsError, require
from feathertrack.weights.digest import file_digest

if TYPE_CHECKING:
    from feathertrack.engines.onnx_runtime import OnnxEngine
    from feathertrack.engines.openvino_runtime import OpenvinoEngine
    from feathertrack.engines.torch_runtime import TorchEngine
    from feathertrack.models.network import Network

    LoadedEngine = OnnxEngine | OpenvinoEngine | TorchEngine


class Source:
    """A file of torch weights, a pair of exported files, or a network in memory.

    Raises:
        WeightsError: there is no such file.
    """

    def __init__(self, weights: str | Path | Network) -> None:
        self.model = None if isinstance(weights, str | Path) else weights
        self.in_memory = self.model is not None
        self.path = Path(weights) if isinstance(weights, str | Path) else Path()
        self.is_pair = not self.in_memory and self.path.suffix.lower() in SUFFIXES
        if self.is_pair:
            find_pair(self.path)
        elif not self.in_memory and not self.path.is_file():
            raise WeightsError(f"no file of weights at {self.path}")

    @cached_property
    def digest(self) -> str:
        """Fingerprint of what the engines are made of, 64 hexadecimal digits."""
        if self.model is not None and self.in_memory:
            return _model_digest(self.model)
        if self.is_pair:
            every = "".join(map(file_digest, stored_files(self.path)))
            return hashlib.sha256(every.encode()).hexdigest()
        return file_digest(self.path)

    @cached_property
    def precision(self) -> str:
        """What the weights are stored in: float32 unless an exported pair says otherwise."""
        return _label(self.path).precision if self.is_pair else "float32"

    @cached_property
    def info(self) -> NetworkInfo:
        """What a tracker must know about the network, without an engine that runs it.

        Raises:
            WeightsError: the weights cannot be loaded.
            MissingExtra: they are torch's, and torch is not installed.
        """
        if self.is_pair:
            return _label(self.path).info
        network = self._network()
        from feathertrack.weights.info import network_info

        return network_info(network)

    @property
    def torch_weights(self) -> Path:
        """Where torch weights are looked for: the file, or ``<stem>.safetensors`` of a pair."""
        if not self.is_pair:
            return self.path
        embed = find_pair(self.path).embed
        return embed.with_name(embed.name.removesuffix(f".embed{embed.suffix}") + ".safetensors")

    def refusal(self, engine: str) -> str:
        """Why ``engine`` cannot run these weights at all, "" if it can."""
        suffix = self.path.suffix.lower()
        if self.is_pair and engine == "torch" and not self.torch_weights.is_file():
            return (
                f"torch cannot run {suffix} files: give the torch weights they were made from, "
                f"or put them beside the pair as {self.torch_weights.name}"
            )
        if self.is_pair and suffix == ".xml" and engine == "onnx":
            return "onnxruntime cannot run .xml files: give the .onnx files"
        return ""

    def load(self, candidate: Candidate, threads: int | None) -> LoadedEngine:
        """Make the engine of a candidate.

        Raises:
            WeightsError: the weights cannot be loaded.
            InputError: the runtime cannot do this here.
            MissingExtra: something that it needs is not installed.
        """
        device = parse_device(candidate.device)
        if candidate.engine == "torch":
            network = self._network()
            from feathertrack.engines.torch_runtime import load_torch_engine

            return load_torch_engine(
                network, device=device, precision=candidate.precision, threads=threads
            )
        if candidate.engine == "onnx":
            from feathertrack.engines.onnx_runtime import load_onnx_engine

            if candidate.precision != self.precision:
                raise InputError(
                    f"onnxruntime computes in what the file holds, {self.precision}, not in "
                    f"{candidate.precision}"
                )
            return load_onnx_engine(self._pair(), device=device, threads=threads)
        from feathertrack.engines.openvino_runtime import check_precision, load_openvino_engine

        check_precision(candidate.precision, stored=self.precision)
        return load_openvino_engine(self._pair(), precision=candidate.precision, threads=threads)

    def _network(self) -> Network:
        if self.model is None:
            require("torch", extra="torch")
            from feathertrack.weights.loading import load_model

            self.model = load_model(self.torch_weights, form="merged")
        return self.model

    def _pair(self) -> Path:
        return self.path if self.is_pair else conversion.exported(self.digest, self._network)


def _label(path: Path) -> Label:
    """What the metadata of a pair say."""
    files = find_pair(path)
    if files.suffix == ".onnx":
        from feathertrack.engines.onnx_runtime import read_onnx_label

        return read_onnx_label(files)
    from feathertrack.engines.openvino_runtime import read_ir_label

    return read_ir_label(files)


def _model_digest(model: Network) -> str:
    """SHA-256 over the names, shapes and values of all tensors."""
    digest = hashlib.sha256(f"{model.name} {model.config} {model.calibration}".encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
