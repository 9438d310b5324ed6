"""What two subjects have in common when one answers or forwards the other (RFC 5256 2.1)."""

import re

_SPACES = re.compile(r"[ \t\r\n]+")
_BLOBS = re.compile(r"(?:\[[^\[\]]*\] ?)+")  # subj-blob, as many as there are
_REPLY = re.compile(r"(?:re|fwd?) ?(?:\[[^\[\]]*\] ?)?:", re.IGNORECASE)  # subj-refwd
_TRAILER = "(fwd)"
_FORWARD = "[fwd:"


def base_subject(subject: str) -> tuple[str, bool]:
    """The base subject of a decoded subject, and whether the rest said reply or forward.

    Linear: every step moves one end of the text inwards, and blobs are read once.
    """
    text = _SPACES.sub(" ", subject)
    start, end, answers = 0, len(text), False
    while True:
        end, trailed = _without_trailers(text, start, end)
        start, led = _without_leaders(text, start, end)
        answers = answers or trailed or led
        whole = text[start : start + len(_FORWARD)].lower() == _FORWARD and text[end - 1] == "]"
        if not whole or end - start <= len(_FORWARD):
            return text[start:end], answers
        start, end, answers = start + len(_FORWARD), end - 1, True  # step 6


def _without_trailers(text: str, start: int, end: int) -> tuple[int, bool]:
    """Step 2: the new end, and whether there was more than white space."""
    found = False
    while end > start:
        if text[end - 1] == " ":
            end -= 1
        elif end - start >= len(_TRAILER) and text[end - 5 : end].lower() == _TRAILER:
            end, found = end - len(_TRAILER), True
        else:
            break
    return end, found


def _without_leaders(text: str, start: int, end: int) -> tuple[int, bool]:
    """Steps 3 to 5: the new start, and whether there was a subj-refwd."""
    found = False
    while start < end:
        if text[start] == " ":
            start += 1
            continue
        blobs = _BLOBS.match(text, start, end)
        behind = blobs.end() if blobs else start
        reply = _REPLY.match(text, behind, end)
        if reply is not None:
            start, found = reply.end(), True
        elif blobs is None:
            break
        elif behind < end:  # step 4, for all of the blobs: none of them has a reply behind it
            start = behind
        else:  # the last one stays: it is the subj-base
            start = text.rindex("[", start, end)
            break
    return start, found
