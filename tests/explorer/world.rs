//! The events of the archive: the real ones of CloudTrail, each with a time, IDs, a person, a session and an
//! address of its own. Any event can be made alone, from its number.

use archive::event;
use archive::fields::{EventFields, Field, Outcome, Preset};
use tests::fixtures::{RealEvent, at, cloudtrail};

use archive::time::Time;

/// How many windows of an hour there are: 90 days.
pub const WINDOWS: u64 = 90 * 24;
/// The services that are always active. They do 60 % of what is done by somebody with a name.
const SERVICES: u64 = 20;
/// The people.
const PEOPLE: u64 = 5_000;
/// How many of them are active on one day.
const PEOPLE_A_DAY: u64 = 400;
/// Whoever appears in three events only.
pub const RARE_ACTOR: &str = "arn:aws:iam::123837392027:user/intruder";
/// The events of each hour of a day, in proportion to one another: nights are quiet.
const HOURS: [u64; 24] = [3, 3, 3, 3, 3, 4, 6, 9, 14, 18, 20, 20, 17, 19, 20, 19, 17, 14, 10, 7, 6, 5, 4, 3];
/// The window in which something was imported: a large part even in a small archive.
const IMPORT_WINDOW: u64 = 1_000;

/// The beginning of the first window.
#[must_use]
pub fn since() -> Time {
    at("2026-09-01T00:00:00Z")
}

/// The beginning of a window.
#[must_use]
pub fn window_start(window: u64) -> Time {
    since() + std::time::Duration::from_hours(window)
}

/// All events of the archive.
#[derive(Debug)]
pub struct World {
    templates: Vec<Template>,
    /// The events before each window, and the number of all as the last one.
    before: Vec<u64>,
    rare: [u64; 3],
}

/// A real event, with places for what is made anew.
#[derive(Debug)]
struct Template {
    pieces: Vec<Piece>,
    has_person: bool,
    /// Its own, where it is not a person's.
    actor: Option<String>,
    ip: Option<String>,
    action: String,
    outcome: Outcome,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Slot(Slot),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Time,
    Id,
    Request,
    Actor,
    User,
    Session,
    Ip,
}

/// What is known of an event without reading it.
#[derive(Debug)]
pub struct Made<'w> {
    pub action: &'w str,
    pub outcome: Outcome,
    pub actor: Option<String>,
    pub ip: Option<String>,
    pub id: String,
    pub is_rare: bool,
}

impl World {
    /// So many events. At least [`WINDOWS`] times ten.
    #[must_use]
    pub fn new(events: u64) -> Self {
        let templates: Vec<_> = cloudtrail().iter().map(Template::new).collect();
        let import = (events / 100).max(10_000).min(events / 2);
        let weight = |window: u64| HOURS[usize::try_from(window % 24).unwrap()];
        let total: u64 = (0..WINDOWS).map(weight).sum();
        let mut before = vec![0];
        let (mut weights, mut imported) = (0, 0);
        for window in 0..WINDOWS {
            weights += weight(window);
            if window == IMPORT_WINDOW {
                imported = import;
            }
            before.push((events - import) * weights / total + imported);
        }
        let mut world = Self { templates, before, rare: [events / 7, events / 2, events * 6 / 7] };
        for place in 0..3 {
            while !world.template(world.rare[place]).has_person {
                world.rare[place] += 1;
            }
        }
        world
    }

    /// The numbers of the events of a window.
    #[must_use]
    pub fn events_of(&self, window: u64) -> std::ops::Range<u64> {
        let place = usize::try_from(window).unwrap();
        self.before[place]..self.before[place + 1]
    }

    fn template(&self, number: u64) -> &Template {
        let place = mix(number, 1) % self.templates.len() as u64;
        &self.templates[usize::try_from(place).unwrap()]
    }

