import pytest

from segmentation_pipeline.models.cluster_border import Border, Contrast
from segmentation_pipeline.segmentations.assign import all_segments, assign
from segmentation_pipeline.segmentations.counterfactuals import Counterfactual
from segmentation_pipeline.segmentations.define import define
from segmentation_pipeline.segmentations.explain import UnknownCustomer, explain_customer
from segmentation_pipeline_tests.segmentations.conftest import bind, rule
from segmentation_pipeline_tests.segmentations.test_assign import TIERS, configured

SEGMENTATIONS = configured(
    life={
        "kind": "rules",
        "segments": [
            {"name": "active", "when": "recency_days <= 90"},
            {"name": "lapsing", "when": "recency_days <= 300 and frequency >= 2"},
            {"name": "gone", "when": "frequency >= 1"},
        ],
    },
    tags={
        "kind": "rules",
        "exclusive": False,
        "segments": [{"name": "big", "when": "monetary >= 50"}, {"name": "bargain", "when": "discount_share > 0.2"}],
    },
    tier={"kind": "quantiles", "column": "clv", "segments": TIERS},
    rfm={"kind": "rfm"},
    kin={"kind": "clusters"},
    home={"kind": "attribute", "column": "country"},
    both={"kind": "hybrid", "of": ["life", "tier"]},
)


BORDERS = {"kin": Border("few_orders", "many_orders", 0.1, 0.6, True, (Contrast("frequency", -0.5, -0.7),)).words()}
MOVES = {
    "life": {"active": Counterfactual("recency_days", 200, 90), "gone": None, "lost": None},
    "home": {"belgium": Counterfactual("country", None, "Belgium")},
}


@pytest.fixture(scope="module")
def explained(engine, scored):
    assignment = assign(engine, scored, SEGMENTATIONS, bind)
    models = {"rfm": {"lost": "R 1, F 1"}, "kin": {"few_orders": "frequency -0.5 sd"}}
    words = define(engine, all_segments(assignment.profile, SEGMENTATIONS, bind), SEGMENTATIONS, assignment.cut_points, models)
    everybody = {row["customer_id"]: row for row in engine.rows(all_segments(assignment.profile, SEGMENTATIONS, bind))}

    def explain(customer):
        one = assignment.profile.filter(assignment.profile.customer_id == customer)
        found = explain_customer(
            engine, one, everybody.get(customer, {}), SEGMENTATIONS, words, bind, lambda text: rule(text).columns, MOVES, BORDERS
        )
        return {explanation.segmentation: explanation for explanation in found}

    return explain


def test_a_cross_moves_with_what_it_is_made_of(explained):
    assert explained("cora")["both"].counterfactuals == ("moves with life and tier",)


def test_rules_show_the_values_and_which_earlier_rules_did_not_hold(explained):
    life = explained("cora")["life"]
    assert life.segments == ("lapsing",)
    assert life.because == ("recency_days <= 300 and frequency >= 2 (recency_days is 200, frequency is 2)",)
    assert life.before == ("not active: recency_days <= 90 (is 200)",)


def test_no_rule_holds_for_someone_without_orders(explained):
    life = explained("emma")["life"]
    assert (life.segments, life.because) == ((), ("no rule holds",))
    assert life.before[0] == "not active: recency_days <= 90 (is unknown)"


def test_what_would_move_them_is_told_and_what_would_not(explained):
    assert explained("cora")["life"].counterfactuals == (
        "to active: recency_days from 200 to 90",
        "no single change leads to gone, lost",
    )
    assert explained("cora")["home"].counterfactuals == ("to belgium: country from unknown to 'Belgium'",)
    assert explained("cora")["kin"].counterfactuals == ()


def test_overlapping_rules_list_all_that_hold(explained):
    tags = explained("cora")["tags"]
    assert tags.segments == ("big", "bargain")
    assert tags.because == ("monetary >= 50 (is 80.00)", "discount_share > 0.2 (is 0.5)")


def test_tiers_models_and_labels_show_their_definition_and_value(explained):
    dirk, cora = explained("dirk"), explained("cora")
    assert dirk["tier"].because == ("clv < 200.00 (is 50.00)",)
    assert dirk["rfm"].because == ("R 1, F 1 (recency_score is 1, frequency_score is 1, monetary_score is 1)",)
    assert dirk["kin"].because == (
        "frequency -0.5 sd (cluster is 'few_orders', cluster_distance is 0.1)",
        "few_orders is set apart by frequency -0.5 sd (customer -0.7)",
        "0.5 from the border to many_orders: 0.1 from the centre of few_orders, 0.6 from that of many_orders",
    )
    assert explained("emma")["kin"].because == ("cluster is unknown for this customer",)
    assert cora["home"].because == ("country is côte_d_ivoire (is 'Côte d'Ivoire')",)
    assert (dirk["home"].segments, dirk["home"].because) == ((), ("country is unknown for this customer",))


def test_explanations_agree_with_the_assignment(engine, scored, explained):
    profile = assign(engine, scored, SEGMENTATIONS, bind).profile
    wide = {row["customer_id"]: row for row in engine.rows(all_segments(profile, SEGMENTATIONS, bind))}
    for customer, row in wide.items():
        segments = {name: explanation.segments for name, explanation in explained(customer).items()}
        expected = {n: tuple(row[n]) if isinstance(row[n], list) else (row[n],) if row[n] else () for n in SEGMENTATIONS}
        assert segments == expected


def test_an_unknown_customer_is_told(explained):
    with pytest.raises(UnknownCustomer, match="found 0"):
        explained("nobody")
