"""A network as a pair of ONNX files, one for each of its two calls.

Inputs are RGB uint8 pictures (N, H, W, 3) of the network's sizes with any N; batch norms are folded
and nothing lies outside the files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from feathertrack.engines.pair import METADATA_KEY, Label, name_pair, write_label
from feathertrack.engines.protocol import NetworkInfo
from feathertrack.errors import require
from feathertrack.export.graphs import EmbedGraph, PredictGraph, ready_for_export
from feathertrack.export.silence import quiet
from feathertrack.models.network import Network
from feathertrack.video.outfiles import replacing, writing
from feathertrack.weights.info import network_info

OPSET = 20
"""The newest operator set that onnxruntime 1.20 and OpenVINO 2025 both read."""


@dataclass(frozen=True, kw_only=True)
class ExportedFiles:
    """The pair of files and what they hold."""

    embed: Path
    predict: Path
    info: NetworkInfo


def export_onnx(model: Network, path: str | Path, *, opset: int = OPSET) -> ExportedFiles:
    """Write ``<stem>.embed.onnx`` and ``<stem>.predict.onnx``.

    Args:
        model: a network with its weights; it is left as it is.
        path: a folder, where the files get the network's name, or ``<stem>.onnx``.
        opset: ONNX operator set.

    Raises:
        InputError: the files cannot be written.
        MissingExtra: the exporter is not installed.
    """
    require("onnx", extra="export")
    require("onnxscript", extra="export")
    path = Path(path)
    files = name_pair(path / f"{model.name or 'network'}.onnx" if path.is_dir() else path)
    info = network_info(model)
    ready = ready_for_export(model)
    # Two and four: the exporter would take a batch of one for a constant.
    template = torch.zeros(2, info.template_size, info.template_size, 3, dtype=torch.uint8)
    search = torch.zeros(4, info.search_size, info.search_size, 3, dtype=torch.uint8)
    with torch.inference_mode():
        features = EmbedGraph(ready)(template)
    features = (features,) if isinstance(features, Tensor) else tuple(features)
    names = [f"features_{number}" for number in range(len(features))]
    embed = _trace(EmbedGraph(ready), (template,), inputs=["template"], outputs=names, opset=opset)
    predict = _trace(
        PredictGraph(ready), (*features, search), inputs=[*names, "search"], outputs=[], opset=opset
    )
    for graph, file in ((embed, files.embed), (predict, files.predict)):
        _finish(graph, Label(info=info))
        _write(graph, file)
    return ExportedFiles(embed=files.embed, predict=files.predict, info=info)


def _trace(
    graph: nn.Module,
    inputs_: tuple[Tensor, ...],
    *,
    inputs: list[str],
    outputs: list[str],
    opset: int,
) -> Any:
    """The ONNX model of a module whose inputs all have a dynamic first axis."""
    dynamic = tuple({0: torch.export.Dim.DYNAMIC} for _ in inputs_)
    # A module with *args is exported with one tuple of shapes for all of them.
    shapes: Any = (dynamic,) if isinstance(graph, PredictGraph) else dynamic
    with quiet():
        program = torch.onnx.export(
            graph,
            tuple(tensor.clone() for tensor in inputs_),
            input_names=inputs,
            output_names=outputs or None,
            opset_version=opset,
            dynamic_shapes=shapes,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export returned nothing")
    return program.model_proto


def _finish(graph: Any, label: Label) -> None:
    """Drop what the exporter notes for debugging, paths of this machine among it; add the label."""
    for node in graph.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*graph.graph.input, *graph.graph.output, *graph.graph.initializer):
        del value.metadata_props[:]
    del graph.graph.value_info[:]
    del graph.graph.metadata_props[:]
    del graph.metadata_props[:]
    graph.graph.name = label.info.name or "network"
    graph.producer_name = "feathertrack"
    entry = graph.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, write_label(label)


def _write(graph: Any, file: Path) -> None:
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as temporary:
            temporary.write_bytes(graph.SerializeToString())
