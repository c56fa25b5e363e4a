import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from feathertrack.data.batch import PairBatch
from feathertrack.errors import FeathertrackError, InputError
from feathertrack.evaluation.training_log import read_log
from feathertrack.training.checkpoints import find_checkpoints
from feathertrack.training.loop import fit
from feathertrack.training.progress import FitResult, Progress, Watch
from feathertrack.training.recipe import FreezeSettings, OptimSettings, Recipe
from tests.training.toys import ToyPairs, toy_recipe, toy_task


class Stopped(Exception):
    """As if the process was killed."""


def train(
    output: Path,
    recipe: Recipe,
    *,
    resume: bool | Path = False,
    watch: Watch | None = None,
    data: tuple[str, ...] = (),
) -> FitResult:
    pairs = ToyPairs(length=6 * recipe.loop.accumulate)
    return fit(
        recipe,
        toy_task(),
        pairs,
        output=output,
        devices="cpu",
        data=data,
        resume=resume,
        watch=watch,
    )


def at_step(number: int, act: object) -> Watch:
    """Act once, after so many steps in all."""

    def watch(progress: Progress) -> None:
        if (progress.epoch - 1) * progress.steps + progress.step == number:
            act()  # type: ignore[operator]

    return watch


def kill() -> None:
    raise Stopped


def losses(output: Path) -> list[float]:
    lines = read_log(output / "log.jsonl")
    return [line["losses"]["total"] for line in lines if line["event"] == "step"]


def weights(output: Path) -> dict[str, torch.Tensor]:
    last = find_checkpoints(output / "checkpoints")[-1]
    return torch.load(last, weights_only=True)["states"]["task"]


def recipes() -> dict[str, Recipe]:
    base = toy_recipe(epochs=3)
    frozen = FreezeSettings(frozen={"stem": 1}, fresh_optimizer=True)
    return {
        "sgd": base,
        "adam, averaged": replace(
            base, optim=OptimSettings(kind="adam", lr=1e-3), loop=replace(base.loop, ema=0.9)
        ),
        "accumulated": replace(base, loop=replace(base.loop, accumulate=2)),
        "thawing": replace(base, freeze=frozen),
        "float16": replace(base, loop=replace(base.loop, precision="float16")),
    }


@pytest.mark.parametrize("name", list(recipes()))
@pytest.mark.parametrize("step", [4, 6, 10])
def test_a_stopped_training_goes_on_with_the_very_same_losses(
    tmp_path: Path, name: str, step: int
) -> None:
    recipe = recipes()[name]
    train(tmp_path / "whole", recipe)
    stopped = train(
        tmp_path / "parts",
        recipe,
        watch=at_step(step, lambda: signal.raise_signal(signal.SIGTERM)),
    )
    assert stopped.stopped_by == signal.SIGTERM
    # The signal comes after a step: the next one sees it, or the end of the epoch does.
    assert stopped.steps == step + bool(step % 6)
    resumed = train(tmp_path / "parts", recipe, resume=True)
    assert resumed.steps == 18
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
    for key, value in weights(tmp_path / "whole").items():
        assert torch.equal(value, weights(tmp_path / "parts")[key]), key


def test_a_killed_training_goes_on_from_its_last_checkpoint(tmp_path: Path) -> None:
    recipe = toy_recipe(epochs=3)
    train(tmp_path / "whole", recipe)
    with pytest.raises(Stopped):
        train(tmp_path / "parts", recipe, watch=at_step(11, kill))
    assert [path.name for path in find_checkpoints(tmp_path / "parts/checkpoints")] == [
        "step-00000006.ckpt"
    ]
    train(tmp_path / "parts", recipe, resume=True)
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")


def test_checkpoints_are_also_written_by_the_clock(tmp_path: Path) -> None:
    recipe = toy_recipe(epochs=1, save_minutes=0.0, keep=2)
    with pytest.raises(Stopped):
        train(tmp_path, recipe, watch=at_step(5, kill))
    names = [path.name for path in find_checkpoints(tmp_path / "checkpoints")]
    assert names == ["step-00000003.ckpt", "step-00000004.ckpt"]


def test_pairs_that_fail_end_the_training_saved(tmp_path: Path) -> None:
    class Failing(ToyPairs):
        def __iter__(self) -> Iterator[PairBatch]:
            for number, batch in enumerate(super().__iter__()):
                if number == 3:
                    raise FeathertrackError("a process that prepares pairs is gone")
                yield batch

    train(tmp_path / "whole", toy_recipe())
    with pytest.raises(FeathertrackError, match="is gone"):
        fit(toy_recipe(), toy_task(), Failing(), output=tmp_path / "parts", devices="cpu")
    train(tmp_path / "parts", toy_recipe(), resume=True)
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")


def test_resuming_where_nothing_is_begins(tmp_path: Path) -> None:
    assert train(tmp_path, toy_recipe(), resume=True).steps == 12


def test_resuming_what_is_finished_does_nothing(tmp_path: Path) -> None:
    train(tmp_path, toy_recipe())
    again = train(tmp_path, toy_recipe(), resume=True)
    assert (again.steps, again.pairs, again.epochs) == (12, 0, 2)
    assert len(losses(tmp_path)) == 12


