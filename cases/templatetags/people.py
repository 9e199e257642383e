"""Say from when until when somebody is away or on duty."""

from django import template

from pathways import absences

register = template.Library()


@register.simple_tag
def from_until(span) -> str:
    """Show an absence, a duty or a gap: from 2 March 2026 to 6 March 2026, or with its times."""
    return absences.said(span)
