"""CFKD: light students of ATOM and DRNet, the ablations, architectures and rivals of the thesis.

Source: Danier Duolikun, master's thesis, University College London, 2020, and
github.com/danier97/CFKD. Where the two differ, the terms have their forms by name; here stand those
of the thesis where the code's is a mistake, and recipes that end with ``_code`` have the code's
throughout.
"""

from __future__ import annotations

from dataclasses import replace

from feathertrack.recipes.atom import box_data
from feathertrack.recipes.registry import distillation
from feathertrack.training.losses.distillation import (
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
from feathertrack.training.recipe import (
    FreezeSettings,
    LoopSettings,
    OptimSettings,
    Recipe,
    ScheduleSettings,
)
from feathertrack.training.staged import StagedRecipe
from feathertrack.training.tasks.distill_atom import DistillAtomSettings

Terms = tuple[Term, ...]

ANSWERS: Terms = (TeacherSoft(weight=1.0), AdaptiveHard(weight=0.1))
FEATURES: Terms = (Fidelity(weight=100.0), CorrelationFilter(weight=0.01))
CFKD: Terms = (*ANSWERS, *FEATURES)
TSKD: Terms = (
    TeacherSoft(weight=1.0, distance="mse"),
    AdaptiveHard(weight=0.1, distance="mse"),
    TargetResponse(weight=100.0),
)
COMPRESSION: Terms = (*ANSWERS, LiftedFidelity(weight=0.01), TrackingResponse(weight=100.0))

_ABLATION = "CFKD, table 4.2, row {row}"
_BATCH = 32
_ANY_LOSS = 1e12
"""Fidelity sums over channels and weighs 100: its first values are far above other losses."""


def distilling(
    name: str,
    terms: Terms,
    *,
    source: str,
    model: str = "atom_mobilenetv2",
    teacher: str = "atom_r18",
    steps: int = 1000,
    gamma: float = 0.1,
) -> Recipe:
    """A student from scratch with the published data and schedule, and the terms of a sum."""
    return Recipe(
        name=name,
        source=source,
        model=model,
        teacher=teacher if any(term.imitates for term in terms) else "",
        task=DistillAtomSettings(terms=terms),
        data=box_data(_BATCH * steps),
        optim=OptimSettings(kind="adam", lr=1e-2, weight_decay=0.0),
        schedule=ScheduleSettings(kind="step", step_epochs=15, gamma=gamma),
        loop=LoopSettings(epochs=50, batch_size=_BATCH, skip_above=_ANY_LOSS),
    )


def separate(features: Recipe, answers: Recipe, *, name: str, source: str) -> StagedRecipe:
    """The backbone by its features, then the head by its answers, each with the other frozen."""
    first = replace(
        features,
        name=f"{name}_features",
        freeze=FreezeSettings(frozen={"bb_regressor": -1}),
    )
    second = replace(
        answers,
        name=f"{name}_answers",
        freeze=FreezeSettings(frozen={"feature_extractor": -1}),
    )
    return StagedRecipe(name=name, source=source, stages=(first, second))


def as_code(recipe: Recipe) -> Recipe:
    """The recipe with every form as CFKD's code has it, its mistakes included."""
    task = recipe.task
    assert isinstance(task, DistillAtomSettings)
    terms = tuple(_as_code(term) for term in task.terms)
    return replace(
        recipe,
        name=f"{recipe.name}_code",
        source=f"{recipe.source}; the forms of the code",
        task=replace(task, terms=terms, teacher_mode="train"),
    )


def _as_code(term: Term) -> Term:
    if isinstance(term, AdaptiveHard):
        return replace(term, decided="batch")
    if isinstance(term, Fidelity):
        return replace(term, over="mean")
    if isinstance(term, CorrelationFilter):
        return replace(term, maximum="batch")
    if isinstance(term, TrackingResponse):
        return replace(term, channels="each")
    return term


@distillation
def atom_cfkd() -> Recipe:
    """ATOM on MobileNetV2, taught by ATOM on ResNet-18: the whole method."""
    return distilling("atom_cfkd", CFKD, source=_ABLATION.format(row="+CF, mATOM"))


@distillation
def atom_cfkd_code() -> Recipe:
    """As atom_cfkd, every form as the code has it, its mistakes included."""
    return as_code(atom_cfkd())


@distillation
def drnet_cfkd() -> Recipe:
    """DRNet on MobileNetV2, taught by DRNet on ResNet-50."""
    return distilling(
        "drnet_cfkd",
        CFKD,
        source="CFKD, table 4.5, row mDRNet",
        model="drnet_mobilenetv2",
        teacher="drnet_r50",
        steps=1800,
        gamma=0.2,
    )


@distillation
def atom_gt() -> Recipe:
    """The student without a teacher: the truth alone."""
    return distilling("atom_gt", (Truth(),), source=_ABLATION.format(row="GT"), steps=1500)


@distillation
def atom_ts() -> Recipe:
    """The teacher's answers alone."""
    return distilling("atom_ts", ANSWERS[:1], source=_ABLATION.format(row="TS"), steps=1500)


@distillation
def atom_ts_ah() -> Recipe:
    """The teacher's answers, and the truth while the student is not better."""
    return distilling("atom_ts_ah", ANSWERS, source=_ABLATION.format(row="TS+AH"), steps=1500)


@distillation
def atom_ts_ah_fid() -> Recipe:
    """Answers and the fidelity of features; CFKD without its correlation filter."""
    return distilling(
        "atom_ts_ah_fid",
        CFKD[:3],
        source=_ABLATION.format(row="+Fid")
        + "; its file is missing, steps are those of the rows before",
        steps=1500,
    )


@distillation
def atom_cfkd_separate() -> StagedRecipe:
    """CFKD in two stages of 50 epochs: the features, then the answers."""
    source = _ABLATION.format(row="separate (ts_ah_fid_cf_sep in the code)")
    name = "atom_cfkd_separate"
    features, answers = (distilling(name, part, source=source) for part in (FEATURES, ANSWERS))
    return separate(features, answers, name=name, source=source)


@distillation
def atom_cfkd_medium() -> Recipe:
    """CFKD for ATOM on a ResNet-18 of half the channels."""
    return _architecture("medium")


@distillation
def atom_cfkd_small() -> Recipe:
    """CFKD for ATOM on a ResNet-18 of a quarter of the channels."""
    return _architecture("small")


@distillation
def atom_cfkd_tiny() -> Recipe:
    """CFKD for ATOM on a ResNet-18 of an eighth of the channels."""
    return _architecture("tiny")


def _architecture(size: str) -> Recipe:
    source = f"CFKD, table 4.3, row ResNet-18-{size[0]}"
    return distilling(f"atom_cfkd_{size}", CFKD, source=source, model=f"atom_r18_{size}")


@distillation
def atom_tskd() -> Recipe:
    """The rival of Liu and others: answers, and the response to the target."""
    return distilling("atom_tskd", TSKD, source="CFKD, table 4.4, column Liu")


@distillation
def atom_compression() -> Recipe:
    """The rival of Wang and others: answers, lifted features, and a tracking loss."""
    return distilling("atom_compression", COMPRESSION, source="CFKD, table 4.4, column Wang")


@distillation
def atom_compression_code() -> Recipe:
    """As atom_compression, every form as CFKD's code has it, its mistakes included."""
    return as_code(atom_compression())
