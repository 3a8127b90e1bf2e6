"""The servers.toml of a lab."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tomli_w

from tests.lab.apache import Apache
from tests.lab.scenario import Scenario
from tests.lab.tomcat import Tomcat


def servers_toml(scenario: Scenario, ssh_config: Path, apaches: Sequence[Apache], tomcats: Sequence[Tomcat]) -> str:
    """Return the text of a servers.toml: the service ``shop``, every Tomcat a worker of the Apaches that have it."""
    service: dict[str, Any] = {
        "name": "shop",
        "comment": "The argument is the version, for example 2.0",
        "environment": scenario.environment,
        "apache": [_apache(scenario, apache, tomcats) for apache in apaches],
    }
    data = {"poll_seconds": 1, "connect_seconds": 5, "ssh_config": str(ssh_config), "service": [service]}
    return tomli_w.dumps(data)


def _apache(scenario: Scenario, apache: Apache, tomcats: Sequence[Tomcat]) -> dict[str, Any]:
    table: dict[str, Any] = {
        "name": apache.name,
        "ssh": apache.name,
        "map": str(apache.map),
        "workers_file": str(apache.workers_file),
        "reload_seconds": scenario.reload_seconds,
        "access_log": str(apache.combined_log),
    }
    if apache.status_url:
        table["status_url"] = apache.status_url
    numbers = {tomcat.worker: number for number, tomcat in enumerate(tomcats, 1)}
    return table | {"worker": [_worker(apache, numbers[tomcat.worker], tomcat) for tomcat in apache.tomcats]}


def _worker(apache: Apache, number: int, tomcat: Tomcat) -> dict[str, Any]:
    table: dict[str, Any] = {
        "name": tomcat.worker,
        "ssh": f"was{number}",
        "tomcat": f"was{number}",
        "log": str(tomcat.log),
        "deploy": str(tomcat.deploy_script),
    }
    if tomcat.worker in apache.direct_ports:
        table["check_url"] = f"http://127.0.0.1:{apache.direct_ports[tomcat.worker]}/"
    return table
