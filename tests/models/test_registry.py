"""Networks by name, with options."""

from __future__ import annotations

import pytest

from feathertrack.errors import InputError
from feathertrack.models import create_model, list_models
from feathertrack.models.siamfc import fdsiamfc


def test_patterns_list_names_sorted() -> None:
    assert list_models("fdsiamfc_*") == ["fdsiamfc_15", "fdsiamfc_30", "fdsiamfc_step"]
    assert list_models() == sorted(list_models())
    assert list_models("nothing*") == []


def test_unknown_name_lists_the_nearest() -> None:
    with pytest.raises(InputError, match=r"'fdsiamfc_35'; nearest: fdsiamfc_30"):
        create_model("fdsiamfc_35")


def test_unknown_option_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no option 'rate'; it has: rates, gain"):
        create_model("fdsiamfc", rate=0.3)


def test_builder_and_registry_give_the_same_name_and_config() -> None:
    direct, named = fdsiamfc(rates=[0.5] * 5), create_model("fdsiamfc", rates=[0.5] * 5)
    assert direct.name == named.name == "fdsiamfc"
    assert direct.config == named.config == {"rates": [0.5] * 5, "gain": 1e-3}


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ([0.3] * 4, "5 stages need as many squeeze rates, got 4"),
        ([0.3, 0.3, 1.2, 0.3, 0.3], "above 0 and at most 1"),
        (-0.1, "above 0"),
        (float("nan"), "above 0"),
        (0.01, "without channels"),
    ],
)
def test_impossible_rates_are_named(rates: float | list[float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        create_model("fdsiamfc", rates=rates)


def test_fresh_weights_are_those_of_the_reference() -> None:
    model = create_model("fdsiamfc_15")
    convolution, norm = model.backbone.conv2[0], model.backbone.conv2[1]
    bound = (6 / ((7 + 38) * 25)) ** 0.5  # Xavier: fans are counted on one group's inputs
    assert 0.9 * bound < float(convolution.weight.detach().abs().max()) <= bound
    assert not convolution.bias.any()
    assert (norm.eps, norm.momentum) == (1e-6, 0.05)
