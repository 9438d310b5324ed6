"""How the C library keeps memory that is not needed any more."""

import contextlib
import ctypes

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of glibc's malloc.h


def give_back_blocks_from(octets: int) -> None:
    """Blocks of this size and more go back to the system as soon as they are freed.

    By itself glibc raises the size to that of the largest block ever freed, up to 32 MB; from then
    on smaller ones leave holes that nobody else can use. Elsewhere nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, octets)
