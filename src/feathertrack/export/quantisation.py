"""The per-frame call of an exported pair in 8-bit integers.

Post-training quantisation by NNCF: features and search regions that a tracker showed the network
set the ranges of every layer's values. ``embed`` stays in float32: it runs once per target, and
what it gives is used in every frame.

What is chosen here was measured (docs/export.md). What adds up the products of a correlation stays
in float32, since rounding it moves peaks to other targets, and so do depth-wise convolutions, which
are few of the products and much of the error. Weights take seven of the eight bits, but for grouped
convolutions, which add fewer products: processors without VNNI add products of bytes in 16 bits,
which overflow with eight, and then boxes are wrong without a word; files are made on one machine
and run on another.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from numpy.typing import NDArray

from feathertrack.engines.onnx_runtime import read_onnx_label
from feathertrack.engines.pair import Label, find_pair, name_pair
from feathertrack.engines.requests import as_taken
from feathertrack.errors import InputError, require
from feathertrack.export.files import PARAMETERS, ExportedFiles, label_graph, write_graph
from feathertrack.export.silence import quiet

Inputs = tuple[NDArray[Any], ...]
"""What ``predict`` was given in one frame: the features of the target, then its search regions."""

_NO_TELEMETRY = "NNCF_CI"
"""NNCF tells its makers of each use unless this is in the environment when it is imported."""

_SHAPING = frozenset(("Gather", "Reshape", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze"))
"""What stands between the products of an exported correlation and their sum."""


def require_quantiser() -> ModuleType:
    """Import NNCF, which then tells nobody that it is used.

    Raises:
        MissingExtra: it is not installed.
    """
    os.environ.setdefault(_NO_TELEMETRY, "1")
    require("onnx", extra="export")
    with quiet():
        nncf = require("nncf", extra="export")
        nncf.set_log_level(logging.ERROR)
    return nncf


def check_quantisable(label: Label, path: Path) -> None:
    """Refuse networks that cannot be quantised.

    Args:
        label: what the files hold.
        path: names them in the errors.

    Raises:
        InputError: it is quantised already, or makes further calls.
    """
    if label.precision != "float32":
        raise InputError(f"{path} is in {label.precision} already: give the float32 weights")
    if label.info.further_calls:
        calls = ", ".join(label.info.further_calls)
        raise InputError(
            f"{label.info.name} cannot be quantised: it learns while it tracks and makes further "
            f"calls ({calls}); only networks of the two calls embed and predict can"
        )


def quantise_onnx(source: str | Path, path: str | Path, shown: Iterable[Inputs]) -> ExportedFiles:
    """Write a pair of ONNX files of which ``predict`` computes in 8-bit integers.

    It holds nodes QuantizeLinear and DequantizeLinear, of which onnxruntime and OpenVINO make
    arithmetic of integers.

    Args:
        source: either file of a pair in float32, or their stem.
        path: ``<stem>.onnx`` of what is written.
        shown: inputs of ``predict`` in frames such as the tracker will meet; some hundreds do.

    Raises:
        WeightsError: the source is no network of this package.
        InputError: it is quantised already or makes further calls, nothing was shown, or the files
            cannot be written.
        MissingExtra: what quantises is not installed.
    """
    files, home = find_pair(Path(source)), name_pair(Path(path))
    label = read_onnx_label(files)
    check_quantisable(label, files.predict)
    nncf = require_quantiser()
    onnx = require("onnx", extra="export")
    predict = onnx.load(files.predict)
    names = [value.name for value in predict.graph.input]
    rows = [
        dict(zip(names, (*features, as_taken(label.info, search)), strict=True))
        for *features, search in shown
    ]
    if not rows:
        raise InputError(f"{files.predict} cannot be quantised: no frames were shown to it")
    quantised = _quantised(nncf, predict, rows)
    for graph, file in ((onnx.load(files.embed), home.embed), (quantised, home.predict)):
        label_graph(graph, Label(info=label.info, precision="int8"))
        write_graph(graph, file)
    return ExportedFiles(embed=home.embed, predict=home.predict, info=label.info)


def _quantised(nncf: Any, model: Any, rows: list[dict[str, NDArray[Any]]]) -> Any:
    """An ONNX model with pairs of nodes that round to 8 bits and back."""
    exact = [*summing_nodes(model.graph), *depthwise_nodes(model.graph)]
    with quiet():
        return nncf.quantize(
            model,
            nncf.Dataset(rows),
            subset_size=len(rows),
            ignored_scope=nncf.IgnoredScope(names=exact),
            advanced_parameters=nncf.AdvancedQuantizationParameters(
                overflow_fix=nncf.OverflowFix.ENABLE
            ),
        )


def summing_nodes(graph: Any) -> list[str]:
    """Names of the nodes that add up what a correlation multiplied; none where nothing is added.

    Args:
        graph: of ``predict`` as it was exported, in which parameters keep their names.
    """
    found: list[str] = []
    products: set[str] = set()
    for node in graph.node:  # each comes after those whose outputs it takes
        follows = not products.isdisjoint(node.input)
        fixed = node.op_type == "Conv" and not node.input[1].startswith(PARAMETERS)
        adds = follows and (fixed or node.op_type in ("Add", "Mul"))
        if adds or node.op_type == "MatMul" or (follows and node.op_type in _SHAPING):
            products.update(node.output)
        if adds:
            found.append(node.name)
    return found


def depthwise_nodes(graph: Any) -> list[str]:
    """Names of the convolutions of one channel each."""
    kernels = {
        value.name for value in graph.initializer if len(value.dims) == 4 and value.dims[1] == 1
    }
    return [
        node.name
        for node in graph.node
        if node.op_type == "Conv" and node.input[1] in kernels and _groups(node) > 1
    ]


def _groups(node: Any) -> int:
    """Into how many groups a convolution divides its channels."""
    return next((one.i for one in node.attribute if one.name == "group"), 1)
