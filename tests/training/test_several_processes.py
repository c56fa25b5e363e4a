"""Two processes on the CPU, started by torchrun, against one process with the doubled batch."""

import math
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from feathertrack.evaluation.training_log import read_log
from feathertrack.training.loop import fit
from feathertrack.training.recipe import Recipe
from tests.training.several_processes import recipes, summed, train
from tests.training.toys import ToyPairs, toy_recipe, toy_task

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("two")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "tests.training.several_processes", str(output)]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return output


def doubled(recipe: Recipe) -> Recipe:
    return replace(recipe, loop=replace(recipe.loop, batch_size=2 * recipe.loop.batch_size))


def steps(output: Path) -> list[dict]:
    return [line for line in read_log(output / "log.jsonl") if line["event"] == "step"]


def losses(output: Path) -> list[float]:
    return [line["losses"].get("total", math.nan) for line in steps(output)]


@pytest.mark.parametrize("name", list(recipes()))
def test_the_losses_are_those_of_one_process_with_the_doubled_batch(
    two: Path, tmp_path: Path, name: str
) -> None:
    train(name, doubled(recipes()[name]), tmp_path)
    tolerance = 2e-2 if name == "bfloat16" else 1e-4
    found = losses(two / name)
    assert len(found) == (4 if name == "accumulated" else 12)
    assert found == pytest.approx(losses(tmp_path / name), rel=tolerance, nan_ok=True)
    assert steps(two / name)[0]["gradient_norm"] == pytest.approx(
        steps(tmp_path / name)[0]["gradient_norm"], rel=tolerance
    )


def test_summed_gradients_are_as_a_rate_times_the_number_of_processes(
    two: Path, tmp_path: Path
) -> None:
    recipe = doubled(toy_recipe())
    optim = replace(
        recipe.optim, lr=2 * recipe.optim.lr, weight_decay=recipe.optim.weight_decay / 2
    )
    train("sum", replace(recipe, optim=optim), tmp_path)
    assert losses(two / "sum") == pytest.approx(losses(tmp_path / "sum"), rel=1e-3)
    assert summed().optim.reduce == "sum"


def test_a_step_is_left_out_by_all_processes_or_by_none(two: Path) -> None:
    """Only the second process met the pair that is no number."""
    assert [line["skipped"] for line in steps(two / "spoiled")][:4] == [0, 0, 1, 1]
    assert math.isnan(losses(two / "spoiled")[2])
    assert all(math.isfinite(loss) for loss in losses(two / "spoiled")[3:])


def test_a_signal_to_one_process_stops_all_after_the_same_step(two: Path) -> None:
    told = [(two / f"stopped-{rank}.txt").read_text() for rank in (0, 1)]
    assert [line.split()[0] for line in told] == ["5", "5"]
    assert [path.name for path in (two / "stopped/checkpoints").iterdir()] == ["step-00000005.ckpt"]


def test_one_process_goes_on_where_two_stopped(two: Path, tmp_path: Path) -> None:
    """24 pairs were seen: with half the pairs in a step, the epoch goes on at step 10 of 12."""
    shutil.copytree(two / "stopped", tmp_path / "stopped")
    recipe = toy_recipe()
    result = fit(
        recipe,
        toy_task(norm=False),
        ToyPairs(length=12),
        output=tmp_path / "stopped",
        devices="cpu",
        resume=True,
    )
    assert result.notes == (
        "2 processes trained until step 5 and 1 from there: 4 pairs make a step now",
    )
    assert result.pairs == (12 - 10) * 4 + 12 * 4
