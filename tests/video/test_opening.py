from __future__ import annotations

import io
import os
import sys
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest

from feathertrack.errors import InputError, SourceError
from feathertrack.video import OpenedSource, open_source
from feathertrack.video.converting import Converter
from feathertrack.video.frames import Image, Source
from tests.video.numbered_clips import (
    number_of,
    numbered,
    read_until_error,
    write_clip,
    write_pictures,
)


def decode_threads() -> int:
    return sum(t.name == "feathertrack-decode" for t in threading.enumerate())


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("opening") / "clip.mp4", 60)


def test_a_source_is_what_the_contract_says(clip: Path) -> None:
    source: Source = open_source(clip)
    with source:
        assert isinstance(source, OpenedSource)
        assert source.info.name == str(clip)
        assert [f.index for f in source] == list(range(60))


def test_num_frames_counts_the_selected_ones(clip: Path) -> None:
    assert open_source(clip, start=10, stop=30, step=7).info.num_frames == 3


@pytest.mark.parametrize("prefetch", [0, 1, 4])
def test_prefetch_changes_nothing_but_the_thread(clip: Path, prefetch: int) -> None:
    with open_source(str(clip), prefetch=prefetch) as source:
        assert [number_of(f.image) for f in source] == list(range(60))


@pytest.mark.parametrize("prefetch", [0, 4])
def test_leaving_early_leaves_no_thread(clip: Path, prefetch: int) -> None:
    with open_source(clip, prefetch=prefetch) as source:
        for frame in source:
            if frame.index == 2:
                break
    with open_source(clip, prefetch=prefetch) as source:
        seen = [source.close() for _ in source]
    assert len(seen) == 1
    with pytest.raises(KeyboardInterrupt), open_source(clip, prefetch=prefetch) as source:
        for _ in source:
            raise KeyboardInterrupt
    assert decode_threads() == 0


def test_frames_can_be_had_once(clip: Path) -> None:
    with open_source(clip) as source:
        list(source)
        with pytest.raises(SourceError, match="can be read once; open it again"):
            iter(source)
    source.close()
    with pytest.raises(SourceError, match="can be read once"):
        iter(source)


def test_few_frames_are_in_memory_at_a_time(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alive, most = 0, 0
    convert = Converter.image

    def counted(converter: Converter, frame: object) -> Image:
        nonlocal alive
        image = convert(converter, frame)
        alive += 1
        weakref.finalize(image, freed)
        return image

    def freed() -> None:
        nonlocal alive
        alive -= 1

    monkeypatch.setattr(Converter, "image", counted)
    with open_source(clip, prefetch=4) as source:
        for frame in source:
            most = max(most, alive)
            del frame
    assert most <= 4 + 2
    assert alive == 0


def test_a_missing_file_names_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("")
    with pytest.raises(
        SourceError, match=r"no file or folder .*clpi\.mp4: the nearest name is "
    ) as e:
        open_source(tmp_path / "clpi.mp4")
    assert str(e.value).endswith(str(tmp_path / "clip.mp4"))


def test_a_missing_folder_is_the_one_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    with pytest.raises(SourceError, match=r"the nearest name is \S*videos$"):
        open_source(tmp_path / "vidoes" / "today" / "clip.mp4")
    with pytest.raises(SourceError, match=r"the folder \S* has no zzz$"):
        open_source(tmp_path / "zzz" / "clip.mp4")


def test_a_file_taken_for_a_folder(clip: Path) -> None:
    with pytest.raises(SourceError, match=r"\S*clip\.mp4 is no folder"):
        open_source(clip / "img")


def test_a_list_on_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pictures(tmp_path, ["b.png", "a.png", "c d.png"])
    names = f"\ufeff{tmp_path}/c d.png\r\n\n{tmp_path}/a.png\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(names))
    with open_source("-") as source:
        assert source.info.num_frames == 2
        assert [(f.name, number_of(f.image)) for f in source] == [("c d.png", 2), ("a.png", 1)]


def test_a_missing_file_of_the_list_comes_after_the_good_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pictures(tmp_path, ["a.png"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{tmp_path}/a.png\n{tmp_path}/b.png\n"))
    indices, text = read_until_error("-")
    assert indices == [0]
    assert text.startswith(
        f"frame 1 of standard input, {tmp_path / 'b.png'}, cannot be read: No su"
    )


def test_an_empty_list_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n \n"))
    with pytest.raises(SourceError, match="standard input names no file; give one path a line"):
        open_source("-")


def test_a_list_in_another_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe.png\n"), "utf-8"))
    with pytest.raises(SourceError, match="the list on standard input cannot be read"):
        open_source("-")


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (True, "True is no source; give a path"),
        (None, "None is no source"),
        (2.5, r"2\.5 is no source"),
        (-1, "there is no camera -1"),
        ("", "the name of the source is empty"),
        ("a\0b", "cannot be read"),
    ],
)
def test_what_is_no_source_at_all(spec: object, text: str) -> None:
    with pytest.raises(SourceError, match=text):
        open_source(spec)  # type: ignore[arg-type]


def test_a_name_too_long_for_the_system() -> None:
    with pytest.raises(SourceError, match=r"cannot be read: File name too long|no file or folder"):
        open_source("x" * 5000 + ".mp4")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(SourceError, match="is neither a file nor a folder"):
        open_source(tmp_path / "pipe.mp4")


def test_a_file_that_may_not_be_looked_at(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, **options: bool) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(SourceError, match=r"clip\.mp4 cannot be read: Permission denied"):
        open_source(clip)


def test_senseless_options_are_refused(clip: Path) -> None:
    with pytest.raises(InputError, match="start is -1"):
        open_source(clip, start=-1)
    with pytest.raises(InputError, match="prefetch is -1"):
        open_source(clip, prefetch=-1)


def test_unusual_names_are_files_all_the_same(tmp_path: Path) -> None:
    for name in ("a:b.mp4", "50%d.mp4", "file with ü.mp4", "#?.mp4"):
        if os.name == "nt" and set(name) & set(':?"'):
            continue
        path = write_clip(tmp_path / "plain.mp4", 2).rename(tmp_path / name)
        assert read_until_error(path) == ([0, 1], "")


def test_relative_paths_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "1.mp4", 2)
    monkeypatch.chdir(tmp_path)
    assert read_until_error("1.mp4") == ([0, 1], "")
    assert read_until_error("./1.mp4") == ([0, 1], "")


def test_a_source_shows_what_it_is(clip: Path) -> None:
    assert repr(open_source(clip, start=3)).startswith(f"<source {clip}, start=3, stop=None")


def test_arrays_and_video_agree(clip: Path) -> None:
    with open_source(clip, stop=5) as source:
        stack = np.stack([frame.image for frame in source])
    with open_source(stack) as source:
        for frame in source:
            assert number_of(frame.image) == frame.index
            assert frame.image.shape == numbered(0).shape
