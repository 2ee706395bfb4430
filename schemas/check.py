#!/usr/bin/env python3
"""Validates price books against price-book.schema.json, for editors' sake: taximeter tariffs check is the judge.

Needs the Python packages jsonschema and PyYAML. Prints each error with its file and place; exits 1 when there is one.
"""
import json
import pathlib
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """Reads as YAML 1.2 does, and so as editors do: an instant is a text."""


Loader.yaml_implicit_resolvers = {
    first: [entry for entry in entries if entry[0] != "tag:yaml.org,2002:timestamp"]
    for first, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

schema = json.loads((pathlib.Path(__file__).parent / "price-book.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
errors = 0
for name in sys.argv[1:]:
    for error in validator.iter_errors(yaml.load(pathlib.Path(name).read_text(), Loader)):
        errors += 1
        print(f"{name}: {error.json_path}: {error.message[:200]}")
sys.exit(1 if errors else 0)
