"""Torch weights are exported once, whatever happens to the cache."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from feathertrack.engines import conversion
from feathertrack.engines.conversion import exported
from feathertrack.engines.pair import find_pair
from feathertrack.export import onnx as exporter
from feathertrack.models import Network


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_pair: Path) -> Path:
    """An empty cache, and an exporter that only copies what was exported before."""

    def copy(_: Network, stem: Path) -> None:
        for part in ("embed", "predict"):
            shutil.copy(
                tiny_pair.with_name(f"tiny.{part}.onnx"),
                stem.with_name(f"{stem.stem}.{part}.onnx"),
            )

    monkeypatch.setattr(exporter, "export_onnx", copy)
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Loader:
    """Counts how often the network is loaded."""

    def __init__(self, model: Network) -> None:
        self.model = model
        self.calls = 0

    def __call__(self) -> Network:
        self.calls += 1
        return self.model


def test_weights_are_exported_once(cache: Path, tiny_model: Network) -> None:
    load = Loader(tiny_model)
    first, second = exported("0" * 64, load), exported("0" * 64, load)
    assert first == second
    assert load.calls == 1
    assert first.is_relative_to(cache)
    assert find_pair(first).predict.is_file()
    exported("1" * 64, load)
    assert load.calls == 2


@pytest.mark.parametrize("damage", ["missing", "truncated"])
def test_a_damaged_export_is_made_again(cache: Path, tiny_model: Network, damage: str) -> None:
    load = Loader(tiny_model)
    file = find_pair(exported("0" * 64, load)).embed
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:1000])
    find_pair(exported("0" * 64, load))
    assert load.calls == 2
    assert file.stat().st_size > 1000


def test_two_at_once_leave_one_whole_export(cache: Path, tiny_model: Network) -> None:
    together = threading.Barrier(2)

    def load() -> Network:
        together.wait(timeout=30)  # both have seen that there is none
        return tiny_model

    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(lambda _: exported("0" * 64, load), range(2)))
    assert paths[0] == paths[1]
    assert [folder.name for folder in (cache / "exported").iterdir()] == [paths[0].parent.name]


def test_a_cache_that_cannot_be_written_costs_only_time(
    tmp_path: Path, tiny_model: Network, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path / "file"))
    load = Loader(tiny_model)
    for _ in range(2):
        assert find_pair(exported("0" * 64, load)).predict.is_file()
    assert load.calls == 2


def test_what_is_needed_to_export_is_here() -> None:
    assert conversion.obstacle() == ""


def test_an_export_removes_what_a_killed_one_left(cache: Path, tiny_model: Network) -> None:
    left = cache / "exported" / "unfinished-0123456789ab"
    left.mkdir(parents=True)
    left.with_suffix(".lock").touch()  # its holder is dead
    path = exported("0" * 64, Loader(tiny_model))
    assert [folder.name for folder in (cache / "exported").iterdir()] == [path.parent.name]
