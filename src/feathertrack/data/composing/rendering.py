"""From a scene to the frames of a clip, the target's true boxes, and how much of it can be seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.data.composing.cutouts import CutOut
from feathertrack.data.composing.lights import brightness, developed, lit
from feathertrack.data.composing.motions import slopes
from feathertrack.data.composing.placing import Patch, Vector, place, streak, streaked
from feathertrack.data.composing.scenes import Layer, Scene
from feathertrack.video.frames import Image

_SHARP = 1.3  # cut-outs keep so many pixels by pixel of the frame


@dataclass(frozen=True, kw_only=True, eq=False)
class Rendered:
    """A clip.

    Attributes:
        frames: N pictures, RGB uint8 (H, W, 3).
        boxes: float64 (N, 4) around the whole target, hidden parts and those beyond the frame too.
        visible: float64 (N,) share of the target that is seen, 0 to 1.
    """

    frames: tuple[Image, ...]
    boxes: Boxes
    visible: NDArray[np.float64]


def render(
    scene: Scene, *, ground: Image, cuts: Mapping[int, CutOut], noise: np.random.Generator
) -> Rendered:
    """Make the pictures of a clip.

    Args:
        scene: what happens.
        ground: the photograph that it plays in, RGB uint8.
        cuts: the objects by number of their outline.
        noise: where the grain of the film comes from.
    """
    light = brightness(ground)
    actors = [(layer, _made_up(layer, cuts[layer.outline], light)) for layer in scene.layers]
    width, height = scene.frame_wh
    grains = _grains(noise, width, height) if scene.film.grain else iter(())
    flat = np.zeros((height, width), np.float32)
    frames, boxes, visible = [], [], []
    for number in range(len(scene.camera)):
        frame = _seen(ground, scene, number)
        patches = [(layer.role, *_laid(layer, cut, scene, number)) for layer, cut in actors]
        for _, _, blurred in patches:
            if blurred is not None:
                blurred.lay_on(frame)
        role = [one for one, _, _ in patches].index("target")
        target = patches[role][1]
        before = [blurred for _, _, blurred in patches[role + 1 :] if blurred is not None]
        boxes.append(np.full(4, np.nan) if target is None else target.box())
        visible.append(0.0 if target is None else visible_share(target, before, scene.frame_wh))
        picture = np.clip(np.rint(frame), 0, 255).astype(np.uint8)
        frames.append(developed(picture, scene.film, number, next(grains, flat)))
    return Rendered(frames=tuple(frames), boxes=np.array(boxes), visible=np.array(visible))


def _made_up(layer: Layer, cut: CutOut, light: float) -> CutOut:
    """A cut-out as it appears in this clip, with no more pixels than its largest view shows."""
    cut = cut.shrunk(_SHARP * float(layer.motion.scales.max()))
    cut = cut.mirrored() if layer.mirrored else cut
    return lit(cut, layer.look, like=light, share=layer.blend)


def _laid(
    layer: Layer, cut: CutOut, scene: Scene, number: int
) -> tuple[Patch | None, Patch | None]:
    """An object in a frame, sharp and as the camera sees it while it moves."""
    patch = place(cut, layer.motion, number, bend=layer.bend, frame_wh=scene.frame_wh)
    if patch is None:
        return None, None
    x, y = (scene.film.shutter * layer.motion.speeds[number]).tolist()
    seen = streaked(patch, (x, y))
    factor = float(layer.look.drift[number])
    if factor != 1.0:
        shade = np.array([factor, factor, factor, 1.0], np.float32)
        seen = Patch(seen.left, seen.top, seen.pixels * shade)
    return patch, seen


def _seen(ground: Image, scene: Scene, number: int) -> NDArray[np.float32]:
    """The scene without objects, float32 (H, W, 3)."""
    width, height = scene.frame_wh
    # OpenCV's maps are between pixel centres.
    half = np.full(2, 0.5)
    matrix = scene.camera[number].copy()
    matrix[:, 2] += matrix[:, :2] @ half - half
    units = 1 / np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    source = ground
    if units > 1.6:  # shrink first, as a warp samples but four pixels
        factor = 1.25 / units
        source = cv2.resize(ground, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        shrunk = np.array([source.shape[1], source.shape[0]]) / (ground.shape[1], ground.shape[0])
        matrix[:, 2] += matrix[:, :2] @ (half / shrunk - half)
        matrix[:, :2] /= shrunk
    frame = cv2.warpAffine(
        source, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    kernel = streak(_pan(scene, number))
    if kernel is not None:
        frame = cv2.filter2D(frame, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(frame, np.float32)


def _pan(scene: Scene, number: int) -> Vector:
    """How far what is in the middle of the frame moves while the shutter is open."""
    linear, shift = scene.camera[:, :, :2], scene.camera[:, :, 2]
    middle = np.array(scene.frame_wh) / 2
    spot = np.linalg.solve(linear[number], middle - shift[number])
    x, y = (scene.film.shutter * slopes(linear @ spot + shift)[number]).tolist()
    return x, y


def visible_share(target: Patch, before: list[Patch], frame_wh: tuple[int, int]) -> float:
    """Share of an object that lies in the frame with nothing in front of it."""
    whole = float(target.alpha.sum())
    there, here = target.span(*frame_wh)
    if whole <= 0 or min(one.stop - one.start for one in there) <= 0:
        return 0.0
    seen = np.zeros((frame_wh[1], frame_wh[0]), np.float32)
    seen[there] = target.alpha[here]
    for patch in before:
        at, own = patch.span(*frame_wh)
        seen[at] *= 1 - patch.alpha[own]
    return float(seen.sum()) / whole


def _grains(rng: np.random.Generator, width: int, height: int) -> Iterator[NDArray[np.float32]]:
    """Noise of deviation 1, drawn once and shifted from frame to frame, which looks as new."""
    tile = rng.standard_normal((height + 64, width + 64), np.float32)
    while True:
        top, left = rng.integers(64, size=2)
        yield tile[top : top + height, left : left + width]
