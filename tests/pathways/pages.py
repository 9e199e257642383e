"""A page's form, filled in as a browser would."""

from html.parser import HTMLParser


class _Inputs(HTMLParser):
    """Collects what the form with an id would send if nothing was changed."""

    def __init__(self, form_id):
        super().__init__()
        self.form_id, self.inside, self.sent = form_id, False, {}
        self.select = self.textarea = None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("id") == self.form_id
        if not self.inside:
            return
        if tag == "input" and "name" in given:
            kind = given.get("type")
            if kind not in ("submit", "checkbox", "radio") or (kind != "submit" and "checked" in given):
                self.sent.setdefault(given["name"], []).append(given.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "select":
            self.select = given["name"]
            self.sent[self.select] = []
        elif tag == "option" and self.select and "selected" in given:
            self.sent[self.select].append(given["value"])
        elif tag == "textarea":
            self.textarea = given["name"]
            self.sent[self.textarea] = [""]

    def handle_data(self, data):
        if self.textarea:
            self.sent[self.textarea][0] += data

    def handle_endtag(self, tag):
        if tag == "select":
            self.select = None
        elif tag == "textarea" and self.textarea:
            self.sent[self.textarea][0] = self.sent[self.textarea][0].removeprefix("\n")  # as browsers do
            self.textarea = None


def inputs(page, form_id):
    """Return {name: [values]} of the form, without the rows that a script would copy."""
    parser = _Inputs(form_id)
    parser.feed(page.content.decode())
    return {name: values for name, values in parser.sent.items() if "__prefix__" not in name}


class _Errors(HTMLParser):
    def __init__(self):
        super().__init__()
        self.depth, self.found = 0, []

    def handle_starttag(self, tag, attrs):
        if tag == "ul" and "errorlist" in (dict(attrs).get("class") or ""):
            self.depth += 1
        elif tag == "li" and self.depth:
            self.found.append("")

    def handle_data(self, data):
        if self.depth and self.found:
            self.found[-1] += data.strip("\n")

    def handle_endtag(self, tag):
        if tag == "ul" and self.depth:
            self.depth -= 1


def errors(page):
    """The sentences that stand beside the fields of a form that was not saved."""
    parser = _Errors()
    parser.feed(page.content.decode())
    return parser.found
