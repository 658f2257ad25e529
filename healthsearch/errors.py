"""Mistakes that the person at the keyboard can mend.

A programmer's mistake is a ``ValueError`` instead; nothing here knows how either is shown.
"""

from __future__ import annotations

from pathlib import Path

# How a person starts a build: by the script in the project's folder, or else by the command that a wheel installs.
BUILD_COMMAND = (
    "python build_index.py"
    if Path(__file__).resolve().parents[1].joinpath("build_index.py").is_file()
    else "healthsearch build"
)
# The next step where the index cannot be read.
BUILD_AGAIN = f"Build it again: {BUILD_COMMAND}"


class HealthSearchError(Exception):
    """A problem with its place, its cause and the next step, each in plain words.

    >>> print(HealthSearchError("corpus/", "the folder holds no articles", "Add a .md or .txt file."))
    corpus/: the folder holds no articles. Add a .md or .txt file.
    """

    def __init__(self, place: object, cause: str, remedy: str) -> None:
        self.place = str(place)
        self.cause = cause
        self.remedy = remedy
        super().__init__(f"{self.place}: {cause}. {remedy}")


class UnreadableArticle(HealthSearchError):
    """One file of the corpus cannot become an article; the others still can."""


class UnlistedFolder(UnreadableArticle):
    """It is not known which files a folder of the corpus holds."""


class MisnamedFile(HealthSearchError):
    """A file of the corpus is read as what it is, which is not what its name says; never raised, only told."""


class BuildRunning(HealthSearchError):
    """Another process is building this index at this moment."""


class NoIndex(HealthSearchError):
    """There is no generation to open yet: the first build has not been made."""
