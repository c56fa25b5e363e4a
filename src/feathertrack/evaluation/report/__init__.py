"""Reports: one self-contained page of everything measured, and figures and tables for a paper.

``write_report`` takes a list of ``Evaluated``, a tracker on a benchmark each. Nothing here computes
a score; ``folders`` reads what ``feathertrack evaluate`` and ``score`` left behind.
"""

from feathertrack.evaluation.report.evaluated import Evaluated
from feathertrack.evaluation.report.writing import ReportOutputs, write_report

__all__ = ["Evaluated", "ReportOutputs", "write_report"]
