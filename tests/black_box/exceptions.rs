//! `tenure exception`: what is accepted does not count until its day, and nothing else is accepted with it.

use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;
use tenure_model::{Day, ExceptionReason, day_of};
use tenure_pipeline::{NewException, Store};

use crate::program::{Home, Ran, github_token};

/// A day from today on.
fn in_days(days: i64) -> String {
    day_of(Timestamp::now()).checked_add(days.days()).unwrap().to_string()
}

/// A home with one token in a file, scanned.
fn scanned() -> Home {
    let home = Home::new();
    home.write("tree/deploy.env", format!("GITHUB={}\n", github_token()));
    assert_eq!(scan(&home, &[]).code, 10);
    home
}

fn scan(home: &Home, more: &[&str]) -> Ran {
    let inventory = home.inventory();
    let mut args = vec!["scan", "tree", "--format", "json", "--inventory", &inventory];
    args.extend(more);
    home.run(&args)
}

fn run(home: &Home, args: &[&str]) -> Ran {
    let inventory = home.inventory();
    let mut all = vec!["exception"];
    all.extend(args);
    all.extend(["--format", "json", "--inventory", &inventory]);
    home.run(&all)
}

/// The only identity of the inventory.
fn identity(home: &Home) -> String {
    let list = home.run(&["inventory", "list", "--format", "json", "--inventory", &home.inventory()]).json();
    list[0]["id"].as_str().unwrap().to_owned()
}

fn add(home: &Home, subject: &str, more: &[&str]) -> Ran {
    let until = in_days(30);
    let mut args = vec!["add", subject, "--why", "a box of a vendor", "--expires", &until];
    args.extend(more);
    run(home, &args)
}

const CANNOT: [&str; 4] = ["--reason", "cannot_reauthenticate", "--by", "kim"];

fn open(report: &Value) -> Vec<(&str, &str)> {
    let open = report["findings"].as_array().unwrap().iter().filter(|f| f["suppressed"].is_null());
    open.map(|f| (f["rule_id"].as_str().unwrap(), f["path"].as_str().unwrap())).collect()
}

#[test]
fn what_is_accepted_stays_in_the_report_and_does_not_count() {
    let home = scanned();
    let made = add(&home, &identity(&home), &CANNOT);
    assert_eq!(made.code, 0, "{}", made.err);
    let made = made.json();
    assert_eq!((&made["state"], &made["approved_by"]), (&"active".into(), &serde_json::json!(["kim"])));
    let ran = scan(&home, &[]);
    let report = ran.json();
    assert_eq!((ran.code, open(&report)), (0, vec![]));
    let found = report["findings"].as_array().unwrap();
    assert!(
        !found.is_empty()
            && found.iter().all(|f| f["suppressed"].as_str().unwrap().contains("a box of a vendor"))
    );
    assert_eq!(report["identities"][0]["exceptions"][0]["id"], made["id"]);
    let inventory = home.inventory();
    let shown = home.run(&["inventory", "show", &identity(&home), "--inventory", &inventory]).out;
    assert!(shown.contains(made["id"].as_str().unwrap()) && shown.contains("does not count"), "{shown}");
    let streamed = home.run(&["scan", "tree", "--format", "jsonl", "--inventory", &inventory]).out;
    let secrets = streamed.lines().filter(|line| line.contains("\"rule_id\":\"github-pat\""));
    assert!(secrets.clone().count() > 0);
    assert!(secrets.clone().all(|line| line.contains("a box of a vendor")), "{streamed}");
}

#[test]
fn what_is_found_later_or_is_worse_is_not_accepted() {
    let home = scanned();
    add(&home, &identity(&home), &CANNOT);
    home.write("tree/copy.env", format!("GITHUB={}\n", github_token()));
    let ran = scan(&home, &[]);
    assert_eq!(ran.code, 10);
    let report = ran.json();
    assert!(open(&report).contains(&("github-pat", "copy.env")), "a copy at another place is news");
    assert!(!open(&report).contains(&("github-pat", "deploy.env")), "and the accepted one is not");
    std::fs::remove_file(home.path("tree/copy.env")).unwrap();
    assert_eq!(scan(&home, &[]).code, 0);
    // Accepted as low; told as critical by now.
    let home = scanned();
    home.write("low.toml", "[rules.severity]\ngithub-pat = 'low'\n");
    assert_eq!(scan(&home, &["--config", "low.toml"]).code, 0);
    add(&home, &identity(&home), &CANNOT);
    assert_eq!(open(&scan(&home, &["--config", "low.toml"]).json()), vec![]);
    let ran = scan(&home, &[]);
    assert_eq!(ran.code, 10);
    assert_eq!(open(&ran.json()), [("github-pat", "deploy.env")]);
}

#[test]
fn one_finding_can_be_accepted_alone() {
    let home = scanned();
    let report = scan(&home, &[]).json();
    let secret = report["findings"].as_array().unwrap().iter().find(|f| f["category"] == "secret").unwrap();
    let made = add(&home, secret["id"].as_str().unwrap(), &CANNOT);
    assert_eq!(made.json()["accepted"].as_array().unwrap().len(), 1, "{}", made.err);
    let ran = scan(&home, &["--fail-on", "low"]);
    assert!(!open(&ran.json()).iter().any(|(rule, _)| *rule == "github-pat"));
    assert_eq!(open(&ran.json()).len() + 1, report["findings"].as_array().unwrap().len());
    assert_eq!(add(&home, "f_00000000000000000000", &CANNOT).code, 2);
}

