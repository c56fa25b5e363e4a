"""Feather networks of every size: two calls, batches, correlation, folding, costs, weights."""

from __future__ import annotations

import copy
import zlib
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from feathertrack.errors import InputError
from feathertrack.models import create_model, list_models
from feathertrack.models.correlation import pixelwise_xcorr
from feathertrack.models.cost import count_bytes, count_macs
from feathertrack.models.feather import Feather
from feathertrack.models.folding import fold_batchnorm
from feathertrack.weights import load_model, network_info, save_model
from tests.filling import shapes_of
from tests.goldens_compare import assert_within
from tests.shared_data import shared

KEY_TABLES = {"feather_base": 1154646263, "feather_nano": 1304979621, "feather_small": 2577554897}
"""See ``test_every_model``: files that people keep depend on these checksums."""

LARGEST_MACS = {"feather_base": 350e6, "feather_nano": 250e6, "feather_small": 320e6}
LIGHT: dict[str, Any] = {"blocks": (1, 1, 1, 1), "width": 16, "tower": 1, "cells": 4}

every = pytest.mark.parametrize("name", KEY_TABLES)


def _images(*numbers: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randint(0, 256, (number, 3, side, side), generator=generator).float()
        for number, side in zip(numbers, (64, 96), strict=True)
    ]


def _lively(*, fine: bool = False, **options: Any) -> Feather:
    """A small network whose batch norms do something."""
    torch.manual_seed(0)
    network = Feather(fine=fine, **{**LIGHT, **options}).train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            module.momentum = 0.9
    nn.init.normal_(network.score.weight)
    nn.init.normal_(network.box.weight, std=0.1)
    with torch.no_grad():
        network(*_images(2, 2))
    return network.eval()


def _check(found: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> None:
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert_within(str(number), one, other, tolerance=1e-4 * float(other.abs().max()))


def test_every_size_is_listed_here() -> None:
    assert [name for name in list_models("feather_*") if name != "feather_fc"] == list(KEY_TABLES)


@every
def test_key_table_stays_and_a_network_knows_itself(name: str) -> None:
    with torch.device("meta"):
        network = create_model(name)
    assert zlib.crc32(repr(shapes_of(network)).encode()) == KEY_TABLES[name]
    info = network_info(network)
    assert (info.name, info.family, info.stride) == (name, "feather", 16)
    assert (info.template_size, info.search_size, info.any_search_size) == (128, 256, True)


@every
def test_what_it_costs_is_bounded(name: str) -> None:
    with torch.device("meta"):
        network = create_model(name)
    macs = count_macs(network)
    assert macs.embed < macs.predict < LARGEST_MACS[name]
    assert count_bytes(network) < 10e6


@every
def test_maps_have_sixteen_cells_and_boxes_are_distances(name: str) -> None:
    network = create_model(name).eval()
    with torch.inference_mode():
        kernels = network.embed(torch.rand(1, 3, 128, 128) * 255)
        score, box = network.predict(kernels, torch.rand(1, 3, 256, 256) * 255)
    assert isinstance(kernels, Tensor)
    assert kernels.shape[:2] == (1, 64)
    torch.testing.assert_close(kernels.norm(dim=2), torch.ones(1, 64))
    assert (score.shape, box.shape) == ((1, 1, 16, 16), (1, 4, 16, 16))
    assert float(box.min()) > 16 and float(box.max()) < 64  # before any training: about 26
    assert float(score.sigmoid().max()) < 0.1


def test_pixelwise_correlation_equals_a_loop() -> None:
    generator = torch.Generator().manual_seed(0)
    search = torch.randn(4, 3, 5, 6, generator=generator)
    kernels = torch.randn(2, 7, 3, generator=generator)
    expected = torch.empty(4, 7, 5, 6)
    for i in range(4):
        for k in range(7):
            expected[i, k] = (search[i] * kernels[i % 2, k][:, None, None]).sum(0)
    torch.testing.assert_close(pixelwise_xcorr(search, kernels), expected)


@pytest.mark.parametrize("fine", [False, True])
def test_templates_and_regions_are_paired_in_turn(fine: bool) -> None:
    network, (templates, regions) = _lively(fine=fine), _images(2, 4)
    with torch.inference_mode():
        kernels = network.embed(templates)
        together = network.predict(kernels, regions)
        alone = [network.predict(kernels[i % 2][None], regions[i][None]) for i in range(4)]
        _check(together, tuple(torch.cat(parts) for parts in zip(*alone, strict=True)))
        _check(network(templates, regions), together)


@pytest.mark.parametrize("fine", [False, True])
def test_folding_keeps_the_outputs(fine: bool) -> None:
    network, images = _lively(fine=fine), _images(2, 4)
    folded = fold_batchnorm(network)
    assert not any(isinstance(part, nn.BatchNorm2d) for part in folded.modules())
    with torch.inference_mode():
        _check(folded(*images), network(*images))


def test_the_middle_of_the_template_may_be_all_that_is_kept() -> None:
    network, (templates, _) = _lively(), _images(1, 1)
    smaller = copy.deepcopy(network)
    smaller.cells = 2
    with torch.inference_mode():
        every_cell = network.embed(templates).reshape(1, 4, 4, -1)
        middle = smaller.embed(templates).reshape(1, 2, 2, -1)
    torch.testing.assert_close(middle, every_cell[:, 1:3, 1:3])


def test_a_cell_stands_at_a_multiple_of_the_stride() -> None:
    """The gradient of a cell's features is symmetric about x = 16 c, but for half a pixel."""
    network = _lively()
    image = torch.full((1, 3, 256, 256), 128.0).requires_grad_()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
            nn.init.zeros_(module.running_mean)
            nn.init.ones_(module.running_var)
    network.features(image)[0, 0, 8, 6].backward()
    assert image.grad is not None
    seen = image.grad[0].abs().sum(0)
    line = torch.arange(256) + 0.5
    x, y = (float((seen.sum(axis) * line).sum() / seen.sum()) for axis in (0, 1))
    assert (x, y) == (pytest.approx(16 * 6 + 0.5, abs=0.1), pytest.approx(16 * 8 + 0.5, abs=0.1))


def test_gradient_reaches_every_parameter() -> None:
    network = _lively(fine=True).train()
    score, box = network(*_images(2, 2))
    (score.square().mean() + box.square().mean()).backward()
    assert all(value.grad is not None for value in network.parameters())


def test_a_saved_network_is_loaded_as_it_was(tmp_path: Path) -> None:
    network = create_model("feather_nano", width=8, tower=1)
    loaded = load_model(save_model(network, tmp_path / "nano.safetensors"))
    assert loaded.name == network.name
    assert loaded.config == {**network.config, "blocks": [1, 2, 3, 4, 1]}
    for key, value in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], value), key


