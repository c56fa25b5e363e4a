"""Every official layout becomes the same kind of index; what cannot be used is counted."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from feathertrack.data.index import IndexedSet, TrainingIndex, make_index, open_index
from feathertrack.data.readers import LAYOUTS, READERS
from feathertrack.errors import InputError, SourceError
from tests.data import training_sets as sets


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., TrainingIndex]:
    def open_(reader: str, root: Path, split: str = "train", **more: str) -> TrainingIndex:
        return open_index(reader, root, split, cache=tmp_path / "indexes", **more)

    return open_


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., IndexedSet]:
    def make(reader: str, root: Path, split: str = "train", **more: bool) -> IndexedSet:
        return make_index(reader, root, split, cache=tmp_path / "indexes", **more)

    return make


Opened = Callable[..., TrainingIndex]
Made = Callable[..., IndexedSet]


def expected(count: int) -> np.ndarray:
    return np.array([sets.box(k) for k in range(count)], np.float32)


def test_every_layout_has_a_reader() -> None:
    assert set(READERS) == set(LAYOUTS)


def test_got10k_has_its_boxes_cover_and_class(tmp_path: Path, opened: Opened) -> None:
    index = opened("got10k", sets.got10k(tmp_path / "GOT"))
    assert (index.num_videos, index.num_tracks) == (2, 2)
    track = index.track(1)
    assert (track.video, track.category) == (1, "bear")
    np.testing.assert_array_equal(track.boxes, expected(4))
    assert track.usable.tolist() == [True, True, True, False]  # absent in the last frame
    strict = opened("got10k", tmp_path / "GOT", frames="fdsiamfc").track(1)
    assert strict.usable.tolist() == [True, True, False, False]  # cover 1 of 8 is too little
    assert index.image_path(1, 3).name == "00000004.jpg"
    assert index.image_path(1, 3).is_file()
    assert index.counts.dropped["sequence missing"] == 9335 - 2


def test_got10k_without_vot_is_what_the_list_beside_it_says(tmp_path: Path, opened: Opened) -> None:
    root = sets.got10k(tmp_path / "GOT")
    with pytest.raises(InputError, match=r"vot_train_split\.txt is missing"):
        opened("got10k", root, "train_vot")
    (root / "got10k_vot_train_split.txt").write_text("1\n7\n", encoding="utf-8")
    index = opened("got10k", root, "train_vot")
    assert [index.video_name(k) for k in range(index.num_videos)] == ["GOT-10k_Train_000002"]
    assert index.counts.dropped["sequence missing"] == 1
    (root / "got10k_vot_train_split.txt").write_text("0\n9335\n", encoding="utf-8")
    with pytest.raises(InputError, match="'9335' is no number from 0 to 9334"):
        opened("got10k", root, "train_vot")


def test_lasot_is_split_as_published_and_zero_based(tmp_path: Path, opened: Opened) -> None:
    root = sets.lasot(tmp_path / "LaSOT")
    train, both = opened("lasot", root), opened("lasot", root, "")
    assert [train.video_name(v) for v in range(train.num_videos)] == ["airplane-2"]
    assert both.num_videos == 2
    track = train.track(0)
    np.testing.assert_array_equal(track.boxes, expected(3))
    assert track.usable.tolist() == [True, False, False]  # occluded, then out of view
    assert track.category == "airplane"


def test_trackingnet_takes_its_parts(tmp_path: Path, opened: Opened) -> None:
    root = sets.trackingnet(tmp_path / "TrackingNet")
    assert opened("trackingnet", root).num_videos == 2
    one = opened("trackingnet", root, "TRAIN_11")
    assert one.video_name(0) == "TRAIN_11/video_0"
    np.testing.assert_array_equal(one.track(0).boxes, expected(3))
    assert one.image_path(0, 0) == root.resolve() / "TRAIN_11" / "frames" / "video_0" / "0.jpg"


def test_vid_keeps_every_run_of_a_track(tmp_path: Path, opened: Opened) -> None:
    index = opened("vid", sets.vid(tmp_path / "ILSVRC"))
    assert (index.num_videos, index.num_tracks) == (1, 2)
    panda, horse = (index.track(t) for t in index.tracks_of(0))
    assert (panda.name, panda.category) == ("0", "giant panda")
    assert (horse.name, horse.category) == ("7", "horse")
    assert horse.frames.tolist() == [0, 2, 3]
    np.testing.assert_array_equal(horse.boxes, expected(4)[[0, 2, 3]])
    assert horse.usable.all()  # occluded frames count
    assert index.image_path(0, 3).name == "000003.JPEG"


def test_vid_is_not_det(tmp_path: Path, opened: Opened) -> None:
    with pytest.raises(SourceError, match="holds ImageNet VID, which is read as vid, not as det"):
        opened("det", sets.vid(tmp_path / "ILSVRC"))


def test_det_makes_a_video_of_every_picture(tmp_path: Path, opened: Opened) -> None:
    index = opened("det", sets.det(tmp_path / "ILSVRC"))
    assert (index.num_videos, index.num_tracks) == (1, 2)
    assert [index.track(t).category for t in range(2)] == ["dog", "n00007846"]
    assert index.counts.dropped == {"picture without a box": 1}


@pytest.mark.parametrize("split", ["train2017", "train", ""])
def test_coco_has_boxes_and_names(tmp_path: Path, opened: Opened, split: str) -> None:
    index = opened("coco", sets.coco(tmp_path / "coco"), split)
    assert (index.num_videos, index.num_tracks) == (2, 3)
    track = index.track(2)
    assert (track.video, track.category, track.frames.tolist()) == (1, "dog", [0])
    assert index.image_path(1, 0).name == "000000000025.jpg"
    assert index.image_path(1, 0).is_file()


def test_youtubebb_finds_pictures_by_time(tmp_path: Path, opened: Opened) -> None:
    index = opened("youtubebb", sets.youtubebb(tmp_path / "bb"))
    track = index.track(0)
    assert (track.category, track.frames.tolist()) == ("bus", [0, 1])
    np.testing.assert_array_equal(track.boxes, [[16, 6, 16, 24]] * 2)
    assert index.counts.dropped == {"picture missing": 1}


def test_youtubebb_may_be_compressed(tmp_path: Path, opened: Opened) -> None:
    table = sets.youtubebb(tmp_path / "bb") / "yt_bb_detection_train.csv"
    text = table.read_bytes()
    table.unlink()
    sets.put(table.with_name(f"{table.name}.gz"), gzip.compress(text))
    assert opened("youtubebb", tmp_path / "bb").num_tracks == 1
    sets.put(table.with_name(f"{table.name}.gz"), gzip.compress(text)[:-20])
    with pytest.raises(SourceError, match="cannot be read"):
        opened("youtubebb", tmp_path / "bb")


def test_davis_boxes_surround_masks(tmp_path: Path, opened: Opened) -> None:
    index = opened("davis", sets.davis(tmp_path / "DAVIS"))
    assert (index.num_videos, index.num_tracks) == (1, 2)
    assert [index.track(t).name for t in range(2)] == ["1", "2"]
    np.testing.assert_array_equal(index.track(0).boxes, [[10, 5, 20, 10]] * 2)
    np.testing.assert_array_equal(index.track(1).boxes, [[40, 20, 10, 20]] * 2)


def test_a_part_of_davis_that_is_not_there_says_what_is(tmp_path: Path, opened: Opened) -> None:
    root = sets.davis(tmp_path / "DAVIS")
    with pytest.raises(InputError, match=r"no split 'test'.*ImageSets has train, val"):
        opened("davis", root, "test")
    with pytest.raises(SourceError, match=r"no box to train on.*sequence missing: 1; as camel"):
        opened("davis", root, "val")


def test_own_folders_by_a_list_of_names(tmp_path: Path, opened: Opened) -> None:
    root = sets.own(tmp_path / "mine")
    sets.put(tmp_path / "folds.json", json.dumps({"fit": ["b/cat"], "val": ["a/dog"]}))
    index = opened("folder", root, "folds.json:fit")
    assert [index.video_name(v) for v in range(index.num_videos)] == ["b/cat"]
    np.testing.assert_array_equal(index.track(0).boxes, expected(3))
    too_high = opened("folder", tmp_path, "folds.json:fit")
    assert too_high.image_path(0, 0) == index.image_path(0, 0)
    with pytest.raises(InputError, match="nearest: fit"):
        opened("folder", root, "folds.json:fitt")
    sets.put(tmp_path / "more.txt", "b/cat\na/dgo\n")
    with pytest.raises(InputError, match=r"1 of the 2 listed .* as a/dgo \(nearest: a/dog\)"):
        opened("folder", root, "more.txt")


def test_own_coco_file_of_a_video(tmp_path: Path, opened: Opened) -> None:
    content = sets.coco_json(
        ["v/2.jpg", "v/1.jpg"], [(0, [*sets.box(1)]), (1, [*sets.box(0)])], videos=[{"id": 1}]
    )
    for image, frame in zip(content["images"], (1, 0), strict=True):
        image |= {"video_id": 1, "frame_id": frame}
    for annotation in content["annotations"]:
        annotation["instance_id"] = 5
    sets.put(tmp_path / "mine" / "instances.json", json.dumps(content))
    sets.pictures(tmp_path / "mine" / "v", ("1.jpg", "2.jpg"))
    index = opened("folder", tmp_path / "mine", "")
    assert (index.num_videos, index.num_tracks) == (1, 1)
    np.testing.assert_array_equal(index.track(0).boxes, expected(2))


@pytest.mark.parametrize("level", [1, 0, -1])
@pytest.mark.parametrize(
    ("reader", "build", "inner"),
    [
        ("got10k", sets.got10k, "train"),
        ("lasot", sets.lasot, "airplane"),
        ("trackingnet", sets.trackingnet, "TRAIN_0"),
        ("vid", sets.vid, "Annotations"),
        ("coco", sets.coco, "annotations"),
        ("youtubebb", sets.youtubebb, "yt_bb_detection_train"),
        ("davis", sets.davis, "JPEGImages"),
    ],
)
def test_a_root_one_level_too_high_or_low_is_found(
    tmp_path: Path,
    made: Made,
    reader: str,
    build: Callable[[Path], Path],
    inner: str,
    level: int,
) -> None:
    root = build(tmp_path / "data" / "set")
    given = {1: root.parent, 0: root, -1: root / inner}[level]
    found = made(reader, given)
    assert found.root == root.resolve()
    assert bool(found.notes) == (level != 0)


@pytest.mark.parametrize("reader", [name for name in READERS if name not in ("folder", "lasot")])
def test_the_root_of_another_set_is_named(tmp_path: Path, opened: Opened, reader: str) -> None:
    with pytest.raises(SourceError, match=f"holds LaSOT, .* read as lasot, not as {reader}"):
        opened(reader, sets.lasot(tmp_path / "there"))


def test_own_folders_do_not_pass_over_labels_that_a_reader_knows(
    tmp_path: Path, opened: Opened
) -> None:
    with pytest.raises(SourceError, match=r"holds GOT-10k, .* read it as got10k, not as folder"):
        opened("folder", sets.got10k(tmp_path / "got"))
    with pytest.raises(SourceError, match=r"holds LaSOT, .* read it as lasot, not as folder"):
        opened("folder", sets.lasot(tmp_path / "lasot"))
    with pytest.raises(SourceError, match=r"got/train holds GOT-10k, .* read it as got10k"):
        opened("folder", tmp_path / "got/train")


def test_own_sequences_are_recognised_too(tmp_path: Path, opened: Opened) -> None:
    with pytest.raises(SourceError, match="which is read as folder, not as got10k"):
        opened("got10k", sets.own(tmp_path / "there"))


def test_pictures_without_boxes_and_boxes_without_pictures_are_counted(
    tmp_path: Path, opened: Opened
) -> None:
    root = sets.own(tmp_path / "mine")
    sets.own(root, names=("c/fish", "d/empty"))
    (root / "c/fish/groundtruth_rect.txt").unlink()
    shutil.rmtree(root / "d/empty/img")
    (root / "d/empty/gt").mkdir()
    (root / "d/empty/groundtruth_rect.txt").rename(root / "d/empty/gt/groundtruth_rect.txt")
    index = opened("folder", root, "")
    assert index.num_videos == 2
    assert index.counts.dropped["sequence without an annotation"] == 1
    assert index.counts.dropped["annotation without pictures"] == 1


def test_wrong_words_name_what_would_do(tmp_path: Path, opened: Opened) -> None:
    with pytest.raises(InputError, match="no training set is called 'got10'; nearest: got10k"):
        opened("got10", tmp_path)
    with pytest.raises(InputError, match=r"has no split .test. to train on.*one box a sequence"):
        opened("got10k", sets.got10k(tmp_path / "GOT"), "test")
    with pytest.raises(InputError, match="does not exist"):
        opened("coco", tmp_path / "nosuch")
    with pytest.raises(InputError, match="no folder 'train' and no list of that name"):
        opened("folder", sets.own(tmp_path / "mine"), "train")
