"""Reads events through a client of Loki's and prints what it found as JSON.

python3 loki_client.py URL TOKEN START END, with times in nanoseconds.
"""

import json
import sys

from loki_reader_core import LokiClient, LokiQueryError

url, token, start, end = sys.argv[1:]
start, end = int(start), int(end)

with LokiClient(base_url=url, auth=("grafana", token)) as client:
    selector = '{service_name="sshd"}'
    lines = client.query_range(selector, start, end)
    volume = client.query(f"sum(count_over_time({selector}[20y])) by (level)")
    try:
        client.query_range("nonsense", start, end)
        fault = None
    except LokiQueryError as error:
        fault = "character 1" if "character 1" in str(error) else str(error)
    print(
        json.dumps(
            {
                "hosts": client.get_label_values("host_name", start, end),
                "has_label": "host_name" in client.get_labels(start, end),
                "lines": lines.total_entries,
                "first_labels": lines.streams[0].labels,
                "first_time": lines.streams[0].entries[0].timestamp,
                "series": len(client.get_series([selector], start, end)),
                "volume": sorted(
                    [series.labels["level"], sum(sample.value for sample in series.samples)]
                    for series in volume.metric_series
                ),
                "fault": fault,
            }
        )
    )
