"""A view fetches a case among those its user may see, calls an operation, and shows the case as it is then."""

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import APIView

from cases import lifecycle
from cases.api.answers import case_as_seen_by
from cases.api.bodies import MoveBody
from cases.models import Case


@method_decorator(never_cache, name="dispatch")  # a patient's data stay in no cache on the way
class CaseView(APIView):
    """A case: where it is, how long against which limit, and what each possible move still lacks."""

    def get(self, request, reference):
        return self.answer()

    def answer(self):
        return Response(case_as_seen_by(self.request.user, self.find_case(), timezone.now()))

    def find_case(self):
        seen = Case.objects.visible_to(self.request.user).select_related("patient", "team", "owner")
        case = seen.filter(reference=self.kwargs["reference"]).first()
        if case is None:
            raise NotFound("There is no such case among those you may see. Check the reference.")
        return case


class MovesView(CaseView):
    """The moves of a case: make one."""

    http_method_names = ["post", "options"]

    def post(self, request, reference):
        case = self.find_case()
        body = MoveBody(data=request.data, context={"case": case})
        body.is_valid(raise_exception=True)
        sent = dict(body.validated_data)
        overriding = {row["requirement"]: row["reason"] for row in sent.pop("overrides", ())}
        lifecycle.move_case(case, **sent, overriding=overriding, by=request.user)
        return self.answer()
