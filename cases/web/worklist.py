"""The worklist: the cases one may see, searched, narrowed, in order, page by page; and the lists that were saved."""

import secrets

from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.generic.base import TemplateView, View
from django_htmx.http import HttpResponseClientRedirect, push_url

from cases import access, bulk, reasons, search
from cases.models import SavedView
from cases.web.counts import Counts
from cases.web.list_filter import FilterForm
from cases.web.listing import Listing
from cases.web.pages import SignedInView

KEPT = "searches"  # in the session: the words of the last searches by the number that stands for them in addresses
MOST_KEPT = 20
LONGEST = 100  # characters

SEARCH_IS_OVER = "This search is over. Search again."

# To somebody in no team whose list is empty.
NO_CASES = "There is no case."
NO_TEAM = (
    "There is no case that you can see now. A case is seen by the teams that have it, and you are in no team: ask "
    "whoever looks after the accounts to add you to yours."
)


class ListView(SignedInView):
    """What has to do with a list: its choices and its search stand in ``given``, as in an address."""

    @cached_property
    def given(self) -> QueryDict:
        return self.request.GET

    @cached_property
    def searched(self) -> str | None:
        """The words that are searched; empty when the search is over; None when none is."""
        key = self.given.get("search")
        return self.request.session.get(KEPT, {}).get(key, "") if key else None

    @cached_property
    def choice(self) -> FilterForm:
        return FilterForm(self.given, user=self.request.user, searched=self.searched is not None)

    @cached_property
    def listing(self) -> Listing:
        asked = search.understand(self.searched) if self.searched is not None else None
        return Listing(self.choice, self.request.user, self.now, asked)

    @property
    def query(self) -> str:
        """The choices, and the number of the search, as an address holds them."""
        query = QueryDict(self.choice.query, mutable=True)
        if self.searched is not None:
            query["search"] = self.given["search"]
        return query.urlencode()


@method_decorator(never_cache, name="dispatch")  # a patient's name stays in no cache, and "back" shows the list of now
class Worklist(ListView, TemplateView):
    """The list, whole or, for htmx, the part of it that changes."""

    template_name = "cases/worklist.html"

    @property
    def is_part(self):
        return self.request.htmx.target == "list" and not self.request.htmx.history_restore_request

    def get_template_names(self):
        return ["cases/worklist_part.html" if self.is_part else self.template_name]

    def handle_no_permission(self):
        if self.request.htmx:  # or the page to sign in would stand where the list was
            return HttpResponseClientRedirect(redirect_to_login(self.request.get_full_path()).url)
        return super().handle_no_permission()

    def get(self, request, **kwargs):
        response = super().get(request, **kwargs)
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return push_url(response, self.address) if request.htmx else response

    @property
    def choices_in_address(self) -> str:
        """What stands in the address of every page of this list."""
        return self.query

    @property
    def address(self):
        """The address of this page, without the choices that were left open."""
        query = QueryDict(self.choices_in_address, mutable=True)
        query.update({name: self.given[name] for name in ("after", "before") if name in self.given})
        return f"{self.request.path}?{query.urlencode()}" if query else self.request.path

    def get_context_data(self, **context):
        page = self.listing.page(self.given)
        return super().get_context_data(
            choice=self.choice,
            query=self.query,
            path=self.request.path,
            paged=self.choices_in_address,
            searched=self.searched,
            problem=self._problem(),
            page=page,
            rows=reasons.rows(page.cases, self.request.user, self.now),
            views=self._views(),
            may_act=bool(access.teams_of(self.request.user)),
            nothing_for_them=self._nothing_for_them(),
            all_at_once=not page.is_cut and page.count <= bulk.MOST,
            is_part=self.is_part,
            is_paged=bool(self.request.htmx.trigger) and self.is_part,
            pathway_changed=self.request.htmx.trigger_name == "pathway",
            now=self.now,
            **context,
        )

    def _nothing_for_them(self):
        """Why the list is empty of somebody who is in no team."""
        if access.teams_of(self.request.user):
            return ""
        return NO_CASES if access.is_inspector(self.request.user) else NO_TEAM

    def _problem(self):
        if self.searched is None:
            return ""
        return self.listing.asked.problem if self.searched else SEARCH_IS_OVER

    def _views(self):
        return [
            (reverse("saved_view", args=[pk]), name, pk == self.view_key) for pk, name in self.choice.there_is["view"]
        ]

    view_key = ""


class SavedList(Worklist):
    """A list that was saved: its own choices, of the cases that its reader may see."""

    @cached_property
    def saved(self):
        mine = Q(owner=self.request.user) | Q(shared_with__in=list(access.teams_of(self.request.user)))
        return get_object_or_404(SavedView.objects.select_related("owner", "shared_with"), mine, pk=self.kwargs["pk"])

    @property
    def view_key(self):
        return str(self.saved.pk)

    def admit(self, user):
        _ = self.saved

    @cached_property
    def given(self):
        given = QueryDict(self.saved.query, mutable=True)
        given.update({name: self.request.GET[name] for name in ("after", "before") if name in self.request.GET})
        return given

    choices_in_address = ""

    def get_context_data(self, **context):
        return super().get_context_data(saved=self.saved, **context)


class Search(SignedInView, View):
    """Keep the words of a search in the session, and go to the list that stands for them.

    An address is written into logs and the browser's history, where no patient's name or number may stand.
    """

    http_method_names = ["post"]

    def post(self, request):
        words = " ".join(request.POST.get("words", "")[:LONGEST].replace("\0", "").split())
        if not words:
            return redirect("cases")
        key = secrets.token_urlsafe(8)
        kept = {**request.session.get(KEPT, {}), key: words}
        request.session[KEPT] = dict(list(kept.items())[-MOST_KEPT:])
        return redirect(f"{reverse('cases')}?search={key}")


def cases(request):
    """The list of cases for who may see some, counts for who may see none."""
    user = request.user
    sees_none = user.is_authenticated and access.is_pathway_administrator(user) and not access.teams_of(user)
    return (Counts if sees_none else Worklist).as_view()(request)
