//! A world for the program to renew in: tenants with limits and tempers, a machine that sleeps, a network that fails, people
//! who sign in days later. It watches every request that the program makes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use tokengauge::app::{Answer, Effect, Message, RequestId, Tab};
use tokengauge::catalogue::clouds::CLOUDS;
use tokengauge::domain::app_registration::CredentialFacts;
use tokengauge::domain::{
    Certainty, ConnectionId, CountsFrom, Lifetime, Overview, RefreshLimit, RenewBefore, RenewalKind,
    RenewalPolicy, RenewalRule, ScopeSet, TroubleKind, WayIn,
};

use super::fixtures::*;

/// Numbers that look drawn, the same for the same seed (xorshift).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, count: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 2).unwrap() % count
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high - low)
    }
}

/// From a moment to another.
type Span = (DateTime<Utc>, DateTime<Utc>);

fn is_in(spans: &[Span], now: DateTime<Utc>) -> Option<Span> {
    spans.iter().copied().find(|(from, to)| (*from..*to).contains(&now))
}

/// What the tenant knows of a connection.
struct Account {
    host: usize,
    access_life: TimeDelta,
    /// The tenant's own limit, and whether a refusal has told it.
    limit: Option<RefreshLimit>,
    is_learned: bool,
    signed_in_at: DateTime<Utc>,
    used_at: DateTime<Utc>,
    /// An administrator revokes it at these moments.
    revoked_at: Vec<DateTime<Utc>>,
    /// Nothing works any more, until a person signs in at this moment.
    back_at: Option<DateTime<Utc>>,
}

impl Account {
    fn refresh_lifetime(&self) -> Lifetime {
        match self.limit.filter(|_| self.is_learned) {
            Some(limit) => limit.lifetime(self.signed_in_at, self.used_at),
            None => Lifetime::estimated_refresh(self.used_at),
        }
    }

    /// When the refresh token really ends for lack of use or by the tenant's limit.
    fn ends_at(&self) -> DateTime<Utc> {
        let idle = Lifetime::estimated_refresh(self.used_at).expires_at;
        self.limit.map_or(idle, |limit| limit.lifetime(self.signed_in_at, self.used_at).expires_at.min(idle))
    }

    fn is_revoked(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.iter().any(|at| *at > self.signed_in_at && *at <= now)
    }
}

/// How the request ends that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Works,
    Dead,
    Throttled(TimeDelta),
    Unreachable,
}

struct Flight {
    request: RequestId,
    connection: ConnectionId,
    sent_at: DateTime<Utc>,
    fate: Fate,
}

/// How rough it is.
pub struct Weather {
    pub connections: usize,
    pub days: i64,
    pub sleeps: i64,
    pub cuts: i64,
    pub storms: i64,
    /// So many of a thousand connections are revoked on the way.
    pub revoked: i64,
    /// The shortest sleep and the longest, in hours.
    pub sleep_hours: (i64, i64),
}

pub struct World {
    pub desk: Desk,
    pub end: DateTime<Utc>,
    dice: Dice,
    accounts: BTreeMap<ConnectionId, Account>,
    flights: BTreeMap<(DateTime<Utc>, u64), Flight>,
    in_the_air: BTreeSet<ConnectionId>,
    /// The machine sleeps.
    sleeps: Vec<Span>,
    /// Nothing can be reached.
    cuts: Vec<Span>,
    /// An authority throttles every other request.
    storms: Vec<(usize, Span)>,
    /// Every pause that was told, and how long what waited for it may take.
    pauses: Vec<(usize, Span)>,
    people: BTreeSet<(DateTime<Utc>, ConnectionId)>,
    lately: Vec<DateTime<Utc>>,
    pub seen: Seen,
}

/// What happened, so that a test can see that it was not a quiet year.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub sent: usize,
    pub worked: usize,
    pub dead: usize,
    pub throttled: usize,
    pub unreachable: usize,
    pub lapsed_in_trouble: usize,
    pub most_in_the_air: usize,
}

