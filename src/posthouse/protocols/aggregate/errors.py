"""What is wrong with a report."""


class BadReport(ValueError):
    """It cannot be read, or is none."""
