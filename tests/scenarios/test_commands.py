"""Commands with a running server, without one, and with everything wrong that a person can do."""

import imaplib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.house import letter
from tests.support.running import (
    ANNA,
    PASSWORD,
    RunningPosthouse,
    alive,
    all_messages,
    kill,
    new_house,
    wait_for,
)

DONE, REFUSED, WRONG_USAGE = 0, 1, 2


@pytest.fixture(scope="module")
def house() -> Iterator[RunningPosthouse]:
    """A house that tests of this file start and stop."""
    with new_house() as opened:
        yield opened


@pytest.fixture
def running(house: RunningPosthouse) -> RunningPosthouse:
    """The same, started."""
    if not house.runs:
        house.start()
    return house


@pytest.fixture
def stopped(house: RunningPosthouse) -> RunningPosthouse:
    """The same, stopped."""
    if house.runs:
        house.stop()
    return house


@pytest.fixture(params=["while the server runs", "while it does not"])
def either_way(request: pytest.FixtureRequest) -> RunningPosthouse:
    """One test, two circumstances."""
    name = "running" if request.param == "while the server runs" else "stopped"
    found: RunningPosthouse = request.getfixturevalue(name)
    return found


def test_commands_work(either_way: RunningPosthouse, tmp_path: Path):
    house = either_way
    name = tmp_path.name.replace("_", "").lower()
    address = f"{name}@acme.example"
    sent = letter(message_id=f"{name}@kunde.example", subject=f"Angebot {name}")
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "1.eml").write_bytes(sent)

    house.must("member", "add", address, "--password-stdin", typed=PASSWORD)
    said = house.must("import", tmp_path / "mail", "--mailbox", address, "--json")
    assert json.loads(said)["filed"] == 1
    again = house.must("import", tmp_path / "mail", "--mailbox", address, "--json")
    assert (json.loads(again)["filed"], json.loads(again)["repeated"]) == (0, 1)
    found = house.must("search", "--mailbox", address, name, "--json")
    assert len(found.splitlines()) == 1
    house.must("export", tmp_path / "out", "--mailbox", address, "--format", "maildir")
    [exported] = [f for f in (tmp_path / "out").rglob("*") if f.parent.name in ("cur", "new")]
    assert exported.read_bytes() == sent
    assert house.must("key", "add", "--member", address).strip()
    assert house.must("domain", "records", "acme.example")
    assert house.must("db", "url").startswith("postgresql://")
    house.must("doctor")


def test_app_passwords_of_a_member(running: RunningPosthouse):
    house, cleo = running, "cleo@acme.example"
    house.must("member", "add", cleo, "--password-stdin", typed=PASSWORD)
    options = ("--name", "Scanner", "--protocol", "imap", "--protocol", "smtp", "--json")
    made = json.loads(house.must("app-password", "add", cleo, *options))
    house.imap(cleo, made["password"]).logout()
    listed = json.loads(house.must("app-password", "list", cleo, "--json"))
    assert (listed["name"], listed["protocols"]) == ("Scanner", ["imap", "smtp"])
    assert (listed["last_protocol"], listed["last_source"]) == ("imap", "127.0.0.1")
    assert "Scanner" in house.must("app-password", "list", cleo)

    house.must("app-password", "require", "acme.example")
    with pytest.raises(imaplib.IMAP4.error, match="need an app password"):
        house.imap(cleo, PASSWORD)
    house.must("app-password", "require", "acme.example", "--off")
    house.imap(cleo, PASSWORD).logout()

    house.must("app-password", "revoke", cleo, made["id"])
    with pytest.raises(imaplib.IMAP4.error):
        house.imap(cleo, made["password"])
    assert house.run("app-password", "revoke", cleo, made["id"]).returncode == REFUSED


def test_a_mailbox_of_another_server(running: RunningPosthouse):
    """The other server is ourselves: STARTTLS, a self-made certificate, a name in Chinese."""
    house, old, new = running, "old@acme.example", "new@acme.example"
    for member in (old, new):
        house.must("member", "add", member, "--password-stdin", typed=PASSWORD)
    client = house.imap(old, PASSWORD)
    client.create('"&W6JiNw-"')  # 客户
    client.append('"&W6JiNw-"', r"(\Flagged)", None, letter(message_id="1@kunde.example"))
    client.logout()
    source = f"imap://{old}@localhost:{house.ports['imap']}"
    command = ("import", source, "--mailbox", new, "--password-stdin", "--json")
    assert house.run(*command, typed=PASSWORD).returncode == REFUSED  # who is that?
    trust = ("--trust", house.data / "tls" / "self-made.pem")
    for filed, repeated in ((1, 0), (0, 1)):
        said = json.loads(house.must(*command, *trust, typed=PASSWORD))
        assert (said["filed"], said["repeated"], said["failures"]) == (filed, repeated, [])


