"""What is written of a document, as PostgreSQL reads it."""

import os
from uuid import uuid4

import pytest

from posthouse.foundation.db import Database
from posthouse.mail.search.lexemes import ANY, lexemes_of
from posthouse.mail.search.writing import Document, writer_of
from posthouse.security.vault import Keyring
from tests.support.house import Workspace


def document(text: str) -> Document:
    return Document(subject="", senders=[], recipients=[], file_names=[], text=text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", {}),
        ("!!\n-- \n", {}),
        ("Pump pump", {"pump": "21,22"}),
        ("客户客", {"客": "21,23", "户": "22", "客户": "21", "户客": "22"}),
        ("\U00020000", {"\U00020000": "21"}),
        ("Straßenbahnhaltestelle", {"strassenbahnhaltestelle": "21"}),
    ],
)
async def test_a_text_is_its_words_and_their_places(
    house: Database, workspace: Workspace, text: str, words: dict[str, str]
):
    keys = Keyring(uuid4(), {1: os.urandom(32)})
    (tsv,) = writer_of(keys).chunks(document(text))
    async with house.workspace(workspace.id) as tx:
        read = await tx.connection.fetchval("SELECT $1::tsvector::text", tsv)
    lexemes = {lexemes_of(keys).of(ANY, word).decode(): at for word, at in words.items()}
    assert read == " ".join(f"'{lexeme}':{at}" for lexeme, at in sorted(lexemes.items()))
