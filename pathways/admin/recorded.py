"""The ground of every admin page: each change is history with user and reason, and history cannot be played back."""

from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.forms.models import BaseInlineFormSet
from simple_history.admin import SimpleHistoryAdmin

from pathways.admin.fields import one_of, several_of
from pathways.discarding import discard

ADDED, CHANGED, DELETED = (f"{act} in the admin" for act in ("Added", "Changed", "Deleted"))


class MapFields:
    """The fields of the map's rows: see ``fields``."""

    def formfield_for_dbfield(self, db_field, request, **options):
        if isinstance(db_field, ArrayField):
            return several_of(db_field)
        return super().formfield_for_dbfield(db_field, request, **options)

    def formfield_for_foreignkey(self, db_field, request, **options):
        return one_of(self.rows_for(db_field, request), db_field)

    def rows_for(self, db_field, request):
        """The rows that a foreign key may be set to."""
        return db_field.related_model.objects.all()


class RecordedFormSet(BaseInlineFormSet):
    """The rows of an inline. Who saves them is set by the page before it saves."""

    by = None

    def save(self, commit=True):
        for form in self.forms:
            form.instance._history_user = self.by
            form.instance._change_reason = CHANGED if form.instance.pk else ADDED
        return super().save(commit)

    def get_unique_error_message(self, unique_check):
        names = " and ".join(name.replace("_", " ") for name in unique_check if name != self.fk.name)
        return f"Two rows here have the same {names}. Give each its own."

    def get_form_error(self):
        return "Another row here says the same."

    def delete_existing(self, obj, commit=True):
        if commit:
            discard([obj], by=self.by, reason=DELETED)


class RecordedInline(MapFields, admin.TabularInline):
    formset = RecordedFormSet
    extra = 1


class StackedRecordedInline(MapFields, admin.StackedInline):
    formset = RecordedFormSet
    extra = 1


class RecordsFormSets:
    """A page that may hold RecordedInlines."""

    def save_formset(self, request, form, formset, change):
        formset.by = request.user
        super().save_formset(request, form, formset, change)


class HistoryAdmin(SimpleHistoryAdmin):
    """A page with the history of its row, to be read."""

    object_history_list_template = "admin/history_rows.html"  # the library's has inline style, and asks for each row

    def history_form_view(self, request, object_id, version_id, extra_context=None):
        # simple-history saves what is posted here, also from those who may only look.
        if request.method != "GET":
            raise PermissionDenied("An earlier state can be looked at, but not brought back. Make the change anew.")
        return super().history_form_view(request, object_id, version_id, extra_context)


class RecordedAdmin(MapFields, RecordsFormSets, HistoryAdmin):
    """A page whose changes are history with user and reason."""

    save_on_top = True

    def save_model(self, request, obj, form, change):
        if change and not form.changed_data:
            return  # only its inlines were: a row of history says that something changed
        obj._change_reason = CHANGED if change else ADDED
        super().save_model(request, obj, form, change)

    def delete_model(self, request, obj):
        discard([obj], by=request.user, reason=DELETED)

    def get_actions(self, request):
        return {}  # "delete selected" would ask of no row by itself whether it may go
