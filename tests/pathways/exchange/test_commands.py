"""load_pathway and dump_pathway."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from pathways import exchange, publishing
from pathways.models import Pathway, PathwayVersion, Team, system_user
from tests.factories import a_manager, a_pathway
from tests.pathways.exchange.small import SMALL


def loaded(text, **options):
    """What load_pathway says about a file with this text: its output and its errors together."""
    said = StringIO()
    call_command("load_pathway", text, stdout=said, stderr=said, **options)
    return said.getvalue()


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "small.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


@pytest.mark.django_db
def test_a_file_is_loaded_and_published(file):
    a_manager("booking")

    assert loaded(file(SMALL)) == (
        "Warning: “Triage” has no wording for the patient. Write what it means for them.\n"
        "Warning: “Done” has no wording for the patient. Write what it means for them.\n"
        "Small: version 1 is active now.\n"
    )
    assert Pathway.objects.get().active_version.published_by == system_user()


@pytest.mark.django_db
def test_a_file_like_the_active_version_changes_nothing(file):
    loaded(file(SMALL))

    assert loaded(file(SMALL + "# a comment\n")) == "Small: the file is the same as version 1, which is active.\n"
    assert PathwayVersion.objects.count() == 1


@pytest.mark.django_db
def test_a_changed_file_becomes_the_next_version(file):
    loaded(file(SMALL))

    assert loaded(file(SMALL.replace("10 days", "8 days"))).endswith("Small: version 2 is active now.\n")
    assert [(v.number, v.status) for v in PathwayVersion.objects.all()] == [(2, "active"), (1, "retired")]


@pytest.mark.django_db
def test_a_file_can_be_kept_as_a_draft_and_replaces_the_draft_before_it(file):
    loaded(file(SMALL), draft=True)

    assert loaded(file(SMALL.replace("10 days", "8 days")), draft=True).endswith(
        "Small: version 1 is the draft now.\n"
    )
    assert PathwayVersion.objects.get().stages.get(code="triage").limit_amount == 8


@pytest.mark.django_db
def test_a_file_with_problems_stays_a_draft(file, capfd):
    with pytest.raises(CommandError, match=r"^Small: version 1 stays a draft. Mend the errors, then load it again.$"):
        call_command("load_pathway", file(SMALL.replace("starts_in: triage\n", "")))

    assert "Error: No stage is chosen for cases to start in. Choose the first stage.\n" in capfd.readouterr().err
    assert PathwayVersion.objects.get().is_draft


@pytest.mark.django_db
def test_a_bad_file_changes_nothing(file):
    path = file(SMALL.replace("kind: final", "kind: over"))

    with pytest.raises(CommandError) as refused:
        call_command("load_pathway", path)

    assert str(refused.value) == (
        f"{path} cannot be loaded. Nothing was changed.\nLine 16: “over” is not one of: working, waiting, final."
    )
    assert not Pathway.objects.exists()
    assert not Team.objects.exists()


SHORT = SMALL.replace("{code: small, name: Small}", "{code: short, name: Short}")
WITH_DETOUR = SMALL + "detours:\n- {code: away, name: Away, pathway: short}\n"


@pytest.fixture
def files(tmp_path):
    """Write several files and return their paths."""

    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        return [str(tmp_path / f"{name}.yaml") for name in texts]

    return write


def said_of(paths, **options):
    said = StringIO()
    call_command("load_pathway", *paths, stdout=said, stderr=StringIO(), **options)
    return said.getvalue()


@pytest.mark.django_db
def test_several_files_are_loaded_in_the_order_in_which_they_need_each_other(files):
    a_manager("booking")

    assert said_of(files(small=WITH_DETOUR, short=SHORT)) == (
        "Short: version 1 is active now.\nSmall: version 1 is active now.\n"
    )
    rule = Pathway.objects.get(code="small").active_version.detour_rules.get()
    assert (rule.pathway.code, rule.roles, rule.clock) == ("short", ["caseworker", "manager"], "runs")


@pytest.mark.django_db
def test_a_detour_to_a_pathway_that_is_not_here_says_to_load_it_first(file):
    with pytest.raises(CommandError) as refused:
        loaded(file(WITH_DETOUR))

    assert str(refused.value).endswith(
        "Line 19: There is no pathway “short” yet. Load its file first, or both with one command."
    )
    assert not Pathway.objects.exists()


@pytest.mark.django_db
def test_what_needs_a_file_that_has_problems_is_not_loaded(files):
    paths = files(small=WITH_DETOUR, short=SHORT.replace("starts_in: triage\n", ""))

    with pytest.raises(CommandError) as refused:
        said_of(paths)

    assert str(refused.value) == (
        "Short: version 1 stays a draft. Mend the errors, then load it again. Not loaded: small.yaml."
    )
    assert not Pathway.objects.filter(code="small").exists()


@pytest.mark.django_db
def test_of_several_files_all_that_are_bad_are_told_and_none_is_loaded(files):
    bad = SMALL.replace("kind: final", "kind: over")
    paths = files(small=bad, other=SHORT, short=bad.replace("small", "long"))

    with pytest.raises(CommandError) as refused:
        said_of(paths)

    assert str(refused.value).count("Line 16: “over” is not one of") == 2
    assert not Pathway.objects.exists()


@pytest.mark.django_db
def test_two_files_of_one_pathway_and_files_that_need_each_other_are_refused(files):
    with pytest.raises(CommandError, match=r"^Two of these files are of the pathway “small”\. Load one of them\."):
        said_of(files(small=SMALL, other=SMALL))
    with pytest.raises(CommandError) as refused:
        said_of(files(small=WITH_DETOUR, short=SHORT + "detours:\n- {code: on, name: On, pathway: small}\n"))

    assert str(refused.value) in {
        f"These pathways have detours to each other: {circle}. Take one of the detours out. Nothing was changed."
        for circle in ("“small” → “short” → “small”", "“short” → “small” → “short”")
    }
    assert not Pathway.objects.exists()


@pytest.mark.parametrize("name", ["nowhere.yaml", "."])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name):
    with pytest.raises(CommandError, match=r"cannot be read: .*\. Check the name of the file\."):
        call_command("load_pathway", str(tmp_path / name))


@pytest.mark.django_db
def test_a_pathway_is_dumped_as_its_active_version_or_the_one_asked_for(capsys):
    pathway = a_pathway()
    draft = publishing.revise(pathway, by=system_user())
    draft.stages.filter(code="triage").update(name="Sorting")

    call_command("dump_pathway", "review")
    assert capsys.readouterr().out == exchange.dump(pathway.active_version)
    call_command("dump_pathway", "review", "--version", "2")
    assert capsys.readouterr().out == exchange.dump(draft)


@pytest.mark.django_db
def test_a_pathway_that_was_never_published_is_dumped_as_its_draft(file, capsys):
    loaded(file(SMALL), draft=True)

    call_command("dump_pathway", "small")

    assert capsys.readouterr().out == exchange.dump(PathwayVersion.objects.get())


@pytest.mark.django_db
def test_what_is_not_there_is_not_dumped():
    with pytest.raises(CommandError, match=r"There is no pathway “review”\. The pathways are: none yet\."):
        call_command("dump_pathway", "review")
    publishing.retire(a_pathway().active_version, by=system_user())
    with pytest.raises(CommandError, match=r"Review has no version 2\. Its versions are: 1\."):
        call_command("dump_pathway", "review", "--version", "2")
    with pytest.raises(CommandError, match=r"Review has no active version and no draft\. Its versions are: 1\."):
        call_command("dump_pathway", "review")
