"""Many settings of one tracker over one sequence, for less than running each: ``run_points``.

The boxes are those of every point run alone, to the bit. What is shared: the template's features,
and every pass of the network whose pictures are the same (docs/tuning-reuse.md).
"""

from __future__ import annotations

from feathertrack.tuning.replay.memo import Memo
from feathertrack.tuning.replay.points import PointsRun, can_share, run_points, sharing
from feathertrack.tuning.replay.statistics import Statistics

__all__ = ["Memo", "PointsRun", "Statistics", "can_share", "run_points", "sharing"]
