"""What must not be written anywhere in the source, however convenient: ways by which a request names a column, a lookup
or an order (SECURITY.md Z-08, Z-12, and the SQL injections of Django's history)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["childfriendly", "communes", "criteria", "assessments", "papers", "reports"]

QUERIES = {"filter", "exclude", "get", "create", "update", "get_or_create", "update_or_create", "bulk_create", "Q"}
NAMES_COLUMNS = {
    "order_by",
    "values",
    "values_list",
    "annotate",
    "alias",
    "aggregate",
    "extra",
    "only",
    "defer",
    "distinct",
}
FROM_OUTSIDE = {"request", "POST", "GET", "FILES", "cleaned_data", "data", "query_params"}
FORMSETS = {"formset_factory", "modelformset_factory", "inlineformset_factory", "BaseFormSet", "BaseModelFormSet"}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def words(node: ast.AST) -> set[str]:
    """Every name and attribute in an expression."""
    return {
        part.id if isinstance(part, ast.Name) else part.attr
        for part in ast.walk(node)
        if isinstance(part, ast.Name | ast.Attribute)
    }


def faults(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any("ModelForm" in words(base) for base in node.bases):
            yield node.lineno, "a ModelForm: its fields follow the model"
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            if isinstance(node.value, ast.Constant) and node.value.value == "__all__" and "fields" in names:
                yield node.lineno, 'fields = "__all__"'
            if "exclude" in names:
                yield node.lineno, "exclude = …"
        elif isinstance(node, ast.Name) and node.id in FORMSETS - {"BaseFormSet"}:
            yield node.lineno, "a formset, which takes primary keys from the request"
        elif isinstance(node, ast.Call):
            spread = [keyword.value for keyword in node.keywords if keyword.arg is None]
            name = called(node)
            if (name in QUERIES or name[:1].isupper()) and any(words(value) & FROM_OUTSIDE for value in spread):
                yield node.lineno, f"{name}(**…) of what came from outside"
            if name in NAMES_COLUMNS and any(words(value) & FROM_OUTSIDE for value in [*node.args, *spread]):
                yield node.lineno, f"{name}(…) of a name that came from outside"
            if name == "RawSQL" or (name == "raw" and "objects" in words(node.func)):
                yield node.lineno, "SQL by hand"


def test_the_source_holds_none_of_them() -> None:
    found = [f"{path}:{line}: {what}" for path, tree in sources() for line, what in faults(tree)]
    assert found == []


def test_the_whole_source_is_read() -> None:
    paths = {path for path, _ in sources()}
    assert {"assessments/policy.py", "communes/forms.py", "criteria/services.py", "reports/views.py"} <= paths


@pytest.mark.parametrize(
    "source",
    [
        "class F(forms.ModelForm):\n    pass",
        'class Meta:\n    fields = "__all__"',
        "class Meta:\n    exclude = ['status']",
        "Dossier(**form.cleaned_data)",
        "Dossier.objects.create(**data)",
        "Dossier.objects.filter(**request.GET.dict())",
        "rows.filter(Q(**request.GET))",
        "rows.update(**form.cleaned_data)",
        "rows.order_by(request.GET['order'])",
        "rows.values(*request.GET.getlist('c'))",
        "rows.annotate(**request.GET)",
        "Formset = modelformset_factory(Unit)",
        "Unit.objects.raw('SELECT 1')",
    ],
)
def test_each_of_them_would_be_found(source: str) -> None:
    assert len(list(faults(ast.parse(source)))) >= 1


@pytest.mark.parametrize(
    "source",
    [
        "rows.filter(uuid=request.GET['x'])",
        "rows.update(status=target, **changes)",
        "services.issue_decision(by=user, **form.cleaned_data)",
        "rows.order_by('pk')",
        "Q(**{f'{path}parent__in': ids})",
    ],
)
def test_what_is_harmless_passes(source: str) -> None:
    assert list(faults(ast.parse(source))) == []


def test_a_decision_gets_its_number_from_its_paper_and_from_nowhere_else() -> None:
    """The lower half of issuing moves the dossiers; paper, bytes and certificates come with the upper one."""
    calling = {
        path
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node) == "issue_decision"
    }
    assert calling == {"papers/services/effects.py"}
