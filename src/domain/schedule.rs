//! Whose turn it is, and when the next one comes: the schedule of renewals, a value that knows no clock.
//!
//! Every authority has a lane of its own. In it a connection waits for its moment; from then on it is ready, and what is
//! ready begins in the order of urgency: what still works and lapses first, then what has lapsed. A lane lets a few begin at
//! once and then one after the other, and none while its server wants a pause. Everything costs O(log n): nobody is
//! looked at but those whose moment has come, and each of them once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{Authority, ConnectionId};

/// So many may begin at one moment; after a pause that a server wanted it is one.
const AT_ONCE: i32 = 8;
/// From then on one begins after so long, unless there are so many, or so little is left of them, that they must hurry.
const STEP: TimeDelta = TimeDelta::milliseconds(150);
/// What is ready has begun after so long, however many there are.
const LONGEST_QUEUE: TimeDelta = TimeDelta::minutes(5);
/// No server is believed that wants a longer pause: the record that tells it was written by a clock that was ahead.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);

/// When a connection renews by itself, and how urgent that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Not before this moment.
    pub at: DateTime<Utc>,
    /// Whatever it is renewed for ends at this moment; one that has passed where nothing is held yet.
    pub lapses_at: DateTime<Utc>,
}

/// The turns of all connections that renew by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule<Id = ConnectionId> {
    /// By the address of the sign-in service, since it is the one that is asked.
    lanes: BTreeMap<Url, Lane<Id>>,
    known: BTreeMap<Id, (Url, Turn)>,
}

/// A moment and whose it is; `None` stands before all that have the same one.
type Slot<Id> = (DateTime<Utc>, Option<Id>);

/// The connections that ask one authority.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lane<Id> {
    /// By their moments.
    waiting: BTreeSet<Slot<Id>>,
    /// Whose moment has come, by the end of what they hold.
    ready: BTreeSet<Slot<Id>>,
    /// The pause that the server wanted last.
    paused_until: Option<DateTime<Utc>>,
    /// When the lane has made up for all that have begun: the further ahead, the longer the next one waits.
    rested_at: DateTime<Utc>,
}

impl<Id> Default for Schedule<Id> {
    fn default() -> Self {
        Self { lanes: BTreeMap::new(), known: BTreeMap::new() }
    }
}

impl<Id> Default for Lane<Id> {
    fn default() -> Self {
        Self {
            waiting: BTreeSet::new(),
            ready: BTreeSet::new(),
            paused_until: None,
            rested_at: DateTime::UNIX_EPOCH,
        }
    }
}

impl<Id: Ord + Clone> Schedule<Id> {
    /// Takes note of a connection's turn; `None` for one that does not renew by itself, or is doing so.
    pub fn set(&mut self, id: &Id, authority: &Authority, turn: Option<Turn>) {
        let Some(turn) = turn else { return self.forget(id) };
        let login = &authority.login;
        if self.known.get(id).is_some_and(|(place, known)| place == login && *known == turn) {
            return;
        }
        self.forget(id);
        let lane = self.lanes.entry(login.clone()).or_default();
        lane.waiting.insert((turn.at, Some(id.clone())));
        self.known.insert(id.clone(), (login.clone(), turn));
    }

    /// Takes a connection out.
    pub fn forget(&mut self, id: &Id) {
        let Some((login, turn)) = self.known.remove(id) else { return };
        let Some(lane) = self.lanes.get_mut(&login) else { return };
        if !lane.waiting.remove(&(turn.at, Some(id.clone()))) {
            lane.ready.remove(&(turn.lapses_at, Some(id.clone())));
        }
    }

    /// A server wants a pause: nothing more is asked of this authority before it is over.
    pub fn pause(&mut self, authority: &Authority, until: DateTime<Utc>, now: DateTime<Utc>) {
        let until = until.min(now.checked_add_signed(LONGEST_PAUSE).unwrap_or(until));
        if until <= now {
            return;
        }
        let lane = self.lanes.entry(authority.login.clone()).or_default();
        lane.paused_until = lane.paused_until.max(Some(until));
        lane.rested_at = lane.rested_at.max(until + credit());
    }

    /// When the pause ends that an authority wants.
    pub fn paused_until(&self, authority: &Authority, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.lanes.get(&authority.login)?.paused_until.filter(|until| *until > now)
    }

    /// How many are in it.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// True if nothing renews by itself.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The next moment at which one may begin; it may have passed.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        self.lanes.values().filter_map(Lane::next).min()
    }

    /// Takes those out that begin now, most urgent first, `room` at most. They come back by [`Schedule::set`].
    pub fn take_due(&mut self, now: DateTime<Utc>, room: usize) -> Vec<Id> {
        for lane in self.lanes.values_mut() {
            while lane.waiting.first().is_some_and(|(at, _)| *at <= now) {
                let Some((_, Some(id))) = lane.waiting.pop_first() else { break };
                if let Some((_, turn)) = self.known.get(&id) {
                    lane.ready.insert((turn.lapses_at, Some(id)));
                }
            }
        }
        std::iter::from_fn(|| self.take_most_urgent(now)).take(room).collect()
    }

    fn take_most_urgent(&mut self, now: DateTime<Utc>) -> Option<Id> {
        let open = self.lanes.iter_mut().filter(|(_, lane)| lane.opens_at() <= now);
        let first = open.filter_map(|(_, lane)| Some((lane.most_urgent(now)?.clone(), lane)));
        let ((lapses_at, id), lane) =
            first.min_by(|((one, _), _), ((other, _), _)| (*one <= now, one).cmp(&(*other <= now, other)))?;
        let id = id?;
        lane.begin(lapses_at, now);
        self.forget(&id);
        Some(id)
    }
}

