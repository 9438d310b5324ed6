"""An Inbox at the moment of the sign-in."""

from array import array
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

LEASE = timedelta(seconds=60)
# A session that does something renews its lease this often.
RENEW = timedelta(seconds=20)
_ID_OCTETS = 16


@dataclass(slots=True, kw_only=True)
class Maildrop:
    """Messages in the order of their uids: 4 + 8 + 16 octets each, and nothing else of them.

    `holder` is the session that has it.
    """

    mailbox_id: UUID
    folder_id: UUID
    holder: UUID
    uids: "array[int]" = field(default_factory=lambda: array("I"))
    sizes: "array[int]" = field(default_factory=lambda: array("Q"))
    ids: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.uids)

    def id_at(self, index: int) -> UUID:
        """The mailbox message: it stays the same in whichever folders it was meanwhile."""
        return UUID(bytes=self._id_octets(index))

    def unique_id_at(self, index: int) -> str:
        """The unique-id of RFC 1939 7: never given again, because the id is a UUIDv7."""
        return self._id_octets(index).hex()

    def _id_octets(self, index: int) -> bytes:
        return bytes(self.ids[index * _ID_OCTETS : (index + 1) * _ID_OCTETS])
