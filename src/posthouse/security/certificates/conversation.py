"""What is said to an authority: an account, an order, its challenges, the certificate (RFC 8555).

Everything here waits for a network, and so runs in a thread; the library costs 7 MB and a tenth of
a second, and so is imported by who needs it. HTTP-01 is the challenge that fits a
mail server: port 443 often belongs to a web server in front, which can hand on one path of port 80.
"""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import requests
from acme import challenges, errors, messages
from acme.client import ClientNetwork, ClientV2
from acme.crypto_util import make_csr
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.errors import Error as JoseError
from josepy.jwa import ES256
from josepy.jwk import JWKEC
from josepy.util import ComparableECKey

from posthouse.security.certificates.model import Account, Failed, Problem

_TIMEOUT_SECONDS = 20
_PATIENCE = timedelta(seconds=90)
_LONGEST_DETAIL = 500
# RFC 8555 6.7: what its errors mean for who reads them.
_PROBLEMS = {
    "dns": Problem.DNS,
    "dnssec": Problem.DNS,
    "unknownHost": Problem.DNS,
    "connection": Problem.CONNECTION,
    "unauthorized": Problem.ANSWER,
    "incorrectResponse": Problem.ANSWER,
    "tls": Problem.CONNECTION,
    "caa": Problem.CAA,
    "rejectedIdentifier": Problem.NAME,
    "unsupportedIdentifier": Problem.NAME,
    "rateLimited": Problem.LIMIT,
    "externalAccountRequired": Problem.ACCOUNT,
    "userActionRequired": Problem.ACCOUNT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order under way; `answers` are what is to be found at our names, by token."""

    account: Account
    answers: dict[str, str]
    _client: ClientV2 = field(repr=False)
    _order: messages.OrderResource = field(repr=False)
    _challenges: tuple[messages.ChallengeBody, ...] = field(repr=False)


def begin(
    directory: str, trust: str | None, account: Account, names: tuple[str, ...], key: bytes
) -> Order:
    """Sign in, or up, and order. Who has an account has agreed to the terms. Raises Failed."""
    with _said_in_our_words(), _trusting(trust) as verify:
        client = _client(directory, account, verify)
        signed_in, order = _order(client, account, make_csr(key, list(names)))
        pending = [
            _http_challenge(each)
            for each in order.authorizations
            if each.body.status != messages.STATUS_VALID
        ]
        jwk = client.net.key
        assert jwk is not None
        answers = {each.chall.encode("token"): each.chall.validation(jwk) for each in pending}
        return Order(
            account=signed_in,
            answers=answers,
            _client=client,
            _order=order,
            _challenges=tuple(pending),
        )


def finish(order: Order, trust: str | None) -> bytes:
    """Let the authority look, and fetch the chain (PEM, leaf first). Raises Failed."""
    client = order._client
    with _said_in_our_words(), _trusting(trust) as verify:
        client.net.verify_ssl = verify  # type: ignore[assignment]  # requests takes a file, too
        jwk = client.net.key
        for each in order._challenges:
            client.answer_challenge(each, each.chall.response(jwk))
        deadline = datetime.now() + _PATIENCE  # the library's clock has no zone
        done = client.poll_and_finalize(order._order, deadline)
        return str(done.fullchain_pem).encode()


def suggested_renewal(
    directory: str, trust: str | None, account: Account, chain: bytes
) -> datetime | None:
    """When the authority would like us to come (ARI, RFC 9773); None when it does not say so.

    Raises Failed.
    """
    with _said_in_our_words(), _trusting(trust) as verify:
        when, _ = _client(directory, account, verify).renewal_time(chain)
        return None if when is None else when.astimezone(UTC)


def _client(directory: str, account: Account, verify: str | bool) -> ClientV2:
    key = JWKEC(key=ComparableECKey(_private_key(account.key)))
    network = ClientNetwork(
        key,
        alg=ES256,
        verify_ssl=verify,  # type: ignore[arg-type]  # requests takes a file, too
        user_agent=f"posthouse/{version('posthouse')}",
        timeout=_TIMEOUT_SECONDS,
    )
    return ClientV2(ClientV2.get_directory(directory, network), network)


def _order(
    client: ClientV2, account: Account, csr: bytes
) -> tuple[Account, messages.OrderResource]:
    if account.url is not None:
        client.net.account = messages.RegistrationResource(
            body=messages.Registration(), uri=account.url
        )
        try:
            return account, client.new_order(csr)
        except messages.Error as error:
            if error.code != "accountDoesNotExist":  # it was closed, or the authority is new
                raise
            client.net.account = None
    signed_up = _sign_up(client, account)
    return signed_up, client.new_order(csr)


def _sign_up(client: ClientV2, account: Account) -> Account:
    # RFC 8555 7.3: no contact is given. Who runs this house is told by it, not by mail to it.
    wanted = messages.NewRegistration(terms_of_service_agreed=True)
    try:
        url = client.new_account(wanted).uri
    except errors.ConflictError as known:  # the answer to our first request was lost
        url = known.location
        client.net.account = messages.RegistrationResource(body=messages.Registration(), uri=url)
    return Account(key=account.key, url=url)


def _http_challenge(authorization: messages.AuthorizationResource) -> messages.ChallengeBody:
    for each in authorization.body.challenges:
        if isinstance(each.chall, challenges.HTTP01):
            return each
    raise Failed(Problem.ACCOUNT, "The authority offers no http-01 challenge.")


def _private_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


@contextlib.contextmanager
def _trusting(trust: str | None) -> Iterator[str | bool]:
    """The machine's own authorities, or the one of these certificates as a file."""
    if trust is None:
        yield True
        return
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(trust)
        file.flush()
        yield file.name


@contextlib.contextmanager
def _said_in_our_words() -> Iterator[None]:
    try:
        yield
    except errors.ValidationError as error:
        problem = _first_problem(error)
        if problem is None:
            raise Failed(Problem.AUTHORITY, "It does not say why.") from None
        raise _failed(problem) from None
    except errors.IssuanceError as error:
        raise _failed(error.error) from None
    except messages.Error as error:
        raise _failed(error) from None
    except errors.TimeoutError:
        raise Failed(Problem.AUTHORITY, "It did not decide in time.") from None
    except (errors.Error, JoseError, requests.RequestException, KeyError) as error:
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_DETAIL]
        raise Failed(Problem.AUTHORITY, reason) from None


def _first_problem(error: errors.ValidationError) -> messages.Error | None:
    found = [
        challenge.error
        for each in error.failed_authzrs
        for challenge in each.body.challenges
        if challenge.error is not None
    ]
    return found[0] if found else None


def _failed(error: messages.Error) -> Failed:
    inner = (error.subproblems or (error,))[0]  # RFC 8555 6.7.1: `compound` says it inside
    code = str(inner.typ).rpartition(":")[2]
    detail = inner.detail or error.detail or str(inner.typ)
    if inner.identifier is not None and inner.identifier.value not in detail:
        detail = f"{inner.identifier.value}: {detail}"
    return Failed(_PROBLEMS.get(code, Problem.AUTHORITY), detail[:_LONGEST_DETAIL])
