"""`posthouse demo`: a machine maker and one of its customers, with mail that looks like theirs."""
