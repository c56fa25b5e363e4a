"""Follow an object through a video; write a video with its box, and a table of the boxes.

python examples/track_video.py                            # the packaged clip
python examples/track_video.py my.mp4 10,20,50,60         # yours: left, top, width, height
"""

import sys
from pathlib import Path

import feathertrack as ft
from feathertrack.demo import clip_boxes, clip_path
from feathertrack.tracking import follow
from feathertrack.video import ClipInfo, open_sinks


def main(video: str | Path = clip_path(), box: str = "") -> None:
    """Write tracked.mp4 and tracked.csv to the current folder."""
    first_box = [float(number) for number in box.split(",")] if box else clip_boxes()[0]
    tracker = ft.create_tracker()
    outputs = ["tracked.mp4", "tracked.csv"]
    with ft.open_source(video) as source, open_sinks(outputs, ClipInfo.of(source.info)) as sinks:
        for frame, result in follow(source, tracker, box=first_box):
            if result is not None:  # None before the first box
                sinks.write(frame, result)
    print(f"wrote {' and '.join(outputs)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
