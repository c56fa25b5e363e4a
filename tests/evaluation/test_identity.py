"""Results are gone on with only where the same tracker would make them today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feathertrack.benchmarks import Benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.contestants import Contestant
from feathertrack.evaluation.identity import identity_of
from feathertrack.evaluation.runner import Runner
from feathertrack.models import create_model
from feathertrack.trackers import creation, resolving
from feathertrack.trackers.creation import create_tracker
from feathertrack.trackers.presets import DEFAULTS
from feathertrack.trackers.resolving import resolve_tracker
from feathertrack.trackers.settings import settings_to_json
from feathertrack.weights import save_model
from tests.evaluation.small_benchmark import benchmark_of, moving, pictured

NANO = Contestant(label="nano", name="feather_nano", engine="onnx", device="cpu", threads=1)


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of torch."""
    network = create_model("fdsiamfc", rates=(0.05, 0.02, 0.02, 0.02, 0.05))
    return save_model(network, tmp_path_factory.mktemp("weights") / "narrow.safetensors")


@pytest.fixture
def otb(tmp_path: Path) -> Benchmark:
    return benchmark_of(pictured(tmp_path / "data", "David", moving(2)))


def planned(otb: Benchmark, output: Path, one: Contestant = NANO) -> Runner:
    runner = Runner([one], [otb], output=output)
    runner.plan()
    return runner


def kept(output: Path) -> Path:
    return output / "otb100" / "nano.run.json"


@pytest.mark.parametrize("name", ["feather_nano", "default", "{narrow}", "{narrow}@{file}"])
def test_a_name_resolves_to_the_settings_of_its_tracker(
    name: str, narrow: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.json").write_text('{"window_weight": 0.123}')
    name = name.format(narrow=narrow, file=tmp_path / "mine.json")
    made = create_tracker(name, engine="torch" if "narrow" in name else "onnx", threads=1)
    assert resolve_tracker(name).settings == made.settings  # type: ignore[attr-defined]


def test_a_class_and_a_program_are_not_started_for_it() -> None:
    for name in ("tests.evaluation.small_benchmark:Right", "trax:no such program", "opencv_mil"):
        assert resolve_tracker(name) == resolving.Resolved()


def test_every_setting_is_written_down_and_the_same_run_goes_on(
    otb: Benchmark, tmp_path: Path
) -> None:
    runner = planned(otb, tmp_path)
    runner.run()
    about = json.loads(kept(tmp_path).read_text())
    settings = resolve_tracker(NANO.name).settings
    assert about["settings"] == settings_to_json(settings)
    assert len(about["sha256"]) == 64
    again = planned(otb, tmp_path)
    assert (again.num_done, again.tasks) == (1, [])
    said = replace(NANO, settings=settings)  # the same settings, now given
    assert planned(otb, tmp_path, said).num_done == 1


def test_results_of_other_defaults_are_refused(
    otb: Benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(otb, tmp_path)
    defaults: Mapping[str, Any] = DEFAULTS
    changed = replace(defaults[NANO.name], window_weight=0.123)
    monkeypatch.setitem(DEFAULTS, NANO.name, changed)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"another run \(settings: window_weight 0\.\d+, now 0\.1"):
        planned(otb, tmp_path)
    settings = replace(changed, confidence=replace(changed.confidence, slope=3.25))
    with pytest.raises(InputError, match=r"settings: confidence slope \S+, now 3\.25; window"):
        planned(otb, tmp_path, replace(NANO, settings=settings))


def test_weights_found_by_name_are_known_by_their_digest(
    otb: Benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = replace(NANO, name="default")
    planned(otb, tmp_path, default)
    monkeypatch.setattr(creation, "DEFAULT_MODEL", "feather_nano")
    monkeypatch.setattr(resolving, "DEFAULT_MODEL", "feather_nano")
    with pytest.raises(InputError, match=r"another run \(sha256: \w{64}, now \w{64}\)"):
        planned(otb, tmp_path, default)


@pytest.mark.parametrize("key", ["settings", "sha256"])
def test_results_that_do_not_say_what_made_them_are_not_gone_on_with(
    otb: Benchmark, tmp_path: Path, key: str
) -> None:
    planned(otb, tmp_path)
    about = json.loads(kept(tmp_path).read_text())
    del about[key]
    kept(tmp_path).write_text(json.dumps(about))
    planned(otb, tmp_path)  # nothing was run yet
    assert key in json.loads(kept(tmp_path).read_text())
    kept(tmp_path).write_text(json.dumps(about))
    (tmp_path / "otb100" / "nano").mkdir()
    (tmp_path / "otb100" / "nano" / "David.txt").write_text("5,6,10,8\n5,6,10,8\n")
    with pytest.raises(InputError, match=rf"{key}: not written down at that time, now "):
        planned(otb, tmp_path)


def test_weights_that_cannot_be_read_have_no_settings(tmp_path: Path) -> None:
    path = tmp_path / "broken.pth"
    path.write_bytes(b"12345")
    assert "settings" not in identity_of(Contestant(label="broken", name=str(path)))
