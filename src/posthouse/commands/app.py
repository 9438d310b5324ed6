"""The command line as a whole: commands, exit codes, and no traceback for a person to see.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
"""

import importlib
import logging
import sys

import typer

from posthouse.foundation.errors import Refusal
from posthouse.foundation.postgres import PostgresUnusable

app = typer.Typer(
    name="posthouse",
    help="A company's mail system, customer mailbox and mail marketing in one program.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
log = logging.getLogger(__name__)

# Each module adds its commands to `app`; in the order of the help page.
_MODULES = ("serve", "workspace", "transfer", "search", "operate", "demo.command")


def main() -> None:
    """Run one command and exit."""
    for module in _MODULES:
        importlib.import_module(f"posthouse.commands.{module}")
    try:
        app()
    except (Refusal, PostgresUnusable) as refusal:
        fail(getattr(refusal, "reason", str(refusal)))
    except KeyboardInterrupt:
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
    except Exception:
        log.exception("a command failed")
        fail("Something went wrong inside Posthouse. Nothing was half done; the log says where.")


def fail(reason: str) -> None:
    """Say why, on standard error, and exit with 1."""
    typer.echo(f"posthouse: {reason}", err=True)
    sys.exit(1)
