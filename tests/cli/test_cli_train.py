"""The commands ``train`` and ``distill``: words, dry runs, and a small run of each."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from feathertrack.models import create_model
from feathertrack.weights import load_model, save_model
from tests.cli.conftest import Run

MINE = """
from dataclasses import replace
from feathertrack.data.settings import DataSettings, SetSettings, ViewSettings
from feathertrack.recipes import find_compression, find_recipe, find_student
from feathertrack.training.recipe import LoopSettings, ValidationSettings

DATA = DataSettings(
    sets=(SetSettings(reader="folder", root="pictures", split=""),), pairs_per_epoch=4,
    template=ViewSettings(size=95), search=ViewSettings(size=111), workers=0,
)
SMALL = dict(data=DATA, loop=LoopSettings(epochs=1, batch_size=2), validation=ValidationSettings())

def mine():
    recipe = replace(find_recipe("siamfc_small"), name="mine", model="fdsiamfc_15", **SMALL)
    return recipe

def narrow():
    small = dict(SMALL, rates=(0.5, 1.0, 1.0, 1.0, 1.0))
    whole = replace(find_compression("fdsiamfc_30"), name="narrow", model="squeezed_step",
                    teacher_model="fdsiamfc_15", **small)
    return replace(whole, train=replace(whole.train, epochs=1),
                   finetune=replace(whole.finetune, epochs=0))

BOXES = replace(DATA, crop="pytracking", template=ViewSettings(size=64, context=2.0),
                search=ViewSettings(size=64, context=2.0, shift=20.0, scale=0.5))

BOXED = dict(SMALL, data=BOXES, loop=LoopSettings(epochs=1, batch_size=2, skip_above=1e12))

def taught():
    whole = find_student("atom_cfkd_tiny")
    return replace(whole, name="taught", **BOXED)

