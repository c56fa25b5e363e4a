"""What a cache's folder is called after."""

from __future__ import annotations

import pytest
import torch

from feathertrack.models import create_model
from feathertrack.models.network import Network
from feathertrack.recipes import find_student
from feathertrack.training.recipe import Recipe
from feathertrack.training.teacher_cache.keys import (
    describe_outputs,
    folder_name,
    network_digest,
    weights_digest,
)


def _network(name: str, **options: object) -> Network:
    torch.manual_seed(0)
    return create_model(name, **options)


@pytest.mark.parametrize(
    ("name", "options", "changed"),
    [
        ("siamfc", {}, {"gain": 1.0}),
        ("siamrpn_mobilenetv2", {"used": (4, 5, 7)}, {"stride": 16}),
    ],
)
def test_options_that_leave_the_weights_alone_are_other_outputs(
    name: str, options: dict[str, object], changed: dict[str, object]
) -> None:
    recipe = find_student("feather_fc_from_siamfc")
    assert isinstance(recipe, Recipe)
    plain, other, again = (
        _network(name, **given) for given in (options, {**options, **changed}, options)
    )
    assert weights_digest(plain) == weights_digest(other)
    folders = [folder_name(describe_outputs(recipe, one)) for one in (plain, other, again)]
    assert folders[0] != folders[1]
    assert folders[0] == folders[2]
    assert network_digest(plain) == network_digest(again) != network_digest(other)
