"""Full-text search over encrypted mail: words become keyed hashes. Owns the table search_chunks."""