/// What a lane that has rested may begin beyond one.
fn credit() -> TimeDelta {
    STEP * (AT_ONCE - 1)
}

impl<Id: Ord> Lane<Id> {
    fn next(&self) -> Option<DateTime<Utc>> {
        match (self.ready.first(), self.waiting.first()) {
            (Some(_), _) => Some(self.opens_at()),
            (None, Some((at, _))) => Some(self.opens_at().max(*at)),
            (None, None) => None,
        }
    }

    /// When the next one may begin, as far as the lane is concerned.
    fn opens_at(&self) -> DateTime<Utc> {
        self.paused_until.unwrap_or(DateTime::UNIX_EPOCH).max(self.rested_at - credit())
    }

    /// Of those that are ready, the one that lapses first; what has lapsed comes after what has not.
    fn most_urgent(&self, now: DateTime<Utc>) -> Option<&Slot<Id>> {
        self.ready.range((now, None)..).next().or_else(|| self.ready.first())
    }

    fn begin(&mut self, lapses_at: DateTime<Utc>, now: DateTime<Utc>) {
        self.rested_at = self.rested_at.max(now) + self.step(lapses_at, now);
    }

    /// How long the lane rests for one that begins. All that are ready are to be done long before they lapse.
    fn step(&self, lapses_at: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
        let in_line = i32::try_from(self.ready.len()).unwrap_or(i32::MAX / 8).clamp(1, i32::MAX / 8);
        let step = STEP.min(LONGEST_QUEUE / in_line);
        if lapses_at > now { step.min((lapses_at - now) / (8 * in_line)) } else { step }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::cmp::Ordering;

    use super::*;

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::milliseconds(milliseconds)
    }

    fn authority(host: &str) -> Authority {
        Authority::custom(&format!("https://{host}"), None).unwrap()
    }

    /// Due at a moment, in seconds, and good for so long.
    fn turn(due: i64, lapses: i64) -> Turn {
        Turn { at: at(due * 1_000), lapses_at: at(lapses * 1_000) }
    }

    /// Nothing but whole numbers, all of one authority, each with its turn.
    fn schedule(turns: &[Turn]) -> Schedule<usize> {
        let mut schedule = Schedule::default();
        for (id, turn) in turns.iter().enumerate() {
            schedule.set(&id, &authority("one.example"), Some(*turn));
        }
        schedule
    }

    /// When each begins, looking whenever the schedule says so; a request takes no time.
    fn begun(schedule: &mut Schedule<usize>, from: DateTime<Utc>) -> Vec<(DateTime<Utc>, usize)> {
        let mut all = Vec::new();
        let mut now = from;
        while let Some(next) = schedule.next() {
            now = now.max(next);
            let taken = schedule.take_due(now, 8);
            assert!(!taken.is_empty(), "looked at {now} in vain");
            all.extend(taken.into_iter().map(|id| (now, id)));
        }
        all
    }

    #[test]
    fn nobody_begins_before_their_moment() {
        let mut schedule = schedule(&[turn(20, 90), turn(10, 100)]);
        assert_eq!(schedule.next(), Some(at(10_000)));
        assert_eq!(schedule.take_due(at(9_999), 8), [0; 0]);
        assert_eq!(schedule.take_due(at(10_000), 8), [1]);
        assert_eq!(schedule.next(), Some(at(20_000)));
    }

    #[test]
    fn what_still_works_and_lapses_first_begins_first_and_what_has_lapsed_last() {
        let mut schedule = schedule(&[turn(0, 5), turn(0, 90), turn(0, 60), turn(0, 3)]);
        assert_eq!(schedule.take_due(at(10_000), 8), [2, 1, 3, 0]);
    }

    #[test]
    fn no_more_begin_than_there_is_room_for() {
        let mut schedule = schedule(&[turn(0, 600); 40]);
        assert_eq!(schedule.take_due(at(0), 3).len(), 3);
        assert_eq!(schedule.take_due(at(0), 0), [0; 0]);
        assert_eq!(schedule.len(), 37);
    }

    #[test]
    fn eight_begin_at_once_and_the_others_one_by_one() {
        let mut schedule = schedule(&[turn(0, 3_600); 200]);
        let begun = begun(&mut schedule, at(0));
        let of_first_moment = begun.iter().filter(|(moment, _)| *moment == at(0)).count();
        assert_eq!((of_first_moment, begun.len()), (8, 200));
        assert_eq!(begun[199].0, at(192 * 150));
    }

