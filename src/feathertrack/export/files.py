"""What an export wrote, and how an ONNX graph becomes a labelled file; no torch in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feathertrack.engines.pair import METADATA_KEY, Label, write_label
from feathertrack.engines.protocol import NetworkInfo
from feathertrack.video.outfiles import replacing, writing

PARAMETERS = "model."
"""How the names of a network's own weights begin in exported graphs."""


@dataclass(frozen=True, kw_only=True)
class ExportedFiles:
    """The pair of files, those of further calls by name, and what they hold."""

    embed: Path
    predict: Path
    info: NetworkInfo
    further: Mapping[str, Path] = field(default_factory=dict)


def label_graph(graph: Any, label: Label) -> None:
    """Drop what tools note for debugging, paths of this machine among it; add the label."""
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


def write_graph(graph: Any, file: Path) -> None:
    """Write an ONNX model, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as temporary:
            temporary.write_bytes(graph.SerializeToString())
