//! The security configuration, kept from getting wider by accident.

use std::collections::BTreeSet;

use serde_json::{Value, json};

include!("command_names.rs");

fn config() -> Value {
    serde_json::from_str(include_str!("../tauri.conf.json")).expect("tauri.conf.json is JSON")
}

fn capability() -> Value {
    serde_json::from_str(include_str!("../capabilities/main.json")).expect("the capability is JSON")
}

#[test]
fn the_window_may_call_our_commands_the_folder_chooser_and_events_and_nothing_else() {
    let wanted: BTreeSet<String> = COMMANDS
        .iter()
        .map(|command| format!("allow-{}", command.replace('_', "-")))
        .chain(
            ["core:event:allow-listen", "core:event:allow-unlisten", "dialog:allow-open"].map(String::from),
        )
        .collect();
    let granted: BTreeSet<String> =
        serde_json::from_value(capability()["permissions"].clone()).expect("permissions are a list of names");
    assert_eq!(granted, wanted);
    assert_eq!(capability()["windows"], json!(["main"]));
    assert_eq!(capability().get("remote"), None);
}

#[test]
fn the_content_security_policy_allows_no_code_style_or_connection_from_elsewhere() {
    let security = &config()["app"]["security"];
    let policy = &security["csp"];
    assert_eq!(policy["default-src"], "'none'");
    assert_eq!(policy["script-src"], "'self'");
    assert_eq!(policy["style-src"], "'self'");
    assert_eq!(policy["connect-src"], "ipc: http://ipc.localhost");
    for directive in ["object-src", "base-uri", "form-action", "frame-ancestors"] {
        assert_eq!(policy[directive], "'none'", "{directive}");
    }
    assert!(!policy.to_string().contains("unsafe"), "{policy}");
    assert_eq!(security["freezePrototype"], true);
    assert_eq!(security["assetProtocol"]["enable"], false);
    assert_eq!(security["capabilities"], json!(["main"]));
    assert_eq!(security.get("dangerousDisableAssetCspModification"), None);
}

#[test]
fn the_view_gets_no_global_and_unused_commands_are_left_out() {
    assert_eq!(config()["app"]["withGlobalTauri"], false);
    assert_eq!(config()["build"]["removeUnusedCommands"], true);
}
