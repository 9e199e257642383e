"""What bringing in a log asks for: the file and where it goes, what its columns mean, where its cases end."""

from django import forms
from django.core.exceptions import ValidationError

from cases.history_import import uploads
from cases.history_import.first_look import Ending
from cases.history_import.reading import Columns
from cases.models import HistoryImport
from cases.refusals import Refused
from cases.web.form_look import PageForm
from pathways.models import Pathway, PathwayVersion

THERE, NEW = "there", "new"
LONGEST_EXAMPLE = 40


class UploadForm(PageForm):
    """Which file, and which pathway it becomes cases of."""

    file = forms.FileField(
        label="Which file?",
        error_messages={"required": "Choose a file."},
        allow_empty_file=True,  # so that the operation says what is wrong with it
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=f"A CSV in UTF-8, of {uploads.MOST_BYTES // 1024**2} MB at most. Its first row names the columns; "
        "then there is a row for each event: the case, the stage it came into, and when.",
    )
    where = forms.ChoiceField(
        label="Which pathway are its cases on?",
        choices=[(THERE, "One that is here already"), (NEW, "A new one, made from the log")],
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether the pathway is here already or new."},
    )
    pathway = forms.ModelChoiceField(Pathway.objects.none(), label="Which one?", to_field_name="code", required=False)
    title = forms.CharField(
        label="Its name", max_length=200, required=False, help_text="For example: A clinic, from its log of 2026."
    )
    code = forms.CharField(
        label="Its code",
        max_length=100,
        required=False,
        help_text="A short name that never changes, for example clinic-2026. Empty: it is made from the name.",
    )

    conditions = {"pathway": ("where", THERE), "title": ("where", NEW), "code": ("where", NEW)}
    marks_optional = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        active = Pathway.objects.filter(versions__status=PathwayVersion.Status.ACTIVE)
        self.fields["pathway"].queryset = active
        self.fields["pathway"].empty_label = "Choose a pathway"

    def clean_file(self):
        file = self.cleaned_data["file"]
        try:
            uploads.refuse_too_large(file.size)  # before it is read
        except Refused as refused:
            raise ValidationError(refused.reasons) from None
        return file

    def clean(self):
        if self.cleaned_data.get("where") == THERE and not self.cleaned_data.get("pathway"):
            self.add_error("pathway", "Choose the pathway.")
        if self.cleaned_data.get("where") == NEW and not self.cleaned_data.get("title"):
            self.add_error("title", "Fill in “Its name”.")
        return self.cleaned_data

    @property
    def goes_to(self) -> dict:
        """Where the log goes, as ``uploads.upload`` is told."""
        asked = self.cleaned_data
        if asked["where"] == THERE:
            return {"pathway": asked["pathway"]}
        return {"title": asked["title"], "code": asked["code"]}


class ColumnsForm(PageForm):
    """Which column is what."""

    case = forms.ChoiceField(
        label="Which column names the case?", help_text="Each case has a number of its own there."
    )
    stage = forms.ChoiceField(label="Which column names the stage, or what happened?")
    time = forms.ChoiceField(
        label="Which column says when?", help_text="When the case came into the stage, such as 2026-05-04T14:00:00Z."
    )
    facts = forms.MultipleChoiceField(
        label="Which columns may explain why something took long?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="They are kept as facts of each stay: a laboratory, a site, a reason. Never tick what tells "
        "who a patient is, such as a name, an NHS number or a date of birth.",
    )

    marks_optional = False

    def __init__(self, *args, record: HistoryImport, columns, **kwargs):
        super().__init__(*args, **kwargs)
        names = [(column.name, column.name) for column in columns]
        for name, chosen in self._chosen_for(record).items():
            self.fields[name].choices = [("", "Choose a column"), *names]
            self.initial[name] = chosen
        self.fields["facts"].choices = [(column.name, _with_example(column)) for column in columns if column.name]
        self.initial["facts"] = record.fact_columns

    def _chosen_for(self, record):
        return {"case": record.case_column, "stage": record.stage_column, "time": record.time_column}

    @property
    def chosen(self) -> Columns:
        """The columns as they stand on the page, chosen or not."""
        if self.is_bound:
            self.full_clean()
        values = self.cleaned_data if self.is_bound else self.initial
        main = [values.get(name) or "" for name in ("case", "stage", "time")]
        return Columns(*main, tuple(name for name in values.get("facts") or () if name not in main))


class FinalsForm(PageForm):
    """With which stages a case ends."""

    finals = forms.MultipleChoiceField(
        label="Which stages end a case?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="A case that comes into one of these is closed. In all others somebody waits. Ticked are those with "
        "which most cases end.",
    )

    marks_optional = False

    def __init__(self, *args, record: HistoryImport, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["finals"].choices = [(row[0], _how_often(Ending(*row))) for row in record.stages]
        self.initial["finals"] = record.finals


def _with_example(column):
    if not column.example:
        return f"{column.name} (empty in the first rows)"
    example = column.example[:LONGEST_EXAMPLE] + ("…" if len(column.example) > LONGEST_EXAMPLE else "")
    return f"{column.name} (for example {example})"


def _how_often(ending):
    times = f"{ending.events:,} time{'' if ending.events == 1 else 's'}"
    return f"{ending.stage} (the last of its case {ending.ends:,} of {times})"
