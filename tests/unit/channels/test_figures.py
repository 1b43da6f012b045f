"""The metrics of two processes on one page."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from channels.figures import merged

OWN = """# HELP process_cpu_seconds_total CPU.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 1.5
# HELP http_seconds Requests.
# TYPE http_seconds histogram
http_seconds_count{process="front"} 3
http_seconds_sum{process="front"} 0.3
"""
OTHER = """# HELP process_cpu_seconds_total CPU.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 9.5
# HELP http_seconds Requests.
# TYPE http_seconds histogram
http_seconds_count{process="intake"} 5
http_seconds_sum{process="intake"} 0.5
# HELP info Which.
# TYPE info gauge
info{version="3.13",} 1
# HELP cases_total Cases.
# TYPE cases_total counter
cases_total{channel="web"} 7
"""


def test_every_figure_of_both_processes_is_there_once_and_told_apart() -> None:
    families = {family.name: family for family in text_string_to_metric_families(merged(OWN, OTHER, "intake"))}
    cpu = {sample.labels.get("process"): sample.value for sample in families["process_cpu_seconds"].samples}
    assert cpu == {None: 1.5, "intake": 9.5}
    counts = {s.labels["process"]: s.value for s in families["http_seconds"].samples if s.name == "http_seconds_count"}
    assert counts == {"front": 3, "intake": 5}
    assert families["cases"].samples[0].labels == {"channel": "web"}


def test_labels_that_collide_stay_readable() -> None:
    own = '# TYPE info gauge\ninfo{version="3.12",note="a}b"} 1\n'
    families = list(text_string_to_metric_families(merged(own, OTHER.split("# HELP cases", maxsplit=1)[0], "intake")))
    info = next(family for family in families if family.name == "info")
    assert [sample.labels for sample in info.samples] == [
        {"version": "3.12", "note": "a}b"},
        {"version": "3.13", "process": "intake"},
    ]
