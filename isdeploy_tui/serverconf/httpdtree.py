"""A whole httpd configuration, over all files that it includes: which directives count, and which files are missing.

Pure: it is given the files that were read so far and says which ones it needs beside them, again and again until it
has everything.
"""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from isdeploy_tui.printable import printable
from isdeploy_tui.serverconf.directives import (
    Closing,
    Directive,
    Item,
    Opening,
    Section,
    read_items,
    resolve_variables,
)

MAX_DEPTH = 32
"""How deep files may include each other; httpd allows 128."""

MAX_DIRECTIVES = 100_000

_CONDITIONS = {"ifdefine", "ifmodule", "ifversion", "iffile", "ifdirective", "ifsection"}


@dataclass(frozen=True, slots=True)
class Files:
    """What was read: texts by path, the paths that each asked pattern stands for, and why some could not be read."""

    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    globs: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))
    refused: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Start:
    """How httpd was started: ``root`` is its ServerRoot, ``defines`` are its ``-D``, ``variables`` its environment."""

    file: str
    root: str
    defines: frozenset[str] = frozenset()
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class HttpdTree:
    """The directives that count, in httpd's order. ``wanted`` are patterns of files that were not asked for yet.

    ``notes`` are sentences, printable, about what was not read or not understood; ``unread`` are those of them about
    files that are there or should be. ``files`` are those that were read.
    """

    start: Start
    root: str
    directives: tuple[Directive, ...]
    wanted: tuple[str, ...]
    notes: tuple[str, ...]
    files: tuple[str, ...]
    unread: tuple[str, ...] = ()


def assemble(start: Start, files: Files) -> HttpdTree:
    """Return what httpd would make of the files."""
    walk = _Walk(start, files)
    walk.file(start.file, 0)
    return HttpdTree(
        start,
        walk.root,
        tuple(walk.directives),
        tuple(dict.fromkeys(walk.wanted)),
        tuple(dict.fromkeys(walk.notes)),
        tuple(dict.fromkeys(walk.read)),
        tuple(dict.fromkeys(walk.unread)),
    )


class _Walk:
    def __init__(self, start: Start, files: Files) -> None:
        self.files = files
        self.root = start.root
        self.variables = dict(start.variables)
        self.defines = set(start.defines)
        self.modules: set[str] = set()
        self.directives: list[Directive] = []
        self.wanted: list[str] = []
        self.notes: list[str] = []
        self.unread: list[str] = []
        self.read: list[str] = []
        self._open: list[tuple[Section, bool]] = []

    def file(self, path: str, depth: int) -> None:
        """Go through one file."""
        if path in self.files.refused:
            self._refused(f"{printable(path)} could not be read: {printable(self.files.refused[path], 200)}")
            return
        if path not in self.files.texts:
            self.wanted.append(path)
            return
        if depth > MAX_DEPTH:
            self.notes.append(f"{printable(path)} is included too deep, and was left out")
            return
        self.read.append(path)
        for item in read_items(self.files.texts[path], path):
            if len(self.directives) > MAX_DIRECTIVES:
                self.notes.append(f"only the first {MAX_DIRECTIVES} directives were looked at")
                return
            self._item(item, depth)

    def _refused(self, note: str) -> None:
        self.notes.append(note)
        self.unread.append(note)

    def _item(self, item: Item, depth: int) -> None:
        if isinstance(item, Opening):
            self._open.append((item.section, self._counts() and self._holds(item.section)))
        elif isinstance(item, Closing):
            names = [section.name for section, _ in self._open]
            if item.name in names:
                del self._open[len(names) - 1 - names[::-1].index(item.name) :]
        elif self._counts():
            self._directive(item, depth)

    def _counts(self) -> bool:
        return all(holds for _, holds in self._open)

    def _holds(self, section: Section) -> bool:
        """Whether what is in a section counts. What cannot be told is taken to, and said."""
        test = section.argument
        wanted = not test.startswith("!")
        test = test.removeprefix("!")
        if section.name == "ifdefine":
            return (test in self.defines) is wanted
        if section.name == "ifmodule":
            # Which modules were compiled in is not known; those are hardly the ones that are asked for.
            return (test in self.modules) is wanted if "jk" in test else wanted or test not in self.modules
        if section.name == "macro":
            self.notes.append(f"{section.place}: mod_macro is not followed, so what its Use lines make is not known")
            return False
        if section.name in _CONDITIONS:
            self.notes.append(f"{section.place}: <{section.name}> was taken to hold, which is not certain")
        return True

    def _directive(self, item: Directive, depth: int) -> None:
        words = []
        for word in item.arguments:
            text, unknown = resolve_variables(word, self.variables)
            words.append(text)
            if unknown and (item.name.startswith("jk") or item.name.startswith("include")):
                names = ", ".join(f"${{{printable(name, 40)}}}" for name in unknown)
                self.notes.append(f"{item.place}: the value of {names} is not known")
        sections = tuple(section for section, _ in self._open if section.name not in _CONDITIONS)
        found = Directive(item.name, tuple(words), item.place, sections)
        if found.name in {"include", "includeoptional"}:
            self._include(found, depth)
        elif found.name == "serverroot" and found.argument:
            self.root = found.argument
        elif found.name == "define" and found.argument:
            self.defines.add(found.argument)
            self.variables[found.argument] = found.arguments[1] if len(found.arguments) > 1 else ""
        elif found.name == "undefine":
            self.defines.discard(found.argument)
            self.variables.pop(found.argument, None)
        elif found.name == "loadmodule" and len(found.arguments) > 1:
            # <IfModule> takes either name: jk_module, mod_jk.c.
            file = posixpath.basename(found.arguments[1])
            self.modules |= {found.argument, file.removesuffix(".so") + ".c"}
            self.directives.append(found)
        elif found.name == "use":
            self.notes.append(f"{found.place}: mod_macro is not followed; what this Use line makes is not known")
        else:
            self.directives.append(found)

    def _include(self, directive: Directive, depth: int) -> None:
        pattern = directive.argument
        if not pattern or "${" in pattern:
            return
        pattern = posixpath.join(self.root, pattern)
        if pattern not in self.files.globs:
            if pattern in self.files.refused:
                self._refused(
                    f"{directive.place}: {printable(pattern)} could not be read: "
                    f"{printable(self.files.refused[pattern], 200)}"
                )
            else:
                self.wanted.append(pattern)
            return
        for path in self.files.globs[pattern]:
            self.file(path, depth + 1)
