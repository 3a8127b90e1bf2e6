"""A file that a command makes: never over one that is there, unless that is wanted, and then whole or not at all."""

from contextlib import suppress
from pathlib import Path

from isdeploy_tui.config import ConfigError

_EXISTS = "exists already, and is left as it is; --overwrite replaces it"


def refuse_existing(file: str, *, overwrite: bool) -> None:
    """Say at once that the file is there, before any work is done. Raises ConfigError."""
    if file and not overwrite and Path(file).exists():
        raise ConfigError(file, [_EXISTS])


def write_new(file: str, text: str, *, overwrite: bool) -> None:
    """Write it. Raises ConfigError."""
    path = Path(file)
    aside = path.with_name(f"{path.name}.new")
    try:
        if not overwrite:
            with path.open("x", encoding="utf-8") as opened:
                opened.write(text)
            return
        aside.write_text(text, "utf-8")
        aside.replace(path)
    except FileExistsError:
        raise ConfigError(file, [_EXISTS]) from None
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise ConfigError(file, [f"cannot be written: {error.strerror}"]) from None
