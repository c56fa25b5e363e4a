from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from feathertrack.errors import WeightsError
from feathertrack.models import create_model
from feathertrack.models.siamrpn import SiamRPN
from feathertrack.weights import load_model
from feathertrack.weights.imagenet import recognise
from tests.shared_data import shared

FILE = "checkpoints/mobilenetv2_imagenet_features.pt"


def _torchvision(**changes: Tensor) -> dict[str, Tensor]:
    """The names and shapes of torchvision's file, random values."""
    shapes = {
        key: value.shape
        for key, value in torch.load(shared(FILE), weights_only=True).items()
        if not key.endswith("num_batches_tracked")
    }
    generator = torch.Generator().manual_seed(0)
    state = {key: torch.rand(shape, generator=generator) for key, shape in shapes.items()}
    return {**state, **changes}


def _norm(features: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    return F.batch_norm(
        features,
        *(state[f"{name}.{leaf}"] for leaf in ("running_mean", "running_var", "weight", "bias")),
    )


def test_a_backbone_from_imagenet_computes_what_the_classifier_did() -> None:
    state = _torchvision()
    found = recognise(state, {})
    assert found is not None
    network = create_model(found.name, **found.options).eval()
    assert isinstance(network, SiamRPN)
    network.load_state_dict(found.state, strict=False)
    image = 255 * torch.rand(1, 3, 63, 63)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    usual = (image / 255 - mean[:, None, None]) / std[:, None, None]
    stem = F.relu6(
        _norm(F.conv2d(usual, state["features.0.0.weight"], stride=2), state, "features.0.1")
    )
    layers = dict(network.backbone.named_children())
    computed = layers["layer0"](image.flip(1))
    torch.testing.assert_close(computed, stem, rtol=1e-4, atol=1e-4)
    block = "features.1.conv"
    deep = F.conv2d(stem, state[f"{block}.0.weight"], padding=1, groups=32)
    deep = F.relu6(_norm(deep, state, f"{block}.1"))
    deep = _norm(F.conv2d(deep, state[f"{block}.3.weight"]), state, f"{block}.4")
    torch.testing.assert_close(layers["layer1"](computed), deep, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["siamrpn_mobilenetv2", "siamkpn_mobilenetv2"])
def test_the_file_begins_a_training_of_either_family(name: str) -> None:
    options = {"multiplier": 1.0, "widths": (16, 16, 16)}
    network = load_model(shared(FILE), name=name, options=options)
    given = torch.load(shared(FILE), weights_only=True)
    torch.testing.assert_close(
        network.state_dict()["backbone.layer7.0.conv.6.weight"],
        given["features.17.conv.6.weight"],
    )


@pytest.mark.parametrize("name", ["siamrpn_mobilenetv2", "siamkpn_mobilenetv2"])
def test_a_backbone_of_fewer_layers_takes_what_it_uses(name: str) -> None:
    options = {"multiplier": 1.0, "widths": (16,), "used": (5,), "stride": 16}
    state = load_model(shared(FILE), name=name, options=options).state_dict()
    given = torch.load(shared(FILE), weights_only=True)
    torch.testing.assert_close(
        state["backbone.layer5.2.conv.6.weight"], given["features.13.conv.6.weight"]
    )
    assert not any(key.startswith("backbone.layer6") for key in state)


def test_the_file_still_begins_a_training_of_atom() -> None:
    assert load_model(shared(FILE), name="atom_mobilenetv2").family == "atom"


def test_other_widths_are_refused() -> None:
    with pytest.raises(WeightsError, match="its shapes are wrong"):
        load_model(shared(FILE), name="siamrpn_mobilenetv2", options={"multiplier": 1.4})
    narrow = copy.copy(_torchvision())
    narrow["features.0.0.weight"] = torch.ones(16, 3, 3, 3)
    assert recognise(narrow, {}) is None
    short = {key: value for key, value in _torchvision().items() if "features.9." not in key}
    assert recognise(short, {}) is None
