"""What stands where in the embedded world, as the files that an administrator would have written."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from isdeploy_tui.demo.applications import INTRA, SHOP, Application

RELOAD_SECONDS = 2
"""``JkMountFileReload`` of every Apache of the world."""

AJP_PORT = 8009
HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class TomcatSite:
    """A Tomcat: its name, the server it runs on, its directory there, its AJP port as mod_jk names it."""

    name: str
    server: str
    directory: str
    ajp_port: int
    application: Application

    def base(self, root: Path) -> Path:
        """Its CATALINA_BASE."""
        return root / self.server / self.directory


@dataclass(frozen=True, slots=True)
class ApacheSite:
    """An Apache of an application's service, on the server of the same name, and its two files.

    ``members`` are (mod_jk's name, Tomcat's name); ``visitors_share`` is its part of all visitors.
    """

    name: str
    application: Application
    members: Sequence[tuple[str, str]]
    map: str
    workers: str
    visitors_share: float

    def map_path(self, root: Path) -> Path:
        """Its uriworkermap.properties."""
        return root / self.name / "conf" / "uriworkermap.properties"

    def workers_path(self, root: Path) -> Path:
        """Its workers.properties."""
        return root / self.name / "conf" / "workers.properties"

    def access_log(self, root: Path) -> Path:
        """Its access log."""
        return root / self.name / "logs" / "access.log"


TOMCATS = (
    TomcatSite("was1-shop", "was1", "tomcat", AJP_PORT, SHOP),
    TomcatSite("was2-shop", "was2", "tomcat", AJP_PORT, SHOP),
    TomcatSite("was3-shop", "was3", "tomcat", AJP_PORT, SHOP),
    TomcatSite("intra-a", "web3", "tomcat-a", AJP_PORT, INTRA),
    TomcatSite("intra-b", "web3", "tomcat-b", AJP_PORT + 1, INTRA),
)

_SHOP_MEMBERS = (("worker1", "was1-shop"), ("worker2", "was2-shop"), ("worker3", "was3-shop"))

_SHOP_WORKERS = """\
# Read once, when httpd starts. The rules that use these are in uriworkermap.properties.
worker.list=balancer,balancer_ex1,balancer_ex2,balancer_ex3,jkstatus

worker.template.type=ajp13
worker.template.port=8009
worker.template.ping_mode=A

worker.worker1.reference=worker.template
worker.worker1.host=was1
worker.worker2.reference=worker.template
worker.worker2.host=was2
worker.worker3.reference=worker.template
worker.worker3.host=was3

worker.balancer.type=lb
worker.balancer.balance_workers=worker1,worker2,worker3

# For deploys: everyone but one.
worker.balancer_ex1.type=lb
worker.balancer_ex1.balance_workers=worker2,worker3
worker.balancer_ex2.type=lb
worker.balancer_ex2.balance_workers=worker1,worker3
worker.balancer_ex3.type=lb
worker.balancer_ex3.balance_workers=worker1,worker2

worker.jkstatus.type=status
worker.jkstatus.read_only=true
"""

_INTRA_WORKERS = """\
worker.list=intra,jkstatus

worker.node1.type=ajp13
worker.node1.host=127.0.0.1
worker.node1.port=8009
worker.node2.type=ajp13
worker.node2.host=127.0.0.1
worker.node2.port=8010

worker.intra.type=lb
worker.intra.balance_workers=node1,node2

