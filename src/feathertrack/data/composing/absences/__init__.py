"""Absences composed into sequences with ground truth: targets are covered, or leave, and return.

What comes out has the layout of GOT-10k, with a label of every frame.
"""

from feathertrack.data.composing.absences.footage import Footage, read_footage
from feathertrack.data.composing.absences.writing import KINDS, AbsencesReport, write_absences

__all__ = ["KINDS", "AbsencesReport", "Footage", "read_footage", "write_absences"]
