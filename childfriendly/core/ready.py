"""Queries whose SQL is kept ready.

Most of what a query costs a page is Django working out its SQL, the same each time. `ready(build, *values)` gives what
`list(build(*values))` gives and asks the database as often, but has the SQL worked out once in a process for all values
of one shape. Nothing of the answer is kept, so nothing can be out of date.

For the few queries of pages that a whole country may ask for at once. It leans on the inside of Django's compiler;
should an upgrade break that (tests/integration/test_ready.py), `list(build(*values))` is the way back.
"""

from collections.abc import Callable, Collection, Sequence
from copy import copy
from datetime import date
from functools import lru_cache
from typing import Any, Final, TypeGuard, TypeVar, TypeVarTuple

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)
Values = TypeVarTuple("Values")
Shape = tuple[int | None, ...]  # of each value: None, or how many a collection holds

LONGEST: Final = 16  # collections that are longer have too many lengths to keep SQL for each
SHAPES_KEPT: Final = 128  # in a process, of some kilobytes each


def ready(build: Callable[[*Values], QuerySet[M]], *values: *Values) -> list[M]:
    """The rows of `build(*values)`; every value is a text, a number, a day or a collection of them.

    `build` is a function of a module that hands the values on to `filter`, whatever they are: it may ask whether a
    collection is empty, and nothing more. Collections of ids go into `…__pk__in`.
    """
    shape = tuple(len(value) if _is_collection(value) else None for value in values)
    if any(length and length > LONGEST for length in shape):
        return list(build(*values))
    flat = [one for value in values for one in (value if _is_collection(value) else (value,))]
    return _compiled(build, shape).rows(flat)


def _is_collection(value: object) -> TypeGuard[Collection[Any]]:
    return isinstance(value, Collection) and not isinstance(value, str)


class _Given(Expression):
    """The place of a value: it is left among the parameters of the SQL, for the value to be put in."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def as_sql(self, compiler: SQLCompiler, connection: object) -> tuple[str, Any]:
        return "%s", [self]


@lru_cache(maxsize=SHAPES_KEPT)
def _compiled(build: Callable[..., QuerySet[Any]], shape: Shape) -> "_Compiled":
    places: list[Any] = []
    number = 0
    for length in shape:
        places.append(_Given(number) if length is None else [_Given(number + i) for i in range(length)])
        number += 1 if length is None else length
    return _Compiled(build(*places))


class _Compiled:
    """A query as Django's compiler leaves it once it has worked out the SQL."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self._model = queryset.model
        self._compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            self._sql, self._parameters = self._compiler.as_sql()
        except EmptyResultSet:  # nothing is in an empty collection
            self._sql = ""

    def rows(self, values: Sequence[Any]) -> list[Any]:
        if not self._sql:
            return []
        connection = connections[DEFAULT_DB_ALIAS]  # of this thread
        values = [connection.ops.adapt_datefield_value(one) if isinstance(one, date) else one for one in values]
        parameters = [values[one.number] if isinstance(one, _Given) else one for one in self._parameters]
        compiler = copy(self._compiler)  # other threads use the same
        compiler.connection = connection
        compiler.as_sql = lambda: (self._sql, parameters)
        answered: Any = _Answered(compiler)
        return list(QuerySet(self._model, query=answered, using=DEFAULT_DB_ALIAS))


class _Answered:
    """In the place of the query of a queryset that only makes objects of the rows."""

    def __init__(self, compiler: SQLCompiler) -> None:
        self._compiler = compiler

    def get_compiler(self, using: str) -> SQLCompiler:
        return self._compiler
