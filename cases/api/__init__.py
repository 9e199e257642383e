"""The programming interface under /api/v1/: the same operations as the pages, with the same sentences.

A page's session signs a request in, with its CSRF token. A program sends a token instead, in the header
``Authorization: Token KEY``. Tokens are made in Django's admin ("Tokens") by a superuser, one for a person: the token
sees and may do what that person does, every act is recorded in their name, and it ends when the account is switched
off. Give each program an account of its own, in the teams it works for.

A refusal of any kind is ``{"reasons": [whole sentences]}``.
"""
