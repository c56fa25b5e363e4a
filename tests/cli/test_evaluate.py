"""``feathertrack evaluate`` and ``feathertrack score`` from words to files."""

from __future__ import annotations

import json
import shlex
import sys
import zipfile
from pathlib import Path

import pytest

from feathertrack.cli._outcomes import failure_lines
from feathertrack.evaluation.runs import Failure
from tests.benchmarks.miniatures import dtb70, pictures, put
from tests.cli.conftest import Run
from tests.evaluation.small_benchmark import HERE

RIGHT, STILL = f"{HERE}:Right", f"{HERE}:Still"


@pytest.fixture
def results(run: Run, tmp_path: Path) -> Path:
    """What evaluating two trackers on the synthetic benchmark writes."""
    words = ("--tracker", RIGHT, "--tracker", STILL, "--output", tmp_path / "out")
    assert run("evaluate", "synthetic", *words).status == 0
    return tmp_path / "out"


def test_evaluate_prints_a_table_and_keeps_everything(run: Run, tmp_path: Path) -> None:
    words = ("--tracker", RIGHT, "--tracker", STILL, "--output", tmp_path, "--json")
    ran = run("evaluate", "synthetic", *words, tmp_path / "all.json")
    assert ran.status == 0
    assert ran.err == ""
    lines = ran.out.splitlines()
    assert lines[0] == "synthetic, otb@official, 4 sequences"
    assert {line.split()[0] for line in lines[2:4]} == {"Right", "Still"}
    tables = json.loads((tmp_path / "all.json").read_text())
    assert tables == json.loads((tmp_path / "scores.json").read_text())
    assert len(list((tmp_path / "synthetic" / "Right").glob("*.txt"))) == 4
    assert not list(tmp_path.rglob("*.errors"))


def test_opencv_trackers_are_the_floor_of_a_table(run: Run, tmp_path: Path) -> None:
    ran = run("evaluate", "synthetic", "--tracker", "opencv_kcf", "--output", tmp_path)
    assert ran.status == 0
    assert ran.out.splitlines()[2].startswith("opencv_kcf")


def test_evaluate_again_does_nothing_again(run: Run, results: Path) -> None:
    files = {path: path.stat().st_mtime_ns for path in results.rglob("*.txt")}
    words = ("--tracker", RIGHT, "--tracker", STILL, "--output", results)
    assert run("evaluate", "synthetic", *words).status == 0
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*.txt")} == files


def test_a_tracker_that_crashes_is_reported_at_the_end(run: Run, tmp_path: Path) -> None:
    failing = "tests.cli.fake_trackers:Failing"
    ran = run("evaluate", "synthetic", "--tracker", failing, "--output", tmp_path)
    assert ran.status == 1
    failed = [line for line in ran.err.splitlines() if line.startswith("failed: Failing on")]
    assert len(failed) == 4
    logs = list((tmp_path / "synthetic" / "Failing.errors").glob("*.log"))
    assert len(logs) == 4
    assert "ZeroDivisionError: a bug" in logs[0].read_text()


def test_a_tracker_that_ends_its_process_ends_nothing_else(run: Run, tmp_path: Path) -> None:
    words = ("--tracker", "tests.cli.fake_trackers:Ending", "--tracker", STILL)
    ran = run("evaluate", "synthetic", *words, "--output", tmp_path)
    assert ran.status == 1
    assert ran.err.count("failed: Ending on synthetic/") == 4
    assert "the worker died 3 times (exit code 7)" in ran.err
    assert ran.out.splitlines()[2].startswith("Still")


def test_many_failures_alike_are_two_lines(tmp_path: Path) -> None:
    failures = [
        Failure(
            benchmark="otb100",
            tracker="a",
            sequence=name,
            error="a bug" if name != "x" else "another",
            traceback=tmp_path / f"{name}.log",
        )
        for name in "xbcdefg"
    ]
    assert failure_lines(failures) == [
        f"failed: a on otb100/x: another ({tmp_path / 'x.log'})",
        f"failed: a on otb100/b: a bug ({tmp_path / 'b.log'})",
        f"failed: a on otb100: 5 more alike ({tmp_path})",
    ]


def test_a_program_that_does_not_speak_trax_stops_before_the_first_sequence(
    run: Run, tmp_path: Path
) -> None:
    pytest.importorskip("trax")
    silent = f"trax:{shlex.quote(Path(sys.executable).as_posix())} -c pass"
    ran = run("evaluate", "synthetic", "--tracker", silent, "--output", tmp_path / "out")
    assert ran.status == 1
    assert "did not start: it ended with status 0" in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_words_about_networks_need_a_tracker_that_runs_one(run: Run, tmp_path: Path) -> None:
    ran = run("evaluate", "synthetic", "--tracker", STILL, "--engine", "onnx", "--output", tmp_path)
    assert ran.status == 2
    assert "runs no network of ours: it takes no --engine" in ran.err


def test_settings_of_a_tracker_without_any_are_refused(run: Run, tmp_path: Path) -> None:
    words = ("--tracker", STILL, "--output", tmp_path / "out", "--settings.window-weight", "0.3")
    ran = run("evaluate", "synthetic", *words)
    assert ran.status == 2
    assert "Still' has no settings to change" in ran.err
    assert not (tmp_path / "out").exists()


