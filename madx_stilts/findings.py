"""What pydantic finds wrong with a document, as one clause of bounded length."""

from itertools import islice
from typing import Final

from pydantic import ValidationError

from madx_stilts.errors import brief

_MOST: Final = 10
"""Findings that are listed."""
_LONGEST: Final = 300
"""Characters of one of them."""


def listed(error: ValidationError) -> str:
    """The first findings, each with its key, separated by semicolons, without a full stop."""
    count = error.error_count()
    some = islice(error.errors(include_url=False, include_input=False), _MOST)
    clauses = [brief(f"{'.'.join(map(str, found['loc']))}: {found['msg']}", _LONGEST) for found in some]
    more = [f"and {count - _MOST} more"] if count > _MOST else []
    return "; ".join([*(clause.removeprefix(": Value error, ") for clause in clauses), *more])
