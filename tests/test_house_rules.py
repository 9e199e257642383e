"""Rules of the house that a reader would have to remember, and a test does not forget."""

import ast
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

TREE = Path(__file__).resolve().parent.parent
MAY_IMPORT = {"pathways": {"pathways"}, "cases": {"pathways", "cases"}}


def modules(package):
    return [path for path in (TREE / package).rglob("*.py") if "migrations" not in path.parts]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_depend_in_one_direction(package):
    forbidden = {"portal", "pathways", "cases", "tests"} - MAY_IMPORT[package]
    offenders = [
        f"{path.relative_to(TREE)} imports {name}"
        for path in modules(package)
        for name in imported(path)
        if name.split(".")[0] in forbidden
    ]
    assert offenders == []


def test_no_module_is_named_after_nothing():
    nothing = {"services", "utils", "helpers", "managers", "common"}
    assert [
        path for package in ("portal", "pathways", "cases") for path in modules(package) if path.stem in nothing
    ] == []


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration():
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


# Writes that leave no history, each with the reason why none is owed. due_at, touch and timers are no evidence (design
# 6.2).
WITHOUT_HISTORY = {
    "cases/watch/timers.py": "timers and due times are an index that can be rebuilt",
    "cases/watch/sweep.py": "raising an escalation is a row of its own; timers are an index",
    "cases/watch/escalations.py": "settling inserts rows that are their own record",
    "cases/watch/outbox.py": "the outbox is no audited model",
    "pathways/models/calendars.py": "changed_at only says that the schedule must be read again",
}


def writes_past_history(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        name = node.func.attr
        if name in {"bulk_create", "bulk_update"} or (
            name == "update" and node.keywords and is_queryset(node.func.value)
        ):
            yield f"{path.relative_to(TREE)}:{node.lineno} {name}"


def is_queryset(node):
    """A chain that ends in ``.filter(...)``, ``.exclude(...)`` or ``.all()``: the way a QuerySet is written here."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"filter", "exclude", "all"}
    )


def test_nothing_is_written_past_the_history():
    offenders = [
        line
        for package in ("portal", "pathways", "cases")
        for path in modules(package)
        if str(path.relative_to(TREE)) not in WITHOUT_HISTORY
        for line in writes_past_history(path)
    ]
    assert offenders == []


def test_who_and_when_are_kept_together():
    """Each nullable ``x_at`` with an ``x_by`` beside it has a constraint that ties the two."""
    untied = []
    for model in [*apps.get_app_config("pathways").get_models(), *apps.get_app_config("cases").get_models()]:
        names = {field.name for field in model._meta.fields if field.null}
        said = " ".join(str(c.condition) for c in model._meta.constraints if hasattr(c, "condition"))
        pairs = [name for name in names if name.endswith("_at") and f"{name[:-3]}_by" in names]
        if not model.__name__.startswith("Historical"):
            untied += [f"{model.__name__}.{name}" for name in pairs if f"{name[:-3]}_by" not in said]
    assert untied == []


def test_lock_files_name_no_hosts():
    for lock in (TREE / "requirements").glob("*.txt"):
        assert "://" not in lock.read_text(), lock
