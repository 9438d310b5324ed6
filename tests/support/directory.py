"""The tables without row-level security, each with its reason."""

# Global by nature: what must be found before the workspace is known, and what crosses workspaces.
DIRECTORY = {
    "account_visits": "whoever keeps accounts in step takes what is due in every workspace",
    "api_keys": "a key is presented before anyone is known",
    "certificate_accounts": "about the installation",
    "certificate_challenges": "asked for by strangers",
    "certificate_wishes": "about the installation",
    "certificates": "shown before anyone is known",
    "domains": "a domain belongs to one workspace of the installation",
    "event_cursors": "listeners read one log",
    "event_dead_letters": "for the operator",
    "events": "one log, ids only",
    "forward_targets": "asked at RCPT",
    "group_mailboxes": "asked at RCPT",
    "house_claims": "asked before there is a workspace",
    "mailbox_addresses": "asked at RCPT",
    "outbox_queue": "workers take what is due in every workspace",
    "outbox_relays": "workers ask for all senders",
    "outbox_routes": "the operator's routing table",
    "outbox_tls_reports": "about the installation",
    "outbox_tls_sessions": "about the installation",
    "outbox_tls_policies": "what domains have published, the same for all",
    "outbox_sites": "what other servers bear, the same for all",
    "schema_migrations": "about the database",
    "sessions": "a token is presented before anyone is known",
    "sign_in_addresses": "asked at sign-in",
    "sign_in_failures": "counted before anyone is known",
    "sign_in_secrets": "about the installation",
    "workspace_keys": "opened when a workspace is entered",
    "workspaces": "the list of them",
}

# A policy would keep PostgreSQL from their index: every statement names the workspace instead, and
# joins to rows that have one (tests/test_statements.py looks).
WITHOUT_POLICY = {
    "search_chunks": "keyed hashes of words; GIN operators are not leakproof",
}
