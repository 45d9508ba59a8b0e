"""Segments by rules."""

from segmentation_pipeline_tests.segmentations.kinds.one import assigned, segments_of, version, words

RULE = {"name": "active", "when": "recency_days <= 90", "description": "Bought lately."}


def test_the_first_rule_that_holds_wins_and_no_rule_means_no_segment(engine, scored):
    rules = [
        {"name": "active", "when": "recency_days <= 90"},
        {"name": "repeat", "when": "frequency >= 2"},
        {"name": "tried", "when": "frequency = 1"},
    ]
    assert segments_of(engine, scored, kind="rules", segments=rules) == {
        "anna": "active",
        "bert": "active",
        "cora": "repeat",
        "dirk": "tried",
        "emma": None,
    }


def test_a_rule_on_an_unknown_value_does_not_hold(engine, scored):
    rules = [{"name": "lapsed", "when": "recency_days > 90"}, {"name": "rest", "when": "frequency >= 0"}]
    assert segments_of(engine, scored, kind="rules", segments=rules)["emma"] == "rest"


def test_overlapping_rules_give_all_that_hold(engine, scored):
    rules = [{"name": "big", "when": "monetary >= 100"}, {"name": "bargain", "when": "discount_share > 0"}]
    assert assigned(engine, scored, kind="rules", exclusive=False, segments=rules) == {
        "anna": (["big"], None),
        "bert": (["big", "bargain"], None),
        "cora": (["bargain"], None),
        "dirk": (["bargain"], None),
        "emma": ([], None),
    }


def test_rules_are_their_own_words_on_one_line(engine, scored):
    rule = {"name": "active", "when": "recency_days <= 90\n  and frequency > 1"}
    assert words(engine, scored, kind="rules", segments=[rule]) == {"active": "recency_days <= 90 and frequency > 1"}


def test_the_version_follows_what_decides_and_nothing_else():
    first = version(kind="rules", segments=[RULE])
    other_words = {"title": "Other", "owner": "team:x", "min_size": 9, "segments": [RULE | {"description": "New words."}]}
    assert first == version(kind="rules", **other_words)
    assert first != version(kind="rules", segments=[RULE | {"when": "recency_days <= 60"}])
    assert first != version(kind="rules", exclusive=False, segments=[RULE])
