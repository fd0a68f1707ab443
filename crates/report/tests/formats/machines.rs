//! The formats that programs read: they keep their schemas, and say what is missing.

use serde_json::Value;
use tenure_model::{Report, Severity};
use tenure_report::{FORMATS, JsonLines, SCHEMAS, Style};

use crate::{fixture, rendered};

#[test]
fn every_format_is_found_by_its_name_and_writes_something() {
    for format in FORMATS {
        let found = tenure_report::format(format.name).expect("it is in the list");
        assert_eq!(found.name, format.name);
        let text = rendered(format.name, &fixture::incomplete_report(), &Style::default());
        assert!(text.contains("permission_denied"), "{} is silent about what was not read", format.name);
        assert!(text.ends_with('\n'), "{} ends in the middle of a line", format.name);
    }
    assert!(tenure_report::format("xml").is_none());
    assert_eq!(FORMATS[0].name, "human", "the first format is the default");
}

#[test]
fn json_is_the_report_itself() {
    let report = fixture::report();
    let text = rendered("json", &report, &Style::default());
    let back: Report = serde_json::from_str(&text).expect("it parses");
    assert_eq!(back, report);
    assert_eq!(text, rendered("json", &report, &Style { color: true, width: 7, quiet: true }));
}

#[test]
fn json_keeps_the_published_schemas() {
    for schema in SCHEMAS {
        let text = tenure_report::schema(schema.name).expect("it is in the list");
        let value: Value = serde_json::from_str(&text).expect("a schema is JSON");
        assert_eq!(value["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
    let report = serde_json::to_value(fixture::incomplete_report()).expect("it is JSON");
    validate("report", &tenure_report::schema("report").expect("it is there"), &report);
    let plan = serde_json::to_value(fixture::plan()).expect("it is JSON");
    validate("plan", &tenure_report::schema("plan").expect("it is there"), &plan);
    let difference = serde_json::to_value(fixture::difference(None)).expect("it holds only JSON values");
    validate("difference", &tenure_report::schema("difference").expect("it is there"), &difference);
    assert!(tenure_report::schema("nothing").is_none());
}

#[test]
fn json_lines_stream_each_finding_once_and_end_with_the_summary() {
    let report = fixture::incomplete_report();
    let mut early = report.findings[0].clone();
    early.identity_id = None;
    let mut stream = JsonLines::new(Vec::new());
    stream.finding(&early).expect("memory takes it");
    stream.finding(&early).expect("memory takes it");
    let text = String::from_utf8(stream.finish(&report).expect("memory takes it")).expect("UTF-8");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let of_type = |name: &str| lines.iter().filter(|line| line["type"] == name).count();
    assert_eq!(of_type("finding"), report.findings.len());
    assert_eq!(of_type("identity"), report.identities.len());
    assert_eq!(of_type("unread"), report.scan.unread.len());
    let last = lines.last().expect("there are lines");
    assert_eq!(last["type"], "summary");
    assert_eq!(last["scan"]["complete"], false);
    assert_eq!(last["scan"]["unread_count"], report.scan.unread.len());
    let identity = lines.iter().find(|line| line["id"] == "id_7f3a").expect("the identity is there");
    assert_eq!(identity["finding_ids"][0], early.id, "a streamed finding still finds its identity");
}

#[test]
fn sarif_keeps_its_schema() {
    for report in [fixture::report(), fixture::incomplete_report()] {
        let sarif = sarif(&report);
        validate("sarif", include_str!("../schemas/sarif-2.1.0.json"), &sarif);
    }
    for text in fixture::HOSTILE {
        validate(
            "sarif",
            include_str!("../schemas/sarif-2.1.0.json"),
            &sarif(&fixture::hostile_report(text)),
        );
    }
}

#[test]
fn sarif_names_rules_places_and_identities() {
    let sarif = sarif(&fixture::report());
    let run = &sarif["runs"][0];
    let result = &run["results"][0];
    let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().expect("an index") as usize];
    assert_eq!(rule["id"], result["ruleId"]);
    assert_eq!(result["level"], "error");
    assert_eq!(result["partialFingerprints"]["tenure/v1"], fixture::report().findings[0].id);
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "deploy/old.env");
    assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    assert_eq!(place["region"]["startLine"], 4);
    assert_eq!(
        result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "deploy/older.env"
    );
    assert_eq!(result["properties"]["identity"]["owner"], "@shop/platform");
    assert_eq!(result["properties"]["identity"]["readinessBand"], "after_prerequisites");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["results"][4]["suppressions"][0]["justification"], "in the baseline");
    assert!(!sarif.to_string().contains("snippet"), "a snippet could hold a secret");
}

