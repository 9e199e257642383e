"""Walk a case along a pathway: whatever a move requires is done first, as caseworkers do it."""

from collections import Counter

from cases import handoffs, lifecycle, recording, results, to_do
from cases.models import Task
from pathways import registry
from pathways.models import Membership, Role
from pathways.models.forms import QuestionKind
from tests.factories import MONDAY, PatientFactory, a_manager, fresh


class Walk:
    """One case of ``pathway`` after the other, each along the moves that were made least often so far.

    The teams get a manager each, who does everything that the team does.
    """

    def __init__(self, pathway):
        self.pathway = pathway
        self.people = {}
        self.made = Counter()

    def make_every_move(self, most_steps=400) -> set[str]:
        """Walk until every move was made; return those that could not be, in words."""
        moves = {}
        for _ in range(most_steps):
            case = lifecycle.open_case(self.pathway, PatientFactory(), by=self.somebody_first(), at=MONDAY)
            moves = case.version_map.transitions
            while (case := fresh(case)).is_open:
                self.go_on(case)
            if len(self.made) == len(moves):
                break
        return {f"{move.source}: {move}" for pk, move in moves.items() if pk not in self.made}

    def go_on(self, case):
        """Make the move that was made least often, towards what was never left."""
        move = min(case.possible_moves, key=lambda move: (self.made[move.pk], move.target.is_final, move.position))
        by = self.somebody(case.team)
        for form, answers in self.answers(case, move).items():
            recording.complete_form(case, case.version_map.forms[form], answers, by=by, at=MONDAY)
        for requirement in move.requirements.all():
            self.satisfy(case, requirement, by)
        if move.target.by_handoff:
            handoff = handoffs.offer(case, move, by=by, note="What you need to know.", at=MONDAY)
            handoffs.accept(handoff, by=self.somebody(handoff.to_team), at=MONDAY)
        else:
            assert move in case.moves_offered(MONDAY)
            lifecycle.move_case(case, move, by=by, at=MONDAY)
        self.made[move.pk] += 1

    def satisfy(self, case, requirement, by):
        match requirement.check_name:
            case "note written":
                recording.write_note(case, "Talked it through.", by=by, at=MONDAY)
            case "task done":
                for task in Task.objects.filter(case=case, code=requirement.options["task"], done_at=None):
                    to_do.complete_task(task, by=by, at=MONDAY)
            case "result read" if not case.results.exists():
                result = results.request_result(case, "MRI of the head", by, by=by, at=MONDAY)
                results.read_result(results.record_arrival(result, "Normal.", by=by, at=MONDAY), by=by, at=MONDAY)

    def answers(self, case, move) -> dict[str, dict]:
        """The forms that the move requires, each filled in so that it leads this way."""
        wanted = {}
        for requirement in move.requirements.all():
            options = requirement.options
            if "form" in options:
                said = wanted.setdefault(options["form"], {})
                if registry.hides(requirement.check_name):
                    said[options["question"]] = options["answer"]
        return {code: filled_in(case.version_map.forms[code], said) for code, said in wanted.items()}

    def somebody(self, team):
        if team.pk not in self.people:
            known = Membership.objects.filter(team=team, role=Role.MANAGER).select_related("user").first()
            self.people[team.pk] = known.user if known else a_manager(team)
        return self.people[team.pk]

    def somebody_first(self):
        return self.somebody(self.pathway.active_version.stages.get(is_first=True).team)


def filled_in(form, said=()) -> dict:
    """Answers to every question of ``form``: those that are ``said``, and else the first that is allowed."""
    first = {
        QuestionKind.DATE: "2026-03-02",
        QuestionKind.YES_NO: "yes",
        QuestionKind.TEXT: "Dr Shah",
        QuestionKind.LONG_TEXT: "All is well.",
    }
    answers = {}
    for question in form.questions.all():
        match question.kind:
            case QuestionKind.ONE_OF:
                answers[question.code] = question.choices[0]
            case QuestionKind.SEVERAL_OF:
                answers[question.code] = question.choices[:1]
            case QuestionKind.NUMBER:
                answers[question.code] = str(question.minimum)
            case kind:
                answers[question.code] = first[kind]
    return answers | dict(said)
