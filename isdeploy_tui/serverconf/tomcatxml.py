"""Tomcat's server.xml: its AJP connectors and the route it marks sessions with."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from isdeploy_tui.printable import printable

_PROPERTY = re.compile(r"\$\{([^}:]+)(?::-?([^}]*))?\}")


@dataclass(frozen=True, slots=True)
class AjpConnector:
    """An AJP connector; ``route`` is its Engine's jvmRoute, empty when it has none."""

    port: int
    address: str
    route: str


class ServerXmlError(Exception):
    """A server.xml that cannot be understood; the text says why."""


def ajp_connectors(text: str, properties: Mapping[str, str]) -> tuple[AjpConnector, ...]:
    """Return the AJP connectors; ``properties`` fill in ``${name}``. Raises ServerXmlError."""
    if "<!ENTITY" in text:
        raise ServerXmlError("it is put together from XML entities")
    try:
        root = ET.fromstring(text)
    except (ET.ParseError, ValueError) as error:
        raise ServerXmlError(f"it is no valid XML ({printable(str(error), 100)})") from None
    offset = _number(_filled(root.get("portOffset", "0"), properties)) or 0
    found = []
    for service in root.iter("Service"):
        engine = service.find("Engine")
        route = _filled(engine.get("jvmRoute", ""), properties) if engine is not None else ""
        route = route or properties.get("jvmRoute", "")
        for connector in service.iter("Connector"):
            protocol = _filled(connector.get("protocol", ""), properties).lower()
            port = _number(_filled(connector.get("port", ""), properties))
            if (protocol.startswith("ajp") or ".ajp." in protocol) and port is not None and port > 0:
                address = _filled(connector.get("address", ""), properties)
                found.append(AjpConnector(port + offset, printable(address, 80), printable(route, 80)))
    return tuple(found)


def system_properties(arguments: Sequence[str]) -> dict[str, str]:
    """Return the ``-Dname=value`` of a Java command line."""
    given = (word[2:].partition("=") for word in arguments if word.startswith("-D"))
    return {name: value for name, _, value in given}


def file_properties(text: str) -> dict[str, str]:
    """Return the simple lines of a catalina.properties."""
    lines = (line.strip().partition("=") for line in text.splitlines() if not line.lstrip().startswith(("#", "!")))
    return {name.strip(): value.strip() for name, equals, value in lines if equals}


def _filled(text: str, properties: Mapping[str, str]) -> str:
    return _PROPERTY.sub(lambda match: properties.get(match[1], match[2] or match[0]), text)


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,5}", text.strip()) else None
