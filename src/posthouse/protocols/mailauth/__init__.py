"""Who sent this mail: DKIM, SPF, DMARC and ARC verified, DKIM signed, ARC sealed, the results
written down.

Nothing here opens a socket; names are asked through `protocols.dns.Resolver`.
"""
