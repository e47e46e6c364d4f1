"""Announces the eviction policy `lru`."""

from lru_policy import LruMaker

lru = LruMaker()
