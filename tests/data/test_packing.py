from __future__ import annotations

import errno
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from feathertrack.data.packing import PackedSource, check_pack, write_pack, writing
from feathertrack.data.packing.layout import shard_path
from feathertrack.data.preparing import square_shot
from feathertrack.data.settings import SetSettings
from feathertrack.data.sources import IndexedSource, open_source
from feathertrack.errors import InputError

SCRIPT = """
import sys
from pathlib import Path
from feathertrack.data.packing import write_pack, writing
from feathertrack.data.settings import SetSettings
from feathertrack.data.sources import open_source

if __name__ == "__main__":
    writing.SHARD_CROPS = 4
    source = open_source(SetSettings(reader="folder", root=sys.argv[1], split=""))
    write_pack(source, Path(sys.argv[2]), side=63, processes=2)
"""


@pytest.fixture(autouse=True)
def few_crops_per_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(writing, "SHARD_CROPS", 4)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_set(tmp_path / "set", count=5)


def make_set(folder: Path, *, count: int) -> Path:
    """Sequences of 4 frames of 90 x 70 pixels in the style of OTB."""
    rng = np.random.default_rng(0)
    for number in range(count):
        place = folder / f"clip{number:03d}"
        place.mkdir(parents=True)
        rows = []
        for frame in range(4):
            small = rng.integers(0, 256, (7, 9, 3), dtype=np.uint8)
            picture = cv2.resize(small, (90, 70), interpolation=cv2.INTER_CUBIC)
            cv2.imwrite(str(place / f"{frame + 1:04d}.jpg"), picture)
            rows.append(f"{10 + frame},{20},{30},{24 + number % 7}")
        (place / "groundtruth_rect.txt").write_text("\n".join(rows) + "\n")
    return folder


def opened(root: Path) -> IndexedSource:
    source = open_source(SetSettings(reader="folder", root=str(root), split=""))
    assert isinstance(source, IndexedSource)
    return source


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def faults_of(folder: Path) -> list[str]:
    return [f"{fault.crop}: {fault.text}" for _, found in check_pack(folder) for fault in found]


def test_a_crop_is_the_square_around_its_target(root: Path, tmp_path: Path) -> None:
    source = opened(root)
    write_pack(source, tmp_path / "pack", side=127, quality=100)
    packed = PackedSource(tmp_path / "pack")
    assert (packed.num_videos, packed.num_tracks, packed.side) == (5, 5, 127)
    for track in range(5):
        assert packed.frames(track).tolist() == source.frames(track).tolist()
        shot, expected = packed.load(track, 2), square_shot(source.load(track, 2), side=127)
        np.testing.assert_allclose(shot.box, expected.box, atol=1e-4)
        assert shot.side == 127 and shot.box[:2] + shot.box[2:] / 2 == pytest.approx(63.5)
        assert np.abs(shot.image.astype(int) - expected.image).mean() < 3


def test_several_processes_write_the_same_bytes(root: Path, tmp_path: Path) -> None:
    write_pack(opened(root), tmp_path / "one", side=63)
    write_pack(opened(root), tmp_path / "two", side=63, processes=2)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    assert len(list((tmp_path / "one" / "shards").iterdir())) == 5
    assert not (tmp_path / "one" / "building").exists()


def test_a_complete_pack_is_left_alone(root: Path, tmp_path: Path) -> None:
    assert write_pack(opened(root), tmp_path / "pack", side=63).crops_written == 20
    assert write_pack(opened(root), tmp_path / "pack", side=63).crops_written == 0


def test_a_pack_that_was_stopped_goes_on(root: Path, tmp_path: Path) -> None:
    def stop(crops: Iterator[int], total: int) -> Iterator[int]:
        for done, crop in enumerate(crops):
            if done == 9:
                raise KeyboardInterrupt
            yield crop

    with pytest.raises(KeyboardInterrupt):
        write_pack(opened(root), tmp_path / "pack", side=63, progress=stop)
    with pytest.raises(InputError, match="not complete: run the same data pack again"):
        PackedSource(tmp_path / "pack")
    assert 0 < write_pack(opened(root), tmp_path / "pack", side=63).crops_written < 20
    write_pack(opened(root), tmp_path / "whole", side=63)
    assert files_of(tmp_path / "pack") == files_of(tmp_path / "whole")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_pack_that_was_killed_goes_on_and_leaves_no_process(tmp_path: Path) -> None:
    root, pack = make_set(tmp_path / "large", count=60), tmp_path / "pack"
    opened(root)
    script = tmp_path / "pack.py"
    script.write_text(SCRIPT)
    run = subprocess.Popen([sys.executable, str(script), str(root), str(pack)])
    shards = pack / "shards"
    for _ in range(3000):
        if run.poll() is not None or (shards.is_dir() and len(list(shards.glob("*.jpgs"))) > 3):
            break
        time.sleep(0.01)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    report = write_pack(opened(root), pack, side=63)
    assert report.crops_written < 240 and report.about.crops == 240
    write_pack(opened(root), tmp_path / "whole", side=63)
    time.sleep(0.1)
    left = {name: data for name, data in files_of(pack).items() if not name.startswith("building")}
    # A worker of the killed run may have ended its part late: nobody reads what it left there.
    assert left == files_of(tmp_path / "whole")


