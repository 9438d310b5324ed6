"""Mail on its way out: composed, approved, delivered, tracked."""
