"""Commands for the certificate of the house."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from posthouse.commands.app import app
from posthouse.commands.house import DataOption, JsonOption, in_house, read_settings, say
from posthouse.foundation.db import Database
from posthouse.foundation.errors import Invalid
from posthouse.foundation.settings import Settings
from posthouse.security.certificates import actions
from posthouse.security.certificates.api import CertificateView, certificate_view
from posthouse.security.certificates.model import AUTHORITIES, Problem

certificate_app = typer.Typer(
    help="The certificate of our listeners, obtained and renewed by itself (ACME).",
    no_args_is_help=True,
)
app.add_typer(certificate_app, name="certificate")

ADVICE = {
    Problem.DNS: "a name leads nowhere: add its A or AAAA record",
    Problem.CONNECTION: "nobody answers at port 80 of a name: open it, and let POSTHOUSE_CHALLENGES"
    " listen there, or let the web server there hand on /.well-known/acme-challenge/",
    Problem.ANSWER: "somebody else answers at port 80 of a name: let the web server there hand on"
    " /.well-known/acme-challenge/, and look whether the name leads to this machine",
    Problem.CAA: "the CAA records of the domain name other authorities",
    Problem.NAME: "the authority gives no certificate to such a name",
    Problem.LIMIT: "the authority has had too many requests; they are made more rarely",
    Problem.ACCOUNT: "the authority wants a contract first: take another one",
    Problem.AUTHORITY: "the authority does not answer, or not in order",
}


@certificate_app.command("show")
def show(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show which certificate is in use, and how the next one stands. Fails when one is overdue."""
    view = in_house(read_settings(data), _read)
    _tell(view, as_json)
    if view.wish is not None and view.wish.problem is not None:
        raise typer.Exit(1)


@certificate_app.command("get")
def get(
    agree: Annotated[
        bool, typer.Option("--agree-to-terms", help="You have read the authority's terms.")
    ] = False,
    authority: Annotated[
        str, typer.Option(help=f"{', '.join(AUTHORITIES)}, or the address of a directory.")
    ] = "letsencrypt",
    name: Annotated[
        list[str] | None, typer.Option(help="Instead of the setting hostname; may be repeated.")
    ] = None,
    trust: Annotated[
        Path | None, typer.Option(help="The root of a private authority, as PEM.", dir_okay=False)
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask an authority for a certificate; `serve` obtains it, and renews it from then on."""
    if not agree:
        raise Invalid("Read the authority's terms of service, then give --agree-to-terms.")
    root = trust.read_text("ascii") if trust else None

    async def ask(database: Database) -> CertificateView:
        await actions.ask_for(database, authority, name or (), root)
        return await _read(database)

    view = in_house(read_settings(data), ask)
    assert view.wish is not None
    say(
        f"Asked for {', '.join(view.wish.names)}. “posthouse certificate show” tells how it goes.",
        msgspec.to_builtins(view),
        as_json=as_json,
    )


@certificate_app.command("renew")
def renew(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Try again now, or renew before it is time."""

    async def ask(database: Database) -> CertificateView:
        await actions.renew_now(database)
        return await _read(database)

    view = in_house(read_settings(data), ask)
    say("It is tried within a minute.", msgspec.to_builtins(view), as_json=as_json)


@certificate_app.command("stop")
def stop(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Renew no more. What was issued stays in use."""

    async def end(database: Database) -> CertificateView:
        await actions.stop_asking(database)
        return await _read(database)

    view = in_house(read_settings(data), end)
    say("It is not renewed any more.", msgspec.to_builtins(view), as_json=as_json)


async def _read(database: Database) -> CertificateView:
    standing = await actions.read_standing(database)
    return certificate_view(standing, database.service(Settings).hostname)


def _tell(view: CertificateView, as_json: bool) -> None:
    source = {"given": "your own", "issued": "issued", "self-made": "made by ourselves"}
    lines = [
        f"in use   {source[view.source]}, for {', '.join(view.names)}, by {view.issuer},"
        f" until {view.not_after:%Y-%m-%d %H:%M} UTC"
    ]
    if not view.covers_hostname:
        lines.append(f"FIX      it is not for {view.hostname}, the name we greet with")
    wish = view.wish
    if wish is None:
        lines.append("renewal  nobody has asked for it")
    elif wish.problem is None:
        lines.append(f"renewal  {wish.due_at:%Y-%m-%d %H:%M} UTC, from {wish.authority}")
    else:
        lines.append(f"FIX      {ADVICE[Problem(wish.problem)]}")
        lines.append(f"         {wish.authority} said: {wish.detail}")
        lines.append(f"         tried {wish.failures} times; next {wish.due_at:%Y-%m-%d %H:%M} UTC")
    told: dict[str, Any] = msgspec.to_builtins(view)
    say("\n".join(lines), told, as_json=as_json)