def test_a_folder_that_holds_a_run_is_not_overwritten(tmp_path: Path) -> None:
    train(tmp_path, toy_recipe())
    with pytest.raises(InputError, match=r"holds a run, up to step-00000012.ckpt: resume it"):
        train(tmp_path, toy_recipe())


def test_another_recipe_is_refused_by_its_fields(tmp_path: Path) -> None:
    train(tmp_path, toy_recipe())
    other = replace(toy_recipe(seed=3), optim=OptimSettings(lr=0.5, factors={"stem": 2.0}))
    words = r"another recipe \(optim.lr: 0.05, now 0.5; loop.seed: 0, now 3; optim.factors.stem: "
    words += r"absent, now 2.0\): give the same options, or another --output"
    with pytest.raises(InputError, match=words):
        train(tmp_path, other, resume=True)


def test_other_data_are_refused_by_what_they_hold(tmp_path: Path) -> None:
    train(tmp_path, toy_recipe(), data=("3 videos", "5 videos"))
    words = r"set 1 had 5 videos, and has 6 videos now: give the same data, or another --output"
    with pytest.raises(InputError, match=words):
        train(tmp_path, toy_recipe(), resume=True, data=("3 videos", "6 videos"))
    assert train(tmp_path, toy_recipe(), resume=True, data=("3 videos", "5 videos")).pairs == 0


def test_what_does_not_change_the_learning_may_differ(tmp_path: Path) -> None:
    recipe = toy_recipe()
    with pytest.raises(Stopped):
        train(tmp_path, recipe, watch=at_step(8, kill))
    other = replace(recipe, loop=replace(recipe.loop, keep=7, log_every=2))
    other = replace(other, data=replace(other.data, workers=5))
    assert train(tmp_path, other, resume=True).steps == 12


def test_a_network_of_another_shape_is_refused(tmp_path: Path) -> None:
    train(tmp_path, toy_recipe())
    with pytest.raises(InputError, match=r"step-00000012.ckpt does not fit the network"):
        fit(
            toy_recipe(),
            toy_task(norm=False),
            ToyPairs(),
            output=tmp_path,
            devices="cpu",
            resume=True,
        )


def test_an_older_format_is_named(tmp_path: Path) -> None:
    train(tmp_path, toy_recipe())
    path = find_checkpoints(tmp_path / "checkpoints")[-1]
    content = torch.load(path, weights_only=True)
    torch.save({**content, "version": 0}, path)
    with pytest.raises(InputError, match=r"format version 0, and this Feathertrack goes on from"):
        train(tmp_path, toy_recipe(), resume=True)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"state_dict": {}}, path)
    with pytest.raises(InputError, match=r"weights.pth is no checkpoint of a training"):
        train(tmp_path / "run", toy_recipe(), resume=path)
    with pytest.raises(InputError, match="there is no checkpoint"):
        train(tmp_path / "run", toy_recipe(), resume=tmp_path / "absent.ckpt")


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(tmp_path / "exploded"),)

    torch.save({"format": Bomb()}, tmp_path / "bomb.ckpt")
    with pytest.raises(InputError, match="damaged or no checkpoint"):
        train(tmp_path / "run", toy_recipe(), resume=tmp_path / "bomb.ckpt")
    assert not (tmp_path / "exploded").exists()


def test_a_damaged_checkpoint_is_passed_over_with_a_note(tmp_path: Path) -> None:
    recipe = toy_recipe()
    train(tmp_path / "whole", recipe)
    train(tmp_path / "parts", recipe)
    newest = find_checkpoints(tmp_path / "parts/checkpoints")[-1]
    newest.write_bytes(newest.read_bytes()[:2000])
    result = train(tmp_path / "parts", recipe, resume=True)
    assert result.notes == ("step-00000012.ckpt is damaged and was passed over",)
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")


def test_when_all_checkpoints_are_damaged_all_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "run/checkpoints"
    folder.mkdir(parents=True)
    for step in (6, 12):
        (folder / f"step-{step:08d}.ckpt").write_bytes(b"junk")
    words = r"none of the checkpoints in .* \(step-00000012.ckpt, step-00000006.ckpt\)"
    with pytest.raises(InputError, match=words):
        train(tmp_path / "run", toy_recipe(), resume=True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_keeps_the_checkpoint_before(tmp_path: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, before[1]))

    train(tmp_path / "whole", toy_recipe())
    try:
        words = r"saving at step 12 failed, step-00000006.ckpt is kept: .*cannot be written"
        with pytest.raises(FeathertrackError, match=words):
            train(tmp_path / "parts", toy_recipe(), watch=at_step(8, fill))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    left = [path.name for path in (tmp_path / "parts/checkpoints").iterdir()]
    assert left == ["step-00000006.ckpt"]
    train(tmp_path / "parts", toy_recipe(), resume=True)
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")


def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests may run in the back
    try:
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, toy_recipe(), watch=at_step(3, twice))
    finally:
        signal.signal(signal.SIGINT, before)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
