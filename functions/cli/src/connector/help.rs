//! The help texts of the connector commands after their options: notes and examples.

pub(crate) const CREATE: &str = "\
The output contains the connector's ID, and the external ID and the link that the customer's administrator needs. \
The external ID is generated and can't be chosen.

With --idempotency-key the command can safely be repeated if its output was lost: the same key and values return the \
same connector. A key belongs to its tenant, in the HTTP API as well as here, and ends with its connector: once that \
is deleted, the key creates a new one. With other values it is refused, and the error names those that differ.

A tenant's own users may create a limited number of connectors, drafts included (the parameter BudgetConnectors, 20 by \
default); an operator may create more. README lists the limits for operators under Limits.

Examples:
  auditferry connector create --local ./af --tenant acme
  auditferry connector create --tenant acme --idempotency-key order-4711 --json
  auditferry connector create --tenant acme --frequency 24 --format ndjson --compression gzip
  auditferry connector create --tenant acme --start-from 2026-01-01T00:00:00Z --json";

pub(crate) const SETUP: &str = "\
The link opens the customer's console with everything filled in. The customer clicks Create stack and sends you the \
output RoleArn. The policies and the Terraform call are equivalent, for manual setup. The names of role and stack are \
unique to the connector, so that an account can have several. While the external ID is being rotated, everything \
shown contains the new one. A customer with an existing stack updates it, with the new ID in the parameter ExternalId, \
instead of opening the link again.

Examples:
  auditferry connector setup con_0123456789abcdef
  auditferry connector setup con_0123456789abcdef --json";

pub(crate) const CONNECT: &str = "\
The destination is verified at once, unless it was verified before. An exporting connector pauses meanwhile, and \
continues by itself if the verification passes. If it fails, the exit code is 1, the change is kept, and `resume` \
verifies again and continues. A role serves one tenant, and a folder of a bucket one connector: the one that was \
verified there first.

With --local this command also plays the customer's part in the stand-in: it creates the bucket in the role's \
account, if it does not exist, and a role that requires the connector's external ID and may write below the prefix. \
With --no-stack it does not, so that you can see a verification fail. In AWS the customer does both, and the role \
must be on the path /auditferry/: the exporter may assume no other.

Examples:
  auditferry connector connect con_0123456789abcdef --local ./af \\
    --role-arn arn:aws:iam::123456789012:role/auditferry/AuditferryDelivery \\
    --bucket acme-audit-log --region eu-central-1
  auditferry connector connect con_0123456789abcdef --prefix security/audit --json \\
    --role-arn arn:aws:iam::123456789012:role/auditferry/AuditferryDelivery \\
    --bucket acme-audit-log --region eu-central-1";

pub(crate) const UPDATE: &str = "\
Sealed windows do not change.

Once it exports, --shards can only be raised, and only from 2 on: a connector keeps reading every partition that it \
has read, so that no event is lost. Raise it for each connector of the tenant, before your product writes to the new \
partitions. A tenant with one partition, whose key has no number, moves to several with a second connector, with that \
many shards and another prefix, while the first one continues.

Examples:
  auditferry connector update con_0123456789abcdef --frequency 6
  auditferry connector update con_0123456789abcdef --format ndjson --compression zstd --if-version 4 --json";

pub(crate) const VERIFY: &str = "\
The stages: the role can be assumed with the external ID, and not without it or with a wrong one; it is in the \
account that its ARN names; the bucket is in its region; an object can be written below the prefix, and not outside \
it; the object is encrypted as requested. The first failed stage ends the verification, so nothing is written through \
an unsafe role. The exit code is 0 if no stage failed (a warning is not a failure), else 1.

AWS takes up to half a minute to propagate a new role. If a destination has never passed, a role that denies access \
is retried for up to 20 s, and a line on stderr says so.

In AWS the customers' roles trust the exporter's role only: use a profile that assumes it, or verify through the \
HTTP API.

Examples:
  auditferry connector verify con_0123456789abcdef
  auditferry connector verify con_0123456789abcdef --json";

pub(crate) const ACTIVATE: &str = "\
The destination is verified first. The first window ends at the first full hour from now, the later ones every \
N hours from there.

Examples:
  auditferry connector activate con_0123456789abcdef --json
  auditferry connector activate con_0123456789abcdef --local ./af --now 2023-07-10T11:30:00Z";

pub(crate) const PAUSE: &str = "\
While it is paused, its events are still sealed into parts on schedule, so that none expires before it is exported.

Examples:
  auditferry connector pause con_0123456789abcdef
  auditferry connector pause con_0123456789abcdef --if-version 5 --json";

pub(crate) const RESUME: &str = "\
The destination is verified first. Then the connector is due at once, and the dispatcher's next tick delivers the \
waiting parts.

Examples:
  auditferry connector resume con_0123456789abcdef
  auditferry connector resume con_0123456789abcdef --json";

pub(crate) const DISABLE: &str = "\
From then on nothing is read, sealed or delivered. Role and destination stay reserved. Within 30 days `enable` enables \
it again: it continues where it stopped, with all events that are still in the events table. A day after that, a \
connector that has exported is deleted: its records are kept, its staged bytes are removed.

Examples:
  auditferry connector disable con_0123456789abcdef
  auditferry connector disable con_0123456789abcdef --json";

