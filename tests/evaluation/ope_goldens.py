"""The goldens of one-pass evaluation, one array a sequence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.shared_data import shared


@dataclass(frozen=True, kw_only=True)
class GoldenSet:
    """Boxes by sequence, and every array of the archive."""

    names: list[str]
    truths: list[NDArray[Any]]
    absent: list[NDArray[np.bool_]] | None
    arrays: dict[str, NDArray[Any]]

    def split(self, key: str) -> list[NDArray[Any]]:
        return np.split(self.arrays[key], np.cumsum(self.arrays["length"])[:-1])


@cache
def arrays(name: str) -> dict[str, NDArray[Any]]:
    with np.load(shared(f"goldens/eval/{name}.npz")) as archive:
        return dict(archive)


@cache
def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared(f"goldens/eval/{name}.json").read_text())
    return found


@cache
def made_up() -> GoldenSet:
    """40 made-up sequences, each with a trap."""
    return _golden_set("ope_random40", names="kind", absent="visible", absent_value=0)


@cache
def otb100() -> GoldenSet:
    return _golden_set("otb100_groundtruth")


@cache
def lasot() -> GoldenSet:
    return _golden_set("lasot_subset", absent="absent", absent_value=1)


def _golden_set(
    name: str, *, names: str = "sequence", absent: str = "", absent_value: int = 0
) -> GoldenSet:
    found = arrays(name)
    cuts = np.cumsum(found["length"])[:-1]
    return GoldenSet(
        names=[str(text) for text in found[names]],
        truths=np.split(found["gt"], cuts),
        absent=np.split(found[absent] == absent_value, cuts) if absent else None,
        arrays=found,
    )
