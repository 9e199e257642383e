"""Wake the worker for what should not wait for the next beat."""

import logging

from celery import current_app

# Somebody waits for their page meanwhile: the library would try for six seconds.
AT_MOST_A_MOMENT = {"max_retries": 0, "interval_start": 0, "socket_connect_timeout": 2, "socket_timeout": 2}

log = logging.getLogger(__name__)


def wake(task: str, *args, otherwise: str) -> None:
    """Give the worker the task called ``task``, after commit. A broker that does not answer undoes and delays nothing:
    it is logged, with what happens ``otherwise``.
    """
    options = current_app.conf.broker_transport_options | AT_MOST_A_MOMENT
    try:
        with current_app.connection_for_write(transport_options=options) as connection:
            current_app.send_task(f"cases.tasks.{task}", args, connection=connection, retry=False)
    except Exception as error:  # the broker's library has many
        log.warning("The worker could not be woken, %s: %s", otherwise, type(error).__name__)
