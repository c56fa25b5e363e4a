"""The real VOT toolkit, as a subprocess in an environment of its own, runs trackers of ours.

Set FEATHERTRACK_VOT_TOOLKITS to a folder to keep the toolkits (400 MB each) between runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from feathertrack.evaluation.result_files.vot import regions_of
from tests.adapters.vot_workspace import NUM_FRAMES, run, toolkit, truth, write_workspace

pytestmark = pytest.mark.slow

MOVER = "tests.adapters.trackers_of_tests:Mover"
FORGETFUL = "tests.adapters.trackers_of_tests:Forgetful"


@pytest.fixture(scope="module")
def toolkits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("toolkits")


def register(workspace: Path, tracker: str, *words: str) -> str:
    repository = Path(__file__).resolve().parents[2]
    output = ["--output", workspace / "trackers.ini"]
    ini = [sys.executable, "-m", "feathertrack", "vot", "ini", "--tracker", tracker]
    done = run([*ini, *output, *words], cwd=repository)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def evaluate(vot: Path, workspace: Path, name: str) -> Path:
    """Let the toolkit run a tracker; the folder of its results."""
    done = run([vot, "evaluate", "--workspace", workspace, name])
    folder = workspace / "results" / name / "baseline" / "square"
    logs = "".join(path.read_text()[-2000:] for path in workspace.glob("logs/*"))
    assert folder.is_dir(), done.stdout + done.stderr + logs
    return folder


def read_regions(folder: Path, stem: str) -> list[list[float]]:
    path = next(
        path for path in sorted(folder.glob(f"{stem}.*")) if path.suffix in (".txt", ".bin")
    )
    regions = regions_of(path.read_bytes(), name=str(path))
    return [regions.row(index).tolist() for index in range(len(regions))]


@pytest.mark.parametrize("polygon", [False, True])
def test_reset_based_protocol_of_toolkit_0_7_4(
    toolkits: Path, tmp_path: Path, polygon: bool
) -> None:
    pytest.importorskip("trax")
    vot = toolkit("0.7.4", toolkits)
    experiment = {"type": "supervised", "repetitions": 1, "skip_initialize": 2}
    workspace = write_workspace(tmp_path, experiment, polygon=polygon)
    rows = read_regions(evaluate(vot, workspace, register(workspace, MOVER)), "square_001")
    assert rows[0] == [1.0]
    # a polygon starts the tracker on the box of its area, one pixel larger, as pysot's does
    np.testing.assert_allclose(rows[1:], truth()[1:] + ([0, 0, 1, 1] if polygon else 0), atol=1e-3)

    failing = read_regions(evaluate(vot, workspace, register(workspace, FORGETFUL)), "square_001")
    assert [row[0] for row in failing if len(row) == 1] == [1, 2, 0, 1, 2, 0]


def test_multi_start_protocol_of_toolkit_0_7_4(toolkits: Path, tmp_path: Path) -> None:
    pytest.importorskip("trax")
    workspace = write_workspace(tmp_path, {"type": "multistart"})
    vot = toolkit("0.7.4", toolkits)
    folder = evaluate(vot, workspace, register(workspace, MOVER))
    forwards = read_regions(folder, f"square_{0:08d}")
    assert len(forwards) == NUM_FRAMES
    np.testing.assert_allclose(forwards[1:], truth()[1:], atol=1e-3)
    backwards = read_regions(folder, f"square_{NUM_FRAMES - 1:08d}")
    assert len(backwards) == NUM_FRAMES


@pytest.mark.parametrize("protocol", ["trax", "folder"])
def test_unsupervised_protocol_of_toolkit_0_9_0(
    toolkits: Path, tmp_path: Path, protocol: str
) -> None:
    if protocol == "trax":
        pytest.importorskip("trax")
    workspace = write_workspace(tmp_path, {"type": "unsupervised", "repetitions": 1})
    vot = toolkit("0.9.0", toolkits)
    name = register(workspace, MOVER, "--protocol", protocol, "--id", "mover")
    folder = evaluate(vot, workspace, name)
    rows = read_regions(folder, "square_001")
    np.testing.assert_allclose(rows[1:], truth()[1:], atol=1e-3)
    scores = (folder / "square_001_confidence.value").read_text().split()
    assert float(scores[-1]) == pytest.approx(0.75)
