"""The benchmark that comes with the package."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from feathertrack.benchmarks import open_benchmark
from feathertrack.benchmarks.rendering import SCENES, boxes, render
from feathertrack.errors import InputError
from feathertrack.paths import cache_dir
from feathertrack.video.pictures import read_picture


def test_it_needs_no_data_and_keeps_its_pictures_in_the_cache() -> None:
    benchmark = open_benchmark("synthetic")
    assert benchmark.root.is_relative_to(cache_dir())
    assert [len(sequence) for sequence in benchmark] == [40] * 4
    assert benchmark.verified
    for sequence in benchmark:
        assert all(path.is_file() for path in sequence.frames)
        assert sequence.attributes <= benchmark.attributes.keys()


def test_what_is_read_back_is_what_was_rendered(tmp_path: Path) -> None:
    benchmark = open_benchmark("synthetic", tmp_path)
    for scene in SCENES:
        image = read_picture(benchmark[scene.name].frames[20])
        np.testing.assert_array_equal(image, render(scene, 20))
        assert image.shape[1::-1] == benchmark[scene.name].image_size()


def test_pictures_are_the_same_bytes_everywhere() -> None:
    digest = hashlib.sha256()
    for scene in SCENES:
        for frame in (0, 17, 39):
            digest.update(render(scene, frame).tobytes())
    assert digest.hexdigest()[:16] == "f5e24589c865fca0"


def test_targets_differ_from_the_ground_and_stay_in_the_picture() -> None:
    for scene in SCENES:
        rows = boxes(scene)
        seen = rows[~np.isnan(rows[:, 0])]
        assert (seen[:, :2] >= 0).all()
        assert (seen[:, :2] + seen[:, 2:] <= [160, 120]).all()
        x, y, w, h = seen[0].astype(int)
        image = render(scene, 0).astype(float)
        assert image[y : y + h, x : x + w].mean() > image.mean() + 30


def test_the_scenes_have_scale_change_and_absence() -> None:
    by_name = {scene.name: boxes(scene) for scene in SCENES}
    assert by_name["growth"][-1, 2] > 2 * by_name["growth"][0, 2]
    assert np.isnan(by_name["hiding"][:, 0]).sum() == 6


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written to"):
        open_benchmark("synthetic", tmp_path / "file" / "x")
