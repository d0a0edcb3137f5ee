"""The ledger as IAM sees it: every request that the functions make of it, and the attacks that their roles must refuse.

IAM sees a request's partition keys, attributes, and what it wants returned (Amazon DynamoDB developer guide, "Using IAM
policy conditions for fine-grained access control"), and nothing of sort keys. So what lies in a partition lies open to
every role with a right to the partition, and each kind of item that has readers of its own has partitions of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

CONNECTOR, SECRET, ROLE, BUCKET, BUDGET, ADDRESS, WATCHDOG, LINK, LINKS, CHECK, EXPLORE, FIELDS = (
    "C#con_0000000000000001", "SECRET#con_0000000000000001",
    "ROLE#arn:aws:iam::300000000001:role/auditferry/auditferrydelivery", "BUCKET#audit-log", "BUDGET#acme", "ADDRESS#acme",
    "WATCHDOG", "PORTAL#lnk_0000000000000001", "PORTALS#T#acme", "PORTAL#CHECK#con_0000000000000001",
    "EXPLORE#T#acme", "FIELDS#con_0000000000000001")
EVERY_KIND = (CONNECTOR, SECRET, ROLE, BUCKET, BUDGET, ADDRESS, WATCHDOG, LINK, LINKS, CHECK, EXPLORE, FIELDS)

OF_SETTINGS = ("pk", "tenant_id", "state", "frequency", "activated_at")
OF_A_CURSOR = ("pk", "next", "watermark", "delivered", "since", "next_run_at", "cut", "reading", "reconcile", "note",
               "published", "block", "swept", "source", "told")
# Settings that the watchdog does not need.
HIDDEN = ("external_id", "destination", "contacts")

READS = ("GetItem", "Query", "BatchGetItem")
WRITES = ("PutItem", "UpdateItem", "DeleteItem")


@dataclass(frozen=True)
class Request:
    """One DynamoDB request, as IAM sees it. An action without `keys` is not evaluated by key."""

    action: str
    keys: Sequence[str] = ()
    attributes: Sequence[str] = ()
    returns: str = "NONE"
    select: str = ""
    index: str = ""
    transaction: bool = False

    @property
    def context(self) -> dict[str, Any]:
        """The condition keys."""
        context: dict[str, Any] = {}
        if self.keys:
            context["dynamodb:LeadingKeys"] = list(self.keys)
        if self.attributes:
            context["dynamodb:Attributes"] = list(self.attributes)
        # In a transaction an item has no such parameter.
        if self.action in WRITES and not self.transaction:
            context["dynamodb:ReturnValues"] = self.returns
        if self.action in (*READS, "Scan"):
            context["dynamodb:Select"] = self.select or ("SPECIFIC_ATTRIBUTES" if self.attributes else "ALL_ATTRIBUTES")
        if self.transaction:
            context["dynamodb:EnclosingOperation"] = "TransactWriteItems"
        return context


@dataclass(frozen=True)
class Use:
    """A function's requests to the ledger, and those of an attacker who runs its code."""

    rights: Sequence[Request]
    attacks: Sequence[Request] = field(default_factory=tuple)


def _single(actions: Sequence[str], *keys: str, attributes: Sequence[str] = (), transaction: bool = False) -> list[Request]:
    return [Request(action, [key], attributes, transaction=transaction) for action in actions for key in keys]