/// After a disturbance everything is as it should be within so long: the longest back-off, and the spreading.
const RECOVERY: TimeDelta = TimeDelta::minutes(30);

impl World {
    pub fn new(seed: u64, weather: &Weather) -> Self {
        let mut dice = Dice::new(seed);
        let end = start() + days(weather.days);
        let mut spans = |count: i64, shortest: i64, longest: i64| -> Vec<Span> {
            let mut spans: Vec<Span> = (0..count)
                .map(|_| {
                    let from = start() + minutes(dice.between(60, weather.days * 1_440));
                    (from, from + minutes(dice.between(shortest, longest)))
                })
                .collect();
            spans.sort();
            spans
        };
        let (shortest, longest) = weather.sleep_hours;
        let sleeps = spans(weather.sleeps, shortest * 60, longest * 60);
        let cuts = spans(weather.cuts, 5, 240);
        let storms = spans(weather.storms, 30, 180).into_iter().enumerate();
        let storms = storms.map(|(place, span)| (place % 2, span)).collect();
        let (connections, accounts): (Vec<Overview>, Vec<Account>) =
            (0..weather.connections).map(|number| settler(number, weather, &mut dice)).unzip();
        let ids = connections.iter().map(|own| own.id.clone());
        let accounts = ids.zip(accounts).collect();
        let mut desk = Desk::open(connections);
        desk.app.environment.has_passphrase = false;
        desk.app.tab = Tab::Activity;
        Self {
            desk,
            end,
            dice,
            accounts,
            flights: BTreeMap::new(),
            in_the_air: BTreeSet::new(),
            sleeps,
            cuts,
            storms,
            pauses: Vec::new(),
            people: BTreeSet::new(),
            lately: Vec::new(),
            seen: Seen::default(),
        }
    }

    /// Lets all the time pass.
    pub fn run(&mut self) {
        while let Some(next) = self.next().filter(|next| *next < self.end) {
            self.desk.now = is_in(&self.sleeps, next).map_or(next, |(_, to)| to);
            self.sign_people_in();
            self.land();
            let effects = self.desk.send(Message::Wake);
            effects.iter().for_each(|effect| self.depart(effect));
        }
        self.desk.now = self.end;
        self.check_the_end();
    }

    fn next(&self) -> Option<DateTime<Utc>> {
        let renewal = self.desk.app.next_renewal();
        let landing = self.flights.keys().next().map(|(at, _)| *at);
        let person = self.people.first().map(|(at, _)| *at);
        let next = [renewal, landing, person].into_iter().flatten().min()?;
        Some(next.max(self.desk.now + TimeDelta::milliseconds(1)))
    }

    /// A request leaves: everything is asserted that must hold of it.
    pub fn depart(&mut self, effect: &Effect) {
        let Effect::Exchange { request, connection, .. } = effect else { panic!("{effect:?}") };
        let now = self.desk.now;
        let own = self.desk.app.connections.get(connection).unwrap().clone();
        assert!(self.in_the_air.insert(connection.clone()), "two requests in the air for {}", own.name);
        assert!(self.in_the_air.len() <= 8, "more than eight requests in the air");
        assert_not_in_vain(&own);
        assert!(now >= earliest(&own), "{} asks early: {now}, not {}", own.name, earliest(&own));
        self.assert_no_pause(&own);
        self.assert_no_burst();
        self.seen.sent += 1;
        self.seen.most_in_the_air = self.seen.most_in_the_air.max(self.in_the_air.len());
        let arrival = now + TimeDelta::milliseconds(self.dice.between(80, 900));
        let fate = self.fate(connection, arrival);
        let flight = Flight { request: *request, connection: connection.clone(), sent_at: now, fate };
        self.flights.insert((arrival, self.seen.sent as u64), flight);
    }

    fn assert_no_pause(&self, own: &Overview) {
        let (now, host) = (self.desk.now, self.accounts[&own.id].host);
        let told = self.pauses.iter().filter(|(other, _)| *other == host).map(|(_, (_, until))| *until).max();
        assert!(
            told.is_none_or(|until| now >= until),
            "{} asks before Retry-After: {now}, {told:?}",
            own.name
        );
    }

