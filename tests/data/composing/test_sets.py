from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from feathertrack.benchmarks import open_benchmark
from feathertrack.benchmarks.checking import check_benchmark
from feathertrack.cli import main
from feathertrack.data.composing import (
    Catalogue,
    ClipSettings,
    compose_clip,
    open_catalogue,
    write_clips,
)
from feathertrack.data.composing.clips import HIDDEN
from feathertrack.data.loading import PairLoader
from feathertrack.data.settings import DataSettings, SetSettings, ViewSettings
from feathertrack.data.sources import open_source
from feathertrack.errors import InputError, SourceError
from tests.data.composing.photographs import write_photographs
from tests.data.pretend import Loop

SMALL = ClipSettings(seed=3, frames=3, size=128)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return open_catalogue(write_photographs(tmp_path / "photographs", backgrounds=1))


def content(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_a_clip_depends_on_its_seed_and_number_alone(catalogue: Catalogue) -> None:
    first, again = (compose_clip(catalogue, SMALL, 5) for _ in range(2))
    other = compose_clip(catalogue, SMALL, 6)
    assert all(np.array_equal(a, b) for a, b in zip(first.frames, again.frames, strict=True))
    assert np.array_equal(first.boxes, again.boxes, equal_nan=True)
    assert not np.array_equal(first.boxes, other.boxes, equal_nan=True)


def test_boxes_lie_in_the_frame_and_are_absent_where_little_is_seen(catalogue: Catalogue) -> None:
    for number in range(12):
        clip = compose_clip(catalogue, SMALL, number)
        height, width = clip.frames[0].shape[:2]
        assert max(height, width) == 128 and clip.visible[0] >= 0.7
        there = ~np.isnan(clip.boxes[:, 0])
        assert np.array_equal(there, clip.visible >= HIDDEN)
        ends = clip.boxes[there, :2] + clip.boxes[there, 2:]
        assert (clip.boxes[there] >= 0).all() and (ends <= (width, height)).all()


def test_the_target_is_where_its_box_says(catalogue: Catalogue) -> None:
    """Red discs are nowhere else in photographs without their own."""
    overlaps = []
    for number in range(30):
        clip = compose_clip(catalogue, SMALL, number)
        image, (x, y, w, h) = clip.frames[0].astype(int), clip.boxes[0].round().astype(int)
        inner = image[y + h // 3 : y + h - h // 3, x + w // 3 : x + w - w // 3].reshape(-1, 3)
        overlaps.append((inner[:, 0] > inner[:, 1] + 40).mean())
    assert np.mean(overlaps) > 0.9


def test_processes_and_interruptions_change_no_byte(catalogue: Catalogue, tmp_path: Path) -> None:
    whole, pieces = tmp_path / "whole", tmp_path / "pieces"
    report = write_clips(catalogue, whole, clips=6, settings=SMALL)
    assert (report.clips, report.clips_written, report.frames) == (6, 6, 18)
    write_clips(catalogue, pieces, clips=2, settings=SMALL)
    (pieces / ".building" / "000002-00").mkdir(parents=True)  # left by a run that was killed
    (pieces / "manifest.json").unlink()
    assert write_clips(catalogue, pieces, clips=6, settings=SMALL, processes=2).clips_written == 4
    assert content(whole) == content(pieces)
    assert write_clips(catalogue, whole, clips=6, settings=SMALL).clips_written == 0


def test_a_folder_of_other_clips_or_of_something_else_is_refused(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    write_clips(catalogue, tmp_path / "set", clips=1, settings=SMALL)
    with pytest.raises(InputError, match="composed clips of seed 3, not 4"):
        write_clips(
            catalogue,
            tmp_path / "set",
            clips=1,
            settings=ClipSettings(seed=4, frames=3, size=128),
        )
    fewer = open_catalogue(catalogue.root, sources=["odd"])
    with pytest.raises(InputError, match="of other photographs or masks"):
        write_clips(fewer, tmp_path / "set", clips=1, settings=SMALL)
    with pytest.raises(InputError, match="holds no composed clips"):
        write_clips(catalogue, catalogue.root, clips=1, settings=SMALL)
    with pytest.raises(InputError, match="clips is 0"):
        write_clips(catalogue, tmp_path / "none", clips=0)
    with pytest.raises(InputError, match="size is 20000, expected 128 to 1280"):
        write_clips(catalogue, tmp_path / "none", clips=1, settings=ClipSettings(size=20000))


def test_damaged_photographs_are_left_out_and_named(catalogue: Catalogue, tmp_path: Path) -> None:
    (catalogue.root / "photos" / "1.png").write_bytes(b"\x89PNG, but no more")
    report = write_clips(catalogue, tmp_path / "set", clips=12, settings=SMALL)
    assert report.clips == 12
    assert list(report.skipped) == ["photos/1.png"]
    assert "no picture that can be read" in report.skipped["photos/1.png"]
    for path in catalogue.root.glob("*/*.png"):
        path.write_bytes(b"")
    with pytest.raises(SourceError, match=r"clip 0 cannot be made: \d pictures cannot be used"):
        write_clips(catalogue, tmp_path / "none", clips=1, settings=SMALL)


def test_the_manifest_names_every_picture_with_its_licence(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    write_clips(catalogue, tmp_path / "set", clips=3, settings=SMALL)
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text())
    assert (manifest["clips"], manifest["seed"], manifest["version"]) == (3, 3, 1)
    assert {one["licence"] for one in manifest["pictures"]} <= {"CC0, drawn here", "MIT"}
    assert all(one["clips"] >= 1 for one in manifest["pictures"])
    assert (tmp_path / "set" / "SOURCES.md").read_bytes() == (
        catalogue.root / "SOURCES.md"
    ).read_bytes()


def test_a_training_reads_the_clips(catalogue: Catalogue, tmp_path: Path) -> None:
    write_clips(catalogue, tmp_path / "set", clips=4, settings=SMALL)
    check = check_benchmark(open_benchmark("folder", tmp_path / "set"), images=True)
    assert check.complete and check.num_frames == 12
    reads = SetSettings(reader="folder", root=str(tmp_path / "set"), split="")
    small = ViewSettings(size=32)
    data = DataSettings(
        sets=(reads,), pairs_per_epoch=4, workers=0, template=small, search=small, crop="pysot"
    )
    batch = next(iter(PairLoader([open_source(reads)], data, Loop(4), seed=0)))
    assert batch.search.shape == (4, 3, 32, 32)


def test_the_command_says_what_it_made(
    catalogue: Catalogue, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["data", "compose", "--images", str(catalogue.root), "--output", str(tmp_path / "set")]
    words += ["--clips", "2", "--frames", "2", "--size", "128"]
    assert main(words) == 0
    assert "2 clips, 4 frames" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["clips"] == 2
    assert main([*words, "--sources", "ood"]) == 2
    assert "there are" in capsys.readouterr().err
