"""A whole compression on a few small pictures: cut short, gone on with, and merged."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from feathertrack.data.settings import DataSettings, SetSettings, ViewSettings
from feathertrack.errors import InputError
from feathertrack.models import create_model, registry
from feathertrack.models.registry import register
from feathertrack.models.siamfc import Backbone, SiamFC, Stage, initialise
from feathertrack.training.compression.running import CompressionResult, run_compression
from feathertrack.training.compression.settings import Compression, PhaseSettings
from feathertrack.training.progress import Progress, Watch
from feathertrack.training.recipe import LoopSettings
from feathertrack.training.tasks.siamfc import SiamFCTaskSettings
from feathertrack.weights import load_model, save_model


def toy_teacher() -> SiamFC:
    """Two convolutions: the chain that these tests squeeze."""
    stages = [Stage(width=8, kernel=11, stride=2, pool=True), Stage(width=12, kernel=5, groups=2)]
    network = SiamFC(Backbone(stages), gain=1e-3)
    initialise(network)
    return network


@pytest.fixture(scope="module", autouse=True)
def _registered() -> Iterator[None]:
    """Other tests list all networks: this one has its name here alone."""
    register(toy_teacher)
    yield
    del registry._BUILDERS["toy_teacher"]


COMPRESSION = Compression(
    name="toy",
    source="ours",
    teacher_model="toy_teacher",
    model="squeezed_step",
    rates=(0.5,),
    train=PhaseSettings(epochs=1),
    finetune=PhaseSettings(epochs=2, lr=1e-3),
    task=SiamFCTaskSettings(),
    data=DataSettings(
        sets=(SetSettings(reader="folder", root="pictures", split=""),),
        pairs_per_epoch=6,
        template=ViewSettings(size=63),
        search=ViewSettings(size=95),
        workers=0,
    ),
    loop=LoopSettings(batch_size=2, log_every=1),
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures of noise with a box each, and a teacher."""
    root = tmp_path_factory.mktemp("data")
    folder, random = root / "pictures", np.random.default_rng(0)
    folder.mkdir()
    images, annotations = [], []
    for number in range(4):
        pixels = random.integers(0, 256, (120, 160, 3), dtype=np.uint8)
        assert cv2.imwrite(str(folder / f"{number}.png"), pixels)
        images.append({"id": number, "file_name": f"{number}.png", "width": 160, "height": 120})
        box = [50 + 5 * number, 40, 40, 30]
        annotations.append({"id": number, "image_id": number, "category_id": 1, "bbox": box})
    content = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "noise"}],
    }
    (folder / "instances.json").write_text(json.dumps(content))
    torch.manual_seed(0)
    teacher = create_model("toy_teacher").train()
    with torch.no_grad():
        for _ in range(100):  # until its batch norm knows what pixels are like
            teacher.embed(255 * torch.rand(2, 3, 63, 63))
    save_model(teacher, root / "teacher.safetensors")
    return root


class Killed(BaseException):
    """Ends a training as a kill does: nothing is saved on the way out."""


def _compress(
    root: Path, output: Path, *, kill_at: tuple[str, int] | None = None, **changes: object
) -> CompressionResult:
    """Run the compression; a kill comes when a stage tells of so many steps."""

    @contextlib.contextmanager
    def watching(name: str) -> Iterator[Watch]:
        told = 0

        def watch(_: Progress) -> None:
            nonlocal told
            told += 1
            if kill_at == (name, told):
                raise Killed

        yield watch

    return run_compression(
        replace(COMPRESSION, **changes),  # type: ignore[arg-type]
        teacher=str(root / "teacher.safetensors"),
        output=output,
        data_root=root,
        devices="cpu",
        watch=watching,
    )


@pytest.fixture(scope="module")
def whole(root: Path, tmp_path_factory: pytest.TempPathFactory) -> CompressionResult:
    return _compress(root, tmp_path_factory.mktemp("whole"))


