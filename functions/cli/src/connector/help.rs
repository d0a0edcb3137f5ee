//! What the help of each connector command says after its options: what to know, and examples.

pub(crate) const CREATE: &str = "\
The answer holds the connector's ID, and the external ID and the link that the customer's administrator needs. \
The external ID is made here and can't be chosen.

With --idempotency-key the command can be run again whenever its answer was missed: the same key and values give the same connector. A key is of its tenant, through the HTTP API as well as here, and ends with its connector: once that is deleted, it makes a new one. With other values it is refused, and the answer says which differ.

A tenant's own people may make so many connectors, drafts included (the parameter BudgetConnectors, 20 by default); an operator may make more. What is limited for operators too, and how much, is in README under Limits.

Examples:
  auditferry connector create --local ./af --tenant acme
  auditferry connector create --tenant acme --idempotency-key order-4711 --json
  auditferry connector create --tenant acme --frequency 24 --format ndjson --compression gzip
  auditferry connector create --tenant acme --start-from 2026-01-01T00:00:00Z --json";

pub(crate) const SETUP: &str = "\
The link opens the customer's console with everything filled in: the customer clicks Create stack and gives back \
the output RoleArn. The policies and the Terraform call are the same for those who would rather do it by hand. \
Role and stack have names of the connector's own, so that an account can hold several. While the external ID is \
being rotated all of it carries the new one; a customer that has its stack already updates that, with the new ID in \
the parameter ExternalId, instead of opening the link again.

Examples:
  auditferry connector setup con_0123456789abcdef
  auditferry connector setup con_0123456789abcdef --json";

pub(crate) const CONNECT: &str = "\
The destination is verified at once, unless it has passed before. A connector that exports pauses for it, and goes on \
by itself if it passes; if not, the exit code is 1, the change stands, and `resume` verifies again and goes on. A role \
serves one tenant, and a folder of a bucket one connector: the one that was verified there first.

With --local this command also plays the customer's part in the stand-in: it makes the bucket in the role's \
account if there is none of that name, and a role that asks for the connector's external ID and may write below \
the prefix. With --no-stack it leaves that out, so that you see what a verification finds. In AWS the customer does \
both, and the role must lie on the path /auditferry/: the exporter may assume no other.

Examples:
  auditferry connector connect con_0123456789abcdef --local ./af \\
    --role-arn arn:aws:iam::123456789012:role/auditferry/AuditferryDelivery \\
    --bucket acme-audit-log --region eu-central-1
  auditferry connector connect con_0123456789abcdef --prefix security/audit --json \\
    --role-arn arn:aws:iam::123456789012:role/auditferry/AuditferryDelivery \\
    --bucket acme-audit-log --region eu-central-1";

pub(crate) const UPDATE: &str = "\
Windows that are sealed stay as they are.

Once it exports, --shards can only be raised, and only from 2 on: every partition that it has read it reads for good, \
so that nothing in it is lost. Raise it, for each connector of the tenant, before your product writes to the new \
partitions. A tenant with one partition, whose key bears no number, moves to several with a second connector, of that \
many shards and with another prefix, while the first one goes on.

Examples:
  auditferry connector update con_0123456789abcdef --frequency 6
  auditferry connector update con_0123456789abcdef --format ndjson --compression zstd --if-version 4 --json";

pub(crate) const VERIFY: &str = "\
The stages: the role lets us in with the external ID, and not without it, and not with a wrong one; it is in the \
account that it names; the bucket is in its region; an object can be written below the prefix, and none outside \
it; it is encrypted as asked. A stage that fails ends it, so nothing is written through a role that is not safe. \
Ends with 0 if nothing failed (a warning is no failure), and with 1 otherwise.

AWS takes up to half a minute until a new role is known everywhere. Where a destination has never passed, a role that \
refuses is tried again for up to 20 s, and a line on stderr says so.

In AWS the customers' roles let in the exporter's role only: use a profile that assumes it, or verify through the \
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
While it is paused its events are still sealed into parts on schedule, so that none can expire unseen.

Examples:
  auditferry connector pause con_0123456789abcdef
  auditferry connector pause con_0123456789abcdef --if-version 5 --json";

pub(crate) const RESUME: &str = "\
The destination is verified first. Then it is due at once, so that what waited is delivered with the \
dispatcher's next tick.

Examples:
  auditferry connector resume con_0123456789abcdef
  auditferry connector resume con_0123456789abcdef --json";

pub(crate) const DISABLE: &str = "\
Nothing is read, sealed or delivered from then on. Role and destination stay reserved, and `enable` takes it back \
within 30 days: it goes on where it stood, with all that the events table still holds. A day after that, one that has \
exported is deleted: its records stay, its staged bytes go.

Examples:
  auditferry connector disable con_0123456789abcdef
  auditferry connector disable con_0123456789abcdef --json";

pub(crate) const ENABLE: &str = "\
It is paused then and catches up with sealing; `resume` verifies the destination and delivers. One that never \
exported is a draft again.

