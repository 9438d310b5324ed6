"""Finding encrypted names and addresses by what a person types. Owns the table lookup_tokens.

`LOOKUP_MACROS` gives `{{found c}}` to the SQL of lists: whether row c has all the tokens of
`found_parameters`.
"""

from posthouse.crm.lookup.actions import LOOKUP_MACROS, facet, found_parameters, index_records
from posthouse.crm.lookup.model import fold

__all__ = ["LOOKUP_MACROS", "facet", "fold", "found_parameters", "index_records"]
