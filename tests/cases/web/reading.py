"""Reading a page as a person does: its words, without the markup."""

import html
import re


def words(response) -> str:
    """Return what a page says, in one line."""
    main = re.search(r"<main.*?</main>", response.content.decode(), re.DOTALL)[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def reasons(response) -> list[str]:
    """Return the sentences under "There is a problem"."""
    listed = re.search(r"nhsuk-error-summary__list.*?</ul>", response.content.decode(), re.DOTALL)
    items = re.findall(r"<li>(.*?)</li>", listed[0], re.DOTALL) if listed else []
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", item)).split()) for item in items]


def title(response) -> str:
    return html.unescape(re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)[1])


def hidden(response) -> dict[str, str]:
    """Return what a page sends back with its forms without asking for it."""
    return dict(re.findall(r'<input type="hidden" name="(seen_\w+)" value="([^"]*)"', response.content.decode()))
