from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from feathertrack.benchmarks import Benchmark, open_benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.contestants import find_contestants
from feathertrack.evaluation.report.folders import named_benchmarks, read_folders
from feathertrack.evaluation.runner import Runner
from tests.evaluation.report.made_up import evaluated, vot


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    return open_benchmark("synthetic", tmp_path_factory.mktemp("synthetic"))


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, synthetic: Benchmark) -> Path:
    """What ``feathertrack evaluate`` writes of two trackers."""
    folder = tmp_path_factory.mktemp("output")
    names = ["tests.cli.fake_trackers:Growing", "tests.evaluation.report.still:Still"]
    runner = Runner(find_contestants(names), [synthetic], output=folder)
    runner.plan()
    runner.run()
    runner.score()
    return folder


def test_the_output_of_evaluate_is_read_with_its_raw_results(
    output: Path, synthetic: Benchmark
) -> None:
    found = read_folders([output], benchmarks={"synthetic": synthetic})
    assert not found.remarks
    assert [entry.tracker for entry in found.evaluated] == ["Growing", "Still"]
    for entry in found.evaluated:
        assert set(entry.overlaps) == set(synthetic.names)
        assert entry.overlaps["drift"][0] == pytest.approx(1)
        assert any(value.endswith(f":{entry.tracker}") for value in entry.config.values())
        assert any("feathertrack" in key for key in entry.config)


def test_a_malformed_tracker_is_named_and_the_others_are_read(
    output: Path, synthetic: Benchmark, tmp_path: Path
) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(output, copied)
    (copied / "scores.json").unlink()
    file = sorted((copied / "synthetic" / "Still").glob("*.txt"))[0]
    file.write_text("1,2,3\n")
    found = read_folders([copied], benchmarks={"synthetic": synthetic})
    assert [entry.tracker for entry in found.evaluated] == ["Growing"]
    (refused,) = found.refused
    assert refused.startswith(f"{file}, line 1: there are 3 numbers")


def twice(folder: Path) -> None:
    shutil.copy(folder / "drift.txt", folder / "drift.csv")


def two_layouts(folder: Path) -> None:
    (folder / "dusk").mkdir()
    (folder / "dusk.txt").rename(folder / "dusk" / "dusk_001.txt")


def stray(folder: Path) -> None:
    shutil.copy(folder / "drift.txt", folder.parent / "drift.txt")
    shutil.rmtree(folder)


def other_names(folder: Path) -> None:
    for file in folder.glob("*.txt"):
        file.rename(folder / f"mine-{file.name}")


def nothing(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.with_name("Still.errors").mkdir()


def only_tre(folder: Path) -> None:
    (folder / "tre").mkdir()
    for file in folder.glob("*.txt"):
        file.rename(folder / "tre" / file.name)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (twice, "Still/drift.csv and synthetic/Still/drift.txt are both results of drift"),
        (two_layouts, "mixes two layouts, as synthetic/Still/drift.txt and"),
        (stray, r"holds results \(synthetic/drift.txt\) and, in synthetic/Growing"),
        (other_names, "Still has no result of a sequence of synthetic: .*mine-drift"),
        (nothing, "Still has no result on synthetic: .*Still.errors says why"),
        (only_tre, "Still has results of tre only"),
    ],
)
def test_a_tracker_that_cannot_be_scored_ends_no_other_s_report(
    spoil: Callable[[Path], None],
    message: str,
    output: Path,
    synthetic: Benchmark,
    tmp_path: Path,
) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(output, copied)
    (copied / "scores.json").unlink()
    spoil(copied / "synthetic" / "Still")
    found = read_folders([copied], benchmarks={"synthetic": synthetic})
    assert [entry.tracker for entry in found.evaluated] == ["Growing"]
    assert re.search(message, found.refused[0].replace("\\", "/"))
    assert all("Growing" not in text for text in found.refused[1:])


def test_a_place_that_cannot_be_read_ends_no_other_s_report(
    output: Path, synthetic: Benchmark, tmp_path: Path
) -> None:
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04")
    (tmp_path / "other.json").write_text("{}")
    places = [output, tmp_path / "cut.zip", tmp_path / "other.json"]
    found = read_folders(places, benchmarks={"synthetic": synthetic})
    assert len(found.evaluated) == 2
    first, second = found.refused
    assert first.endswith("other.json holds no table of scores: score --json writes some")
    assert "cut.zip is a damaged zip archive" in second


def test_folders_that_are_no_tracker_s_are_passed_over(
    output: Path, synthetic: Benchmark, tmp_path: Path
) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(output, copied)
    (copied / "synthetic" / "notes").mkdir()
    (copied / "synthetic" / "notes" / "read.txt").write_text("not a row of numbers\n")
    assert not read_folders([copied], benchmarks={"synthetic": synthetic}).refused


