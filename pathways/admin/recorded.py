"""The ground of every admin page: each change is history with user and reason, and history cannot be played back."""

from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import ForeignKey, UniqueConstraint
from django.forms import CharField, Select
from django.forms.models import BaseInlineFormSet
from django.forms.widgets import ChoiceWidget
from simple_history.admin import SimpleHistoryAdmin

from pathways.admin.fields import one_of, several_of
from pathways.discarding import discard

ADDED, CHANGED, DELETED = (f"{act} in the admin" for act in ("Added", "Changed", "Deleted"))


class MapFields:
    """The fields of the map's rows: see ``fields``."""

    def formfield_for_dbfield(self, db_field, request, **options):
        if isinstance(db_field, ArrayField):
            return several_of(db_field)
        found = super().formfield_for_dbfield(db_field, request, **options)
        if isinstance(db_field, ForeignKey):
            # What is chosen here is added in passing at most; to change it, people go to its own page.
            found.widget.can_change_related = found.widget.can_delete_related = found.widget.can_view_related = False
        return found

    def formfield_for_foreignkey(self, db_field, request, **options):
        return one_of(self.rows_for(db_field, request), db_field)

    def rows_for(self, db_field, request):
        """The rows that a foreign key may be set to."""
        return db_field.related_model.objects.all()


class RecordedFormSet(BaseInlineFormSet):
    """The rows of an inline. Who saves them is set by the page before it saves."""

    by = None

    def _construct_form(self, i, **kwargs):
        form = super()._construct_form(i, **kwargs)
        form.empty_permitted = True  # a row that was not touched is not checked again: each asks the database
        return form

    def save(self, commit=True):
        for form in self.forms:
            form.instance._history_user = self.by
            form.instance._change_reason = CHANGED if form.instance.pk else ADDED
        return super().save(commit)

    def add_fields(self, form, index):
        super().add_fields(form, index)
        for name, field in form.fields.items():
            widget = getattr(field.widget, "widget", field.widget)  # the select inside of its "add another"
            if not isinstance(widget, ChoiceWidget) or isinstance(widget, Select):
                # The heading of its column names an input to those who see it; this names it to the others.
                widget.attrs["aria-label"] = field.label or name

    def validate_unique(self):
        """Refuse two rows with one code and the like, and rows that exchange theirs: no order of saving allows it."""
        kept = [form for form in self.forms if form not in self.deleted_forms and self._is_row(form)]
        for names in self._unique_together():
            said = " and ".join(name.replace("_", " ") for name in names)
            seen = {}
            for form in kept:
                if seen.setdefault(self._now(form, names), form) is not form:
                    raise ValidationError(f"Two rows here have the same {said}. Give each its own.")
            taken = {self._before(form, names): form for form in self.initial_forms}
            for form in self.initial_forms:
                if form in kept and taken.get(self._now(form, names), form) is not form:
                    raise ValidationError(f"Two rows here exchange their {said}. Save one of the changes first.")

    def _is_row(self, form):
        return form.instance.pk is not None or form.has_changed()

    def _unique_together(self):
        for constraint in self.model._meta.constraints:
            if (
                isinstance(constraint, UniqueConstraint)
                and not constraint.condition
                and self.fk.name in constraint.fields
            ):
                yield [name for name in constraint.fields if name != self.fk.name]

    def _now(self, form, names):
        return tuple(getattr(form.instance, self.model._meta.get_field(name).attname) for name in names)

    def _before(self, form, names):
        return tuple(form.initial[name] for name in names)

    def delete_existing(self, obj, commit=True):
        if commit:
            discard([obj], by=self.by, reason=DELETED)


class RecordedInline(MapFields, admin.TabularInline):
    formset = RecordedFormSet
    extra = 1

    def formfield_for_dbfield(self, db_field, request, **options):
        found = super().formfield_for_dbfield(db_field, request, **options)
        if isinstance(found, CharField) and found.max_length:
            found.widget.attrs = {"size": 18, "maxlength": found.max_length}  # a row is as wide as the screen at most
        return found


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
