import json
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError

from cases.durations import spc
from cases.durations.series import COLUMNS, Series, read_series
from cases.refusals import Refused

LINES = ("mean", "lower", "upper", "lower_two_sigma", "upper_two_sigma")


class Command(BaseCommand):
    help = (
        "Judge series of numbers as XmR charts (Making Data Count): what is chance and what is more. The file is a "
        f"CSV in UTF-8 with the columns {', '.join(COLUMNS)}; improvement says what is better: high, low or neither."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE.csv")
        parser.add_argument(
            "--shift", type=int, default=6, help="so many points on one side are special (%(default)s)"
        )
        parser.add_argument("--trend", type=int, default=6, help="so many rising or falling points are (%(default)s)")
        parser.add_argument("--minimum", type=int, default=13, help="points that limits need (%(default)s)")
        parser.add_argument("--baseline", type=int, help="set the limits by so many first points, not by all")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, file, shift, trend, minimum, baseline, **options):
        chosen = {"shift": shift, "trend": trend, "minimum": minimum, "baseline": baseline}
        try:
            found = _read(file)
            charts = [(series, spc.xmr(series.values, improvement=series.improvement, **chosen)) for series in found]
        except Refused as refused:
            raise CommandError("\n".join(refused.reasons)) from None
        except ValueError as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps({**chosen, "series": [as_json(*both) for both in charts]}))
            return
        self.stdout.write("\n\n".join("\n".join(lines(*both)) for both in charts))


def _read(file) -> list[Series]:
    try:
        with open(file, "rb") as opened:
            return read_series(opened)
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from None


def as_json(series: Series, chart: spc.Chart) -> dict:
    """A series with what its chart says, its lines and each of its points."""
    return {
        "series": series.name,
        "improvement": series.improvement or "neither",
        "verdict": spc.verdict(chart, spc.NUMBERS),
        **{line: getattr(chart, line) for line in LINES},
        "points": [
            {"date": day, **{name: asdict(point)[name] for name in ("value", "rules", "colour", *LINES)}}
            for day, point in zip(series.dates, chart.points, strict=True)
        ],
    }


def lines(series: Series, chart: spc.Chart) -> list[str]:
    """The same as lines of text: the date and the findings to the left, the numbers to the right of their columns."""
    better = f"{series.improvement} is better" if series.improvement else "neither is better"
    rows = [["date".ljust(len("2025-05-04")), "value", "lower", "mean", "upper", ""]]
    for day, point in zip(series.dates, chart.points, strict=True):
        numbers = (point.value, point.lower, point.mean, point.upper)
        said = f"{point.colour}: {', '.join(point.rules)}" if point.rules else ""
        rows.append([day, *("-" if number is None else f"{number:.4g}" for number in numbers), said])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][1:5]
    table = [
        "  ".join([day, *(number.rjust(width) for number, width in zip(numbers, widths, strict=True)), said]).rstrip()
        for day, *numbers, said in rows
    ]
    return [f"{series.name} ({better})", spc.verdict(chart, spc.NUMBERS), *table]
