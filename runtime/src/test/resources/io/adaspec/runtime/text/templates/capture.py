"""Renders every template with every conversation by jinja2, set up as model hubs do, into expected.json."""

import datetime
import glob
import json
import os

from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

os.chdir(os.path.dirname(os.path.abspath(__file__)))
NOW = datetime.datetime(2026, 3, 7, 9, 5, 4)


def raise_exception(message):
    raise TemplateError(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


environment = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception
environment.globals["strftime_now"] = NOW.strftime

expected = {}
conversations = json.load(open("conversations.json", encoding="utf-8"))
for path in sorted(glob.glob("*.jinja")):
    name = path.removesuffix(".jinja")
    template = environment.from_string(open(path, encoding="utf-8").read())
    for title, conversation in conversations.items():
        try:
            result = {"text": template.render(bos_token="<s>", eos_token="</s>", **conversation)}
        except TemplateError as error:
            result = {"refused": str(error)}
        expected[name + "/" + title] = result
with open("expected.json", "w", encoding="utf-8") as out:
    json.dump(expected, out, ensure_ascii=False, indent=1, sort_keys=True)
    out.write("\n")
