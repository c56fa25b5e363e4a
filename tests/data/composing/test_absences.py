from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from feathertrack.benchmarks.got10k import Got10kReader
from feathertrack.data.composing import Catalogue, open_catalogue
from feathertrack.data.composing.absences import read_footage, write_absences
from feathertrack.data.composing.absences.covering import draw_covering, largest_hole
from feathertrack.data.composing.absences.footage import Footage, to_and_fro
from feathertrack.data.composing.absences.leaving import draw_leaving
from feathertrack.data.composing.absences.schedule import (
    LONGEST,
    SHORTEST,
    Absence,
    draw_absences,
    eased,
    labels,
    seen_share,
)
from feathertrack.errors import InputError
from tests.data.composing.photographs import write_photographs

WHITE = np.full((60, 80, 3), 255, np.uint8)
ONCE = (Absence(first=20, last=34, before=5, after=6),)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return open_catalogue(write_photographs(tmp_path / "photographs"))


def footage(*, growth: float = 0.2) -> Footage:
    """A box that moves and grows over 60 frames."""
    frames = np.arange(60.0)
    sides = 14 + growth * frames
    boxes = np.stack([20 + 0.3 * frames, 15 + 0.2 * frames, sides, 0.7 * sides], axis=1)
    return Footage(name="one", paths=(Path("none"),) * 60, boxes=boxes)


def write_sequence(folder: Path, *, frames: int, grey: bool = False) -> Path:
    (folder / "img").mkdir(parents=True)
    for number in range(frames):
        image = np.full((60, 80, 3), (90, 90, 90) if grey else (90, 120, 60), np.uint8)
        cv2.imwrite(str(folder / "img" / f"{number + 1:04d}.png"), image)
    rows = "".join(f"{21 + number % 5},16,20,14\n" for number in range(frames))
    (folder / "groundtruth_rect.txt").write_text(rows)
    return folder


def test_absences_fit_and_leave_time_to_find_the_target_again() -> None:
    for seed in range(50):
        found = draw_absences(np.random.default_rng(seed), 240)
        assert 1 <= len(found) <= 4
        for one in found:
            assert SHORTEST <= one.last - one.first + 1 <= LONGEST
            assert one.first - one.before >= 20 and one.last + one.after < 240 - 39
        for one, other in pairwise(found):
            assert other.first - other.before - one.last - one.after >= 40
    assert draw_absences(np.random.default_rng(0), 60) == ()


def test_labels_tell_hidden_from_hardly_visible() -> None:
    absent, cover = labels(np.array([0.0, 0.09, 0.11, 0.5, 0.97]))
    assert absent.tolist() == [1, 1, 0, 0, 0]
    assert cover.tolist() == [0, 0, 1, 4, 8]
    assert eased(ONCE[0], 60)[[14, 20, 34, 41]].tolist() == [0, 1, 1, 0]


def test_the_share_that_is_seen_counts_the_part_beyond_the_frame() -> None:
    clear = np.ones((60, 80), np.float32)
    assert seen_share(clear, np.array([-10.0, 5, 20, 10])) == 0.5
    clear[:, :5] = 0
    assert seen_share(clear, np.array([-10.0, 5, 20, 10])) == 0.25
    assert seen_share(clear, np.full(4, np.nan)) == 0
    assert seen_share(clear, np.array([500.0, 5, 20, 10])) == 0


def test_the_largest_rectangle_within_a_mask_is_found() -> None:
    alpha = np.zeros((60, 100), np.float32)
    alpha[10:50, 30:90] = 1
    hole = largest_hole(alpha, 1.5)
    assert hole is not None
    assert hole.center == pytest.approx((60, 30), abs=3)
    assert hole.sides == pytest.approx((60, 40), abs=5)
    assert hole.sides[0] <= 60 and hole.sides[1] <= 40
    assert largest_hole(np.zeros((60, 100), np.float32), 1.0) is None


@pytest.mark.parametrize("growth", [0.2, -0.15])
def test_a_covered_target_is_hidden_as_long_as_planned(catalogue: Catalogue, growth: float) -> None:
    for seed in range(4):
        skipped: dict[str, str] = {}
        made = draw_covering(
            np.random.default_rng(seed),
            catalogue,
            footage(growth=growth),
            ONCE,
            like=WHITE,
            skipped=skipped,
        )
        shares = np.array([made.shown(WHITE, frame)[1] for frame in range(60)])
        assert shares[ONCE[0].hidden].max() < 0.05
        assert shares[:14].min() > 0.9 and shares[42:].min() > 0.9


