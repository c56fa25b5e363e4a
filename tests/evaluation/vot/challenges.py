"""The stored VOT2018 and VOT2019 ground truths and raw results, for the tests of this folder."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np

from feathertrack.evaluation.vot.regions import Regions
from feathertrack.evaluation.vot.truth import VotTruth
from tests.shared_data import shared

TRACKERS = [
    (2018, "nanotrackv3"),
    (2018, "dasiamrpn"),
    (2019, "nanotrackv3"),
    (2019, "lighttrack"),
]
Runs = list[list[Regions]]


@cache
def truth_of(year: int) -> VotTruth:
    with np.load(shared(f"goldens/eval/vot{year}_groundtruth.npz")) as archive:
        cuts = np.cumsum(archive["length"])[:-1]
        rows = np.split(archive["gt"], cuts)
        tags = {}
        if "tags" in archive:
            for column, name in enumerate(archive["tag_names"].tolist()):
                tags[name] = np.split(archive["tags"][:, column] == 1, cuts)
        return VotTruth.build(
            archive["sequence"].tolist(),
            [Regions.from_rows(part) for part in rows],
            archive["size_wh"],
            tags=tags,
        )


@cache
def runs_of(year: int, tracker: str) -> Runs:
    with np.load(shared(f"goldens/eval/vot{year}_{tracker}.npz")) as archive:
        cuts = np.cumsum(archive["length"])[:-1]
        boxes, codes = np.split(archive["box_xywh"], cuts), np.split(archive["code"], cuts)
        return [[Regions.from_boxes(b, c)] for b, c in zip(boxes, codes, strict=True)]


@cache
def expected_of(year: int, tracker: str) -> dict[str, Any]:
    text = shared(f"goldens/eval/vot{year}_expected.json").read_text()
    expected: dict[str, Any] = json.loads(text)["trackers"][tracker]
    return expected
