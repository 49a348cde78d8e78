"""Words of people and their posts: unit kinds, posts, duties, terms of office, masks. No Django.

`words` holds what all apps use, `registers` what only the registers of people need.
"""

from huying.people.rules.words import (
    APART,
    LONGEST_CODE,
    NOBODY_RECUSED,
    Claim,
    Duty,
    Masked,
    Opened,
    OpeningPurpose,
    Post,
    RecusalReason,
    Recused,
    UnitKind,
    clash,
    in_term,
    name_mask,
    phone_tail,
    plain_phone,
    prefixes,
    ranked,
)

__all__ = [
    "APART",
    "LONGEST_CODE",
    "NOBODY_RECUSED",
    "Claim",
    "Duty",
    "Masked",
    "Opened",
    "OpeningPurpose",
    "Post",
    "RecusalReason",
    "Recused",
    "UnitKind",
    "clash",
    "in_term",
    "name_mask",
    "phone_tail",
    "plain_phone",
    "prefixes",
    "ranked",
]
