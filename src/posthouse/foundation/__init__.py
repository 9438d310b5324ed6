"""Tools without business: database, SQL files, events, blobs, settings, errors, log, clock, ids."""
