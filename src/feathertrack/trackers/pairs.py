"""Trackers of two networks: each learns a filter, their scores are added up.

DRNet's VOT 2019 entry is one; the head of its first network places the box.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from feathertrack.errors import InputError
from feathertrack.weights.catalogue import find_weights

PAIRS: Mapping[str, tuple[str, str]] = {"drnet_r50_se_r50": ("drnet_r50", "drnet_se_r50")}
"""Name of a tracker -> its two models; settings and presets are those of the first."""


def pair_weights(name: str, weights: str | Path | None) -> tuple[Path, Path]:
    """The two files of a pair: those given, with a comma between them, or the downloaded ones.

    Raises:
        InputError: what is given are no two files.
        WeightsError: none are given, and one is not on this machine.
    """
    first, second = PAIRS[name]
    if weights is None:
        return find_weights(first), find_weights(second)
    files = [Path(part) for part in str(weights).split(",") if part]
    if len(files) != 2:
        raise InputError(
            f"{name} runs two networks: give both files with a comma between them, "
            f"that of {first} first, got {weights}"
        )
    return files[0], files[1]
