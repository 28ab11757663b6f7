//! What lapses, in the words of `doctor` and `list`: policies, several ends at once, the order of the rows.

use chrono::{TimeDelta, Utc};

use super::home::Run;
use super::tenant::{CLIENT_ID, NAME, Tenant};

const OTHER_CLIENT: &str = "7a1b2c3d-6b0e-4c7b-9a51-0f3c2f8e1b44";

/// Tokens of another program, whose end nothing tells: the access token counts as over.
fn bring(tenant: &Tenant, name: &str, options: &[&str]) -> Run {
    let answer =
        r#"{"access_token":"eyJ.x.y","refresh_token":"1.held","expires_in":3600,"token_type":"Bearer"}"#;
    let import = ["import", "--format", "token-response", "--name", name];
    tenant.home.with_stdin(&[&import[..], options].concat(), answer)
}

/// As `bring`, where nobody answers at the login service.
fn bring_of_nowhere(tenant: &Tenant, name: &str, options: &[&str]) {
    let nowhere = ["--client-id", OTHER_CLIENT, "--authority-url", "http://127.0.0.1:9"];
    bring(tenant, name, &[&nowhere[..], options].concat()).is(0);
}

fn in_days(days: i64) -> String {
    (Utc::now() + TimeDelta::days(days)).date_naive().to_string()
}

#[test]
fn an_access_token_that_nothing_renews_by_itself_is_told_as_ended() {
    let tenant = Tenant::new();
    bring_of_nowhere(&tenant, "brought", &["--renew", "manual"]);
    let run = tenant.run(&["doctor", "brought"]).is(0);
    assert!(run.out.starts_with("brought: the access token ended "), "{}", run.out);
    let demand =
        " ago, renewed on demand only, policy manual; nothing lapses within 14 d; refresh token ends in 89 d";
    assert!(run.out.contains(demand), "{}", run.out);
    assert!(run.out.ends_with(" (est) unless somebody renews it\n"), "{}", run.out);
    let told = tenant.run(&["doctor", "brought", "--json"]).is(0).json();
    assert!(told[0]["on_demand_since"].is_string(), "{told}");
    assert!(tenant.run(&["doctor", "brought", "--nagios"]).is(0).out.starts_with("TOKENGAUGE OK"));

    let listed = tenant.run(&["list"]).is(0).out;
    let row = listed.lines().find(|line| line.starts_with("brought")).unwrap();
    assert!(row.contains("on demand") && row.contains("renewed on demand only, policy manual"), "{row}");
    assert!(tenant.run(&["show", "brought"]).is(0).out.contains("State          on demand"));

    // The login service does not know its refresh token: nobody gets a token on demand.
    bring(&tenant, "stopped", &["--client-id", CLIENT_ID, "--renew", "manual"]).is(0);
    tenant.run(&["refresh", "stopped"]).is(4);
    let told = tenant.run(&["doctor", "stopped", "--json"]).is(1).json();
    assert!(told[0]["on_demand_since"].is_null(), "{told}");

    tenant.run(&["edit", "brought", "--renew", "automatic"]).is(0);
    assert!(!tenant.run(&["doctor", "brought"]).is(0).out.contains("on demand"));
}

#[test]
fn renewals_that_fail_do_not_hide_the_end_of_the_secret() {
    let tenant = Tenant::new();
    tenant.home.write("secret", "another~client-secret.of.these.tests.0001");
    let (file, day) = (tenant.home.path("secret"), in_days(9));
    bring_of_nowhere(
        &tenant,
        "brought",
        &["--secret-file", file.to_str().unwrap(), "--secret-expires", &day],
    );
    tenant.run(&["refresh", "brought"]).is(6);
    let run = tenant.run(&["doctor", "brought"]).is(1);
    let (fails, ends) = (run.out.find("1 renewal failed"), run.out.find("; client secret ends in 8 d, on "));
    assert!(fails.is_some() && fails < ends, "the gravest first: {}", run.out);
    let told = tenant.run(&["doctor", "brought", "--json"]).is(1).json();
    assert_eq!(
        (&told[0]["outlook"], &told[0]["lapses"][0]["what"]),
        (&"failing".into(), &"client-secret".into())
    );
}

/// The names that begin the lines.
fn names(told: &str) -> Vec<&str> {
    told.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect()
}

#[test]
fn rows_stand_in_the_order_of_what_lapses_first() {
    let tenant = Tenant::new();
    tenant.run(&["rename", NAME, "zulu"]).is(0);
    let client = |number: u32| format!("7a1b2c3d-6b0e-4c7b-9a51-{number:012}");
    let file = tenant.home.write("secret", "another~client-secret.of.these.tests.0001");
    let held = |name: &str, number: u32, days: i64, policy: &str| {
        let (client, day) = (client(number), in_days(days));
        let secret = ["--secret-file", file.to_str().unwrap(), "--secret-expires", &day];
        let of = ["--client-id", &client, "--authority-url", "http://127.0.0.1:9", "--renew", policy];
        bring(&tenant, name, &[&of[..], &secret].concat()).is(0);
    };
    held("alpha", 1, 40, "manual");
    held("bravo", 2, 12, "manual");
    held("charlie", 3, 6, "manual");
    held("delta", 4, 6, "manual");
    held("echo", 5, 30, "automatic");
    tenant.run(&["refresh", "echo"]).is(6);
    let order = ["zulu", "echo", "charlie", "delta", "bravo", "alpha"];
    let run = tenant.run(&["doctor"]).is(1);
    assert_eq!(names(&run.out), order, "{}", run.out);
    let named = tenant.run(&["doctor", "alpha", "nobody", "bravo", "zulu"]).is(2);
    assert_eq!(names(&named.out), ["zulu", "bravo", "alpha"], "{}", named.out);
    let told = tenant.run(&["doctor", "--json"]).is(1).json();
    let in_json: Vec<&str> =
        told.as_array().unwrap().iter().map(|own| own["name"].as_str().unwrap()).collect();
    assert_eq!(in_json, order);
    let plugin = tenant.run(&["doctor", "--nagios"]).is(2).out;
    let (summary, rows) = plugin.split_once('\n').unwrap();
    assert_eq!(names(rows), &order[..5], "{plugin}");
    assert!(summary.contains(" first_lapse=") && summary.ends_with("s;1209600:"), "{summary}");
}