    /// Eight at once, and then one every 150 ms: whatever was slept through. Few enough that their tokens are long-lived.
    fn assert_no_burst(&mut self) {
        let now = self.desk.now;
        self.lately.retain(|at| now - *at < seconds(10));
        self.lately.push(now);
        // Two authorities, each with eight and 67 in ten seconds.
        assert!(self.lately.len() <= 2 * (8 + 67), "{} requests in ten seconds", self.lately.len());
    }

    fn fate(&mut self, connection: &ConnectionId, arrival: DateTime<Utc>) -> Fate {
        let now = self.desk.now;
        if is_in(&self.cuts, now).is_some() || is_in(&self.sleeps, arrival).is_some() {
            return Fate::Unreachable;
        }
        let (host, pause) = (self.accounts[connection].host, self.dice.between(20, 400));
        let is_stormy =
            self.storms.iter().any(|(other, span)| *other == host && is_in(&[*span], now).is_some());
        if is_stormy && self.dice.below(2) == 0 {
            return Fate::Throttled(seconds(pause));
        }
        let is_delegated = self.desk.app.connections.get(connection).unwrap().settings.way_in.is_delegated();
        let account = &self.accounts[connection];
        let is_over = is_delegated && now >= account.ends_at();
        let nobody_knew = account
            .limit
            .is_some_and(|limit| !account.is_learned || limit.counts_from() == CountsFrom::SignIn);
        assert!(
            !is_over || nobody_knew || self.was_out_of_reach(account),
            "{connection:?} was let lapse by disuse: last used {}",
            account.used_at
        );
        let account = self.accounts.get_mut(connection).unwrap();
        if is_over || account.is_revoked(now) {
            return Fate::Dead;
        }
        account.used_at = now;
        Fate::Works
    }

    /// True if the last third of a refresh token's life was slept through, or nothing could be reached, for half of it.
    fn was_out_of_reach(&self, account: &Account) -> bool {
        let ends_at = account.ends_at();
        let from = ends_at - (ends_at - account.used_at) / 3;
        let overlap = |(start, end): &Span| ((*end).min(ends_at) - (*start).max(from)).max(TimeDelta::zero());
        let lost: TimeDelta = self.sleeps.iter().chain(&self.cuts).map(overlap).sum();
        lost * 2 >= ends_at - from
    }

    /// Answers come in.
    fn land(&mut self) {
        while let Some(entry) = self.flights.first_entry().filter(|entry| entry.key().0 <= self.desk.now) {
            let flight = entry.remove();
            self.in_the_air.remove(&flight.connection);
            let own = self.desk.app.connections.get(&flight.connection).unwrap().clone();
            let answered = self.answered(own, &flight);
            let answer = Answer::Connection(Ok(Box::new(answered)));
            let more = self.desk.send(Message::Answer { request: flight.request, answer });
            // The tab that is shown reads what all programs noted. That reading never ends here, so none follows it.
            assert!(more.iter().all(|effect| matches!(effect, Effect::ReadActivity { .. })), "{more:?}");
        }
    }

    /// The record as the answer leaves it.
    fn answered(&mut self, own: Overview, flight: &Flight) -> Overview {
        let now = self.desk.now;
        let tries = match own.trouble.as_ref().map(|trouble| trouble.kind) {
            Some(TroubleKind::TryLater { attempt, .. }) => attempt + 1,
            _ => 1,
        };
        let mut own = own;
        match flight.fate {
            Fate::Works => {
                self.seen.worked += 1;
                self.check_gap(&own);
                self.bring_tokens(&mut own, flight.sent_at);
            }
            Fate::Unreachable => {
                self.seen.unreachable += 1;
                let jitter = self.dice.below(100) as f64 / 100.0;
                refuse(&mut own, now, TroubleKind::try_later(now, tries, None, jitter));
            }
            Fate::Throttled(pause) => {
                self.seen.throttled += 1;
                refuse(&mut own, now, TroubleKind::try_later(now, tries, Some(pause), 0.5));
                self.pauses.push((self.accounts[&own.id].host, (now, now + pause)));
            }
            Fate::Dead => {
                self.seen.dead += 1;
                refuse(&mut own, now, TroubleKind::SignInNeeded);
                let account = self.accounts.get_mut(&own.id).unwrap();
                account.is_learned = account.limit.is_some();
                let back_at = now + minutes(self.dice.between(600, 6_000));
                account.back_at = Some(back_at);
                self.people.insert((back_at, own.id.clone()));
            }
        }
        own.renewals.drain(..own.renewals.len().saturating_sub(3));
        own
    }

