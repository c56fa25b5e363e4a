from __future__ import annotations

import av
import numpy as np

from feathertrack.demo import clip_boxes, clip_path


def test_clip_is_small_and_plays_in_a_browser() -> None:
    assert clip_path().stat().st_size < 1_500_000
    with av.open(str(clip_path())) as clip:
        video = clip.streams.video[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (video.width, video.height, video.average_rate) == (480, 270, 25)


def test_index_comes_before_the_pictures() -> None:
    content = clip_path().read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_every_frame_has_a_box_inside_the_picture() -> None:
    boxes_xywh = clip_boxes()
    with av.open(str(clip_path())) as clip:
        num_frames = sum(1 for _ in clip.decode(video=0))
    assert boxes_xywh.shape == (num_frames, 4)
    assert (boxes_xywh[:, :2] >= 0).all()
    assert (boxes_xywh[:, :2] + boxes_xywh[:, 2:] <= (480, 270)).all()


def test_target_doubles_in_size_and_moves_smoothly() -> None:
    boxes_xywh = clip_boxes()
    area = np.sqrt(boxes_xywh[:, 2:].prod(axis=1))
    center = boxes_xywh[:, :2] + boxes_xywh[:, 2:] / 2
    assert 1.7 < area.max() / area.min() < 2.3
    assert np.linalg.norm(np.diff(center, axis=0), axis=1).max() < 15
