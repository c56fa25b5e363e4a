"""VOT: regions by column count, archives of every age, tags, anchors, specials."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from feathertrack.benchmarks import names_of, open_benchmark
from feathertrack.benchmarks.masks import Mask
from feathertrack.errors import InputError
from tests.benchmarks.miniatures import boxes, lines, pictures, polygon, put, vot


def test_eight_numbers_are_a_polygon_and_four_a_box(tmp_path: Path) -> None:
    """conduction1 has boxes where the other sequences have polygons."""
    vot(tmp_path, "ants1", 3)
    vot(tmp_path, "conduction1", 3, truth=lines(3))
    benchmark = open_benchmark("vot2018", tmp_path)
    assert benchmark["ants1"].truth.tolist() == [polygon(k) for k in range(3)]
    np.testing.assert_array_equal(benchmark["conduction1"].truth, boxes(3))
    assert benchmark["ants1"].frames[2] == tmp_path / "ants1" / "color" / "00000003.jpg"


def test_boxes_among_polygons_are_padded(tmp_path: Path) -> None:
    vot(tmp_path, "ants1", 2, truth="1,2,3,4\n1,2,3,2,3,4,1,4\n")
    truth = open_benchmark("vot2018", tmp_path)["ants1"].truth
    assert truth[0, :4].tolist() == [1, 2, 3, 4]
    assert np.isnan(truth[0, 4:]).all()
    assert truth[1].tolist() == [1, 2, 3, 2, 3, 4, 1, 4]


@pytest.mark.parametrize("year", [2013, 2014, 2015, 2016])
def test_older_archives_have_the_pictures_beside_the_ground_truth(
    tmp_path: Path, year: int
) -> None:
    name = names_of(f"vot{year}")[0]
    vot(tmp_path, name, 4, color=False)
    sequence = open_benchmark(f"vot{year}", tmp_path)[name]
    assert sequence.frames[3] == tmp_path / name / "00000004.jpg"


def test_a_file_named_sequence_says_where_the_pictures_are(tmp_path: Path) -> None:
    vot(tmp_path, "agility", 3, color=False)
    pictures(tmp_path / "agility" / "rgb", "im%03d.png", range(1, 4))
    text = "name=agility\nfps=20\nwidth=640\nheight=360\nlength=3\nchannels.color=rgb/im%03d.png\n"
    put(tmp_path / "agility" / "sequence", text)
    sequence = open_benchmark("vot2020", tmp_path)["agility"]
    assert sequence.frames[2] == tmp_path / "agility" / "rgb" / "im003.png"
    assert (sequence.fps, sequence.size_wh) == (20.0, (640, 360))


@pytest.mark.parametrize(
    ("value", "folder"), [("", "color"), ("channels.color=rgb\n", "rgb")], ids=["default", "short"]
)
def test_a_channel_without_ending_gets_eight_digits(
    tmp_path: Path, value: str, folder: str
) -> None:
    vot(tmp_path, "agility", 2, color=False)
    pictures(tmp_path / "agility" / folder, "%08d.jpg", (1, 2))
    put(tmp_path / "agility" / "sequence", f"fps=30\n{value}")
    frames = open_benchmark("vot2020", tmp_path)["agility"].frames
    assert frames[0] == tmp_path / "agility" / folder / "00000001.jpg"


def test_a_channel_that_leaves_the_sequence_is_refused(tmp_path: Path) -> None:
    vot(tmp_path, "agility", 2)
    put(tmp_path / "agility" / "sequence", "channels.color=../../secret/%08d.jpg\n")
    with pytest.raises(InputError, match="is no picture name"):
        _ = open_benchmark("vot2020", tmp_path)["agility"]


def test_tags_are_padded_with_false(tmp_path: Path) -> None:
    vot(tmp_path, "ants1", 4)
    put(tmp_path / "ants1" / "occlusion.tag", "0\n1\n")
    put(tmp_path / "ants1" / "camera_motion.label", "1\n1\n1\n1\n")
    put(tmp_path / "ants1" / "motion_change.tag", "")
    tags = open_benchmark("vot2018", tmp_path)["ants1"].frame_attributes
    assert {name: flags.tolist() for name, flags in tags.items()} == {
        "occlusion": [False, True, False, False],
        "camera_motion": [True] * 4,
        "motion_change": [False] * 4,
    }


def test_anchors_are_the_signs_of_a_value_file(tmp_path: Path) -> None:
    vot(tmp_path, "agility", 5)
    put(tmp_path / "agility" / "anchor.value", "1\n0\n-1\n")
    anchors = open_benchmark("vot2021", tmp_path)["agility"].anchors
    assert anchors is not None
    assert anchors.tolist() == [1, 0, -1, 0, 0]


def test_nan_and_a_single_number_make_the_target_absent(tmp_path: Path) -> None:
    vot(tmp_path, "ballet", 4, truth="1,2,3,4\nnan,nan,nan,nan\n0\n5,6,7,8\n")
    ballet = open_benchmark("votlt2018", tmp_path)["ballet"]
    assert ballet.absent.tolist() == [False, True, True, False]
    assert ballet.truth.shape == (4, 4)
    assert np.isnan(ballet.truth[1:3]).all()


def test_one_nan_in_a_polygon_makes_it_special(tmp_path: Path) -> None:
    vot(tmp_path, "ants1", 2, truth="1,2,3,2,3,4,1,4\n1,2,3,nan,3,4,1,4\n")
    ants = open_benchmark("vot2018", tmp_path)["ants1"]
    assert ants.absent.tolist() == [False, True]
    assert np.isnan(ants.truth[1]).all()


def test_masks_are_kept_with_the_box_around_them(tmp_path: Path) -> None:
    vot(tmp_path, "agility", 3, truth="m5,6,3,2,1,2,1,1\nm5,6,2,2,4\n1,2,3,4\n")
    agility = open_benchmark("vot2020", tmp_path)["agility"]
    assert agility.masks == (Mask(5, 6, 3, 2, (1, 2, 1, 1)), Mask(5, 6, 2, 2, (4,)), None)
    np.testing.assert_array_equal(agility.truth, [[6, 6, 2, 2], [np.nan] * 4, [1, 2, 3, 4]])
    assert agility.absent.tolist() == [False, True, False]


@pytest.mark.parametrize("mask", ["m1,2,3", "m1,2,3,4,99", "m1,2,-3,4", "m1,2,3,4,x"])
def test_a_mask_that_is_none_is_named_with_its_row(tmp_path: Path, mask: str) -> None:
    vot(tmp_path, "agility", 2, truth=f"m5,6,3,2,1,2\n{mask}\n")
    with pytest.raises(InputError, match=r"groundtruth\.txt, row 2: .* is no mask"):
        _ = open_benchmark("vot2020", tmp_path)["agility"]


def test_fish1_has_more_pictures_than_ground_truth(tmp_path: Path) -> None:
    """366 rows and 436 pictures: pysot leaves the rest out, the VOT toolkit calls it absent."""
    vot(tmp_path, "fish1", 436)
    put(tmp_path / "fish1" / "groundtruth.txt", lines(366))
    cut = open_benchmark("vot2018", tmp_path)["fish1"]
    assert (len(cut), len(cut.truth), cut.absent.any()) == (366, 366, False)
    assert "366 rows for 436 frames" in cut.notes[0]
    padded = open_benchmark("vot2018", tmp_path, version="toolkit")["fish1"]
    assert (len(padded), len(padded.truth), padded.absent.sum()) == (436, 436, 70)


def test_several_objects_have_a_file_each(tmp_path: Path) -> None:
    truth = vot(tmp_path, "agility", 2)
    truth.rename(truth.with_name("groundtruth_001.txt"))
    assert len(open_benchmark("vot2020", tmp_path)["agility"].truth) == 2


def test_names_come_in_the_order_of_the_list_file(tmp_path: Path) -> None:
    for name in reversed(names_of("vot2013")):
        vot(tmp_path, name, 1)
    benchmark = open_benchmark("vot2013", tmp_path)
    assert benchmark.names == tuple(reversed(names_of("vot2013")))
    assert (benchmark.verified, benchmark.notes) == (True, ())


def test_a_list_of_other_sequences_is_unverified(tmp_path: Path) -> None:
    vot(tmp_path, "mine", 1)
    benchmark = open_benchmark("vot2013", tmp_path)
    assert (benchmark.names, benchmark.verified) == (("mine",), False)
    assert "1 more, as mine; 16 fewer, without bicycle" in benchmark.notes[0]


def test_a_list_that_leaves_the_root_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "list.txt", "../other\n")
    with pytest.raises(InputError, match=r"\.\./other names no sequence"):
        open_benchmark("vot2018", tmp_path)


def test_challenges_share_lists_and_have_their_settings(tmp_path: Path) -> None:
    assert names_of("vot2015") == names_of("vot2016")
    assert names_of("vot2017") == names_of("vot2018")
    sizes = {year: len(names_of(f"vot{year}")) for year in (2013, 2014, 2018, 2020, 2022)}
    assert sizes == {2013: 16, 2014: 25, 2018: 60, 2020: 60, 2022: 62}
    assert (len(names_of("votlt2018")), len(names_of("votlt2019"))) == (35, 50)
    vot(tmp_path, "ants1", 1)
    assert open_benchmark("vot2018", tmp_path).settings["eao"] == [100, 356]
    assert "redetection" in open_benchmark("votlt2019", tmp_path).settings


def test_a_polygon_starts_from_the_upright_box_of_equal_area(tmp_path: Path) -> None:
    """The formula of the specification, worked out by hand for a square turned by 45 degrees."""
    vot(tmp_path, "ants1", 1, truth="10,0,20,10,10,20,0,10\n")
    found = open_benchmark("vot2018", tmp_path)["ants1"].first_box_xywh
    side = np.sqrt(200 / 400) * 20 + 1
    np.testing.assert_allclose(found, [10 - (side - 1) / 2, 10 - (side - 1) / 2, side, side])


@pytest.mark.parametrize("row", ["1,2,3", "1,2,3,4,5,6,7"])
def test_rows_that_are_no_region_are_named(tmp_path: Path, row: str) -> None:
    vot(tmp_path, "ants1", 2, truth=f"1,2,3,4\n{row}\n")
    with pytest.raises(InputError, match=r"groundtruth\.txt, row 2: . numbers are no region"):
        _ = open_benchmark("vot2018", tmp_path)["ants1"]


def test_what_is_to_be_ignored_is_read_and_is_no_object(tmp_path: Path) -> None:
    vot(tmp_path, "agility", 4, truth="1,2,3,4\n" * 4)
    put(tmp_path / "agility" / "groundtruth__ignore.txt", "m5,6,3,2,1,2,1,1\n0\n7,8,9,10\n")
    agility = open_benchmark("vot2022", tmp_path)["agility"]
    assert agility.truth[0].tolist() == [1, 2, 3, 4]
    assert agility.ignored is not None
    assert agility.ignored.absent.tolist() == [False, True, False, True]
    assert agility.ignored.masks == (Mask(5, 6, 3, 2, (1, 2, 1, 1)), None, None, None)
    assert agility.ignored.rows[2].tolist() == [7, 8, 9, 10]


def test_a_file_of_ignored_regions_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    vot(tmp_path, "agility", 2)
    put(tmp_path / "agility" / "groundtruth__ignore.txt", "m5,6\n")
    with pytest.raises(InputError, match=r"groundtruth__ignore\.txt, row 1: .* is no mask"):
        _ = open_benchmark("vot2022", tmp_path)["agility"]


def test_one_object_may_have_a_file_of_its_name(tmp_path: Path) -> None:
    path = vot(tmp_path, "agility", 2, truth="1,2,3,4\n" * 2)
    path.rename(path.with_name("groundtruth_dog.txt"))
    put(tmp_path / "agility" / "groundtruth__ignore.txt", "0\n0\n")
    assert open_benchmark("vot2022", tmp_path)["agility"].truth[0].tolist() == [1, 2, 3, 4]


def test_several_objects_are_refused_by_name(tmp_path: Path) -> None:
    path = vot(tmp_path, "agility", 2)
    path.rename(path.with_name("groundtruth_dog.txt"))
    put(tmp_path / "agility" / "groundtruth_cat.txt", lines(2))
    with pytest.raises(InputError, match=r"agility has 2 objects \(groundtruth_cat\.txt, .*VOTS"):
        _ = open_benchmark("vot2022", tmp_path)["agility"]


def test_a_point_is_refused_with_its_row(tmp_path: Path) -> None:
    vot(tmp_path, "agility", 2, truth="1,2,3,4\n5,6\n")
    with pytest.raises(InputError, match=r"groundtruth\.txt, row 2: a point \(2 numbers\)"):
        _ = open_benchmark("vot2022", tmp_path)["agility"]
