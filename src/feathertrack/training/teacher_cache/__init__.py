"""What a teacher makes of a pair, kept on the disk and used again by the next training."""

from feathertrack.training.teacher_cache.cache import TeacherCache, open_cache
from feathertrack.training.teacher_cache.settings import CacheSettings

__all__ = ["CacheSettings", "TeacherCache", "open_cache"]
