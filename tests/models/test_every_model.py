"""One sweep over every registered network."""

from __future__ import annotations

import copy
import zlib
from pathlib import Path

import pytest
import torch

from feathertrack.models import Network, create_model
from feathertrack.models.cost import count_macs, count_parameters
from feathertrack.models.folding import fold_batchnorm
from feathertrack.weights import load_model, network_info, save_model
from tests.filling import fill, pictures, shapes_of
from tests.goldens_compare import assert_within

KEY_TABLES = {
    "feather_fc": 2800884149,
    "fdsiamd": 3414579659,
    "fdsiamd_50": 3414579659,
    "fdsiamd_step": 3378424742,
    "fdsiamfc": 1593170028,
    "fdsiamfc_15": 359206101,
    "fdsiamfc_30": 1593170028,
    "fdsiamfc_step": 877691884,
    "siamd": 1652558034,
    "siamfc": 273670295,
    "siamfc_alexnetv2": 3347337272,
    "squeezed": 573894292,
    "squeezed_step": 4074548706,
}
"""Name -> checksum of parameter names and shapes, in order. Files that people keep depend on
them: if this fails, give old files a way to load (``weights/<family>.py``), then change the number.
"""

every_model = pytest.mark.parametrize("name", sorted(KEY_TABLES))  # others: test_siamese_networks


def _small_inputs() -> tuple[torch.Tensor, torch.Tensor]:
    made = pictures({"small template": [2, 3, 95, 95], "small search": [4, 3, 111, 111]})
    return made["small template"], made["small search"]


def _filled(name: str) -> Network:
    model = create_model(name).eval()
    fill(model)
    return model


@every_model
def test_network_knows_itself(name: str) -> None:
    model = create_model(name)
    info = network_info(model, digest="ab")
    assert (info.name, info.family, info.digest) == (name, model.family, "ab")
    assert (info.stride, info.template_size, info.search_size) == (8, 127, 255)
    again = create_model(name, **model.config)
    assert shapes_of(again) == shapes_of(model)


@every_model
def test_small_forward(name: str) -> None:
    model, (template, search) = _filled(name), _small_inputs()
    with torch.no_grad():
        score = model(template, search)
        features = model.embed(template)
    assert score.shape == (4, 1, 3, 3)
    assert bool(torch.isfinite(score).all())
    assert features.shape[0] == 2


@every_model
def test_key_table_stays(name: str) -> None:
    assert zlib.crc32(repr(shapes_of(create_model(name))).encode()) == KEY_TABLES[name]


@every_model
def test_save_and_load_gives_the_same_network(name: str, tmp_path: Path) -> None:
    model = _filled(name)
    model.calibration = {"midpoint": 0.25}
    loaded = load_model(save_model(model, tmp_path / "model.safetensors"))
    assert type(loaded) is type(model)
    assert (loaded.name, loaded.config) == (model.name, model.config)
    assert loaded.calibration == {"midpoint": 0.25}
    assert not loaded.training
    for key, value in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], value), key


@every_model
def test_folding_batchnorm_and_merging_keep_the_outputs(name: str) -> None:
    model, (template, search) = _filled(name), _small_inputs()
    before = copy.deepcopy(model.state_dict())
    folded = fold_batchnorm(model.merged())
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in folded.modules())
    with torch.no_grad():
        expected, found = model(template, search), folded(template, search)
    assert_within(name, found, expected, tolerance=1e-5 * float(expected.abs().max()))
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


@every_model
def test_matmul_correlation_keeps_the_outputs(name: str) -> None:
    model, (template, search) = _filled(name), _small_inputs()
    with torch.no_grad():
        expected = model(template, search)
        model.correlation = "matmul"
        found = model(template, search)
    assert_within(name, found, expected, tolerance=1e-5 * float(expected.abs().max()))


@every_model
def test_gradient_reaches_every_parameter_in_use(name: str) -> None:
    model, (template, search) = create_model(name).train(), _small_inputs()
    model(template, search).square().mean().backward()
    idle = [key for key, value in model.named_parameters() if value.grad is None]
    # At step 0, the default of squeezed_step, no squeeze is called yet.
    waiting = ("_combine", "_squeeze") if name == "squeezed_step" else ("_combine",)
    unused = [key for key in idle if not any(part in key for part in waiting)]
    assert not unused


@every_model
def test_costs_are_positive_and_leave_the_network_alone(name: str) -> None:
    model = create_model(name)
    macs = count_macs(model)
    assert 0 < macs.embed < macs.predict
    assert count_parameters(model) > 0
    assert {value.device.type for value in model.state_dict().values()} == {"cpu"}
