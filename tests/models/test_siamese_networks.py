"""SiamRPN++ and SiamKPN on every backbone: two calls, batches, folding, padding, gradients."""

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
from feathertrack.models.alignment import align_channels
from feathertrack.models.backbones.alexnet import AlexNet
from feathertrack.models.correlation import depthwise_xcorr
from feathertrack.models.cost import count_macs, count_parameters
from feathertrack.models.depthwise_siamese import DepthwiseSiamese
from feathertrack.models.folding import fold_batchnorm
from feathertrack.weights import load_model, network_info, save_model
from tests.filling import shapes_of
from tests.goldens_compare import assert_within

LIGHT: dict[str, dict[str, Any]] = {
    "siamrpn_alexnet": {},
    "siamkpn_alexnet": {},
    "siamrpn_mobilenetv2": {
        "multiplier": 0.35,
        "widths": [8, 16, 8],
        "weighted": True,
        "used": [3, 5, 7],
    },
    "siamkpn_mobilenetv2": {
        "multiplier": 0.35,
        "widths": [8, 8, 16],
        "num_stages": 3,
        "used": [3, 5, 7],
    },
    "siamrpn_r18": {"widths": [8, 8, 8]},
}
KEY_TABLES = {
    "siamkpn_alexnet": 1348724391,
    "siamkpn_mobilenetv2": 864474103,
    "siamkpn_r50_1s": 3722769197,
    "siamkpn_r50_2s": 2362606301,
    "siamkpn_r50_3s": 3767745887,
    "siamrpn_alexnet": 2571739102,
    "siamrpn_mobilenetv2": 3032860730,
    "siamrpn_r18": 1974825525,
    "siamrpn_r34": 4188876758,
    "siamrpn_r50": 129069521,
}
"""See ``test_every_model``: files that people keep depend on these checksums."""

light = pytest.mark.parametrize("name", LIGHT)


