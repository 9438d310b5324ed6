"""Edges: bytes in, one action of a room, bytes out. No rules of business."""
