"""``feathertrack distill NAME --teacher FILE``: a light student of a trained teacher.

A compression squeezes its teacher, layer by layer; every other student is a network of its own that
imitates its teacher, by a recipe or by several in turn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from feathertrack.cli._options import DataRoot, Fields, Flag, OutputFolder, TrainingDevices
from feathertrack.cli._overrides import apply_overrides
from feathertrack.cli.train import data_root, speaks
from feathertrack.errors import InputError

if TYPE_CHECKING:
    from feathertrack.training.compression.plan_file import StageState
    from feathertrack.training.compression.settings import Compression
    from feathertrack.training.recipe import Recipe
    from feathertrack.training.staged import StagedRecipe


@dataclass(frozen=True, kw_only=True)
class Distill:
    """Make a light student of a trained network: squeezed or taught.

    Some are squeezed out of their teacher, layer by layer; others imitate it.

    After a stop or a kill the same command goes on where it was.

    Examples:
      feathertrack distill
      feathertrack distill fdsiamfc_30 --teacher siamfc.safetensors
        --data ~/data --train.epochs 10 --finetune.epochs 10
      feathertrack distill atom_cfkd --teacher atom_default.pth --data ~/data
      feathertrack distill atom_cfkd_little --teacher atom_small.safetensors
        --loop.seed 1 --task.terms.2.weight 10
      feathertrack distill my_students.py:mine --dry-run

    Attributes:
        student: A name, FILE.py:FUNCTION or MODULE:FUNCTION, a function that returns a Compression,
            a Recipe or a StagedRecipe; without it, the names are listed.
        teacher: The network that is squeezed or imitated: a file of weights, or a name whose
            weights are here.
        data: The folder that holds the folders of the data sets; without it FEATHERTRACK_DATA.
        output: Where stages and the student go; without it runs/NAME.
        devices: What trains: a GPU where there is one, the processor, or the GPU of a number.
        model: Another network than the one that the teacher teaches.
        weights: A file of weights that the student starts from instead of random ones.
        rates: Squeeze rates, one for all convolutions or one for each, as 0.3 or 0.2,0.3,0.3,0.3,1.
        norms: Batch norms of frozen parts keep their statistics, or move as in the reference.
        feature_weight: Weight of a unit's distance to the same unit of the teacher.
        choose_from: Share of a stage's epochs from which on its weights may be chosen.
        dry_run: Print the settings, the stages and what they would cost, and train nothing.
        fields: Change a field of the settings: --finetune.lr 3e-3, --loop.batch-size 16; of one
            stage of several, --stages.1.optim.lr 1e-3.
    """

    student: Positional[
        Annotated[str, arg(metavar="[STUDENT]", help_behavior_hint="(default: list them)")]
    ] = ""

    teacher: Annotated[str | None, arg(metavar="NAME|FILE", help_behavior_hint="")] = None

    data: DataRoot = None

    output: OutputFolder = None

    devices: TrainingDevices = "auto"

    model: Annotated[str | None, arg(metavar="NAME", help_behavior_hint="")] = None

    weights: Annotated[str | None, arg(metavar="FILE", help_behavior_hint="")] = None

    rates: Annotated[str | None, arg(metavar="RATES", help_behavior_hint="")] = None

    norms: Annotated[str | None, arg(metavar="freeze|train", help_behavior_hint="")] = None

    feature_weight: Annotated[str | None, arg(metavar="WEIGHT", help_behavior_hint="")] = None

    choose_from: Annotated[str | None, arg(metavar="SHARE", help_behavior_hint="")] = None

    dry_run: Flag = False

    fields: Fields = ()

    def run(self) -> int:
        """Find the student's settings, change them, and train."""
        from feathertrack.errors import require

        require("torch", extra="torch")
        from feathertrack.recipes import find_student
        from feathertrack.training.compression.settings import Compression
        from feathertrack.training.recipe import Recipe

        if not self.student:
            return _list()
        found = find_student(self.student)
        if isinstance(found, Compression):
            return self._squeeze(self.changed(found))
        output = self.output or Path("runs") / found.name
        if isinstance(found, Recipe):
            return self._teach(found, self.taught(found), output)
        return self._teach_in_turn(found, self.taught_in_turn(found), output)

    def _squeeze(self, compression: Compression) -> int:
        if self.dry_run:
            from feathertrack.cli._compression_plan import print_compression

            print_compression(compression, data=data_root(self.data), given_teacher=self.teacher)
            return 0
        if self.teacher is None:
            raise InputError(
                f"distill needs a trained {compression.teacher_model}: --teacher NAME|FILE"
            )
        return distill(
            compression,
            teacher=self.teacher,
            data=data_root(self.data),
            output=self.output or Path("runs") / compression.name,
            devices=self.devices,
        )

    def _teach(self, found: Recipe, recipe: Recipe, output: Path) -> int:
        from feathertrack.cli.train import train

        if self.dry_run:
            from feathertrack.cli._training_plan import print_plan

            given = self.gives_teacher(found, recipe)
            print_plan(recipe, data=data_root(self.data), given_teacher=given)
            return 0
        return train(recipe, data=data_root(self.data), output=output, devices=self.devices)

    def gives_teacher(self, found: Recipe, changed: Recipe) -> bool:
        """Whether the command line names the teacher of a recipe."""
        return self.teacher is not None or found.teacher != changed.teacher

    def _teach_in_turn(self, found: StagedRecipe, staged: StagedRecipe, output: Path) -> int:
        from feathertrack.cli._staged_training import print_stages, train_stages

        data = data_root(self.data)
        if self.dry_run:
            pairs = zip(found.stages, staged.stages, strict=True)
            given = [after.name for before, after in pairs if self.gives_teacher(before, after)]
            print_stages(staged, data=data, given_teachers=given)
            return 0
        return train_stages(staged, data=data, output=output, devices=self.devices)

    def changed(self, compression: Compression) -> Compression:
        """The settings of a compression with the fields of the command line.

        Raises:
            InputError: there is no such field, or a value does not fit.
        """
        for path, _ in self.fields:
            if instead := _WITHOUT_EFFECT.get(path.replace("-", "_")):
                raise InputError(f"{path} has no effect where stages are trained: say {instead}")
        given = [*self._given("model", "weights", *_OF_COMPRESSION), *self.fields]
        return apply_overrides(compression, given, owner=f"compression {compression.name} has")

    def taught(self, recipe: Recipe) -> Recipe:
        """A recipe with the fields of the command line.

        Raises:
            InputError: there is no such field, or a value does not fit.
        """
        given = [*self._given("teacher", "model", "weights", *_OF_COMPRESSION), *self.fields]
        return apply_overrides(recipe, given, owner=f"recipe {recipe.name} has")

    def taught_in_turn(self, staged: StagedRecipe) -> StagedRecipe:
        """Stages with the fields of the command line; one without a number is for all of them.

        Raises:
            InputError: there is no such field, or a value does not fit.
        """
        general = [one for one in self.fields if one[0].partition(".")[0] != "stages"]
        numbered = [one for one in self.fields if one[0].partition(".")[0] == "stages"]
        shared = [*self._given("teacher", "model", *_OF_COMPRESSION), *general]
        start = self._given("weights")  # the others start from the stage before
        stages = tuple(
            apply_overrides(
                stage, shared if number else [*start, *shared], owner=f"recipe {stage.name} has"
            )
            for number, stage in enumerate(staged.stages)
        )
        whole = replace(staged, stages=stages)
        return apply_overrides(whole, numbered, owner=f"recipe {staged.name} has")

    def _given(self, *names: str) -> list[tuple[str, str]]:
        words = [(name, getattr(self, name)) for name in names]
        return [(name, word) for name, word in words if word is not None]


