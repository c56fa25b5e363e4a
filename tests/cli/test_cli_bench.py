from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from feathertrack.cli._footprint import footprint, peak_memory
from feathertrack.cli._stopwatch import TRACKER, Latency, measure
from feathertrack.trackers import creation
from feathertrack.trackers.siamfc import SiamFCTracker
from feathertrack.video.frames import Frame
from tests.cli.conftest import GROWING, Run
from tests.cli.fake_trackers import Growing
from tests.shared_data import shared
from tests.trackers.blob import BlobEngine, scene

QUICK = ("--frames", 5, "--warm-up", 2)


@pytest.fixture
def blob(monkeypatch: pytest.MonkeyPatch) -> BlobEngine:
    engine = BlobEngine()
    monkeypatch.setattr(creation, "create_tracker", lambda *_, **__: SiamFCTracker(engine))
    return engine


def frames(count: int) -> list[Frame]:
    return [Frame(image=scene((60, 60)), index=i) for i in range(count)]


def test_time_is_split_into_its_parts() -> None:
    engine = BlobEngine()
    latency = measure(SiamFCTracker(engine), frames(20), (48, 48, 24, 24), count=5, warm_up=3)
    assert list(latency) == ["decode", "crop", "network", "post-processing", TRACKER]
    parts = [latency[part].mean for part in ("crop", "network", "post-processing")]
    assert sum(parts) == pytest.approx(latency[TRACKER].mean)
    assert engine.num_calls == 1 + 3 + 5  # init, warm-up, measured: no frame more


def test_tracker_without_parts_is_timed_as_a_whole() -> None:
    latency = measure(Growing(), frames(4), (0, 0, 9, 9), count=3, warm_up=0)
    assert list(latency) == ["decode", TRACKER]


def test_parts_together_are_an_update() -> None:
    """What is measured is what ``update`` does: the boxes agree."""
    plain, split = SiamFCTracker(BlobEngine()), SiamFCTracker(BlobEngine())
    images = [scene((60 + 3 * i, 60)) for i in range(8)]
    plain.init(images[0], (48, 48, 24, 24))
    for image in images[1:]:
        plain.update(image)
    moving = [Frame(image=image, index=i) for i, image in enumerate(images)]
    measure(split, moving, (48, 48, 24, 24), count=7, warm_up=0)
    np.testing.assert_array_equal(split.target.center, plain.target.center)


def test_percentiles_are_in_milliseconds() -> None:
    latency = Latency.of(np.arange(101) / 1000)
    assert (latency.mean, latency.p50, latency.p95, latency.p99) == (50, 50, 95, 99)


def test_table_and_json_say_the_same(run: Run, blob: BlobEngine, in_tmp: Path) -> None:
    ran = run("bench", *QUICK, "--json", "out/bench.json")
    assert (ran.status, ran.err) == (0, "")
    numbers = json.loads(Path("out/bench.json").read_text())
    assert numbers["frames"] == 5
    assert numbers["source"]["width"] == 480
    assert set(numbers["latency_ms"]["network"]) == {"mean", "p50", "p95", "p99"}
    assert f"{numbers['frames_per_second']['tracker']:.1f} frames/s" in ran.out
    assert f"{numbers['latency_ms']['network']['p95']:.2f}" in ran.out
    assert numbers["regions_per_frame"] == 3
    assert numbers["versions"]["numpy"] == np.__version__
    assert ran.out.splitlines()[-1] == str(Path("out/bench.json"))


def test_short_source_is_read_again(run: Run, clip: Path, in_tmp: Path) -> None:
    words = ["--source", clip, "--frames", 30, "--warm-up", 0, "--json", "b.json"]
    ran = run("bench", *words, "--tracker", GROWING)
    assert ran.status == 0
    assert "clip.mp4, 80 x 48: 30 frames" in ran.out
    assert json.loads(Path("b.json").read_text())["weights_bytes"] is None


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--frames", "0"], 2, "--frames must be 1 or more"),
        (["--warm-up", "-1"], 2, "--warm-up 0 or more"),
        (["--source", "nosuch.mp4"], 1, "nosuch.mp4"),
        (["--box", "1,2,3"], 2, "has 3 numbers"),
        (["--json", "file/b.json"], 1, "cannot be written"),
    ],
)
def test_what_cannot_be_is_refused(
    run: Run, blob: BlobEngine, in_tmp: Path, words: list[str], status: int, said: str
) -> None:
    Path("file").write_text("not a folder")
    ran = run("bench", *QUICK, *words)
    assert ran.status == status
    assert ran.err.count("\n") == 1
    assert said in ran.err


def test_memory_is_told() -> None:
    peak = peak_memory()
    assert peak is None or 1e7 < peak < 1e12


def test_footprint_counts_the_merged_network() -> None:
    weights = shared("checkpoints/FDSiamfc_15.pth")
    numbers = footprint(weights)
    assert numbers["weights_bytes"] == weights.stat().st_size
    assert 0 < numbers["parameters"] < weights.stat().st_size / 4
    assert numbers["macs_predict"] > numbers["macs_embed"] > 0


def test_footprint_says_why_numbers_are_unknown(tmp_path: Path) -> None:
    for name in ("net.embed.onnx", "net.predict.onnx"):
        (tmp_path / name).write_bytes(b"123")
    numbers = footprint(tmp_path / "net.onnx")
    assert numbers["weights_bytes"] == 6
    assert "torch weights only" in numbers["note"]
    assert footprint(None) == {"weights_bytes": None}
