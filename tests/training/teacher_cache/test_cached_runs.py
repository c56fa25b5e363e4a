"""A run with a cache is the run without one, whatever the cache holds."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feathertrack.errors import InputError
from feathertrack.recipes.cfkd import ANSWERS, CFKD, COMPRESSION, FEATURES, TSKD, Terms
from feathertrack.training.recipe_json import differences, recipe_to_json
from feathertrack.training.tasks.distill_atom import DistillAtomSettings
from feathertrack.training.teacher_cache import TeacherCache
from tests.training.tasks.box_pairs import box_pairs, tiny_atom
from tests.training.teacher_cache.taught_runs import (
    BATCH,
    STEPS,
    BoxBatches,
    Killed,
    killed_in,
    shared_recipe,
    taught_recipe,
    train,
)

PAIRS = 2 * BATCH * STEPS
REPOSITORY = Path(__file__).parents[3]


def counts(cache: TeacherCache | None) -> tuple[int, int]:
    assert cache is not None
    return cache.hits, cache.misses


def shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.safetensors"))


@pytest.mark.parametrize("terms", [CFKD, TSKD, COMPRESSION])
def test_losses_are_those_without_a_cache_to_the_last_bit(tmp_path: Path, terms: Terms) -> None:
    plain, none = train(taught_recipe(terms=terms), tmp_path / "plain")
    recipe = taught_recipe(str(tmp_path / "cache"), terms=terms)
    first, filling = train(recipe, tmp_path / "first")
    second, full = train(recipe, tmp_path / "second")
    assert none is None
    assert len(plain) == 2 * STEPS
    assert first == plain
    assert second == plain
    assert counts(filling) == (0, PAIRS)
    assert counts(full) == (PAIRS, 0)


def test_an_ablation_takes_what_the_whole_sum_left(tmp_path: Path) -> None:
    folder = str(tmp_path / "cache")
    train(taught_recipe(folder), tmp_path / "whole")
    for terms in (ANSWERS, FEATURES[:1]):
        plain, _ = train(taught_recipe(terms=terms), tmp_path / f"{len(terms)}{terms[0].name}")
        found, cache = train(taught_recipe(folder, terms=terms), tmp_path / terms[0].name)
        assert counts(cache) == (PAIRS, 0)
        assert found == plain


def test_a_killed_run_leaves_whole_shards_and_goes_on(tmp_path: Path) -> None:
    plain, _ = train(taught_recipe(), tmp_path / "plain")
    recipe = taught_recipe(str(tmp_path / "cache"))
    task = recipe.task.build(tiny_atom(), recipe=recipe, teacher=tiny_atom(seed=1))
    assert isinstance(task.cache, TeacherCache)
    task.cache._shard_bytes = 1  # a shard for every batch
    for seed in range(3):
        task(box_pairs(BATCH, seed=seed))  # and then nobody closes it
    assert len(shards(tmp_path / "cache")) == 3
    with pytest.raises(Killed):
        train(recipe, tmp_path / "run", watch=killed_in(2, 2))
    found, cache = train(recipe, tmp_path / "run", resume=True)
    assert found[-STEPS:] == plain[-STEPS:]
    assert sum(counts(cache)) == PAIRS // 2
    again, cache = train(recipe, tmp_path / "again")
    assert again == plain
    assert counts(cache) == (6 + PAIRS // 2, PAIRS // 2 - 6)


def test_another_augmentation_teacher_seed_or_batch_finds_nothing(tmp_path: Path) -> None:
    recipe = taught_recipe(str(tmp_path / "cache"), terms=ANSWERS)
    train(recipe, tmp_path / "run")
    data = replace(recipe.data, search=replace(recipe.data.search, blur=0.3))
    others = (
        (replace(recipe, data=data), BoxBatches(), 1),
        (recipe, BoxBatches(variant=1), 1),
        (recipe, BoxBatches(), 2),
        (replace(recipe, loop=replace(recipe.loop, seed=1)), BoxBatches(), 1),
        (replace(recipe, loop=replace(recipe.loop, batch_size=4)), BoxBatches(), 1),
    )
    for number, (other, batches, seed) in enumerate(others):
        teacher = tiny_atom(seed=seed)
        _, cache = train(other, tmp_path / str(number), batches=batches, teacher=teacher)
        assert counts(cache) == (0, PAIRS), number
    _, cache = train(recipe, tmp_path / "same")
    assert counts(cache) == (PAIRS, 0)


@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied", "gone"])
def test_a_damaged_shard_is_computed_anew(tmp_path: Path, damage: str) -> None:
    recipe = taught_recipe(str(tmp_path / "cache"))
    plain, _ = train(recipe, tmp_path / "first")
    [shard] = shards(tmp_path / "cache")
    content = shard.read_bytes()
    if damage == "flipped":
        place = len(content) - 100
        shard.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    elif damage == "gone":
        shard.unlink()
    else:
        shard.write_bytes(content[: len(content) // 2 if damage == "cut" else 0])
    found, cache = train(recipe, tmp_path / "second")
    assert found == plain
    assert counts(cache) == (0, PAIRS)
    assert cache is not None
    assert any("was damaged" in note for note in cache.notes) == (damage != "gone")
    again, cache = train(recipe, tmp_path / "third")
    assert again == plain
    assert counts(cache) == (PAIRS, 0)


@pytest.mark.parametrize("moment", ["before", "while it runs"])
def test_a_shard_that_cannot_be_read_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    recipe = taught_recipe(str(tmp_path / "cache"), terms=ANSWERS)
    plain, _ = train(recipe, tmp_path / "first")
    [shard] = shards(tmp_path / "cache")
    opened, opens = Path.open, [0]

    def refusing(path: Path, *args: Any, **words: Any) -> Any:
        opens[0] += path == shard
        if path == shard and opens[0] >= (1 if moment == "before" else 2):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return opened(path, *args, **words)

    monkeypatch.setattr(Path, "open", refusing)
    found, cache = train(recipe, tmp_path / "second")
    assert found == plain
    assert counts(cache) == (0, PAIRS)
    assert cache is not None
    assert any("cannot be read: Too many open files: it is left" in note for note in cache.notes)
    monkeypatch.undo()
    assert shard.is_file()
    again, cache = train(recipe, tmp_path / "third")
    assert (again, counts(cache)) == (plain, (PAIRS, 0))


def test_what_a_kill_left_is_removed_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    recipe = taught_recipe(str(tmp_path / "cache"), terms=ANSWERS)
    train(recipe, tmp_path / "first")
    [shard] = shards(tmp_path / "cache")
    left, growing = (shard.with_name(f".{shard.name}.{word}.tmp") for word in ("old", "young"))
    for path in (left, growing):
        path.write_bytes(b"0" * 10)
    os.utime(left, (0, 0))
    train(recipe, tmp_path / "second")
    assert (left.exists(), growing.exists(), shard.exists()) == (False, True, True)


def test_float16_takes_half_and_is_alike_in_every_run(tmp_path: Path) -> None:
    plain, _ = train(taught_recipe(), tmp_path / "plain")
    exact = tmp_path / "exact"
    train(taught_recipe(str(exact)), tmp_path / "third")
    half = tmp_path / "half"
    recipe = taught_recipe(str(half), precision="float16")
    first, _ = train(recipe, tmp_path / "first")
    second, cache = train(recipe, tmp_path / "second")
    assert counts(cache) == (PAIRS, 0)
    assert second == first != plain
    assert first[0]["total"] == pytest.approx(plain[0]["total"], rel=0.05)
    sizes = [sum(path.stat().st_size for path in shards(one)) for one in (half, exact)]
    assert sizes[0] == pytest.approx(sizes[1] / 2, rel=0.15)


def test_a_full_disk_is_told_at_once_and_one_that_fills_up_ends_no_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, _ = train(taught_recipe(), tmp_path / "plain")
    recipe = taught_recipe(str(tmp_path / "cache"))
    huge = replace(recipe, data=replace(recipe.data, pairs_per_epoch=10**11))
    with pytest.raises(InputError, match=r"needs .* GB for 200,000,000,000 pairs and .* are free"):
        train(huge, tmp_path / "huge")

    def fails(*_: object, **__: object) -> None:
        raise InputError("output x cannot be written: No space left on device")

    monkeypatch.setattr("feathertrack.training.teacher_cache.store.write_shard", fails)
    found, cache = train(recipe, tmp_path / "run")
    assert found == plain
    assert cache is not None
    assert "grows no more: output x cannot be written" in cache.notes[1]


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_computed(
    tmp_path: Path,
) -> None:
    taken = tmp_path / "file"
    taken.write_bytes(b"")
    for folder in (taken, taken / "below"):
        recipe = taught_recipe(str(folder))
        with pytest.raises(
            InputError, match=r"--task\.cache\.folder .* is no folder: name another"
        ):
            recipe.task.build(tiny_atom(), recipe=recipe, teacher=tiny_atom(seed=1))


@pytest.mark.parametrize(("share", "offered"), [(0.9, True), (0.4, False)])
def test_half_precision_is_offered_where_it_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float, offered: bool
) -> None:
    recipe = taught_recipe(str(tmp_path / "cache"), terms=ANSWERS)
    need = 4 * 4 * recipe.data.pairs_per_epoch * recipe.loop.epochs
    usage = shutil.disk_usage(tmp_path)._replace(free=int(share * need))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(InputError, match="another --task") as caught:
        train(recipe, tmp_path / "run")
    assert ("--task.cache.precision float16, or none" in str(caught.value)) == offered


def test_a_teacher_that_answers_by_its_batch_cannot_be_cached(tmp_path: Path) -> None:
    recipe = taught_recipe(str(tmp_path))
    assert isinstance(recipe.task, DistillAtomSettings)
    task = replace(recipe.task, teacher_mode="train")
    with pytest.raises(InputError, match=r"--task\.teacher-mode eval"):
        task.build(tiny_atom(), recipe=recipe, teacher=tiny_atom())


def test_a_run_may_go_on_with_another_cache_but_not_in_another_precision() -> None:
    plain, cached, half = (
        recipe_to_json(one)
        for one in (
            taught_recipe(),
            taught_recipe("somewhere"),
            taught_recipe("somewhere", precision="float16"),
        )
    )
    assert differences(plain, cached) == []
    assert differences(cached, half) == ["task.cache.precision: 'float32', now 'float16'"]


def test_two_processes_fill_one_cache_together(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "tests.training.teacher_cache.two_processes"]
    done = subprocess.run(
        [*command, str(tmp_path / "cache"), str(tmp_path / "both")],
        cwd=REPOSITORY,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert {path.name[:7] for path in shards(tmp_path / "cache")} == {"rank000", "rank001"}
    recipe = shared_recipe(str(tmp_path / "cache"))
    for rank in (0, 1):
        batches = BoxBatches(rank=rank, world=2)
        _, cache = train(recipe, tmp_path / str(rank), batches=batches)
        assert counts(cache) == (PAIRS, 0)
