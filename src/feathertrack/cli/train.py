"""``feathertrack train RECIPE``: train a network as a recipe says."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from feathertrack.cli._options import DataRoot, Fields, Flag, OutputFolder, TrainingDevices
from feathertrack.cli._overrides import apply_overrides
from feathertrack.errors import InputError

if TYPE_CHECKING:
    from feathertrack.training.progress import FitResult
    from feathertrack.training.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Train:
    """Train a network as a recipe says.

    After a stop or a kill the same command goes on where it was.

    With torchrun before it, it trains on many GPUs.

    Examples:
      feathertrack train
      feathertrack train siamfc_got10k --data ~/data --dry-run
      feathertrack train siamfc_got10k --data ~/data --optim.lr 5e-3
        --loop.epochs 20 --data.sets.0.root ~/got10k
      feathertrack train my_recipes.py:mine --output runs/mine

    Attributes:
        recipe: A name, FILE.py:FUNCTION or MODULE:FUNCTION, a function that returns a Recipe;
            without it, the names are listed.
        data: The folder that holds the folders of the data sets; without it FEATHERTRACK_DATA.
        output: Where checkpoints, weights and logs go; without it runs/RECIPE.
        devices: What trains: a GPU where there is one, the processor, or the GPU of a number.
        model: Another network than the recipe's.
        weights: A file of weights to start from instead of random ones.
        teacher: A name or file of the network that is imitated, where the task imitates one.
        resume: Refuse to begin: the output must hold a training to go on with.
        dry_run: Print the configuration and what it would cost, and train nothing.
        fields: Change a field of the recipe: --optim.lr 1e-3, --loop.batch-size 16.
    """

    recipe: Positional[
        Annotated[str, arg(metavar="[RECIPE]", help_behavior_hint="(default: list them)")]
    ] = ""

    data: DataRoot = None

    output: OutputFolder = None

    devices: TrainingDevices = "auto"

    model: Annotated[str | None, arg(metavar="NAME", help_behavior_hint="")] = None

    weights: Annotated[str | None, arg(metavar="FILE", help_behavior_hint="")] = None

    teacher: Annotated[str | None, arg(metavar="NAME|FILE", help_behavior_hint="")] = None

    resume: Flag = False

    dry_run: Flag = False

    fields: Fields = ()

    def run(self) -> int:
        """Find the recipe, change it, and train."""
        from feathertrack.errors import require

        require("torch", extra="torch")
        from feathertrack.recipes import find_recipe

        if not self.recipe:
            return list_recipes()
        recipe = self.changed(find_recipe(self.recipe))
        if self.dry_run:
            from feathertrack.cli._training_plan import print_plan

            named = self.teacher is not None
            print_plan(recipe, data=data_root(self.data), given_teacher=named)
            return 0
        output = self.output or Path("runs") / recipe.name
        if self.resume and not any((output / "checkpoints").glob("*.ckpt")):
            raise InputError(f"{output} holds no training to go on with: leave --resume out")
        return train(recipe, data=data_root(self.data), output=output, devices=self.devices)

    def changed(self, recipe: Recipe) -> Recipe:
        """The recipe with the fields of the command line.

        Raises:
            InputError: there is no such field, or a value does not fit.
        """
        words = {"model": self.model, "weights": self.weights, "teacher": self.teacher}
        given = {name: word for name, word in words.items() if word is not None}
        recipe = replace(recipe, **given)  # type: ignore[arg-type]
        return apply_overrides(recipe, self.fields, owner=f"recipe {recipe.name} has")


def list_recipes() -> int:
    """Print the names of the recipes, each with the first line of its description."""
    from feathertrack.cli._terminal import print_table
    from feathertrack.recipes import describe_recipe
    from feathertrack.recipes import list_recipes as names

    print_table(("recipe", "trains"), [(name, describe_recipe(name)) for name in names()])
    return 0


def train(recipe: Recipe, *, data: Path | None, output: Path, devices: str) -> int:
    """Train with progress on the terminal, and say what came of it.

    Raises:
        InputError: data, weights or a number of the recipe cannot be used.
        Stopped: a signal ended it, saved.
    """
    from feathertrack.cli._stopping import Stopped
    from feathertrack.cli._training_view import watching
    from feathertrack.training.running import run_recipe

    with watching(recipe.name) if speaks() else nullcontext() as watch:
        result = run_recipe(
            recipe, data_root=data, output=output, devices=devices, resume=True, watch=watch
        )
    if result.stopped_by:
        raise Stopped(
            result.stopped_by,
            f"after step {result.steps}, in epoch {result.epochs + 1} of {recipe.loop.epochs}: "
            "the same command goes on",
        )
    if speaks():
        _print_result(result)
    return 0


def speaks() -> bool:
    """Whether this process prints: of those that torchrun starts, the first one does."""
    return os.environ.get("RANK", "0") == "0"


def _print_result(result: FitResult) -> None:
    for note in result.notes:
        print(f"note: {note}", file=sys.stderr)
    losses = ", ".join(f"{name} {value:.4f}" for name, value in result.losses.items())
    idle = "every step was skipped" if result.skipped else "nothing was left to do"
    now = losses or idle
    print(f"trained   {result.epochs} epochs, {result.steps} steps; {now}")
    if result.best is not None:
        print(f"best      {result.metric} {result.best:.4f} after epoch {result.best_epoch}")
    if result.weights is not None:
        print(f"weights   {result.weights}")


def data_root(given: Path | None) -> Path | None:
    """The folder of all data: as given, else FEATHERTRACK_DATA, else none."""
    if given is not None:
        return given.expanduser()
    named = os.environ.get("FEATHERTRACK_DATA")
    return Path(named).expanduser() if named else None
