"""Official files of the SiamFC family: teachers, merged students and students in distillation.

Teachers and merged students have the keys ``backbone.conv{i}.0.*`` (convolution) and
``backbone.conv{i}.1.*`` (batch norm), step checkpoints ``backbone.bn{i}.0.*`` and
``backbone.con{i}_squeeze.0.*``, ``backbone.con{i}_combine.0.*`` besides. All of them are our names
too. Which network a file holds is read from the shapes of its convolutions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import torch

from feathertrack.errors import WeightsError
from feathertrack.models import create_model
from feathertrack.models.siamfc import STUDENT_STAGES, Stage, name_student
from feathertrack.models.units import squeezed_width
from feathertrack.weights.recognition import Recognised, State

_CONVOLUTION = re.compile(r"backbone\.conv\d+\.0\.weight")
_KINDS = {11: "fdsiamfc", 3: "fdsiamd"}
"""Side of the first kernel -> which of the two architectures."""


def recognise(state: State, options: Mapping[str, object]) -> Recognised | None:
    """Return which network of the family the tensors belong to; None if it is another family's.

    Args:
        state: the tensors of a file.
        options: may name the ``step`` of a student in distillation, where shapes leave a choice.

    Raises:
        WeightsError: the keys are the family's, but the shapes are those of none of its networks.
    """
    if not any(_CONVOLUTION.fullmatch(key) for key in state):
        return None
    kernel = _shape(state, "backbone.conv1.0.weight")[-1]
    if kernel not in _KINDS:
        raise WeightsError(
            f"backbone.conv1.0.weight has kernels of side {kernel}; SiamFC has 11 and Siamd 3"
        )
    kind = _KINDS[kernel]
    if any("_squeeze." in key for key in state):
        return _step(kind, state, options.get("step"))
    stages = STUDENT_STAGES[kind]
    rates = rates_of(stages, _widths(state, "backbone.conv{}.0.weight", len(stages)))
    name, options = name_student(kind, rates)
    ungrouped = _shape(state, "backbone.conv2.0.weight")[1] == stages[0].width
    if name == "siamfc" and ungrouped:
        name = "siamfc_alexnetv2"
    return Recognised(name=name, options=options, state=state)


def _step(kind: str, state: State, asked: object) -> Recognised:
    stages = STUDENT_STAGES[kind]
    name = f"{kind}_step"
    rates = rates_of(stages, _widths(state, "backbone.con{}_squeeze.0.weight", len(stages)))
    rate: float | list[float] = rates[0] if len(set(rates)) == 1 else rates
    fitting = [step for step in range(2 * len(stages)) if _fits(name, state, rates=rate, step=step)]
    if not fitting:
        raise WeightsError(f"the shapes are those of no step of {name} with squeeze rates {rates}")
    if asked is None:
        reached = _layers_reached(state, len(stages))
        likely = [step for step in fitting if (step + 1) // 2 == reached]
    else:
        likely = [step for step in fitting if step == asked]
    if len(likely) != 1:
        raise WeightsError(
            f"the shapes are those of step {' or '.join(map(str, fitting))} of {name}: say which, "
            f"with options={{'step': {fitting[-1]}}}"
        )
    return Recognised(name=name, options={"rates": rate, "step": likely[0]}, state=state)


def _fits(name: str, state: State, **options: object) -> bool:
    with torch.device("meta"):
        table = create_model(name, **options).state_dict()
    return all(key in state and state[key].shape == value.shape for key, value in table.items())


def _layers_reached(state: State, num_layers: int) -> int:
    """Layers whose squeeze has been trained: the biases of the others are zero as in the beginning.

    Steps 2i and 2i + 1 have the same shapes, but only in the second is squeeze i + 1 called.
    """
    biases = [state.get(f"backbone.con{i}_squeeze.0.bias") for i in range(1, num_layers + 1)]
    trained = [bias is not None and bool(bias.count_nonzero()) for bias in biases]
    return sum(trained) if trained == sorted(trained, reverse=True) else num_layers


def _shape(state: State, key: str) -> tuple[int, ...]:
    if key not in state or state[key].ndim != 4:
        found = f"has shape {tuple(state[key].shape)}" if key in state else "is missing"
        raise WeightsError(f"{key} {found}; a convolution of four axes was expected")
    return tuple(state[key].shape)


def _widths(state: State, key: str, count: int) -> list[int]:
    return [_shape(state, key.format(i))[0] for i in range(1, count + 1)]


def rates_of(stages: Sequence[Stage], widths: Sequence[int]) -> list[float]:
    """Return squeeze rates that give exactly these widths: one for all if any does, and short ones.

    Raises:
        WeightsError: no rate gives one of the widths: it is odd, or wider than the teacher's.

    >>> rates_of(STUDENT_STAGES["fdsiamfc"], [28, 76, 114, 114, 76])
    [0.3, 0.3, 0.3, 0.3, 0.3]
    """
    # Widths are at most 384 and even, so that three decimals reach each of them.
    short = [tick / 10**decimals for decimals in (1, 2, 3) for tick in range(1, 10**decimals + 1)]
    full = [stage.width for stage in stages]
    for rate in short:
        if [squeezed_width(width, rate) for width in full] == list(widths):
            return [rate] * len(full)
    rates = []
    for number, (wide, width) in enumerate(zip(full, widths, strict=True), start=1):
        fitting = [rate for rate in short if squeezed_width(wide, rate) == width]
        if not fitting:
            raise WeightsError(
                f"convolution {number} has {width} channels, but a student of the family has an "
                f"even number of at most {wide} there"
            )
        rates.append(fitting[0])
    return rates
