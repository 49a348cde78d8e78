"""The smaller tables of moves: whoever may not, and whatever is not ready, is refused by each row. Said by hand."""

from uuid import UUID

import pytest

from huying.approvals import rules as approvals
from huying.kernel.actor import Actor, ActorKind, Granted, resident, rule, system
from huying.kernel.refusals import IllegalMove
from huying.matters.rules import VersionState, VersionVerb, knowledge, versions
from huying.notices import rules as notices
from huying.people.rules import registers as people
from huying.places import plans

MAKER, OTHER, CANDIDATE = (
    Actor(kind=ActorKind.PERSON, id=UUID(int=number), grants=(Granted(frozenset(), "99"),)) for number in (1, 2, 3)
)
NAMELESS = Actor(kind=ActorKind.PERSON)


def refused(flow, verb, facts):
    with pytest.raises(IllegalMove):
        flow.move(verb, facts)


def walked(flow, verb, facts):
    return flow.move(verb, facts).lands(facts.state)


def test_an_approval_is_decided_by_another_person_and_taken_back_by_the_asker_or_the_house():
    verbs, asked = approvals.ApprovalVerb, approvals.ApprovalState.ASKED
    facts = lambda actor: approvals.ApprovalFacts(asked, MAKER.id, actor)  # noqa: E731
    for verb in (verbs.GRANT, verbs.REFUSE):
        assert walked(approvals.FLOW, verb, facts(OTHER)) != asked
        for actor in (MAKER, NAMELESS, resident(), rule("x"), system()):
            refused(approvals.FLOW, verb, facts(actor))
    for actor in (MAKER, rule("x"), system()):
        assert walked(approvals.FLOW, verbs.WITHDRAW, facts(actor)) == approvals.ApprovalState.WITHDRAWN
    for actor in (OTHER, NAMELESS, resident()):
        refused(approvals.FLOW, verbs.WITHDRAW, facts(actor))


def test_a_version_of_the_catalogue_is_changed_sound_and_approved_by_another():
    draft, submitted = VersionState.DRAFT, VersionState.SUBMITTED
    assert walked(versions.FLOW, VersionVerb.SUBMIT, versions.VersionFacts(draft)) == submitted
    refused(versions.FLOW, VersionVerb.SUBMIT, versions.VersionFacts(draft, changed=False))
    refused(versions.FLOW, VersionVerb.SUBMIT, versions.VersionFacts(draft, sound=False))
    assert walked(versions.FLOW, VersionVerb.APPROVE, versions.VersionFacts(submitted)) == VersionState.APPROVED
    refused(versions.FLOW, VersionVerb.APPROVE, versions.VersionFacts(submitted, second_person=False))


def test_wordings_and_public_notices_take_two_persons_and_are_whole():
    word, state = notices.WordingVerb, notices.WordingState
    facts = lambda who, **more: notices.HandsFacts(**{"made_by": MAKER.id, "actor_id": who, **more})  # noqa: E731
    assert walked(notices.WORDING_FLOW, word.APPROVE, facts(OTHER.id, state=state.SUBMITTED)) == state.APPROVED
    for who in (MAKER.id, None):
        refused(notices.WORDING_FLOW, word.APPROVE, facts(who, state=state.SUBMITTED))

    verb, state = notices.PublicVerb, notices.PublicState
    flow = notices.PUBLIC_FLOW
    assert walked(flow, verb.ASK, facts(MAKER.id, state=state.DRAFT)) == state.ASKED
    refused(flow, verb.ASK, facts(MAKER.id, state=state.DRAFT, complete=False))
    assert walked(flow, verb.PUBLISH, facts(OTHER.id, state=state.ASKED)) == state.PUBLISHED
    refused(flow, verb.PUBLISH, facts(OTHER.id, state=state.ASKED, complete=False))
    for who in (MAKER.id, None):
        refused(flow, verb.PUBLISH, facts(who, state=state.ASKED))
    assert walked(flow, verb.OBJECT, facts(None, state=state.PUBLISHED, open_now=True)) == state.PUBLISHED
    refused(flow, verb.OBJECT, facts(None, state=state.PUBLISHED))
    assert walked(flow, verb.CLOSE, facts(MAKER.id, state=state.PUBLISHED, over=True)) == state.CLOSED
    refused(flow, verb.CLOSE, facts(MAKER.id, state=state.PUBLISHED))
    refused(flow, verb.CLOSE, facts(MAKER.id, state=state.PUBLISHED, over=True, unanswered=1))


