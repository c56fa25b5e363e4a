"""Published raw results, written to files, read back and scored: what the official code says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feathertrack.benchmarks import Benchmark
from feathertrack.benchmarks.bundled import bundled_list
from feathertrack.benchmarks.regions import Regions as benchmark_regions
from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.differences import with_differences
from feathertrack.evaluation.gathering import Ground
from feathertrack.evaluation.protocols import (
    DEFAULTS,
    PROTOCOLS,
    find_protocol,
    protocols_of,
    score_records,
)
from feathertrack.evaluation.records import Record, TrackerRecords, record_of_regions
from feathertrack.evaluation.result_files import FormatName, ResultWriter, RunKind, read_results
from feathertrack.evaluation.scoring import ScoreTable, tables_csv, tables_text
from feathertrack.evaluation.significance import mean_intervals
from feathertrack.evaluation.vot.regions import Regions
from tests.evaluation.small_benchmark import benchmark_of, moving, results_of, sequence_of
from tests.shared_data import shared

Arrays = Mapping[str, Any]


def arrays(name: str) -> Arrays:
    with np.load(shared("goldens/eval") / f"{name}.npz") as file:
        return dict(file)


def expected(name: str) -> Any:
    return json.loads((shared("goldens/eval") / f"{name}_expected.json").read_text())


def parts(held: Arrays, key: str, lengths: Floats | None = None) -> list[Floats]:
    counts = held["length"] if lengths is None else lengths
    return np.split(held[key], np.cumsum(counts)[:-1])


def through_files(
    benchmark: Benchmark, records: list[Record], folder: Path, format: FormatName, kind: RunKind
) -> TrackerRecords:
    writer = ResultWriter(folder=folder, format=format, kind=kind)
    for record in records:
        writer.write([record])
    (read,) = read_results(folder, benchmark)
    return read


def otb() -> Ground:
    truth = arrays("otb100_groundtruth")
    entries = bundled_list("otb").entries
    names = [str(name) for name in truth["sequence"]]
    return Ground(
        benchmark_of(
            *(
                sequence_of(name, boxes, attributes=entries[name].attributes)
                for name, boxes in zip(names, parts(truth, "gt"), strict=True)
            )
        )
    )


@pytest.mark.parametrize("format", ["pysot", "otb"])
def test_otb_results_score_what_each_toolkit_says(tmp_path: Path, format: FormatName) -> None:
    ground, held, says = otb(), arrays("otb100_SiamBAN"), expected("otb100")["SiamBAN"]
    tracks = parts(held, "box_xywh")
    records = [
        Record(sequence=name, boxes=boxes)
        for name, boxes in zip(ground.benchmark.names, tracks, strict=True)
    ]
    read = through_files(ground.benchmark, records, tmp_path / "SiamBAN", format, "ope")
    for toolkit, tolerance in (("pysot", 1e-9), ("got10k", 1e-9), ("pytracking", 2e-7)):
        table = score_records(read, ground, protocol=f"otb@{toolkit}")
        assert table.headline["auc"] == pytest.approx(says[toolkit]["auc"], abs=tolerance)
        assert table.headline["precision"] == pytest.approx(says[toolkit]["p20"], abs=tolerance)
        for name, auc in says[toolkit]["auc_per_sequence"].items():
            assert table.per_sequence[name]["auc"] == pytest.approx(auc, abs=tolerance)
    table = score_records(read, ground)
    official = says["otb_official"]
    assert table.protocol == "otb@official"
    assert table.headline["auc"] == pytest.approx(official["auc"], abs=1e-9)
    for name, row in official["attributes"].items():
        assert table.per_attribute[name]["auc"] == pytest.approx(row["auc"], abs=1e-9)
    ours = {"otb2013": "OTB2013_cvpr13_51", "otb50": "OTB50_tb50"}
    for name, theirs in ours.items():
        assert table.subsets[name]["precision"] == pytest.approx(
            official["subsets"][theirs]["p20"], abs=1e-9
        )
    assert table.intervals["auc"].low < table.main < table.intervals["auc"].high


@pytest.mark.parametrize("tracker", ["SiamRPNpp", "ATOM"])
def test_lasot_results_score_what_each_toolkit_says(tracker: str) -> None:
    held, says = arrays("lasot_subset"), expected("lasot_subset")
    names = [str(name) for name in held["sequence"]]
    truths, absent = parts(held, "gt"), parts(held, "absent")
    benchmark = benchmark_of(
        *(
            sequence_of(name, truth, absent=flags == 1)
            for name, truth, flags in zip(names, truths, absent, strict=True)
        ),
        name="lasot",
    )
    tracks = dict(zip(names, parts(held, f"pred_{tracker}"), strict=True))
    results = results_of(tracker, tracks)
    key = tracker.replace("pp", "++")
    for toolkit in ("official", "pysot", "got10k", "pytracking"):
        row = says[f"{key}/{'lasot_official' if toolkit == 'official' else toolkit}"]
        table = score_records(results, benchmark, protocol=f"lasot@{toolkit}")
        assert table.headline["auc"] == pytest.approx(row["auc"], abs=2e-7)
        normalised = row["np_auc"] if toolkit == "got10k" else row["np20"]
        assert table.headline["norm_precision"] == pytest.approx(normalised, abs=2e-7)


@pytest.mark.parametrize("tracker", ["nanotrackv3", "dasiamrpn"])
def test_vot_results_score_what_pysot_and_the_toolkit_say(tmp_path: Path, tracker: str) -> None:
    truth, held = arrays("vot2018_groundtruth"), arrays(f"vot2018_{tracker}")
    names = [str(name) for name in truth["sequence"]]
    benchmark = benchmark_of(
        *(
            sequence_of(name, rows, origin=0, size_wh=(int(size[0]), int(size[1])))
            for name, rows, size in zip(names, parts(truth, "gt"), truth["size_wh"], strict=True)
        ),
        name="vot2018",
    )
    rows = zip(names, parts(held, "box_xywh"), parts(held, "code"), strict=True)
    records = [
        record_of_regions(name, Regions.from_boxes(boxes, codes)) for name, boxes, codes in rows
    ]
    read = through_files(benchmark, records, tmp_path / tracker, "vot", "reset")
    says = expected("vot2018")
    ground = Ground(benchmark)
    table = score_records(read, ground)
    row = says["trackers"][tracker]
    for key in ("accuracy", "robustness", "lost"):
        assert table.headline[key] == pytest.approx(row[key], abs=1e-9)
    assert table.main == pytest.approx(row["eao"], abs=1e-6)
    row = says["trackers"][tracker]["vot_toolkit_0_8_same_raw_results"]
    table = score_records(read, ground, protocol="vot@toolkit")
    assert table.main == pytest.approx(row["eao"], abs=1e-6)
    assert table.headline["accuracy"] == pytest.approx(row["accuracy_weighted"], abs=1e-9)


@pytest.mark.parametrize(("rule", "key"), [("pysot", "f1"), ("toolkit", "f1")])
def test_longterm_results_score_what_pysot_and_the_toolkit_say(
    tmp_path: Path, rule: str, key: str
) -> None:
    held, says = arrays("votlt"), expected("votlt")
    count = len(held["length"])
    truths, visible = parts(held, "gt"), parts(held, "visible")
    tracks, scores = parts(held, "pred"), parts(held, "conf")
    sizes = held["size_wh"]
    sequences, records = [], []
    for i in range(count):
        truth = np.where(visible[i][:, None] == 1, truths[i], np.nan)
        size = sizes[i] if sizes.ndim == 2 else sizes
        name = f"s{i}"
        sequences.append(sequence_of(name, truth, origin=0, size_wh=(int(size[0]), int(size[1]))))
        codes = np.full(len(truth), 255, np.uint8)
        codes[0] = 1
        confidence = np.where(np.arange(len(truth)) == 0, np.nan, scores[i])
        records.append(Record(sequence=name, boxes=tracks[i], codes=codes, scores=confidence))
    benchmark = benchmark_of(*sequences, name="votlt2018")
    read = through_files(benchmark, records, tmp_path / "lt", "vot", "longterm")
    table = score_records(read, benchmark, protocol=f"votlt@{rule}")
    row = says["pysot" if rule == "pysot" else "vot_toolkit"]
    assert table.headline["f"] == pytest.approx(row[key], abs=1e-9)
    assert table.headline["precision"] == pytest.approx(row["precision"], abs=1e-9)


def table() -> ScoreTable:
    benchmark = benchmark_of(*(sequence_of(n, moving(4)) for n in ("David", "Car1")))
    tracks = {"David": moving(4), "Car1": moving(4, x=7)}
    return score_records(results_of("mine", tracks), benchmark, protocol="otb@pysot")


def test_a_table_survives_json() -> None:
    made = table()
    values = json.loads(json.dumps(made.to_json(), allow_nan=False))
    again = ScoreTable.from_json(values)
    assert again.to_json() == made.to_json()
    assert again.text() == made.text()


def test_a_table_of_another_kind_is_refused() -> None:
    for values in ({}, {"version": 99}):
        with pytest.raises(InputError):
            ScoreTable.from_json(values)


def test_csv_has_a_line_for_every_sequence() -> None:
    lines = tables_csv([table()]).splitlines()
    assert lines[0].startswith("benchmark,protocol,tracker,kind,name,auc,")
    assert [line.split(",")[3:5] for line in lines[1:]] == [
        ["all", ""],
        ["interval_low", ""],
        ["interval_high", ""],
        ["sequence", "David"],
        ["sequence", "Car1"],
    ]


def test_the_best_tracker_is_printed_first() -> None:
    benchmark = benchmark_of(sequence_of("David", moving(4)))
    good = score_records(results_of("good", {"David": moving(4)}), benchmark)
    bad = score_records(results_of("bad", {"David": moving(4, x=40)}), benchmark)
    lines = tables_text([bad, good]).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["tracker", "good", "bad"]
    assert "frames/s" not in lines[1]


def test_the_difference_to_the_best_is_paired_printed_and_kept() -> None:
    names = ("David", "Car1", "Dog")
    benchmark = benchmark_of(*(sequence_of(name, moving(4 + k)) for k, name in enumerate(names)))
    tracks = {name: moving(4 + k) for k, name in enumerate(names)}
    good = score_records(results_of("good", tracks), benchmark)
    away = {name: moving(4 + k, x=11 + 2 * k) for k, name in enumerate(names)}
    bad = score_records(results_of("bad", away), benchmark)
    better, worse = with_differences([good, bad])
    assert not better.differences
    apart = [bad.per_sequence[name]["auc"] - good.per_sequence[name]["auc"] for name in names]
    gap = worse.differences["auc"].interval
    expected = mean_intervals({"auc": apart})["auc"]
    assert (gap.low, gap.high) == pytest.approx((expected.low, expected.high))
    assert gap.excludes_zero
    (line,) = (row for row in tables_text([worse, better]).splitlines() if "bad - good: auc" in row)
    assert line.endswith(" *")
    back = ScoreTable.from_json(json.loads(json.dumps(worse.to_json())))
    assert back.differences["auc"].to == "good"
    assert back.differences["auc"].interval == gap


@pytest.mark.parametrize(
    ("benchmark", "asked", "found"),
    [
        ("otb100", None, "otb@official"),
        ("otb100", "otb", "otb@official"),
        ("otb100", "otb100@pysot", "otb@pysot"),
        ("nfs30", "nfs@pytracking", "nfs@pytracking"),
        ("nfs30", "otb@got10k", "otb@got10k"),
        ("lasot_ext", "lasot", "lasot@official"),
        ("vot2016", None, "vot@pysot"),
        ("vot2021", None, "vot2020@toolkit"),
        ("votlt2019", "votlt@toolkit", "votlt@toolkit"),
        ("synthetic", None, "otb@official"),
        ("got10k_val", None, "got10k"),
    ],
)
def test_protocols_by_name(benchmark: str, asked: str | None, found: str) -> None:
    opened = benchmark_of(sequence_of("a", moving(3)), name=benchmark)
    assert find_protocol(asked, opened).name == found


def test_a_protocol_that_does_not_fit_names_those_that_do() -> None:
    opened = benchmark_of(sequence_of("a", moving(3)), name="otb100")
    with pytest.raises(InputError, match=r"lasot@official cannot score otb100: otb@official"):
        find_protocol("lasot@official", opened)
    with pytest.raises(InputError, match=r"'otb@pyson'; nearest: otb@pysot"):
        find_protocol("otb@pyson", opened)


def test_every_default_is_a_protocol_that_fits() -> None:
    for kind, name in DEFAULTS.items():
        assert kind in PROTOCOLS[name].kinds


def test_an_unverified_list_is_said_in_every_table() -> None:
    from dataclasses import replace

    benchmark = replace(benchmark_of(sequence_of("David", moving(4))), verified=False)
    made = score_records(results_of("mine", {"David": moving(4)}), benchmark)
    assert any("list unverified" in note for note in made.notes)
    assert protocols_of(benchmark)[0] == "otb@official"


def test_truth_that_a_server_keeps_cannot_be_scored() -> None:
    frames = [Path(f"{i}.jpg") for i in range(4)]
    benchmark = benchmark_of(sequence_of("a", moving(1), frames=frames), name="got10k_test")
    with pytest.raises(InputError, match="--submission"):
        score_records(results_of("mine", {"a": moving(4)}), benchmark)


@pytest.mark.parametrize(("protocol", "factor"), [("vot_multistart", 0.9), ("vot_unsupervised", 1)])
def test_pixels_that_are_ignored_do_not_count_in_vot_from_2020_on(
    protocol: str, factor: float
) -> None:
    """The right half is found, and the left half does not count: 1 instead of 0.5."""
    truth, right = np.tile([0.0, 0, 10, 10], (10, 1)), np.tile([5.0, 0, 5, 10], (10, 1))
    anchors = np.eye(1, 10, dtype=np.int64)[0]
    half = benchmark_regions(rows=np.tile([0.0, 0, 5, 10], (10, 1)), absent=np.zeros(10, np.bool_))
    codes = np.full(10, 255, np.uint8)
    codes[0] = 1
    anchor = 0 if protocol == "vot_multistart" else None
    record = Record(sequence="a", boxes=right, codes=codes, anchor=anchor)
    results = TrackerRecords(tracker="t", records={"a": (record,)})
    values = []
    for ignored in (None, half):
        sequence = sequence_of("a", truth, origin=0, anchors=anchors, ignored=ignored)
        ground = Ground(benchmark_of(sequence, name="vot2022"))
        table = score_records(results, ground, protocol=protocol)
        values.append(table.headline["accuracy" if anchor == 0 else "overlap"])
    assert values == pytest.approx([0.5 * factor, factor])


def test_sequences_too_short_for_the_window_have_no_eao_and_that_is_said() -> None:
    truth = np.tile([0.0, 0, 10, 10], (20, 1))
    ground = Ground(benchmark_of(sequence_of("a", truth, origin=0), name="vot2018"))
    codes = np.full(20, 255, np.uint8)
    codes[0] = 1
    record = Record(sequence="a", boxes=truth, codes=codes)
    results = TrackerRecords(tracker="t", records={"a": (record,)})
    table = score_records(results, ground, protocol="vot@pysot")
    assert np.isnan(table.headline["eao"])
    assert any("no run is as long as its window, 100 to 356" in note for note in table.notes)
