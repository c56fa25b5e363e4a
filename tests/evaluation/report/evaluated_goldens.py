"""Published raw results of OTB100 and VOT2018 as this package scores and reports them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feathertrack.benchmarks import Benchmark, Sequence
from feathertrack.benchmarks.files import Files
from feathertrack.evaluation.gathering import Ground
from feathertrack.evaluation.protocols import score_records
from feathertrack.evaluation.records import Record, TrackerRecords
from feathertrack.evaluation.report import Evaluated
from feathertrack.evaluation.report.raw import evaluated_of, with_raw_results
from tests.evaluation.ope_goldens import arrays, expected

Parts = list[NDArray[np.float64]]


@dataclass(frozen=True)
class InMemory:
    """Sequences without pictures."""

    sequences: Mapping[str, Sequence]

    def load(self, name: str) -> Sequence:
        return self.sequences[name]

    def files(self, name: str) -> Files:
        raise NotImplementedError


def otb_trackers() -> list[Evaluated]:
    truth = arrays("otb100_groundtruth")
    attributes = expected("otb100_subsets_attributes")["attributes"]
    names = truth["sequence"].tolist()
    clips = {
        name: Sequence(
            name=name, frames=[], truth=rows, origin=1, attributes=frozenset(attributes[name])
        )
        for name, rows in zip(names, _split(truth["gt"], truth), strict=True)
    }
    ground = _ground("otb100", clips)
    found = []
    for tracker in ("SiamBAN", "DaSiamRPN"):
        boxes = _split(arrays(f"otb100_{tracker}")["box_xywh"], truth)
        records = {
            name: (Record(sequence=name, boxes=rows),)
            for name, rows in zip(names, boxes, strict=True)
        }
        found.append(_evaluated(tracker, records, ground, "otb@got10k"))
    return found


def vot_trackers() -> list[Evaluated]:
    truth = arrays("vot2018_groundtruth")
    names = truth["sequence"].tolist()
    tags = _split(truth["tags"].astype(bool), truth)
    clips = {
        name: Sequence(
            name=name,
            frames=[],
            truth=rows,
            size_wh=(int(size[0]), int(size[1])),
            frame_attributes=dict(zip(truth["tag_names"].tolist(), flags.T, strict=True)),
        )
        for name, rows, size, flags in zip(
            names, _split(truth["gt"], truth), truth["size_wh"], tags, strict=True
        )
    }
    ground = _ground("vot2018", clips)
    found = []
    for tracker in ("nanotrackv3", "dasiamrpn"):
        raw = arrays(f"vot2018_{tracker}")
        records = {
            name: (Record(sequence=name, boxes=rows, codes=codes),)
            for name, rows, codes in zip(
                names, _split(raw["box_xywh"], raw), _split(raw["code"], raw), strict=True
            )
        }
        found.append(_evaluated(tracker, records, ground, "vot@pysot"))
    return found


def _evaluated(
    tracker: str, records: Mapping[str, tuple[Record, ...]], ground: Ground, protocol: str
) -> Evaluated:
    results = TrackerRecords(tracker=tracker, records=records)
    table = score_records(results, ground, protocol=protocol)
    return with_raw_results(evaluated_of(table), results, ground)


def _ground(name: str, clips: Mapping[str, Sequence]) -> Ground:
    benchmark = Benchmark(name=name, root=Path(), names=tuple(clips), reader=InMemory(clips))
    return Ground(benchmark)


def _split(rows: NDArray[np.float64], source: Mapping[str, NDArray[np.int64]]) -> Parts:
    return np.split(rows, np.cumsum(source["length"])[:-1])
