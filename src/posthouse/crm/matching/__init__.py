"""Binds every mail, in and out, to contacts and companies, and meets new people in it."""
