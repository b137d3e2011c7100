import socket

from services.local import ports


def test_free_ports_are_different_and_nobody_listens_there() -> None:
    found = ports.free(20)
    assert len(set(found)) == 20
    assert not any(ports.listens(port) for port in found)


def test_free_ports_lie_below_those_given_to_outgoing_connections() -> None:
    assert max(ports.free(50)) < 32_768


def test_a_port_where_somebody_listens_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        assert not ports.is_free(somebody.getsockname()[1])


def test_a_port_taken_on_all_addresses_is_not_free() -> None:
    with socket.create_server(("0.0.0.0", 0)) as somebody:
        assert not ports.is_free(somebody.getsockname()[1])
