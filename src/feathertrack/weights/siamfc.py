"""Official files of the SiamFC family: SiamFC, Siamd and the merged FDSiamFC, FDSiamd students.

All have the keys ``backbone.conv{i}.0.*`` (convolution) and ``backbone.conv{i}.1.*`` (batch norm),
which are ours too. Which network a file holds is read from the shapes of its convolutions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from feathertrack.errors import WeightsError
from feathertrack.models.siamfc import SIAMD_STAGES, SIAMFC_STAGES, Stage, squeeze
from feathertrack.weights.recognition import Recognised, State

_CONVOLUTION = re.compile(r"backbone\.conv(\d+)\.0\.weight")
_RELEASED = {"fdsiamfc": {0.3: "fdsiamfc_30", 0.15: "fdsiamfc_15"}, "fdsiamd": {0.5: "fdsiamd_50"}}


def recognise(state: State) -> Recognised | None:
    """Return which network of the family the tensors belong to; None if it is another family's.

    Raises:
        WeightsError: the keys are the family's, but the widths are those of none of its networks.
    """
    numbers = sorted(int(match[1]) for key in state if (match := _CONVOLUTION.fullmatch(key)))
    shapes = [tuple(state[f"backbone.conv{i}.0.weight"].shape) for i in numbers]
    kernels = [shape[-1] for shape in shapes]
    for teacher, student, stages in (
        ("siamfc", "fdsiamfc", SIAMFC_STAGES),
        ("siamd", "fdsiamd", SIAMD_STAGES),
    ):
        if kernels == [stage.kernel for stage in stages]:
            widths = [shape[0] for shape in shapes]
            if widths == [stage.width for stage in stages]:
                grouped = shapes[1][1] != widths[0] or teacher == "siamd"
                return Recognised(name=teacher if grouped else "siamfc_alexnetv2", state=state)
            return _student(student, rates_of(stages, widths), state)
    return None


def _student(name: str, rates: Sequence[float], state: State) -> Recognised:
    released = _RELEASED[name].get(rates[0]) if len(set(rates)) == 1 else None
    if released is not None:
        return Recognised(name=released, state=state)
    return Recognised(name=name, options={"rates": list(rates)}, state=state)


def rates_of(stages: Sequence[Stage], widths: Sequence[int]) -> list[float]:
    """Return squeeze rates that give exactly these widths, with as few decimals as possible.

    Raises:
        WeightsError: no rate gives one of the widths: it is odd, or wider than the teacher's.

    >>> rates_of(SIAMFC_STAGES, [28, 76, 114, 114, 76])
    [0.3, 0.3, 0.3, 0.3, 0.3]
    """
    return [
        _rate(stage, width, number)
        for number, (stage, width) in enumerate(zip(stages, widths, strict=True), 1)
    ]


def _rate(stage: Stage, width: int, number: int) -> float:
    for decimals in range(1, 7):
        # One step up and down from the plain quotient: the rule rounds down to an even width.
        scale = 10**decimals
        for tick in range(
            int(width / stage.width * scale), int((width + 2) / stage.width * scale) + 1
        ):
            rate = tick / scale
            if 0 < rate <= 1 and int(rate * stage.width / 2) * 2 == width:
                return rate
    raise WeightsError(
        f"backbone.conv{number}.0.weight has {width} channels, which no squeeze rate of "
        f"{stage.width} gives: the widths of the family are even and at most the teacher's"
    )
