from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from feathertrack.data.cropped.crop255 import open_crop255
from feathertrack.data.cropped.crop511 import open_crop511
from feathertrack.data.cropped.pickles import read_arrays
from feathertrack.errors import InputError, SourceError


def picture(path: Path, side: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((side, side, 3), 90, np.uint8))


def write_pysot(root: Path, content: object, name: str = "train.json") -> None:
    (root / "crop511").mkdir(parents=True, exist_ok=True)
    (root / name).write_text(json.dumps(content))


def test_pysots_crops_are_read_with_their_boxes_in_the_middle(tmp_path: Path) -> None:
    tracks = {"00": {"000003": [10, 20, 40, 60], "000001": [30, 40], "frames": [1, 3]}, "01": {}}
    write_pysot(tmp_path, {"a/clip": tracks, "empty": {"00": {"000000": [5, 5, 5, 9]}}})
    picture(tmp_path / "crop511" / "a" / "clip" / "000003.00.x.jpg", 511)
    source = open_crop511(tmp_path, cache=tmp_path / "cache")
    assert (source.num_videos, source.num_tracks, source.side) == (1, 1, 511)
    assert source.frames(0).tolist() == [1, 3]
    shot = source.load(0, 1)
    scale = 127 / np.sqrt((30 + 35) * (40 + 35))
    np.testing.assert_allclose(shot.box[2:], np.array([30, 40]) * scale, rtol=1e-6)
    np.testing.assert_allclose(shot.box[:2] + shot.box[2:] / 2, 255.5)
    with pytest.raises(SourceError, match=r"000001\.00\.x\.jpg"):
        source.load(0, 0)
    again = pickle.loads(pickle.dumps(source))
    np.testing.assert_array_equal(again.load(0, 1).box, shot.box)


def test_a_changed_json_of_pysot_is_read_anew(tmp_path: Path) -> None:
    write_pysot(tmp_path, {"clip": {"00": {"000001": [30, 40]}}})
    assert open_crop511(tmp_path, cache=tmp_path / "cache").num_tracks == 1
    both = {"00": {"000001": [30, 40]}, "01": {"000001": [9, 9]}}
    write_pysot(tmp_path, {"clip": both})
    assert open_crop511(tmp_path, cache=tmp_path / "cache").num_tracks == 2


def test_the_json_of_a_split_may_be_called_after_its_year(tmp_path: Path) -> None:
    write_pysot(tmp_path, {"clip": {"00": {"000001": [30, 40]}}}, "train2017.json")
    assert open_crop511(tmp_path, "train", cache=tmp_path / "cache").num_tracks == 1
    with pytest.raises(InputError, match=r"split 'val'; its json files: train2017\.json"):
        open_crop511(tmp_path, "val", cache=tmp_path / "cache")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "no json of pysot"),
        ({"clip": {"00": {}}}, "no box that can be used"),
        ({"../out": {"00": {"000001": [30, 40]}}}, "outside of the folder"),
    ],
)
def test_other_jsons_are_refused(tmp_path: Path, content: object, message: str) -> None:
    write_pysot(tmp_path, content)
    with pytest.raises(InputError, match=message):
        open_crop511(tmp_path, cache=tmp_path / "cache")


def write_sequence(
    folder: Path, valid: np.ndarray, numbers: range, name: str = "{:08d}.jpg", protocol: int = 4
) -> None:
    for number in numbers:
        picture(folder / name.format(number), 255)
    labels = tuple(valid if n == 4 else np.ones(len(valid), bool) for n in range(8))
    sizes = np.tile([50.0, 60.0], (len(valid), 1)) + np.arange(len(valid))[:, None]
    for kind, value in (("noisy_label", labels), ("target_wh", sizes)):
        (folder / f"{kind}.txt").write_bytes(pickle.dumps(value, protocol=protocol))


@pytest.mark.parametrize("protocol", range(6))
def test_fdsiamfcs_crops_are_read_where_all_eight_labels_hold(
    tmp_path: Path, protocol: int
) -> None:
    valid = np.array([True, False, True, True])
    write_sequence(tmp_path / "one", valid, range(1, 5), protocol=protocol)
    write_sequence(tmp_path / "two", valid, range(4), "{:06d}.JPEG", protocol=protocol)
    (tmp_path / "list.txt").write_text("one\ntwo\n")
    source = open_crop255(tmp_path, cache=tmp_path / "cache")
    assert [source.frames(track).tolist() for track in (0, 1)] == [[1, 3, 4], [0, 2, 3]]
    for track in (0, 1):
        shot = source.load(track, 1)
        np.testing.assert_allclose(shot.box[2:], [52, 62])
        np.testing.assert_allclose(shot.box[:2] + shot.box[2:] / 2, 127.5)


