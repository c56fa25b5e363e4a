"""FDSiamFC and FDSiamd students at one step of their distillation (``squeezing``).

Source: github.com/conquerhuang/FDSiamFC, ``FDAlexNet`` and ``FDAlexNet_8l``; names and shapes of
the tensors are theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feathertrack.models.network import Network
from feathertrack.models.registry import create_model, register
from feathertrack.models.siamfc import (
    GAIN,
    STUDENT_STAGES,
    Backbone,
    SiamFC,
    initialise,
    name_student,
)
from feathertrack.models.squeezing import Squeezing, StepBackbone
from feathertrack.models.units import Rates


@dataclass(frozen=True, kw_only=True)
class NamedSqueezing(Squeezing):
    """Squeezing of a teacher whose students have names of their own.

    Attributes:
        kind: ``fdsiamfc`` or ``fdsiamd``.
    """

    kind: str

    def student(self, rates: Sequence[float]) -> Network:
        """Return the plain student of these rates, with random weights."""
        name, options = name_student(self.kind, rates)
        return create_model(name, **{**self.options, **options})


def _step_network(kind: str, rates: Rates, step: int, gain: float) -> SiamFC:
    backbone = StepBackbone(Backbone(STUDENT_STAGES[kind]), rates, step=step)
    network = SiamFC(backbone, gain=gain)
    network.squeezing = NamedSqueezing(
        kind=kind, teacher=kind.removeprefix("fd"), options={"gain": gain}
    )
    initialise(network)
    return network


@register
def fdsiamfc_step(*, rates: Rates = 0.3, step: int = 9, gain: float = GAIN) -> SiamFC:
    """Build a SiamFC student at step 0 ... 9 of its distillation."""
    return _step_network("fdsiamfc", rates, step, gain)


@register
def fdsiamd_step(*, rates: Rates = 0.5, step: int = 15, gain: float = GAIN) -> SiamFC:
    """Build a Siamd student at step 0 ... 15 of its distillation."""
    return _step_network("fdsiamd", rates, step, gain)
