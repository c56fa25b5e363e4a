"""The rule by which goldens fill networks and draw pictures: ``goldens/fill.py``."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from tests.shared_data import shared


@cache
def _rule() -> ModuleType:
    spec = importlib.util.spec_from_file_location("golden_fill_rule", shared("goldens/fill.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fill_image(name: str, shape: Sequence[int], salt: int = 0) -> NDArray[np.float32]:
    """A smooth picture in 0..255."""
    picture: NDArray[np.float32] = _rule().fill_image(name, shape, salt)
    return picture


def fill_state_dict(
    shapes: Mapping[str, Sequence[int]], salt: int = 0
) -> dict[str, NDArray[np.float32]]:
    """Weights for official parameter names and shapes."""
    weights: dict[str, NDArray[np.float32]] = _rule().fill_state_dict(shapes, salt)
    return weights