pub(crate) const ENABLE: &str = "\
The connector is then paused and catches up with sealing; `resume` verifies the destination and delivers. A connector \
that never exported is a draft again.

Examples:
  auditferry connector enable con_0123456789abcdef
  auditferry connector enable con_0123456789abcdef --json";

pub(crate) const DELETE: &str = "\
Only a connector that does not export can be deleted: disable it first. Role and destination are released; the \
records of its parts and changes are kept, and so is everything in the customer's bucket.

Examples:
  auditferry connector delete con_0123456789abcdef
  auditferry connector delete con_0123456789abcdef --yes --json";

pub(crate) const ROTATE: &str = "\
Deliveries try both, the new one first. Send the customer the new link or ID. Once a verification passes with the new \
one, the old one is retired.

Examples:
  auditferry connector rotate-external-id con_0123456789abcdef
  auditferry connector rotate-external-id con_0123456789abcdef --json";

pub(crate) const CONTACTS: &str = "\
Without an option it shows the contacts. With one it replaces all of them: contacts that are not named are removed. \
Contacts are notified when delivery is blocked, once a day while that lasts, and when it works again; when a file is \
late or contains something that is not an event; and when delivery is paused. Individual files are published on the \
event bus only.

If the webhook is new or at another host, the output contains its signing secret, only this once (Standard Webhooks \
1.0; README explains how to verify requests). Requests go to the public internet only and follow no redirect; a \
failed request is retried for a day.

Mails need a sender, the parameter NotifySender. An address gets notices once it is confirmed. It gets a link by mail \
when it is set, valid for 7 days, and again with --ask-again, once a day at most. Or an operator confirms it by \
contract (--confirm). Without a portal only operators can confirm. With --local contacts can be set and confirmed, \
but nobody is notified.

Examples:
  auditferry connector contacts con_0123456789abcdef
  auditferry connector contacts con_0123456789abcdef --email security@acme.example \\
    --webhook https://hooks.acme.example/auditferry
  auditferry connector contacts con_0123456789abcdef --confirm security@acme.example
  auditferry connector contacts con_0123456789abcdef --none --json";

pub(crate) const ROTATE_WEBHOOK_SECRET: &str = "\
The output contains the new secret, only this once. For 24 hours each request carries two signatures, one with each \
secret, so that the receiver can switch at any time.

Examples:
  auditferry connector rotate-webhook-secret con_0123456789abcdef
  auditferry connector rotate-webhook-secret con_0123456789abcdef --json";

pub(crate) const TEST_CONTACTS: &str = "\
Mails and a request to the webhook are sent within a minute or so, at most every five minutes, and at most 20 a day \
for all connectors of a tenant together (the parameter BudgetTestMessages). The notifier logs the results.

Examples:
  auditferry connector test-contacts con_0123456789abcdef
  auditferry connector test-contacts con_0123456789abcdef --json";

pub(crate) const LIST: &str = "\
The list is eventually consistent: a connector created a moment ago may be missing. If there are more, the output \
ends with the command for the next page; with --json the field `next` is the value for --after. Deleted connectors \
are only listed with --all.

Examples:
  auditferry connector list
  auditferry connector list --tenant acme --limit 10 --after con_0123456789abcdef --json";

pub(crate) const SHOW: &str = "\
Besides its state (draft, ready, active, paused, disabled, deleted) an exporting connector has a health: healthy, \
stale (a due window is not sealed, for no known reason) or blocked (with stage, code, cause, remedy, start and time of \
the next attempt).

Give the hash `for auditors` to anyone who verifies a copy of the bucket (`auditferry verify --newest`). It is the \
hash of the newest delivered manifest, and reveals a truncated archive. While a delivery waits, the newest sealed \
manifest is a different one, which the bucket does not contain yet. With --json they are `delivered_manifest` and \
`manifest`.

`signed by` is the key in charge of the chain, its first part, and the boundary where it began. After a key was lost or \
stolen, an auditor who still names the old key too needs that boundary (`auditferry verify --boundary`).

Examples:
  auditferry connector show con_0123456789abcdef
  auditferry connector show con_0123456789abcdef --json";

pub(crate) const RUN: &str = "\
The window ends at now minus the settle time, so that no event is read before it has settled. In AWS the command \
requests the run, and the dispatcher's next tick (within 5 minutes) starts it; while another run of the connector is \
in progress (15 minutes at most), the first tick after its end does. With --local it runs the exporter here, prints \
the result, and ends with 1 if delivery is blocked. A blocked destination is tried at once, without waiting for its \
next attempt. With --idempotency-key the command can safely be repeated if its output was lost: the last key of a \
connector requests no second run.

Examples:
  auditferry connector run con_0123456789abcdef --json
  auditferry connector run con_0123456789abcdef --local ./af --now 2023-07-10T12:30:00Z";

pub(crate) const HISTORY: &str = "\
Examples:
  auditferry connector history con_0123456789abcdef
  auditferry connector history con_0123456789abcdef --before 100 --limit 50 --json";

pub(crate) const CHANGES: &str = "\
With --json each change contains the settings before and after it.

Examples:
  auditferry connector changes con_0123456789abcdef
  auditferry connector changes con_0123456789abcdef --before 12 --limit 10 --json";