Examples:
  auditferry connector enable con_0123456789abcdef
  auditferry connector enable con_0123456789abcdef --json";

pub(crate) const DELETE: &str = "\
Only what does not export can be deleted: disable it first. Role and destination are free again then; the records \
of its parts and changes stay, and so does everything in the customer's bucket.

Examples:
  auditferry connector delete con_0123456789abcdef
  auditferry connector delete con_0123456789abcdef --yes --json";

pub(crate) const ROTATE: &str = "\
Deliveries try both, the new one first. Give the customer the new link or ID; once a verification sees the new one \
work, the old one is retired.

Examples:
  auditferry connector rotate-external-id con_0123456789abcdef
  auditferry connector rotate-external-id con_0123456789abcdef --json";

pub(crate) const CONTACTS: &str = "\
Without an option it shows them. With one it sets all of them: who is not named is taken off. They are told when the \
delivery is blocked, once a day while it lasts, and when it works again; when a file is late or holds what is no \
event; and when the delivery is paused. Each file that arrives is on the event bus only.

Where there was no webhook, or one at another host, the answer holds the secret that its requests are signed with, this \
once (Standard Webhooks 1.0; README says how to check them). Requests go to the public internet only and follow no \
redirect; what is not taken is tried again for a day.

Mails need a sender, the parameter NotifySender. An address gets notices once it is confirmed: it is mailed a link when \
it is set, good for 7 days, and again with --ask-again, once a day at most; or an operator confirms it (--confirm), who \
has it by contract. Without a portal only operators confirm. With --local contacts can be set and confirmed, and nobody \
is notified.

Examples:
  auditferry connector contacts con_0123456789abcdef
  auditferry connector contacts con_0123456789abcdef --email security@acme.example \\
    --webhook https://hooks.acme.example/auditferry
  auditferry connector contacts con_0123456789abcdef --confirm security@acme.example
  auditferry connector contacts con_0123456789abcdef --none --json";

pub(crate) const ROTATE_WEBHOOK_SECRET: &str = "\
The new secret is in the answer, this once. For 24 hours each request carries two signatures, by the new secret and by \
the one before, so that the receiver can change in its own time.

Examples:
  auditferry connector rotate-webhook-secret con_0123456789abcdef
  auditferry connector rotate-webhook-secret con_0123456789abcdef --json";

pub(crate) const TEST_CONTACTS: &str = "\
Mails and a request to the webhook go out within a minute or so, every five minutes at most, and no more than 20 of them a \
day for all connectors of a tenant, whoever asks (the parameter BudgetTestMessages). What came of them is in the \
notifier's log.

Examples:
  auditferry connector test-contacts con_0123456789abcdef
  auditferry connector test-contacts con_0123456789abcdef --json";

pub(crate) const LIST: &str = "\
The listing is eventually consistent: a connector made a moment ago may be missing. If there are more, the answer \
says how to go on; with --json its field `next` does, for --after. Deleted ones are left out without --all.

Examples:
  auditferry connector list
  auditferry connector list --tenant acme --limit 10 --after con_0123456789abcdef --json";

pub(crate) const SHOW: &str = "\
Beside its state (draft, ready, active, paused, disabled, deleted) a connector that exports has a health: healthy, \
stale (what is due is not sealed, and nothing says why) or blocked (with stage, code, cause, remedy, since when, \
and when it is tried again).

Give the hash `for auditors` to whoever verifies a copy of the bucket (`auditferry verify --newest`): it is that of the \
newest delivered manifest, and an end that was cut off shows. While a delivery waits, the newest sealed manifest is \
another one, which the bucket does not have yet. With --json they are `delivered_manifest` and `manifest`.

`signed by` is the key in charge of the chain, since which part, and the boundary where it began: after a key was lost or \
stolen, that is what an auditor who still names the old key too has to be told (`auditferry verify --boundary`).

Examples:
  auditferry connector show con_0123456789abcdef
  auditferry connector show con_0123456789abcdef --json";

pub(crate) const RUN: &str = "\
The window is cut at now less the settle time, so that no event is read before it has come to rest. In AWS \
the command asks for the run, and the dispatcher's next tick (within 5 minutes) starts it; while another run of it \
is under way (15 minutes at most), that is the first tick after its end. With --local it \
runs the exporter here, tells what came of it, and ends with 1 if delivery is blocked. A blocked destination is \
tried at once, without waiting for its next attempt. With --idempotency-key the command can be run again whenever its answer was missed: the last key of a connector asks for no second run.

Examples:
  auditferry connector run con_0123456789abcdef --json
  auditferry connector run con_0123456789abcdef --local ./af --now 2023-07-10T12:30:00Z";

pub(crate) const HISTORY: &str = "\
Examples:
  auditferry connector history con_0123456789abcdef
  auditferry connector history con_0123456789abcdef --before 100 --limit 50 --json";

pub(crate) const CHANGES: &str = "\
With --json each change holds the settings before and after it.

Examples:
  auditferry connector changes con_0123456789abcdef
  auditferry connector changes con_0123456789abcdef --before 12 --limit 10 --json";
