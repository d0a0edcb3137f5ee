//! What the help of each connector command says after its options: what to know, and examples.

pub(crate) const CREATE: &str = "\
The answer holds the connector's ID and its external ID, which the customer's trust policy must ask for. The \
external ID is made here and can't be chosen.

Examples:
  auditferry connector create --local ./af --tenant acme
  auditferry connector create --tenant acme --frequency 24 --format ndjson --compression gzip
  auditferry connector create --tenant acme --start-from 2026-01-01T00:00:00Z";

pub(crate) const CONNECT: &str = "\
With --local this command also plays the customer's part in the stand-in: it makes the bucket in the role's \
account if there is none of that name, and a role that asks for the connector's external ID and may write below \
the prefix. In AWS the customer does both, and the role must lie on the path /auditferry/: the exporter may assume \
no other.

Examples:
  auditferry connector connect con_0123456789abcdef --local ./af \\
    --role-arn arn:aws:iam::123456789012:role/auditferry/AuditLogDelivery \\
    --bucket acme-audit-log --region eu-central-1
  auditferry connector connect con_0123456789abcdef --prefix security/audit \\
    --role-arn arn:aws:iam::123456789012:role/auditferry/AuditLogDelivery \\
    --bucket acme-audit-log --region eu-central-1";

pub(crate) const ACTIVATE: &str = "\
The first window ends at the first full hour from now, the later ones every N hours from there.

Examples:
  auditferry connector activate con_0123456789abcdef
  auditferry connector activate con_0123456789abcdef --local ./af --now 2023-07-10T11:30:00Z";

pub(crate) const PAUSE: &str = "\
While it is paused its events are still sealed into parts on schedule, so that none can expire unseen.

Example:
  auditferry connector pause con_0123456789abcdef";

pub(crate) const RESUME: &str = "\
It is due at once, so that what waited is delivered with the dispatcher's next tick.

Example:
  auditferry connector resume con_0123456789abcdef";

pub(crate) const LIST: &str = "\
The listing is eventually consistent: a connector made a moment ago may be missing.

Examples:
  auditferry connector list
  auditferry connector list --tenant acme --json";

pub(crate) const SHOW: &str = "\
Health is one of: draft, paused, working, overdue (the last export is later than it should be) and blocked \
(with stage, code, cause, remedy, since when, and when it is tried again).

Examples:
  auditferry connector show con_0123456789abcdef
  auditferry connector show con_0123456789abcdef --json";

pub(crate) const RUN: &str = "\
The window is cut at now less the settle time, so that no event is read before it has come to rest. In AWS \
the command asks for the run, and the dispatcher's next tick (within 5 minutes) starts it. With --local it \
runs the exporter here, tells what came of it, and ends with 1 if delivery is blocked. A blocked destination is \
tried at once, without waiting for its next attempt.

Examples:
  auditferry connector run con_0123456789abcdef
  auditferry connector run con_0123456789abcdef --local ./af --now 2023-07-10T12:30:00Z";

pub(crate) const HISTORY: &str = "\
Examples:
  auditferry connector history con_0123456789abcdef
  auditferry connector history con_0123456789abcdef --before 100 --limit 50 --json";
