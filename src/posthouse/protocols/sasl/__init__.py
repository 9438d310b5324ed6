"""SASL mechanisms without sockets and without a member database: PLAIN, LOGIN, SCRAM, tokens."""
