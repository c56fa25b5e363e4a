"""Parameters, bytes and operations of spec table 1."""

from __future__ import annotations

import pytest

from feathertrack.models import create_model
from feathertrack.models.cost import count_bytes, count_macs, count_parameters

PUBLISHED = [  # parameters, MiB with buffers, millions of operations at 127 and at 255 pixels
    ("siamfc", 2_336_320, 8.92, 460, 2720),
    ("siamfc_alexnetv2", 3_749_440, 14.31, 711, 4314),
    ("siamd", 2_250_112, 8.59, 465, 2666),
    ("fdsiamfc_30", 213_282, 0.816, 65, 345),
    ("fdsiamfc_15", 55_102, 0.211, 25, 124),
    ("fdsiamd_50", 563_744, 2.156, 117, 669),
]


@pytest.mark.parametrize(("name", "parameters", "mebibytes", "template", "search"), PUBLISHED)
def test_costs_are_the_published_ones(
    name: str, parameters: int, mebibytes: float, template: int, search: int
) -> None:
    model = create_model(name)
    macs = count_macs(model)
    width = model.backbone.stages[-1].width
    correlation = width * 6 * 6 * 17 * 17
    assert count_parameters(model) == parameters
    assert count_bytes(model) / 2**20 == pytest.approx(mebibytes, abs=0.005)
    assert round(macs.embed / 1e6) == template
    assert round((macs.predict - correlation) / 1e6) == search
