"""Segments by the values of a text column."""

from segmentation_pipeline_tests.segmentations.kinds.one import segments_of, version, words


def test_labels_ignore_case_and_signs_and_rare_ones_go_together(engine, scored):
    assert segments_of(engine, scored, kind="attribute", column="country") == {
        "anna": "germany",
        "bert": "germany",
        "cora": "côte_d_ivoire",
        "dirk": None,
        "emma": None,
    }
    assert segments_of(engine, scored, kind="attribute", column="country", min_size=2, other="elsewhere") == {
        "anna": "germany",
        "bert": "germany",
        "cora": "elsewhere",
        "dirk": None,
        "emma": None,
    }


def test_labels_come_from_the_data(engine, scored):
    assert words(engine, scored, kind="attribute", column="country", min_size=2) == {
        "germany": "country is germany",
        "other": "country is a value fewer than 2 customers have",
    }


def test_another_smallest_size_is_another_version():
    of_country = {"kind": "attribute", "column": "country"}
    assert version(**of_country, min_size=2) != version(**of_country, min_size=3)
