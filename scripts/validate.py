"""Validates the reports in a folder: JUnit by an XML Schema and by junitparser, CTRF and JSON by JSON Schemas, OpenMetrics by
Prometheus' own client library, traces by OpenTelemetry's protocol types.

Usage: validate.py FOLDER JUNIT.xsd CTRF.schema.json REPORT.schema.json

Ends with 1 if one is not as it should be, or if there is none.
"""

import base64
import json
import sys
from pathlib import Path

import jsonschema
import junitparser
from junitparser import xunit2
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from lxml import etree
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client import parser as text_format
from prometheus_client.openmetrics import parser as openmetrics

failures = 0


def told(report, by, problems, what=""):
    """Says how a report has done."""
    global failures
    failures += bool(problems)
    print(f"{'✘' if problems else '✔'} {report.name:<16} {by}{': ' + what if what else ''}")
    for problem in problems[:10]:
        print(f"    {problem}")


def by_xml_schema(report, schema):
    problems = []
    document = etree.parse(str(report))
    if not schema.validate(document):
        problems = [f"line {error.line}: {error.message}" for error in schema.error_log]
    told(report, "the XML Schema of Jenkins' xUnit plugin", problems)


def by_junitparser(report):
    """Reads it as a dashboard would, and counts: what the suites say must be what is in them."""
    problems = []
    suites = list(xunit2.JUnitXml.fromfile(str(report)))
    counts = {"cases": 0, "failures": 0, "errors": 0, "skipped": 0, "flaky": 0, "reruns": 0}
    for suite in suites:
        cases = list(suite)
        found = {
            "tests": len(cases),
            "failures": sum(any(isinstance(r, junitparser.Failure) for r in case.result) for case in cases),
            "errors": sum(any(isinstance(r, junitparser.Error) for r in case.result) for case in cases),
            "skipped": sum(any(isinstance(r, junitparser.Skipped) for r in case.result) for case in cases),
        }
        for name, number in found.items():
            if getattr(suite, name) != number:
                problems.append(f"{suite.name}: says {getattr(suite, name)} {name}, has {number}")
        counts["cases"] += len(cases)
        for name in ("failures", "errors", "skipped"):
            counts[name] += found[name]
        for case in cases:
            counts["flaky"] += len(case.flaky_failures()) + len(case.flaky_errors())
            counts["reruns"] += len(case.rerun_failures()) + len(case.rerun_errors())
            for result in case.result:
                if not result.message:
                    problems.append(f"{case.classname} {case.name}: a {type(result).__name__} without a message")
    if report.stem == "all":
        problems += [f"no {name} in a report of every outcome" for name, number in counts.items() if not number]
    told(report, "junitparser", problems, ", ".join(f"{number} {name}" for name, number in counts.items()))


def by_json_schema(report, schema, name):
    checker = jsonschema.validators.validator_for(schema)
    checker.check_schema(schema)
    validator = checker(schema, format_checker=checker.FORMAT_CHECKER)
    errors = validator.iter_errors(json.loads(report.read_text(encoding="utf-8")))
    told(report, name, [f"{error.json_path}: {error.message[:200]}" for error in errors])


def by_prometheus(report):
    """Reads it as Prometheus does, and as the textfile collector, which knows the older text format only."""
    text = report.read_text(encoding="utf-8")
    problems, what = [], ""
    try:
        families = {family.name: family for family in openmetrics.text_string_to_metric_families(text)}
        older = {family.name for family in text_format.text_string_to_metric_families(text)}
        if older != set(families):
            problems.append(f"the text format's parser reads {sorted(older)}")
        kinds = {family.type for family in families.values()}
        if not kinds <= {"gauge", "histogram"}:
            problems.append(f"the textfile collector doesn't take {kinds}")
        if report.stem == "all":
            for name in ("conforms", "exit_code", "checks", "event_latency_seconds"):
                if not families.get(f"chatproof_{name}") or not families[f"chatproof_{name}"].samples:
                    problems.append(f"no chatproof_{name}")
        what = f"{len(families)} metrics, {sum(len(family.samples) for family in families.values())} samples"
    except ValueError as error:
        problems.append(str(error))
    told(report, "prometheus_client", problems, what)


def in_base64(value):
    """OTLP's JSON has ids in hexadecimal, where protobuf's own has Base64."""
    if isinstance(value, list):
        return [in_base64(one) for one in value]
    if not isinstance(value, dict):
        return value
    ids = ("traceId", "spanId", "parentSpanId")
    return {
        key: base64.b64encode(bytes.fromhex(one)).decode() if key in ids else in_base64(one) for key, one in value.items()
    }


def by_opentelemetry(report):
    """Reads it with the protocol's own types: what a collector got, or the file."""
    request, problems = ExportTraceServiceRequest(), []
    try:
        if report.suffix == ".binpb":
            request.ParseFromString(report.read_bytes())
        else:
            json_format.ParseDict(in_base64(json.loads(report.read_text(encoding="utf-8"))), request)
    except (DecodeError, json_format.ParseError, ValueError) as error:
        problems.append(str(error))
    spans = [span for one in request.resource_spans for scope in one.scope_spans for span in scope.spans]
    known = {(span.trace_id, span.span_id) for span in spans}
    if len(known) != len(spans):
        problems.append("two spans have one id")
    for span in spans:
        if (len(span.trace_id), len(span.span_id)) != (16, 8):
            problems.append(f"{span.name}: its ids have another length")
        if span.parent_span_id and (span.trace_id, span.parent_span_id) not in known:
            problems.append(f"{span.name}: no such parent")
        if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano:
            problems.append(f"{span.name}: ends before it begins")
    if report.stem == "all":
        names = {span.name.split()[0] for span in spans}
        if not {"journey", "step", "event"} <= names:
            problems.append(f"only {sorted(names)}")
    told(report, "opentelemetry-proto", problems, f"{len(request.resource_spans)} traces, {len(spans)} spans")


def main():
    folder, junit, ctrf, own = map(Path, sys.argv[1:])
    xml_schema = etree.XMLSchema(etree.parse(str(junit)))
    schemas = {path: json.loads(path.read_text(encoding="utf-8")) for path in (ctrf, own)}
    reports = {kind: sorted(folder.glob(f"*.{kind}")) for kind in ("junit", "ctrf", "json", "openmetrics", "otlp", "binpb")}
    for kind, found in reports.items():
        if not found:
            sys.exit(f"there is no {kind} report in {folder}")
    for report in reports["junit"]:
        by_xml_schema(report, xml_schema)
        by_junitparser(report)
    for report in reports["ctrf"]:
        by_json_schema(report, schemas[ctrf], "CTRF's JSON Schema")
    for report in reports["json"]:
        by_json_schema(report, schemas[own], "specs/report.schema.json")
    for report in reports["openmetrics"]:
        by_prometheus(report)
    for report in reports["otlp"] + reports["binpb"]:
        by_opentelemetry(report)
    sys.exit(1 if failures else 0)


main()