def uses() -> dict[str, Use]:
    """For each role the requests that it needs and those that it must not make, besides those of no role."""
    claim = Request("UpdateItem", [CONNECTOR], ["pk", "sk", "next_run_at"])
    other = "C#con_0000000000000002"
    return {
        "DispatcherRole": Use(
            rights=[
                Request("Query", ["07"], ["due_shard", "next_run_at"], select="ALL_PROJECTED_ATTRIBUTES", index="due"),
                claim, Request("UpdateItem", [CONNECTOR], ["pk", "sk", "told"]),
                Request("GetItem", [WATCHDOG]), Request("UpdateItem", [WATCHDOG], ["pk", "sk", "kept", "place"]),
                Request("Scan", attributes=[*OF_SETTINGS, "sk"], index="tenant"),
                Request("BatchGetItem", [CONNECTOR, other], [*OF_A_CURSOR, "sk"]),
                Request("BatchGetItem", [CONNECTOR, other], ["pk", "sk", "sealed_at"]),
            ],
            attacks=[
                *(Request("UpdateItem", [CONNECTOR], ["pk", "sk", name]) for name in (*HIDDEN, "state", "lease_owner")),
                *(Request("UpdateItem", [CONNECTOR], ["pk", "sk", "next_run_at"], returns=returned)
                  for returned in ("ALL_OLD", "ALL_NEW")),
                *(Request("Scan", attributes=["pk", name], index="tenant") for name in HIDDEN),
                *(Request("Scan", select=select, index="tenant") for select in ("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")),
                *(Request("BatchGetItem", [CONNECTOR], ["pk", name]) for name in HIDDEN),
                Request("BatchGetItem", [CONNECTOR]), Request("BatchGetItem", [CONNECTOR, SECRET], ["pk", "sk", "next"]),
                *_single(["BatchGetItem"], SECRET, ROLE, BUCKET, WATCHDOG, LINK, attributes=["pk", "sk"]),
                *_single(["UpdateItem"], SECRET, ROLE, BUCKET, BUDGET, ADDRESS, LINK, attributes=["pk", "sk", "next_run_at"]),
                *_single(["UpdateItem"], SECRET, attributes=["pk", "sk", "secret"]),
                *_single(["GetItem", "Query"], *(kind for kind in EVERY_KIND if kind != WATCHDOG)),
                *_single(["PutItem"], *EVERY_KIND, attributes=["pk", "sk"]),
                Request("Query", ["acme"], index="tenant"), Request("Query", ["acme"], OF_SETTINGS, index="tenant"),
                Request("Query", [CONNECTOR], ["pk", "sk", "next"]), Request("GetItem", [CONNECTOR], ["pk", "sk", "next"]),
                *(Request(one.action, (), one.attributes, select=one.select) for one in (
                    claim, Request("GetItem"), Request("BatchGetItem", (), ["pk", "sk", "next"]))),
            ],
        ),
        "ExporterRole": Use(
            rights=[
                *_single(["GetItem", "Query", "PutItem", "UpdateItem"], CONNECTOR, attributes=["pk", "sk", "lease_owner"]),
                *_single(["PutItem", "UpdateItem"], CONNECTOR, attributes=["pk", "sk", "next"], transaction=True),
                Request("GetItem", [BUCKET]), *_single(["PutItem"], BUCKET, transaction=True),
                *_single(["UpdateItem"], ROLE, attributes=["pk", "sk", "connectors"], transaction=True),
                *_single(["UpdateItem"], BUDGET, attributes=["pk", "sk", "used"], transaction=True),
            ],
            attacks=[
                *_single(READS, SECRET, ROLE, BUDGET, ADDRESS, LINK, LINKS), *_single(["Query"], BUCKET),
                *_single(["PutItem", "BatchWriteItem"], SECRET, ROLE, BUDGET, ADDRESS, LINK, LINKS,
                         attributes=["pk", "sk", "secret"]),
                *_single(["UpdateItem"], SECRET, BUCKET, ADDRESS, LINK, attributes=["pk", "sk", "connectors"]),
                *_single(["UpdateItem"], ROLE, BUDGET, attributes=["pk", "sk", "owner"]),
                *_single(["UpdateItem"], ROLE, attributes=["pk", "sk", "owner", "connectors"], transaction=True),
                *(Request(action, [CONNECTOR, SECRET]) for action in READS),
                *(Request(action) for action in ("GetItem", "Query", "PutItem")),
                Request("UpdateItem", (), ["pk", "sk", "connectors"]),
                Request("Scan", index="tenant"), Request("Query", ["acme"], index="tenant"), Request("Query", ["07"], index="due"),
            ],
        ),
        "NotifierRole": Use(
            rights=[
                Request("Query", [CONNECTOR]), Request("GetItem", [SECRET]),
                *_single(["GetItem", "PutItem", "UpdateItem"], ADDRESS),
                Request("UpdateItem", [ADDRESS], ["pk", "sk", "spent_to"], returns="UPDATED_OLD"),
            ],
            attacks=[
                *_single(["Query"], SECRET, ROLE, BUCKET, BUDGET, WATCHDOG, LINKS),
                *_single(["GetItem"], ROLE, BUCKET, BUDGET, WATCHDOG, LINK, LINKS),
                *_single(["PutItem", "UpdateItem", "BatchWriteItem"], CONNECTOR, SECRET, ROLE, BUCKET, BUDGET, LINK, LINKS,
                         attributes=["pk", "sk", "x"]),
                *(Request(action) for action in ("GetItem", "Query", *WRITES)), *_single(["Query", "BatchWriteItem"], ADDRESS),
                Request("Scan", index="tenant"), Request("Query", ["acme"], index="tenant"),
            ],
        ),
        # It checks who asks, and finds a connector's parts. It writes who searched, downloads and the guess of fields.
        "ReaderRole": Use(
            rights=[
                *_single(["GetItem", "PutItem"], EXPLORE, FIELDS),
                *_single(["GetItem", "Query"], CONNECTOR, LINK, EXPLORE),
                Request("Query", ["acme"], index="tenant"), Request("Scan", index="tenant"),
            ],
            attacks=[
                *_single(["GetItem", "Query"], SECRET, ROLE, BUCKET, BUDGET, ADDRESS, WATCHDOG, LINKS),
                *_single(["BatchGetItem"], *EVERY_KIND),
                *_single(["PutItem"], *(kind for kind in EVERY_KIND if kind not in (EXPLORE, FIELDS)),
                         attributes=["pk", "sk", "x"]),
                *_single(["UpdateItem", "BatchWriteItem"], *EVERY_KIND, attributes=["pk", "sk", "x"]),
                *_single(["Query"], FIELDS),
                Request("Query", [CONNECTOR, SECRET]), *(Request(action) for action in ("GetItem", "Query", *WRITES)),
                Request("Query", ["07"], index="due"),
            ],
        ),
        "ApiRole": _of_the_api(),
        "PortalRole": _of_the_portal(),
    }


