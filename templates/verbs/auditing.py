"""The words of the bias audits that follow a fairness incident."""

from templates import audited
from templates.verbs.row import Happening

HAPPENINGS = {
    "audits_planned": Happening("planned bias audits", audited.planned),
    "bias_audited": Happening("audited the model for bias", audited.done),
}
