"""Locks outlive nobody: what a killed process was working on is removed by the next."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from feathertrack import lock
from feathertrack.lock import exclusive, work_folder

HOLD = """
import sys, time
from pathlib import Path
from feathertrack.lock import work_folder

with work_folder(Path(sys.argv[1]), prefix="unfinished-") as folder:
    (folder / "half").write_text("of a network")
    print(folder, flush=True)
    time.sleep(600)
"""


def test_a_folder_is_gone_at_the_end_and_may_be_moved_before(tmp_path: Path) -> None:
    with work_folder(tmp_path, prefix="unfinished-") as folder:
        (folder / "file").touch()
        folder.rename(tmp_path / "whole")
    with pytest.raises(ValueError, match="export"), work_folder(tmp_path, prefix="unfinished-"):
        raise ValueError("the export failed")
    assert [path.name for path in tmp_path.rglob("*")] == ["whole", "file"]


def test_what_a_killed_process_left_goes_and_what_is_at_work_stays(tmp_path: Path) -> None:
    words = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        left = Path(other.stdout.readline().strip())
        with work_folder(tmp_path, prefix="unfinished-"):
            assert (left / "half").is_file()
        other.kill()
    assert (left / "half").is_file()
    with work_folder(tmp_path, prefix="unfinished-") as folder:
        assert [path for path in tmp_path.iterdir() if path.is_dir()] == [folder]
    assert not list(tmp_path.iterdir())


def test_nothing_is_removed_where_the_system_has_no_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise OSError("no locks available")

    monkeypatch.setattr(lock, "_acquire", refuse)
    with (
        work_folder(tmp_path, prefix="unfinished-") as first,
        work_folder(tmp_path, prefix="unfinished-") as second,
    ):
        assert first.is_dir()
        assert second.is_dir()


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    with exclusive(tmp_path / "lock") as first, exclusive(tmp_path / "lock") as second:
        assert (first, second) == (True, False)
