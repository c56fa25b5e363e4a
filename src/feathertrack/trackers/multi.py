"""Several targets in one video, with one call of the network per frame for all of them.

Trackers that learn online share the engine, but not the call: each has a network of its own in
part. Targets whose search regions differ in size, as where one is lost, share a call by size.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from feathertrack.engines.protocol import Engine, Features, Images
from feathertrack.errors import InputError
from feathertrack.results import Result
from feathertrack.trackers.creation import tracker_for
from feathertrack.trackers.tracker import EngineTracker, Image, SplitTracker, check_image

_MOST_GROUPS = 8


class MultiTracker:
    """Follow any number of targets, which may come and go; each gives what it would give alone.

    Raises:
        InputError: ``engine`` is none.

    >>> tracker = MultiTracker(engine)  # doctest: +SKIP
    >>> tracker.add("left", image, (10, 20, 30, 40))  # doctest: +SKIP
    >>> tracker.update(next_image)["left"].box  # doctest: +SKIP
    """

    def __init__(self, engine: Engine, *, preset: str = "") -> None:
        if not all(callable(getattr(engine, name, None)) for name in ("embed", "predict", "stack")):
            raise InputError(
                f"MultiTracker takes an engine, such as create_tracker(...).engine, got {engine!r}"
            )
        self.engine = engine
        self.preset = preset
        self.targets: dict[Hashable, EngineTracker] = {}
        self._shape: tuple[int, ...] = ()
        self._features: dict[tuple[Hashable, ...], tuple[list[Features], Features]] = {}

    def add(self, key: Hashable, image: Image, box: ArrayLike) -> None:
        """Start a target under a name of yours; a name that is taken starts again.

        Raises:
            InputError: the image is no picture, or of another size than that of the other targets,
                or the box cannot be a target in it.
        """
        height, width = check_image(image).shape[:2]
        for other in self.targets:
            if other != key and self._shape != image.shape:
                raise InputError(
                    f"the image for {key!r} is {width} x {height}, that of {other!r} was "
                    f"{self._shape[1]} x {self._shape[0]}: all targets are followed through one "
                    "video"
                )
        target = tracker_for(self.engine, preset=self.preset)
        target.init(image, box)
        self.targets[key] = target
        self._shape = image.shape
        self._features = {}

    def remove(self, key: Hashable) -> None:
        """Stop following a target.

        Raises:
            InputError: nothing is followed under that name.
        """
        if key not in self.targets:
            raise InputError(f"no target is called {key!r}; there are: {list(self.targets)}")
        del self.targets[key]
        self._features = {}

    def update(self, image: Image) -> dict[Hashable, Result]:
        """Every target in the next image."""
        sharing: dict[tuple[int, ...], dict[Hashable, tuple[SplitTracker, Images]]] = {}
        results: dict[Hashable, Result] = {}
        for key, target in self.targets.items():
            if isinstance(target, SplitTracker):
                regions = target.search(image)
                sharing.setdefault(regions.shape, {})[key] = target, regions
            else:
                results[key] = target.update(image)
        for group in sharing.values():
            results |= self._update_together(group)
        return {key: results[key] for key in self.targets}

    def _update_together(
        self, group: Mapping[Hashable, tuple[SplitTracker, Images]]
    ) -> dict[Hashable, Result]:
        """Targets whose search regions have one size, by one call of the network."""
        targets = [target for target, _ in group.values()]
        names = tuple(group)
        features = self._stacked(names, [target.features for target in targets])
        # Region i belongs to template i % B: one scale of every target, then the next scale.
        regions_BSHW3 = np.stack([regions for _, regions in group.values()])
        search = regions_BSHW3.swapaxes(0, 1).reshape(-1, *regions_BSHW3.shape[2:])
        outputs = self.engine.predict(features, search)
        return {
            key: target.decode(tuple(output[number :: len(targets)] for output in outputs))
            for number, (key, (target, _)) in enumerate(group.items())
        }

    def _stacked(self, names: tuple[Hashable, ...], features: list[Features]) -> Features:
        """The features of a group, stacked anew where a target has come by others."""
        known, stacked = self._features.get(names, ([], None))
        if stacked is not None and all(map(operator.is_, known, features)):
            return stacked
        if len(self._features) > _MOST_GROUPS:
            self._features = {}
        stacked = self.engine.stack(features)
        self._features[names] = (features, stacked)
        return stacked
