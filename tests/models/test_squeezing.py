from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from feathertrack.errors import InputError
from feathertrack.models import create_model
from feathertrack.models.network import Network
from feathertrack.models.squeezing import StepBackbone, step_backbone
from feathertrack.models.units import find_units
from feathertrack.weights import load_model, save_model
from tests.filling import fill, shapes_of
from tests.goldens_compare import assert_within


class Chain(nn.Module):
    """A chain that is no ``nn.Sequential``: no biases, pooling before ReLU, groups of four."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, bias=False), nn.BatchNorm2d(16), nn.MaxPool2d(2)
        )
        self.act = nn.ReLU(inplace=True)
        self.body = nn.Conv2d(16, 24, 3, groups=4, padding=1)
        self.last = nn.Sequential(nn.Conv2d(24, 32, 1, bias=False), nn.BatchNorm2d(32))

    def forward(self, image: Tensor) -> Tensor:
        features: Tensor = self.last(self.body(self.act(self.stem(image))))
        return features


class Residual(Chain):
    def forward(self, image: Tensor) -> Tensor:
        features = self.act(self.stem(image))
        out: Tensor = self.last(self.body(features).relu())
        return out


def test_units_are_found_where_they_run() -> None:
    units = find_units(Chain())
    assert [unit.convolution for unit in units] == ["stem.0", "body", "last.0"]
    assert [unit.tail for unit in units] == [("stem.1", "stem.2", "act"), (), ("last.1",)]
    assert [(unit.norm, unit.multiple) for unit in units] == [("stem.1", 4), ("", 4), ("last.1", 2)]


def test_what_is_no_chain_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"no chain: last\.0 does not run right after body"):
        find_units(Residual())
    with pytest.raises(InputError, match="begins with a convolution"):
        find_units(nn.Sequential(nn.ReLU(), nn.Conv2d(3, 4, 1)))
    with pytest.raises(InputError, match=r"1 \(PReLU\) has weights"):
        find_units(nn.Sequential(nn.Conv2d(3, 4, 1), nn.PReLU()))


@pytest.mark.parametrize("step", range(6))
def test_merging_a_toy_chain_keeps_its_features_at_every_step(step: int) -> None:
    chain = Chain().eval()
    steps = StepBackbone(chain, (0.5, 0.5, 1.0), step=step).eval()
    fill(steps)
    rates = [rate for rate in steps.reached_rates() if rate < 1]
    assert len(rates) == (0 if step < 2 else 1 if step < 4 else 2)
    if step == 0:
        merged: nn.Module = chain
    else:
        narrow = Chain().eval()
        widths = {"stem.0": 16, "body": 24} | dict(
            zip(("stem.0", "body"), (8, 12), strict=True)
            if step >= 4
            else ([("stem.0", 8)] if step >= 2 else [])
        )
        merged = _narrowed(narrow, widths)
    merged.load_state_dict(steps.merged_state(), strict=True)
    image = torch.rand(1, 3, 33, 33)
    with torch.no_grad():
        expected, found = steps(image), merged(image)
    assert_within("merged", found, expected, tolerance=1e-5 * float(expected.abs().max()))


def _narrowed(chain: Chain, widths: dict[str, int]) -> Chain:
    first, second = widths["stem.0"], widths["body"]
    chain.stem[0] = nn.Conv2d(3, first, 3, stride=2, bias=False)
    chain.stem[1] = nn.BatchNorm2d(first)
    chain.body = nn.Conv2d(first, second, 3, groups=4, padding=1)
    chain.last[0] = nn.Conv2d(second, 32, 1, bias=False)
    return chain.eval()


@pytest.mark.parametrize("step", [0, 1, 2, 5, 8, 9])
def test_a_teacher_without_groups_is_squeezed_the_same_way(step: int) -> None:
    student = create_model(
        "squeezed_step", teacher="siamfc_alexnetv2", rates=[0.1, 0.1, 0.1, 0.1, 0.3], step=step
    ).eval()
    fill(student)
    template, search = torch.rand(1, 3, 95, 95) * 255, torch.rand(1, 3, 111, 111) * 255
    merged = student.merged()
    assert merged.name == "squeezed"
    assert shapes_of(create_model(merged.name, **merged.config)) == shapes_of(merged)
    with torch.no_grad():
        expected, found = student(template, search), merged(template, search)
    assert_within("merged", found, expected, tolerance=1e-5 * float(expected.abs().max()))


def test_the_backbone_of_siamrpn_can_be_squeezed_up_to_its_last_width() -> None:
    student = create_model("squeezed_step", teacher="siamrpn_alexnet", rates=0.25, step=9).eval()
    assert step_backbone(student).rates == (0.25, 0.25, 0.25, 0.25, 1.0)
    merged = student.merged()
    assert merged.family == "siamrpn"
    widths = [
        tuple(value.shape)[:2]
        for key, value in merged.state_dict().items()
        if key.startswith("backbone.") and value.ndim == 4
    ]
    assert widths == [(24, 3), (64, 24), (96, 64), (96, 96), (256, 96)]
    template, search = torch.rand(1, 3, 127, 127) * 255, torch.rand(1, 3, 255, 255) * 255
    with torch.no_grad():
        expected, found = student(template, search), merged(template, search)
    for one, other in zip(expected, found, strict=True):
        assert_within("merged", other, one, tolerance=1e-4 * float(one.abs().max()))


def test_a_squeezed_last_width_is_refused_where_weights_follow() -> None:
    with pytest.raises(InputError, match="the last rate must be 1: weights of siamrpn_alexnet"):
        create_model("squeezed", teacher="siamrpn_alexnet", rates=[0.5] * 5)


def test_a_network_with_branches_is_refused() -> None:
    with pytest.raises(InputError, match="no chain"):
        create_model("squeezed_step", teacher="siamrpn_mobilenetv2", rates=0.5)


def test_only_a_student_has_a_step() -> None:
    network: Network = create_model("siamfc")
    with pytest.raises(InputError, match="siamfc is not a student at a step"):
        step_backbone(network)


@pytest.mark.parametrize("name", ["squeezed", "squeezed_step"])
def test_students_of_any_teacher_are_saved_and_loaded(name: str, tmp_path: Path) -> None:
    network = create_model(name, teacher="siamfc_alexnetv2", options={"gain": 0.002}, rates=0.1)
    loaded = load_model(save_model(network, tmp_path / "student.safetensors"))
    assert (loaded.name, loaded.config) == (network.name, network.config)
    assert shapes_of(loaded) == shapes_of(network)
    assert (loaded.squeezing is None) == (name == "squeezed")
