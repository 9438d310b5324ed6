"""`posthouse filter`: how well junk is told from good mail, on mail of one's own."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from posthouse.commands.app import app
from posthouse.commands.house import JsonOption, say
from posthouse.mail.filtering.labelled import (
    OF_THE_COLLECTION,
    Figures,
    cross_validate,
    hold_out,
    read_labelled,
)
from posthouse.mail.filtering.learning import Key
from posthouse.mail.transfer.sources import find_sources

filter_app = typer.Typer(help="The filter that comes along.", no_args_is_help=True)
app.add_typer(filter_app, name="filter")

_KEY_SIZE = 32


@filter_app.command("check")
def check_filter(
    good: Annotated[list[Path], typer.Option(help="Folders, Maildirs or mboxes of good mail.")],
    junk: Annotated[list[Path], typer.Option(help="The same of junk.")],
    as_json: JsonOption = False,
) -> None:
    """Learn from labelled mail and say what is caught and lost of mail it has not seen.

    Nothing is kept, and no house is needed. Near-duplicates are never on both sides.
    """
    mails = read_labelled(_read(good), _read(junk))
    key = Key(Cipher(AES(os.urandom(_KEY_SIZE)), ECB()))
    for what, figures in (
        ("a third, learned from the others", hold_out(mails, key)),
        (
            "the same without Received and list fields",
            hold_out(mails, key, without=OF_THE_COLLECTION),
        ),
        ("five folds of all", cross_validate(mails, key, of_all=True)),
    ):
        say(f"{what}: {figures}", _values(what, figures), as_json=as_json)


def _read(paths: Iterable[Path]) -> list[bytes]:
    return [source.read() for path in paths for source in find_sources(path)]


def _values(what: str, figures: Figures) -> dict[str, object]:
    return {
        "of": what,
        "junk": figures.junk,
        "junk_caught": figures.junk_caught,
        "good": figures.good,
        "good_lost": figures.good_lost,
    }
