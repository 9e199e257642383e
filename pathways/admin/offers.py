"""What the rows of one version may name: its stages, forms, questions, tasks and facts, each read once for a page."""

from functools import cached_property

from pathways.models import FactDefinition, FormDefinition, Pathway, PathwayVersion, Stage, TaskTemplate
from pathways.registry import Known

Choices = list[tuple[str, str]]


class Offers:
    """The choices that a page of ``version`` offers."""

    def __init__(self, version: PathwayVersion):
        self.version = version

    @cached_property
    def stages(self) -> list[Stage]:
        return list(Stage.objects.filter(version=self.version))

    @cached_property
    def _forms(self) -> list[FormDefinition]:
        return list(FormDefinition.objects.filter(version=self.version).prefetch_related("questions"))

    @cached_property
    def tasks(self) -> Choices:
        return list(TaskTemplate.objects.filter(stage__version=self.version).values_list("code", "title"))

    @cached_property
    def facts(self) -> Choices:
        return list(FactDefinition.objects.filter(version=self.version).values_list("code", "name"))

    @property
    def stages_to_wait_in(self) -> Choices:
        return [(stage.code, stage.name) for stage in self.stages if not stage.is_final]

    @property
    def forms(self) -> Choices:
        return [(form.code, form.name) for form in self._forms]

    def forms_of(self, pathway: Pathway) -> Choices:
        """The forms of the active version of a pathway that a detour follows."""
        version = pathway.active_version
        return list(FormDefinition.objects.filter(version=version).values_list("code", "name")) if version else []

    @property
    def questions(self) -> Choices:
        """Every code of a question once, said with its words and the forms that ask it."""
        asked = {}
        for form in self._forms:
            for question in form.questions.all():
                asked.setdefault(question.code, (question.text, []))[1].append(form.name)
        return [(code, f"{text} ({', '.join(names)})") for code, (text, names) in asked.items()]

    def questions_of(self, form: FormDefinition) -> Choices:
        found = next((row for row in self._forms if row.pk == form.pk), None)
        return [(question.code, question.text) for question in found.questions.all()] if found else []

    @cached_property
    def known(self) -> Known:
        """What the requirements of this version may name."""
        questions = {form.code: {question.code for question in form.questions.all()} for form in self._forms}
        return Known(questions, {code for code, _ in self.tasks})