def test_lasots_crops_are_found_by_their_number(tmp_path: Path) -> None:
    write_sequence(tmp_path / "one", np.array([True, True, False, True, True]), range(2, 5))
    (tmp_path / "list.txt").write_text("one\n")
    source = open_crop255(tmp_path, cache=tmp_path / "cache")
    assert source.frames(0).tolist() == [2, 4]
    np.testing.assert_allclose(source.load(0, 1).box[2:], [53, 63])


def test_labels_of_the_whole_set_serve_where_a_sequence_has_none(tmp_path: Path) -> None:
    write_sequence(tmp_path / "one", np.ones(2, bool), range(1, 3))
    labels = read_arrays(tmp_path / "one" / "noisy_label.txt")
    sizes = read_arrays(tmp_path / "one" / "target_wh.txt")
    content = {"meta_data": [{"cover": 1}], "noisy_label": [labels], "target_wh": [sizes]}
    (tmp_path / "got10k_meta.pckl").write_bytes(pickle.dumps(content))
    (tmp_path / "list.txt").write_text("one")
    for kind in ("noisy_label", "target_wh"):
        (tmp_path / "one" / f"{kind}.txt").unlink()
    assert open_crop255(tmp_path, cache=tmp_path / "cache").frames(0).tolist() == [1, 2]
    (tmp_path / "got10k_meta.pckl").unlink()
    with pytest.raises(InputError, match=r"noisy_label\.txt is missing"):
        open_crop255(tmp_path, cache=tmp_path / "cache")


def test_lists_and_labels_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"list\.txt is missing"):
        open_crop255(tmp_path)
    write_sequence(tmp_path / "one", np.ones(2, bool), range(1, 5))
    (tmp_path / "list.txt").write_text("one\n")
    with pytest.raises(InputError, match="4 crops up to number 4 but labels of 2 frames"):
        open_crop255(tmp_path, cache=tmp_path / "cache")
    (tmp_path / "list.txt").write_text("../one\n")
    with pytest.raises(InputError, match="no folder beside it"):
        open_crop255(tmp_path, cache=tmp_path / "cache")


class _Attack:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("made-by-a-pickle",)


@pytest.mark.parametrize(
    "value",
    [
        _Attack(),
        {"noisy_label": [_Attack()]},
        np.array([_Attack()], dtype=object),
        np.array([object()], dtype=object),
        np.zeros(2, dtype=[("a", "f4")]),
    ],
)
def test_a_pickle_that_would_run_something_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: object
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "meta.txt").write_bytes(pickle.dumps(value))
    with pytest.raises(InputError, match=r"meta\.txt"):
        read_arrays(tmp_path / "meta.txt")
    assert not (tmp_path / "made-by-a-pickle").exists()


@pytest.mark.parametrize("data", [b"", b"no pickle", b"\x80\x04K", pickle.dumps(np.ones(9))[:-20]])
def test_a_damaged_pickle_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "meta.txt").write_bytes(data)
    with pytest.raises(InputError, match=r"meta\.txt is no pickle of arrays, or damaged"):
        read_arrays(tmp_path / "meta.txt")


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_numbers_and_containers_come_out_as_they_went_in(
    tmp_path: Path, protocol: int
) -> None:
    value = {
        "a": [np.arange(6, dtype=">i4").reshape(2, 3), np.asfortranarray(np.eye(3)[:2])],
        "b": (np.float64(2.5), True, "text", None, np.array(["x", "yz"])),
        "c": np.zeros((0, 4), np.float32),
    }
    (tmp_path / "meta.txt").write_bytes(pickle.dumps(value, protocol=protocol))
    found = read_arrays(tmp_path / "meta.txt")
    np.testing.assert_array_equal(found["a"][0], value["a"][0])
    np.testing.assert_array_equal(found["a"][1], value["a"][1])
    assert found["b"][:4] == value["b"][:4] and found["b"][4].tolist() == ["x", "yz"]
    assert found["c"].shape == (0, 4)
