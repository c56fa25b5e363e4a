"""Whether the terms of a sum, student and teacher fit each other, known before any training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feathertrack.errors import InputError
from feathertrack.models.box_network import BoxNetwork
from feathertrack.models.network import Network
from feathertrack.training.losses.distillation import Term
from feathertrack.training.recipe import Recipe
from feathertrack.training.tasks.observing import level_sides


def check_terms(terms: Sequence[Term], *, recipe: Recipe) -> None:
    """Refuse a sum in which two terms have one name, none has a weight, or levels make no sense.

    Raises:
        InputError: names the terms.
    """
    names = [term.name for term in terms]
    if len({*names, "total"}) != len(names) + 1:
        raise InputError(
            f"{recipe.name}: the terms are called {', '.join(names)}; each needs a name of its "
            "own, and none is total"
        )
    if not any(term.weight for term in terms):
        raise InputError(f"{recipe.name}: no term of the sum has a weight")
    for number, term in enumerate(terms):
        if term.levels and not term.by_levels:
            raise InputError(
                f"task.terms.{number}.levels has no effect: {term.name} looks only at what the "
                "head says of boxes; leave it out"
            )
        if term.by_levels and not term.levels and not term.asks:
            raise InputError(f"task.terms.{number}.levels is empty: {term.name} looks at nothing")


def fitting_teacher(teacher: Network, student: BoxNetwork, *, recipe: Recipe) -> BoxNetwork:
    """Return the teacher, which is of the student's family.

    Raises:
        InputError: it is of another one; the message has its name and its file.
    """
    if isinstance(teacher, BoxNetwork) and teacher.family == student.family:
        return teacher
    place = f", from --teacher {recipe.teacher}" if recipe.teacher else ""
    raise InputError(
        f"{recipe.name} trains a network of {student.family}, but the teacher is "
        f"{teacher.name or 'a network'} of {getattr(teacher, 'family', 'another family')}{place}: "
        f"give a file of weights, or a name, of {student.family}, such as "
        f"{_EXAMPLES[student.family]}"
    )


_EXAMPLES = {"atom": "atom_r18", "drnet": "drnet_r50"}


def check_levels(
    terms: Sequence[Term], student: BoxNetwork, teacher: BoxNetwork | None, *, recipe: Recipe
) -> None:
    """Refuse levels that a network does not have, and maps that cannot be compared.

    Args:
        terms: all of the sum; those without a weight are passed over.
        student: what learns.
        teacher: what is imitated, if anything is.
        recipe: its search regions.

    Raises:
        InputError: names the term by its place, the networks, and the levels that there are.
    """
    side = recipe.data.search.size
    own = _Levels(student, level_sides(student, side))
    others = None if teacher is None else _Levels(teacher, level_sides(teacher, side))
    for number, term in enumerate(terms):
        if term.weight:
            _check_there(term, own, number=number)
        if term.weight and term.imitates and others is not None:
            _check_there(term, others, number=number)
            _check_comparable(term, own, others, number=number)


@dataclass(frozen=True)
class _Levels:
    """A network and the cells of its levels."""

    network: BoxNetwork
    sides: Sequence[tuple[int, int]]

    def __str__(self) -> str:
        return self.network.name or f"the network of {self.network.family}"

    def cells(self, level: int) -> str:
        height, width = self.sides[level]
        return f"{height} x {width}"


def _check_there(term: Term, known: _Levels, *, number: int) -> None:
    for level in term.levels:
        if not 0 <= level < len(known.sides):
            there = ", ".join(f"{one} of {known.cells(one)}" for one in range(len(known.sides)))
            raise InputError(
                f"task.terms.{number}.levels: {term.name} looks at level {level}, and {known} has "
                f"the levels {there} cells"
            )


def _check_comparable(term: Term, student: _Levels, teacher: _Levels, *, number: int) -> None:
    fitting = [level for level in term.levels if student.sides[level] == teacher.sides[level]]
    for level in term.levels:
        if level not in fitting:
            words = (
                f"--task.terms.{number}.levels {','.join(str(one) for one in fitting)}"
                if fitting
                else f"--task.terms.{number}.weight 0"
            )
            raise InputError(
                f"{term.name} cannot compare level {level}: {student} has {student.cells(level)} "
                f"cells there, the teacher {teacher} {teacher.cells(level)}: {words}, or another "
                "--teacher"
            )
