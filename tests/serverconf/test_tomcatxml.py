"""server.xml: connectors and routes, whatever somebody wrote."""

import pytest

from isdeploy_tui.serverconf.envvars import exported_variables
from isdeploy_tui.serverconf.tomcatxml import (
    AjpConnector,
    ServerXmlError,
    ajp_connectors,
    file_properties,
    system_properties,
)

XML = """<?xml version='1.0' encoding='utf-8'?>
<Server port="8005" portOffset="{offset}"><!-- <Connector protocol="AJP/1.3" port="1"/> -->
  <Service name="a"><Connector port="8080" protocol="HTTP/1.1"/>
    <Connector port="${{ajp.port:8009}}" protocol="{protocol}" address="127.0.0.1"/>
    <Engine name="Catalina" jvmRoute="${{route}}"/></Service>
</Server>"""


@pytest.mark.parametrize("protocol", ["AJP/1.3", "org.apache.coyote.ajp.AjpNioProtocol", "ajp/1.3"])
def test_properties_fill_in_ports_and_routes(protocol: str) -> None:
    text = XML.format(offset=0, protocol=protocol)
    assert ajp_connectors(text, {"route": "w1"}) == (AjpConnector(8009, "127.0.0.1", "w1"),)
    assert ajp_connectors(text, {"route": "w1", "ajp.port": "9"})[0].port == 9


def test_the_port_offset_counts() -> None:
    assert ajp_connectors(XML.format(offset=100, protocol="AJP/1.3"), {"route": "w"})[0].port == 8109


def test_a_route_may_be_a_system_property() -> None:
    text = '<Server><Service><Connector port="1" protocol="AJP/1.3"/><Engine/></Service></Server>'
    assert ajp_connectors(text, system_properties(["java", "-DjvmRoute=w9", "x"]))[0].route == "w9"


@pytest.mark.parametrize("text", ["", "<Server>", "no xml", '<!DOCTYPE s [<!ENTITY a "b">]><Server>&a;</Server>'])
def test_what_is_no_plain_xml_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ServerXmlError, match=r"valid XML|entities"):
        ajp_connectors(text, {})


def test_catalina_properties_are_read() -> None:
    assert file_properties("# a=b\najp.port = 8010\n") == {"ajp.port": "8010"}


def test_debians_envvars_are_read_and_what_needs_a_shell_is_not() -> None:
    text = 'export APACHE_LOG_DIR=/var/log/apache2$SUFFIX\nexport A="x y" # why\nB=$(id)\nif [ x ]; then\n\tC=1\nfi\n'
    assert exported_variables(text) == {"APACHE_LOG_DIR": "/var/log/apache2", "A": "x y", "C": "1"}
