"""Several targets in one video, with one call of the network per frame for all of them."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from numpy.typing import ArrayLike

from feathertrack.engines.protocol import Engine, Features
from feathertrack.errors import InputError
from feathertrack.results import Result
from feathertrack.trackers.creation import tracker_for
from feathertrack.trackers.siamfc import SiamFCTracker
from feathertrack.trackers.tracker import Image, check_image


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
        self.targets: dict[Hashable, SiamFCTracker] = {}
        self._features: Features | None = None

    def add(self, key: Hashable, image: Image, box: ArrayLike) -> None:
        """Start a target under a name of yours; a name that is taken starts again.

        Raises:
            InputError: the image is no picture, or of another size than that of the other targets,
                or the box cannot be a target in it.
        """
        height, width = check_image(image).shape[:2]
        for other, running in self.targets.items():
            if other != key and running.frame_shape != image.shape:
                raise InputError(
                    f"the image for {key!r} is {width} x {height}, that of {other!r} was "
                    f"{running.frame_shape[1]} x {running.frame_shape[0]}: all targets are "
                    "followed through one video"
                )
        target = tracker_for(self.engine, preset=self.preset)
        target.init(image, box)
        self.targets[key] = target
        self._features = None

    def remove(self, key: Hashable) -> None:
        """Stop following a target.

        Raises:
            InputError: nothing is followed under that name.
        """
        if key not in self.targets:
            raise InputError(f"no target is called {key!r}; there are: {list(self.targets)}")
        del self.targets[key]
        self._features = None

    def update(self, image: Image) -> dict[Hashable, Result]:
        """Every target in the next image."""
        targets = list(self.targets.values())
        if not targets:
            return {}
        if self._features is None:
            self._features = self.engine.stack([target.features for target in targets])
        # Region i belongs to template i % B: one scale of every target, then the next scale.
        regions_BSHW3 = np.stack([target.search(image) for target in targets])
        search = regions_BSHW3.swapaxes(0, 1).reshape(-1, *regions_BSHW3.shape[2:])
        outputs = self.engine.predict(self._features, search)
        return {
            key: target.decode(tuple(output[number :: len(targets)] for output in outputs))
            for number, (key, target) in enumerate(self.targets.items())
        }
