"""Ray: what is asked of it, and a real cluster on this machine, which is slow to start."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from feathertrack.errors import FeathertrackError, MissingExtra
from feathertrack.evaluation import ray_cluster
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


class Cluster:
    """As much of Ray as is called, in this process; it keeps what is done, and in which thread."""

    class exceptions:
        RayError = RuntimeError

    def __init__(self) -> None:
        self.done: list[str] = []
        self.threads: set[int] = set()

    def note(self, what: str) -> None:
        self.done.append(what)
        self.threads.add(threading.get_ident())

    def is_initialized(self) -> bool:
        return False

    def init(self, **_: object) -> None:
        self.note("init")

    def shutdown(self) -> None:
        self.note("shutdown")

    def kill(self, actor: object) -> None:
        self.note("kill")

    def put(self, value: object) -> object:
        return value

    def remote(self, **_: object) -> Any:
        method = SimpleNamespace(remote=lambda task: task)
        return lambda cls: SimpleNamespace(remote=lambda shared: SimpleNamespace(run=method))

    def wait(self, running: list[object], **_: object) -> tuple[list[object], list[object]]:
        return running[:1], running[1:]

    def get(self, ready: object) -> object:
        self.note("get")
        return ready


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    fake = Cluster()
    monkeypatch.setattr(ray_cluster, "require", lambda *_, **__: fake)
    return fake


def test_a_user_who_stops_leaves_no_worker_and_no_cluster(cluster: Cluster) -> None:
    workshop = Workshop(contestants=(contestant("Right"),), benchmarks=())
    outcomes = execute(["a", "b", "c"], workshop, executor="ray", workers=2)  # type: ignore[list-item]
    assert next(outcomes) is not None
    outcomes.close()
    assert cluster.done[0] == "init"
    assert cluster.done[-1] == "shutdown"
    assert not cluster.threads & {threading.get_ident()}
    others = [one.name for one in threading.enumerate()]
    assert "feathertrack-decode" not in others


def test_a_cluster_that_cannot_be_started_is_a_sentence(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise Exception("the node timed out")  # as Ray does

    monkeypatch.setattr(cluster, "init", fail)
    workshop = Workshop(contestants=(contestant("Right"),), benchmarks=())
    with pytest.raises(FeathertrackError, match="no Ray cluster can be used: the node timed out"):
        list(execute([], workshop, executor="ray"))
    assert cluster.done == ["shutdown"]


def test_what_is_raised_between_outcomes_shuts_the_cluster_down_before_it_is_seen(
    cluster: Cluster, tmp_path: Path
) -> None:
    otb = benchmark_of(pictured(tmp_path, "Basketball", moving(3)))
    runner = Runner([contestant("Right")], [otb])
    runner.plan()

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    runner._keep = stop  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        runner.run(executor="ray", workers=1)
    assert cluster.done[-1] == "shutdown"


@pytest.mark.skipif(sys.platform == "win32", reason="a process of its own cannot be sent Ctrl-C")
def test_a_signal_while_ray_is_shut_down_does_not_wait(tmp_path: Path) -> None:
    program = """
import os, signal, threading, time
from feathertrack.evaluation import ray_cluster
from feathertrack.signals import handling_stops
threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
with handling_stops(ray_cluster._leave):
    time.sleep(60)
"""
    ended = subprocess.run([sys.executable, "-c", program], timeout=50, check=False)
    assert ended.returncode == 130


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
