"""HTML of mail made harmless: nothing runs, nothing is fetched, nothing leaves its frame."""

from posthouse.mail.listing.cleaning.html import Cleaned, clean_html

__all__ = ["Cleaned", "clean_html"]
