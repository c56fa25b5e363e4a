"""Running: the same numbers wherever it is done, and nothing lost whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import feathertrack as ft
from feathertrack.benchmarks import Benchmark
from feathertrack.errors import FeathertrackError, InputError
from feathertrack.evaluation.contestants import Contestant, find_contestants, label_of
from feathertrack.evaluation.otb_robustness import tre_starts
from feathertrack.evaluation.result_files import read_results
from feathertrack.evaluation.runner import Runner
from feathertrack.evaluation.running import RunPlan, run_sequence
from feathertrack.evaluation.runs import Evaluation
from feathertrack.evaluation.scoring import notes_of, tables_text
from feathertrack.trackers.foreign import ForeignTracker
from tests.evaluation.small_benchmark import HERE, Right, Still, benchmark_of, moving, pictured


def contestant(name: str) -> Contestant:
    return Contestant(label=name, name=f"{HERE}:{name}")


@pytest.fixture
def otb(tmp_path: Path) -> Benchmark:
    tall = moving(5)
    tall[:, 3] = 9
    truths = {"Basketball": moving(6), "David": tall, "Jogging-1": moving(4, x=20)}
    data = tmp_path / "data"
    return benchmark_of(*(pictured(data, name, truth) for name, truth in truths.items()))


def evaluated(otb: Benchmark, output: Path | None, *names: str, **how: object) -> Evaluation:
    runner = Runner([contestant(name) for name in names], [otb], output=output)
    runner.plan()
    runner.run(**how)  # type: ignore[arg-type]
    return runner.score()


def test_a_perfect_tracker_scores_what_the_protocol_allows(otb: Benchmark) -> None:
    table = ft.evaluate(Right(), otb, protocol="otb@got10k")
    assert table.headline["auc"] == pytest.approx(20 / 21)
    assert (table.tracker, table.protocol) == ("Right", "otb@got10k")
    assert table.frames_per_second is not None


def test_boxes_are_written_as_annotated(otb: Benchmark, tmp_path: Path) -> None:
    evaluated(otb, tmp_path / "out", "Right")
    text = (tmp_path / "out" / "otb100" / "Right" / "Basketball.txt").read_text()
    assert text.splitlines()[:2] == ["5.0,6.0,10.0,8.0", "6.0,6.0,10.0,8.0"]


def test_files_and_memory_give_the_same_scores(otb: Benchmark, tmp_path: Path) -> None:
    kept = evaluated(otb, tmp_path / "out", "Still", "Right")
    (memory,) = [ft.evaluate(Still(), otb)]
    assert [table.tracker for table in kept.tables] == ["Still", "Right"]
    assert dict(kept.tables[0].headline) == dict(memory.headline)
    stored = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert stored[0]["headline"] == dict(memory.headline)


def test_what_is_done_is_not_done_again(otb: Benchmark, tmp_path: Path) -> None:
    evaluated(otb, tmp_path, "Right")
    (tmp_path / "otb100" / "Right" / "David.txt").unlink()
    before = (tmp_path / "otb100" / "Right" / "Basketball.txt").stat().st_mtime_ns
    runner = Runner([contestant("Right")], [otb], output=tmp_path)
    assert runner.plan() == 5
    assert [task.sequence for task in runner.tasks] == ["David"]
    runner.run()
    assert (tmp_path / "otb100" / "Right" / "Basketball.txt").stat().st_mtime_ns == before


def test_a_result_that_was_cut_is_made_anew(otb: Benchmark, tmp_path: Path) -> None:
    evaluated(otb, tmp_path, "Right")
    file = tmp_path / "otb100" / "Right" / "David.txt"
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.index(b"\n") + 1])
    runner = Runner([contestant("Right")], [otb], output=tmp_path)
    assert runner.plan() == 5
    assert (runner.num_done, runner.num_damaged) == (2, 1)
    runner.run()
    assert file.read_bytes() == whole


def test_results_of_another_configuration_are_not_mixed_in(otb: Benchmark, tmp_path: Path) -> None:
    evaluated(otb, tmp_path, "Right")
    other = Runner([contestant("Right")], [otb], output=tmp_path, format="got10k")
    with pytest.raises(InputError, match=r"another run \(format of ope: pysot, now got10k\)"):
        other.plan()


def test_a_crash_is_kept_and_the_others_finish(otb: Benchmark, tmp_path: Path) -> None:
    evaluation = evaluated(otb, tmp_path, "FailsOnTall")
    (failure,) = evaluation.failures
    assert (failure.sequence, failure.error) == ("David", "ZeroDivisionError: a bug of the tracker")
    assert failure.traceback is not None and "in update" in failure.traceback.read_text()
    (table,) = evaluation.tables
    assert list(table.per_sequence) == ["Basketball", "Jogging-1"]
    assert any(note.startswith("partial") for note in table.notes)


def test_a_crash_in_python_is_raised_with_its_sequence(otb: Benchmark) -> None:
    with pytest.raises(FeathertrackError, match=r"1 of 3 sequences of otb100, first on David"):
        ft.evaluate(f"{HERE}:FailsOnTall", otb)


def test_random_trackers_draw_the_same_in_any_order(otb: Benchmark, tmp_path: Path) -> None:
    evaluated(otb, tmp_path / "a", "Random")
    runner = Runner([contestant("Random")], [otb], output=tmp_path / "b")
    runner.plan()
    runner.tasks.reverse()
    runner.run()
    for name in otb.names:
        path = Path("otb100") / "Random" / f"{name}.txt"
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()


def test_processes_give_the_same_and_a_dead_one_is_replaced(
    otb: Benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEATHERTRACK_TEST_MARK", str(tmp_path / "mark"))
    here = evaluated(otb, tmp_path / "a", "Random", "Right")
    there = evaluated(otb, tmp_path / "b", "Random", "DiesOnce", workers=2)
    assert (tmp_path / "mark").exists()
    assert not there.failures
    assert [dict(t.headline) for t in here.tables] == [dict(t.headline) for t in there.tables]


def test_a_sequence_that_always_kills_its_worker_is_given_up(
    otb: Benchmark, tmp_path: Path
) -> None:
    evaluation = evaluated(otb, tmp_path, "DiesAlways", workers=2)
    (failure,) = evaluation.failures
    assert failure.sequence == "David"
    assert failure.error == "the worker died 3 times (exit code 17)"
    assert len(evaluation.tables[0].per_sequence) == 2


def test_one_worker_apart_outlives_a_tracker_that_ends_its_process(
    otb: Benchmark, tmp_path: Path
) -> None:
    evaluation = evaluated(otb, tmp_path, "DiesAlways", apart=True)
    (failure,) = evaluation.failures
    assert failure.error == "the worker died 3 times (exit code 17)"
    assert len(evaluation.tables[0].per_sequence) == 2


def test_a_table_says_which_tracker_has_fewer_sequences(otb: Benchmark, tmp_path: Path) -> None:
    tables = evaluated(otb, tmp_path, "Right", "FailsOnTall").tables
    assert tables_text(tables).startswith("otb100, otb@official, 2 to 3 sequences\n")
    assert "FailsOnTall: partial: 2 of 3 sequences have a result" in notes_of(tables)


def test_an_object_cannot_go_to_workers(otb: Benchmark) -> None:
    with pytest.raises(InputError, match="Right is an object of this process"):
        ft.evaluate(Right(), otb, workers=2)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_kill_loses_at_most_the_sequence_in_hand(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "feathertrack", "evaluate", "synthetic"]
    words += ["--tracker", f"{HERE}:Slow", "--output", str(tmp_path)]
    folder = tmp_path / "synthetic" / "Slow"
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        deadline = time.monotonic() + 300  # a loaded machine starts programs slowly
        while not list(folder.glob("*.txt")) and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
    done = {path.name: path.read_bytes() for path in folder.glob("*.txt")}
    assert 0 < len(done) < 4
    synthetic = ft.open_benchmark("synthetic")
    runner = Runner([contestant("Slow")], [synthetic], output=tmp_path)
    runner.plan()
    assert len(runner.tasks) == 4 - len(done)
    for name, data in done.items():
        assert data.count(b"\n") == 40, name
    (read,) = read_results(folder, synthetic)
    assert len(read.records) == len(done)


def test_got10k_runs_three_times_what_is_not_deterministic(tmp_path: Path) -> None:
    fields = {"origin": 0, "cover": np.full(5, 8, np.uint8)}
    benchmark = benchmark_of(
        pictured(tmp_path / "data", "GOT-10k_Val_000001", moving(5), **fields), name="got10k_val"
    )
    evaluation = evaluated(benchmark, tmp_path, "Right", "Random")
    folder = tmp_path / "got10k_val"
    runs = [sorted(p.name for p in (folder / n).rglob("*_0??.txt")) for n in ("Right", "Random")]
    assert [len(names) for names in runs] == [1, 3]
    (times,) = (folder / "Random").rglob("*_time.txt")
    assert all(line.count(",") == 2 for line in times.read_text().splitlines())
    assert evaluation.tables[0].headline["ao"] == pytest.approx(1.0)


def test_a_test_set_is_run_to_its_last_frame_and_not_scored(tmp_path: Path) -> None:
    whole = pictured(tmp_path / "data", "GOT-10k_Test_000001", moving(5), origin=0)
    benchmark = benchmark_of(replace(whole, truth=moving(1), absent=np.zeros(1, np.bool_)))
    evaluation = evaluated(replace(benchmark, name="got10k_test"), tmp_path, "Right")
    assert not evaluation.tables and not evaluation.notes
    assert "--submission" in evaluation.withheld[0]
    (path,) = tmp_path.rglob("*_001.txt")
    assert len(path.read_text().splitlines()) == 5


def test_a_sequence_too_short_for_tre_is_left_out_with_a_note(otb: Benchmark) -> None:
    data = next(iter(otb["David"].frames)).parents[1]
    longer = pictured(data, "Long", moving(24))
    runner = Runner(
        [contestant("Right")], [benchmark_of(longer, otb["David"])], protocols=["otb_tre"]
    )
    assert runner.plan() > 0
    assert runner.run() == ()
    evaluation = runner.score()
    assert evaluation.notes == ()
    (table,) = evaluation.tables
    assert table.headline["auc"] > 0.9
    assert "David is left out: TRE needs a usable true box" in str(notes_of(evaluation.tables))
    with pytest.raises(InputError, match="David: TRE needs"):
        Runner([contestant("Right")], [benchmark_of(otb["David"])], protocols=["otb_tre"]).plan()


def test_the_start_of_a_program_is_no_frame(otb: Benchmark) -> None:
    plan = RunPlan(kind="ope")
    (own,) = run_sequence(ForeignTracker(Right()), otb["David"], plan)
    program_tracker = ForeignTracker(Right())
    program_tracker.init_starts_program = True  # type: ignore[attr-defined]
    (program,) = run_sequence(program_tracker, otb["David"], plan)
    assert own.times is not None and program.times is not None
    assert own.times[0] > 0 == program.times[0]
    assert (program.times[1:] > 0).all()


@pytest.mark.parametrize("run", ["tre", "sre"])
def test_otb_robustness_runs_are_kept_and_scored(tmp_path: Path, run: str) -> None:
    benchmark = benchmark_of(pictured(tmp_path / "data", "David", moving(26)))
    runner = Runner([contestant("Right")], [benchmark], protocols=[f"otb_{run}"], output=tmp_path)
    runner.plan()
    runner.run()
    (table,) = runner.score().tables
    runs = json.loads((tmp_path / "otb100" / "Right" / run.upper() / "David.json").read_text())
    assert len(runs) == (len(tre_starts(np.ones(26, np.bool_))) if run == "tre" else 12)
    assert table.headline["auc"] > (0.95 if run == "tre" else 0.7)


def test_one_pass_and_tre_share_an_output(otb: Benchmark, tmp_path: Path) -> None:
    runner = Runner(
        [contestant("Still")],
        [benchmark_of(pictured(tmp_path / "data", "David", moving(30)))],
        protocols=["otb@pysot", "otb_tre", "otb@got10k"],
        output=tmp_path,
    )
    runner.plan()
    assert len(runner.tasks) == 2
    runner.run()
    evaluation = runner.score()
    names = [table.protocol for table in evaluation.tables]
    assert names == ["otb@pysot", "otb@got10k", "otb_tre@official"]


def test_a_sequence_too_short_for_tre_is_named(otb: Benchmark, tmp_path: Path) -> None:
    runner = Runner([contestant("Right")], [otb], protocols=["otb_tre"], output=tmp_path)
    with pytest.raises(InputError, match=r"Basketball: TRE needs .* of 6 frames none has them"):
        runner.plan()


def vot(folder: Path, name: str) -> Benchmark:
    truth = moving(12, x=4)
    truth[5:, 1] = 30  # the target jumps away
    anchors = np.zeros(12, np.int64)
    anchors[[0, 11]] = 1, -1
    fields = {"origin": 0, "anchors": anchors, "fps": 30.0}
    return benchmark_of(pictured(folder, "bag", truth, **fields), name=name)


def test_vot_runs_start_again_after_a_failure(tmp_path: Path) -> None:
    benchmark = vot(tmp_path / "data", "vot2018")
    runner = Runner(
        [contestant("Right")], [benchmark], protocols=["vot@pysot", "vot@toolkit"], output=tmp_path
    )
    runner.plan()
    assert len(runner.tasks) == 1
    runner.run()
    text = (tmp_path / "vot2018" / "Right" / "baseline" / "bag" / "bag_001.txt").read_text()
    assert [line for line in text.splitlines() if "," not in line] == ["1", "2", *"0000", "1"]
    assert [table.headline["lost"] for table in runner.score().tables] == [1, 1]


@pytest.mark.parametrize(
    ("name", "protocol"),
    [
        ("vot2018", "vot_realtime@toolkit"),
        ("vot2018", "vot_realtime@got10k"),
        ("vot2018", "vot_unsupervised@toolkit"),
        ("vot2018", "vots@toolkit"),
        ("vot2020", "vots@toolkit"),
        ("vot2020", "vot2020@toolkit"),
        ("votlt2018", "votlt@toolkit"),
        ("votlt2018", "votlt@pysot"),
    ],
)
def test_every_kind_of_vot_run_is_kept_and_scored(tmp_path: Path, name: str, protocol: str) -> None:
    benchmark = vot(tmp_path / "data", name)
    runner = Runner([contestant("Right")], [benchmark], protocols=[protocol], output=tmp_path)
    runner.plan()
    runner.run()
    evaluation = runner.score()
    assert not evaluation.notes
    (table,) = evaluation.tables
    assert table.protocol == protocol
    again = Runner([contestant("Right")], [benchmark], protocols=[protocol], output=tmp_path)
    assert again.plan() == 0


def test_real_time_of_got10k_is_run_by_its_own_clock(tmp_path: Path) -> None:
    """A tracker of 100 ms is late from the third frame on, and by this rule for ever."""
    bag = pictured(tmp_path / "data", "bag", moving(7), origin=0)
    benchmark = benchmark_of(bag, name="vot2018")
    name = "vot_realtime@got10k"
    runner = Runner([contestant("Slower")], [benchmark], protocols=[name], output=tmp_path)
    runner.plan()
    runner.run()
    rows = (tmp_path / "vot2018/Slower/realtime/bag/bag_001.txt").read_text().splitlines()
    assert [float(row.partition(",")[0]) for row in rows] == [1, 6, 7, 7, 7, 7, 7]
    (table,) = runner.score().tables
    assert (table.protocol, table.headline["lost"]) == (name, 0)


def test_two_clocks_do_not_share_a_run(tmp_path: Path) -> None:
    benchmark = vot(tmp_path / "data", "vot2018")
    names = ["vot_realtime@toolkit", "vot_realtime@got10k"]
    with pytest.raises(InputError, match=r"vot_realtime@got10k runs by a clock of its own"):
        Runner([contestant("Right")], [benchmark], protocols=names)
    alike = ["vot_realtime@toolkit", "vot_realtime@pysot"]
    assert len(Runner([contestant("Right")], [benchmark], protocols=alike).runs) == 1


def test_scores_of_earlier_calls_are_kept_while_their_results_are(
    otb: Benchmark, tmp_path: Path
) -> None:
    for names in (["Still", "Random"], ["Right"], ["Still"]):
        runner = Runner([contestant(name) for name in names], [otb], output=tmp_path)
        runner.plan()
        runner.run()
        runner.score()
    assert trackers_of(tmp_path / "scores.json") == ["Still", "Random", "Right"]
    assert "Random" in (tmp_path / "scores.csv").read_text()
    shutil.rmtree(tmp_path / "otb100" / "Random")
    runner.score()
    assert trackers_of(tmp_path / "scores.json") == ["Still", "Right"]


def trackers_of(scores: Path) -> list[str]:
    return [table["tracker"] for table in json.loads(scores.read_text())]


@pytest.mark.parametrize("workers", [1, 2])
def test_frames_are_counted_while_a_sequence_runs(tmp_path: Path, workers: int) -> None:
    benchmark = benchmark_of(*(pictured(tmp_path, name, moving(9)) for name in ("David", "Sylv")))
    runner = Runner([contestant("Slow")], [benchmark], output=tmp_path / "out")
    runner.plan()
    seen: list[tuple[str, int]] = []
    runner.run(workers=workers, moved=lambda task, frames: seen.append((task.sequence, frames)))
    assert {name for name, _ in seen} == {"David", "Sylv"}
    counts = [frames for name, frames in seen if name == "David"]
    assert counts == sorted(counts)
    assert counts[-1] <= 9


def test_a_folder_of_weights_is_that_many_trackers(tmp_path: Path) -> None:
    for name in ("a.pth", "b.embed.onnx", "b.predict.onnx", "notes.md"):
        (tmp_path / name).touch()
    assert [one.label for one in find_contestants([str(tmp_path)])] == ["a", "b.embed"]
    with pytest.raises(InputError, match="two trackers would be called 'Still'"):
        find_contestants([f"{HERE}:Still", f"{HERE}:Still"])


def test_files_of_a_folder_that_are_no_trackers_are_left_out_once(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(b"no weights")
    (tmp_path / "b.onnx").write_bytes(b"no network")
    told: list[str] = []
    with pytest.raises(InputError, match="none of the folder's 2 files is a tracker"):
        find_contestants([str(tmp_path)], skip=told.append)
    assert [line.count(name) >= 1 for line, name in zip(told, ("a.pth", "b.onnx"), strict=True)]
    assert all(line.startswith("left out: ") and "\n" not in line for line in told)


def test_a_tracker_that_exits_fails_its_sequence_only(otb: Benchmark, tmp_path: Path) -> None:
    evaluation = evaluated(otb, tmp_path, "Exits")
    (failure,) = evaluation.failures
    assert failure.sequence == "David"
    assert "SystemExit" in failure.error
    assert "SystemExit" in Path(failure.traceback).read_text()


def test_labels_fit_every_file_system() -> None:
    assert label_of("a/b:c.pth") == "b-c"
    assert label_of("siamfc@presets/mine.json") == "siamfc@mine"
