"""Where the web server may listen."""

import socket

import pytest

from portal import bind
from portal.refusal import Refused
from tests.portal.running import free_port, is_a_sentence


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:8000", ("127.0.0.1", 8000)),
        ("localhost:80", ("localhost", 80)),
        ("[::1]:8000", ("::1", 8000)),
        (" 0.0.0.0:65535 ", ("0.0.0.0", 65535)),
    ],
)
def test_an_address_is_a_host_and_a_port(text, found):
    assert bind.address(text) == found


@pytest.mark.parametrize(
    "text", ["", "8000", ":8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "localhost:65536", "::1:x"]
)
def test_anything_else_is_no_address(text):
    with pytest.raises(Refused) as refused:
        bind.address(text)

    assert is_a_sentence(str(refused.value))
    assert "127.0.0.1:8000" in str(refused.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.53", "::1", "localhost"])
def test_the_demo_listens_to_this_machine(host):
    bind.refuse_others_reach(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "no-such-host.invalid"])
def test_the_demo_listens_to_no_other_machine(host):
    with pytest.raises(Refused) as refused:
        bind.refuse_others_reach(host)

    assert is_a_sentence(str(refused.value))


def test_a_port_in_use_is_refused_and_a_free_one_is_not():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        used = listening.getsockname()[1]
        with pytest.raises(Refused) as refused:
            bind.refuse_used("127.0.0.1", used)

    assert str(refused.value).startswith(f"Port {used} of 127.0.0.1 is in use by another program.")
    assert is_a_sentence(str(refused.value))
    bind.refuse_used("127.0.0.1", used)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(Refused) as refused:
        bind.refuse_used("192.0.2.1", free_port())

    assert is_a_sentence(str(refused.value))