    #[test]
    fn a_thousand_that_lapse_in_twelve_seconds_are_done_in_nine() {
        let mut schedule = schedule(&vec![turn(0, 12); 1_000]);
        let begun = begun(&mut schedule, at(0));
        assert!(begun[999].0 < at(9_000), "{}", begun[999].0);
    }

    #[test]
    fn ten_thousand_that_have_lapsed_are_done_in_a_bounded_time() {
        let mut schedule = schedule(&vec![turn(0, 0); 10_000]);
        let begun = begun(&mut schedule, at(1_000));
        let span = begun[9_999].0 - begun[0].0;
        assert!(span > TimeDelta::minutes(5) && span < TimeDelta::minutes(30), "{}", span.num_seconds());
        let busiest = begun.windows(50).map(|own| own[49].0 - own[0].0).min().unwrap();
        assert!(busiest >= TimeDelta::milliseconds(400), "{} ms", busiest.num_milliseconds());
    }

    #[test]
    fn a_pause_holds_all_of_an_authority_and_nobody_else() {
        let (one, other) = (authority("one.example"), authority("other.example"));
        let mut schedule = schedule(&[turn(0, 600), turn(5, 600)]);
        schedule.set(&2, &other, Some(turn(0, 600)));
        schedule.pause(&one, at(60_000), at(0));
        assert_eq!(schedule.paused_until(&one, at(0)), Some(at(60_000)));
        assert_eq!(schedule.paused_until(&other, at(0)), None);
        assert_eq!(schedule.take_due(at(30_000), 8), [2]);
        assert_eq!(schedule.next(), Some(at(60_000)));
        assert_eq!(schedule.take_due(at(59_999), 8), [0; 0]);
        assert_eq!(schedule.paused_until(&one, at(60_000)), None);
        assert_eq!(schedule.take_due(at(60_000), 8), [0], "one, not all at once");
        assert_eq!(schedule.next(), Some(at(60_150)));
        assert_eq!(schedule.take_due(at(60_150), 8), [1]);
    }

    #[test]
    fn a_shorter_pause_ends_no_longer_one_and_an_absurd_one_is_cut() {
        let one = authority("one.example");
        let mut schedule = schedule(&[turn(0, 600)]);
        schedule.pause(&one, at(60_000), at(0));
        schedule.pause(&one, at(10_000), at(0));
        schedule.pause(&one, at(-1), at(0));
        assert_eq!(schedule.next(), Some(at(60_000)));
        schedule.pause(&one, DateTime::<Utc>::MAX_UTC, at(0));
        assert_eq!(schedule.next(), Some(at(3_600_000)));
    }

    #[test]
    fn another_turn_takes_the_place_of_the_one_before_wherever_that_stands() {
        let one = authority("one.example");
        let mut schedule = schedule(&[turn(0, 600), turn(0, 600)]);
        assert_eq!(schedule.take_due(at(0), 1).len(), 1);
        let other = authority("other.example");
        schedule.set(&1, &other, Some(turn(30, 600)));
        assert_eq!((schedule.len(), schedule.next()), (1, Some(at(30_000))));
        schedule.set(&1, &one, None);
        assert!(schedule.is_empty() && schedule.next().is_none());
    }

    thread_local! {
        static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    /// An id that counts how often two of its kind are compared.
    #[derive(Clone, PartialEq, Eq)]
    struct Counted(usize);

    impl PartialOrd for Counted {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl Ord for Counted {
        fn cmp(&self, other: &Self) -> Ordering {
            COMPARED.set(COMPARED.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    /// How many comparisons a renewal takes among so many: it is taken out, and comes back with its next turn. All have
    /// the same moments, so that every step of a search compares two ids.
    fn comparisons(count: usize) -> usize {
        let mut schedule: Schedule<Counted> = Schedule::default();
        let one = authority("one.example");
        (0..count).for_each(|id| schedule.set(&Counted(id), &one, Some(turn(0, 600))));
        let later =
            |id: &Counted, schedule: &mut Schedule<Counted>| schedule.set(id, &one, Some(turn(900, 1_500)));
        for id in schedule.take_due(at(0), 1) {
            later(&id, &mut schedule);
        }
        COMPARED.set(0);
        let (rounds, mut now) = (50, at(0));
        for _ in 0..rounds {
            now = now.max(schedule.next().unwrap());
            for id in schedule.take_due(now, 1) {
                later(&id, &mut schedule);
            }
        }
        COMPARED.get() / rounds
    }

    #[test]
    fn a_wake_costs_no_more_than_the_logarithm_of_the_number_of_connections() {
        let [hundred, thousand, ten_thousand] = [100, 1_000, 10_000].map(comparisons);
        // log 1,000 is half more than log 100, log 10,000 twice as much; a quarter is left for how nodes are filled.
        assert!(thousand * 100 <= hundred * 188, "{hundred}, then {thousand}");
        assert!(ten_thousand * 100 <= hundred * 250, "{hundred}, then {ten_thousand}");
    }
}
