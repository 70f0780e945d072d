"""The rows of `policy` as SQL: which rows of a table a person has a right to. Built from the table, so that what a page
lists and what the table says are one thing."""

from collections.abc import Callable, Collection, Mapping

from django.db.models import Q

from assessments.policy import ALWAYS, REACHING_BACK, Relation, Right, rules_of
from assessments.workflow import Status
from communes.models import any_of
from communes.queries import Roles

Condition = Callable[[Collection[int]], Q]
"""From the ids of units to the rows that stand in a relation to one of them."""


def reaches(
    roles: Roles, right: Right, where: Mapping[Relation, Condition], state: Callable[[Collection[Status]], Q]
) -> Q:
    """The rows to which one of these roles has the right. A relation that `where` leaves out does not occur there.

    One condition for each rule that the person really meets: most hold one role, and every condition more costs on
    every page (docs/performance.md).
    """
    ways = []
    for rule in rules_of(right):
        units = roles.covered_unit_ids(*rule.roles) if rule.relation in REACHING_BACK else roles.units(*rule.roles)
        if units and rule.relation in where:
            ways.append(where[rule.relation](units) & (Q() if rule.states == ALWAYS else state(rule.states)))
    return any_of(ways)
