//! Many connections with short tokens under `watch`, in real time: none lapses, and it costs no more as time goes by.
//!
//! A few of them for some seconds; `TOKENGAUGE_WATCH=full` makes that 1,000 connections with tokens of 60 s for ten minutes
//! (`short`: for two):
//! `TOKENGAUGE_WATCH=full cargo test --release --test watch long_run -- --nocapture`.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use rustix::process::Pid;
use tokengauge::runtime::clock::Clock;

use super::fleet::fleet;
use super::platform::Platform;
use super::service::{Manager, Service};

/// How much is asked of it.
struct Size {
    connections: usize,
    life: TimeDelta,
    length: Duration,
}

fn size() -> Size {
    let (connections, life, length) = match std::env::var("TOKENGAUGE_WATCH").as_deref() {
        Ok("full") => (1_000, 60, 600),
        Ok("short") => (1_000, 60, 120),
        _ => (40, 10, 16),
    };
    Size { connections, life: TimeDelta::seconds(life), length: Duration::from_secs(length) }
}

/// What a process takes up at a moment.
#[derive(Debug, Clone, Copy)]
struct Taken {
    resident_kib: u64,
    /// `None` where this user may not look.
    descriptors: Option<usize>,
    cpu_seconds: f64,
}

impl Taken {
    fn by(pid: Pid) -> Self {
        let place = format!("/proc/{}", pid.as_raw_nonzero());
        let status = fs::read_to_string(format!("{place}/status")).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        Self {
            resident_kib: resident.split_whitespace().next().unwrap().parse().unwrap(),
            descriptors: fs::read_dir(format!("{place}/fd")).ok().map(Iterator::count),
            cpu_seconds: cpu_seconds(&fs::read_to_string(format!("{place}/stat")).unwrap()),
        }
    }
}

/// User and system time; the kernel counts in hundredths of a second.
fn cpu_seconds(stat: &str) -> f64 {
    let fields: Vec<&str> = stat[stat.rfind(')').unwrap()..].split_whitespace().collect();
    fields[12..14].iter().map(|field| field.parse::<u64>().unwrap()).sum::<u64>() as f64 / 100.0
}

#[test]
fn no_token_lapses_and_the_cost_stays_the_same() {
    let size = size();
    let clock = Clock::system();
    let platform = Platform::new(size.life, clock);
    let (home, _vault) = fleet(&platform, size.connections, size.life, clock.now());
    let manager = Manager::new();
    let unit = home.bare(&["watch", "--print-unit"]).is(0).out;
    let mut service = Service::start_under(&home, &manager, &environment(&unit));
    service.until("watching ");
    let begun = Instant::now();
    let taken = samples(&platform, &service, size.connections, begun, size.length);
    let renewals = u64::from(platform.counts().renewed.iter().sum::<u32>());
    report(&size, &platform, &taken, renewals);
    let log = service.stop();
    let complaints: Vec<&String> = log.iter().filter(|line| line.contains("not renewed")).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    let counts = platform.counts();
    // Once within each four fifths of a life, but for what is on its way at the end.
    let each = u32::try_from(size.length.as_millis()).unwrap()
        / u32::try_from((size.life * 4 / 5).num_milliseconds()).unwrap();
    let least = counts.renewed.iter().min().copied().unwrap();
    assert!(least + 1 >= each, "one was renewed {least} times, not {each}");
    assert_eq!((counts.lapsed, counts.early), (0, 0), "tokens that lapsed, and renewals that were too early");
    assert!(counts.most_in_the_air <= 8, "{} at once", counts.most_in_the_air);
    check_flat(&taken);
}

/// What the unit sets for the service.
fn environment(unit: &str) -> Vec<(&str, &str)> {
    let lines = unit.lines().filter_map(|line| line.strip_prefix("Environment="));
    lines.map(|line| line.split_once('=').expect("a name and a value")).collect()
}

/// What the service takes up, once for each tenth of the time; the first after everything was renewed once.
fn samples(
    platform: &Platform,
    service: &Service,
    connections: usize,
    begun: Instant,
    length: Duration,
) -> Vec<Taken> {
    let mut taken = Vec::new();
    let mut answered = 0;
    while begun.elapsed() < length {
        platform.answered.recv_timeout(Duration::from_secs(60)).expect("it goes on renewing");
        answered += 1;
        let share = begun.elapsed().as_secs_f64() / length.as_secs_f64();
        let wanted = 1 + (share * 10.0) as usize;
        if answered >= connections && taken.len() < wanted {
            taken.push(Taken::by(service.pid()));
        }
    }
    taken
}

