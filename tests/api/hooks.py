"""What no JSON schema can say of requests: how their parts hang together.

Each hook makes a generated request fit where the document says in words that it must. Nothing is changed that a schema
could rule out: such a value has to be refused, and is sent as it is.
"""

import itertools
import re

import schemathesis

# The deployment that `serve` stands for.
PARTITION = "aws"
VENDOR = "111111111111"
REGIONAL = re.compile(r"(.*)-[0-9]{12}-[a-z]+(?:-[a-z]+){1,2}-[0-9]{1,2}-an")
# A tenant's ID: any characters but control characters.
TENANT = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,256}")

# What an event's fields are called.
FIELDS = {"time", "id", "action", "category", "actor", "session", "target", "outcome", "ip", "tenant"}

numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """A destination fits together and with the deployment, a key is used once, and an entity tag keeps its quotes."""
    if case.operation.path.startswith("/v1/portal-"):
        about_links(case)
    if case.operation.path.startswith("/v1/tenants/"):
        about_a_log(case)
    if case.operation.path.endswith("/event-fields") and isinstance(case.body, dict):
        # A text is the name of a preset or a mapping in JSON, by a grammar that no schema can express.
        fields = case.body.get("fields")
        if isinstance(fields, str) or (isinstance(fields, dict) and fields and FIELDS.issuperset(fields)):
            case.body = {**case.body, "fields": "cloudtrail" if isinstance(fields, str) else {"actor": "/user"}}
    body = case.body
    if isinstance(body, dict) and isinstance(body.get("destination"), dict):
        case.body = {**body, "destination": fitting(body["destination"])}
    key = (case.headers or {}).get("Idempotency-Key")
    # One that has the form; with other values it can be used once only.
    if isinstance(key, str) and re.fullmatch("[!-~]{1,240}", key):
        case.headers["Idempotency-Key"] = f"{key}-{next(numbers)}"
    # The coverage phase takes the shortest tag, `"0"`, for JSON and sends what stands between the quotes.
    if case.headers and case.headers.get("If-Match") == "0":
        case.headers["If-Match"] = '"0"'


def about_links(case):
    """A link is of one tenant or of the operators. `serve`'s caller is an operator, who must say which."""
    place = case.body if case.method == "POST" else case.query
    if not isinstance(place, dict):
        return
    fitted = dict(place)
    if isinstance(fitted.get("tenant"), str):
        # Not both.
        if fitted.get("operators") in (True, "true"):
            fitted.pop("operators")
    elif "tenant" not in fitted and fitted.get("operators", False) in (False, "false"):
        fitted["tenant"] = "acme"
    if case.method == "POST":
        # `serve` allows no page to lead back to, whatever its form.
        if isinstance(fitted.get("return_url"), str) and len(fitted["return_url"]) <= 500:
            fitted.pop("return_url")
        # What is invisible in a name is refused; no schema can list it.
        if is_unusual(fitted.get("for")):
            fitted["for"] = "Dana Ruiz"
        if fitted.get("operators") is True and fitted.get("kind") == "invite":
            fitted["kind"] = "redirect"
        seconds = fitted.get("valid_seconds")
        if fitted.get("kind") != "invite" and type(seconds) in (int, float) and 300 < seconds <= 1_209_600:
            fitted["valid_seconds"] = 300
        case.body = fitted
    elif case.operation.path in ("/v1/portal-links", "/v1/portal-visits"):
        case.query = fitted


def is_unusual(name):
    """Whether a name is of a length that is right, and has characters of which some are refused."""
    return isinstance(name, str) and 1 <= len(name) <= 100 and not re.fullmatch("[!-~]([ -~]*[!-~])?", name)


def about_a_log(case):
    """A text is a filter by its grammar, which no schema can express; the parameter `tenant` goes with `-` only."""
    query = dict(case.query or {})
    if (case.path_parameters or {}).get("tenant") == "-":
        query.setdefault("tenant", "acme")
    elif isinstance(query.get("tenant"), str) and TENANT.fullmatch(query["tenant"]):
        query.pop("tenant")
    # Only a page has the cursor of the next one.
    if isinstance(query.get("cursor"), str):
        query.pop("cursor")
    case.query = question(query)
    if isinstance(case.body, dict):
        case.body = question(case.body)
        # No connector of `serve` has the ID that is made up.
        if re.fullmatch("con_[0-9a-f]{16}", str(case.body.get("connector"))):
            case.body.pop("connector")
        if is_unusual(case.body.get("name")):
            case.body["name"] = "Failed logins"


def question(fields):
    fitted = dict(fields)
    if isinstance(fitted.get("filter"), str) and len(fitted["filter"]) <= 2000:
        fitted["filter"] = "outcome:failure"
    # A span has a beginning before its end.
    if "from" in fitted and isinstance(fitted.get("to"), str):
        fitted.pop("to")
    columns = fitted.get("columns")
    if isinstance(columns, list):
        # A column is a field or a JSON Pointer. The same text stays the same column.
        fitted["columns"] = [
            f"/{columns.index(column)}" if isinstance(column, str) else column for column in columns
        ]
    return fitted


def fitting(destination):
    fitted = dict(destination)
    role, region, key = (fitted.get(field) for field in ("role", "region", "kms_key"))
    if isinstance(role, str):
        fitted["role"] = in_partition(role).replace(f"::{VENDOR}:", "::222222222222:")
    if isinstance(region, str):
        for start in ("cn-", "us-gov-", "eusc-", "us-iso-", "us-isob-", "us-isof-", "eu-isoe-", "eu-isof-"):
            if region.startswith(start):
                fitted["region"] = region = "ap-" + region.split("-", 1)[1]
    bucket = fitted.get("bucket")
    own = REGIONAL.fullmatch(bucket) if isinstance(bucket, str) else None
    account = fitted["role"].split(":")[4:5] if isinstance(role, str) else []
    if own and account and isinstance(region, str):
        fitted["bucket"] = f"{own[1][:20]}-{account[0]}-{region}-an"
    if isinstance(key, str):
        fields = in_partition(key).split(":")
        if len(fields) > 3 and isinstance(region, str):
            fields[3] = region
        fitted["kms_key"] = ":".join(fields)
    # A key goes with `kms` only, and `kms` with a key.
    if (fitted.get("encryption") == "kms") != isinstance(key, str):
        fitted.pop("encryption", None)
    return fitted


def in_partition(arn):
    fields = arn.split(":")
    if len(fields) > 1 and fields[1] in ("aws-cn", "aws-us-gov", "aws-eusc"):
        fields[1] = PARTITION
    return ":".join(fields)
