"""The built wheel, in an environment with nothing else, follows the object of the demo clip."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MIB = 1 << 20


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the tools that are installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    words = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return next(folder.glob("feathertrack-*.whl"))


def test_wheel_holds_the_model_the_clip_and_the_types(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    assert "feathertrack/py.typed" in sizes
    assert any(name.endswith("LICENSE") for name in sizes)
    assert "feathertrack/demo/clip.mp4" in sizes
    models = {name: size for name, size in sizes.items() if "/shipped/" in name}
    assert any(name.endswith(".onnx") for name in models)
    assert sum(size for name, size in models.items() if name.endswith(".onnx")) < 20 * MIB
    assert max(models.values()) < 10 * MIB


def test_wheel_alone_tracks_the_demo_clip(wheel: Path, tmp_path: Path) -> None:
    python = _bare_environment(tmp_path / "bare", wheel)
    torch = subprocess.run([str(python), "-c", "import torch"], capture_output=True, check=False)
    assert torch.returncode != 0, "the base install brought torch"
    environment = {**os.environ, "FEATHERTRACK_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [str(python), "-m", "feathertrack", "demo", "--output", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    (table,) = (tmp_path / "out").glob("*.csv")
    assert next((tmp_path / "out").glob("*.mp4")).stat().st_size > 10_000
    with table.open() as rows:
        assert len(list(csv.DictReader(rows))) > 100


def _bare_environment(folder: Path, wheel: Path) -> Path:
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    options = ["--quiet", "--disable-pip-version-check", "-c", str(ROOT / "constraints.txt")]
    done = subprocess.run(
        [str(python), "-m", "pip", "install", *options, str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "CI" not in os.environ:
        pytest.skip("pip cannot reach a package index from here")
    assert done.returncode == 0, done.stderr
    return python
