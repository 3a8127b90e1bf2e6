"""workers.properties as a table of keys: repeated lines, variables and references resolved (mod_jk: jk_map.c)."""

from isdeploy_tui.modjk.attributes import is_supported, joined
from isdeploy_tui.modjk.properties import expand, read_pieces
from isdeploy_tui.printable import printable

_MAX_DEPTH = 20
_MAX_COPIES = 5_000
_MAX_KEY = 1_000


def read_properties(data: bytes) -> tuple[dict[str, str], list[str]]:
    """Return the keys and values after everything was resolved, and sentences about what is wrong."""
    properties: dict[str, str] = {}
    problems: list[str] = []
    for piece in read_pieces(data):
        if piece.entry is None:
            continue
        key = piece.entry.key
        if not is_supported(key):
            problems.append(
                f"workers.properties line {piece.line}: mod_jk does not know '{printable(key, 120)}': "
                "httpd will not start"
            )
            continue
        value = expand(piece.entry.value, properties).value
        properties[key] = joined(key, properties[key], value) if key in properties else value
    references = _References(properties)
    try:
        references.resolve()
    except _EndlessReferenceError as error:
        references.problems.append(f"workers.properties: {error}: httpd will not start")
    return properties, problems + references.problems


class _EndlessReferenceError(Exception):
    pass


class _References:
    """Copies what each ``….reference`` names to where it stands.

    ``names`` grows as keys are copied in, and every pass sees the new ones, as in mod_jk: a template may refer to a
    template.
    """

    def __init__(self, properties: dict[str, str]) -> None:
        self.properties = properties
        self.names = list(properties)
        self.problems: list[str] = []

    def resolve(self) -> None:
        """mod_jk: jk_map_resolve_references with prefix "worker." and wildcard."""
        for name in self.names:
            # With at least one character between the prefix and ".reference".
            if name.startswith("worker.") and name.endswith(".reference") and len(name) > len("worker..reference"):
                self._resolve_one(name, 1)

    def _resolve_one(self, name: str, depth: int) -> None:
        target = self.properties[name]
        if depth > _MAX_DEPTH:
            raise _EndlessReferenceError(f"the reference to '{printable(target, 80)}' goes round in a circle")
        if (outer := target + ".reference") in self.properties:
            self._resolve_one(outer, depth + 1)
        if not self._inherit(target + ".", name.removesuffix("reference")):
            self.problems.append(
                f"workers.properties: '{printable(name, 80)}' refers to '{printable(target, 80)}', "
                "which does not exist: httpd will not start"
            )

    def _inherit(self, source: str, target: str) -> bool:
        """Copy the keys under ``source`` that ``target`` lacks; false when there are none to copy."""
        found = False
        for name in self.names:
            if not name.startswith(source):
                continue
            found = True
            new = target + name.removeprefix(source)
            if new in self.properties:
                continue
            # "worker.a.reference=worker" copies its own copies.
            if len(new) > _MAX_KEY or len(self.names) > _MAX_COPIES:
                raise _EndlessReferenceError(f"the reference at '{printable(target, 80)}' copies itself without end")
            self.properties[new] = self.properties[name]
            self.names.append(new)
        return found
