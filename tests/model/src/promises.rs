//! The promises, each as a property of every reachable world.

use std::collections::BTreeSet;

use archive::part::{Part, PartKind, PartNumber};
use archive::time::Time;

use crate::manifests::{StoredManifest, manifest_field};
use crate::setup::{Event, Setup, TIMING};
use crate::world::{Account, Body, EventState, Events, World, body_of, events_of};

/// The guarantees that the checker tests in every state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Promise {
    /// An event readable within settle time and look-back of its time, and not deleted before its seal, is in
    /// a part. What is marked as delivered is in the bucket, with the bytes that were sealed.
    NoLoss,
    /// An event is in one part at most, and a part in one object.
    NoDouble,
    /// A late event is added exactly once and counted as late, and nothing written is changed.
    LateIsAdditive,
    /// Numbers and windows follow each other without a gap, each event is earlier than its part's end, and
    /// parts are delivered in order.
    GapFree,
    /// Each part has one manifest, which names the one before and is stored by the seal. No other is ever in
    /// the bucket, and none before its part's bytes.
    OneChain,
    /// A heartbeat states that its window contained nothing new.
    QuietMeansQuiet,
    /// A bucket contains events of its own tenant only.
    Isolation,
    /// From every state, if nothing more goes wrong, everything is delivered.
    Liveness,
}

impl Promise {
    /// Every promise; the checker tests each.
    pub const ALL: [Self; 8] = [
        Self::NoLoss,
        Self::NoDouble,
        Self::LateIsAdditive,
        Self::GapFree,
        Self::OneChain,
        Self::QuietMeansQuiet,
        Self::Isolation,
        Self::Liveness,
    ];

    /// Its name, the same in all reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoLoss => "no loss",
            Self::NoDouble => "no double",
            Self::LateIsAdditive => "late is additive",
            Self::GapFree => "gap-free",
            Self::OneChain => "one chain",
            Self::QuietMeansQuiet => "quiet means quiet",
            Self::Isolation => "isolation",
            Self::Liveness => "liveness",
        }
    }
}

/// The promises that this world breaks, except liveness, which can't be seen in a single world.
#[must_use]
pub fn broken(setup: &Setup, world: &World) -> Vec<Promise> {
    let mut broken = BTreeSet::new();
    for (number, account) in world.accounts.iter().enumerate() {
        let view = View { setup, world, number, account };
        let checks = [
            (Promise::Isolation, view.is_isolated()),
            (Promise::GapFree, view.is_gap_free()),
            (Promise::OneChain, view.is_one_chain()),
            (Promise::NoDouble, view.holds_nothing_twice()),
            (Promise::NoLoss, view.has_lost_nothing()),
            (Promise::LateIsAdditive, view.counts_the_late()),
            (Promise::QuietMeansQuiet, view.is_quiet_where_it_says_so()),
        ];
        broken.extend(checks.into_iter().filter(|(_, holds)| !holds).map(|(promise, _)| promise));
    }
    broken.into_iter().collect()
}

/// One account of a world.
struct View<'a> {
    setup: &'a Setup,
    world: &'a World,
    number: usize,
    account: &'a Account,
}

