"""Organisations we write with. Owns the tables companies and company_domains."""
