"""Rules for what faces the network: the access log names the caller, its share of the account is limited, and
strangers reach the portal alone."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Template = dict[str, Any]

# The signer of a request, or the subject, issuer and client of its token (RFC 7519, section 4.1; RFC
# 9068, section 2.2). Source: Amazon API Gateway developer guide, "Customize HTTP API access logs".
CALLERS = {"$context.identity.userArn", "$context.authorizer.claims.sub", "$context.authorizer.claims.iss",
           "$context.authorizer.claims.client_id"}
# Fields that the caller controls; they may contain anything, including a secret.
TYPED = ("$context.path", "$context.requestOverride", "$context.routeKey")
# A greedy variable matches neither its own folder nor that folder with a slash.
OPEN = ("ANY /portal", "ANY /portal/", "ANY /portal/{proxy+}")
THROTTLES = ("ThrottlingRateLimit", "ThrottlingBurstLimit")
# The concurrency that Lambda keeps for functions without reserved concurrency, and the limit of most accounts.
UNRESERVED, LIMIT = 100, 1000


def callers_are_logged(templates: Mapping[str, Template]) -> Iterator[str]:
    """The access log of each stage is JSON and names the caller for every kind of authentication, and no field that it controls."""
    for path, name, stage in _stages(templates):
        try:
            logged = json.loads(stage.get("AccessLogSettings", {}).get("Format", ""))
        except ValueError:
            yield f"{path}: {name} has no access log in JSON"
            continue
        yield from (f"{path}: {name} logs no {caller}" for caller in sorted(CALLERS - set(logged.values())))
        yield from (f"{path}: {name} logs {value}" for value in logged.values() if value.startswith(TYPED))


def the_network_has_a_share(templates: Mapping[str, Template]) -> Iterator[str]:
    """Each stage is throttled, each function behind one has concurrency of its own, both by parameters; and with their
    defaults the exporter keeps its share of an account as AWS gives it."""
    for path, name, stage in _stages(templates):
        given = templates[path]["Parameters"]
        for throttle in THROTTLES:
            if _parameter(stage.get("DefaultRouteSettings", {}).get(throttle)) not in given:
                yield f"{path}: {name} has no {throttle} by a parameter"
    for path, name, function in _behind_a_stage(templates):
        given = templates[path]["Parameters"]
        reserved = _parameter(function.get("ReservedConcurrentExecutions"))
        if reserved not in given:
            yield f"{path}: {name} has no concurrency of its own by a parameter"
            continue
        exporters = given["ExporterConcurrency"]["Default"]
        if given[reserved]["Default"] + exporters + UNRESERVED > LIMIT // 2:
            yield f"{path}: {name} takes the exporter's share"


def strangers_reach_the_portal_alone(templates: Mapping[str, Template]) -> Iterator[str]:
    """Every route asks for a signature or a token, but for the three below /portal. These lead to a function that no other
    route leads to, and each is throttled by itself, so that strangers can't use up the share of the API's callers."""
    for path, template in templates.items():
        of = template["Resources"]
        routes = {name: one["Properties"] for name, one in of.items() if one["Type"] == "AWS::ApiGatewayV2::Route"}
        behind: dict[bool, set[str]] = {True: set(), False: set()}
        for name, route in routes.items():
            is_open = route.get("AuthorizationType", "NONE") == "NONE"
            integration = route["Target"]["Fn::Sub"].removeprefix("integrations/${").removesuffix("}")
            behind[is_open].add(of[integration]["Properties"]["IntegrationUri"]["Fn::GetAtt"][0])
            if not is_open:
                continue
            if route["RouteKey"] not in OPEN:
                yield f"{path}: {name} asks nobody who he is"
            for _, stage, settings in _stages({path: template}):
                own = settings.get("RouteSettings", {}).get(route["RouteKey"], {})
                if any(_parameter(own.get(throttle)) in (None, *_of_the_api(settings)) for throttle in THROTTLES):
                    yield f"{path}: {name} has no throttle of its own in {stage}"
        yield from (f"{path}: {function} is open by one route and closed by another"
                    for function in sorted(behind[True] & behind[False]))
        if routes and {route["RouteKey"] for route in routes.values()} & set(OPEN) != set(OPEN):
            yield f"{path}: a path of the portal leads to the API"


def _of_the_api(stage: Mapping[str, Any]) -> set[str | None]:
    """The parameters of the throttle that routes without one of their own share."""
    return {_parameter(stage.get("DefaultRouteSettings", {}).get(throttle)) for throttle in THROTTLES}


def _parameter(value: Any) -> str | None:
    """The parameter that a value refers to, if it does."""
    return value.get("Ref") if isinstance(value, dict) else None


def _stages(templates: Mapping[str, Template]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, template in templates.items():
        for name, resource in template["Resources"].items():
            if resource["Type"] == "AWS::ApiGatewayV2::Stage":
                yield path, name, resource["Properties"]


def _behind_a_stage(templates: Mapping[str, Template]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, template in templates.items():
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::ApiGatewayV2::Integration":
                name = resource["Properties"]["IntegrationUri"]["Fn::GetAtt"][0]
                yield path, name, template["Resources"][name]["Properties"]