#[test]
fn sarif_of_an_incomplete_scan_did_not_succeed() {
    let sarif = sarif(&fixture::incomplete_report());
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notifications = invocation["toolExecutionNotifications"].as_array().expect("a list");
    assert_eq!(notifications.len(), 22);
    assert_eq!(notifications[0]["descriptor"]["id"], "permission_denied");
    assert_eq!(notifications[0]["level"], "error");
}

#[test]
fn sarif_is_cut_at_what_services_take_and_says_so() {
    let mut report = fixture::report();
    let template = fixture::finding("generic-token", Severity::Low, "flood.txt", 1);
    report.findings = (0..30_000)
        .map(|number| {
            let mut finding = template.clone();
            finding.id = format!("f_{number}");
            finding
        })
        .collect();
    let sarif = sarif(&report);
    let run = &sarif["runs"][0];
    assert_eq!(run["results"].as_array().expect("a list").len(), 25_000);
    let said =
        run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().expect("text");
    assert_eq!(said, "25,000 of 30,000 findings are in this file; the json format has all of them.");
}

#[test]
fn csv_has_one_width_and_a_row_for_each_finding_and_unread_input() {
    let report = fixture::incomplete_report();
    let text = rendered("csv", &report, &Style::default());
    let lines: Vec<&str> = text.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 1 + report.scan.unread.len() + report.findings.len());
    let width = lines[0].split("\",\"").count();
    assert!(lines.iter().all(|line| line.split("\",\"").count() == width));
    insta::assert_snapshot!(rendered("csv", &fixture::report(), &Style::default()).replace("\r\n", "\n"));
}

#[test]
fn html_needs_nothing_from_anywhere() {
    let page = rendered("html", &fixture::incomplete_report(), &Style::default());
    for forbidden in ["<script", "http://", "https://", "src=", "@import", "url(h"] {
        assert!(!page.contains(forbidden), "the page holds {forbidden}");
    }
    insta::assert_snapshot!(rendered("html", &fixture::report(), &Style::default()));
}

fn sarif(report: &Report) -> Value {
    serde_json::from_str(&rendered("sarif", report, &Style::default())).expect("SARIF is JSON")
}

fn validate(name: &str, schema: &str, instance: &Value) {
    let url = format!("https://schemas.invalid/{name}.json");
    let mut schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    // Its own address would make the validator look there.
    schema.as_object_mut().expect("a schema is an object").remove("$id");
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.enable_format_assertions();
    compiler.add_resource(&url, schema).expect("the schema is a resource");
    let index = compiler.compile(&url, &mut schemas).expect("the schema compiles");
    if let Err(error) = schemas.validate(instance, index) {
        panic!("{name} breaks its schema: {error:#}");
    }
}

#[test]
fn gitlab_gets_the_secrets_and_hears_of_the_rest() {
    let report = fixture::incomplete_report();
    let text = rendered("gitlab", &report, &Style::default());
    insta::assert_snapshot!(text);
    let value: Value = serde_json::from_str(&text).expect("it is JSON");
    let vulnerabilities = value["vulnerabilities"].as_array().expect("a list");
    assert!(
        vulnerabilities.iter().all(|one| one["location"]["commit"]["sha"].as_str().map(str::len) == Some(40))
    );
    let secrets = report.findings.iter().filter(|finding| finding.category == tenure_model::Category::Secret);
    assert_eq!(vulnerabilities.len(), secrets.filter(|finding| finding.suppressed.is_none()).count());
    assert_eq!(value["scan"]["status"], "failure", "what was not read is no success");
}