    /// Writes an event into `text`, which it clears.
    pub fn write(&self, window: u64, number: u64, text: &mut String) -> Made<'_> {
        use std::fmt::Write as _;
        let template = self.template(number);
        let events = self.events_of(window);
        let second = (number - events.start) * 3_600 / (events.end - events.start);
        let time = window_start(window) + std::time::Duration::from_secs(second);
        let is_rare = self.rare.contains(&number);
        let (name, address) = if is_rare { ("intruder".to_owned(), 77) } else { person(window, number) };
        let id = uuid(number, 2);
        let (mut actor, mut ip) = (template.actor.clone(), template.ip.clone());
        if template.has_person {
            actor = Some(format!("arn:aws:iam::123837392027:user/{name}"));
            ip = Some(format!("10.{}.{}.{}", address >> 16 & 255, address >> 8 & 255, address & 255));
        }
        text.clear();
        for piece in &template.pieces {
            let _ = match piece {
                Piece::Text(piece) => write!(text, "{piece}"),
                // CloudTrail has whole seconds.
                Piece::Slot(Slot::Time) => write!(text, "{}Z", &time.to_string()[..19]),
                Piece::Slot(Slot::Id) => write!(text, "{id}"),
                Piece::Slot(Slot::Request) => write!(text, "{}", uuid(number, 4)),
                Piece::Slot(Slot::Actor) => write!(text, "{}", actor.as_deref().unwrap_or_default()),
                Piece::Slot(Slot::User) => write!(text, "{name}"),
                Piece::Slot(Slot::Session) => write!(text, "AKIA{:016X}", mix(address, window / 24)),
                Piece::Slot(Slot::Ip) => write!(text, "{}", ip.as_deref().unwrap_or_default()),
            };
        }
        Made { action: &template.action, outcome: template.outcome, actor, ip, id, is_rare }
    }
}

/// Who did it, and a number of the address from which it was done: each has two.
fn person(window: u64, number: u64) -> (String, u64) {
    let (day, random) = (window / 24, mix(number, 3));
    let address = random >> 32 & 1;
    if random % 10 < 6 {
        // The lower of two numbers: some services do more than others.
        let service = (random >> 8 & 0xff) % SERVICES;
        let service = service.min((random >> 16 & 0xff) % SERVICES);
        return (format!("service-{service:02}"), 1 << 20 | service << 1 | address);
    }
    let person = mix(day * PEOPLE_A_DAY + (random >> 8) % PEOPLE_A_DAY, 6) % PEOPLE;
    (format!("person-{person:04}"), person << 1 | address)
}

/// A number without a pattern, from two (`SplitMix64`).
#[must_use]
pub const fn mix(number: u64, salt: u64) -> u64 {
    let mut z = number.wrapping_add(salt.wrapping_mul(0x632b_e59b_d9b4_e019)).wrapping_add(1);
    z = z.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn uuid(number: u64, salt: u64) -> String {
    let text = format!("{:016x}{:016x}", mix(number, salt), mix(number, salt + 1));
    let [a, b, c, d, e] = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| &text[range]);
    format!("{a}-{b}-{c}-{d}-{e}")
}

impl Template {
    fn new(real: &RealEvent) -> Self {
        let json = &real.json;
        let fields: EventFields = Preset::Cloudtrail.fields();
        let found = event::find(json.as_bytes(), fields.paths()).expect("an event");
        let reading = fields.read(&found);
        let text = |field| reading.text(field).map(str::to_owned);
        // A sign-in by console names a user without an ARN: it stays as it is.
        let of_user = r#""userIdentity":{"type":"IAMUser""#;
        let has_person =
            json.contains(of_user) && text(Field::Actor).is_some_and(|actor| actor.contains(":user/"));
        let mut slots = vec![
            slot(json, r#""eventTime":""#, Slot::Time).expect("a time"),
            slot(json, r#""eventID":""#, Slot::Id).expect("an ID"),
        ];
        slots.extend(slot(json, r#""requestID":""#, Slot::Request));
        if has_person {
            let identity = json.find(r#""userIdentity""#).unwrap();
            let end = identity + json[identity..].find('}').unwrap();
            let of_person = [
                slot(json, r#""arn":""#, Slot::Actor),
                slot(json, r#""userName":""#, Slot::User),
                slot(json, r#""accessKeyId":""#, Slot::Session),
            ];
            slots.extend(of_person.into_iter().flatten().filter(|(range, _)| range.end < end));
            slots.extend(slot(json, r#""sourceIPAddress":""#, Slot::Ip));
            assert!(slots.iter().any(|(_, slot)| *slot == Slot::Actor), "a person has an ARN: {json}");
        }
        slots.sort_by_key(|(range, _)| range.start);
        let (mut pieces, mut at) = (Vec::new(), 0);
        for (range, slot) in slots {
            pieces.push(Piece::Text(json[at..range.start].to_owned()));
            pieces.push(Piece::Slot(slot));
            at = range.end;
        }
        pieces.push(Piece::Text(json[at..].to_owned()));
        Self {
            pieces,
            has_person,
            actor: text(Field::Actor),
            ip: text(Field::Ip),
            action: text(Field::Action).expect("an action"),
            outcome: reading.outcome,
        }
    }
}

/// Where the first text with this name is.
fn slot(json: &str, name: &str, slot: Slot) -> Option<(std::ops::Range<usize>, Slot)> {
    let start = json.find(name)? + name.len();
    let end = start + json[start..].find('"')?;
    Some((start..end, slot))
}
