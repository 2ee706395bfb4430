#!/usr/bin/env python3
"""Validates price books, plans and accounts against the schemas here, for editors' sake: the command is the judge.

Needs the Python packages jsonschema and PyYAML. Prints each error with its file and place; exits 1 when there is one.
"""
import json
import pathlib
import sys

import jsonschema
import referencing
import yaml


class Loader(yaml.SafeLoader):
    """Reads as YAML 1.2 does, and so as editors do: an instant is a text."""


Loader.yaml_implicit_resolvers = {
    first: [entry for entry in entries if entry[0] != "tag:yaml.org,2002:timestamp"]
    for first, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

# By the key that a file of the kind has at its top.
names = {"price_book": "price-book", "plan": "plan", "accounts": "accounts"}
schemas = {
    key: json.loads((pathlib.Path(__file__).parent / f"{name}.schema.json").read_text()) for key, name in names.items()
}
registry = referencing.Registry().with_resources(
    (schema["$id"], referencing.Resource.from_contents(schema)) for schema in schemas.values()
)
validators = {}
for key, schema in schemas.items():
    jsonschema.Draft202012Validator.check_schema(schema)
    validators[key] = jsonschema.Draft202012Validator(schema, registry=registry)
errors = 0
for name in sys.argv[1:]:
    content = yaml.load(pathlib.Path(name).read_text(), Loader)
    key = next((key for key in names if key in content), "price_book")
    for error in validators[key].iter_errors(content):
        errors += 1
        print(f"{name}: {error.json_path}: {error.message[:200]}")
sys.exit(1 if errors else 0)
