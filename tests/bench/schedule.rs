//! What a wake of the scheduler costs with 100, 1,000 and 10,000 connections: `cargo bench --bench schedule`.
//!
//! The schedule alone, and the application around it: looking when to wake next, waking for nothing, and waking for one
//! renewal with all that its answer changes; and how long a key takes to become a frame of the list.

#[path = "../update/fixtures.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod fixtures;

use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokengauge::app::{Effect, Message, Tab};
use tokengauge::domain::{Authority, RenewalKind, Schedule, Turn};
use tokengauge::keymap::Keymap;
use tokengauge::ui::colour::ColourDepth;
use tokengauge::ui::glyphs::GlyphSet;
use tokengauge::ui::theme::Theme;
use tokengauge::ui::{Look, draw};

use fixtures::{Desk, minutes, renew, renewed, start};

const SIZES: [usize; 3] = [100, 1_000, 10_000];
const ROUNDS: usize = 500;

fn main() {
    let columns = SIZES.map(|count| {
        [schedule_alone(count), look(count), idle_wake(count), renewal(count), key_to_frame(count)]
    });
    let rows = [
        "schedule: one taken, and set again",
        "when to wake next",
        "a wake for nothing",
        "a wake for one renewal, answered",
        "key to frame, 80x24",
    ];
    println!(
        "{:<36} {:>12} {:>12} {:>12} {:>12}",
        "median, connections:", SIZES[0], SIZES[1], SIZES[2], "10,000 : 100"
    );
    for (place, row) in rows.into_iter().enumerate() {
        let [hundred, thousand, ten_thousand] = columns.map(|column| column[place].as_secs_f64() * 1e6);
        println!(
            "{row:<36} {hundred:>9.2} us {thousand:>9.2} us {ten_thousand:>9.2} us {:>12.1}",
            ten_thousand / hundred
        );
    }
}

fn median(mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| run()).collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}

fn timed(run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed()
}

fn schedule_alone(count: usize) -> Duration {
    let authority = Authority::custom("https://login.example", None).unwrap();
    let mut schedule: Schedule<usize> = Schedule::default();
    let turn = |at| Turn { at, lapses_at: at + minutes(10) };
    let gap = TimeDelta::hours(1) / i32::try_from(count).unwrap();
    for number in 0..count {
        let at = start() + gap * i32::try_from(number).unwrap();
        schedule.set(&number, &authority, Some(turn(at)));
    }
    median(|| {
        timed(|| {
            let now = schedule.next().unwrap();
            for number in schedule.take_due(now, 8) {
                schedule.set(&number, &authority, Some(turn(now + TimeDelta::hours(1))));
            }
        })
    })
}

/// A dashboard with so many connections, which fall due one after the other.
fn desk(count: usize) -> Desk {
    let gap = minutes(45) / i32::try_from(count).unwrap();
    let connection =
        |number: usize| renewed(&format!("t{number}"), start() - gap * i32::try_from(number).unwrap());
    let mut desk = Desk::open((0..count).map(connection).collect());
    desk.app.environment.has_passphrase = false;
    desk.app.tab = Tab::Activity;
    desk
}

fn look(count: usize) -> Duration {
    let desk = desk(count);
    median(|| {
        timed(|| {
            black_box(desk.app.next_deadline(desk.now));
        })
    })
}

fn idle_wake(count: usize) -> Duration {
    let mut desk = desk(count);
    median(|| timed(|| drop(black_box(desk.app.update(Message::Wake, desk.now)))))
}

fn renewal(count: usize) -> Duration {
    let mut desk = desk(count);
    median(|| {
        desk.now = desk.app.next_renewal().map_or(desk.now, |next| next.max(desk.now));
        let now = desk.now;
        let mut effects = Vec::new();
        let waking = timed(|| effects = desk.app.update(Message::Wake, now));
        let answered: Duration = effects.iter().map(|effect| answer(&mut desk, effect)).sum();
        (waking + answered) / u32::try_from(effects.len().max(1)).unwrap()
    })
}

fn key_to_frame(count: usize) -> Duration {
    let mut desk = desk(count);
    desk.app.tab = Tab::Connections;
    let look = Look {
        theme: Theme::embedded("dark", ColourDepth::TrueColour).unwrap(),
        glyphs: GlyphSet::Smooth.glyphs(),
        keymap: Keymap::default(),
    };
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    median(|| {
        timed(|| {
            desk.press("Down");
            terminal.draw(|frame| draw(frame, &desk.app, desk.now, &look)).unwrap();
        })
    })
}

fn answer(desk: &mut Desk, effect: &Effect) -> Duration {
    let Effect::Exchange { connection, .. } = effect else { panic!("{effect:?}") };
    let mut own = desk.app.connections.get(connection).unwrap().clone();
    renew(&mut own, desk.now, RenewalKind::Refresh);
    own.renewals.clear();
    timed(|| drop(desk.answer_with(std::slice::from_ref(effect), own)))
}
