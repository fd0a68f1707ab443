//! What the readers of agents' configurations see in each fixture, as snapshots to read beside the file.

mod readers;
#[path = "readers/with_rules.rs"]
mod with_rules;

use readers::{fixture, read_as, told};
use tenure_model::{Fact, Observation};
use tenure_scan::detect::Reading;

/// Reads a fixture as the file `path`, with the help of the detection engine, as a scan does.
fn of_agent(path: &str, file: &str) -> Reading {
    with_rules::reading(path, &fixture(&format!("agent/{file}")))
}

fn as_file(path: &str, file: &str) -> String {
    told(&of_agent(path, file))
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
fn an_editor_that_asks_nobody() {
    insta::assert_snapshot!(as_file(".vscode/settings.json", "unasked.json"));
}

#[test]
fn a_shell_that_may_run_everything_is_judged_by_nobody() {
    insta::assert_snapshot!(as_file(".claude/settings.json", "everything.json"));
}

#[test]
fn torn_settings_are_read_up_to_the_break() {
    insta::assert_snapshot!(as_file(".claude/settings.json", "everything-torn.json"));
}

#[test]
fn codex_without_a_sandbox_in_a_file_that_breaks() {
    insta::assert_snapshot!(as_file(".codex/config.toml", "danger.toml"));
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
    let read = of_agent(".cursor/mcp.json", "cursor.json");
    let text = format!("{:?}", read.observations);
    for value in [["gh", "p_j1Jxyz7g7GMkfuPYDoLxe6ohpEdnEw0udPE2"].concat(), ["Vq7zR", "t2LmX9"].concat()] {
        assert!(!text.contains(&value[6..]), "a value left the reader");
    }
}

#[test]
fn the_token_of_an_agent_and_the_token_in_a_file_are_one() {
    let fingerprint = with_rules::known(&["TOKEN=gh", "p_j1Jxyz7g7GMkfuPYDoLxe6ohpEdnEw0udPE2\n"].concat());
    let read = of_agent(".cursor/mcp.json", "cursor.json");
    let joined = read.observations.iter().any(|observation| match observation {
        Observation::Evidence(evidence) => {
            matches!(&evidence.fact, Fact::SameAs { other, .. } if other.key == fingerprint)
        }
        _ => false,
    });
    assert!(joined, "{}", told(&read));
}
