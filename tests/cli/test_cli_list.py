from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.shared_data import shared


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path))
    return tmp_path


def listed(run: Run, *words: str) -> dict[str, dict[str, object]]:
    ran = run("list", *words, "--json")
    assert (ran.status, ran.err) == (0, "")
    return {one["name"]: one for one in json.loads(ran.out)}


def test_trackers_have_presets_and_a_place_for_weights(run: Run, empty_cache: Path) -> None:
    trackers = listed(run)
    assert next(iter(trackers)) == "default"
    assert trackers["fdsiamfc_30"]["presets"] == ["uav123", "uav20l"]
    assert trackers["fdsiamfc_30"]["weights"] == "page"
    assert trackers["fdsiamfc_30"]["page"] == "https://github.com/conquerhuang/FDSiamFC"
    assert trackers["siamfc"]["weights"] == "none"


def test_weights_in_the_cache_are_seen(run: Run, empty_cache: Path) -> None:
    source = shared("checkpoints/FDSiamfc_15.pth")
    folder = empty_cache / "weights" / "fdsiamfc_15"
    folder.mkdir(parents=True)
    shutil.copy(source, folder)
    one = listed(run, "fdsiamfc_15")["fdsiamfc_15"]
    assert one["weights"] == "cached"
    assert one["size"] == source.stat().st_size


def test_pattern_takes_presets_too(run: Run, empty_cache: Path) -> None:
    trackers = listed(run, "fdsiam*@uav123")
    assert set(trackers) == {"fdsiamfc_30", "fdsiamfc_15", "fdsiamd_50"}
    assert trackers["fdsiamfc_30"]["presets"] == ["uav123"]


def test_table_has_a_line_each(run: Run, empty_cache: Path) -> None:
    ran = run("list", "fdsiam*")
    lines = ran.out.splitlines()
    assert lines[0].split()[:4] == ["tracker", "weights", "size", "presets,"]
    assert [line.split()[0] for line in lines[1:]] == ["fdsiamd_50", "fdsiamfc_15", "fdsiamfc_30"]


def test_pattern_that_matches_nothing_is_refused(run: Run) -> None:
    ran = run("list", "nosuch*")
    assert ran.status == 2
    assert "no tracker matches 'nosuch*'; there are: default, " in ran.err
