"""The HTTP application: every room's doors under /api/v1, and the page around them."""

from importlib.metadata import version
from typing import Any

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ASGIApp

from posthouse.crm.companies.api import router as companies
from posthouse.crm.contacts.api import router as contacts
from posthouse.foundation.db import Database
from posthouse.mail.accounts.api import router as linked_accounts
from posthouse.mail.addressing.api import router as addresses
from posthouse.mail.domain_reports.api import router as domain_reports
from posthouse.mail.domains.api import router as domains
from posthouse.mail.holds.api import router as holds
from posthouse.mail.listing.api import router as mail
from posthouse.mail.listing.beside import Beside
from posthouse.mail.quotas.api import router as quotas
from posthouse.mail.retention.api import router as retention
from posthouse.mail.rules.api import router as rules
from posthouse.mail.rules.page_api import router as built_rules
from posthouse.mail.setup.api import router as setup
from posthouse.security.certificates.api import router as certificate
from posthouse.sending.composer.api import router as sending
from posthouse.sending.outbox.api import router as queue
from posthouse.sending.outbox.relays_api import router as relays
from posthouse.servers.http import app_passwords, health, mail_programs, problems, setting_up
from posthouse.servers.http.asking import provide_actor
from posthouse.servers.http.beside import FromHigherFloors
from posthouse.servers.http.challenges import answer_challenge
from posthouse.servers.http.headers import with_security_headers
from posthouse.servers.http.live import live
from posthouse.servers.http.once import answered_once
from posthouse.servers.http.page import page_handler
from posthouse.servers.http.remote_images import read_remote_image
from posthouse.servers.http.sessions import router as sessions
from posthouse.servers.http.tail import Tail

API = "/api/v1"
_LARGEST_BODY = 10 << 20
# What handlers ask for by these names.
_GIVEN = ("database", "beside", "tail")


def make_app(database: Database, tail: Tail) -> ASGIApp:
    """The application of one process. `tail` is followed by whoever serves it."""

    async def provide_database() -> Database:
        return database

    async def provide_beside() -> Beside:
        return FromHigherFloors()

    async def provide_tail() -> Tail:
        return tail

    return with_security_headers(
        make_litestar(
            dependencies={
                "database": Provide(provide_database),
                "beside": Provide(provide_beside),
                "tail": Provide(provide_tail),
            },
            middleware=[answered_once(database)],
        )
    )


def make_litestar(*, dependencies: dict[str, Provide], middleware: list[Any]) -> Litestar:
    """The routes, with what they depend on."""
    api = Router(
        path=API,
        route_handlers=[
            sessions,
            setting_up.router,
            setup,
            mail_programs.router,
            app_passwords.router,
            mail,
            linked_accounts,
            addresses,
            relays,
            domains,
            certificate,
            domain_reports,
            rules,
            built_rules,
            quotas,
            retention,
            holds,
            sending,
            queue,
            contacts,
            companies,
            live,
            read_remote_image,
        ],
        middleware=middleware,
        security=[{"session": []}, {"key": []}],
    )
    return Litestar(
        route_handlers=[
            api,
            *health.HANDLERS,
            *mail_programs.HANDLERS,
            answer_challenge,
            page_handler(),
        ],
        dependencies={"actor": Provide(provide_actor), **dependencies},
        exception_handlers=problems.HANDLERS,
        openapi_config=_openapi(),
        # The page's files come packed already, and the live stream must not wait for a full block.
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=1024, gzip_compress_level=5, exclude_opt_key="as_it_is"
        ),
        request_max_body_size=_LARGEST_BODY,
        type_encoders={},
        logging_config=None,
        debug=False,
    )


def openapi_schema() -> dict[str, Any]:
    """OpenAPI 3.1 of the API, without a database: for clients to be made from."""
    nothing = {name: Provide(lambda: None, sync_to_thread=False) for name in _GIVEN}
    return make_litestar(dependencies=nothing, middleware=[]).openapi_schema.to_schema()


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Posthouse",
        version=version("posthouse"),
        description="Mail, customers and sending. Errors are problem+json (RFC 9457).",
        path=f"{API}/openapi.json",
        render_plugins=[JsonRenderPlugin(path="/")],
        components=Components(
            security_schemes={
                "session": SecurityScheme(
                    type="apiKey",
                    name="posthouse_session",
                    security_scheme_in="cookie",
                    description="Set by POST /session. Writes need the header X-Posthouse-CSRF: 1.",
                ),
                "key": SecurityScheme(
                    type="http", scheme="bearer", description="posthouse key add --member ADDRESS"
                ),
            }
        ),
    )
