"""The global groups: rights that do not depend on a team (design: the words, *Team, Membership*)."""

from django.contrib.auth.models import Group, Permission

PATHWAY_ADMINISTRATOR = "pathway administrator"  # sets up the map; sees no patient
INSPECTOR = "inspector"  # reads everything, changes nothing
PRIVACY_LEAD = "privacy lead"


def ensure(*, using="default", **_):
    """Create the groups and give each its rights in the admin; run after every migrate, so that new models are
    covered.
    """
    administrator, _ = Group.objects.using(using).get_or_create(name=PATHWAY_ADMINISTRATOR)
    administrator.permissions.set(Permission.objects.using(using).filter(content_type__app_label="pathways"))
    inspector, _ = Group.objects.using(using).get_or_create(name=INSPECTOR)
    # A token of the programming interface is as good as its owner's password: reading it is more than reading.
    readable = Permission.objects.using(using).exclude(content_type__app_label="authtoken")
    inspector.permissions.set(readable.filter(codename__startswith="view_"))
    Group.objects.using(using).get_or_create(name=PRIVACY_LEAD)