    fn bring_tokens(&self, own: &mut Overview, at: DateTime<Utc>) {
        let account = &self.accounts[&own.id];
        renew(own, at, RenewalKind::Refresh);
        hold(own, account, at);
    }

    fn sign_people_in(&mut self) {
        let now = self.desk.now;
        while self.people.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, id)) = self.people.pop_first() else { break };
            let account = self.accounts.get_mut(&id).unwrap();
            (account.signed_in_at, account.used_at, account.back_at) = (now, now, None);
            let mut own = self.desk.app.connections.get(&id).unwrap().clone();
            renew(&mut own, now, RenewalKind::SignIn);
            hold(&mut own, &self.accounts[&id], now);
            self.desk.app.connections.put(own);
        }
    }

    /// What was held until now must not have lapsed before it was renewed, unless something was in the way; and whatever was,
    /// it is over soon.
    pub fn check_gap(&mut self, own: &Overview) {
        let (now, refresh) = (self.desk.now, own.refresh_lifetime());
        if let Some(refresh) = refresh.filter(|refresh| refresh.certainty == Certainty::Estimated) {
            let longest = days(70) + longest(&self.sleeps) + longest(&self.cuts);
            assert!(now - refresh.starts_at < longest, "{} was not used for 70 days", own.name);
        }
        let Some(access) = own.access_lifetime().filter(|_| own.is_automatic()) else { return };
        if now > access.expires_at {
            self.seen.lapsed_in_trouble += 1;
            assert!(
                self.was_disturbed(own, now),
                "{} lapsed at {}, renewed {now}",
                own.name,
                access.expires_at
            );
        }
    }

    /// True if something was in the way a short while ago.
    fn was_disturbed(&self, own: &Overview, now: DateTime<Utc>) -> bool {
        let host = self.accounts[&own.id].host;
        let told = self.pauses.iter().filter(|(other, _)| *other == host).map(|(_, span)| span);
        let mut spans = self.sleeps.iter().chain(&self.cuts).chain(told);
        spans.any(|(from, to)| *from <= now && now - *to < RECOVERY)
    }

    fn check_the_end(&mut self) {
        let all = self.desk.app.connections.all().to_vec();
        for own in &all {
            let account = &self.accounts[&own.id];
            let is_watched = own.is_automatic() && account.back_at.is_none() && own.tokens.is_some();
            if is_watched && !account.is_revoked(self.end) && !self.was_disturbed(own, self.end) {
                let access = own.access_lifetime().unwrap();
                assert!(access.expires_at > self.end, "{} has lapsed in the end", own.name);
            }
            if own.settings.renewal.policy == RenewalPolicy::KeepAlive && account.back_at.is_none() {
                assert!(self.end - account.used_at < days(75), "{} was not used for 75 days", own.name);
            }
        }
    }

    /// An authority wants a pause from now on.
    pub fn tell_pause(&mut self, host: usize, span: TimeDelta) {
        self.pauses.push((host, (self.desk.now, self.desk.now + span)));
    }

    /// All that is in the air is lost.
    pub fn forget_the_air(&mut self) {
        self.in_the_air.clear();
    }
}

/// Nothing is asked that a person must mend first, or wants left alone.
fn assert_not_in_vain(own: &Overview) {
    let kind = own.trouble.as_ref().map(|trouble| trouble.kind);
    assert!(
        kind.is_none_or(|kind| matches!(kind, TroubleKind::TryLater { .. })),
        "{} asks with a dead credential",
        own.name
    );
    assert_ne!(own.settings.renewal.policy, RenewalPolicy::Manual, "{} renews by hand only", own.name);
}

