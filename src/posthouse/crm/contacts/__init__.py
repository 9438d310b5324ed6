"""People we write with. Owns the table contacts and says whom an address belongs to."""
