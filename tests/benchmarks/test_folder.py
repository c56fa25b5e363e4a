"""A user's own folder: frames and boxes in every form that is read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from feathertrack.benchmarks import open_benchmark
from feathertrack.benchmarks.checking import check_benchmark
from feathertrack.benchmarks.opening import root_of
from feathertrack.errors import InputError
from feathertrack.video import ClipInfo, TrackRow, write_boxes
from feathertrack.video.pictures import read_picture
from tests.benchmarks.miniatures import boxes, lines, pictures, put
from tests.video.numbered_clips import number_of, write_clip

ROWS = [TrackRow(frame=k, box=tuple(map(float, boxes(1, start=k)[0]))) for k in range(5)]
FILES = {"otb": ".txt", "mot": ".txt", "cvat": ".xml", "coco": ".json", "labelstudio": ".json"}


@pytest.mark.parametrize("format", FILES)
@pytest.mark.parametrize("place", ["inside", "beside"])
def test_every_form_of_boxes_is_read(tmp_path: Path, format: str, place: str) -> None:
    pictures(tmp_path / "walk", "%d.jpg", range(5))
    name = "boxes" if place == "inside" else "walk"
    path = (tmp_path / "walk" if place == "inside" else tmp_path) / f"{name}{FILES[format]}"
    clip = ClipInfo(name="walk", width=200, height=100)
    write_boxes(path, ROWS, format=format, clip=clip)
    version = format if format == "otb" else None
    walk = open_benchmark("folder", tmp_path, version=version)["walk"]
    np.testing.assert_allclose(walk.truth, boxes(5), atol=1e-9)
    assert (walk.origin, [path.name for path in walk.frames[:2]]) == (0, ["0.jpg", "1.jpg"])


def test_one_sequence_may_be_the_root_and_is_unverified(tmp_path: Path) -> None:
    pictures(tmp_path / "img", "%04d.png", range(1, 4))
    put(tmp_path / "groundtruth_rect.txt", lines(3))
    benchmark = open_benchmark("folder", tmp_path)
    assert (benchmark.names, benchmark.verified) == ((tmp_path.name,), False)
    assert benchmark[0].truth[0].tolist() == [9, 19, 30, 40]


def test_a_file_named_groundtruth_counts_pixels_from_0(tmp_path: Path) -> None:
    pictures(tmp_path / "a", "%04d.jpg", range(1, 4))
    put(tmp_path / "a" / "groundtruth.txt", lines(3))
    assert open_benchmark("folder", tmp_path)["a"].truth[0].tolist() == [10, 20, 30, 40]


def test_each_target_of_a_mot_file_is_a_sequence(tmp_path: Path) -> None:
    pictures(tmp_path / "street" / "img1", "%06d.jpg", range(1, 5))
    rows = [(1, 7, 11), (2, 7, 12), (4, 7, 14), (2, 9, 50), (3, 9, 51)]
    text = "".join(f"{frame},{target},{x},6,20,10,1,-1,-1,-1\n" for frame, target, x in rows)
    put(tmp_path / "street" / "gt" / "gt.txt", text)
    benchmark = open_benchmark("folder", tmp_path)
    assert benchmark.names == ("street-7", "street-9")
    seven, nine = benchmark
    assert seven.truth[:, 0].tolist()[:2] == [10, 11]
    assert seven.absent.tolist() == [False, False, True, False]
    assert (len(nine), nine.frames[0].name) == (3, "000002.jpg")


def test_boxes_beyond_the_pictures_are_left_out_and_said(tmp_path: Path) -> None:
    pictures(tmp_path / "a", "%d.jpg", range(3))
    write_boxes(tmp_path / "a" / "boxes.csv", ROWS, format="csv")
    sequence = open_benchmark("folder", tmp_path)["a"]
    assert len(sequence.truth) == 3
    assert "boxes up to frame 4, but only 3 pictures" in sequence.notes[0]


def test_a_folder_without_sequences_says_what_it_expects(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no sequence: expected <sequence>/"):
        open_benchmark("folder", tmp_path)
    pictures(tmp_path / "a", "%d.jpg", range(3))
    with pytest.raises(InputError, match="holds no sequence"):
        open_benchmark("folder", tmp_path)


def test_a_file_without_a_box_is_named(tmp_path: Path) -> None:
    pictures(tmp_path / "a", "%d.jpg", range(2))
    put(tmp_path / "a" / "groundtruth.txt", "nan,nan,nan,nan\n" * 2)
    with pytest.raises(InputError, match="holds no box"):
        _ = open_benchmark("folder", tmp_path)["a"]


def numbered(root: Path, numbers: list[int], *, rows: int) -> None:
    pictures(root / "a", "%04d.jpg", numbers)
    put(root / "a" / "groundtruth.txt", lines(rows))


@pytest.mark.parametrize(
    ("there", "lost"),
    [
        ([1, 2, 3, 4, 6, 7, 8, 9, 10], "lacks 0005.jpg, but"),
        ([3, 4, 5, 6, 8, 9, 10], "lacks 0001.jpg, 0002.jpg, 0007.jpg, but"),
        ([1, 3, 5, 7, 9], "lacks 0002.jpg, 0004.jpg, 0006.jpg, 0008.jpg, but"),
    ],
)
def test_missing_pictures_are_named_and_no_box_moves_on(
    tmp_path: Path, there: list[int], lost: str
) -> None:
    numbered(tmp_path, there, rows=10)
    with pytest.raises(InputError, match=lost) as refused:
        _ = open_benchmark("folder", tmp_path)["a"]
    assert "put the pictures back" in str(refused.value)


def test_as_many_rows_as_pictures_go_one_by_one_and_skipped_numbers_are_noted(
    tmp_path: Path,
) -> None:
    numbered(tmp_path, [1, 2, 3, 4, 6], rows=5)
    sequence = open_benchmark("folder", tmp_path)["a"]
    assert [path.name for path in sequence.frames][-2:] == ["0004.jpg", "0006.jpg"]
    assert "skip 0005.jpg" in sequence.notes[0]


@pytest.mark.parametrize("numbers", [[0, 10, 20, 30], [7, 8, 9, 10], [17, 5003, 99012, 500001]])
def test_numbers_that_count_something_else_are_no_gaps(tmp_path: Path, numbers: list[int]) -> None:
    numbered(tmp_path, numbers, rows=4)
    sequence = open_benchmark("folder", tmp_path)["a"]
    assert (len(sequence.frames), sequence.notes) == (4, ())


def test_a_video_with_boxes_under_its_name_is_a_sequence(tmp_path: Path) -> None:
    for name in ("walk.mp4", "run.avi"):
        write_clip(tmp_path / name, 5, codec="mpeg4")
    write_boxes(tmp_path / "walk.csv", ROWS, format="csv")
    put(tmp_path / "run_groundtruth_rect.txt", lines(5))
    benchmark = open_benchmark("folder", tmp_path)
    assert benchmark.names == ("run", "walk")
    run, walk = benchmark
    np.testing.assert_allclose(walk.truth, boxes(5))
    np.testing.assert_allclose(run.truth, boxes(5) - [1, 1, 0, 0])
    assert [number_of(read_picture(frame)) for frame in walk.frames] == [0, 1, 2, 3, 4]
    assert (walk.fps, walk.image_size(), run.frames[3].name) == (10.0, (80, 48), "run.avi, frame 3")


def test_a_sequence_of_a_video_begins_with_the_first_box(tmp_path: Path) -> None:
    (tmp_path / "walk").mkdir()
    write_clip(tmp_path / "walk" / "clip.mp4", 8)
    write_boxes(tmp_path / "walk" / "boxes.csv", ROWS[3:], format="csv")
    walk = open_benchmark("folder", tmp_path)["walk"]
    assert [number_of(read_picture(frame)) for frame in walk.frames] == [3, 4, 5, 6, 7]
    assert walk.absent.tolist() == [False, False, True, True, True]


def test_a_video_with_more_or_fewer_boxes_than_frames_is_said(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", 3)
    put(tmp_path / "a_groundtruth.txt", lines(5))
    write_clip(tmp_path / "b.mp4", 8)
    put(tmp_path / "b_groundtruth.txt", lines(5))
    a, b = open_benchmark("folder", tmp_path)
    assert (len(a.truth), len(a.frames), len(b.truth), len(b.frames)) == (3, 3, 5, 5)
    assert "line 4: the ground truth is longer than the frames: 5 rows for 3 frames" in a.notes[0]
    assert "shorter than the frames: 5 rows for 8 frames" in b.notes[0]


def test_four_numbers_that_tell_no_origin_are_refused_with_the_name_to_give(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", 3)
    put(tmp_path / "a.txt", lines(3))
    with pytest.raises(InputError, match=r"call it a_groundtruth_rect\.txt, or from 0"):
        _ = open_benchmark("folder", tmp_path)["a"]
    np.testing.assert_array_equal(
        open_benchmark("folder", tmp_path, version="got10k")["a"].truth, boxes(3)
    )


def coco(*targets: object, key: str = "instance_id") -> str:
    images = [
        {"id": k + 1, "video_id": 1, "frame_id": k, "file_name": f"{k}.jpg"} for k in range(3)
    ]
    annotations = [
        {"id": 9 * n + k, "image_id": k + 1, key: target, "bbox": [10 * n + k + 1, 2, 3, 4]}
        for n, target in enumerate(targets)
        for k in range(3)
    ]
    return json.dumps({"videos": [{"id": 1}], "images": images, "annotations": annotations})


def cvat(*targets: int) -> str:
    tracks = "".join(
        f'<track id="{target}" label="car">'
        + "".join(
            f'<box frame="{k}" outside="0" occluded="0" xtl="{10 * n + k + 1}" ytl="2" '
            f'xbr="{10 * n + k + 4}" ybr="6"></box>'
            for k in range(3)
        )
        + "</track>"
        for n, target in enumerate(targets)
    )
    return f"<annotations><version>1.1</version>{tracks}</annotations>"


def label_studio(*targets: str) -> str:
    """As Label Studio exports: in percent of frames whose size is not said."""

    def item(k: int, n: int) -> dict[str, float]:
        return {
            "frame": k + 1,
            "x": 100 * (10 * n + k + 1) / 80,
            "y": 100 * 2 / 48,
            "width": 100 * 3 / 80,
            "height": 100 * 4 / 48,
        }

    results = [
        {
            "id": target,
            "type": "videorectangle",
            "value": {"framesCount": 3, "sequence": [item(k, n) for k in range(3)]},
        }
        for n, target in enumerate(targets)
    ]
    return json.dumps([{"data": {"video": "a.mp4"}, "annotations": [{"result": results}]}])


@pytest.mark.parametrize(
    ("file", "text", "names"),
    [
        ("a.json", coco(4, 7), ("a-4", "a-7")),
        ("a.json", coco("red car", "../b", key="track_id"), ("a-red_car", "a-.._b")),
        ("a.xml", cvat(0, 3), ("a-0", "a-3")),
        ("a.json", label_studio("Xy1", "Zw2"), ("a-Xy1", "a-Zw2")),
    ],
    ids=["coco", "coco of others", "cvat", "label studio"],
)
def test_each_target_of_a_file_is_a_sequence(
    tmp_path: Path, file: str, text: str, names: tuple[str, ...]
) -> None:
    write_clip(tmp_path / "a.mp4", 3)
    put(tmp_path / file, text)
    benchmark = open_benchmark("folder", tmp_path)
    assert benchmark.names == names
    first, second = benchmark
    np.testing.assert_allclose(first.truth, [[1, 2, 3, 4], [2, 2, 3, 4], [3, 2, 3, 4]])
    np.testing.assert_allclose(second.truth - first.truth, [[10, 0, 0, 0]] * 3, atol=1e-9)


def test_a_target_is_also_found_by_the_id_that_its_file_gives(tmp_path: Path) -> None:
    (tmp_path / "day").mkdir()
    for place in ("a", "day/a"):
        write_clip(tmp_path / f"{place}.avi", 3, codec="mpeg4")
        put(tmp_path / f"{place}.json", coco("red car", 7, key="track_id"))
    benchmark = open_benchmark("folder", tmp_path)
    assert benchmark.names == ("a-red_car", "a-7", "day-a-red_car", "day-a-7")
    assert benchmark.resolve("a#red car") == "a-red_car"
    assert benchmark["day-a#7"].target == "7"


def test_a_file_of_one_target_keeps_the_plain_name(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", 3)
    put(tmp_path / "a.xml", cvat(5))
    assert open_benchmark("folder", tmp_path).names == ("a",)


def test_nested_folders_are_part_of_the_name(tmp_path: Path) -> None:
    for place in ("day/walk", "night/walk", "run"):
        pictures(tmp_path / place / "img", "%d.jpg", range(3))
        put(tmp_path / place / "groundtruth.txt", lines(3))
    write_clip(tmp_path / "night" / "dog.mp4", 3)
    put(tmp_path / "night" / "dog_groundtruth.txt", lines(3))
    benchmark = open_benchmark("folder", tmp_path)
    assert benchmark.names == ("day-walk", "night-dog", "night-walk", "run")
    assert benchmark["day-walk"].frames[0] == tmp_path / "day" / "walk" / "img" / "0.jpg"


def test_a_root_too_high_is_noted_and_not_in_the_names(tmp_path: Path) -> None:
    for name in ("a", "b"):
        pictures(tmp_path / "data" / "mine" / name, "%d.jpg", range(3))
        put(tmp_path / "data" / "mine" / name / "groundtruth.txt", lines(3))
    benchmark = open_benchmark("folder", tmp_path)
    assert benchmark.names == ("a", "b")
    assert benchmark.notes[0].startswith(f"the sequences lie in {tmp_path / 'data' / 'mine'}")


def test_two_sequences_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mkv"):
        write_clip(tmp_path / name, 3)
    put(tmp_path / "a_groundtruth.txt", lines(3))
    with pytest.raises(InputError, match=r"a\.mkv .* and .*a\.mp4 .* would both be called a"):
        open_benchmark("folder", tmp_path)


def test_pictures_go_before_the_video_they_were_taken_from(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", 3)
    pictures(tmp_path / "a", "%d.jpg", range(3))
    put(tmp_path / "a_groundtruth.txt", lines(3))
    assert open_benchmark("folder", tmp_path)["a"].frames[0] == tmp_path / "a" / "0.jpg"


def test_a_video_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    put(tmp_path / "a.mp4", "no video")
    put(tmp_path / "a_groundtruth.txt", lines(3))
    with pytest.raises(InputError, match=r"a\.mp4 cannot be opened"):
        _ = open_benchmark("folder", tmp_path)["a"]
    check = check_benchmark(open_benchmark("folder", tmp_path))
    assert [problem.kind for problem in check.problems] == ["frames"]


def test_frames_without_boxes_are_noted(tmp_path: Path) -> None:
    for name in ("a", "b"):
        pictures(tmp_path / name, "%d.jpg", range(3))
    put(tmp_path / "a" / "groundtruth.txt", lines(3))
    write_clip(tmp_path / "c.mp4", 3)
    benchmark = open_benchmark("folder", tmp_path)
    assert benchmark.names == ("a",)
    assert benchmark.notes == (
        f"left out, as no file of boxes goes with them: {tmp_path / 'c.mp4'}, {tmp_path / 'b'}",
    )


def test_a_video_is_checked_frame_by_frame(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", 6)
    put(tmp_path / "a_groundtruth.txt", lines(6))
    check = check_benchmark(open_benchmark("folder", tmp_path), images=True)
    assert (check.num_frames, check.complete, check.problems) == (6, True, ())


def test_a_sequence_called_folder_is_not_the_benchmark(tmp_path: Path) -> None:
    for name in ("folder", "other"):
        pictures(tmp_path / name, "%d.jpg", range(3))
        put(tmp_path / name / "groundtruth.txt", lines(3))
    assert root_of("folder", tmp_path) == tmp_path
    assert root_of("folder", tmp_path.parent) == tmp_path.parent
    assert root_of("other", tmp_path) == tmp_path / "other"
