"""A console's directory and an agent's file as is-deploy writes them, for a site of two Apaches and three Tomcats."""

import json
from pathlib import Path
from typing import Any

WORKERS_PROPERTIES = """\
worker.list=balancer,balancer_ex1,balancer_ex2,balancer_ex3,status
worker.balancer.type=lb
worker.balancer.balance_workers=tc-a,tc-b,tc-c
worker.balancer_ex1.type=lb
worker.balancer_ex1.balance_workers=tc-b,tc-c
worker.balancer_ex2.type=lb
worker.balancer_ex2.balance_workers=tc-a,tc-c
worker.balancer_ex3.type=lb
worker.balancer_ex3.balance_workers=tc-a,tc-b
worker.status.type=status
worker.tc-a.host=10.0.1.1
worker.tc-b.host=10.0.1.2
worker.tc-c.host=10.0.1.3
"""

Json = dict[str, Any]


def pod(number: int, **keys: Any) -> Json:
    """Return a pod with two rules."""
    return {
        "name": f"WAS{number}",
        "lbMap": rules(f"balancer_ex{number}"),
        "logPath": f"/opt/tomcat{number}/logs/catalina.out",
        "shPath": f"/opt/deploy/tomcat{number}.sh",
        **keys,
    }


def rules(balancer: str) -> list[Json]:
    """Return two rules that name a balancer."""
    return [{"key": "/*", "value": balancer}, {"key": "/api/*", "value": balancer}]


def node(number: int, **keys: Any) -> Json:
    """Return a node with three pods; the content of its agent's setting.json."""
    return {
        "name": f"Shop-Node{number}",
        "agent": {"host": f"http://10.0.0.{number}", "port": ":5000"},
        "path": "/home/conf/uriworkermap.properties",
        "lbMap": rules("balancer"),
        "podList": [pod(number) for number in (1, 2, 3)],
        **keys,
    }


def service(**keys: Any) -> Json:
    """Return a service of two nodes."""
    return {"service": "Shop", "comment": "The argument is the tag. 태그!!", "node": [node(1), node(2)], **keys}


def console(directory: Path, *services: Json, descriptions: list[Json] | None = None) -> Path:
    """Write a console's config directory, laid out as the console does it; return it."""
    config = directory / "config"
    listed = [{"name": one["service"], "description": f"{one['service']} 서비스 입니다."} for one in services]
    put(config / "config.json", {"serviceList": listed if descriptions is None else descriptions})
    for one in services:
        put(config / "service" / one["service"] / f"{one['service'].lower()}.json", one)
    return config


def put(path: Path, content: Json | str) -> Path:
    """Write a file; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=2), "utf-8")
    return path