def test_score_takes_what_evaluate_wrote(run: Run, results: Path, tmp_path: Path) -> None:
    words = ("--protocol", "otb@pysot", "--protocol", "otb@got10k")
    out = ("--json", tmp_path / "s.json", "--csv", tmp_path / "s.csv")
    ran = run("score", "synthetic", "--results", results, *words, *out)
    assert ran.status == 0
    tables = json.loads((tmp_path / "s.json").read_text())
    assert [(t["tracker"], t["protocol"]) for t in tables] == [
        ("Right", "otb@pysot"),
        ("Still", "otb@pysot"),
        ("Right", "otb@got10k"),
        ("Still", "otb@got10k"),
    ]
    kinds = {line.split(",")[3] for line in (tmp_path / "s.csv").read_text().splitlines()[1:]}
    assert {"all", "attribute", "sequence"} <= kinds


def test_score_reads_a_zip_and_prints_details(run: Run, results: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "Still.zip", "w") as archive:
        for path in (results / "synthetic" / "Still").glob("*.txt"):
            archive.write(path, path.name)
    ran = run("score", "synthetic", "--results", tmp_path / "Still.zip", "--details")
    assert ran.status == 0
    assert any(line.startswith("sequence") for line in ran.out.splitlines())
    assert any(line.startswith("attribute") for line in ran.out.splitlines())


def test_score_by_all_protocols_says_which_refuse(run: Run, results: Path) -> None:
    ran = run("score", "synthetic", "--results", results, "--protocol", "all")
    assert ran.status == 0
    assert "otb@mmtracking" in ran.out
    assert ran.err.count("not scored by otb@pytracking: hiding: frame") == 1


def test_a_malformed_tracker_does_not_stop_the_others(run: Run, results: Path) -> None:
    file = sorted((results / "synthetic" / "Right").glob("*.txt"))[0]
    good = file.read_text()
    for text, said in (("1,2,3\n", "there are 3 numbers"), (good * 2, f"{file.name}, line")):
        file.write_text(text)
        ran = run("score", "synthetic", "--results", results, "--protocol", "otb@pysot")
        assert ran.status == 1
        assert [line.split()[0] for line in ran.out.splitlines()[2:3]] == ["Still"]
        last = ran.err.splitlines()[-1]
        assert last.startswith("not scored: ")
        assert str(file) in last
        assert said in last


def test_an_output_that_is_a_file_is_said_to_be_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    ran = run("evaluate", "synthetic", "--tracker", STILL, "--output", tmp_path / "out")
    assert ran.status == 2
    assert "out is a file: name a folder" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("evaluate", "otb100"), "otb100 needs the folder of its data: --data ROOT"),
        (("evaluate", "otb10"), "no benchmark 'otb10'; nearest: otb100"),
        (("evaluate", "synthetic", "synthetic"), "named twice"),
        (("evaluate", "synthetic", "--tracker", "nowhere.pth"), "no file nowhere.pth"),
        (("evaluate", "synthetic", "--tracker", ""), "tracker '' has no name"),
        (("evaluate", "synthetic", "--tracker", "fdsiamfc_31"), "fdsiamfc_30"),
        (("evaluate", "synthetic", "--tracker", f"{HERE}:No"), "has no class No"),
        (("evaluate", "synthetic", "--protocol", "vot@pysot"), "cannot score synthetic"),
        (("evaluate", "synthetic", "--workers", "0"), "at least 1"),
        (("evaluate", "synthetic", "--format", "vot"), "format vot has no files"),
        (("score", "synthetic", "--results", "nowhere"), "nowhere do not exist"),
        (("score", "synthetic"), "give --results DIR"),
    ],
)
def test_wrong_words_are_one_sentence(
    run: Run, in_tmp: Path, words: tuple[str, ...], said: str
) -> None:
    ran = run(*words)
    assert ran.status == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_several_benchmarks_take_a_folder_each(run: Run, in_tmp: Path) -> None:
    for name, sequence in (("Mine", "a"), ("Folder", "b")):
        pictures(in_tmp / name / sequence, "%04d.jpg", range(1, 5))
        put(in_tmp / name / sequence / "groundtruth.txt", "1,1,4,3\n" * 4)
    words = ("evaluate", "synthetic", "folder", "--tracker", STILL, "--output")
    assert run(*words, in_tmp / "out", "--data", in_tmp).status == 0
    assert [path.name for path in (in_tmp / "out" / "folder" / "Still").glob("*.txt")] == ["b.txt"]
    assert run(*words, in_tmp / "two", "--data", in_tmp / "Mine").status == 0
    assert [path.name for path in (in_tmp / "two" / "folder" / "Still").glob("*.txt")] == ["a.txt"]


def test_what_is_broken_is_reported_at_the_end_and_the_rest_runs(run: Run, in_tmp: Path) -> None:
    put(dtb70(in_tmp / "dtb70", "Car2", range(1, 75), rows=74), "1,1,4,3\n" * 74)
    (in_tmp / "uav123").mkdir()
    words = ("--data", in_tmp, "--tracker", STILL, "--output", in_tmp / "out")
    ran = run("evaluate", "uav123", "synthetic", "dtb70", *words)
    assert ran.status == 1
    assert [path.stem for path in (in_tmp / "out" / "dtb70" / "Still").glob("*.txt")] == ["Car2"]
    assert "synthetic, otb@official, 4 sequences" in ran.out
    assert "note: partial: 69 of 70 sequences cannot be read" in ran.out
    uav, dtb = ran.err.splitlines()
    assert uav.startswith("not run: uav123: ")
    assert f"feathertrack data check uav123 {in_tmp}" in uav
    assert dtb.startswith("not run: dtb70: 69 of 70 sequences cannot be read, first ")
    assert dtb.endswith(f"feathertrack data check dtb70 {in_tmp / 'dtb70'}")


def test_help_names_every_option(run: Run) -> None:
    for command in ("evaluate", "score"):
        assert "--protocol" in run(command, "--help").out
