"""Servers of Midwatch's own: PostgreSQL, Valkey and a mail server that delivers nothing, for the demo and the tests.

Nothing here runs when DATABASE_URL, REDIS_URL and EMAIL_URL name real servers.

One *keeper* process starts the three and stops them. Everybody who uses them holds a shared lock on one file; the
keeper waits to have that lock for itself, and so learns from the kernel when the last user has gone, also when that
one was killed outright.

    places.py    where everything lies
    locks.py     the four locks, and what each means
    users.py     join and leave
    keeper.py    the process that starts and stops the servers
    postgres.py, postgres_places.py, account.py, valkey.py, mail_server.py
                 the servers, and the account and the places that PostgreSQL needs
    postbox.py, mail_backend.py
                 the mail that was kept, and how Django sends it there
"""
