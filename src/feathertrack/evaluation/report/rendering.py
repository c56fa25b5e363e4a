"""Templates become pages: what all pages of the package share."""

from __future__ import annotations

import base64
import hashlib

import jinja2
from markupsafe import Markup

_REPORT = "feathertrack.evaluation.report"


def page_environment(package: str = _REPORT) -> jinja2.Environment:
    """Templates of a package, and those of the report where it has none of a name.

    Every name is escaped, and one that is not given is an error.
    """
    folders = [jinja2.PackageLoader(one, "templates") for one in dict.fromkeys((package, _REPORT))]
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def resource(environment: jinja2.Environment, name: str) -> Markup:
    """A file of the templates as it is, for style and script."""
    assert environment.loader is not None
    return Markup(environment.loader.get_source(environment, name)[0])


def script_digest(script: str) -> str:
    """By which the policy of a page allows this script and no other."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
