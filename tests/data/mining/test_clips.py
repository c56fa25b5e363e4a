"""Which videos are used, and where tracks start in them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from feathertrack.data.mining.clips import NOT_LICENSED, Clip, Clips, open_clips
from feathertrack.data.mining.settings import SHORTEST, MiningSettings
from feathertrack.errors import InputError, SourceError
from tests.data.mining.moving_clips import write_scene


def folder(root: Path, *rows: dict[str, object]) -> Path:
    root.mkdir()
    for name in ("a.mp4", "b.mp4"):
        write_scene(root / name, 12)
    (root / "broken.mp4").write_bytes(b"no video at all")
    (root / "manifest.json").write_text(json.dumps(rows))
    return root


def test_only_licensed_videos_are_taken_and_the_others_are_counted(tmp_path: Path) -> None:
    root = folder(
        tmp_path / "clips",
        {"name": "a.mp4", "permissive": True, "licence": "MIT"},
        {"name": "b.mp4", "permissive": False, "licence": "GPL-3.0"},
    )
    found = open_clips(root)
    assert [(one.name, one.licence, one.num_frames) for one in found.clips] == [("a", "MIT", 12)]
    (problem,) = found.problems
    assert (problem.reason, problem.count, problem.example) == (NOT_LICENSED, 2, "b.mp4")


def test_all_takes_the_rest_and_names_what_is_broken(tmp_path: Path) -> None:
    found = open_clips(folder(tmp_path / "clips"), unlicensed=True)
    assert [one.file for one in found.clips] == ["a.mp4", "b.mp4"]
    assert list(found.skipped) == ["broken.mp4"]


def test_videos_of_one_stem_have_different_names(tmp_path: Path) -> None:
    root = folder(tmp_path / "clips")
    write_scene(root / "A.mkv", 12)
    names = [one.name for one in open_clips(root, unlicensed=True).clips]
    assert len({name.casefold() for name in names}) == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "is no JSON"), ("3", "should hold a list"), ("[]", "--all takes those")],
)
def test_a_manifest_that_names_nothing_is_told(tmp_path: Path, content: str, said: str) -> None:
    root = folder(tmp_path / "clips")
    (root / "manifest.json").write_text(content)
    with pytest.raises((InputError, SourceError), match=said):
        open_clips(root)


def test_a_folder_without_videos_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no video"):
        open_clips(tmp_path)
    with pytest.raises(InputError, match="there is no folder"):
        open_clips(tmp_path / "none")


@pytest.mark.parametrize("num_frames", [8, 20, 100, 250, 18_000])
def test_moments_are_spread_over_the_clip(num_frames: int) -> None:
    settings = MiningSettings(starts=40, frames=40)
    moments = clips(num_frames).moments(settings)
    firsts = np.array([one.first for one in moments])
    assert firsts.min() >= 0
    assert firsts.max() <= num_frames - SHORTEST
    assert sum(one.starts for one in moments) == 40
    assert (np.diff(firsts) >= 12).all()  # two tracks have at most 70 % of their frames in common
    if num_frames > 1000:
        assert np.diff(firsts).max() < 2 * num_frames / len(firsts)
    assert clips(num_frames).moments(settings) == moments


def test_a_clip_that_is_too_short_has_no_moments() -> None:
    assert clips(7).moments(MiningSettings()) == []
    assert clips(20).moments(MiningSettings(stride=3)) == []


def clips(num_frames: int) -> Clips:
    clip = Clip(name="a", file="a.mp4", licence="MIT", num_frames=num_frames)
    return Clips(root=Path(), clips=(clip,), problems=(), skipped={})
