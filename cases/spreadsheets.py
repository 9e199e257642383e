"""Cells of a CSV that a spreadsheet must not take for formulas, and back. Pure."""

# OWASP, "CSV Injection": a cell that begins so is a formula to a spreadsheet, also in full width.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
BYTE_ORDER_MARK = "\ufeff"  # or Excel takes the text for Windows' own


def harmless(cell: str) -> str:
    """Return ``cell`` so that no spreadsheet takes it for a formula: with an apostrophe before it.

    One that has such an apostrophe gets another, so that ``plain`` gives back every cell as it was.
    """
    return f"'{cell}" if cell.lstrip("'").startswith(DANGEROUS) else cell


def plain(cell: str) -> str:
    """Return ``cell`` without the apostrophe that ``harmless``, or a spreadsheet's user, has put before a formula."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(DANGEROUS) else cell


class Line:
    """What csv writes to, when each line is to be sent at once."""

    def write(self, line: str) -> str:
        return line
