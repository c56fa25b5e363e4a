"""Two targets in one video: one network, called once per frame for both.

python examples/several_targets.py
"""

import feathertrack as ft
from feathertrack.demo import clip_boxes, clip_path
from feathertrack.trackers.feather import FeatherTracker


def main() -> None:
    """Follow the shuttle from the start, and the nose of the rocket from frame 110 to 150."""
    tracker = ft.create_tracker()
    assert isinstance(tracker, FeatherTracker)
    targets = ft.MultiTracker(tracker.engine)
    with ft.open_source(clip_path()) as frames:
        for frame in frames:
            results = targets.update(frame.image)
            if frame.index == 0:
                targets.add("shuttle", frame.image, clip_boxes()[0])
            if frame.index == 110:
                targets.add("rocket", frame.image, (150, 4, 33, 60))
            if frame.index == 150:
                targets.remove("rocket")
            if frame.index % 20 == 0:
                for name, result in results.items():
                    x, y, w, h = result.box
                    print(
                        f"{frame.index:4d} {name}: {x:.0f},{y:.0f},{w:.0f},{h:.0f} {result.state}"
                    )


if __name__ == "__main__":
    main()