def test_every_stage_is_trained_and_the_student_is_plain(whole: CompressionResult) -> None:
    assert [state.name for state in whole.stages] == [
        f"step{step:02}-{phase}" for step in (1, 2, 3) for phase in ("train", "finetune")
    ]
    assert {state.state for state in whole.stages} == {"done"}
    assert [state.pairs for state in whole.stages] == [6, 12] * 3
    assert whole.student is not None
    student = load_model(whole.student)
    assert student.name == "squeezed"
    widths = [len(value) for key, value in student.state_dict().items() if value.ndim == 4]
    assert widths == [4, 6]
    assert whole.difference < 1e-5


@pytest.mark.parametrize("stage", ["step01-train", "step02-finetune"])
def test_a_killed_compression_goes_on_to_the_very_same_student(
    root: Path, tmp_path: Path, whole: CompressionResult, stage: str
) -> None:
    with pytest.raises(Killed):
        _compress(root, tmp_path, kill_at=(stage, 3))
    plan = json.loads((tmp_path / "plan.json").read_text())
    states = {one["name"]: one["state"] for one in plan["stages"]}
    assert states[stage] == "running"
    assert states["step03-train"] == "waiting"
    again = _compress(root, tmp_path)
    assert again.student is not None
    assert whole.student is not None
    expected, found = load_model(whole.student), load_model(again.student)
    assert all(
        torch.equal(value, found.state_dict()[key]) for key, value in expected.state_dict().items()
    )


def test_a_finished_compression_trains_nothing_again(
    root: Path, tmp_path: Path, whole: CompressionResult
) -> None:
    told = _compress(root, whole.output, kill_at=("step01-train", 1))
    assert told.stages == whole.stages


def test_a_folder_of_another_compression_or_teacher_is_refused(
    root: Path, tmp_path: Path, whole: CompressionResult
) -> None:
    with pytest.raises(InputError, match=r"another compression \(rates.*another --output"):
        _compress(root, whole.output, rates=(0.25,))
    other = root / "other.safetensors"
    save_model(create_model("toy_teacher"), other)
    with pytest.raises(InputError, match="the compression of another teacher"):
        run_compression(COMPRESSION, teacher=str(other), output=whole.output, data_root=root)


def test_a_teacher_without_statistics_is_refused_where_they_would_stay(
    root: Path, tmp_path: Path
) -> None:
    untrained = str(save_model(create_model("toy_teacher"), tmp_path / "untrained.safetensors"))
    with pytest.raises(InputError, match="was never trained"):
        run_compression(COMPRESSION, teacher=untrained, output=tmp_path / "run", data_root=root)


def test_a_teacher_of_another_kind_is_refused(root: Path, tmp_path: Path) -> None:
    path = save_model(create_model("fdsiamfc_15"), tmp_path / "student.safetensors")
    with pytest.raises(InputError, match=r"squeezes a toy_teacher, but the teacher .* fdsiamfc_15"):
        run_compression(COMPRESSION, teacher=str(path), output=tmp_path / "out", data_root=root)


def test_a_plan_that_is_none_is_refused_by_name(root: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("[1, 2")
    with pytest.raises(InputError, match=r"plan\.json is no plan of a compression"):
        _compress(root, tmp_path)


def test_a_live_teacher_is_imitated_unit_by_unit(root: Path, tmp_path: Path) -> None:
    result = _compress(root, tmp_path, feature_weight=0.5, finetune=PhaseSettings(epochs=0))
    assert [state.step for state in result.stages] == [1, 2, 3]
    for state in result.stages:
        lines = (tmp_path / "stages" / state.name / "log.jsonl").read_text().splitlines()
        events = [json.loads(line) for line in lines]
        losses = [event["losses"] for event in events if event["event"] == "step"]
        assert losses
        assert all(loss["unit"] > 0 for loss in losses)
        assert all(loss["total"] > 0.5 * loss["unit"] for loss in losses)
