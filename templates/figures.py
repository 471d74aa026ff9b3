"""Numbers as people read them: shares in per cent, counts with commas, spans in the two units that matter."""

from collections.abc import Callable
from datetime import timedelta


def count(number: float) -> str:
    """Return a count.

    >>> count(4000)
    '4,000'
    """
    return f"{number:,.0f}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun.

    >>> counted(1, "run"), counted(3, "run")
    ('1 run', '3 runs')
    """
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def share(value: float) -> str:
    """Return a share in per cent; a decimal only where it tells something.

    >>> share(0.2213), share(0.046), share(0.05), share(-0.3), share(0.0001)
    ('22 %', '4.6 %', '5 %', '−30 %', 'under 0.1 %')
    """
    percent = abs(value) * 100
    if 0 < percent < 0.05:
        return "under 0.1 %"
    return _minus(value, f"{_trim(f'{percent:.{0 if percent >= 9.95 else 1}f}')} %")


def points(value: float) -> str:
    """Return a difference of two shares in percentage points.

    >>> points(0.1234), points(0.15)
    ('12.3 points', '15 points')
    """
    return _minus(value, f"{_trim(f'{abs(value) * 100:.1f}')} points")


def ratio(value: float) -> str:
    """Return a ratio.

    >>> ratio(0.6123)
    '0.61'
    """
    return _minus(value, f"{abs(value):.2f}")


def times(value: float) -> str:
    """Return a multiple.

    >>> times(12.34), times(3.0), times(7.52)
    ('12 ×', '3 ×', '7.5 ×')
    """
    return f"{value:.0f} ×" if value >= 10 else f"{_trim(f'{value:.1f}')} ×"


def milliseconds(value: float) -> str:
    """Return a response time.

    >>> milliseconds(1912.4)
    '1,912 ms'
    """
    return f"{value:,.0f} ms"


def number(value: float) -> str:
    """Return a number without a unit, to three signs that mean something.

    >>> number(0.3471), number(12.3), number(1234.5)
    ('0.347', '12.3', '1,234')
    """
    return f"{value:,.0f}" if abs(value) >= 1_000 else _minus(value, f"{abs(value):.3g}")


Written = Callable[[float], str]
UNITS: dict[str, Written] = {
    "share": share, "points": points, "ratio": ratio, "times": times, "ms": milliseconds, "number": number,
}  # fmt: skip


def span(length: timedelta) -> str:
    """Return a length of time in its two largest units.

    >>> span(timedelta(hours=2, minutes=10, seconds=3)), span(timedelta(seconds=42)), span(timedelta(days=3))
    ('2 h 10 min', '42 s', '3 d')
    """
    seconds = max(0, int(length.total_seconds()))
    parts = [(seconds // 86_400, "d"), (seconds // 3_600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    first = next((place for place, (amount, _) in enumerate(parts) if amount), 3)
    shown = [f"{amount} {unit}" for amount, unit in parts[first : min(first + 2, 3) or None] if amount]
    return " ".join(shown) or f"{seconds} s"


def size(number_of_bytes: int) -> str:
    """Return a file's size.

    >>> size(1_536), size(12_345_678)
    ('1.5 kB', '12.3 MB')
    """
    amount, unit = float(number_of_bytes), "B"
    for bigger in ("kB", "MB", "GB"):
        if amount < 1_000:
            break
        amount, unit = amount / 1_000, bigger
    return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"


def _trim(text: str) -> str:
    return text.removesuffix(".0")


def _minus(value: float, text: str) -> str:
    return f"−{text}" if value < 0 else text
