"""The index: what is counted, when it is stale, that it is whole or not there at all."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from feathertrack.data.index import find_index, make_index, open_index
from feathertrack.data.index.building import build
from feathertrack.data.index.naming import name_of, pattern_of
from feathertrack.data.index.training_index import ABOUT, TrainingIndex
from feathertrack.data.readers.pascal import parse_pascal
from feathertrack.data.records import TrackRecord, VideoRecord
from feathertrack.errors import InputError, SourceError
from tests.data import training_sets as sets


def opened(root: Path, reader: str = "folder", split: str = "") -> TrainingIndex:
    return open_index(reader, root, split, cache=root.parent / "indexes")


def generation(root: Path) -> Path:
    found = find_index("folder", root, "", cache=root.parent / "indexes")
    assert found is not None
    return found.folder


def test_bad_boxes_are_counted_by_reason_and_left_out(tmp_path: Path) -> None:
    root = sets.coco(tmp_path / "coco")
    boxes = [[*sets.box(0)], [5, 5, 0, 9], [5, 5, 9, -1], [70, 5, 9, 9], [float("nan"), 5, 9, 9]]
    names = ["000000000009.jpg", "000000000025.jpg", "gone.jpg"]
    content = sets.coco_json(names, [*((0, box) for box in boxes), (0, "x"), (2, [1, 1, 9, 9])])
    content["annotations"] += [{"id": 90, "image_id": 5, "bbox": [1, 1, 9, 9]}, None]
    content["annotations"] += [{"id": 91, "image_id": 100, "bbox": [1, 1, 9, 9], "iscrowd": 1}]
    sets.put(root / "annotations" / "instances_train2017.json", json_with_nan(content))
    index = opened(root, "coco", "train2017")
    assert (index.num_videos, index.num_tracks, index.counts.boxes) == (1, 1, 1)
    assert index.counts.dropped == {
        "annotation cannot be read": 1,
        "box around a crowd": 1,
        "box of a picture that is not listed": 1,
        "picture missing": 1,
        "picture without a box": 1,
        "box is not finite": 2,
        "box without area": 2,
        "box outside the picture": 1,
    }
    assert (
        "train2017/000000000009.jpg, object 1: 5,5,0,9"
        in (index.counts.examples["box without area"][0])
    )


def json_with_nan(content: object) -> str:
    import json

    return json.dumps(content)  # writes NaN, as careless programs do


def test_missing_pictures_and_rows_leave_the_others_in_place(tmp_path: Path) -> None:
    root = sets.lasot(tmp_path / "LaSOT", names=["airplane-2"])
    folder = root / "airplane" / "airplane-2"
    (folder / "img" / "00000002.jpg").unlink()
    sets.pictures(folder / "img", ["00000004.jpg"])
    index = opened(root, "lasot", "train")
    track = index.track(0)
    assert [index.image_path(0, int(n)).name for n in track.frames] == [
        "00000001.jpg",
        "00000003.jpg",
    ]
    np.testing.assert_array_equal(track.boxes, np.array([sets.box(0), sets.box(2)], np.float32))
    dropped = index.counts.dropped
    assert (dropped["picture missing"], dropped["picture without a box"]) == (1, 1)


def test_a_broken_annotation_leaves_out_its_sequence_only(tmp_path: Path) -> None:
    root = sets.got10k(tmp_path / "GOT")
    broken = root / "train" / "GOT-10k_Train_000001" / "groundtruth.txt"
    broken.write_text("1,2,3,4\n1,2,three,4\n")
    index = opened(root, "got10k", "train")
    assert index.video_name(0) == "GOT-10k_Train_000002"
    assert (
        "line 2: 'three' is not a number" in (index.counts.examples["annotation cannot be read"][0])
    )


def test_hostile_or_broken_xml_is_counted_and_never_expanded(tmp_path: Path) -> None:
    root = sets.vid(tmp_path / "ILSVRC")
    folder = next((root / "Annotations" / "VID" / "train").glob("*/*"))
    bomb = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><annotation>&c;</annotation>'
    (folder / "000000.xml").write_text(bomb)
    (folder / "000001.xml").write_text("<annotation><object>")
    index = opened(root, "vid", "train")
    assert index.counts.dropped["annotation cannot be read"] == 2
    assert index.track(0).frames.tolist() == [2, 3]


def test_parts_of_an_object_are_not_objects() -> None:
    text = "<annotation><object><name>person</name><bndbox><xmin>1</xmin><ymin>2</ymin>"
    text += "<xmax>9</xmax><ymax>9</ymax></bndbox><part><name>head</name><bndbox><xmin>4</xmin>"
    text += "</bndbox></part></object></annotation>"
    picture = parse_pascal(text.encode())
    assert [one["name"] for one in picture.objects] == ["person"]
    assert picture.box(0) == (1, 2, 8, 7)


def test_unreadable_pictures_are_found_when_all_are_opened(tmp_path: Path) -> None:
    root = sets.own(tmp_path / "mine", names=["a/dog"])
    (root / "a" / "dog" / "img" / "0002.jpg").write_bytes(sets.JPEG[:100])
    assert opened(root).track(0).frames.tolist() == [0, 1, 2]
    made = make_index("folder", root, "", cache=tmp_path / "indexes", images=True)
    assert made.counts.dropped == {"picture cannot be read": 1}
    index = opened(root)  # what was found out is kept
    assert [index.image_path(0, int(n)).name for n in index.track(0).frames] == [
        "0001.jpg",
        "0003.jpg",
    ]


def test_a_second_opening_builds_nothing(tmp_path: Path) -> None:
    root = sets.own(tmp_path / "mine")
    opened(root)
    before = generation(root)
    opened(root)
    assert generation(root) == before


@pytest.mark.parametrize("what", ["changed", "added", "removed", "version"])
def test_a_stale_index_is_built_again(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = sets.own(tmp_path / "mine")
    opened(root)
    before = generation(root)
    if what == "changed":
        sets.put(root / "a" / "dog" / "groundtruth_rect.txt", sets.rows(2, origin=1))
    elif what == "added":
        sets.own(root, names=["a/new"])
        os.utime(root / "a", ns=(1, 1))  # a clock may be coarser than this test is quick
    elif what == "removed":
        (root / "b" / "cat" / "img" / "0003.jpg").unlink()
        os.utime(root / "b" / "cat" / "img", ns=(1, 1))
    else:
        monkeypatch.setattr("feathertrack.data.index.opening.VERSION", 999)
    assert find_index("folder", root, "", cache=tmp_path / "indexes") is None
    counts = opened(root).counts
    assert not before.exists()
    expected = {"changed": (2, 5), "added": (3, 9), "removed": (1, 3), "version": (2, 6)}
    if what != "removed":
        assert (counts.videos, counts.boxes) == expected[what]


def test_a_changed_label_of_what_is_hidden_is_noticed(tmp_path: Path) -> None:
    root = sets.got10k(tmp_path / "GOT")
    cache = tmp_path / "indexes"
    before = make_index("got10k", root, "train", cache=cache).counts.usable["visible"]
    label = next(root.glob("train/*/cover.label"))
    label.write_text(label.read_text(encoding="utf-8").replace("8", "0", 1), encoding="utf-8")
    os.utime(label, ns=(1, 1))  # a clock may be coarser than this test is quick
    after = make_index("got10k", root, "train", cache=cache, thorough=True).counts.usable["visible"]
    assert after == before - 1


def test_a_damaged_index_is_built_again(tmp_path: Path) -> None:
    root = sets.own(tmp_path / "mine")
    opened(root)
    (generation(root) / ABOUT).write_text("{")
    assert opened(root).num_videos == 2


def test_nothing_usable_is_an_error_that_says_why_and_keeps_the_last_index(tmp_path: Path) -> None:
    root = sets.own(tmp_path / "mine", names=["a/dog"])
    opened(root)
    current = tmp_path / "indexes"
    before = sorted(current.rglob("*.npy"))
    sets.put(root / "a" / "dog" / "groundtruth_rect.txt", "99,99,5,5\n" * 3)
    with pytest.raises(SourceError, match=r"no box to train on as folder.*outside the picture: 3"):
        opened(root)
    assert sorted(current.rglob("*.npy")) == before


def test_a_build_that_is_killed_leaves_nothing_behind_for_long(tmp_path: Path) -> None:
    root = sets.own(tmp_path / "mine")
    code = (
        "import os, sys\n"
        "from feathertrack.data.index import open_index\n"
        "def die(records):\n"
        "    yield next(records)\n"
        "    os._exit(9)\n"
        "open_index('folder', sys.argv[1], '', cache=sys.argv[2], progress=die)\n"
    )
    words = [sys.executable, "-c", code, str(root), str(tmp_path / "indexes")]
    assert subprocess.run(words, check=False).returncode == 9
    assert len([*(tmp_path / "indexes").glob("*/g*")]) == 1  # what it had written so far
    assert opened(root).num_videos == 2
    assert len([*(tmp_path / "indexes").glob("*/g*")]) == 1  # the complete one


def test_one_builds_while_the_others_wait(tmp_path: Path) -> None:
    root = sets.own(tmp_path / "mine")
    built: list[int] = []

    def counted(records: Iterator[VideoRecord]) -> Iterator[VideoRecord]:
        built.append(1)
        return records

    def work() -> None:
        open_index("folder", root, "", cache=tmp_path / "indexes", progress=counted)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1


def test_a_pickled_index_maps_the_same_files(tmp_path: Path) -> None:
    index = opened(sets.own(tmp_path / "mine"))
    sent = pickle.dumps(index)
    assert len(sent) < 1000
    again = pickle.loads(sent)
    np.testing.assert_array_equal(again.track(1).boxes, index.track(1).boxes)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(_num_boxes, [index]) == [6]


def _num_boxes(index: TrainingIndex) -> int:
    return sum(len(index.track(t).boxes) for t in range(index.num_tracks))


def test_a_worker_whose_index_was_replaced_is_told(tmp_path: Path) -> None:
    root = sets.own(tmp_path / "mine")
    sent = pickle.dumps(opened(root))
    make_index("folder", root, "", cache=tmp_path / "indexes", rebuild=True)
    with pytest.raises(InputError, match="built again meanwhile"):
        pickle.loads(sent)


def test_names_that_do_not_count_are_kept(tmp_path: Path) -> None:
    names = ["a/é ü.jpg", "a/7.jpg", "b/odd\udcff.png"]
    record = video("one", names, [[0, 1, 2]])
    (tmp_path / "index").mkdir()
    build([video("zero", ["z/1.jpg"], [[0]]), record], tmp_path / "index")
    (tmp_path / "index" / ABOUT).write_text(
        '{"counts": {"videos":0,"tracks":0,"pictures":0,"boxes":0}}'
    )
    index = TrainingIndex(tmp_path / "index", Path("root"))
    assert [index.image_path(1, n) for n in range(3)] == [Path("root", name) for name in names]


def test_rows_are_sorted_and_a_second_box_in_a_picture_is_left_out(tmp_path: Path) -> None:
    counts, _ = build([video("one", ["1.jpg", "2.jpg", "3.jpg"], [[2, 0, 2]])], tmp_path)
    assert (counts.boxes, counts.dropped) == (
        2,
        {"picture without a box": 1, "second box of an object in one picture": 1},
    )


def test_chunks_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [video(f"v{n}", [f"{n}/1.jpg", f"{n}/2.jpg"], [[0, 1], [1]]) for n in range(9)]
    for chunk in (1, 7, 1000):
        monkeypatch.setattr("feathertrack.data.index.building._CHUNK", chunk)
        (tmp_path / str(chunk)).mkdir()
        build(records, tmp_path / str(chunk))
    for path in (tmp_path / "1000").iterdir():
        assert path.read_bytes() == (tmp_path / "1" / path.name).read_bytes(), path.name
        assert path.read_bytes() == (tmp_path / "7" / path.name).read_bytes(), path.name


def video(name: str, images: list[str], positions: list[list[int]]) -> VideoRecord:
    tracks = [
        TrackRecord(
            name=str(n),
            positions=np.array(one, np.int32),
            boxes=np.tile([1.0, 2, 30, 40], (len(one), 1)),
            visible=np.ones(len(one), np.float32),
            category=name,
        )
        for n, one in enumerate(positions)
    ]
    return VideoRecord(name=name, images=images, sizes=None, tracks=tracks)


@pytest.mark.parametrize(
    "names",
    [["1.jpg", "10.jpg"], ["a/09.png", "a/10.png"], ["0.jpg"], ["x1_000.jpg", "x1_999.jpg"]],
)
def test_counting_names_become_numbers_and_back(names: list[str]) -> None:
    found = pattern_of(names)
    assert found is not None
    assert [name_of(found[0], number) for number in found[1]] == names


@pytest.mark.parametrize("names", [["a.jpg"], ["1.jpg", "01.jpg"], ["1.jpg", "2.png"], ["1", "a1"]])
def test_other_names_have_no_pattern(names: list[str]) -> None:
    assert pattern_of(names) is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    root = sets.own(tmp_path / "mine")
    sets.put(tmp_path / "file", "")
    with pytest.raises(InputError, match=r"cannot be written to .*name another folder"):
        open_index("folder", root, "", cache=tmp_path / "file")