def test_how_long_a_pop3_server_keeps_mail(running: RunningPosthouse):
    elsewhere = "anna@provider.example"
    options = ("--member", ANNA, "--login", elsewhere, "--untried", "--password-stdin")
    running.must("account", "link", *options, "--pop3", "pop.provider.example:995", typed="x\n")
    told = running.must("account", "keep", elsewhere, "--days", "14", "--json")
    assert json.loads(told) == {"address": elsewhere, "days": 14}
    assert "for ever" in running.must("account", "keep", elsewhere, "--always")
    assert running.run("account", "keep", elsewhere).returncode == REFUSED
    running.must("account", "unlink", elsewhere, "--delete-mail")


def test_extensions_that_a_server_does_not_do_right(running: RunningPosthouse):
    elsewhere = "anna@other.example"
    options = ("--member", ANNA, "--login", elsewhere, "--untried", "--password-stdin")
    running.must("account", "link", *options, "--imap", "imap.other.example:993", typed="x\n")
    told = running.must("account", "avoid", elsewhere, "IDLE", "QRESYNC", "--json")
    assert json.loads(told) == {"address": elsewhere, "avoided": ["IDLE", "QRESYNC"]}
    assert "no extension" in running.must("account", "avoid", elsewhere)
    running.must("account", "unlink", elsewhere, "--delete-mail")


def test_nothing_is_left_running_after_a_command(stopped: RunningPosthouse):
    stopped.must("doctor")
    wait_for(lambda: not stopped.processes(), 20, "a command left a process behind")
    assert stopped.must("ps", "--json") == ""


def test_ps_lists_roles_and_living_processes(either_way: RunningPosthouse):
    house = either_way
    rows = [json.loads(line) for line in house.must("ps", "--json").splitlines()]
    if not house.runs:
        assert rows == []
        return
    assert {"supervisor", "smtp", "imap", "search", "postgres"} <= {row["role"] for row in rows}
    assert all(alive(row["pid"]) for row in rows)
    assert {(row["process"], row["pid"]) for row in rows} == {
        (process.name, process.pid) for process in house.processes() if process.name != "keeper"
    }


def test_a_second_serve_says_so_and_disturbs_nobody(running: RunningPosthouse):
    done = running.run("serve")
    assert done.returncode == REFUSED
    assert "already" in done.stderr
    _plain(done)
    with running.smtp() as client:
        assert client.noop()[0] == 250


def test_a_child_that_is_killed_comes_back(running: RunningPosthouse):
    before = running.pids_of("mail")
    for pid in before:
        kill(pid)

    def served_again() -> bool:
        try:
            with running.smtp(timeout=2) as client:
                return client.noop()[0] == 250
        except OSError:
            return False

    wait_for(served_again, 60, "SMTP does not come back")
    wait_for(lambda: len(running.pids_of("mail")) == len(before), 60, "not all come back")
    assert not set(running.pids_of("mail")) & set(before)


def test_sigterm_ends_within_ten_seconds_under_load(running: RunningPosthouse):
    busy = [_half_a_message(running) for _ in range(10)]
    idle = [running.imap() for _ in range(10)]
    for client in idle:
        client.select("INBOX")
        client.send(b"x IDLE\r\n")
    pids = [process.pid for process in running.processes()]
    assert running.stop() < 10
    assert running.exit_code == DONE
    wait_for(lambda: not any(map(alive, pids)), 10, "a process outlived the supervisor")
    for each in busy:
        each.close()
    for client in idle:
        client.shutdown()


def test_sigint_ends_it_as_well(running: RunningPosthouse):
    os.kill(running.pid_of("supervisor"), signal.SIGINT)
    assert running.wait(10) == DONE


def test_roles_that_are_off_do_not_listen(stopped: RunningPosthouse):
    house = stopped
    house.start("--roles", "mail", "--imap", "off")
    try:
        with house.smtp() as client:
            assert client.noop()[0] == 250
        with pytest.raises(ConnectionRefusedError):
            house.connect("imap")
        assert "work" not in {process.name for process in house.processes()}
    finally:
        house.stop()


