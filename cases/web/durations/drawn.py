"""The charts of a stage: drawing, words, table and addresses of each."""

from dataclasses import dataclass

from django.urls import reverse

from cases.charts.bars import distribution
from cases.charts.control import WORDS, control
from cases.charts.curve import survival
from cases.charts.flow import flow
from cases.showing import DAY, NOTHING, day, duration

MOST_ROWS = 60  # of a table on the page; the file has them all


@dataclass(frozen=True)
class Chart:
    """One chart of the page; its figures: ``rows`` with ``heads`` for a file, ``shown`` with ``columns`` to read."""

    name: str
    title: str
    template: str
    drawing: object
    key: str
    heads: list[str]
    rows: list[list]
    columns: list[str]
    shown: list[list]
    svg_url: str
    csv_url: str


def charts(page, found) -> list[Chart]:
    """The charts of a stage that have something to show."""
    made = []
    if found.ended or found.waiting:
        made += [_distribution(page, found), _survival(page, found)]
    if found.weekly.mondays:
        made.append(_weekly(page, found))
    if found.flow:
        made.append(_flow(page, found))
    return made


def _distribution(page, found):
    def link(low, high, is_waiting):
        most = None if high is None else int(high)
        return page.behind(page.stage.code, "waiting" if is_waiting else "ended", least=int(low), most=most)

    title = "How long they stay"
    drawing = distribution(
        title,
        [(seconds, 1) for seconds in found.ended],
        [(seconds, 1) for seconds in found.waiting],
        limit=found.limit_seconds,
        link=link,
    )
    rows = [[_days(low), _days(high), ended, waiting] for low, high, ended, waiting in drawing.rows]
    shown = [
        [duration(low) if low else "0", "and more" if high is None else duration(high), ended, waiting]
        for low, high, ended, waiting in drawing.rows
        if ended or waiting
    ]
    key = "Filled: cases that have left. Hollow: cases that wait still. A bar opens its cases."
    file = ["From (days)", "To (days)", "Left", "Waiting"], rows
    table = ["From", "To", "Left", "Waiting"], shown
    return _chart(page, "lengths", title, "charts/bars.svg", drawing, key, file, table)


def _survival(page, found):
    title = "Still waiting, and finished"
    drawing = survival(title, found.curve, found.ended, limit=found.limit_seconds)
    rows = [[_days(at), f"{share:.4f}", _share(low), _share(high), n] for at, share, low, high, n in drawing.rows]
    step = max(1, -(-len(drawing.rows) // MOST_ROWS))
    shown = [
        [duration(at), f"{share:.0%}", f"{_percent(low)} to {_percent(high)}", n]
        for at, share, low, high, n in drawing.rows[::step]
    ]
    key = (
        "Line with its band (95 % confidence): everyone who was here in the last 60 days of the period, those waiting "
        "counted. Broken line: those who have left alone. Where the two part, the stage only looks fast."
    )
    file = ["After (days)", "Still waiting", "At least", "At most", "At risk"], rows
    table = ["After", "Still waiting", "Between", "At risk"], shown
    return _chart(page, "waiting", title, "charts/curve.svg", drawing, key, file, table)


def _weekly(page, found):
    title = "Week by week"
    weekly = found.weekly
    drawing = control(title, weekly.mondays, weekly.chart, weekly.verdict)
    rows = [
        [monday, _days(value), _days(mean), _days(low), _days(high), colour, rules]
        for monday, value, mean, low, high, colour, rules in drawing.rows
    ]
    shown = [
        [day(monday), duration(value), WORDS[colour], rules or NOTHING]
        for monday, value, *_, colour, rules in drawing.rows
    ]
    key = (
        "XmR chart of the median of those who left each week. Line: mean; broken lines: limits of usual variation. "
        "Triangle: improvement. Diamond: concern. Circle: usual variation. A shift is 6 points on one side of the "
        "mean, a trend 6 that rise or fall (as NHS England draws them)."
    )
    lengths = ["Median (days)", "Mean (days)", "Lower limit (days)", "Upper limit (days)"]
    file = ["Week of", *lengths, "Colour", "Rules"], rows
    table = ["Week of", "Median", "What it is", "Why"], shown
    return _chart(page, "weekly", title, "charts/control.svg", drawing, key, file, table)


def _flow(page, found):
    title = "Who comes, who leaves, who waits"
    drawing = flow(title, found.flow)
    rows = [[week.monday, week.entered, week.left, week.waiting] for week in found.flow]
    shown = [[day(week.monday), week.entered, week.left, week.waiting] for week in found.flow]
    key = "Light bars: entered. Dark bars: left. Line: waiting at the end of the week."
    heads = ["Week of", "Entered", "Left", "Waiting at its end"]
    return _chart(page, "flow", title, "charts/flow.svg", drawing, key, (heads, rows), (heads, shown))


def _chart(page, name, title, template, drawing, key, file, table):
    def url(view):
        return f"{reverse(view, args=[page.pathway.code, page.stage.code, name])}?{page.choice.query()}"

    urls = url("durations_svg"), url("durations_chart_csv")
    return Chart(name, title, template, drawing, key, *file, *table, *urls)


def _days(value):
    return "" if value is None else f"{value / DAY:.4f}"


def _share(value):
    return "" if value is None or value != value else f"{value:.4f}"


def _percent(value):
    return NOTHING if value is None or value != value else f"{value:.0%}"
