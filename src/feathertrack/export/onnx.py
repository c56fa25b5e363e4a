"""A network as ONNX files, one for each of its two calls and of those that it has besides.

Pictures are RGB uint8 (N, H, W, 3) of the network's sizes with any N, and of any size where the
network takes any; they are float32 where the convention of the weights crops in float. Batch norms
are folded and nothing lies outside the files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from feathertrack.engines.pair import Label, name_pair
from feathertrack.errors import require
from feathertrack.export.files import ExportedFiles, label_graph, write_graph
from feathertrack.export.graphs import Graph, dynamic_shapes, graphs_of, ready_for_export
from feathertrack.export.silence import quiet
from feathertrack.models.network import Network
from feathertrack.weights.info import network_info

OPSET = 20
"""The newest operator set that onnxruntime 1.20 and OpenVINO 2025 both read."""


def export_onnx(model: Network, path: str | Path, *, opset: int = OPSET) -> ExportedFiles:
    """Write ``<stem>.embed.onnx``, ``<stem>.predict.onnx`` and one file for each further call.

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
    further = {call: files.further(call) for call in info.further_calls}
    homes = {"embed": files.embed, "predict": files.predict, **further}
    for graph in graphs_of(ready):
        traced = _trace(graph, opset=opset)
        label_graph(traced, Label(info=info))
        write_graph(traced, homes[graph.call])
    return ExportedFiles(embed=files.embed, predict=files.predict, info=info, further=further)


def _trace(graph: Graph, *, opset: int) -> Any:
    """The ONNX model of a graph."""
    with quiet():
        program = torch.onnx.export(
            graph.module,
            tuple(tensor.clone() for tensor in graph.inputs),
            input_names=list(graph.names),
            output_names=list(graph.outputs) or None,
            opset_version=opset,
            dynamic_shapes=dynamic_shapes(graph),
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch.onnx.export returned nothing")
    return program.model_proto
