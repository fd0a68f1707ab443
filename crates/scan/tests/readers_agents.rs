//! What the readers of agents' configurations see in each fixture, as snapshots to read beside the file.

mod readers;

use readers::{fixture, key, read_as, told};
use tenure_model::Observation;
use tenure_scan::detect::{Blob, Reading, read};
use tenure_scan::engine::Engine;
use tenure_scan::rules::RuleSet;

/// Reads a fixture as the file `path`, with the help of the detection engine, as a scan does.
fn reading(path: &str, file: &str) -> Reading {
    let engine = Engine::new(RuleSet::embedded(), key());
    let bytes = fixture(&format!("agent/{file}"));
    read(&Blob { root: "shop", path, base: "", repository: "acme/shop", bytes: &bytes }, &engine)
}

fn as_file(path: &str, file: &str) -> String {
    told(&reading(path, file))
}

#[test]
fn a_list_of_servers_with_inputs_and_comments() {
    insta::assert_snapshot!(as_file(".vscode/mcp.json", "vscode.json"));
}

#[test]
fn tokens_that_are_written_out() {
    insta::assert_snapshot!(as_file(".cursor/mcp.json", "cursor.json"));
}

#[test]
fn permissions_are_a_policy() {
    insta::assert_snapshot!(as_file(".claude/settings.json", "settings.json"));
}

#[test]
fn codex_that_asks_nobody() {
    insta::assert_snapshot!(as_file(".codex/config.toml", "codex.toml"));
}

#[test]
fn variables_of_an_agent() {
    insta::assert_snapshot!(as_file("crew/.env", "agent.env"));
}

#[test]
fn servers_in_yaml() {
    insta::assert_snapshot!(as_file(".continue/config.yaml", "continue.yaml"));
}

#[test]
fn a_torn_list_is_read_up_to_the_break() {
    insta::assert_snapshot!(told(&read_as(".mcp.json", &fixture("agent/broken.json"))));
}

#[test]
fn a_value_in_an_agents_configuration_goes_nowhere() {
    let read = reading(".cursor/mcp.json", "cursor.json");
    let text = format!("{:?}", read.observations);
    for value in [["gh", "p_j1Jxyz7g7GMkfuPYDoLxe6ohpEdnEw0udPE2"].concat(), ["Vq7zR", "t2LmX9"].concat()] {
        assert!(!text.contains(&value[6..]), "a value left the reader");
    }
}

#[test]
fn the_token_of_an_agent_and_the_token_in_a_file_are_one() {
    let engine = Engine::new(RuleSet::embedded(), key());
    let token = ["gh", "p_j1Jxyz7g7GMkfuPYDoLxe6ohpEdnEw0udPE2"].concat();
    let elsewhere = engine.scan(format!("TOKEN={token}\n").as_bytes());
    let fingerprint = &elsewhere.first().expect("the engine knows the token").found.fingerprint.0;
    let read = reading(".cursor/mcp.json", "cursor.json");
    let joined = read.observations.iter().any(|observation| match observation {
        Observation::Evidence(evidence) => {
            matches!(&evidence.fact, tenure_model::Fact::SameAs { other, .. } if other.key == *fingerprint)
        }
        _ => false,
    });
    assert!(joined, "{}", told(&read));
}
