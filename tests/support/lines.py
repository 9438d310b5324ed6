"""Talking to a listener octet by octet, as no client library would."""

import contextlib
import smtplib
import socket
import ssl

MiB = 1 << 20


def send_data(client: smtplib.SMTP, raw: bytes) -> tuple[int, bytes]:
    """DATA with the very bytes: smtplib would mend bare CR and LF."""
    assert client.docmd("DATA")[0] == 354
    assert client.sock is not None
    client.sock.sendall((b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
    return client.getreply()


def until(line: socket.socket, mark: bytes) -> bytes:
    """What is heard until `mark`. Raises ConnectionError when the other side leaves before."""
    heard = b""
    while mark not in heard:
        piece = line.recv(65536)
        if not piece:
            raise ConnectionError(heard)
        heard += piece
    return heard


def everything(line: socket.socket, last_words: bytes = b"") -> bytes:
    """Everything until the other side leaves."""
    heard = b""
    with contextlib.suppress(OSError):
        line.sendall(last_words)
        while piece := line.recv(65536):
            heard += piece
    return heard


def over_tls(line: socket.socket) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(line)
