"""A running Tomcat as its process and its server.xml tell it."""

from dataclasses import dataclass

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.hostfacts import TomcatProcess
from isdeploy_tui.serverconf.tomcatxml import (
    AjpConnector,
    ServerXmlError,
    ajp_connectors,
    file_properties,
    system_properties,
)


@dataclass(frozen=True, slots=True)
class TomcatView:
    """A running Tomcat: its AJP connectors, or why they are not known."""

    process: TomcatProcess
    connectors: tuple[AjpConnector, ...] = ()
    problem: str = ""

    def listens(self, port: int) -> bool:
        """True when it has an AJP connector on that port, as far as is known."""
        return any(connector.port == port for connector in self.connectors) or port in self.process.ports

    def route(self, port: int) -> str | None:
        """Return the jvmRoute of the connector on that port; None when it is not known."""
        return next((connector.route for connector in self.connectors if connector.port == port), None)


def understand_tomcat(process: TomcatProcess) -> TomcatView:
    """Return what a process's server.xml says."""
    if process.contained:
        return TomcatView(process, problem="it runs in a container, whose files cannot be read from its host")
    if process.server_xml is None:
        return TomcatView(process, problem=process.problem or "its server.xml was not read")
    properties = file_properties(process.properties) | system_properties(process.arguments)
    try:
        return TomcatView(process, ajp_connectors(process.server_xml, properties))
    except ServerXmlError as error:
        return TomcatView(process, problem=f"{printable(process.base)}/conf/server.xml: {error}")