def test_a_target_that_leaves_is_out_of_view_as_long_as_planned(catalogue: Catalogue) -> None:
    for seed in range(4):
        skipped: dict[str, str] = {}
        made = draw_leaving(
            np.random.default_rng(seed), catalogue, footage(), ONCE, like=WHITE, skipped=skipped
        )
        shares = np.array([made.shown(WHITE, frame)[1] for frame in range(60)])
        assert shares[ONCE[0].hidden].max() == 0
        assert shares[:15].min() == shares[42:].min() == 1
        assert np.array_equal(made.boxes[:15], footage().boxes[:15])


@pytest.mark.parametrize("direction", ["right", "left", "up", "down"])
def test_what_is_seen_moves_as_the_boxes_do(catalogue: Catalogue, direction: str) -> None:
    made = draw_leaving(
        np.random.default_rng(0), catalogue, footage(), ONCE, like=WHITE, skipped={}
    )
    pan = type(made.pans[0])(
        direction=direction,
        offsets=np.full(3, 12, np.int64),
        beyond=made.pans[0].beyond,
        picture=0,
    )
    image = np.zeros((60, 80, 3), np.uint8)
    image[25:35, 30:50] = 255
    (dx, dy), view = pan.shifts()[1].astype(int), pan.view(image, 1)
    assert view[25 + dy : 35 + dy, 30 + dx : 50 + dx].min() == 255
    assert abs(dx) + abs(dy) == 12


def test_short_sequences_go_to_and_fro() -> None:
    shown = to_and_fro(21)
    assert len(shown) == 240 and max(shown) == 20
    assert np.abs(np.diff(shown)).max() == 1
    assert to_and_fro(1)[:3] == [0, 0, 0]
    assert len(to_and_fro(1000)) == 300


def test_sequences_are_written_as_got10k_has_them(catalogue: Catalogue, tmp_path: Path) -> None:
    write_sequence(tmp_path / "in" / "a", frames=4, grey=True)
    originals, problems = read_footage(tmp_path / "in")
    assert (len(originals), problems) == (1, ())
    report = write_absences(originals, catalogue, tmp_path / "out", seed=1)
    assert (report.written, report.failed) == (2, {})
    for kind in ("covered", "left"):
        read = Got10kReader(tmp_path / "out").load(f"a-{kind}")
        assert len(read) == 240 and read.cover is not None
        assert not np.isnan(read.truth).any()
        planned = report.manifest["sequences"][f"a-{kind}"]["absences"]
        assert all(read.absent[one["first"] : one["last"] + 1].all() for one in planned)
        assert SHORTEST * len(planned) <= read.absent.sum() <= 60 * len(planned)
        image = cv2.imread(str(read.frames[planned[0]["first"]]))
        assert np.ptp(image.astype(int), axis=2).max() <= 2  # no colours in what had none
    before = (tmp_path / "out" / "a-left" / "00000100.jpg").read_bytes()
    again = write_absences(originals, catalogue, tmp_path / "again", seed=1, kinds=["left"])
    assert again.written == 1
    assert (tmp_path / "again" / "a-left" / "00000100.jpg").read_bytes() == before
    assert write_absences(originals, catalogue, tmp_path / "out", seed=1).written == 0
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["seed"] == 1


def test_what_cannot_be_read_is_named(catalogue: Catalogue, tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "in" / "a", frames=3)
    (folder / "img" / "0002.png").write_bytes(b"broken")
    originals, _ = read_footage(tmp_path / "in")
    report = write_absences(originals, catalogue, tmp_path / "out", kinds=["left"])
    assert "0002.png is no picture" in report.failed["a-left"]
    assert not (tmp_path / "out" / "a-left").exists()
    with pytest.raises(InputError, match="no absence is called 'gone': use covered or left"):
        write_absences(originals, catalogue, tmp_path / "out", kinds=["gone"])
    with pytest.raises(InputError, match="there is no folder"):
        read_footage(tmp_path / "nowhere")
