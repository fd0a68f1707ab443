//! What our own token must be allowed, may not be allowed, and is allowed.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tenure_model::Intent;

use crate::mark::Mark;
use crate::openbao::client::Client;
use crate::openbao::objects::Mounts;
use crate::{BrokerError, PlanError};

/// One path and what we do there.
struct Need {
    path: String,
    capabilities: &'static [&'static str],
    why: &'static str,
}

/// Cannot be read from inside a namespace at all.
const AUDIT: &str = "sys/audit";
const OBJECT: &[&str] = &["create", "read", "update", "delete"];

/// Every path that a handoff touches; `name` is one migration's objects or `tenure-*`.
fn needs(mounts: &Mounts, name: &str) -> Vec<Need> {
    let Mounts { auth, engine, connection } = mounts;
    let need = |path: String, capabilities, why| Need { path, capabilities, why };
    vec![
        // OpenBao keeps these two behind `sudo`, even for reading.
        need(AUDIT.to_owned(), &["read", "sudo"], "whether anything is recorded"),
        need(format!("sys/auth/{auth}"), &["read", "sudo"], "which login mount this is"),
        need(format!("sys/mounts/{engine}"), &["read"], "which engine this is"),
        need(format!("auth/{auth}/config"), &["read"], "whose tokens the mount trusts"),
        need(format!("{engine}/config/{connection}"), &["read"], "where the connection leads"),
        need(format!("sys/policies/acl/{name}"), OBJECT, "the migration's policy"),
        need(format!("auth/{auth}/role/{name}"), OBJECT, "the migration's login role"),
        need(format!("{engine}/roles/{name}"), OBJECT, "the migration's database role"),
        need(format!("sys/leases/lookup/{engine}/creds/{name}"), &["list", "sudo"], "what is still live"),
        need(
            format!("sys/leases/revoke-prefix/{engine}/creds/{name}"),
            &["update", "sudo"],
            "ending what is still live",
        ),
    ]
}

/// The least policy for Tenure's own token, for the operator to review and write.
///
/// It cannot take a credential (`creds` is not in it) and touches only objects named `tenure-…`. Whoever may write
/// policies can still widen what such a role buys, so a namespace of its own is the better place for it.
///
/// # Errors
/// [`PlanError`] when the intent's mounts cannot stand in a path.
pub fn adapter_policy(intent: &Intent) -> Result<String, PlanError> {
    let mounts = Mounts::of(intent)?;
    let mut text = String::from("# What Tenure's own token needs for handoffs through these mounts.\n");
    for need in needs(&mounts, &format!("{}*", Mark::PREFIX)) {
        let quoted: Vec<String> = need.capabilities.iter().map(|word| format!("\"{word}\"")).collect();
        let _ = write!(
            text,
            "\n# {}\npath \"{}\" {{\n  capabilities = [{}]\n}}\n",
            need.why,
            need.path,
            quoted.join(", ")
        );
    }
    Ok(text)
}

/// What our token may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Permissions {
    pub(crate) is_admin: bool,
    pub(crate) may_take_credentials: bool,
    pub(crate) may_write_any_policy: bool,
    pub(crate) missing: Vec<String>,
}

/// Asks the server what our token may do with one migration's objects.
pub(crate) async fn ask(client: &Client, mounts: &Mounts, mark: &Mark) -> Result<Permissions, BrokerError> {
    const NOT_OURS: &str = "sys/policies/acl/not-made-by-tenure";
    let mut needs = needs(mounts, &mark.name);
    needs.retain(|need| !(client.is_in_namespace() && need.path == AUDIT));
    let creds = mounts.creds_path(mark);
    let mut paths: Vec<&str> = needs.iter().map(|need| need.path.as_str()).collect();
    paths.extend([creds.as_str(), NOT_OURS]);
    let said = ask_paths(client, &paths).await?;
    let has = |path: &str, wanted: &str| {
        said[path].as_array().is_some_and(|words| words.iter().any(|word| word == wanted || word == "root"))
    };
    let missing = needs
        .iter()
        .filter_map(|need| {
            let lacking: Vec<&str> =
                need.capabilities.iter().copied().filter(|word| !has(&need.path, word)).collect();
            (!lacking.is_empty()).then(|| format!("{}: {}", need.path, lacking.join(", ")))
        })
        .collect();
    Ok(Permissions {
        is_admin: is_admin(client).await?,
        may_take_credentials: has(&creds, "read"),
        may_write_any_policy: has(NOT_OURS, "create") || has(NOT_OURS, "update"),
        missing,
    })
}

/// What the token may do at these paths.
pub(crate) async fn ask_paths(client: &Client, paths: &[&str]) -> Result<Value, BrokerError> {
    const PATH: &str = "sys/capabilities-self";
    let answer = client.write(PATH, &json!({"paths": paths})).await?;
    match answer.get("data") {
        Some(said) if said.is_object() => Ok(said.clone()),
        _ => Err(client.unexpected(PATH, "an answer without data")),
    }
}

/// True for a token with the root policy, and for one that may do as much.
pub(crate) async fn is_admin(client: &Client) -> Result<bool, BrokerError> {
    const EVERYTHING: &str = "sys/policies/acl/root-test-of-tenure";
    const SEAL: &str = "sys/seal";
    let me = client.read("auth/token/lookup-self").await?;
    let has_root_policy = me
        .as_ref()
        .and_then(|me| me["policies"].as_array())
        .is_some_and(|policies| policies.iter().any(|policy| policy == "root"));
    if has_root_policy {
        return Ok(true);
    }
    let said = ask_paths(client, &[EVERYTHING, SEAL]).await?;
    let may = |path: &str, wanted: &str| {
        said[path].as_array().is_some_and(|words| words.iter().any(|word| word == wanted || word == "root"))
    };
    Ok(may(EVERYTHING, "create") && may(SEAL, "update") && may(SEAL, "sudo"))
}
