"""A decoded frame becomes an image: its colours, its transparency, which way it is up."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from feathertrack.video.frames import Image
from feathertrack.video.pixels import over_black


class Converter:
    """Turn decoded frames into images; one converter serves one thread.

    Matrix and range of the colours are those of the frame (BT.601 where it says nothing); the
    pixels are those of ``cv2.VideoCapture``. High dynamic range is not tone-mapped.
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()  # shared by all frames: setting one up takes longer

    def image(self, frame: av.VideoFrame) -> Image:
        """Return RGB uint8 (H, W, 3), turned and mirrored as the video's display matrix says.

        A transparent frame is laid over black.
        """
        transparent = any(component.is_alpha for component in frame.format.components)
        layout = "rgba" if transparent else "rgb24"
        # threads: one for each core is what PyAV takes, and costs more than the work itself
        converted = self._reformatter.reformat(frame, format=layout, threads=1)
        image: Image = np.asarray(converted.to_ndarray(), np.uint8)
        if converted is frame:
            image = image.copy()  # the decoder may still build the next frames on these pixels
        if transparent:
            image = over_black(image)
        if frame.side_data:
            image = _turned(image, frame)
        return np.ascontiguousarray(image)


def is_turned(frame: av.VideoFrame) -> bool:
    """Whether width and height change places when the frame is shown."""
    matrix = _display_matrix(frame)
    return matrix is not None and abs(matrix[0]) < abs(matrix[1])


def pixel_aspect(stream: av.VideoStream, *, turned: bool) -> Fraction:
    """Width of a pixel divided by its height as shown, 1 where the video says nothing."""
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    return 1 / aspect if turned else aspect


def _turned(image: Image, frame: av.VideoFrame) -> Image:
    """Apply the display matrix (x, y) -> (a x + c y, b x + d y), signs and exchange only."""
    matrix = _display_matrix(frame)
    if matrix is None:
        return image
    a, b, c, d = matrix
    if abs(a) < abs(b):
        image, a, d = image.transpose(1, 0, 2), c, b
    return image[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]


def _display_matrix(frame: av.VideoFrame) -> tuple[int, int, int, int] | None:
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d = np.frombuffer(data, np.int32)[:5].tolist()
            return a, b, c, d
    return None
