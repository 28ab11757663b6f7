"""Reads what the tests send, one case a line, and answers each with one line: the documents as JSON."""

import json
import sys

import yaml

READERS = {"json": lambda text: [json.loads(text)], "yaml": lambda text: list(yaml.safe_load_all(text))}

for line in sys.stdin:
    case = json.loads(line)
    try:
        answer = {"documents": READERS[case["as"]](case["text"])}
    except Exception as error:  # whatever it is, the test shows it
        answer = {"error": repr(error)}
    print(json.dumps(answer, default=str), flush=True)
