"""The communication log: everything exchanged with contacts and companies, without typing.

Owns the tables timeline_entries and customer_moments. The log is derived from the store and from
the links of addresses: `log_mail` brings the entries of some mailbox messages to what they must be
now, however often it runs.
"""
