"""Good files: official ones, wrapped ones, students in distillation, and our own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from feathertrack.errors import WeightsError
from feathertrack.models import Network, create_model
from feathertrack.weights import file_digest, load_model, network_info
from feathertrack.weights.siamfc import rates_of
from tests.filling import fill, shapes_of
from tests.shared_data import shared

OFFICIAL = {
    "FDSiamfc_30.pth": "fdsiamfc_30",
    "FDSiamfc_15.pth": "fdsiamfc_15",
    "FDSiamd.pth": "fdsiamd_50",
}


def _filled(name: str, **options: object) -> Network:
    model = create_model(name, **options)
    fill(model)
    return model


def _saved(path: Path, content: Any, *, legacy: bool = False) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


def _same(first: Network, second: Network) -> bool:
    table = second.state_dict()
    return all(torch.equal(value, table[key]) for key, value in first.state_dict().items())


@pytest.mark.parametrize(("file", "name"), OFFICIAL.items())
def test_official_file_needs_nothing_but_its_path(file: str, name: str) -> None:
    path = shared(f"checkpoints/{file}")
    model = load_model(str(path))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (model.name, model.family, model.training) == (name, "siamfc", False)
    assert model.digest == file_digest(path) == network_info(model).digest == digest
    stored = torch.load(path, map_location="cpu", weights_only=True)
    assert all(torch.equal(value, stored[key]) for key, value in model.state_dict().items())


@pytest.mark.parametrize("name", ["siamfc", "siamfc_alexnetv2", "siamd"])
@pytest.mark.parametrize("legacy", [False, True])
def test_teachers_load_from_both_formats_of_torch(name: str, legacy: bool, tmp_path: Path) -> None:
    teacher = _filled(name)
    loaded = load_model(_saved(tmp_path / "t.pth", teacher.state_dict(), legacy=legacy))
    assert loaded.name == name
    assert _same(teacher, loaded)


@pytest.mark.parametrize(
    ("name", "rates", "found"),
    [
        ("fdsiamfc", [0.2, 0.25, 0.5, 1.0, 0.125], [0.2, 0.25, 0.5, 1.0, 0.13]),
        ("fdsiamfc", 0.31, 0.31),
        ("fdsiamd", 0.333, 0.33),
    ],
)
def test_any_squeeze_rates_are_read_from_shapes(
    name: str, rates: Any, found: Any, tmp_path: Path
) -> None:
    student = _filled(name, rates=rates)
    loaded = load_model(_saved(tmp_path / "s.pth", student.state_dict()))
    assert loaded.name == name
    assert shapes_of(loaded) == shapes_of(student)
    assert loaded.config["rates"] == pytest.approx(found)
    assert _same(student, loaded)


@pytest.mark.parametrize("kind", ["fdsiamfc", "fdsiamd"])
def test_every_even_width_has_a_rate(kind: str) -> None:
    from feathertrack.models.siamfc import STUDENT_STAGES, squeezed_width

    for stage in STUDENT_STAGES[kind]:
        for width in range(2, stage.width + 1, 2):
            assert squeezed_width(stage.width, rates_of([stage], [width])[0]) == width


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"epoch": 3, "state_dict": state, "loss": torch.zeros(())},
        lambda state: {"model": state, "optimizer": {"lr": 0.1}},
        lambda state: {"net": {"state_dict": state}},
        lambda state: OrderedDict((f"module.{key}", value) for key, value in state.items()),
        lambda state: {"model": {f"module.model.{key}": value for key, value in state.items()}},
        lambda state: {key: torch.nn.Parameter(value, False) for key, value in state.items()},
        lambda state: {key: value for key, value in state.items() if "num_batches" not in key},
        lambda state: {
            key: value.double() if value.is_floating_point() else value
            for key, value in state.items()
        },
    ],
)
def test_usual_wrappers_are_seen_through(wrap: Any, tmp_path: Path) -> None:
    student = _filled("fdsiamfc_15")
    loaded = load_model(_saved(tmp_path / "w.pth", wrap(dict(student.state_dict()))))
    assert loaded.name == "fdsiamfc_15"
    weights = (key for key in shapes_of(student) if "num_batches" not in key)
    assert all(torch.equal(student.state_dict()[key], loaded.state_dict()[key]) for key in weights)


def test_safetensors_of_others_are_recognised_by_their_keys(tmp_path: Path) -> None:
    student = _filled("fdsiamd_50")
    save_file(dict(student.state_dict()), tmp_path / "f.safetensors", metadata={"format": "pt"})
    loaded = load_model(tmp_path / "f.safetensors")
    assert loaded.name == "fdsiamd_50"
    assert _same(student, loaded)


def test_half_precision_becomes_float32(tmp_path: Path) -> None:
    state = _filled("fdsiamfc_15").half().state_dict()
    loaded = load_model(_saved(tmp_path / "h.pth", state))
    assert {value.dtype for value in loaded.parameters()} == {torch.float32}


def _trained_step(kind: str, step: int) -> Network:
    """A step network whose unused squeezes still have their zero biases, as after real training."""
    model = _filled(f"{kind}_step", rates=0.25, step=step)
    for key, value in model.state_dict().items():
        for layer in range((step + 1) // 2 + 1, model.backbone.num_layers + 1):
            if key.startswith(f"backbone.con{layer}_") and key.endswith("bias"):
                value.zero_()
    return model


@pytest.mark.parametrize("step", range(10))
def test_step_of_a_checkpoint_is_found(step: int, tmp_path: Path) -> None:
    model = _trained_step("fdsiamfc", step)
    loaded = load_model(_saved(tmp_path / "s.pth", model.state_dict()))
    assert (loaded.name, loaded.config["step"]) == ("fdsiamfc_step", step)
    assert loaded.config["rates"] == 0.25
    assert _same(model, loaded)


def test_ambiguous_step_is_asked_for_and_taken(tmp_path: Path) -> None:
    path = _saved(tmp_path / "s.pth", _filled("fdsiamfc_step", step=4).state_dict())
    with pytest.raises(WeightsError, match=r"step 4 or 5 of fdsiamfc_step: say which.*'step': 5"):
        load_model(path)
    assert load_model(path, options={"step": 4}).config["step"] == 4
    with pytest.raises(WeightsError, match="step 4 or 5"):
        load_model(path, options={"step": 7})


def test_step_checkpoint_is_merged_on_request(tmp_path: Path) -> None:
    model = _filled("fdsiamfc_step").eval()
    path = _saved(tmp_path / "s.pth", model.state_dict())
    merged = load_model(path, form="merged")
    assert (merged.name, merged.training) == ("fdsiamfc_30", False)
    assert merged.digest == file_digest(path)
    assert _same(model.merged(), merged)


def test_a_stated_name_must_be_the_right_one(tmp_path: Path) -> None:
    path = _saved(tmp_path / "s.pth", _filled("fdsiamfc_15").state_dict())
    assert load_model(path, name="fdsiamfc_15").name == "fdsiamfc_15"
    with pytest.raises(WeightsError, match=r"as fdsiamfc_30 its shapes are wrong: .*\(14, 3, 11"):
        load_model(path, name="fdsiamfc_30")
    with pytest.raises(WeightsError, match="no model is called 'fdsiamfc_31'; nearest"):
        load_model(path, name="fdsiamfc_31")


def test_loading_draws_no_random_numbers(tmp_path: Path) -> None:
    path = _saved(tmp_path / "s.pth", _filled("fdsiamfc_15").state_dict())
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    load_model(path)
    assert torch.equal(torch.rand(1), expected)


def test_loaded_network_does_not_hold_the_file(tmp_path: Path) -> None:
    model = _filled("fdsiamfc_15")
    path = tmp_path / "f.safetensors"
    save_file(dict(model.state_dict()), path)
    loaded = load_model(path)
    path.write_bytes(bytes(path.stat().st_size))  # a mapping of the file would turn to zeros
    path.unlink()
    assert _same(model, loaded)


def test_weights_package_imports_no_torch() -> None:
    program = (
        "import sys, feathertrack.weights as w; w.file_digest, w.network_info; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_without_torch_loading_names_the_extra() -> None:
    program = (
        "import importlib.util as u, sys; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'torch' else find(name, *rest)\n"
        "from feathertrack.errors import MissingExtra\n"
        "import feathertrack.weights as w\n"
        "try:\n    w.load_model\n"
        "except MissingExtra as error:\n    sys.exit('feathertrack[torch]' not in str(error))\n"
        "sys.exit(2)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
