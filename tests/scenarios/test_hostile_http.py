"""Requests that are wrong in every way: refused in plain words, nothing of our insides shown."""

import contextlib
import json
import socket
import time
import urllib.error
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.api import Api
from tests.support.running import RunningPosthouse, alive, peak_memory

MiB = 1 << 20
_MOST_GROWTH = 300 * MiB
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def api(shared_house: RunningPosthouse) -> Api:
    """Anna's, with every scope."""
    return shared_house.api()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/threads?cursor=%00%ff", None),
        ("GET", "/threads?limit=many", None),
        ("GET", "/threads?limit=-1&folder=none", None),
        ("GET", "/threads?mailbox=" + NOBODY, None),
        ("GET", "/threads/" + NOBODY, None),
        ("GET", "/threads/../../etc/passwd", None),
        ("GET", "/messages/" + NOBODY + "/raw", None),
        ("GET", "/messages/" + NOBODY + "/attachments/99999999999999999999", None),
        ("GET", "/search?q=" + "%28" * 2000, None),
        ("GET", "/search?q=" + "%22a%20" * 1000, None),
        ("GET", "/search?q=%00", None),
        ("GET", "/search", None),
        ("GET", "/contacts?cursor=AAAA", None),
        ("GET", "/contacts/lookup?address=%00", None),
        ("GET", "/no-such-door", None),
        ("DELETE", "/threads", None),
        ("POST", "/contacts", b"{"),
        ("POST", "/contacts", b"[" * 100_000),
        ("POST", "/contacts", b'{"name": ' + b"9" * 100_000 + b"}"),
        ("POST", "/contacts", b'{"name": "\\u0000"}'),
        ("POST", "/contacts", b'{"name": "\\ud800"}'),
        ("POST", "/contacts", b'{"name": "x", "addresses": ["\xff"]}'),
        ("POST", "/contacts", json.dumps({"name": "x" * MiB}).encode()),
        ("POST", "/contacts", b"x" * (11 * MiB)),
        ("POST", "/messages", b'{"to": ["not an address"], "subject": "a\\r\\nBcc: b@c.example"}'),
        ("POST", "/messages", json.dumps({"to": ["a@b.example"] * 20_000}).encode()),
        (
            "POST",
            "/messages",
            b'{"to": ["a@b.example"], "attachments": ["' + NOBODY.encode() + b'"]}',
        ),
        ("POST", "/messages", b'{"to": ["a@b.example"], "send_at": "0001-01-01T00:00:00Z"}'),
        ("POST", "/drafts", b'{"to": 1}'),
        ("PATCH", "/me", b'{"time_zone": "../../etc/passwd"}'),
        ("PATCH", "/me", b'{"language": "tlh"}'),
        ("POST", "/session", b'{"address": "\\u0000", "password": "\\u0000"}'),
        ("POST", "/session", json.dumps({"address": "a" * MiB, "password": "b" * MiB}).encode()),
        ("POST", "/threads/acts", b'{"thread_ids": []}'),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_requests_are_refused_in_plain_words(
    api: Api, method: str, path: str, body: bytes | None
):
    code, said = _answer(api, method, path, body)
    assert code < 500, said
    assert code < 300 or json.loads(said)["title"]
    _plain(said)


def test_garbage_on_the_wire(shared_house: RunningPosthouse):
    web = shared_house.pid_of("web")
    before = peak_memory(web)
    for garbage in (
        b"\x00" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 100_000 + b"\r\n",
        b"GET /" + b"a" * MiB + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: \xff\r\n\r\n",
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n{",
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{",
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=" + b"0-1," * 50_000 + b"\r\n\r\n",
        b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n"
        b"Connection: close\r\n\r\n",
        b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nCookie: posthouse_session=\x01;;;=\r\n"
        b"Connection: close\r\n\r\n",
    ):
        with shared_house.connect("http", timeout=3) as line, contextlib.suppress(OSError):
            line.sendall(garbage)
            line.shutdown(socket.SHUT_WR)
            heard = b"".join(iter(lambda line=line: line.recv(65536), b""))  # type: ignore[misc]
            assert not heard.startswith(b"HTTP/1.1 500"), garbage[:60]
            assert b"root:" not in heard
            _plain(heard.decode("latin-1"))
    assert alive(web)
    assert shared_house.pid_of("web") == web
    assert peak_memory(web) - before < _MOST_GROWTH


def test_clients_that_open_connections_and_wait_hold_nobody_up(
    shared_house: RunningPosthouse, api: Api
):
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            line = stack.enter_context(shared_house.connect("http"))
            line.sendall(
                b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
            )
        began = time.monotonic()
        assert api.get("/me")
        assert time.monotonic() - began < 5


def test_wrong_passwords_and_keys_keep_nobody_out(shared_house: RunningPosthouse, api: Api):
    def guess(number: int) -> int:
        if number % 4:
            return _answer(Api(api.base, f"guess{number}"), "GET", "/me")[0]
        body = {"address": f"guest{number % 5}@acme.example", "password": f"no{number}"}
        return _answer(Api(api.base, ""), "POST", "/session", json.dumps(body).encode())[0]

    with ThreadPoolExecutor(8) as pool:
        codes = set(pool.map(guess, range(200)))
    assert codes <= {401, 429, 503}
    assert api.get("/me")


def _answer(api: Api, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
    """The status, and what was said about a refusal."""
    try:
        api.ask(method, path, body, {"Content-Type": "application/json"})
    except urllib.error.HTTPError as error:
        return error.code, " ".join(error.__notes__)
    except urllib.error.URLError:
        if body is None or len(body) < 10 * MiB:
            raise
        return 413, '{"title": "Too large"}'  # refused before all of it was sent
    return 200, ""


def _plain(said: str) -> None:
    for inside in ("Traceback", 'File "', "asyncpg", "litestar", "site-packages", "SELECT "):
        assert inside not in said, said[:2000]
