"""Objectives of knowledge distillation, as functions of maps and answers, and as terms of a sum."""

from feathertrack.training.losses.distillation.lesson import Lesson, Level, Seen
from feathertrack.training.losses.distillation.terms import (
    AdaptiveHard,
    CorrelationFilter,
    Fidelity,
    LiftedFidelity,
    TargetResponse,
    TeacherSoft,
    Term,
    TrackingResponse,
    Truth,
)

__all__ = [
    "AdaptiveHard",
    "CorrelationFilter",
    "Fidelity",
    "Lesson",
    "Level",
    "LiftedFidelity",
    "Seen",
    "TargetResponse",
    "TeacherSoft",
    "Term",
    "TrackingResponse",
    "Truth",
]
