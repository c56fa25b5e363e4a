"""Tracks out of videos without boxes, by a tracker that finds its own way back.

``feathertrack data mine`` makes training sets of them: boxes are put around what moves by itself
and around regions that look like things, followed forwards and then backwards, and kept where both
ways agree.
"""

from feathertrack.data.mining.clips import Clips, open_clips
from feathertrack.data.mining.cycles import Cycle, follow_both_ways
from feathertrack.data.mining.sets import MiningReport, mine_tracks
from feathertrack.data.mining.settings import MiningSettings
from feathertrack.data.mining.starts import Start, choose_starts, find_starts

__all__ = [
    "Clips",
    "Cycle",
    "MiningReport",
    "MiningSettings",
    "Start",
    "choose_starts",
    "find_starts",
    "follow_both_ways",
    "mine_tracks",
    "open_clips",
]
