"""Goldens, and the one comparison with them: where the largest error is, and what was allowed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tests.shared_data import shared

_COPIES = Path(__file__).parent / "goldens"


@dataclass(frozen=True, kw_only=True)
class Golden:
    """What the reference computed: ``about`` is the json, ``arrays`` the npz."""

    name: str
    about: dict[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    def check(
        self, key: str, computed: ArrayLike, *, relative: float, whole_too: bool = True
    ) -> None:
        """Fail unless an array is within ``relative`` of the golden's largest absolute value.

        ``computed`` is the whole array; the golden may keep every n-th value of it, and (checked if
        ``whole_too``) mean, deviation and largest value of the whole.
        """
        whole = np.asarray(computed)
        described, label = self.about["arrays"][key], f"{self.name}/{key}"
        assert list(whole.shape) == described["shape"], f"{label}: shape {whole.shape}"
        expected = self.arrays[key]
        stats = self.arrays.get(f"{key}#stats") if whole_too else None
        largest = float(np.abs(expected).max()) if stats is None else float(stats[2])
        stride = described.get("stride", 1)
        kept = whole if expected.shape == whole.shape else whole.reshape(-1)[::stride]
        assert_within(label, kept, expected, tolerance=relative * largest)
        if stats is not None:
            self.check_stats(key, whole, relative=relative)

    def check_stats(self, key: str, computed: ArrayLike, *, relative: float) -> None:
        """Fail unless mean, deviation and largest absolute value are the golden's."""
        whole, stats = np.asarray(computed), self.arrays[f"{key}#stats"]
        found = [whole.mean(dtype=float), whole.std(dtype=float), np.abs(whole).max()]
        assert_within(f"{self.name}/{key}#stats", found, stats, tolerance=relative * stats[2])


def assert_within(
    label: str, computed: ArrayLike, expected: ArrayLike, *, tolerance: float
) -> None:
    """Fail with the largest error, where it is, and the tolerance."""
    found, wanted = np.asarray(computed, dtype=float), np.asarray(expected, dtype=float)
    assert found.shape == wanted.shape, f"{label}: shape {found.shape} instead of {wanted.shape}"
    error = np.abs(found - wanted)
    worst = np.unravel_index(int(np.argmax(np.where(np.isnan(error), np.inf, error))), error.shape)
    assert error[worst] <= tolerance, (
        f"{label}: largest error {error[worst]:.3g} at {tuple(map(int, worst))}, where "
        f"{found[worst]:.9g} was computed instead of {wanted[worst]:.9g}; tolerance {tolerance:.3g}"
    )


def load_golden(folder: str, name: str) -> Golden:
    """Read a golden: the copy kept in the repository, else the shared one."""
    stem = _COPIES / folder / name
    if not stem.with_suffix(".json").exists():
        stem = shared(f"goldens/{folder}/{name}.json").with_suffix("")
    with np.load(stem.with_suffix(".npz")) as archive:
        arrays = {key: archive[key] for key in archive.files}
    return Golden(name=name, about=json.loads(stem.with_suffix(".json").read_text()), arrays=arrays)
