"""What goes into a spreadsheet."""


def safe(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula.

    >>> safe("=1+1"), safe("U1"), safe(7)
    ("'=1+1", 'U1', 7)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
