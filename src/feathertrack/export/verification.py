"""Proof that exported files compute what the network computes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from feathertrack.engines import create_engine
from feathertrack.engines.measuring import relative_difference
from feathertrack.engines.pair import find_pair
from feathertrack.engines.protocol import CallingEngine, Images, Outputs
from feathertrack.engines.source import Source

if TYPE_CHECKING:
    from feathertrack.engines.protocol import EngineName, Precision
    from feathertrack.models.network import Network


def verify_export(
    model: Network | str | Path,
    path: str | Path,
    *,
    batches: Sequence[tuple[int, int]] = ((1, 3), (2, 4)),
) -> float:
    """Largest difference between a network and its exported pair, relative to the largest output.

    The network runs in torch, unfolded, in float32; files run in onnxruntime (``.onnx``) or
    OpenVINO (``.xml``). Both see pictures of noise. Further calls are not run.

    Args:
        model: the network that was exported, or the files that the pair was made from.
        path: either file of the pair, or their stem.
        batches: numbers of templates and of search regions to try.
    """
    written = exported_engine(path)
    expected = (
        partial(_engine_outputs, exported_engine(model))
        if isinstance(model, str | Path)
        else partial(_torch_outputs, model)
    )
    random = np.random.default_rng(0)
    largest = 0.0
    for numbers in batches:
        sides = (written.info.template_size, written.info.search_size)
        template, search = (
            random.integers(0, 256, (number, side, side, 3), np.uint8)
            for number, side in zip(numbers, sides, strict=True)
        )
        outputs = _engine_outputs(written, template, search)
        largest = max(largest, relative_difference(outputs, expected(template, search)))
    return largest


def exported_engine(path: str | Path) -> CallingEngine:
    """What runs a pair of files on the processor, in the precision that they are stored in.

    Args:
        path: either file of the pair, or their stem: onnxruntime runs ``.onnx``, OpenVINO ``.xml``.

    Raises:
        WeightsError: they are no network of this package.
        MissingExtra: OpenVINO is not installed.
    """
    pair = find_pair(Path(path)).predict
    stored: Precision = Source(pair).precision  # type: ignore[assignment]
    runtime: EngineName = "onnx" if pair.suffix.lower() == ".onnx" else "openvino"
    return create_engine(pair, engine=runtime, device="cpu", precision=stored)


def _engine_outputs(engine: CallingEngine, template: Images, search: Images) -> Outputs:
    return engine.predict(engine.embed(template), search)


def _torch_outputs(model: Network, template: Images, search: Images) -> Outputs:
    # Imported here for the layers' sake: comparing files needs no torch.
    import torch

    images = [
        torch.from_numpy(pictures).permute(0, 3, 1, 2).float() for pictures in (template, search)
    ]
    model.eval()
    with torch.inference_mode():
        answer: Any = model.predict(model.embed(images[0]), images[1])
    outputs = (answer,) if isinstance(answer, torch.Tensor) else tuple(answer)
    return tuple(output.numpy() for output in outputs)
