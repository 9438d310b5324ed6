"""Ids that are made before anything is written."""

from hashlib import sha256
from uuid import RFC_4122, UUID

from posthouse.foundation.ids import id_before, id_from_hash, new_id


def test_new_ids_are_uuids_in_order():
    made = [new_id() for _ in range(5_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(one.version == 7 for one in made)
    assert all(one.variant == RFC_4122 for one in made)
    assert id_before(made[0], 10) < made[0] < id_before(made[0], -10)


def test_an_id_from_a_hash_is_the_same_for_everyone():
    one = id_from_hash(sha256(b"li.wei@kunde.example").digest())
    assert one == UUID("2982b414-b6f3-8236-bfaf-822629190631")
    assert (one.version, one.variant) == (8, RFC_4122)
    assert one != id_from_hash(sha256(b"li.wen@kunde.example").digest())
