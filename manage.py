#!/usr/bin/env python
"""Run one of Midwatch's commands, with the servers it needs."""

import os
import sys

from portal import startup


def main() -> None:
    """Run the command that the command line names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    with startup.servers_for(sys.argv[1:]):
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
