"""The models: which score customers, how what they foretold compares with what came, and whether customers have drifted."""

from __future__ import annotations

from segmentation_pipeline.report.charts.curves import Curve, curves
from segmentation_pipeline.report.figure import Absent, Figure, Part, Section
from segmentation_pipeline.report.html_table import html_table
from segmentation_pipeline.report.reader import Answer, Reader, Row
from segmentation_pipeline.report.words import count, figure, is_few, people, share, words

_NO_MODEL = "a model judged on a later period would light it up: more months of orders, or an entry of config/models.yaml."


def models(reader: Reader) -> Section:
    calibration = reader.ask(f"""
        SELECT model, bin, customers, predicted, observed FROM model_calibration
        WHERE as_of = {reader.today} ORDER BY model, bin
        """)
    by_model: dict[str, list[Row]] = {}
    for row in calibration:
        by_model.setdefault(str(row["model"]), []).append(row)
    parts: list[Part] = [_champions(reader)]
    for place, (model, rows) in enumerate(by_model.items(), 1):
        parts += [_calibration(place, model, rows, calibration), _gain(place, model, rows, calibration)]
    if not by_model:
        parts.append(Absent("Calibration and gain", _NO_MODEL))
    lead = "Every model is judged on days after those it learnt from."
    return Section("models", "Models", lead, [*parts, _drift(reader)])


def _champions(reader: Reader) -> Part:
    title = "Models that score customers"
    answer = reader.ask(f"""
        SELECT model, kind, version, trained_from, trained_to, training_rows, note FROM model_registry
        WHERE as_of = {reader.today} AND is_champion ORDER BY model
        """)
    if not answer:
        return Absent(title, "no model was fitted on the day.")
    rows = [
        (
            words(row["model"]),
            words(row["kind"]),
            str(row["version"]),
            f"{row['trained_from']} to {row['trained_to']}" if row["trained_from"] else "no data",
            str(row["note"]),
            count(row["training_rows"]),
        )
        for row in answer
    ]
    says = "The version of each model whose scores the tables of the day hold, and what there is to say against it."
    numbers = html_table(title, ("model", "method", "version", "learnt from", "note", "customers"), rows, texts=5)
    meant = tuple(f"model_registry.{name}" for name in ("is_champion", "kind", "version", "note"))
    return Figure("models-champions", title, says, (answer,), meant, numbers=numbers)


def _calibration(place: int, model: str, rows: list[Row], answer: Answer) -> Part:
    title = f"{words(model)}: foretold and come"
    shown = [row for row in rows if not is_few(row["customers"])]
    points = [(float(row["predicted"]), float(row["observed"])) for row in shown]
    says = (
        "A dot is a tenth of customers by forecast: what the model, fitted without the later period, foretold of them, and what "
        "came. Dots on the dashed line are right on average; above it more came than was foretold."
    )
    cells = [(str(row["bin"]), people(row["customers"]), figure(row["predicted"]), figure(row["observed"])) for row in shown]
    numbers = html_table(title, ("tenth", "customers", "foretold", "came"), cells)
    chart = curves(title, [Curve("", points, dots=True)], "foretold, mean", "came, mean", "as foretold")
    meant = ("model_calibration.bin", "model_calibration.predicted", "model_calibration.observed")
    return Figure(f"models-calibration-{place}", title, says, (answer,), meant, chart, numbers)


def _gain(place: int, model: str, rows: list[Row], answer: Answer) -> Part:
    title = f"{words(model)}: gain"
    best_first = sorted(rows, key=lambda row: -int(row["bin"]))
    people_of = sum(int(row["customers"]) for row in best_first)
    came_of = sum(float(row["observed"]) * int(row["customers"]) for row in best_first)
    if came_of <= 0:
        return Absent(title, "nothing came in the later period.")
    reached, came, points = 0, 0.0, [(0.0, 0.0)]
    for row in best_first:
        reached += int(row["customers"])
        came += float(row["observed"]) * int(row["customers"])
        if not is_few(row["customers"]):
            points.append((reached / people_of, came / came_of))
    cells = [(share(x), share(y)) for x, y in points[1:]]
    says = (
        "Customers from the highest forecast down: the share of all that came in the later period which so many of them brought. "
        "On the dashed line the model would be no better than choosing by lot."
    )
    numbers = html_table(title, ("customers by forecast", "share of what came"), cells)
    chart = curves(title, [Curve("model", points)], "share of customers", "share of what came", "by lot")
    meant = ("model_calibration.customers", "model_calibration.observed")
    return Figure(f"models-gain-{place}", title, says, (answer,), meant, chart, numbers)


def _drift(reader: Reader) -> Part:
    title = "Drift"
    if not reader.has("model_drift"):
        return Absent(title, "predictive models, entries of config/models.yaml, would light it up.")
    answer = reader.ask(f"""
        SELECT model, input, stability_index, by_chance, status, customers FROM model_drift
        WHERE as_of = {reader.today} ORDER BY stability_index DESC, model, input LIMIT 30
        """)
    if not answer:
        return Absent(title, "no predictive model scores customers on the day.")
    rows = [
        (
            f"{words(row['model'])}: {words(row['input'])}",
            str(row["status"]),
            figure(row["stability_index"]),
            figure(row["by_chance"]),
        )
        for row in answer
    ]
    says = "How far the customers a model scores today are spread otherwise than those it was judged on, the farthest first."
    numbers = html_table(title, ("model: input", "status", "stability index", "by chance"), rows, texts=2)
    meant = ("model_drift.stability_index", "model_drift.by_chance", "model_drift.status")
    return Figure("models-drift", title, says, (answer,), meant, numbers=numbers)
