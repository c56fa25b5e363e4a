"""A tracker of this package as a TraX server: what the VOT toolkit starts as a subprocess.

The other way round, a TraX program for this package, is ``feathertrack.trackers.trax``.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError, require
from feathertrack.evaluation.vot.initial_box import initial_box
from feathertrack.trackers.tracker import Image, Tracker
from feathertrack.trackers.trax_regions import bounds
from feathertrack.video.pictures import read_picture
from feathertrack.video.pixels import rgb_uint8


def serve_trax(tracker: Tracker, *, name: str = "feathertrack") -> int:
    """Answer the requests of a TraX client until it says quit, and return how many frames it sent.

    The client is at the other end of stdin and stdout, or of the socket in ``TRAX_SOCKET``. It may
    start a target as often as it likes, by a rectangle, or by a polygon, of which the upright box
    of its proportions and area is taken, as pysot does. The answer is a rectangle with the score as
    its property ``confidence``. What Python code prints meanwhile goes to stderr.

    Args:
        tracker: the tracker.
        name: what the client is told that it is called.

    Raises:
        MissingExtra: vot-trax is not installed.
        InputError: the client sent an image or a region that cannot be used; it is told so.
    """
    trax = require("trax", extra="vot")
    server = trax.Server(
        [trax.Region.RECTANGLE, trax.Region.POLYGON],
        [trax.Image.PATH, trax.Image.MEMORY, trax.Image.BUFFER],
        ["color"],
        tracker_name=name,
        metadata={"vot": "python"},
        multiobject=False,
    )
    frames = 0
    with contextlib.redirect_stdout(sys.stderr):
        try:
            while (request := server.wait()).type in ("initialize", "frame"):
                server.status([_answer(trax, tracker, request)])
                frames += 1
        except Exception as error:
            server.quit(reason=" ".join(str(error).split())[:1000])
            raise
        server.quit()
    return frames


def _answer(trax: Any, tracker: Tracker, request: Any) -> tuple[Any, dict[str, float]]:
    """The region to reply with, and its properties."""
    image = _pixels(request.image)
    if request.type == "initialize":
        box_xywh, score = _first_box(request.objects), 1.0
        tracker.init(image, box_xywh)
    else:
        result = tracker.update(image)
        box_xywh, score = result.box, result.score
    return trax.Rectangle.create(*box_xywh.tolist()), {"confidence": score}


def _first_box(objects: Any) -> Boxes:
    regions = [region for region, _ in objects]
    if len(regions) != 1:
        raise InputError(f"the client gave {len(regions)} targets: this server follows one")
    region = regions[0]
    if region.type == "polygon" and region.size() == 4:
        corners = [number for i in range(4) for number in region.get(i)]
        return initial_box(np.array(corners))
    box_xywh = bounds(region)
    if box_xywh is None:
        raise InputError(f"the client gave a {region.type} without area as the target")
    return box_xywh


def _pixels(images: Any) -> Image:
    """RGB uint8 (H, W, 3) of the colour channel of a request."""
    if "color" not in images:
        raise InputError(f"the client sent no color image but {', '.join(images) or 'none'}")
    image = images["color"]
    kind = image.type()
    if kind == "path":
        return read_picture(Path(image.path()))
    if kind == "memory":
        return rgb_uint8(image.array(), what="the image in memory")
    bgr = cv2.imdecode(np.frombuffer(image.buffer(), np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise InputError("the client sent a JPEG or PNG in memory that cannot be decoded")
    rgb: Image = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
    return rgb
