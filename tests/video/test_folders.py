from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feathertrack.errors import SourceError
from feathertrack.video.folders import natural_key
from feathertrack.video.opening import open_source
from tests.video.numbered_clips import number_of, numbered, read_until_error, write_pictures


def names_of(spec: str | Path) -> list[str]:
    with open_source(spec) as source:
        return [frame.name for frame in source]


def test_a_folder_is_read_in_natural_order(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["img10.png", "img2.png", "img1.jpg", "Img3.PNG"])
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / ".img0.png").write_bytes(b"hidden")
    (tmp_path / "sub.png").mkdir()
    assert names_of(tmp_path) == ["img1.jpg", "img2.png", "Img3.PNG", "img10.png"]


def test_frames_carry_number_and_name_and_no_time(tmp_path: Path) -> None:
    write_pictures(tmp_path, [f"{i:03d}.png" for i in range(6)])
    with open_source(tmp_path, start=1, step=2) as source:
        assert source.info.num_frames == 3
        assert source.info.fps is None
        assert source.info.path == tmp_path
        frames = list(source)
    assert [(f.index, f.name, f.time) for f in frames] == [
        (1, "001.png", None),
        (3, "003.png", None),
        (5, "005.png", None),
    ]
    assert [number_of(f.image) for f in frames] == [1, 3, 5]


def test_a_folder_is_read_backwards(tmp_path: Path) -> None:
    write_pictures(tmp_path, [f"{i}.png" for i in range(5)])
    assert read_until_error(tmp_path, reverse=True)[0] == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("subfolder", ["img", "color"])
def test_the_folder_of_a_benchmark_sequence(tmp_path: Path, subfolder: str) -> None:
    write_pictures(tmp_path / subfolder, ["0001.jpg", "0002.jpg"])
    (tmp_path / "groundtruth_rect.txt").write_text("1,2,3,4\n")
    assert names_of(tmp_path) == ["0001.jpg", "0002.jpg"]


def test_a_glob_pattern_takes_pictures_only(tmp_path: Path) -> None:
    write_pictures(tmp_path / "a", ["x2.png", "x10.png", "y1.png"])
    (tmp_path / "a" / "x3.txt").write_text("")
    assert names_of(f"{tmp_path}/a/x*") == ["x2.png", "x10.png"]
    assert names_of(f"{tmp_path}/**/*.png") == ["x2.png", "x10.png", "y1.png"]


def test_a_file_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["shot[1].png", "shot1.png"])
    assert names_of(f"{tmp_path}/shot[1].png") == ["shot[1].png"]


def test_one_picture_is_one_frame(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["a.png"])
    with open_source(str(tmp_path / "a.png")) as source:
        assert source.info.num_frames == 1
        assert [f.name for f in source] == ["a.png"]


def test_a_list_of_paths_keeps_its_order(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["a.png", "b.png"])
    with open_source([tmp_path / "b.png", str(tmp_path / "a.png")]) as source:
        assert [f.name for f in source] == ["b.png", "a.png"]


def test_an_empty_folder_and_one_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no files; it should hold pictures"):
        open_source(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(SourceError, match="has 1 files, but none is a picture"):
        open_source(tmp_path)
    (tmp_path / "clip.mp4").write_text("x")
    with pytest.raises(SourceError, match=r"give one of its videos, as .*clip\.mp4"):
        open_source(tmp_path)


def test_a_folder_named_like_a_video(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").mkdir()
    with pytest.raises(SourceError, match=r"the folder .*clip\.mp4 has no files"):
        open_source(tmp_path / "clip.mp4")


def test_a_pattern_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"pattern .*\*\.png matches no picture$"):
        open_source(f"{tmp_path}/*.png")
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(SourceError, match=r"matches 1 other names, as .*a\.txt"):
        open_source(f"{tmp_path}/*")


def test_an_image_that_is_none_comes_after_the_good_ones(tmp_path: Path) -> None:
    write_pictures(tmp_path, [f"{i}.png" for i in range(5)])
    (tmp_path / "3.png").write_text("this is no picture")
    indices, text = read_until_error(tmp_path)
    assert indices == [0, 1, 2]
    assert text.startswith(f"frame 3 of {tmp_path}, {tmp_path / '3.png'}, is no picture")


def test_a_frame_of_another_size_is_named_with_both_sizes(tmp_path: Path) -> None:
    write_pictures(tmp_path, [f"{i}.png" for i in range(4)])
    cv2.imwrite(str(tmp_path / "2.png"), numbered(2, height=32, width=40))
    indices, text = read_until_error(tmp_path)
    assert indices == [0, 1]
    assert "frame 2 (2.png)" in text
    assert "has 40x32 pixels, the frames before it 80x48" in text
    assert "stop=2" in text


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(SourceError, match=r"the folder .* cannot be read: Permission"):
        open_source(tmp_path)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=9, unique=True))
def test_natural_order_is_the_order_of_numbers(numbers: list[int]) -> None:
    paths = [Path(f"clip7/img{number}.png") for number in numbers]
    ordered = sorted(paths, key=natural_key)
    assert ordered == [Path(f"clip7/img{number}.png") for number in sorted(numbers)]


@given(st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1), max_size=6))
def test_any_names_can_be_ordered(names: list[str]) -> None:
    paths = [Path(f"x{name}") for name in names]
    assert sorted(sorted(paths, key=natural_key), key=natural_key) == sorted(paths, key=natural_key)


def test_grey_and_deep_pictures_of_one_folder_are_all_rgb(tmp_path: Path) -> None:
    grey = numbered(1)[..., 0]
    cv2.imwrite(str(tmp_path / "1.png"), grey)
    cv2.imwrite(str(tmp_path / "2.png"), grey.astype(np.uint16) * 257)
    with open_source(tmp_path) as source:
        for frame in source:
            assert (frame.image == numbered(1)).all()
