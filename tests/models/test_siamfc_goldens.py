"""SiamFC, Siamd and their students against what the reference code computes."""

from __future__ import annotations

import pytest
import torch

from feathertrack.models import create_model
from feathertrack.models.siamfc import SiamFC
from feathertrack.weights import load_model
from tests.filling import fill, pictures, shapes_of
from tests.goldens_compare import Golden, assert_within, load_golden
from tests.models.losses_of_reference import reference_loss
from tests.shared_data import shared

RELATIVE = 1e-4  # of the largest value, as every json of these goldens says

FILLED = {
    "siamfc_alexnetv1": "siamfc",
    "siamfc_alexnetv2": "siamfc_alexnetv2",
    "siamd_alexnet8l": "siamd",
    "fdsiamfc_30_filled": "fdsiamfc_30",
    "fdsiamfc_15_filled": "fdsiamfc_15",
    "fdsiamd_filled": "fdsiamd_50",
}
CHECKPOINTS = {
    "fdsiamfc_30_checkpoint": "fdsiamfc_30",
    "fdsiamfc_15_checkpoint": "fdsiamfc_15",
    "fdsiamd_checkpoint": "fdsiamd_50",
}


def _check(golden: Golden, model: SiamFC) -> None:
    """Every array of a golden: features, each stage, and the three pairings of the response."""
    images = pictures(golden.about["inputs"])
    with torch.no_grad():
        features = model.embed(images["exemplar"])
        golden.check("z_feature", features, relative=RELATIVE)
        stage = images["search"]
        for number, part in enumerate(model.backbone.children(), start=1):
            stage = part(stage)
            golden.check(f"stage{number}", stage, relative=RELATIVE)
        golden.check("x_feature", stage, relative=RELATIVE)
        golden.check("response", model.predict(features, images["search"]), relative=RELATIVE)
        pyramid = model.predict(features, images["pyramid"])
        golden.check("pyramid_response", pyramid, relative=RELATIVE)
        pairs = model(images["pair_z"], images["pair_x"])
        golden.check("pair_response", pairs, relative=RELATIVE)
    loss = golden.about["balanced_loss_on_pair_response"]
    found = float(reference_loss(pairs))
    assert_within(f"{golden.name}/loss", found, loss, tolerance=RELATIVE * loss)


@pytest.mark.parametrize(("name", "model_name"), FILLED.items())
def test_filled_network_equals_reference(name: str, model_name: str) -> None:
    golden, model = load_golden("fdsiamfc", name), create_model(model_name).eval()
    fill(model)
    _check(golden, model)


@pytest.mark.parametrize(("name", "model_name"), CHECKPOINTS.items())
def test_released_network_equals_reference(name: str, model_name: str) -> None:
    golden = load_golden("fdsiamfc", name)
    model = load_model(shared(golden.about["checkpoint"]))
    assert model.name == model_name
    _check(golden, model)


@pytest.mark.parametrize(("name", "model_name"), (FILLED | CHECKPOINTS).items())
def test_key_table_is_the_official_one(name: str, model_name: str) -> None:
    official = load_golden("fdsiamfc", name).about["state_dict"]
    own = shapes_of(create_model(model_name))
    assert own == official
    assert list(own) == list(official)


def test_a_failing_golden_says_where_and_how_much() -> None:
    golden = load_golden("fdsiamfc", "fdsiamfc_15_filled")
    response = golden.arrays["response"].copy()
    response[0, 0, 3, 4] += 1e6
    with pytest.raises(AssertionError, match=r"largest error 1e\+06 at \(0, 0, 3, 4\).*tolerance"):
        golden.check("response", response, relative=RELATIVE)