def test_a_text_of_the_knowledge_base_is_published_by_another_person():
    verb, state = knowledge.KnowledgeVerb, knowledge.KnowledgeState
    flow = knowledge.KNOWLEDGE_FLOW
    facts = lambda who: notices.HandsFacts(state.SUBMITTED, MAKER.id, who)  # noqa: E731
    assert walked(flow, verb.PUBLISH, facts(OTHER.id)) == state.PUBLISHED
    for who in (MAKER.id, None):
        refused(flow, verb.PUBLISH, facts(who))


def test_nobody_takes_part_in_the_own_nomination_and_who_nominates_does_not_appoint():
    verb, state = people.NominationVerb, people.NominationState

    def facts(stands, actor, *, elects):
        return people.NominationFacts(stands, elects, MAKER.id, CANDIDATE.id, actor)

    flow = people.NOMINATION
    assert walked(flow, verb.ELECT, facts(state.NOMINATED, OTHER, elects=True)) == state.ELECTED
    refused(flow, verb.ELECT, facts(state.NOMINATED, OTHER, elects=False))
    for actor in (CANDIDATE, resident(), Actor(kind=ActorKind.RULE)):
        refused(flow, verb.ELECT, facts(state.NOMINATED, actor, elects=True))
    for stands, elects in ((state.ELECTED, True), (state.NOMINATED, False)):
        assert walked(flow, verb.APPOINT, facts(stands, OTHER, elects=elects)) == state.APPOINTED
        assert walked(flow, verb.REFUSE, facts(stands, OTHER, elects=elects)) == state.REFUSED
        for actor in (CANDIDATE, MAKER, resident(), Actor(kind=ActorKind.RULE)):
            refused(flow, verb.APPOINT, facts(stands, actor, elects=elects))
            refused(flow, verb.REFUSE, facts(stands, actor, elects=elects))
        assert walked(flow, verb.WITHDRAW, facts(stands, MAKER, elects=elects)) == state.WITHDRAWN
        refused(flow, verb.WITHDRAW, facts(stands, OTHER, elects=elects))
    refused(flow, verb.APPOINT, facts(state.NOMINATED, OTHER, elects=True))


def test_a_plan_of_areas_is_approved_by_another_person_while_it_fits():
    verb, state = plans.PlanVerb, plans.PlanState
    facts = lambda stands, actor, **more: plans.PlanFacts(stands, MAKER.id, actor, **more)  # noqa: E731
    assert walked(plans.FLOW, verb.SUBMIT, facts(state.DRAFT, MAKER)) == state.SUBMITTED
    refused(plans.FLOW, verb.SUBMIT, facts(state.DRAFT, MAKER, fresh=False))
    assert walked(plans.FLOW, verb.APPROVE, facts(state.SUBMITTED, OTHER)) == state.APPROVED
    refused(plans.FLOW, verb.APPROVE, facts(state.SUBMITTED, OTHER, fresh=False))
    for actor in (MAKER, NAMELESS, system(), rule("x")):
        refused(plans.FLOW, verb.APPROVE, facts(state.SUBMITTED, actor))
    assert walked(plans.FLOW, verb.SEND_BACK, facts(state.SUBMITTED, OTHER)) == state.DRAFT
    for actor in (NAMELESS, system(), rule("x")):
        refused(plans.FLOW, verb.SEND_BACK, facts(state.SUBMITTED, actor))
    assert walked(plans.FLOW, verb.EFFECT, facts(state.APPROVED, system(), due=True)) == state.EFFECTIVE
    refused(plans.FLOW, verb.EFFECT, facts(state.APPROVED, system()))
    refused(plans.FLOW, verb.EFFECT, facts(state.APPROVED, system(), due=True, fresh=False))
