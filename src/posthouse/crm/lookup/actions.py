"""Hashing tokens with the workspace's key, writing them, and asking for them."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from posthouse.crm.lookup import store
from posthouse.crm.lookup.model import fold, index_tokens, query_tokens
from posthouse.foundation.db import Tx
from posthouse.security.vault import Keyring, keyring

_SIZE = 12

LOOKUP_MACROS = {
    "found": """(:token_count = 0 OR {}.id IN (
        SELECT t.record_id FROM lookup_tokens t
         WHERE t.workspace_id = :workspace_id AND t.token = ANY(:tokens::bytea[])
         GROUP BY t.record_id HAVING count(*) = :token_count))"""
}


def facet(name: str, value: str) -> str:
    """The token of an exact value such as an industry; no typed word can collide with it."""
    return f"{name}={fold(value).strip()}"


async def index_records(
    tx: Tx, records: Mapping[UUID, tuple[Iterable[str], Iterable[str]]]
) -> None:
    """Make records found by (texts, facets) and by nothing they were found by before."""
    keys = await keyring(tx)
    rows = [
        (record_id, _hash(keys, token))
        for record_id, (texts, facets) in records.items()
        for token in index_tokens(*texts).union(facets)
    ]
    await store.replace_tokens(tx, list(records), rows)


async def found_parameters(tx: Tx, query: str, facets: Iterable[str] = ()) -> dict[str, object]:
    """The parameters of `{{found c}}` for what was typed and the facets chosen."""
    tokens = query_tokens(query).union(facets)
    keys = await keyring(tx)
    return {"tokens": [_hash(keys, token) for token in tokens], "token_count": len(tokens)}


def _hash(keys: Keyring, token: str) -> bytes:
    return keys.hash("lookup", token.encode(), _SIZE)