WRONG = [
    (["no-such-command"], WRONG_USAGE),
    (["serve", "--no-such-option"], WRONG_USAGE),
    (["import"], WRONG_USAGE),
    (["import", "x"], WRONG_USAGE),
    (["export", "x", "--mailbox", ANNA, "--format", "pst"], WRONG_USAGE),
    (["member"], WRONG_USAGE),
    (["member", "add"], WRONG_USAGE),
    (["search"], WRONG_USAGE),
    (["serve", "--smtp", "nonsense"], REFUSED),
    (["serve", "--smtp", "127.0.0.1:99999"], REFUSED),
    (["serve", "--roles", "dance"], WRONG_USAGE),
    (["serve", "--config", "/no/such/file.toml"], REFUSED),
    (["import", "/no/such/folder", "--mailbox", ANNA], REFUSED),
    (["import", "/etc/hostname", "--mailbox", "nobody@acme.example"], REFUSED),
    (["import", "/etc", "--mailbox", "not an address"], REFUSED),
    (["export", "/proc/no", "--mailbox", ANNA], REFUSED),
    (["export", "/tmp/never", "--mailbox", "nobody@acme.example"], REFUSED),
    (["search", "--mailbox", "nobody@acme.example", "x"], REFUSED),
    (["search", "--mailbox", ANNA, "after:yesterdayish"], REFUSED),
    (["member", "add", "anna@acme.example", "--password-stdin"], REFUSED),
    (["member", "add", "carl@elsewhere.example", "--password-stdin"], REFUSED),
    (["member", "add", "no address", "--password-stdin"], REFUSED),
    (["member", "add", "dora\udc80@acme.example", "--password-stdin"], REFUSED),
    (["member", "add", "x" * 4000 + "@acme.example", "--password-stdin"], REFUSED),
    (["domain", "add", "not a domain"], REFUSED),
    (["domain", "add", "acme.example"], REFUSED),
    (["domain", "add", "new.example", "--workspace", "Nowhere"], REFUSED),
    (["domain", "records", "elsewhere.example"], REFUSED),
    (["mailbox", "add", "sales@elsewhere.example"], REFUSED),
    (["mailbox", "add", "sales@acme.example", "--member", "nobody@acme.example"], REFUSED),
    (["key", "add", "--member", "nobody@acme.example"], REFUSED),
    (["key", "add", "--member", ANNA, "--scope", "everything"], REFUSED),
]


def test_wrong_arguments_are_answered_in_plain_words(running: RunningPosthouse, tmp_path: Path):
    def attempt(number: int) -> None:
        arguments, code = WRONG[number]
        if arguments[0] == "serve":  # a folder of its own, or it would only say that it serves
            arguments = [*arguments, "--data", str(tmp_path / str(number))]
        done = running.run(*arguments, typed=PASSWORD)
        assert done.returncode == code, f"{arguments}: {done.stdout}{done.stderr}"
        _plain(done)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(attempt, range(len(WRONG))))


def test_a_password_that_is_too_short_or_missing(house: RunningPosthouse):
    for typed in ("", "\n", "short\n"):
        done = house.run("member", "add", "eve@acme.example", "--password-stdin", typed=typed)
        assert done.returncode == REFUSED
        _plain(done)


def test_a_data_folder_that_cannot_be(house: RunningPosthouse, tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    for command in (["serve"], ["doctor"], ["ps"]):
        done = house.run(*command, "--data", tmp_path / "file" / "data")
        assert done.returncode == (DONE if command == ["ps"] else REFUSED)
        _plain(done)


def test_a_file_in_the_way_and_settings_that_are_no_toml(house: RunningPosthouse, tmp_path: Path):
    bad = tmp_path / "bad.toml"
    for content in ("hostname = ", "no_such_setting = 1", "\udc80", "max_message_size = 'big'"):
        bad.write_text(content, errors="surrogateescape")
        done = house.run("serve", "--config", bad)
        assert done.returncode == REFUSED
        _plain(done)
    done = house.run("doctor", "--data", bad)
    assert done.returncode == REFUSED
    _plain(done)


def test_a_database_that_is_not_there(tmp_path: Path):
    for url in (
        "postgresql://nobody@127.0.0.1:1/nothing",
        "postgresql:///nothing?host=/no/such/folder",
        "mysql://x",
        "postgresql://[",
    ):
        other = RunningPosthouse(tmp_path, {"POSTHOUSE_DATABASE_URL": url})
        for command in ("doctor", "serve"):
            done = other.run(command)
            assert done.returncode == REFUSED, (url, done.stderr)
            _plain(done)


def test_a_port_that_is_taken(stopped: RunningPosthouse):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for place in (f"127.0.0.1:{port}", "no.such.host.example:2525"):
            done = stopped.run("serve", "--roles", "smtp", "--smtp", place)
            assert done.returncode == REFUSED
            assert "smtp cannot listen: " in done.stderr
            _plain(done)


def test_a_mailbox_is_whole_after_all_that(running: RunningPosthouse):
    client = running.imap()
    assert list(all_messages(client)) == []
    client.logout()


def _half_a_message(house: RunningPosthouse) -> socket.socket:
    connection = house.connect("smtp")
    connection.sendall(
        b"EHLO a.example\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<%b>\r\nDATA\r\n" % ANNA.encode()
    )
    wait_for(lambda: b"354" in connection.recv(4096), 10, "no 354")
    connection.sendall(b"Subject: half a message\r\n\r\nand then")
    return connection


def _plain(done: subprocess.CompletedProcess[str]) -> None:
    """Words for a person, not the insides of the program."""
    said = done.stdout + done.stderr
    assert said.strip()
    for inside in ("Traceback", 'File "', "Something went wrong inside", "asyncpg.", "builtins."):
        assert inside not in said, said
