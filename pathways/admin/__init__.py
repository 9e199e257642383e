"""Django's admin for the map. Every change leaves who and why; what was published can be read, and nothing more."""

from pathways.admin import calendars, forms, pathways, people, stages, transitions, versions

__all__ = ["calendars", "forms", "pathways", "people", "stages", "transitions", "versions"]
