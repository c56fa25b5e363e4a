"""A set of mined tracks on the disk."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from feathertrack.benchmarks import open_benchmark
from feathertrack.benchmarks.checking import check_sequences, together
from feathertrack.boxes import iou
from feathertrack.data.mining import MiningReport, MiningSettings, mine_tracks, open_clips
from feathertrack.data.mining.moments import KEPT, LOST, TRACK
from feathertrack.data.mining.sets import DUPLICATE
from feathertrack.data.readers.folder import read_folder
from feathertrack.errors import InputError
from feathertrack.results import Result
from feathertrack.video.frames import Image
from tests.data.mining.moving_clips import Matching, place, write_scene

SETTINGS = MiningSettings(starts=6, frames=16, still=0.0)
ABOUT = {"name": "matching"}


class Lost(Matching):
    """Loses everything."""

    def update(self, image: Image) -> Result:
        return Result(box=self.box, score=0.0, state="lost")


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("videos")
    write_scene(root / "ball.mp4", 24)
    cut_off = write_scene(root / "cut_off.mp4", 24, seed=1).read_bytes()
    (root / "broken.mp4").write_bytes(cut_off[: len(cut_off) // 3])
    rows = [{"name": path.name, "permissive": True, "licence": "MIT"} for path in root.iterdir()]
    (root / "manifest.json").write_text(json.dumps(rows))
    (root / "SOURCES.md").write_text("made here\n")
    return root


def mine(
    videos: Path, output: Path, make: Callable[[], Matching] = Matching, **changes: object
) -> MiningReport:
    given: dict[str, object] = {"settings": SETTINGS, "tracker": ABOUT, **changes}
    return mine_tracks(open_clips(videos), output, make, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def mined(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("sets") / "mined"
    mine(videos, output)
    return output


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_moving_thing_is_among_the_tracks(mined: Path) -> None:
    tracks = json.loads((mined / "manifest.json").read_text())["tracks"]
    assert tracks
    best = 0.0
    for one in tracks:
        boxes = np.loadtxt(mined / one["name"] / "groundtruth_rect.txt", delimiter=",")
        boxes[:, :2] -= 1
        true = [place(one["first_frame"] + n) for n in range(one["frames"])]
        best = max(best, float(iou(boxes, np.array(true)).mean()))
    assert best > 0.7


def test_readers_and_checks_take_the_set(mined: Path) -> None:
    count = len(json.loads((mined / "manifest.json").read_text())["tracks"])
    records = [record for record in read_folder(mined, "") if record.name]
    assert len(records) == count
    assert not any(record.problems for record in records)
    check = together(check_sequences(open_benchmark("folder", mined), images=True))
    assert check.complete
    assert (check.num_sequences, check.problems) == (count, ())


def test_the_manifest_says_where_each_track_comes_from(mined: Path, videos: Path) -> None:
    manifest = json.loads((mined / "manifest.json").read_text())
    assert manifest["tracker"] == ABOUT
    assert list(manifest["skipped"]) == ["broken.mp4"]
    assert sum(manifest["outcomes"].values()) == manifest["starts"]
    for one in manifest["tracks"]:
        assert one["licence"] == "MIT"
        assert one["mean_overlap"] > 0.6
        assert one["mean_score"] == 0.9
        assert one["box_change"] > 0.15 or one["content_change"] > 0.06
    assert (mined / "SOURCES.md").read_text() == "made here\n"
    assert str(videos) not in json.dumps(manifest)


def test_a_run_that_was_killed_goes_on(videos: Path, mined: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(mined, again)
    track, *others = sorted(path.parent.name for path in again.glob(f"*/{TRACK}"))
    shutil.rmtree(again / track)
    for path in (again / "moments").iterdir():
        path.unlink()
    kept = (again / others[0] / TRACK).stat().st_mtime_ns if others else None
    report = mine(videos, again)
    assert report.tracks_written == 1
    assert contents(again) == contents(mined)
    if kept:
        assert (again / others[0] / TRACK).stat().st_mtime_ns == kept
    assert mine(videos, again, Lost).tracks_written == 0  # nothing is followed again


@pytest.mark.parametrize("processes", [1, 2])
def test_tracks_depend_on_neither_processes_nor_time(
    videos: Path, mined: Path, tmp_path: Path, processes: int
) -> None:
    mine(videos, tmp_path / "again", processes=processes)
    assert contents(tmp_path / "again") == contents(mined)


def test_a_copy_of_a_track_is_dropped(videos: Path, mined: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(mined, again)
    record = sorted((again / "moments").iterdir())[0]
    content = json.loads(record.read_text())
    row = next(row for row in content["starts"] if (again / row["name"]).is_dir())
    shutil.copytree(again / row["name"], again / f"{row['name']}x")
    content["starts"].append({**row, "name": f"{row['name']}x"})
    record.write_text(json.dumps(content))
    before = json.loads((mined / "manifest.json").read_text())["outcomes"]
    after = mine(videos, again).outcomes
    assert after[DUPLICATE] == before.get(DUPLICATE, 0) + 1
    assert not (again / f"{row['name']}x").exists()


def test_what_is_lost_leaves_no_track(videos: Path, tmp_path: Path) -> None:
    report = mine(videos, tmp_path / "none", Lost)
    assert report.outcomes == {LOST: report.starts}
    assert (report.tracks, report.outcomes.get(KEPT, 0)) == (0, 0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"settings": MiningSettings(starts=0)}, "starts is 0"),
        ({"settings": MiningSettings(overlap=1.5)}, "overlap is 1.5, expected 0 to 1"),
        ({"settings": MiningSettings(seed=7)}, "holds mined tracks of seed 0, not 7"),
        ({"tracker": {"name": "another"}}, "tracker .*matching.*, not .*another"),
        ({"processes": 0}, "processes is 0"),
    ],
)
def test_other_words_are_refused(
    videos: Path, mined: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        mine(videos, mined, **changes)
