"""The baseline of a promoted candidate: what it did in its validation, kept beside the retrain (E1)."""

from analysis.errors import BadProfile
from analysis.profile import Profile
from analysis.spec import Spec
from bot.operations.doing import Doing
from storage import baselines
from storage.tables import Baseline, Model, RetrainRequest, Rollout

PROFILE = "profile.bin"  # that the validation has left in the folder of the retrain


def baseline(doing: Doing, row: Rollout) -> str | None:
    """Return the version of the new baseline, stored and not active; None where the validation left none that fits."""
    retrain = doing.session.get(RetrainRequest, row.retrain_id) if row.retrain_id else None
    model = doing.session.get(Model, row.model_id)
    if retrain is None or model is None:
        return None
    try:
        content = (doing.services.data / "retrain" / retrain.id / PROFILE).read_bytes()
        profile = Profile.from_bytes(content)
    except (OSError, BadProfile):
        return None
    if model.spec and Spec.from_json(model.spec).digest != profile.spec.digest:  # its windows could not be compared
        return None
    made = Baseline(
        model_id=row.model_id,
        version="",
        is_active=False,
        created_by=row.requested_by,
        created_at=doing.now,
        source=f"validation of {retrain.id}",
        rows=profile.rows,
        checksum=profile.checksum,
        profile=content,
    )
    return baselines.keep(doing.session, made).version
