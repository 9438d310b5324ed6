"""The command line as a whole: commands, exit codes, and no traceback for a person to see.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
"""

import importlib
import logging
import sys

import typer

from posthouse.foundation.errors import Refusal
from posthouse.foundation.log import set_up_logging
from posthouse.foundation.postgres import PostgresUnusable

app = typer.Typer(
    name="posthouse",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
log = logging.getLogger(__name__)

# Each module adds its commands to `app`; in the order of the help page.
_MODULES = {
    "serve": ("serve",),
    "setup": ("setup",),
    "workspace": ("init", "member", "mailbox", "key"),
    "app_passwords": ("app-password",),
    "domains": ("domain",),
    "certificates": ("certificate",),
    "domain_reports": ("domain",),
    "addresses": ("address",),
    "accounts": ("account",),
    "transfer": ("import", "export"),
    "search": ("search",),
    "routes": ("route",),
    "relays": ("relay",),
    "queue": ("queue",),
    "filter": ("filter",),
    "quota": ("quota",),
    "retention": ("retention",),
    "hold": ("hold",),
    "operate": ("ps", "db"),
    "doctor.command": ("doctor",),
    "demo.command": ("demo",),
    "openapi": ("openapi",),
}


@app.callback()
def posthouse() -> None:
    """A company's mail system, customer mailbox and mail marketing in one program."""


def main() -> None:
    """Run one command and exit."""
    set_up_logging()
    _import_commands(sys.argv[1:2])
    try:
        app()
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)
    except Exception as error:
        reason = _reason(error)
        if reason is not None:
            fail(reason)
        log.exception("a command failed")
        fail("Something went wrong inside Posthouse. Nothing was half done; the log says where.")


def _import_commands(wanted: list[str]) -> None:
    """What the wanted command needs: the servers alone take half a second to import."""
    needed = [module for module, names in _MODULES.items() if set(wanted) & set(names)]
    for module in needed or _MODULES:
        importlib.import_module(f"posthouse.commands.{module}")


def _reason(error: Exception) -> str | None:
    """Plain words for what can go wrong outside of Posthouse; None for its own mistakes."""
    if isinstance(error, Refusal):
        return error.reason
    if isinstance(error, PostgresUnusable):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    if isinstance(error, ExceptionGroup):  # of the tasks of one process
        return next(filter(None, map(_reason, error.exceptions)), None)
    return None


def fail(reason: str) -> None:
    """Say why, on standard error, and exit with 1."""
    typer.echo(f"posthouse: {reason}", err=True)
    sys.exit(1)
