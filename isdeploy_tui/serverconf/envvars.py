"""The variables that httpd is started with, from the shell file that sets them (Debian: /etc/apache2/envvars)."""

import re
import shlex


def exported_variables(text: str) -> dict[str, str]:
    """Return the plain ``export NAME=value`` lines of a shell file, such as Debian's /etc/apache2/envvars."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = re.match(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)", line)
        if match is None:
            continue
        try:
            words = shlex.split(match[2], comments=True)
        except ValueError:
            continue
        value = words[0] if words else ""
        # Debian's $SUFFIX is for further instances of httpd; the first one has none.
        value = re.sub(r"\$(\{SUFFIX\}|SUFFIX\b)", "", value)
        if "$" not in value and "`" not in value:
            found[match[1]] = value
    return found
