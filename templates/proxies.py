"""The proxy screen in words: which features tell of which protected attribute, and what the model makes of them."""

from collections.abc import Sequence
from typing import Any

from analysis.detection.proxies import PROXY, Proxy
from analysis.vocabulary import Verdict
from templates import figures


def sentence(proxy: Proxy) -> str:
    """Return what one feature tells of one attribute.

    >>> sentence(Proxy("sex", "relationship", 0.65, 0.0, 0.0, 5000, 0.12, Verdict.NOTICE))
    "relationship tells much of sex (Cramér's V 0.65); it makes 12 % of what the model weighs."
    """
    if proxy.v is None:
        return f"Too little to judge what {proxy.feature} tells of {proxy.attribute}: {figures.count(proxy.n)} rows."
    much = "much" if proxy.verdict is Verdict.NOTICE else "little"
    weight = "" if proxy.weight is None else f"; it makes {figures.share(proxy.weight)} of what the model weighs"
    return f"{proxy.feature} tells {much} of {proxy.attribute} (Cramér's V {proxy.v:.2f}){weight}."


def summary(found: Sequence[Proxy]) -> str:
    """Return what the whole screen came to."""
    judged = [one for one in found if one.v is not None]
    close = [one for one in found if one.verdict is Verdict.NOTICE]
    if not judged:
        return "Too little to judge: no protected attribute has two groups that are large enough."
    if not close:
        return f"No proxy: nothing of {figures.counted(len(judged), 'pair')} reaches Cramér's V {PROXY}."
    return f"{figures.counted(len(close), 'pair')} of {len(judged)}, feature and protected attribute, may be a proxy."


def report(found: Sequence[Proxy], rows: int) -> dict[str, Any]:
    """Return the screen as JSON with its sentences."""
    told = [one.to_json() | {"sentence": sentence(one)} for one in found]
    return {"rows": rows, "limit": PROXY, "proxies": told, "sentence": summary(found)}
