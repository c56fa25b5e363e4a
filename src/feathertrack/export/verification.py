"""Proof that exported files compute what the network computes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from feathertrack.engines.devices import CPU
from feathertrack.engines.measuring import relative_difference
from feathertrack.engines.onnx_runtime import load_onnx_engine
from feathertrack.engines.openvino_runtime import load_openvino_engine
from feathertrack.engines.pair import find_pair
from feathertrack.engines.protocol import Outputs
from feathertrack.models.network import Network


def verify_export(
    model: Network, path: str | Path, *, batches: Sequence[tuple[int, int]] = ((1, 3), (2, 4))
) -> float:
    """Largest difference between a network and its exported pair, relative to the largest output.

    The network runs in torch, unfolded, in float32; the files run in onnxruntime (``.onnx``) or
    OpenVINO (``.xml``), on pictures of noise.

    Args:
        model: the network that was exported.
        path: either file of the pair, or their stem.
        batches: numbers of templates and of search regions to try.
    """
    # Imported here for the layers' sake: the engine below needs torch, this file's callers may not.
    import torch

    files = find_pair(Path(path))
    engine = (
        load_onnx_engine(files.predict, device=CPU)
        if files.suffix == ".onnx"
        else load_openvino_engine(files.predict)
    )
    random = np.random.default_rng(0)
    largest = 0.0
    for num_templates, num_regions in batches:
        template = random.integers(
            0,
            256,
            (num_templates, engine.info.template_size, engine.info.template_size, 3),
            np.uint8,
        )
        search = random.integers(
            0, 256, (num_regions, engine.info.search_size, engine.info.search_size, 3), np.uint8
        )
        with torch.inference_mode():
            expected = _torch_outputs(model, template, search)
        outputs = engine.predict(engine.embed(template), search)
        largest = max(largest, relative_difference(outputs, expected))
    return largest


def _torch_outputs(model: Network, template: np.ndarray, search: np.ndarray) -> Outputs:
    import torch

    images = [
        torch.from_numpy(pictures).permute(0, 3, 1, 2).float() for pictures in (template, search)
    ]
    model.eval()
    outputs = model.predict(model.embed(images[0]), images[1])
    outputs = (outputs,) if isinstance(outputs, torch.Tensor) else tuple(outputs)
    return tuple(output.numpy() for output in outputs)