def _of_the_portal() -> Use:
    """A page does what the API does. An overview of many connectors reads their cursors and newest parts in batches, and
    the page of a connection check shows how far it is."""
    same, other = _of_onboarding(), "C#con_0000000000000002"
    overview = [Request("BatchGetItem", [CONNECTOR, other], [*OF_A_CURSOR, "sk"]),
                Request("BatchGetItem", [CONNECTOR, other], ["pk", "sk", "delivered_at", "events"])]
    checks = [Request("GetItem", [CHECK]), Request("UpdateItem", [CHECK], ["pk", "sk", "state", "position", "expires_at"])]
    kept = _explorations()
    return Use([*same.rights, *overview, *checks, *kept, Request("GetItem", [FIELDS])],
               [*same.attacks, *_single(["Query", "PutItem", "UpdateItem"], FIELDS, attributes=["pk", "sk", "x"]),
                *_single(["BatchGetItem"], EXPLORE, FIELDS)])


def _of_the_api() -> Use:
    """Beside the operations: saved explorations, who has searched, and where the fields of events are."""
    same = _of_onboarding()
    kept = [*_explorations(), Request("GetItem", [FIELDS]), *_single(["PutItem"], FIELDS, attributes=["pk", "sk", "state"])]
    return Use([*same.rights, *kept], [*same.attacks, *_single(["Query", "UpdateItem"], FIELDS),
                                       *_single(["BatchGetItem"], EXPLORE, FIELDS)])


def _explorations() -> list[Request]:
    """A new exploration, their number, and what it spends, in one transaction; then changes, lists, and who has searched."""
    return [*_single(["PutItem", "UpdateItem"], EXPLORE, attributes=["pk", "sk", "saved"], transaction=True),
            *_single(["GetItem", "Query"], EXPLORE), *_single(["PutItem"], EXPLORE, attributes=["pk", "sk", "state"])]


def _of_onboarding() -> Use:
    """The operations on connectors, and the links to the portal: made, redeemed and revoked by replacing their records."""
    return Use(
        rights=[
            *_single(["GetItem", "Query", "PutItem", "UpdateItem"], CONNECTOR, ROLE, BUCKET, BUDGET, ADDRESS),
            *_single(["PutItem", "UpdateItem"], CONNECTOR, ROLE, BUCKET, transaction=True),
            Request("BatchWriteItem", [SECRET], ["pk", "sk", "secret"]),
            Request("Query", ["acme"], index="tenant"), Request("Scan", index="tenant"),
            # A new link, its entry in its tenant's list, and what it spends, in one transaction.
            *_single(["PutItem"], LINK, LINKS, attributes=["pk", "sk", "expires_at"], transaction=True),
            *_single(["UpdateItem"], BUDGET, attributes=["pk", "sk", "used"], transaction=True),
            Request("GetItem", [LINK]), Request("PutItem", [LINK], ["pk", "sk", "state", "version", "expires_at"]),
            # A list, and an operator's visit in it; then the records that the list names.
            *_single(["Query", "PutItem"], LINKS, "PORTALS#O"),
            Request("BatchGetItem", [LINK, "PORTAL#lnk_0000000000000002"], ["pk", "sk", "state"]),
        ],
        attacks=[
            *_single([*READS, "PutItem", "UpdateItem"], SECRET), *_single(["GetItem", "PutItem", "UpdateItem"], WATCHDOG),
            *(Request("PutItem", [SECRET], ["pk", "sk", "secret"], returns=returned) for returned in ("NONE", "ALL_OLD")),
            *_single(["PutItem", "UpdateItem"], SECRET, attributes=["pk", "sk", "secret"], transaction=True),
            *_single(["BatchWriteItem"], *(kind for kind in EVERY_KIND if kind != SECRET), attributes=["pk", "sk"]),
            Request("BatchWriteItem", [SECRET, CONNECTOR], ["pk", "sk"]), Request("BatchGetItem", [CONNECTOR, SECRET]),
            *(Request(action) for action in ("GetItem", "Query", "PutItem", "UpdateItem", "BatchWriteItem", "BatchGetItem")),
            Request("Query", ["07"], index="due"),
            *_single(["Query", "UpdateItem"], LINK), *_single(["GetItem", "BatchGetItem", "UpdateItem"], LINKS),
            *(Request("BatchGetItem", [LINK, other], ["pk", "sk", "state"]) for other in (SECRET, CONNECTOR, LINKS)),
        ],
    )


def nobodys(role: str) -> Iterator[Request]:
    """What no function may do, in any partition; only the notifier may delete its own contact state."""
    yield Request("Scan")
    for kind in EVERY_KIND:
        if (role, kind) != ("NotifierRole", ADDRESS):
            yield Request("DeleteItem", [kind], ["pk", "sk"])
        yield Request("ConditionCheckItem", [kind], ["pk", "sk"])
        yield Request("PartiQLSelect", [kind], ["pk", "sk"])
