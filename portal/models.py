"""Who signs in."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A member of staff who signs in. Ours from the first migration on, because it cannot be exchanged later."""

    def __str__(self) -> str:
        return self.get_full_name() or self.username
