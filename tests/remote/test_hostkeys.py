"""known_hosts as OpenSSH reads it: which keys are trusted, what is a change, what is written."""

import subprocess
from pathlib import Path

import asyncssh
import pytest

from isdeploy_tui.remote.hostkeys import HostKeyCheck, KnownHosts, store
from isdeploy_tui.remote.sshoptions import HostOptions
from tests.lab.programs import program
from tests.remote.real_sshd import require_sshd

KEYS = {name: asyncssh.generate_private_key("ssh-ed25519").convert_to_public() for name in ("one", "two", "three")}
ECDSA = asyncssh.generate_private_key("ecdsa-sha2-nistp256").convert_to_public()
RSA = asyncssh.generate_private_key("ssh-rsa", key_size=2048).convert_to_public()


def line(names: str, key: asyncssh.SSHKey, marker: str = "") -> str:
    return f"{marker}{names} {key.export_public_key().decode()}"


def options(*files: Path, host: str = "web1", port: int = 22, alias: str = "") -> HostOptions:
    lookup = alias or (host if port == 22 else f"[{host}]:{port}")
    return HostOptions(host, host, port, "ops", lookup, user_known_hosts=files, alias=alias)


@pytest.fixture
def known(tmp_path: Path) -> Path:
    return tmp_path / "known_hosts"


def verdict(known: Path, key: asyncssh.SSHKey, **where: object) -> str:
    """Return what is decided on a key: ``""`` when it is trusted."""
    trust = KnownHosts().trust(options(known, **where))  # type: ignore[arg-type]
    if key in trust.keys:
        return ""
    check = HostKeyCheck(trust, store_unknown=False)
    assert not check.accepts(key)
    return check.verdict


def test_a_listed_key_is_trusted_and_another_one_is_a_change(known: Path) -> None:
    known.write_text(line("web1,192.0.2.1", KEYS["one"]) + line("web2", KEYS["two"]))
    assert verdict(known, KEYS["one"]) == ""
    assert verdict(known, KEYS["one"], host="192.0.2.1") == ""
    assert verdict(known, KEYS["two"]) == "changed"
    assert verdict(known, KEYS["one"], host="web3") == "unknown"


def test_another_port_is_another_server(known: Path) -> None:
    known.write_text(line("web1", KEYS["one"]) + line("[web1]:2222", KEYS["two"]))
    assert verdict(known, KEYS["two"], port=2222) == ""
    assert verdict(known, KEYS["one"], port=2222) == "changed"
    # An entry without port is accepted for other ports, and proves no change there: as ssh does.
    assert verdict(known, KEYS["one"], port=3333) == ""
    assert verdict(known, KEYS["two"], port=3333) == "unknown"
    assert verdict(known, KEYS["two"], port=3333, alias="web9") == "unknown"


def test_patterns_and_hashed_names_count(known: Path) -> None:
    require_sshd()
    known.write_text(line("web*,!web9", KEYS["one"]) + line("[web9]:22*", KEYS["two"]))
    assert verdict(known, KEYS["one"], host="web5") == ""
    assert verdict(known, KEYS["one"], host="web9") == "unknown"
    assert verdict(known, KEYS["two"], host="web9", port=2222) == ""
    known.write_text(line("web1,[web1]:2222", KEYS["three"]))
    subprocess.run([program("ssh-keygen"), "-q", "-H", "-f", str(known)], check=True, capture_output=True)
    assert "web1" not in known.read_text()
    assert verdict(known, KEYS["three"]) == ""
    assert verdict(known, KEYS["three"], port=2222) == ""
    assert verdict(known, KEYS["one"], port=2222) == "changed"


def test_one_bad_line_costs_no_other(known: Path) -> None:
    bad = "garbage\n@unknown-marker web1 ssh-ed25519 AAAA\nweb1 ssh-ed25519 notbase64\n|1|x|y ssh-ed25519 AAAA\n"
    known.write_bytes(bad.encode() + b"\xff\xfe\n" + line("web1", KEYS["one"]).encode())
    assert verdict(known, KEYS["one"]) == ""


def test_files_that_are_missing_or_unreadable_trust_nobody(known: Path) -> None:
    assert verdict(known, KEYS["one"]) == "unknown"
    assert verdict(known.parent, KEYS["one"]) == "unknown"
    assert verdict(Path("/dev/null"), KEYS["one"]) == "unknown"


def test_a_file_that_changes_is_read_again(known: Path) -> None:
    hosts = KnownHosts()
    assert not hosts.trust(options(known)).keys
    known.write_text(line("web1", KEYS["one"]))
    assert hosts.trust(options(known)).keys == (KEYS["one"],)
    known.write_text(line("web1", KEYS["one"]) + line("web1", KEYS["two"]))
    assert hosts.trust(options(known)).keys == (KEYS["one"], KEYS["two"])


def test_known_kinds_of_keys_are_asked_for_first(known: Path) -> None:
    asked = KnownHosts().trust(options(known)).algorithms()
    assert asked[:2] == ["ssh-ed25519", "ecdsa-sha2-nistp256"]
    known.write_text(line("web1", RSA) + line("web1", ECDSA))
    trust = KnownHosts().trust(options(known))
    assert trust.algorithms()[:3] == ["ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256"]
    assert "ssh-ed25519" in trust.algorithms()
    assert len(trust.algorithms()) == len(set(trust.algorithms()))
    assert trust.algorithms("rsa-sha2-256,ssh-ed25519") == ["rsa-sha2-256", "ssh-ed25519"]


def test_a_key_is_stored_once_and_on_a_line_of_its_own(known: Path) -> None:
    known.write_text(line("web2", KEYS["two"]).rstrip("\n"))
    for _ in range(2):
        store(options(known, port=2222), KEYS["one"])
    assert known.read_text().splitlines() == [
        line("web2", KEYS["two"]).rstrip("\n"),
        line("[web1]:2222", KEYS["one"]).rstrip("\n"),
    ]


def test_a_key_is_stored_nowhere_when_nothing_is_to_be_kept(tmp_path: Path) -> None:
    store(options(Path("/dev/null")), KEYS["one"])
    store(options(), KEYS["one"])
    assert not list(tmp_path.iterdir())


def test_the_folder_of_a_first_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    store(options(tmp_path / "new" / "file"), KEYS["one"])
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "file").stat().st_mode & 0o777 == 0o600