impl View<'_> {
    /// Its events that can be read now, and since when.
    fn readable(&self) -> impl Iterator<Item = (usize, &Event, Time)> {
        let all = self.setup.events.iter().zip(&self.world.events).enumerate();
        all.filter_map(|(number, (event, state))| match state {
            EventState::Readable(since) if event.account == self.number && !event.foreign => {
                Some((number, event, *since))
            }
            _ => None,
        })
    }

    fn sealed_before(&self, part: PartNumber) -> Events {
        let earlier = self.account.parts.iter().filter(|other| other.number < part);
        earlier.fold(Events::default(), |all, part| all.and(events_of(part)))
    }

    fn has_lost_nothing(&self) -> bool {
        let Account { cursor, parts, bucket, .. } = self.account;
        let sealed = self.sealed_before(cursor.next);
        // No look-back reaches further back than this any more.
        let behind = cursor.watermark - TIMING.look_back;
        let found = self.readable().all(|(number, event, since)| {
            let in_time = event.has_time && since <= event.in_time_until() && event.at >= cursor.since;
            !in_time || event.at >= behind || sealed.has(number)
        });
        let is_there = |part: &Part| {
            let mut objects = bucket.iter().filter(|object| object.number == part.number);
            objects.any(|object| object.body == body_of(part))
        };
        let mut delivered =
            parts.iter().filter(|part| part.number <= cursor.delivered || part.delivered_at.is_some());
        found && delivered.all(is_there) && cursor.delivered < cursor.next
    }

    fn holds_nothing_twice(&self) -> bool {
        let once = |sets: &mut dyn Iterator<Item = Events>| {
            let (mut all, mut count) = (Events::default(), 0);
            for set in sets {
                all = all.and(set);
                count += set.len();
            }
            all.len() == count
        };
        let bucket = &self.account.bucket;
        let numbers: BTreeSet<PartNumber> = bucket.iter().map(|object| object.number).collect();
        let written = |body: &Body| match body {
            Body::Of(events) => *events,
            Body::Heartbeat => Events::default(),
        };
        once(&mut self.account.parts.iter().map(events_of))
            && once(&mut bucket.iter().map(|object| written(&object.body)))
            && numbers.len() == bucket.len()
    }

    fn counts_the_late(&self) -> bool {
        self.account.parts.iter().all(|part| {
            // A part that closes no window contains late events only; out-of-order keys among them are
            // anywhere.
            let closes = part.window.from < part.window.to;
            let held = |(number, event): &(usize, &Event)| {
                events_of(part).has(*number) && (!closes || event.at < part.window.from)
            };
            let late = self.setup.events.iter().enumerate().filter(held).count() as u64;
            part.late == late && part.kind == PartKind::of(part.events, part.late)
        })
    }

    fn is_gap_free(&self) -> bool {
        let Account { cursor, parts, bucket, .. } = self.account;
        let mut end = cursor.since;
        for (index, part) in parts.iter().enumerate() {
            let follows = part.number.get() == index as u64 + 1 && part.window.from == end;
            let held = |(number, _): &(usize, &Event)| events_of(part).has(*number);
            let mut events = self.setup.events.iter().enumerate().filter(held);
            if !follows || part.window.to < end || !events.all(|(_, e)| !e.has_time || e.at < part.window.to)
            {
                return false;
            }
            end = part.window.to;
        }
        let in_order =
            bucket.iter().enumerate().all(|(index, object)| object.number.get() == index as u64 + 1);
        // A number that is in the bucket twice breaks another promise.
        let twice = bucket.windows(2).any(|two| two[0].number == two[1].number);
        end == cursor.watermark && parts.len() as u64 + 1 == cursor.next.get() && (in_order || twice)
    }

    fn is_one_chain(&self) -> bool {
        let Account { cursor, parts, bucket, manifests, .. } = self.account;
        let mut last = None;
        for part in parts {
            let Some(manifest) = &part.manifest else { return false };
            let follows = match (last, manifest_field(part, "previous"), manifest_field(part, "start")) {
                (None, Some(_), Some(start)) => start == format!("activation {}", part.window.from),
                (Some(before), Some(previous), None) => previous == format!("{before}"),
                _ => false,
            };
            if !follows || manifest_field(part, "part") != Some(&part.number.get().to_string()) {
                return false;
            }
            last = Some(manifest.sha256());
        }
        let is_stored = |stored: &StoredManifest| {
            let manifest =
                parts.iter().find(|part| part.number == stored.number).and_then(|p| p.manifest.as_ref());
            manifest.is_some_and(|manifest| manifest.sha256() == stored.sha256)
        };
        let has_bytes = |stored: &StoredManifest| bucket.iter().any(|object| object.number == stored.number);
        let has_manifest = |part: &Part| {
            (part.number > cursor.delivered && part.delivered_at.is_none())
                || manifests.iter().any(|stored| stored.number == part.number)
        };
        cursor.chain_state.as_ref().map(|chain| chain.sha256) == last
            && manifests.iter().all(|stored| is_stored(stored) && has_bytes(stored))
            && parts.iter().all(has_manifest)
    }

    /// A window is read after it has settled, so an event that was there before must have been found.
    fn is_quiet_where_it_says_so(&self) -> bool {
        self.account.parts.iter().filter(|part| part.kind == PartKind::Heartbeat).all(|part| {
            let earlier = self.sealed_before(part.number);
            let inside = |event: &Event| part.window.from <= event.at && event.at < part.window.to;
            self.readable().all(|(number, event, since)| {
                let was_there = event.has_time && inside(event) && since < part.window.to + TIMING.settle;
                !was_there || earlier.has(number)
            })
        })
    }

    fn is_isolated(&self) -> bool {
        let foreign = |event: &Event| event.account != self.number || event.foreign;
        let others = self.setup.events.iter().enumerate().filter(|(_, event)| foreign(event));
        let others = others.fold(Events::default(), |all, (number, _)| all.and(Events::only(number)));
        let clean = |events: Events| events.0 & others.0 == 0;
        let of = |body: &Body| match body {
            Body::Of(events) => *events,
            Body::Heartbeat => Events::default(),
        };
        self.account.parts.iter().all(|part| clean(events_of(part)))
            && self.account.bucket.iter().all(|object| object.of == self.number && clean(of(&object.body)))
    }
}