def _images(*numbers: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    sides = (127, 191)
    return [
        torch.randint(0, 256, (number, 3, side, side), generator=generator).float()
        for number, side in zip(numbers, sides, strict=True)
    ]


def _lively(name: str) -> DepthwiseSiamese:
    """A network whose batch norms do something and whose outputs stay of moderate size."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = create_model(name, **LIGHT[name]).train()
        assert isinstance(network, DepthwiseSiamese)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias)
                module.momentum = 0.9
        with torch.no_grad():
            network(*_images(2, 2))
    return network.eval()


def _check(found: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> None:
    assert len(found) == len(expected)
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert_within(str(number), one, other, tolerance=1e-4 * float(other.abs().max()))


def test_every_network_of_the_two_families_is_listed_here() -> None:
    assert [*list_models("siamkpn*"), *list_models("siamrpn*")] == list(KEY_TABLES)


@pytest.mark.parametrize("name", KEY_TABLES)
def test_key_table_stays_and_sizes_are_told(name: str) -> None:
    with torch.device("meta"):
        network = create_model(name)
    assert zlib.crc32(repr(shapes_of(network)).encode()) == KEY_TABLES[name]
    info = network_info(network)
    side = 287 if name == "siamrpn_alexnet" else 255
    assert (info.stride, info.template_size, info.search_size) == (8, 127, side)


@light
def test_templates_and_regions_are_paired_in_turn(name: str) -> None:
    network, (templates, regions) = _lively(name), _images(2, 4)
    with torch.inference_mode():
        features = network.embed(templates)
        together = network.predict(features, regions)
        alone = [network.predict(features[i % 2][None], regions[i][None]) for i in range(4)]
        everything = network(templates, regions)
    assert isinstance(features, Tensor)
    _check(together, tuple(torch.cat(parts) for parts in zip(*alone, strict=True)))
    _check(everything[-len(together) :], together)
    assert len(everything) == len(together) * network.head.num_stages


@light
def test_both_forms_of_correlation_are_equal(name: str) -> None:
    network, images = _lively(name), _images(2, 4)
    with torch.inference_mode():
        expected = network(*images)
        network.head.correlation = "matmul"
        _check(network(*images), expected)


@light
@pytest.mark.parametrize("multiple", [8, 16])
def test_folding_and_padding_keep_the_outputs(name: str, multiple: int) -> None:
    network, images = _lively(name), _images(1, 2)
    before = copy.deepcopy(network.state_dict())
    ready = align_channels(fold_batchnorm(network), multiple=multiple, largest_growth=9)
    assert not any(isinstance(part, nn.BatchNorm2d) for part in ready.modules())
    with torch.inference_mode():
        _check(ready(*images), network(*images))
    if "mobilenet" in name:
        convolutions = [part for part in ready.backbone.modules() if isinstance(part, nn.Conv2d)]
        assert all(part.out_channels % multiple == 0 for part in convolutions)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


@light
def test_gradient_reaches_every_parameter(name: str) -> None:
    network = _lively(name).train()
    loss = torch.stack([output.square().mean() for output in network(*_images(2, 2))]).sum()
    torch.autograd.backward(loss)
    assert not [key for key, value in network.named_parameters() if value.grad is None]


@light
def test_saving_keeps_weights_options_and_conventions(name: str, tmp_path: Path) -> None:
    network = _lively(name)
    again = load_model(save_model(network, tmp_path / "network.safetensors"))
    assert (again.name, again.config) == (network.name, network.config)
    assert again.conventions == network.conventions
    assert all(torch.equal(again.state_dict()[k], v) for k, v in network.state_dict().items())


def test_costs_are_those_of_the_published_networks() -> None:
    with torch.device("meta"):
        deep, light, fast = map(
            create_model, ("siamrpn_r50", "siamrpn_mobilenetv2", "siamrpn_alexnet")
        )
    millions = [round(count_parameters(network) / 1e6, 2) for network in (deep, light, fast)]
    assert millions == [53.95, 11.15, 6.25]
    assert count_macs(deep).embed < count_macs(deep).predict


def test_colours_are_turned_inside() -> None:
    with torch.inference_mode():
        network, (template, _) = _lively("siamrpn_alexnet"), _images(1, 1)
        (expected,) = network.backbone(template[:, [2, 1, 0]])
        assert torch.equal(network.levels(template)[0], expected)


def test_the_middle_of_an_alexnet_response_is_the_middle_of_the_crop() -> None:
    network = create_model("siamkpn_alexnet")
    with torch.device("meta"):
        shell = copy.deepcopy(network).to("meta")
        outputs = shell(torch.empty(1, 3, 127, 127), torch.empty(1, 3, 255, 255))
    assert {tuple(output.shape[2:]) for output in outputs} == {(23, 23)}
    assert AlexNet.widths == (256,)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("siamrpn_r50", {"anchors": "ours"}, "anchors are those of pysot or mmtracking"),
        ("siamrpn_r50", {"widths": [256]}, "3 levels need as many widths"),
        ("siamkpn_mobilenetv2", {"num_stages": 4}, "1 to 3 stages"),
        ("siamkpn_mobilenetv2", {"stride": 32}, "stride of MobileNetV2 is 8 or 16"),
        ("siamrpn_mobilenetv2", {"stride": 16}, "layers 4 to 7 can be used, got .3, 5, 7."),
        ("siamrpn_mobilenetv2", {"used": (5, 3)}, "ascending ones of layers 3 to 7"),
    ],
)
def test_options_that_make_no_network_are_refused(
    name: str, options: dict[str, Any], words: str
) -> None:
    with torch.device("meta"), pytest.raises(InputError, match=words):
        create_model(name, **options)


@pytest.mark.parametrize(
    ("name", "cells"), [("siamrpn_mobilenetv2", 9), ("siamkpn_mobilenetv2", 15)]
)
def test_with_stride_16_the_middle_of_the_map_is_the_middle_of_the_crop(
    name: str, cells: int
) -> None:
    network = create_model(name, multiplier=0.35, widths=(8,), used=(5,), stride=16).eval()
    assert isinstance(network, DepthwiseSiamese)
    assert network.stride == 16
    assert count_macs(network).predict < count_macs(create_model(name, multiplier=0.35)).predict / 4
    for convolution in network.modules():  # so that what is lit is what was bright
        if isinstance(convolution, nn.Conv2d):
            nn.init.constant_(convolution.weight, 1 / convolution.weight[0].numel())
    template, search = torch.zeros(1, 3, 127, 127), torch.zeros(3, 3, 255, 255)
    template[..., 56:71, 56:71] = 255
    for number, shift in enumerate((0, 16, -32)):
        search[number, :, 120 : 120 + 15, 120 + shift : 135 + shift] = 255
    score = network(template, search)[0][:, 0]
    assert score.shape == (3, cells, cells)
    peaks = score.flatten(1).argmax(1)
    middle = cells // 2
    assert [divmod(int(one), cells) for one in peaks] == [
        (middle, middle + moved) for moved in (0, 1, -2)
    ]


def test_an_untrained_network_says_the_sizes_that_it_is_told_to_expect() -> None:
    options = {"multiplier": 0.35, "widths": (8,), "used": (5,), "stride": 16, "num_stages": 2}
    network = create_model("siamkpn_mobilenetv2", **options, size_prior=64.0).eval()
    outputs = network(torch.zeros(1, 3, 127, 127), torch.zeros(1, 3, 255, 255))
    for size in outputs[2::3]:
        assert (size - 64).abs().max() < 5


@pytest.mark.parametrize("form", ["grouped", "matmul"])
def test_depthwise_correlation_is_a_sum_over_every_window(form: Any) -> None:
    generator = torch.Generator().manual_seed(0)
    search = torch.randn(4, 3, 9, 8, generator=generator)
    template = torch.randn(2, 3, 4, 3, generator=generator)
    found = depthwise_xcorr(search, template, form=form)
    windows = search.unfold(2, 4, 1).unfold(3, 3, 1)
    expected = torch.einsum("ncyxij,ncij->ncyx", windows, template.repeat(2, 1, 1, 1))
    torch.testing.assert_close(found, expected)
