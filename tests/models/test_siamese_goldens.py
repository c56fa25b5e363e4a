"""SiamRPN++ and SiamKPN compute what pysot and SiamKPN compute, from the same weights."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from feathertrack.models import create_model
from feathertrack.models.correlation import depthwise_xcorr
from feathertrack.models.depthwise_siamese import DepthwiseSiamese
from feathertrack.models.heads.branch import centre
from feathertrack.weights.siamrpn import pysot_name
from tests.filling import filled_state, pictures, shapes_of
from tests.shared_data import shared

TOLERANCE = 1e-4
"""Of the standard deviation of an output."""

NETWORKS = {
    "siamrpn_alex": "siamrpn_alexnet",
    "siamrpn_mobilev2": "siamrpn_mobilenetv2",
    "siamrpn_r50": "siamrpn_r50",
    "siamkpn_stack1": "siamkpn_r50_1s",
    "siamkpn_stack2_difstd": "siamkpn_r50_2s",
    "siamkpn_stack3_difstd": "siamkpn_r50_3s",
}

KEY_TABLES = {
    "pysot__siamrpn_alex_dwxcorr_16gpu": "siamrpn_alexnet",
    "pysot__siamrpn_mobilev2_l234_dwxcorr": "siamrpn_mobilenetv2",
    "pysot__siamrpn_r50_l234_dwxcorr": "siamrpn_r50",
    "kpn__siamkpn_r50_stack1": "siamkpn_r50_1s",
    "kpn__siamkpn_r50_stack2_difstd": "siamkpn_r50_2s",
    "kpn__siamkpn_r50_stack3_difstd": "siamkpn_r50_3s",
}


@pytest.mark.parametrize(("table", "name"), KEY_TABLES.items())
def test_parameters_have_the_official_names_in_the_official_order(table: str, name: str) -> None:
    official = json.loads(shared(f"goldens/state_dict_keys/{table}.json").read_text())
    with torch.device("meta"):
        ours = shapes_of(create_model(name))
    assert list(ours.items()) == list(official.items())


@pytest.mark.parametrize(("folder", "name"), NETWORKS.items())
def test_outputs_are_those_of_the_reference(folder: str, name: str) -> None:
    golden = shared(f"goldens/{folder}")
    about: dict[str, Any] = json.loads((golden / "forward.json").read_text())
    network = _network(name, about)
    images = {key: image.flip(1) for key, image in pictures(about["inputs"]).items()}  # BGR -> RGB
    with torch.inference_mode():
        computed = _all_outputs(network, images["template"], images["search"])
    assert set(about["outputs"]) <= set(computed)
    with np.load(golden / "forward.npz") as expected:
        for key, how in about["outputs"].items():
            rows = tuple(slice(None, None, step) for step in how["stride"])
            assert list(computed[key].shape) == how["shape"], key
            difference = np.abs(computed[key].numpy()[rows] - expected[key]).max()
            assert difference <= TOLERANCE * expected[key].std(), key


def test_outputs_are_those_of_mmtracking() -> None:
    golden = shared("goldens/siamrpnpp_mmtracking")
    about: dict[str, Any] = json.loads((golden / "meta.json").read_text())
    state = {pysot_name(key): value for key, value in filled_state(about["keys"]).items()}
    with torch.device("meta"):
        network = create_model("siamrpn_r50", anchors="mmtracking")
    assert isinstance(network, DepthwiseSiamese)
    network.load_state_dict(state, assign=True)
    images = {key: image.flip(1) for key, image in pictures(about["forward"]["inputs"]).items()}
    with torch.inference_mode():
        computed = _all_outputs(network.eval(), images["template"], images["search"])
    whole = {"cls": computed["cls"], "bbox": computed["loc"]}
    kept = dict(whole)
    for level in range(3):
        whole[f"zf{level}"] = computed[f"neck_template_{level}"]
        whole[f"xf{level}"] = computed[f"neck_search_{level}"]
        kept[f"zf{level}"] = whole[f"zf{level}"][:, ::8]
        kept[f"xf{level}"] = whole[f"xf{level}"][:, ::16, ::3, ::3]
    with np.load(golden / "forward.npz") as expected:
        assert {*kept, *(f"{key}_stat" for key in kept)} == set(expected.files)
        for key, output in whole.items():
            stat = expected[f"{key}_stat"]
            assert np.abs(kept[key].numpy() - expected[key]).max() <= 1e-5 * stat[2], key
            values = output.double().numpy()
            found = [values.mean(), values.std(), np.abs(values).max()]
            assert np.abs(found - stat).max() <= 1e-5 * stat[2], key


def _network(name: str, about: dict[str, Any]) -> DepthwiseSiamese:
    with torch.device("meta"):  # fresh weights of 90 million parameters would take a second
        network = create_model(name)
    assert isinstance(network, DepthwiseSiamese)
    state = filled_state(about["state_dict"])
    if name == "siamrpn_alexnet":
        state = dict(zip(network.state_dict(), state.values(), strict=True))
    network.load_state_dict(state, assign=True)
    return network.eval()


def _all_outputs(network: DepthwiseSiamese, template: Tensor, search: Tensor) -> dict[str, Tensor]:
    """Every output that a golden may name, each layer called once."""
    found: dict[str, Tensor] = {}
    levels = {}
    for word, image in (("template", template), ("search", search)):
        maps = network.backbone(image.flip(1))
        found |= {f"backbone_{word}_{level}": value for level, value in enumerate(maps)}
        levels[word] = network.neck(maps) if network.has_neck else maps
        cut = network.family == "siamrpn" and word == "template"
        found |= {
            f"neck_{word}_{level}": centre(value) if cut else value
            for level, value in enumerate(levels[word])
        }
    head = network.head
    outputs = head(head.kernels(levels["template"]), levels["search"])
    if network.family == "siamkpn":
        names = [
            f"{output}_stage{stage + 1}"
            for stage in range(head.num_stages)
            for output in head.outputs
        ]
        return found | dict(zip(names, outputs, strict=True))
    found |= dict(zip(head.outputs, outputs, strict=True))
    for number, branch in enumerate(head.branches()):
        level, output = number // len(head.outputs), head.outputs[number % len(head.outputs)]
        (kernel,) = branch.kernels(levels["template"][level])
        searched = branch.search(levels["search"][level], stage=0)
        response = depthwise_xcorr(searched, kernel)
        found[f"{output}_level_{level}"] = branch.predict(response, stage=0)
    return found
