"""The example with every source: it runs, and its segments find what the generator knows."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.table_contracts import published_names
from segmentation_pipeline_tests.end_to_end.project import ROOT, everybody_assigned_has_results, published, query, segmentation
from segmentation_pipeline_tests.end_to_end.trigger_clerk import due

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "examples" / "every_source"
COMPANY_SIZE = """CASE WHEN true_employees < 10 THEN 0 WHEN true_employees < 50 THEN 10
    WHEN true_employees < 250 THEN 50 ELSE 250 END"""
CASES = {
    # segmentation: the trait behind it, those about whom enough is known, and the least agreement
    # What orders say is judged by the type of shopper that made them.
    "rfm": ("type", "frequency >= 1", 0.15),
    "lifecycle": ("is_alive", "frequency >= 1", 0.2),
    "value_tier": ("type", "frequency >= 1", 0.15),
    # Shoes are of one brand, so who hardly buys anything else is loyal to it.
    "brand_loyalty": ("type = 'category_specialist' AND favourite_category_number = 2", "frequency >= 3", 0.2),
    "purchase_time": ("hours", "frequency >= 3", 0.5),
    # What customers state about themselves comes out as it went in.
    "age_segment": (
        "CASE WHEN true_age < 25 THEN 0 WHEN true_age < 35 THEN 25 WHEN true_age < 50 THEN 35 WHEN true_age < 65 THEN 50 ELSE 65 END",
        "true_age IS NOT NULL",
        0.9,
    ),
    "life_stage": ("coalesce(true_household, 'none')", "true_household IS NOT NULL", 0.3),
    "income_segment": ("coalesce(true_income, 'none')", "TRUE", 0.9),
    "occupation_segment": ("coalesce(true_occupation, 'none')", "TRUE", 0.9),
    "education_segment": ("coalesce(true_education, 'none')", "TRUE", 0.9),
    "buying_rhythm": ("type = 'seasonal_gifter'", "rhythm_type IN ('seasonal', 'regular', 'sporadic')", 0.6),
    "lifecycle_own_rhythm": ("is_alive", "gaps_overdue IS NOT NULL", 0.18),
    "price_sensitivity": ("type = 'bargain_hunter'", "frequency >= 3", 0.5),
    "basket_size": ("type = 'champion'", "frequency >= 5", 0.1),
    "category_affinity": ("favourite_category_number", "frequency >= 3", 0.35),
    "return_behaviour": ("type = 'category_specialist'", "frequency >= 3", 0.2),
    "revenue_decile": ("type", "frequency >= 1", 0.12),
    "revenue_trend": ("is_alive", "tenure_days >= 730", 0.25),
    "margin_tier": ("type", "frequency >= 1", 0.15),
    "cluster_segment": ("type", "frequency > 0", 0.3),
    "mixture_segment": ("type", "frequency > 0", 0.35),
    "taste_segment": ("type", "frequency > 0", 0.35),
    "shopping_intent": ("web_trait", "web_sessions_90d >= 4", 0.35),
    "web_engagement": ("web_trait", "last_web_session_date IS NOT NULL", 0.2),
    "email_engagement": ("email_trait", "email_received_90d + email_bounced_90d >= 4", 0.6),
    "social_engagement": ("social_trait", "TRUE", 0.6),
    "advocacy": ("opinion_trait", "nps IS NOT NULL", 0.75),
    "support_experience": ("support_trait", "TRUE", 0.3),
    "loyalty_tier_segment": ("type", "loyalty_tier IS NOT NULL", 0.1),
    "loyalty_behaviour": ("loyalty_trait", "loyalty_joined_date IS NOT NULL", 0.3),
    "subscription_stage": ("club_trait", "subscribed_date IS NOT NULL", 0.4),
    "usage_level": ("usage_trait", "last_usage_date IS NOT NULL", 0.5),
    "benefit_sought": ("benefit_trait", "NOT class_benefit_inferred", 0.6),
    "lifestyle_segment": ("lifestyle_trait", "class_lifestyle IS NOT NULL", 0.6),
    "brand_trust": ("opinion_trait", "construct_trust IS NOT NULL", 0.4),
    "sustainability_value": ("value_trait", "construct_sustainability IS NOT NULL", 0.4),
    "industry_segment": ("true_industry", "true_industry IS NOT NULL", 0.9),
    "company_size_segment": (
        COMPANY_SIZE,
        "true_employees IS NOT NULL",
        0.9,
    ),
    "size_x_industry": (
        f"true_industry || {COMPANY_SIZE}",
        "true_industry IS NOT NULL",
        0.6,
    ),
    "plan_fit": ("usage_trait", "subscriptions_running >= 1", 0.2),
    "payment_behaviour": ("payment_trait", "loans >= 1", 0.5),
    "buying_pace": ("type", "tenure_days >= 365", 0.25),
    "way_to_reach": ("email_trait", "email_received_90d + email_bounced_90d >= 4", 0.5),
    "value_x_lifecycle": ("type", "frequency >= 1", 0.2),
    "next_best_treatment": ("support_trait", "TRUE", 0.15),  # of all it ranks, the trait that decides most
    # Where segments overlap each is a partition of its own: those in it and all others.
    "signals.clicked_and_looked": ("email_trait", "TRUE", 0.05),
    "signals.big_basket": ("type = 'champion'", "TRUE", 0.1),
    "signals.asks_for_help": ("support_trait", "TRUE", 0.1),
    "signals.sends_back": ("type = 'category_specialist'", "TRUE", 0.06),
    "store_visitor": ("store_trait", "TRUE", 0.5),
    # Who moves from one channel to the other the generator does not know: its customers keep their habits.
    "shopping_channel": (
        "CASE WHEN type IN ('champion', 'bargain_hunter', 'category_specialist') THEN 'mostly online' ELSE 'both' END",
        "frequency_365d >= 4",
        0.1,
    ),
    # Regular visitors of the web shop are there in any week.
    "research_online_buy_offline": (
        "research_trait",
        "store_orders_365d >= 3 AND web_trait IN ('absent', 'purposeful')",
        0.4,
    ),
    "distance_to_store": (
        "CASE WHEN store_km < 5 THEN 0 WHEN store_km < 20 THEN 5 WHEN store_km < 50 THEN 20 ELSE 50 END",
        "TRUE",
        0.9,
    ),
    "country_segment": ("home_country", "TRUE", 0.9),
    "language_segment": ("home_language", "TRUE", 0.9),
    "holiday_region_segment": (
        "CASE WHEN home_country IN ('DE', 'AT') THEN home_state ELSE home_country END",
        "TRUE",
        0.9,
    ),
    # From 30 June 2026 on a public holiday is within a month in France (14 July) and Belgium (21 July) alone.
    "holiday_ahead": ("home_country IN ('FR', 'BE')", "TRUE", 0.9),
    "observances.sinterklaas": ("home_country IN ('NL', 'BE')", "TRUE", 0.9),
    "observances.corpus_christi": (
        "home_country IN ('AT', 'PL') OR home_state IN ('Bayern', 'Nordrhein-Westfalen')",
        "TRUE",
        0.9,
    ),
    "urban_rural": ("home_kind", "TRUE", 0.9),
    "sales_region_segment": ("district", "TRUE", 0.9),
    "climate_zone_segment": ("climate", "TRUE", 0.9),
    # Orders follow one occasion only, the gift season of one type of customer; features/test_occasion_habits.py has the others.
    "occasions.buys_for_gift_season": ("type = 'seasonal_gifter'", "order_days >= 3", 0.3),
    "main_occasion": ("(type = 'seasonal_gifter')::VARCHAR", "order_days >= 3", 0.3),
}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as ``make every-source`` runs it."""
    project = tmp_path_factory.mktemp("everything")
    shutil.copytree(EXAMPLE / "config", project / "config")
    for arguments in (("generate", "--sources", "all", "--out", str(project / "data" / "raw")), ("run",)):
        done = segmentation(project, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    return project


def test_every_source_is_read_and_accounted_for(everything: Path) -> None:
    rows = query(everything, "SELECT source, read, clean + quarantined + superseded + later, clean FROM row_accounting")
    # Restricted people would leave the segments whose sizes are told here; cases/test_ledgers.py has them.
    assert {source for source, *_ in rows} == set(SOURCES) - {"restrictions", "exchange_rates"}
    assert all(read == told and clean > 0 for _, read, told, clean in rows)


def test_the_published_tables_are_those_a_destination_may_name(everything: Path) -> None:
    found = {name for (name,) in query(everything, "SELECT table_name FROM duckdb_tables()")}
    assert found == set(published_names(load_config(everything / "config")))


def test_every_injected_fault_ends_where_the_truth_says(everything: Path) -> None:
    faults = everything / "data" / "truth" / "faults.parquet"
    with duckdb.connect() as connection:
        listed = connection.execute(
            f"SELECT source, count(*) FROM '{faults}' WHERE effect = 'quarantined' GROUP BY 1 ORDER BY 1"
        ).fetchall()
    found = query(everything, "SELECT source, quarantined FROM row_accounting WHERE quarantined > 0 ORDER BY 1")
    assert found == listed


def test_no_rule_that_stops_a_run_failed_and_every_segmentation_has_members(everything: Path) -> None:
    assert query(everything, "SELECT * FROM data_quality WHERE NOT passed AND severity = 'error'") == []
    assert query(everything, "SELECT count(DISTINCT segmentation) FROM segment_catalog") == query(
        everything, "SELECT count(DISTINCT segmentation) FROM customer_segments"
    )


@pytest.mark.long
def test_a_changed_rule_is_tried_against_the_publication_without_touching_it(everything: Path, tmp_path: Path) -> None:
    """The same configuration moves nobody; another one moves those its rule says, and nothing is written."""
    (tmp_path / "data").symlink_to(everything / "data")
    shutil.copytree(everything / "config", tmp_path / "config")
    stored = (published(everything), everything / "data" / "warehouse.duckdb")
    before = [(path.stat().st_mtime_ns, path.stat().st_size) for path in stored]
    same = segmentation(tmp_path, "check", "--impact")
    (line,) = [line for line in same.stdout.splitlines() if line.startswith("unchanged")]
    names = {name for (name,) in query(everything, "SELECT DISTINCT segmentation FROM segment_catalog")}
    assert set(line.removeprefix("unchanged ").split(", ")) == names
    config = tmp_path / "config" / "segmentations.yaml"
    config.write_text(config.read_text().replace("when: count(orders, 180) >= 5", "when: count(orders, 180) >= 4"))
    changed = segmentation(tmp_path, "check", "--impact")
    [(more,)] = query(
        everything, "SELECT count(*) FROM customer_profile WHERE buying_pace = 'regular' AND count_orders_180d >= 4"
    )
    (row,) = [line for line in changed.stdout.splitlines() if "busy" in line]
    assert more > 0 and int(row.split("│")[4]) == more
    assert before == [(path.stat().st_mtime_ns, path.stat().st_size) for path in stored]


def test_every_campaign_and_experiment_has_a_result(everything: Path) -> None:
    everybody_assigned_has_results(everything)


def test_the_lift_of_past_campaigns_is_the_planted_one(everything: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What each campaign caused is known: intervals hold it, people were divided as planned, and cost is known."""
    rows = query(
        everything,
        f"""WITH planted AS (SELECT lower(campaign) AS campaign, sum(uplift * customers) / sum(customers) AS uplift
                         FROM '{everything}/data/truth/uplift.parquet' GROUP BY 1)
        SELECT campaign, uplift, lift, fixed_low, fixed_high, anytime_low <= uplift AND uplift <= anytime_high, sample_ratio_holds,
        cost FROM campaign_results JOIN planted USING (campaign)
        WHERE wave = 'all' AND metric = 'conversion' AND source = 'contact_log' ORDER BY 1""",
    )
    assert len(rows) == 5
    with capsys.disabled():
        for campaign, planted, lift, *_ in rows:
            print(f"\n{campaign}: planted {planted:.2%}, estimated {lift:.2%}", end="")  # noqa: T201
    assert all(holds and divided and cost > 0 for *_, holds, divided, cost in rows)
    assert sum(low <= planted <= high for _, planted, _, low, high, *_ in rows) >= 4


def test_accounts_of_one_person_are_found(everything: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pairs of accounts: of those taken for one person the share that are, and of those that are the share found."""
    truth = everything / "data" / "truth"
    [(right, found, true)] = query(
        everything,
        f"""
        WITH named AS (
            SELECT t.customer_id, person, coalesce(canonical_customer_id, t.customer_id) AS id FROM '{truth}/identity_truth.parquet' t
            LEFT JOIN (FROM customer_merges WHERE until IS NULL) m USING (customer_id))
        SELECT count(*) FILTER (a.id = b.id AND a.person = b.person), count(*) FILTER (a.id = b.id), count(*) FILTER (a.person = b.person)
        FROM named a JOIN named b ON a.customer_id < b.customer_id AND (a.id = b.id OR a.person = b.person)""",
    )
    with capsys.disabled():
        print(f"\nidentity: {found} pairs found, precision {right / found:.3f}, recall {right / true:.3f} of {true}")  # noqa: T201
    # One second account in ten shares nothing with the first, and of every second of these somebody knew.
    assert right / found > 0.98
    assert right / true > 0.85
    assert query(
        everything, "SELECT count(*) FROM customer_merges JOIN customer_profile USING (customer_id) WHERE until IS NULL"
    ) == [(0,)]
    # Who was found again has all orders the generator knows of, but for cancelled and refused ones.
    [(orders, known)] = query(
        everything,
        f"""
        SELECT sum(p.frequency), sum(t.orders) FROM (SELECT DISTINCT canonical_customer_id FROM customer_merges) m
        JOIN customer_profile p ON p.customer_id = canonical_customer_id JOIN '{truth}/customer_truth.parquet' t USING (customer_id)
        WHERE t.customer_id IN (SELECT person FROM '{truth}/identity_truth.parquet' GROUP BY 1 HAVING count(*) > 1)""",
    )
    assert 0.95 < orders / known <= 1
    reasons = {reason for (reason,) in query(everything, "SELECT DISTINCT reason FROM blocked_merges")}
    assert reasons >= {"placeholder", "role_address", "shared_widely", "distinct_customers"}
    assert reasons & {"different_birth_dates", "different_first_names", "never_merge"}
    [(account, name)] = query(everything, "SELECT customer_id, canonical_customer_id FROM customer_merges ORDER BY ALL LIMIT 1")
    told = segmentation(everything, "explain", account).stdout
    assert f"{name} as of" in told and f"the same person as {account}" in told


def test_every_segmentation_has_a_trait_it_must_agree_with(everything: Path) -> None:
    names = query(everything, "SELECT DISTINCT segmentation FROM segment_catalog")
    assert {name for (name,) in names} == {case.partition(".")[0] for case in CASES}


@pytest.mark.parametrize("case", CASES)
def test_segments_agree_with_the_traits_behind_them(everything: Path, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Adjusted mutual information (Vinh, Epps & Bailey 2010): 0 is chance, 1 is the same partition."""
    trait, known, least = CASES[case]
    segmentation_name, _, segment = case.partition(".")
    members = f"SELECT customer_id FROM customer_segments WHERE segmentation = '{segmentation_name}' AND segment = '{segment}'"
    membership = f"(customer_id IN ({members}))::VARCHAR" if segment else f"coalesce({segmentation_name}, 'none')"
    with duckdb.connect(str(published(everything)), read_only=True) as connection:
        data = connection.execute(f"""
            SELECT {membership} AS segment, {trait} AS trait
            FROM customer_profile p JOIN '{everything}/data/truth/customer_truth.parquet' USING (customer_id)
            LEFT JOIN '{everything}/data/truth/company_truth.parquet' USING (customer_id)
            WHERE {known} ORDER BY customer_id""").fetchnumpy()
    segments, traits = data["segment"].astype(str), data["trait"].astype(str)
    found = adjusted_mutual_info_score(traits, segments)
    generator = np.random.default_rng(0)
    shuffled = max(adjusted_mutual_info_score(traits, generator.permutation(segments)) for _ in range(20))
    with capsys.disabled():
        told = f"\n{case}: agreement with {trait} of {len(traits)} customers {found:.3f}; shuffled at most {shuffled:.3f}"
        print(told)  # noqa: T201
    assert found > least
    assert found > 10 * abs(shuffled)


def test_classes_of_those_who_did_not_answer_are_inferred_only_where_behaviour_tells_them(
    everything: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What benefit is sought shows in what is bought; the lifestyle shows in nothing but answers."""
    benefits = {"high_price": "saver", "high_quality": "connoisseur", "high_ease": "convenience_seeker"}
    with duckdb.connect(str(published(everything)), read_only=True) as connection:
        data = connection.execute(f"""
            SELECT class_benefit AS class, class_benefit_confidence AS confidence, benefit_trait AS trait
            FROM customer_profile p JOIN '{everything}/data/truth/customer_truth.parquet' USING (customer_id)
            WHERE class_benefit_inferred ORDER BY customer_id""").fetchnumpy()
        registry = dict(
            connection.execute("SELECT model, kind || ': ' || note FROM model_registry WHERE model LIKE '%_extension'").fetchall()
        )
        lifestyles = connection.execute("SELECT count(*) FROM customer_profile WHERE class_lifestyle_inferred").fetchall()
    right = np.array([benefits[name] for name in data["class"].astype(str)]) == data["trait"].astype(str)
    _, sizes = np.unique(data["trait"].astype(str), return_counts=True)
    base = sizes.max() / sizes.sum()
    with capsys.disabled():
        print(f"\nbenefit_sought: {len(right)} inferred, accuracy {right.mean():.3f}, base rate {base:.3f}")  # noqa: T201
        print(f"lifestyle_segment: {registry['lifestyle_extension']}")  # noqa: T201
    assert len(right) > 200 and right.mean() > base + 0.1
    assert registry["benefit_extension"] == "multinomial_logistic: "
    assert registry["lifestyle_extension"].startswith("nobody_inferred: nobody is inferred: accuracy")
    assert lifestyles == [(0,)]


def test_constructs_are_reliable(everything: Path) -> None:
    found = query(
        everything, "SELECT DISTINCT construct, round(alpha, 2), respondents > 100 FROM construct_reliability ORDER BY 1"
    )
    assert [name for name, *_ in found] == ["active", "cosy", "ease", "price", "quality", "sustainability", "trust"]
    assert all(alpha > 0.7 and enough for _, alpha, enough in found)


def test_triggers_find_whom_a_clerk_finds(everything: Path) -> None:
    warehouse = everything / "data" / "warehouse.duckdb"
    for campaign, customers in due(warehouse).items():
        rule = load_config(everything / "config").campaigns[campaign].audience
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            named = connection.execute(f"SELECT customer_id FROM segments.customer_profile WHERE {rule}").fetchall()
            sql = "SELECT customer_id FROM campaigns.campaign_selections WHERE campaign = ?"
            found = connection.execute(sql, [campaign]).fetchall()
        assert customers, campaign
        assert {who for (who,) in found} == customers & {who for (who,) in named}, campaign
