"""Mail as people look at it: lists of threads, opened threads, what they do to threads."""
