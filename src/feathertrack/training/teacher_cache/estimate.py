"""What a cache would take on the disk, found by asking the teacher about one pair."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import torch

from feathertrack.data.batch import PairBatch
from feathertrack.models.network import Network
from feathertrack.training.recipe import Recipe
from feathertrack.training.teacher_cache.cache import all_pairs
from feathertrack.training.teacher_cache.settings import CacheSettings

_BYTES = {"float32": 4, "float16": 2}


@dataclass(frozen=True, kw_only=True)
class CacheSize:
    """What a cache of all pairs of a recipe takes.

    Attributes:
        pairs: of all epochs.
        per_pair: bytes of one.
        free: bytes that the disk has.
    """

    pairs: int
    per_pair: int
    free: int

    @property
    def total(self) -> int:
        """Bytes of all pairs."""
        return self.pairs * self.per_pair


def cache_settings(recipe: Recipe) -> CacheSettings | None:
    """The settings of a recipe's cache; None where it has none or keeps nothing."""
    settings = getattr(recipe.task, "cache", None)
    return settings if isinstance(settings, CacheSettings) and settings.folder else None


def estimate_cache(
    recipe: Recipe, settings: CacheSettings, *, student: Network, teacher: Network
) -> CacheSize:
    """Return what a cache of all pairs takes.

    Args:
        recipe: its views, terms and pairs count.
        settings: of the cache.
        student: a network of the recipe, with any weights.
        teacher: likewise.

    Raises:
        InputError: the task cannot be built.
    """
    task = recipe.task.build(student, recipe=recipe, teacher=teacher)
    parts = task.teacher_parts(_one_pair(recipe))
    numbers = sum(part.numel() for part in parts.values())
    folder = Path(settings.folder).expanduser().absolute()
    there = next(one for one in (folder, *folder.parents) if one.exists())
    return CacheSize(
        pairs=all_pairs(recipe),
        per_pair=_BYTES[settings.precision] * numbers + 16,
        free=shutil.disk_usage(there).free,
    )


def _one_pair(recipe: Recipe) -> PairBatch:
    sides = [view.size for view in (recipe.data.template, recipe.data.search)]
    boxes = [torch.tensor([[side / 3, side / 3, side / 4, side / 4]]) for side in sides]
    return PairBatch(
        template=torch.zeros(1, 3, sides[0], sides[0]),
        search=torch.zeros(1, 3, sides[1], sides[1]),
        template_boxes=boxes[0],
        search_boxes=boxes[1],
        positive=torch.ones(1, dtype=torch.bool),
        seeds=torch.zeros(1, dtype=torch.int64),
    )