worker.jkstatus.type=status
worker.jkstatus.read_only=true
"""

APACHES = (
    ApacheSite(
        "web1",
        SHOP,
        _SHOP_MEMBERS,
        "# Which requests go to which balancer (httpd looks here every 2 s)\n/shop/*=balancer\n/api/*=balancer\n",
        _SHOP_WORKERS,
        0.4,
    ),
    ApacheSite(
        "web2",
        SHOP,
        _SHOP_MEMBERS,
        "# 쇼핑몰\n/shop/* = balancer\n/api/*  = balancer   # 정산 포함\n",
        _SHOP_WORKERS,
        0.4,
    ),
    ApacheSite(
        "web3",
        INTRA,
        (("node1", "intra-a"), ("node2", "intra-b")),
        "/intra/*=intra\n/hr/*=intra\n",
        _INTRA_WORKERS,
        0.2,
    ),
)

_CHECK_HOST = "worker1.shop.example"
_CHECKED = ("web1", "worker1")

_SERVICES = (
    (SHOP, "production", "The argument is the git tag"),
    (INTRA, "", "The argument is the release, by year and month"),
)


def checked(apache: str) -> Mapping[str, str]:
    """Return the virtual hosts of an Apache that mount one member alone, for check URLs: host name → member."""
    return {_CHECK_HOST: _CHECKED[1]} if apache == _CHECKED[0] else {}


def lay_out(root: Path, pause: float) -> Mapping[str, Path]:
    """Write every file of every server below ``root``; return the home directory of each server by name.

    ``pause`` is how long the deploy scripts sleep between two looks, in real seconds.
    """
    homes = {name: root / name for name in (*(a.name for a in APACHES), *(t.server for t in TOMCATS))}
    # Writing a map makes sure that the httpd processes of the machine can read it, and there may be real ones on this.
    root.chmod(0o711)
    for home in homes.values():
        home.mkdir(exist_ok=True)
        home.chmod(0o755)
    for apache in APACHES:
        apache.access_log(root).parent.mkdir(exist_ok=True)
        for path, text in ((apache.map_path(root), apache.map), (apache.workers_path(root), apache.workers)):
            path.parent.mkdir(exist_ok=True)
            path.parent.chmod(0o755)
            path.write_text(text, "utf-8")
            path.chmod(0o644)
    for tomcat in TOMCATS:
        _lay_out_tomcat(tomcat.base(root), tomcat, pause)
    return homes


def _lay_out_tomcat(base: Path, tomcat: TomcatSite, pause: float) -> None:
    for directory in ("bin", "logs", "temp", "webapps/ROOT"):
        (base / directory).mkdir(parents=True)
    (base / "webapps" / "ROOT" / "version.txt").write_text(f"{tomcat.application.version}\n")
    scripts = resources.files(__package__) / "scripts"
    for source, name in (("catalina.sh", "startup.sh"), ("catalina.sh", "shutdown.sh"), ("deploy.sh", "deploy.sh")):
        path = base / "bin" / name
        path.write_text((scripts / source).read_text("utf-8"), "utf-8")
        path.chmod(0o755)
    settings = f"application={tomcat.application.name}\nbase={shlex.quote(str(base))}\npause={pause:.3f}\n"
    (base / "bin" / "deploy.conf").write_text(settings)


def servers_toml(root: Path) -> str:
    """Return the text of the servers.toml that describes this world."""
    lines = ["poll_seconds = 1", "connect_seconds = 5"]
    tomcats = {tomcat.name: tomcat for tomcat in TOMCATS}
    for application, environment, comment in _SERVICES:
        comment = f"{comment}, for example {application.next_version}"
        lines += ["", "[[service]]", f'name = "{application.name}"', f'comment = "{comment}"']
        lines += [f'environment = "{environment}"'] if environment else []
        for apache in APACHES:
            if apache.application is application:
                lines += _apache_lines(root, apache, tomcats)
    return "\n".join(lines) + "\n"


def _apache_lines(root: Path, apache: ApacheSite, tomcats: Mapping[str, TomcatSite]) -> list[str]:
    lines = [
        "",
        "[[service.apache]]",
        f'name = "{apache.name}"',
        f'ssh = "{apache.name}"',
        f"map = {_quoted(apache.map_path(root))}",
        f"workers_file = {_quoted(apache.workers_path(root))}",
        f"reload_seconds = {RELOAD_SECONDS}",
        'status_url = "http://127.0.0.1/jkstatus"',
        f"access_log = {_quoted(apache.access_log(root))}",
    ]
    for member, tomcat_name in apache.members:
        tomcat = tomcats[tomcat_name]
        base = tomcat.base(root)
        lines += ["", "[[service.apache.worker]]", f'name = "{member}"']
        lines += [f'ssh = "{tomcat.server}"'] if tomcat.server != apache.name else []
        lines += [
            f'tomcat = "{tomcat_name}"',
            f"log = {_quoted(base / 'logs' / 'catalina.out')}",
            f"deploy = {_quoted(base / 'bin' / 'deploy.sh')}",
            f"version_command = {_in_toml(f'cat {shlex.quote(str(base))}/webapps/ROOT/version.txt')}",
        ]
        if (apache.name, member) == _CHECKED:
            lines += [f'check_url = "http://{_CHECK_HOST}/shop/"', 'check_text = "version=$1"']
    return lines


def _quoted(path: Path) -> str:
    return _in_toml(str(path))


def _in_toml(text: str) -> str:
    # JSON's strings are TOML's basic strings.
    return json.dumps(text, ensure_ascii=False)