def test_a_full_disk_leaves_only_whole_shards(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, fsync = [], os.fsync
    source, before = opened(root), 1  # the plan

    def full(handle: int) -> None:
        synced.append(handle)
        if len(synced) == before + 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_pack(source, tmp_path / "pack", side=63)
    names = [path.name for path in (tmp_path / "pack" / "shards").iterdir()]
    assert names and all(name.endswith(".jpgs") and not name.startswith(".") for name in names)
    assert len(names) < 5
    monkeypatch.setattr(os, "fsync", fsync)
    write_pack(opened(root), tmp_path / "pack", side=63)
    assert not faults_of(tmp_path / "pack")


def test_checking_names_the_crop_whose_bytes_changed(root: Path, tmp_path: Path) -> None:
    write_pack(opened(root), tmp_path / "pack", side=63)
    assert not faults_of(tmp_path / "pack")
    path = shard_path(tmp_path / "pack", 2)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    (fault,) = faults_of(tmp_path / "pack")
    assert fault.startswith("clip002") and "not those that were written" in fault


def test_a_shard_that_is_cut_off_or_gone_is_refused(root: Path, tmp_path: Path) -> None:
    write_pack(opened(root), tmp_path / "pack", side=63)
    path = shard_path(tmp_path / "pack", 1)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"00001\.jpgs is missing or cut off"):
        PackedSource(tmp_path / "pack")


def test_pictures_that_cannot_be_read_are_left_out_and_counted(root: Path, tmp_path: Path) -> None:
    source = opened(root)
    (root / "clip001" / "0002.jpg").write_bytes(b"no picture")
    shutil.copy(root / "clip001" / "0002.jpg", root / "clip003" / "0001.jpg")
    about = write_pack(source, tmp_path / "pack", side=63).about
    assert (about.crops, about.unreadable) == (18, 2)
    assert "clip001" in about.examples[0]
    assert PackedSource(tmp_path / "pack").frames(1).tolist() == [0, 2, 3]
    assert not faults_of(tmp_path / "pack")


def test_a_folder_with_another_pack_or_other_files_is_refused(root: Path, tmp_path: Path) -> None:
    write_pack(opened(root), tmp_path / "pack", side=63)
    with pytest.raises(InputError, match="holds a pack of side 63, not 127"):
        write_pack(opened(root), tmp_path / "pack", side=127)
    with pytest.raises(InputError, match="is not empty and holds no pack"):
        write_pack(opened(root), root, side=63)
    (root / "clip000" / "groundtruth_rect.txt").write_text("10,20,30,40\n" * 4)
    with pytest.raises(InputError, match="other pictures or boxes"):
        write_pack(opened(root), tmp_path / "pack", side=63)


def test_a_pack_of_another_version_or_a_broken_table_is_refused(root: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    write_pack(opened(root), pack, side=63)
    about = (pack / "pack.json").read_text()
    (pack / "pack.json").write_text(about.replace('"version": 1', '"version": 2'))
    with pytest.raises(InputError, match="version 2, this program reads 1"):
        PackedSource(pack)
    (pack / "pack.json").write_text(about.replace('"crops": 20', '"crops": "many"'))
    with pytest.raises(InputError, match="is damaged or no pack"):
        PackedSource(pack)
    (pack / "pack.json").write_text(about)
    (pack / "table" / "frames.npy").write_bytes(b"")
    with pytest.raises(InputError, match=r"frames\.npy cannot be read"):
        PackedSource(pack)
    with pytest.raises(InputError, match=r"holds no pack\.json"):
        PackedSource(tmp_path)


def test_a_pack_is_small_to_pickle(root: Path, tmp_path: Path) -> None:
    write_pack(opened(root), tmp_path / "pack", side=63)
    packed = PackedSource(tmp_path / "pack")
    packed.load(0, 0)
    data = pickle.dumps(packed)
    assert len(data) < 1000
    again = pickle.loads(data)
    np.testing.assert_array_equal(again.load(4, 3).image, packed.load(4, 3).image)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"side": 9}, "side is 9"), ({"quality": 0}, "quality is 0"), ({"processes": 0}, "is 0")],
)
def test_numbers_out_of_range_are_refused(
    root: Path, tmp_path: Path, options: dict[str, int], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        write_pack(opened(root), tmp_path / "pack", **options)
