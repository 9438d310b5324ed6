"""Lists of words, written as prose."""


def words_in(text: str) -> frozenset[str]:
    """The words of `text`."""
    return frozenset(text.split())
