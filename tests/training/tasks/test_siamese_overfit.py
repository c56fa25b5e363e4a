"""Each head learns eight pairs by heart."""

from __future__ import annotations

import pytest
import torch

from feathertrack.training.task import Task
from feathertrack.training.tasks.siamkpn import SiamKPNTask, SiamKPNTaskSettings
from feathertrack.training.tasks.siamrpn import SiamRPNTask, SiamRPNTaskSettings
from tests.training.tasks.siamese_pairs import pairs, tiny_siamkpn, tiny_siamrpn

STEPS = {"siamrpn": 120, "siamkpn": 120, "siamkpn cascade": 180}


def _tasks() -> dict[str, Task]:
    return {
        "siamrpn": SiamRPNTask(tiny_siamrpn(), SiamRPNTaskSettings()),
        "siamkpn": SiamKPNTask(tiny_siamkpn(stages=1), SiamKPNTaskSettings()),
        "siamkpn cascade": SiamKPNTask(tiny_siamkpn(stages=3), SiamKPNTaskSettings(decay=0.9)),
    }


@pytest.mark.parametrize(("family", "steps"), STEPS.items())
def test_eight_pairs_are_learned_by_heart(family: str, steps: int) -> None:
    task, batch = _tasks()[family].train(), pairs([True] * 6 + [False] * 2)
    optimizer = torch.optim.Adam(task.parameters(), lr=2e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    totals = []
    for _ in range(steps):
        optimizer.zero_grad()
        losses = task(batch)
        losses["total"].backward()
        optimizer.step()
        schedule.step()
        totals.append(float(losses["total"].detach()))
    assert totals[0] > 2
    assert totals[-1] < 0.1
