"""BODY from BODYSTRUCTURE: the same tree without extension data (RFC 3501 7.4.2)."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(rb'\(|\)| |"[^"\\]*(?:\\.[^"\\]*)*"|\{(\d+)\}\r\n|[^\x00-\x20()"{]+', re.DOTALL)
_FIELDS_OF_BASIC = 7  # type, subtype, parameters, id, description, encoding, octets
_BODY_OF_MESSAGE = 8  # ... and then envelope, body, lines


@dataclass(frozen=True, slots=True)
class _Node:
    """A piece as it was written, and as it reads if it is a body whose extensions are cut."""

    whole: bytes
    cut: bytes
    is_list: bool


def without_extensions(bodystructure: bytes) -> bytes:
    """`BODY` of a well-formed `BODYSTRUCTURE`. Raises ValueError for anything else."""
    open_lists: list[tuple[int, list[_Node]]] = [(0, [])]
    position = 0
    while position < len(bodystructure):
        token = _TOKEN.match(bodystructure, position)
        if token is None:
            raise ValueError("not a parenthesised list")
        start, position = position, token.end()
        match token[0][:1]:
            case b"(":
                open_lists.append((start, []))
            case b")":
                start, nodes = open_lists.pop()
                if not open_lists:
                    raise ValueError("unbalanced list")
                node = _Node(bodystructure[start:position], _cut(nodes), True)
                open_lists[-1][1].append(node)
            case b" ":
                pass
            case first:
                position += int(token[1]) if first == b"{" else 0
                piece = bodystructure[start:position]
                open_lists[-1][1].append(_Node(piece, piece, False))
    if len(open_lists) != 1 or len(open_lists[0][1]) != 1 or not open_lists[0][1][0].is_list:
        raise ValueError("not one list")
    return open_lists[0][1][0].cut


def _cut(nodes: list[_Node]) -> bytes:
    """The list of `nodes` read as a body."""
    if nodes and nodes[0].is_list:
        parts = next((i for i, node in enumerate(nodes) if not node.is_list), len(nodes))
        subtype = b"".join(b" " + node.whole for node in nodes[parts : parts + 1])
        return b"(" + b"".join(node.cut for node in nodes[:parts]) + subtype + b")"
    kind = [node.whole.upper() for node in nodes[:2]]
    kept = [node.whole for node in nodes]
    if kind == [b'"MESSAGE"', b'"RFC822"'] and len(nodes) > _BODY_OF_MESSAGE:
        kept[_BODY_OF_MESSAGE] = nodes[_BODY_OF_MESSAGE].cut
        kept = kept[: _BODY_OF_MESSAGE + 2]
    else:
        kept = kept[: _FIELDS_OF_BASIC + (kind[:1] == [b'"TEXT"'])]
    return b"(" + b" ".join(kept) + b")"
