"""Draw docs/images/fdsiamfc_little_data.png: losses of a compression and of trainings beside it.

    python scripts/make_compression_figure.py "squeezed=runs/p15" "from scratch=runs/s15" ...

Each run is named by what it is called and its folder: that of a training, or that of a compression,
whose stages are put in a row. The term that imitates the teacher's units is taken off.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

OUTPUT = Path(__file__).resolve().parent.parent / "docs" / "images" / "fdsiamfc_little_data.png"
WINDOW = 3
"""Logged steps over which a line is averaged."""


def curve(run: Path) -> tuple[list[float], list[float]]:
    """Pairs seen and losses of a run."""
    stages = sorted((run / "stages").glob("step*"), key=_order) or [run]
    pairs, losses, before = [], [], 0
    for stage in stages:
        rows = [json.loads(line) for line in (stage / "log.jsonl").read_text().splitlines()]
        weight = json.loads((stage / "recipe.json").read_text())["task"].get("weight", 0.0)
        batch = next(row["pairs_per_step"] for row in rows if row["event"] == "start")
        steps = {row["step"]: row["losses"] for row in rows if row["event"] == "step"}
        for step, terms in sorted(steps.items()):
            pairs.append(before + step * batch)
            losses.append(terms["total"] - weight * terms.get("unit", 0.0))
        before += max(steps, default=0) * batch
    return pairs, losses


def _order(stage: Path) -> tuple[str, bool]:
    number, _, kind = stage.name.partition("-")
    return number, kind == "finetune"


def averaged(values: list[float]) -> list[float]:
    """Means over up to ``WINDOW`` values, the last one being that of the place."""
    return [
        sum(values[max(0, i - WINDOW + 1) : i + 1]) / len(values[max(0, i - WINDOW + 1) : i + 1])
        for i in range(len(values))
    ]


def main(named: list[str]) -> None:
    """Read the runs and draw them."""
    figure, axes = plt.subplots(figsize=(7.5, 3.2), dpi=120, layout="constrained")
    for one in named:
        name, _, folder = one.partition("=")
        pairs, losses = curve(Path(folder))
        axes.plot(pairs, averaged(losses), linewidth=1.1, label=name)
    axes.set(
        xlabel="pairs seen (students: after the teacher)",
        ylabel="loss of the response",
        ylim=(0.35, 0.8),
    )
    axes.set_xlim(left=0)
    axes.legend(fontsize=8, frameon=False)
    figure.savefig(OUTPUT)


if __name__ == "__main__":
    main(sys.argv[1:])