def test_results_of_one_pass_are_found_in_either_folder(
    output: Path, synthetic: Benchmark, tmp_path: Path
) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(output, copied)
    (copied / "scores.json").unlink()
    folder = copied / "synthetic" / "Still"
    (folder / "ope").mkdir()
    for file in folder.glob("*.txt"):
        file.rename(folder / "ope" / file.name)
    found = read_folders([copied], benchmarks={"synthetic": synthetic})
    assert [entry.tracker for entry in found.evaluated] == ["Growing", "Still"]
    assert not found.refused


def test_a_malformed_table_is_named_and_the_others_are_read(output: Path, tmp_path: Path) -> None:
    tables = json.loads((output / "scores.json").read_text())
    tables[0]["headline"] = {}
    (tmp_path / "scores.json").write_text(json.dumps(tables))
    found = read_folders([tmp_path])
    assert [entry.tracker for entry in found.evaluated] == ["Still"]
    assert found.refused == (
        f"{tmp_path / 'scores.json'}: Growing on synthetic has no score to report",
    )


def test_without_the_data_there_are_scores_and_no_overlaps(output: Path) -> None:
    found = read_folders([output])
    assert [entry.tracker for entry in found.evaluated] == ["Growing", "Still"]
    assert not found.evaluated[0].overlaps
    assert named_benchmarks([output]) == ["synthetic"]


def test_a_tracker_that_the_scores_do_not_name_is_scored(
    output: Path, synthetic: Benchmark, tmp_path: Path
) -> None:
    tables = json.loads((output / "scores.json").read_text())
    copied = tmp_path / "copied"
    for file in output.rglob("*"):
        if file.is_file():
            target = copied / file.relative_to(output)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    (copied / "scores.json").write_text(json.dumps(tables[:1]))
    found = read_folders([copied], benchmarks={"synthetic": synthetic})
    second = next(entry for entry in found.evaluated if entry.tracker == "Still")
    assert dict(second.scores.headline) == pytest.approx(tables[1]["headline"])


def test_a_file_of_score_json_is_read(tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    tables = [evaluated("a").scores, vot("b").scores]
    path.write_text(json.dumps([table.to_json() for table in tables]))
    found = read_folders([path]).evaluated
    assert [entry.tracker for entry in found] == ["a", "b"]
    assert found[1].window == (100, 356)
    assert found[1].reliability == pytest.approx(np.exp(-0.3 * 0.2))


def test_a_file_of_scores_is_not_blamed_for_having_no_results(
    output: Path, synthetic: Benchmark, tmp_path: Path
) -> None:
    shutil.copy(output / "scores.json", tmp_path)
    for place in (tmp_path, tmp_path / "scores.json"):
        assert not read_folders([place], benchmarks={"synthetic": synthetic}).remarks


def test_places_complete_one_another(output: Path, synthetic: Benchmark, tmp_path: Path) -> None:
    names = ["tests.evaluation.report.still:Still"]
    runner = Runner(
        find_contestants(names), [synthetic], protocols=["otb_sre"], output=tmp_path / "sre"
    )
    runner.plan()
    runner.run()
    runner.score()
    benchmarks = {"synthetic": synthetic}
    assert not read_folders([output, tmp_path / "sre"], benchmarks=benchmarks).remarks
    shutil.rmtree(tmp_path / "sre" / "synthetic")
    (said,) = read_folders([output, tmp_path / "sre"], benchmarks=benchmarks).remarks
    assert "otb_sre@official scores results of sre" in said


def test_other_json_is_nobody_s_table(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[[[")
    (tmp_path / "b.json").write_text('{"headline": {}, "other": [1, {"x": 2}]}')
    (tmp_path / "c.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="holds no scores: write them with score --json"):
        read_folders([tmp_path])


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    values = evaluated().scores.to_json() | {"version": 99}
    (tmp_path / "scores.json").write_text(json.dumps(values))
    with pytest.raises(InputError, match=r"scores\.json: a table of scores has version 99"):
        read_folders([tmp_path])


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere does not exist"):
        read_folders([tmp_path / "nowhere"])


def test_robustness_of_multi_start_runs_is_a_share_already() -> None:
    from feathertrack.evaluation.report.raw import evaluated_of

    table = replace(vot().scores, protocol="vot2020@toolkit", units={}, benchmark="vot2020")
    entry = evaluated_of(replace(table, headline={"eao": 0.3, "robustness": 0.7}))
    assert entry.reliability == 0.7
    assert entry.window == (115, 755)
