"""mboxmetadata and servermetadata (RFC 5490 3.3 to 3.6, 4)."""

import pytest

from posthouse.protocols.sieve.tests.scene import Around, holds, mistakes

AROUND = Around(
    annotations={
        ("INBOX", "/private/comment"): "Orders first",
        ("INBOX", "/shared/empty"): "",
        (None, "/shared/comment"): "Closed on Friday",
    }
)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ('metadata "INBOX" "/private/comment" "orders first"', True),
        ('metadata "INBOX" "/PRIVATE/Comment" "orders first"', True),
        ('metadata :comparator "i;octet" "INBOX" "/private/comment" "orders first"', False),
        ('metadata :contains "INBOX" "/private/comment" ["x", "first"]', True),
        ('metadata :matches "INBOX" "/private/comment" "* first"', True),
        ('metadata "INBOX" "/shared/empty" ""', True),
        ('metadata :contains "INBOX" "/shared/none" ""', False),
        ('metadata :contains "Nowhere" "/private/comment" ""', False),
        ('metadataexists "INBOX" ["/private/comment", "/shared/empty"]', True),
        ('metadataexists "INBOX" ["/private/comment", "/shared/none"]', False),
        ('metadataexists "Nowhere" "/private/comment"', False),
        ('servermetadata :contains "/shared/comment" "friday"', True),
        ('servermetadata "/private/comment" "Orders first"', False),
        ('servermetadataexists "/shared/comment"', True),
        ('servermetadataexists ["/shared/comment", "/private/comment"]', False),
    ],
)
def test_values_and_whether_they_are_there(test: str, expected: bool):
    assert holds(test, around=AROUND) is expected


def test_each_family_is_required_by_its_own_name():
    for test in ('metadataexists "INBOX" "/private/x"', 'servermetadataexists "/private/x"'):
        assert mistakes(f"if {test} {{ keep; }}")
    script = "if {} {{ keep; }}"
    assert not mistakes(
        'require "mboxmetadata";' + script.format('metadata "INBOX" "/private/x" "y"')
    )
    assert not mistakes(
        'require "servermetadata";' + script.format('servermetadata "/private/x" "y"')
    )