_WITHOUT_EFFECT = {
    "optim.lr": "--train.lr and --finetune.lr",
    "loop.epochs": "--train.epochs and --finetune.epochs",
    "validation.from_epoch": "--choose-from",
}
"""Fields of a compression that its phases have for themselves."""

_OF_COMPRESSION = ("rates", "norms", "feature_weight", "choose_from")


def _list() -> int:
    from feathertrack.cli._terminal import print_table
    from feathertrack.recipes import describe_recipe, list_students

    rows = [(name, describe_recipe(name)) for name in list_students()]
    print_table(("student", "is"), rows)
    return 0


def distill(
    compression: Compression, *, teacher: str, data: Path | None, output: Path, devices: str
) -> int:
    """Go through the stages with progress on the terminal, and say what came of them.

    Raises:
        InputError: teacher, data or settings cannot be used.
        Stopped: a signal ended it, saved.
    """
    from feathertrack.cli._compression_plan import print_result
    from feathertrack.cli._stopping import Stopped
    from feathertrack.cli._training_view import watching
    from feathertrack.training.compression.running import run_compression

    result = run_compression(
        compression,
        teacher=teacher,
        output=output,
        data_root=data,
        devices=devices,
        watch=watching,
        stage_done=_tell,
    )
    if result.stopped_by:
        done = sum(state.state == "done" for state in result.stages)
        detail = f"after {done} of {len(result.stages)} stages: the same command goes on"
        raise Stopped(result.stopped_by, detail)
    if speaks():
        print_result(result)
    return 0


def _tell(state: StageState) -> None:
    import sys

    score = "" if state.score is None else f", {state.metric} {state.score:.4f}"
    print(
        f"{state.name}: done, {state.epochs} epochs, {state.pairs:,} pairs{score}",
        file=sys.stderr,
        flush=True,
    )
