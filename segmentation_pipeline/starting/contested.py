"""Two exports that both have a source: a project reads one kind of file as that, and the other is never left out in silence."""

from __future__ import annotations

from segmentation_pipeline.config.schema.project import SAYS_NO
from segmentation_pipeline.starting.mapping import Draft, Plan
from segmentation_pipeline.starting.questions import Answers, Question

_CURE = (
    "To have both, export those who said no from the one that is not read, and map that file as suppressions "
    "(email or phone, channel, and suppressed_at, such as the day of the export): they count whatever the consents say."
)


def is_chosen(plan: Plan, later: Draft, name: str, answers: Answers) -> bool:
    """Whether ``later``, a source of the export ``name``, counts in place of the one the plan has of it.

    That some agreed is not known afterwards contacts nobody, so of two ledgers the one that may say no is usual where the
    other cannot; where both may, somebody must say which, and what the other says is noted in the plan and its files."""
    source, there = later.name, plan.drafts[later.name]
    earlier = plan.taken_from[source]
    text = f"Both {earlier} and {name} have {source}, and a project reads one kind of file as that. Which?"
    usual = None
    if source in SAYS_NO:
        say_no = [one for one, draft in ((earlier, there), (name, later)) if _may_say_no(draft)]
        if len(say_no) == 2:
            text = f"Both {earlier} and {name} say who said no ({source}), and a project reads one of them. Which? {_CURE}"
        elif say_no:
            [usual] = say_no
    others = {other: "" for other, sources in plan.offered.items() if source in sources}
    options = {**others, earlier: there.files, name: later.files}
    answer = answers.take(Question(f"{source} from", text, options=options, usual=usual))
    if answer is not None:  # where it is another one still, the earlier stays until that comes
        plan.limits.append(_left_out(earlier, there) if answer == name else _left_out(name, later))
    return answer == name


def _left_out(name: str, draft: Draft) -> str:
    told = f"The {draft.name} of {name} ({draft.files}) are NOT READ."
    if draft.name not in SAYS_NO:
        return told
    if not _may_say_no(draft):
        return f"{told} It says who agreed, and nobody's no."
    return f"{told} A no that stands there alone is not known, and who said it may be contacted. {_CURE}"


def _may_say_no(draft: Draft) -> bool:
    """Whether a ledger may hold a no: all do but a list of those who agreed."""
    return draft.columns.get("status") != {"value": "granted"}
