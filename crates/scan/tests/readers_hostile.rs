//! No file stops a reader: cut anywhere, with bytes of it changed, or made to be large.

#[allow(dead_code)] // nothing is told here
mod readers;

use proptest::prelude::*;
use readers::{fixture, read_as};
use tenure_scan::detect::Reading;

/// Every fixture of a reader of workloads, of agents or of reports, with the path under which it is read.
const FIXTURES: [(&str, &str); 23] = [
    ("reports.yaml", "kubernetes/reports.yaml"),
    ("chart.yaml", "kubernetes/chart.yaml"),
    ("job.json", "kubernetes/job.json"),
    ("values.yaml", "workload/values.yaml"),
    ("compose.yml", "workload/compose.yml"),
    ("backup.service", "workload/backup.service"),
    ("backup.timer", "workload/backup.timer"),
    ("crontab", "workload/crontab"),
    ("playbook.yml", "workload/playbook.yml"),
    ("serverless.yml", "workload/serverless.yml"),
    ("template.yaml", "workload/sam.yaml"),
    ("main.tf", "workload/main.tf"),
    (".vscode/mcp.json", "agent/vscode.json"),
    (".cursor/mcp.json", "agent/cursor.json"),
    (".claude/settings.json", "agent/settings.json"),
    (".codex/config.toml", "agent/codex.toml"),
    ("crew/.env", "agent/agent.env"),
    ("x", "import/gitleaks.json"),
    ("x", "import/trufflehog.jsonl"),
    ("x", "import/kingfisher.json"),
    ("x", "import/nosey-parker.json"),
    ("x", "import/zizmor.json"),
    ("x", "import/scanner.sarif"),
];

fn stopped(reading: &Reading) -> bool {
    reading.unreadable.as_ref().is_some_and(|unreadable| unreadable.reason == "reader_failed")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_file_stops_no_reader(
        which in 0..FIXTURES.len(),
        cut in 0.0..1.0_f64,
        changes in proptest::collection::vec((0.0..1.0_f64, any::<u8>()), 0..6),
    ) {
        let (path, file) = FIXTURES[which];
        let mut bytes = fixture(file);
        let place = |share: f64, length: usize| ((length as f64) * share) as usize;
        for (share, byte) in changes {
            let at = place(share, bytes.len());
            bytes[at] = byte;
        }
        if cut > 0.5 {
            bytes.truncate(place(cut, bytes.len()));
        }
        prop_assert!(!stopped(&read_as(path, &bytes)), "{path}");
    }
}

#[test]
fn large_files_of_one_thing_are_read_or_said_to_be_cut() {
    let many = |part: &str, count: usize| part.repeat(count);
    let files = [
        ("a.yaml", many("apiVersion: v1\nkind: Pod\nspec: {a: [b: {{ x }}\n---\n", 3_000)),
        ("a.yaml", format!("apiVersion: v1\nkind: Pod\nspec: {}", many("{{ ", 100_000))),
        ("a.yaml", format!("apiVersion: v1\nkind: Pod\nspec: {}", many("[", 100_000))),
        ("main.tf", many("a \"b\" {", 60_000)),
        ("main.tf", many("x = \"${", 60_000)),
        ("main.tf", many("x = <<A\n", 60_000)),
        (".mcp.json", format!("{{\"mcpServers\": {{{}", many("\"a\": {\"command\": \"npx\"},", 20_000))),
        ("docker-compose.yml", format!("services:\n{}", many(" a: {environment: [A_TOKEN]}\n", 20_000))),
        ("crontab", many("* * * * * x $TOKEN\n", 20_000)),
        ("x", format!("[{}", many("{\"RuleID\":\"a\",\"Secret\":\"b\",\"StartLine\":1},", 60_000))),
        ("x", format!("{{\"runs\":[{{\"tool\":\"2.1.0\",{}", many("[", 100_000))),
    ];
    for (path, text) in files {
        let reading = read_as(path, text.as_bytes());
        assert!(!stopped(&reading), "{path}");
        assert!(
            reading.observations.len() > 1 || reading.unreadable.is_some(),
            "{path} looks like nothing at all: {}",
            &text[..60]
        );
    }
}
