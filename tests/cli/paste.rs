//! Addresses that `redeem` does not take: refused in two lines, counted, nothing sent.

use tokengauge::simulator::browser::Answer;

use super::tenant::{Tenant, parameter};

#[test]
fn the_answer_to_another_sign_in_is_refused() {
    let tenant = Tenant::new();
    let state = parameter(&tenant.begin(), "state");
    let run = tenant.redeem(&format!("http://localhost:8400/?code=abc&state={}", state.to_lowercase()));
    assert!(run.fails(10).err.contains("4 of 5 tries left"));
    assert_eq!(tenant.requests(), 0);
}

#[test]
fn five_wrong_addresses_end_the_sign_in() {
    let tenant = Tenant::new();
    let good = tenant.browse(&tenant.begin(), Answer::Accept);
    for left in [4, 3, 2, 1, 0] {
        let run = tenant.redeem("https://elsewhere.example/?code=abc&state=def").fails(10);
        assert!(run.err.contains(&format!("{left} of 5 tries left")), "{}", run.err);
    }
    assert!(tenant.redeem(&good).fails(4).err.contains("this sign-in is over"));
    assert_eq!(tenant.requests(), 0);
}

#[test]
fn an_empty_input_and_our_own_address_do_not_count() {
    let tenant = Tenant::new();
    let begun = tenant.begin();
    for text in ["", "  \n", &begun] {
        assert!(tenant.redeem(text).fails(10).err.contains("5 of 5 tries left"));
    }
}

#[test]
fn what_is_no_text_or_too_long_is_refused() {
    let tenant = Tenant::new();
    tenant.begin();
    tenant.home.with_stdin(&["redeem", "contoso"], vec![0xff; 40]).fails(10);
    tenant.redeem(&"x".repeat(1024 * 1024)).fails(10);
}