#[test]
fn an_exception_has_a_named_reason_an_end_and_enough_approvers() {
    let home = scanned();
    let id = identity(&home);
    let far = in_days(91);
    let past = in_days(-1);
    let refused = |args: &[&str], expected: &str| {
        let ran = run(&home, args);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.out);
        assert!(ran.err.contains(expected), "{args:?}: {}", ran.err);
    };
    let until = in_days(30);
    let base = ["add", &id, "--why", "w", "--by", "kim"];
    refused(&[&base[..], &["--expires", &until, "--reason", "convenience"]].concat(), "possible values");
    refused(&[&base[..], &["--reason", "cannot_reauthenticate"]].concat(), "--expires");
    refused(
        &[&base[..], &["--reason", "cannot_reauthenticate", "--expires", &far]].concat(),
        "within 90 days",
    );
    refused(&[&base[..], &["--reason", "cannot_reauthenticate", "--expires", &past]].concat(), "is over");
    refused(
        &["add", &id, "--why", " ", "--by", "k", "--reason", "cannot_reauthenticate", "--expires", &until],
        "--why",
    );
    let emergency = [&base[..], &["--reason", "break_glass", "--expires", &until]].concat();
    refused(&emergency, "2 different people");
    refused(&[&emergency[..], &["--by", "KIM"]].concat(), "2 different people");
    refused(&[&emergency[..], &["--by", "alex", "--review", &in_days(4)]].concat(), "within 3 days");
    let ran = run(&home, &[&emergency[..], &["--by", "alex"]].concat());
    assert_eq!((ran.code, &ran.json()["review"]), (0, &in_days(3).into()), "{}", ran.err);
    let report = scan(&home, &[]).json();
    assert_eq!(report["identities"][0]["archetype"], "break_glass");
    assert_eq!(open(&report), [("lifecycle-exception-unlogged", "deploy.env")]);
}

#[test]
fn a_secret_in_the_words_of_an_exception_is_covered() {
    let home = scanned();
    let token = github_token();
    let until = in_days(30);
    let why = format!("token {token}");
    let made = run(
        &home,
        &[
            "add",
            &identity(&home),
            "--why",
            &why,
            "--expires",
            &until,
            "--reason",
            "cannot_reauthenticate",
            "--by",
            &token,
        ],
    );
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(!made.out.contains(&token) && !run(&home, &["list"]).out.contains(&token), "{}", made.out);
    assert!(!scan(&home, &[]).out.contains(&token));
}

#[test]
fn an_exception_that_is_over_suppresses_nothing_and_is_a_finding() {
    let home = scanned();
    let store = Store::File(home.inventory().into());
    let began = Timestamp::now() - (24 * 40).hours();
    let until: Day = in_days(-1).parse().unwrap();
    let new = NewException {
        subject: identity(&home),
        reason: ExceptionReason::RevocationDisproportionate,
        why: "until the new gateway is there".to_owned(),
        by: vec!["kim".to_owned()],
        expires: until,
        review: None,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let made = runtime.block_on(tenure_pipeline::add_exception(&store, &new, began)).unwrap();
    let ran = scan(&home, &[]);
    assert_eq!(ran.code, 10, "it counts again");
    let rules: Vec<&str> = ["github-pat", "lifecycle-exception-expired"].to_vec();
    assert!(
        rules.iter().all(|rule| open(&ran.json()).iter().any(|(open, _)| open == rule)),
        "{:?}",
        open(&ran.json())
    );
    let listed = run(&home, &["list"]).json();
    assert_eq!(listed["exceptions"][0]["state"], "expired");
    assert_eq!((&listed["identities_excepted"], &listed["identities"]), (&0.into(), &1.into()));
    // It goes on only with a new day.
    let keep = ["review", &made.id, "--by", "alex", "--decision", "keep"];
    let ran = run(&home, &keep);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--expires"), "{}", ran.err);
    let ran = run(&home, &[&keep[..], &["--expires", &in_days(91)]].concat());
    assert_eq!(ran.code, 2);
    let ran = run(&home, &[&keep[..], &["--expires", &in_days(90)]].concat());
    assert_eq!((ran.code, &ran.json()["state"]), (0, &"active".into()), "{}", ran.err);
    assert_eq!(scan(&home, &[]).code, 0);
    let ran = run(&home, &["review", &made.id, "--by", "alex", "--decision", "end"]);
    assert_eq!((ran.code, &ran.json()["state"]), (0, &"ended".into()));
    let report = scan(&home, &[]).json();
    assert!(!open(&report).is_empty());
    assert!(
        report["findings"].as_array().unwrap().iter().all(|f| f["rule_id"] != "lifecycle-exception-expired")
    );
    assert!(report["identities"][0].get("exceptions").is_none());
    let ran = run(&home, &[&keep[..], &["--expires", &in_days(9)]].concat());
    assert_eq!(ran.code, 2, "what ended is accepted anew, by whoever accepts it");
}

#[test]
fn the_rules_about_exceptions_are_listed() {
    let out = Home::new().run(&["rules", "list"]).out;
    for rule in ["lifecycle-exception-expired", "lifecycle-exception-unreviewed", "ownership-unknown"] {
        assert!(out.contains(rule), "{rule}");
    }
}