@every
def test_a_trunk_from_imagenet_is_the_first_part_of_the_classifier(name: str) -> None:
    file = shared("checkpoints/mobilenetv2_imagenet_features.pt")
    given = torch.load(file, weights_only=True)
    network = load_model(file, name=name)
    assert isinstance(network, Feather)
    trunk = network.trunk.state_dict()
    assert torch.equal(trunk["conv1.0.0.weight"], given["features.0.0.weight"])
    assert torch.equal(trunk["layer1.1.conv.0.0.weight"], given["features.2.conv.0.weight"])
    assert torch.equal(trunk["layer3.0.conv.0.0.weight"], given["features.7.conv.0.weight"])
    if name != "feather_nano":
        assert torch.equal(trunk["layer4.2.conv.2.weight"], given["features.13.conv.6.weight"])


def test_a_network_begins_with_what_one_of_another_size_has_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "scripts"))
    from resize_feather import resize

    old = create_model("feather_small", **LIGHT).eval()
    whole, file = save_model(old, tmp_path / "old.safetensors"), tmp_path / "new.safetensors"
    resize(whole, create_model("feather_base", **LIGHT, kernel=3), output=file)
    finer = load_model(file)
    assert finer.state_dict()["neck.0.weight"].shape[1] == 32 + 64
    with torch.no_grad():
        images = _images(1, 1)
        for one, other in zip(finer(*images), old(*images), strict=True):
            torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
    longer = create_model("feather_small", **{**LIGHT, "blocks": (1, 2, 1, 2)})
    resize(save_model(longer, whole), create_model("feather_small", **LIGHT), output=file)
    given, kept = longer.state_dict(), load_model(file).state_dict()
    assert "trunk.layer1.2.conv.0.0.weight" in given
    assert "trunk.layer1.2.conv.0.0.weight" not in kept
    assert all(torch.equal(value, given[key]) for key, value in kept.items())
    with pytest.raises(InputError, match=r"no trunk\.layer.* of the shape that feather_small"):
        resize(whole, create_model("feather_small"), output=file)
    alien = save_model(create_model("feather_fc"), tmp_path / "alien.safetensors")
    with pytest.raises(InputError, match="feather_fc is no Feather network"):
        resize(alien, create_model("feather_nano"), output=file)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"blocks": (1, 1, 1)}, r"blocks are numbers, .* got \[1, 1, 1\]"),
        ({"blocks": (1, 1, 0, 1)}, r"at least 1 .* got \[1, 1, 0, 1\]"),
        ({"blocks": (1, 2, 4, 4)}, r"at most \[1, 2, 3, 4, 3\], .* got \[1, 2, 4, 4\]"),
        ({"cells": 9}, "cells are 1 to 8, got 9"),
        ({"kernel": 4}, "kernel odd, got 96, 3, 4"),
    ],
)
def test_what_cannot_be_built_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        create_model("feather_nano", **options)