fn check_flat(taken: &[Taken]) {
    let (first, second) = taken.split_at(taken.len() / 2);
    let most_memory = |half: &[Taken]| half.iter().map(|own| own.resident_kib).max().unwrap();
    let (before, after) = (most_memory(first), most_memory(second));
    assert!(after <= before + before / 5 + 2_048, "memory grows: {taken:#?}");
    let most_open = |half: &[Taken]| half.iter().filter_map(|own| own.descriptors).max();
    if let (Some(before), Some(after)) = (most_open(first), most_open(second)) {
        // Up to eight requests are in the air, each with its socket, its lock and its draft.
        assert!(after <= before + 24, "descriptors grow: {taken:#?}");
    }
}

fn report(size: &Size, platform: &Platform, taken: &[Taken], renewals: u64) {
    let (first, last) = (taken.first().unwrap(), taken.last().unwrap());
    let counted = platform.counts();
    let fewest = counted.renewed.iter().min().copied().unwrap();
    let most = counted.renewed.iter().max().copied().unwrap();
    let in_the_air = counted.most_in_the_air;
    let (lapsed, early, share) = (counted.lapsed, counted.early, counted.latest_share * 100.0);
    drop(counted);
    let posts = plain_posts_cost(renewals);
    let fds = |own: &Taken| own.descriptors.map_or_else(|| "?".to_owned(), |count| count.to_string());
    println!("connections                {:>10}", size.connections);
    println!("life of a token            {:>8} s", size.life.num_seconds());
    println!("time                       {:>8} s", size.length.as_secs());
    println!("renewals                   {renewals:>10}   ({fewest} to {most} a connection)");
    println!("tokens that lapsed         {lapsed:>10}   (latest renewal at {share:.0} % of a life)");
    println!("renewals too early         {early:>10}");
    println!("most requests at once      {in_the_air:>10}");
    let resident: Vec<String> = taken.iter().map(|own| (own.resident_kib / 1_024).to_string()).collect();
    println!("VmRSS in each tenth   {} MiB", resident.join(" "));
    println!("descriptors after a round  {:>10}", fds(first));
    println!("descriptors at the end     {:>10}", fds(last));
    println!(
        "CPU of watch               {:>8.2} s   ({:.2} ms a renewal)",
        last.cpu_seconds,
        last.cpu_seconds * 1e3 / renewals as f64
    );
    println!(
        "CPU of {renewals:>6} plain posts  {posts:>8.2} s   ({:.2} ms each)",
        posts * 1e3 / renewals as f64
    );
}

const POSTS: &str = "TOKENGAUGE_TEST_POSTS";

/// What so many posts of a token request cost a client that does nothing else, in a process of its own.
fn plain_posts_cost(count: u64) -> f64 {
    let platform = Platform::new(TimeDelta::seconds(60), Clock::system());
    platform.counts().mode = super::platform::Mode::Refusing(400, None);
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "long_run::plain_posts", "--ignored", "--nocapture", "--test-threads=1"])
        .env(POSTS, format!("{} {count}", platform.url()))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let cost =
        told.lines().find_map(|line| line.split_once("CPU seconds: ")).expect("the child tells its cost");
    assert_eq!(platform.counts().requests, count);
    cost.1.trim().parse().unwrap()
}

#[test]
#[ignore = "run by the test above in a process of its own"]
fn plain_posts() {
    let Ok(told) = std::env::var(POSTS) else { return };
    let (url, count) = told.split_once(' ').unwrap();
    let count: u64 = count.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let body = format!("grant_type=refresh_token&refresh_token={}", "0.AXoA".repeat(230));
        for _ in 0..count {
            let request = client.post(format!("{url}/contoso.example/oauth2/v2.0/token")).body(body.clone());
            request.send().await.unwrap().bytes().await.unwrap();
        }
    });
    println!("CPU seconds: {}", cpu_seconds(&fs::read_to_string("/proc/self/stat").unwrap()));
}
