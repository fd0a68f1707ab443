//! Settings of editors and command lines by which an agent asks nobody: in the same files as their tool servers.

use crate::detect::yaml::Yaml;

/// Keys whose `true` lets every tool be called unasked.
const SWITCHES: [&str; 4] =
    ["chat.tools.autoApprove", "chat.tools.global.autoApprove", "chat.tools.terminal.autoApproveAll", "yolo"];
/// Where a mode of asking stands: keys from the root.
const MODES: [&[&str]; 3] =
    [&["approvalMode"], &["general", "defaultApprovalMode"], &["tools", "approvalMode"]];
/// Rules of one list that are looked at.
const RULES_MAX: usize = 500;

/// What lets the agent do whatever its user may, each reason with its line.
pub(super) fn unbounded(root: Yaml<'_>) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    for key in SWITCHES {
        let value = root.get(key).filter(|value| value.text() == Some("true"));
        found.extend(
            value.map(|value| (format!("{key} is true: every tool is called unasked"), value.line())),
        );
    }
    for path in MODES {
        let mode = path.iter().try_fold(root, |node, key| node.get(key));
        let mode = mode.filter(|mode| mode.text() == Some("yolo"));
        found.extend(mode.map(|mode| (format!("{} is yolo: nobody is asked", path.join(".")), mode.line())));
    }
    // Patterns of commands that VS Code runs unasked; one that fits everything is a switch.
    let commands = root.get("chat.tools.terminal.autoApprove").into_iter().flat_map(Yaml::pairs);
    for (pattern, value) in commands.take(RULES_MAX) {
        let everything = matches!(pattern.text(), Some("*" | "/.*/" | "/^.*$/"));
        if everything && value.text() == Some("true") {
            found.push(("every command of the terminal runs unasked".to_owned(), value.line()));
        }
    }
    // opencode: `permission: allow`, or a tool by its name.
    if let Some(permission) = root.get("permission") {
        let all = permission.text() == Some("allow");
        let shell = ["bash", "*"].iter().filter_map(|tool| permission.get(tool));
        let open = shell.into_iter().find(|value| {
            value.text() == Some("allow") || value.get("*").and_then(Yaml::text) == Some("allow")
        });
        let open = open.or(Some(permission).filter(|_| all));
        found.extend(open.map(|open| ("permission allows every command".to_owned(), open.line())));
    }
    // Cursor's command line.
    let allowed = root.get("permissions").and_then(|permissions| permissions.get("allow"));
    for rule in allowed.into_iter().flat_map(Yaml::items).take(RULES_MAX) {
        if matches!(rule.text(), Some("Shell(*)" | "Shell(**)")) {
            found.push(("Shell(*) is allowed: every command".to_owned(), rule.line()));
        }
    }
    found
}
