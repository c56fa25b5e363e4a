"""A real Ray cluster on this machine; slow, because it is started for the test."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from feathertrack.errors import MissingExtra
from feathertrack.evaluation.executors import execute
from feathertrack.evaluation.runner import Runner
from feathertrack.evaluation.runs import Evaluation
from feathertrack.evaluation.tasks import Workshop
from tests.evaluation.small_benchmark import HERE, benchmark_of, moving, pictured
from tests.evaluation.test_runner import contestant


def test_ray_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    workshop = Workshop(contestants=(contestant("Right"),), benchmarks=())
    with pytest.raises(MissingExtra, match=r"feathertrack\[ray\]"):
        list(execute([], workshop, executor="ray"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_local_cluster_gives_the_same_and_replaces_a_dead_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray")
    root = str(Path(__file__).parent.parent.parent)
    monkeypatch.setenv("FEATHERTRACK_TEST_MARK", str(tmp_path / "mark"))
    monkeypatch.setenv("PYTHONPATH", root)
    tall = moving(5)
    tall[:, 3] = 9
    truths = {"Basketball": moving(6), "David": tall, "Jogging-1": moving(4, x=20)}
    otb = benchmark_of(*(pictured(tmp_path / "data", n, t) for n, t in truths.items()))
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        here = scored(otb, tmp_path / "a", ["Random", "Right"])
        there = scored(otb, tmp_path / "b", ["Random", "DiesOnce"], workers=2, executor="ray")
    finally:
        ray.shutdown()
    assert (tmp_path / "mark").exists()
    assert not there.failures
    assert [dict(t.headline) for t in here.tables] == [dict(t.headline) for t in there.tables]
    assert HERE


def scored(otb: object, output: Path, names: list[str], **how: object) -> Evaluation:
    runner = Runner([contestant(n) for n in names], [otb], output=output)  # type: ignore[list-item]
    runner.plan()
    runner.run(**how)  # type: ignore[arg-type]
    return runner.score()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a process of its own cannot be sent Ctrl-C")
def test_ctrl_c_on_a_cluster_ends_in_a_sentence(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    words = ["synthetic", "--tracker", f"{HERE}:Slow", "--executor", "ray", "--workers", "1"]
    started = subprocess.Popen(
        [sys.executable, "-m", "feathertrack", "evaluate", *words, "--output", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(12)
    started.send_signal(signal.SIGINT)
    _, error = started.communicate(timeout=60)
    assert started.returncode == 130, error
    assert error.count("\n") == 1
    assert "stopped by Ctrl-C" in error
