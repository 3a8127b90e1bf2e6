"""servers.toml ⇄ frozen dataclasses; every error names file, key path and what was expected."""

from isdeploy_tui.config.model import (
    ApacheConfig,
    ApacheId,
    Config,
    FrontConfig,
    ServiceConfig,
    WorkerConfig,
    WorkerId,
)
from isdeploy_tui.config.reading import JudgeKeys, find, load, parse, user_file
from isdeploy_tui.config.table import ConfigError

__all__ = [
    "ApacheConfig",
    "ApacheId",
    "Config",
    "ConfigError",
    "FrontConfig",
    "JudgeKeys",
    "ServiceConfig",
    "WorkerConfig",
    "WorkerId",
    "find",
    "load",
    "parse",
    "user_file",
]