fn longest(spans: &[Span]) -> TimeDelta {
    spans.iter().map(|(from, to)| *to - *from).max().unwrap_or_default()
}

/// Nobody may ask before this moment, as the record says; reckoned here once more.
pub fn earliest(own: &Overview) -> DateTime<Utc> {
    if let Some(TroubleKind::TryLater { retry_at, .. }) = own.trouble.as_ref().map(|trouble| trouble.kind) {
        return retry_at;
    }
    let Some(access) = own.access_lifetime() else { return DateTime::UNIX_EPOCH };
    let usual = minutes(10).min((access.expires_at - access.starts_at) / 5);
    let margin = own.settings.renewal.before.map_or(usual, RenewBefore::span);
    let unused = own.refresh_lifetime().map(|life| life.expires_at - (life.expires_at - life.starts_at) / 3);
    match own.settings.renewal.policy {
        RenewalPolicy::Automatic => (access.expires_at - margin).min(unused.unwrap_or(access.expires_at)),
        RenewalPolicy::KeepAlive | RenewalPolicy::Manual => unused.unwrap_or(DateTime::<Utc>::MAX_UTC),
    }
}

/// One connection with its account: every twentieth is special in some way.
fn settler(number: usize, weather: &Weather, dice: &mut Dice) -> (Overview, Account) {
    let signed_in_at = start() - minutes(dice.between(1, 60));
    let limit = |span, from| RefreshLimit::new(span, from);
    let revoked_at = if dice.below(1_000) < weather.revoked {
        vec![start() + minutes(dice.between(60, weather.days * 1_440))]
    } else {
        Vec::new()
    };
    let account = Account {
        host: usize::from(number % 5 == 4),
        access_life: if number.is_multiple_of(200) {
            minutes(60)
        } else {
            minutes(dice.between(2_400, 3_600))
        },
        limit: match number % 20 {
            5 => limit(days(7), CountsFrom::SignIn),
            6 => limit(TimeDelta::hours(20), CountsFrom::LastUse),
            7 => limit(days(150), CountsFrom::SignIn),
            _ => None,
        },
        is_learned: false,
        signed_in_at,
        used_at: signed_in_at,
        revoked_at,
        back_at: None,
    };
    let mut own = renewed(&format!("t{number}"), signed_in_at);
    own.credential = CredentialFacts::Public;
    own.settings.scopes = ScopeSet::parse_lenient("Mail.Send");
    own.settings.authority = CLOUDS[account.host].authority();
    own.settings.renewal = match number % 20 {
        1 => RenewalRule { policy: RenewalPolicy::KeepAlive, before: None },
        2 => RenewalRule { policy: RenewalPolicy::Manual, before: None },
        3 => RenewalRule { before: RenewBefore::parse("45m"), ..RenewalRule::default() },
        _ => RenewalRule::default(),
    };
    if number % 20 == 8 {
        own.settings.way_in = WayIn::ClientCredentials;
    }
    hold(&mut own, &account, signed_in_at);
    (own, account)
}

/// The lives that a success leaves in the record.
fn hold(own: &mut Overview, account: &Account, at: DateTime<Utc>) {
    let is_delegated = own.settings.way_in.is_delegated();
    let seconds = account.access_life.num_seconds();
    let tokens = own.tokens.as_mut().unwrap();
    tokens.signed_in_at = account.signed_in_at;
    tokens.access.primary_mut().lifetime = Lifetime::from_seconds(at, seconds, Certainty::Known);
    let lifetime = account.refresh_lifetime();
    let counts_from = account.limit.filter(|_| lifetime.certainty == Certainty::Learned);
    tokens.refresh = tokens.refresh.take().filter(|_| is_delegated);
    if let Some(refresh) = &mut tokens.refresh {
        refresh.lifetime = lifetime;
        refresh.counts_from = counts_from.map_or(CountsFrom::LastUse, RefreshLimit::counts_from);
    }
}