def in_turn():
    whole = find_student("atom_cfkd_separate")
    small = dict(BOXED, model="atom_r18_tiny")
    return replace(whole, name="in_turn", stages=tuple(
        replace(stage, name=name, **small) for stage, name in zip(whole.stages, ("one", "two"))))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A set of three pictures with a box each, and a file of recipes."""
    folder, random = tmp_path / "pictures", np.random.default_rng(0)
    folder.mkdir()
    for number in range(3):
        pixels = random.integers(0, 256, (120, 160, 3), dtype=np.uint8)
        assert cv2.imwrite(str(folder / f"{number}.png"), pixels)
    content = {
        "images": [
            {"id": n, "file_name": f"{n}.png", "width": 160, "height": 120} for n in range(3)
        ],
        "annotations": [
            {"id": n, "image_id": n, "category_id": 1, "bbox": [50, 40, 40, 30]} for n in range(3)
        ],
        "categories": [{"id": 1, "name": "noise"}],
    }
    (folder / "instances.json").write_text(json.dumps(content))
    (tmp_path / "my_recipes.py").write_text(MINE)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("train", "siamfc_small"),
        ("train", "atom_small"),
        ("distill", "fdsiamfc_30"),
        ("distill", "atom_cfkd_separate"),
    ],
)
def test_without_a_name_the_names_are_listed(run: Run, command: str, name: str) -> None:
    ran = run(command)
    assert ran.status == 0
    assert name in ran.out


def test_a_dry_run_needs_no_data_and_prints_everything(run: Run) -> None:
    ran = run("train", "siamfc_got10k", "--dry-run", "--optim.lr", "5e-3", "--loop.epochs=20")
    assert ran.status == 0
    assert "--optim.lr                  0.005" in ran.out
    assert "no --data, so its size is not known" in ran.out
    assert "1,166 an epoch with one process, 23,320 in all" in ran.out
    assert "memory    about" in ran.out


def test_a_dry_run_counts_the_data_that_is_there(run: Run, root: Path) -> None:
    mine = f"{root / 'my_recipes.py'}:mine"
    ran = run("train", mine, "--data", str(root), "--dry-run")
    assert "data      folder pictures: 3 videos, 3 tracks, 3 boxes" in ran.out
    ran = run("train", mine, "--data", str(root / "pictures"), "--dry-run")
    assert ran.status == 0
    assert "data      folder pictures: not there: " in ran.out


def test_a_dry_run_of_a_compression_lists_its_stages(run: Run) -> None:
    ran = run("distill", "fdsiamfc_30", "--dry-run", "--rates", "0.5,1,1,1,0.3")
    assert ran.status == 0
    lines = [line.split() for line in ran.out.splitlines() if line.startswith("step0")]
    assert [line[0] for line in lines[::2]] == ["step01-train", "step02-train", "step09-train"]
    assert lines[2][1:3] == ["bn1", "conv2"]
    assert "student   fdsiamfc:" in ran.out
    assert "teacher   none is given yet" in ran.out


@pytest.fixture
def teacher(tmp_path: Path) -> str:
    """A file with the weights of a small ATOM."""
    return str(save_model(create_model("atom_r18_tiny"), tmp_path / "mine.safetensors"))


def test_a_dry_run_of_a_distillation_shows_its_sum(run: Run, teacher: str) -> None:
    words = ["--task.terms.2.weight", "10", "--teacher", teacher, "--model", "atom_r18_small"]
    ran = run("distill", "atom_cfkd_tiny", "--dry-run", *words)
    assert ran.status == 0, ran.err
    shown = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "--task.terms.2.name fidelity (a text)" in shown
    assert "--task.terms.2.weight 10.0 (a number)" in shown
    assert "--task.terms.3.maximum sample (one of sample, batch)" in shown
    assert "--task.teacher-mode eval (one of eval, train)" in shown
    assert f"teacher {teacher} (a text)" in shown
    assert f"teacher atom_r18_tiny from {teacher}" in shown
    assert "model atom_r18_small (a text)" in shown
    assert "1,000 an epoch with one process, 50,000 in all, 1,600,000 pairs" in ran.out


def test_fields_are_for_all_stages_or_for_one_by_its_number(run: Run) -> None:
    words = ["--model", "atom_r18_tiny", "--loop.epochs", "9", "--stages.1.loop.epochs", "4"]
    words += ["--weights", "start.pth"]
    ran = run("distill", "atom_cfkd_separate", "--dry-run", *words)
    assert ran.status == 0, ran.err
    shown = [" ".join(line.split()) for line in ran.out.splitlines()]
    for stage, epochs, weights in ((0, 9, "start.pth"), (1, 4, '""')):
        assert f"--stages.{stage}.loop.epochs {epochs} (a whole number)" in shown
        assert f"--stages.{stage}.weights {weights} (a text)" in shown
        assert f"--stages.{stage}.model atom_r18_tiny (a text)" in shown
    assert ran.out.count("\nstage     atom_cfkd_separate_") == 2


def test_a_dry_run_without_the_teacher_says_that_one_is_needed(run: Run) -> None:
    for name, said in (
        ("atom_ts", "teacher   atom_r18, whose weights are not here: this training needs them"),
        ("atom_ts_little", "teacher   none, and this training needs one: name it by --teacher"),
    ):
        ran = run("distill", name, "--dry-run", "--model", "atom_r18_tiny")
        assert ran.status == 0, ran.err
        assert said in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["atom_ts_little", "--teacher", "none.pth"], "there is no file none.pth to take the teac"),
        (["atom_ts_little", "--teacher", "nothere"], "--teacher nothere is no file and no model"),
        (["atom_ts", "--teacher", "atom_r18"], "--teacher atom_r18 is no file and no model whose"),
        (["drnet_cfkd_little", "--teacher", "TEACHER"], "mine.safetensors: give a file of weights"),
        (["atom_gt_little", "--teacher", "TEACHER"], "imitates no teacher: leave --teacher out"),
        (
            ["atom_gt_little", "--teacher", "TEACHER", "--task.cache.folder", "kept"],
            "there is nothing to keep in kept: leave out --task.cache.folder",
        ),
        (
            ["atom_ts_little", "--teacher", "TEACHER", "--task.cache.folder", "TEACHER"],
            "mine.safetensors is no folder: name another",
        ),
        (
            ["atom_cfkd_little", "--task.terms.2.levels", "7"],
            "task.terms.2.levels: fidelity looks at level 7, and atom_r18_small has the levels "
            "0 of 144 x 144, 1 of 72 x 72, 2 of 36 x 36, 3 of 18 x 18 cells",
        ),
        (["atom_cfkd_little", "--task.terms.1.levels", "3"], "task.terms.1.levels has no effect"),
        (["atom_cfkd_little", "--task.terms.2.weight=-1"], "task.terms.2.weight must be at least"),
        (
            ["atom_cfkd_separate_little", "--loop.seed=-3"],
            "stages.0.loop.seed must be at least 0",
        ),
        (["feather_fc_from_siamfc", "--teacher", "TEACHER"], "the teacher atom_r18_tiny, from"),
        (["fdsiamfc_30", "--teacher", "TEACHER"], "fdsiamfc_30 squeezes a siamfc, but the teacher"),
        (["fdsiamfc_30", "--teacher", "gone.pth"], "gone.pth"),
    ],
)
def test_a_dry_run_refuses_what_the_training_would(
    run: Run, teacher: str, words: list[str], said: str
) -> None:
    given = [teacher if word == "TEACHER" else word for word in words]
    ran = run("distill", *given, "--dry-run")
    assert ran.status == 2, ran.out
    assert said in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "siamfc_smal"], "no recipe is called 'siamfc_smal'; nearest: siamfc_small"),
        (["train", "siamfc_small", "--optim.lrr", "1"], "nearest: optim.lr (a number)"),
        (["train", "siamfc_small", "--optim.lr", "fast"], "optim.lr must be a number, got 'fast'"),
        (["train", "siamfc_small", "--loop.epochs", "2.5"], "must be a whole number, got '2.5'"),
        (["train", "siamfc_small", "--task.loss", "fokal"], "one of balanced, focal, ghm, ohnm"),
        (["train", "siamfc_small", "--model", "siamfk", "--dry-run"], "nearest: siamfc"),
        (["train", "siamfc_small", "--resume", "--output", "none"], "none holds no training"),
        (["distill", "fdsiamfc_3"], "no student is called 'fdsiamfc_3'; nearest: fdsiamfc_30"),
        (["distill", "fdsiamfc_30"], "distill needs a trained siamfc: --teacher NAME|FILE"),
        (["distill", "fdsiamfc_30", "--tran.epochs", "2"], "nearest: train.epochs (a whole"),
        (["distill", "fdsiamfc_30", "--rates", "0.3,0.3", "--dry-run"], "5 stages need as many"),
        (["distill", "fdsiamfc_30", "--optim.lr", "1"], "has no effect where stages are trained"),
        (
            ["train", "siamfc_small", "--loop.seed", "-3", "--dry-run"],
            "loop.seed must be at least 0",
        ),
        (
            ["distill", "fdsiamfc_30", "--data.gray", "2", "--dry-run"],
            "gray must be at least 0 and",
        ),
        (
            ["train", "siamfc_small", "--devices", "mps"],
            "'mps' is no device for this: say auto, cpu, cuda or cuda:N",
        ),
        (["distill", "fdsiamfc_30", "--norms", "thaw"], "norms is one of freeze, train"),
        (["distill", "atom_cfk"], "no student is called 'atom_cfk'; nearest: atom_cfkd"),
        (["distill", "atom_cfkd", "--rates", "0.3"], "recipe atom_cfkd has no field 'rates'"),
        (["distill", "atom_cfkd", "--task.terms.4.weight", "1"], "nearest: task.terms."),
        (["distill", "atom_cfkd", "--task.terms.3.maximum", "own"], "one of sample, batch"),
        (["distill", "atom_cfkd_separate", "--stages.2.optim.lr", "1"], "nearest: stages."),
    ],
)
def test_wrong_words_are_named(run: Run, words: list[str], said: str) -> None:
    ran = run(*words)
    assert ran.status == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_recipe_of_ones_own_is_trained_then_squeezed(run: Run, root: Path) -> None:
    file, teacher = root / "my_recipes.py", root / "run" / "weights" / "last.safetensors"
    where = ["--data", str(root), "--devices", "cpu"]
    ran = run("train", f"{file}:mine", *where, "--output", str(root / "run"))
    assert (ran.status, ran.err.count("error")) == (0, 0), ran.err
    assert f"weights   {teacher}" in ran.out
    assert "trained   1 epochs, 2 steps" in ran.out
    again = run("train", f"{file}:mine", *where, "--output", str(root / "run"), "--resume")
    assert again.status == 0

    words = ["--teacher", str(teacher), "--output", str(root / "narrow")]
    ran = run("distill", f"{file}:narrow", *where, *words)
    assert ran.status == 0, ran.err
    assert "step02-train: done, 1 epochs, 4 pairs" in ran.err
    student = load_model(root / "narrow" / "student.safetensors")
    assert student.name == "squeezed"
    assert len(student.state_dict()["backbone.conv1.0.weight"]) == 6


def test_a_teacher_that_is_not_there_is_named(run: Run, root: Path) -> None:
    missing = str(root / "missing.safetensors")
    ran = run("distill", "fdsiamfc_30", "--teacher", missing, "--data", str(root))
    assert ran.status != 0
    assert f"there is no file {missing}" in ran.err
    other = save_model(create_model("fdsiamfc_15"), root / "other.safetensors")
    ran = run("distill", "fdsiamfc_30", "--teacher", str(other), "--data", str(root))
    assert ran.status == 2
    assert "squeezes a siamfc, but the teacher" in ran.err


def test_students_are_taught_by_a_teacher_in_one_stage_or_in_turn(run: Run, root: Path) -> None:
    file, where = root / "my_recipes.py", ["--data", str(root), "--devices", "cpu"]
    teacher = str(save_model(create_model("atom_r18_tiny"), root / "teacher.safetensors"))
    output = str(root / "taught")
    ran = run("distill", f"{file}:taught", *where, "--teacher", teacher, "--output", output)
    assert ran.status == 0, ran.err
    assert "trained   1 epochs, 2 steps" in ran.out
    assert "fidelity" in ran.out
    output = str(root / "in_turn")
    ran = run("distill", f"{file}:in_turn", *where, "--teacher", teacher, "--output", output)
    assert ran.status == 0, ran.err
    assert "one: 1 epochs, 2 steps; " in ran.out
    student = root / "in_turn" / "two" / "weights" / "last.safetensors"
    assert f"weights   {student}" in ran.out
    assert load_model(student).name == "atom_r18_tiny"


def test_a_student_without_the_teacher_that_it_needs_is_refused(run: Run, root: Path) -> None:
    own = f"{root / 'my_recipes.py'}:taught"
    other = str(save_model(create_model("fdsiamfc_15"), root / "other.safetensors"))
    where = ["--data", str(root), "--output", str(root / "run"), "--devices", "cpu"]
    for teacher, said in ((other, "the teacher is fdsiamfc_15"), ("", "--teacher NAME|FILE")):
        ran = run("distill", own, *where, "--teacher", teacher)
        assert ran.status == 2, ran.err
        assert said in ran.err
