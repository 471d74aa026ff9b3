"""What is decided about drift, in words: the choice, what it means, what it asks for, how it went."""

from dataclasses import dataclass

from analysis.response.drift import Decision


@dataclass(frozen=True)
class Way:
    """A choice: its name, when it is right, what its owner is asked to do."""

    name: str
    means: str
    asks: str


WAYS = {
    Decision.RETRAIN: Way("Retrain", "The world changed: the model has to learn it, within 7 days", "Retrain {model}"),
    Decision.BASELINE: Way(
        "New baseline", "The world changed, and the model does well in it", "Make a new baseline of {model}"
    ),
    Decision.MEND: Way(
        "Mend the data", "The data are bad: mend their source, fill in what is missing", "Mend the data of {model}"
    ),
    Decision.WATCH: Way(
        "Watch", "An anomaly that will pass: a holiday, an event", "Look whether the drift of {model} has passed"
    ),
}


def name(decision: object) -> str:
    """Return the name of the choice.

    >>> name("mend"), name("a_new_one")
    ('Mend the data', 'not said')
    """
    return WAYS[Decision(str(decision))].name if decision in set(Decision) else "not said"


def asked(decision: Decision, model: str) -> str:
    """Return what is to be done by it.

    >>> asked(Decision.RETRAIN, "income-prequal")
    'Retrain income-prequal'
    """
    return WAYS[decision].asks.format(model=model)
