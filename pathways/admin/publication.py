"""What publishing a version asks: what becomes of the cases that are under way on earlier ones."""

from dataclasses import dataclass, field

from django import forms

from pathways import publishing
from pathways.admin.decisions import Decision
from pathways.admin.overview import Overview
from pathways.models import PathwayVersion
from pathways.registry import CONSEQUENCES

TEMPLATE = "admin/pathways/publish.html"


def cases(number: int) -> str:
    return f"{number} case{'' if number == 1 else 's'}"


class CasesForm(forms.Form):
    """Shall the cases under way move too, and those whose stage is gone: where to?

    ``stages`` are the choices for those, as (code, name); ``removed`` is what is said of the stages that are gone;
    ``merged`` are the stages that some of these went into, {code: code}.
    """

    move = forms.ChoiceField(
        label="Move the cases that are under way to this version?",
        choices=[
            ("yes", "Yes. They keep their place and their start; what is still to come is counted anew"),
            ("no", "No. They stay on the version they are on"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether the cases under way are moved to this version."},
    )

    def __init__(self, *args, removed, stages, merged, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["move"].required = "_look" not in self.data
        self.removed = removed
        for stage in removed:
            self.fields[self._name(stage)] = forms.ChoiceField(
                required=False,
                initial=merged.get(stage.code, ""),
                label=f"{stage.name} is not in this version, or final in it. Its {cases(stage.cases)}:",
                choices=[("", "stay on the version they are on"), *((code, f"go to {name}") for code, name in stages)],
            )

    def _name(self, stage):
        return f"to-{stage.code}"

    @property
    def mapping(self) -> dict[str, str]:
        """{code of a stage that is gone: code of the stage its cases go to}, as far as it was chosen rightly."""
        self.full_clean()
        chosen = {stage.code: self.cleaned_data.get(self._name(stage)) for stage in self.removed}
        return {code: target for code, target in chosen.items() if target}

    @property
    def moves_cases(self) -> bool:
        return self.is_valid() and self.cleaned_data["move"] == "yes"


@dataclass
class Publication:
    """A version, what stands against publishing it, and what it would mean for the cases under way."""

    version: PathwayVersion
    sent: dict | None = None
    overview: Overview = field(init=False)

    def __post_init__(self):
        self.overview = Overview(self.version)
        drawn = self.overview.drawn
        self.stages = [(stage.code, stage.name) for stage in drawn.stages if not stage.is_final]
        self.merged = {gone: stage.code for stage in drawn.stages for gone in stage.merged_from if not stage.is_final}
        preview = CONSEQUENCES["version"].preview
        # What is wrong with a version may keep its due times from being reckoned.
        self.impact = None if self.overview.errors else preview(drawn.version, mapping=self.merged)
        self.form = self._form()
        if self.form and self.form.is_bound and self.form.mapping != self.merged:
            self.impact = preview(drawn.version, mapping=self.form.mapping)

    def _form(self):
        if not self.impact or not self.impact.cases:
            return None
        return CasesForm(self.sent, removed=self.impact.removed, stages=self.stages, merged=self.merged)

    def to_publish(self, *, by) -> Decision:
        """Ask whether to publish the version, and whether the cases under way move to it."""
        return Decision(
            question=f"Publish {self.version}?",
            says="New cases are then opened under this version, and it cannot be changed any more.",
            button="Publish",
            act=lambda: self._with_cases(publishing.publish(self.version, by=by), by=by),
            done=lambda version: f"Version {version.number} is active now.{self.said}",
            is_possible=not self.overview.errors,
            **self._shown,
        )

    def to_move(self, *, by) -> Decision:
        """Ask to move the cases that stayed behind when the version was published."""
        return Decision(
            question=f"Move cases to {self.version}?",
            says="No case is under way on an earlier version."
            if self.form is None
            else "Some cases are under way on earlier versions.",
            button="Move the cases",
            act=lambda: self._with_cases(self.version, by=by),
            done=lambda version: self.said.strip() or "No case was moved.",
            is_possible=self.form is not None,
            **self._shown,
        )

    @property
    def _shown(self):
        about = {"overview": self.overview, "impact": self.impact}
        return {"form": self.form, "about": about, "template": TEMPLATE}

    def _with_cases(self, version, *, by):
        if self.form is None:
            self.said = ""
        elif not self.form.moves_cases:
            self.said = f" {cases(self.impact.cases)} under way stay on the version they are on."
        else:
            mapping = self.form.mapping
            self.said = self._sentences(CONSEQUENCES["version"].apply(version, by=by, mapping=mapping), mapping)
        return version

    def _sentences(self, done, mapping):
        def were(number):
            return f"{cases(number)} {'was' if number == 1 else 'were'}"

        said = f" {were(done.moved)} moved to it." if done.moved else ""
        if done.mapped:
            names, gone = dict(self.stages), {stage.code: stage.name for stage in self.impact.removed}
            ways = " and ".join(f"from {gone.get(code, code)} to {names[target]}" for code, target in mapping.items())
            said += f" {were(done.mapped)} mapped {ways}."
        if done.stayed:
            said += f" {cases(done.stayed)} {'stays' if done.stayed == 1 else 'stay'} on an earlier version."
        return said
