"""Django's admin for journeys: to read, with their history. What is done to a case is done on its page."""

from django.contrib import admin
from django.http import Http404

from cases import access
from cases.models import (
    Case,
    Escalation,
    FormRecord,
    HistoryImport,
    Hold,
    ListExport,
    Note,
    Notice,
    Patient,
    StageEntry,
    SweepRun,
    Timer,
)
from pathways.admin.recorded import HistoryAdmin


class ReadOnlyAdmin(admin.ModelAdmin):
    """A page that nobody can change anything on."""

    show_full_result_count = False
    list_per_page = 50
    actions = None

    def get_fields(self, request, obj=None):
        return [field.name for field in self.opts.fields if not field.primary_key]

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class JourneyAdmin(ReadOnlyAdmin):
    """Rows of cases, as far as the user may see their case: a superuser by being one sees none."""

    case = "case"  # how the rows lead to their case
    search_fields = ["case__reference__startswith"]
    search_help_text = "Search by case reference, for example MW-2026-000123."

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        if access.is_inspector(request.user):
            return rows
        return rows.filter(**{f"{self.case}__in": Case.objects.visible_to(request.user)})

    def has_view_permission(self, request, obj=None):
        allowed = super().has_view_permission(request, obj)
        return allowed and (obj is None or self.get_queryset(request).filter(pk=obj.pk).exists())

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, search_term.strip().upper())


class RecordAdmin(JourneyAdmin, HistoryAdmin):
    """Rows whose every change is kept."""

    def history_form_view(self, request, object_id, version_id, extra_context=None):
        if self.get_object(request, object_id) is None:  # the library asks for the old state alone
            raise Http404
        return super().history_form_view(request, object_id, version_id, extra_context)


@admin.register(Case)
class CaseAdmin(RecordAdmin):
    case = "pk"
    list_display = ["reference", "patient", "version", "stage", "status", "team", "owner", "due_at", "opened_at"]
    list_filter = ["status", "version__pathway", "team"]
    list_select_related = ["patient", "version__pathway", "team", "owner"]
    search_fields = ["reference__startswith"]

    def view_on_site(self, case):
        return case.get_absolute_url()


@admin.register(Patient)
class PatientAdmin(RecordAdmin):
    case = "cases"
    list_display = ["__str__", "nhs_number", "born_on"]
    search_fields = ["nhs_number", "cases__reference__startswith"]
    search_help_text = "Search by NHS number, or by case reference."

    def get_queryset(self, request):
        return super().get_queryset(request).distinct()  # one patient may have several cases


@admin.register(StageEntry)
class StageEntryAdmin(RecordAdmin):
    list_display = ["case", "stage", "team", "how", "entered_at", "entered_by", "left_at", "left_by"]
    list_select_related = ["case", "stage", "team", "entered_by", "left_by"]


@admin.register(Hold)
class HoldAdmin(RecordAdmin):
    list_display = ["case", "reason", "started_at", "started_by", "until", "ended_at"]
    list_select_related = ["case", "started_by"]


@admin.register(Escalation)
class EscalationAdmin(RecordAdmin):
    list_display = ["case", "rung_name", "stage_name", "due_at", "reached_at", "acknowledged_by", "resolved_at"]
    list_select_related = ["case", "acknowledged_by"]


@admin.register(FormRecord)
class FormRecordAdmin(RecordAdmin):
    list_display = ["case", "form", "completed_at", "completed_by"]
    list_select_related = ["case", "form", "completed_by"]


@admin.register(Note)
class NoteAdmin(RecordAdmin):
    list_display = ["case", "written_at", "written_by"]
    list_select_related = ["case", "written_by"]


@admin.register(Notice)
class NoticeAdmin(JourneyAdmin):
    list_display = ["__str__", "case", "created_at", "sent_at", "attempts", "error"]
    list_select_related = ["recipient", "case"]


@admin.register(Timer)
class TimerAdmin(JourneyAdmin):
    list_display = ["case", "kind", "rung", "fires_at", "error"]
    list_select_related = ["case"]


@admin.register(SweepRun)
class SweepRunAdmin(ReadOnlyAdmin):
    list_display = ["as_of", "started_at", "finished_at", "escalations", "set_aside"]


@admin.register(HistoryImport)
class HistoryImportAdmin(ReadOnlyAdmin, HistoryAdmin):
    """Who brought in which log, and what became of it. It is done on the import page."""

    list_display = ["name", "pathway_name", "uploaded_at", "uploaded_by", "state", "added", "rejected"]
    list_select_related = ["uploaded_by"]
    list_filter = ["state"]
    view_on_site = False  # that page is for those who bring in logs


@admin.register(ListExport)
class ListExportAdmin(ReadOnlyAdmin):
    """Who took which list of cases, or event log, out of the portal; the choices of a list name no patient."""

    list_display = ["exported_at", "exported_by", "rows", "query"]
    list_select_related = ["exported_by"]
    list_filter = ["exported_at"]
