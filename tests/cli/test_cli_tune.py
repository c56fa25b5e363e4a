"""``feathertrack tune`` from words to a winner."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from feathertrack.models import create_model
from feathertrack.weights import save_model
from tests.cli.conftest import Run
from tests.tuning.tunable import DRIFTING, HERE

WORDS = ("tune", DRIFTING, "--benchmark", "synthetic", "--study", "s.journal")
GRID = ("--strategy", "grid", "--space.shift", "0,1", "--space.growth=1.0,1.02")


def test_tune_prints_the_best_points_and_writes_preset_report_and_json(
    run: Run, in_tmp: Path
) -> None:
    ran = run(*WORDS, *GRID, "--json", "all.json")
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "grid: 4 complete; tuned on 2 sequences"
    assert lines[1].split() == ["point", "auc", "shift", "growth"]
    assert len([line for line in lines[2:6] if line.split()[0].isdigit()]) == 4
    assert any(line.startswith("held out, 2 sequences") for line in lines)
    preset = lines[-2].removeprefix("preset: --tracker ")
    values = json.loads(Path("all.json").read_text())
    assert len(values["points"]) == 4
    assert not set(values["tuned_on"]) & set(values["scored_on"])
    page = (in_tmp / "s.tuning" / "report.html").read_text()
    assert page.count("<svg") == 4  # parallel coordinates, two slices, progress
    assert "Tuned and scored on the same" not in page
    scored = run("evaluate", "synthetic", "--tracker", preset, "--output", "out")
    assert scored.status == 0
    assert "note: its preset was tuned on 2 of these 4 sequences" in scored.out


def test_the_page_warns_where_tuned_and_scored_sequences_overlap(run: Run, in_tmp: Path) -> None:
    ran = run(*WORDS, "--strategy", "grid", "--space.shift", "0,1", "--held-out", "0")
    assert ran.status == 0
    assert "warning: 4 of the 4 sequences that are scored were tuned on" in ran.out
    page = (in_tmp / "s.tuning" / "report.html").read_text()
    assert "Tuned and scored on the same" in page
    assert "<script>" in page
    assert "src=" not in page


def test_names_in_the_page_are_escaped(run: Run, in_tmp: Path) -> None:
    words = ("--strategy", "grid", "--space.shift", "0", "--report", "none", "--html", "p.html")
    ran = run(*WORDS, *words, "--settings.mode", "fancy", "--output", "<b>")
    assert ran.status == 0
    assert "Nothing was held out" in Path("p.html").read_text()
    assert "note: nothing was held out" in ran.out


def killed_and_run_again(*words: str, done: int, whole: int) -> str:
    """A search that is killed once so many of its files are there; what it prints when it goes on.

    What was there before is not made again.
    """
    command = [sys.executable, "-m", "feathertrack", *words]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    killed = subprocess.Popen(command, env=environment)
    results = Path("s.tuning", "synthetic")
    while len(list(results.glob("*/*.txt"))) < done and killed.poll() is None:
        time.sleep(0.02)
    killed.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    killed.wait()
    before = {path: path.stat().st_mtime_ns for path in results.glob("*/*.txt")}
    assert done <= len(before) < whole
    again = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in before} == before
    return again.stdout


def test_a_killed_search_goes_on_with_nothing_run_again(in_tmp: Path) -> None:
    words = ["tune", f"{HERE}:Slow", *WORDS[2:], "--strategy", "grid", "--batch", "1"]
    words += ["--space.shift", "0:3:1", "--report", "none"]
    assert "grid: 4 complete" in killed_and_run_again(*words, done=3, whole=16)


def test_a_killed_search_over_checkpoints_goes_on_to_the_finer_grid(in_tmp: Path) -> None:
    for epoch in ("e1", "e2"):
        network = create_model("feather_nano", width=8, tower=1)
        save_model(network, Path("checkpoints", f"{epoch}.safetensors"))
    Path("two.txt").write_text("drift\ngrowth\n")
    words = ["tune", "checkpoints", *WORDS[2:], "--strategy", "siamkpn", "--sequences", "two.txt"]
    words += ["--engine", "torch", "--threads", "1", "--report", "none", "--batch", "1"]
    words += ["--space.size-penalty=0.1", "--space.size-rate=0.3", "--space.window-weight=0.3,0.4"]
    out = killed_and_run_again(*words, "--json", "all.json", done=2, whole=2 * (4 + 4))
    tried = json.loads(Path("all.json").read_text())["points"]
    points = [one["settings"] for one in tried if one["state"] == "complete"]
    coarse, fine = points[:4], points[4:]
    assert {(one["checkpoint"], one["window_weight"]) for one in coarse} == {
        *(("e1", 0.3), ("e1", 0.4), ("e2", 0.3), ("e2", 0.4))
    }
    assert len({one["checkpoint"] for one in fine}) == 1
    assert len({one["window_weight"] for one in fine}) == len(fine) == 4
    assert "siamkpn: 8 complete; tuned on 2 sequences" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--space.shfit", "1:2"], "nothing to search called 'shfit'; nearest: shift (-4 to 4)"),
        (["--strategy", "tpee"], "no strategy is called 'tpee'; nearest: tpe"),
        (["--objective", "auk"], "there is no number 'auk'; there are auc"),
        (["--prune", "bund"], "--prune cannot be bund; it is one of none, bound"),
        (["--settings.shfit", "1"], "no field 'shfit'; nearest: shift"),
        (["--per-device", "0"], "--per-device is at least 1"),
        (["--device", "cpu", "--devices", "cpu,cpu"], "both say where networks run"),
        (["--devices", "cpu,cpu"], "runs no network of ours"),
        (["--sequences", "no.json:dev"], "there is no such list of names"),
        (["--trials", "0"], "--levels and --trials are at least 1"),
        (["--workers", "-1"], "--workers -1: at least 1 is needed"),
        (["--min-fps", "-1"], "--min-fps is a number from 0 on, got -1"),
        (["--space.shift", "0:1:nan"], "space.shift needs a step above 0"),
    ],
)
def test_wrong_words_end_in_one_line(run: Run, in_tmp: Path, words: list[str], said: str) -> None:
    ran = run(*WORDS, *words)
    assert (ran.status, ran.err.count("\n")) == (2, 1)
    assert said in ran.err
    assert not list(in_tmp.glob("s.tuning/synthetic/*"))
