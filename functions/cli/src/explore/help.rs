//! The long helps of the questions about a tenant's log.

/// Of `events search`.
pub(crate) const SEARCH: &str = "\
A filter is terms separated by white space; an event must pass all of them. Case is ignored.
  actor:ana                    whose actor is ana; actor:ana,bob is one of them
  -actor:ana                   whose actor is not ana; -actor:* is those that have none
  action:console*              begins so: * is any characters
  outcome:failure              success, failure or unknown
  ip:10.0.0.0/8                from an address of this net
  time:2026-11-01              of that day (UTC)
  time:2026-11-01..2026-11-20  from the first to the last day
  time:>=2026-11-01T08:00      since then; time:<2026-11-20 is before
  /userIdentity/type:Root      this value at this JSON Pointer
  signin, \"two words\"          this text in any name or value
There is no OR: it would be a text to search for. For one of several values of a field write `field:a,b`.

Quotes are around a value with white space, a comma, a quote or a colon. The qualifiers are time, id, action, category, \
actor, session, target, outcome, ip and tenant; `auditferry events fields` shows where each is in an event.

Put the filter in single quotes, so that the shell leaves it alone. Before one that begins with a minus write `--`, \
after all options.

A filter has at most 2,000 characters, 50 terms, 50 values in a term and 16 different JSON Pointers. A request reads \
until its budget is used up; without --all a search ends after 20 requests. If the log goes on, stderr says how far the \
search has come, and how to go on.

Each event has its proof: `delivered 42` (its part, which is in the tenant's bucket), `sealed 43` (signed, not delivered \
yet), `not sealed`, or `let go` (its part is no longer kept; the events table still has the event). What was not \
searched is said on stderr, and is in `lag` with --json.

What --csv and --ndjson print has no receipt. A file with a receipt, which names the parts and their hashes, comes from \
the API: POST /v1/tenants/TENANT/events/downloads.

Who searched is recorded, and the tenant can see it.

Examples, in the folder of `auditferry demo --dir ./demo`, whose events are of 10 July 2023:
  auditferry events search --local ./demo --now 2023-07-10T13:20:00Z --tenant acme \\
    'outcome:failure action:Get*,List*'
  auditferry events search --local ./demo --now 2023-07-10T13:20:00Z --tenant acme \\
    --from 2023-07-10T12:00 --all --csv --columns time,actor,/userAgent \\
    'action:GetCallerIdentity' > a.csv
  auditferry events search --local ./demo --now 2023-07-10T13:20:00Z --tenant acme \\
    --ndjson -- '-outcome:success ip:192.168.0.0/16' | head -n 3";

/// Of `events counts`.
pub(crate) const COUNTS: &str = "\
The filter is that of `auditferry events search`. Every number is exact; where it isn't known, the interval is left out, \
and stderr says since when the counts are complete.

Examples, in the folder of `auditferry demo --dir ./demo`:
  auditferry events counts --local ./demo --now 2023-07-10T13:20:00Z --tenant acme \\
    --by outcome 'action:GetCallerIdentity,AssumeRole'
  auditferry events counts --local ./demo --now 2023-07-10T13:20:00Z --tenant acme \\
    --interval hour --from 2023-07-10";

/// Of `events facets`.
pub(crate) const FACETS: &str = "\
The filter is that of `auditferry events search`. Adding a value to it leaves as many events as its number says.

Example, in the folder of `auditferry demo --dir ./demo`:
  auditferry events facets --local ./demo --now 2023-07-10T13:20:00Z --tenant acme \\
    --fields actor,ip 'outcome:failure'";

/// Of `events fields`.
pub(crate) const FIELDS: &str = "\
Events have no schema. A mapping says where time, actor, action and the other fields are. It is guessed from the first \
events and stored, unless the deployment sets EVENT_FIELDS. What no field has can be searched all the same, by its JSON \
Pointer or as a text.

With --set you set the mapping of one connector, in place of the guess and of EVENT_FIELDS: the name of a preset, or \
for each field one JSON Pointer or a list, of which the first with a value counts. Exports don't change. The indexes of \
the connector are made anew.

Examples:
  auditferry events fields --tenant acme
  auditferry events fields --tenant acme --set cloudtrail
  auditferry events fields --tenant acme --set '{\"time\":\"/at\",\"actor\":[\"/user/name\",\"/user/id\"]}'
  auditferry events fields --tenant acme --set @fields.json";

/// Of `events saved save`.
pub(crate) const SAVE: &str = "\
All people of the tenant see it. The filter is that of `auditferry events search`. A tenant has at most 200. Several \
may have one name; --saved then needs an ID.

Examples:
  auditferry events saved save --tenant acme 'Failed reads' 'outcome:failure action:Get*,List*' \\
    --columns time,actor,ip --interval hour --by actor
  auditferry events search --tenant acme --saved 'Failed reads'
  auditferry events counts --tenant acme --saved 'Failed reads'";

/// Of `events searches`.
pub(crate) const SEARCHES: &str = "\
Every question about events is recorded for a year, through the API and this command line alike; the same one in an \
hour once. The values of persons are not recorded. The tenant sees this list without the names of operators.

Example:
  auditferry events searches --tenant acme";

/// Of `index rebuild`.
pub(crate) const REBUILD: &str = "\
An index is a cache: it is made from the sealed bytes, and the same bytes make the same index. Indexes are made by \
themselves; this makes those that are missing, or with --all those that are there too. Ctrl-C loses nothing: run it \
again. Parts that differ from what was signed are named, and the exit code is 1.

Example:
  auditferry index rebuild --tenant acme";
