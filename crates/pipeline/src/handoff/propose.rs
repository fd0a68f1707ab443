//! From an identity to a plan that a person can approve. Nothing outside is changed.

use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use serde_json::Value;
use tenure_assess::Rules;
use tenure_broker::{Broker, Capabilities, Proposal, Reach};
use tenure_inventory::Inventory;
use tenure_model::{HandoffPlan, Intent, Migration, MigrationState, Step, Timestamp};

use super::HandoffContext;
use crate::Failure;
use crate::brokers::open_broker;
use crate::reading::{judged, resolve_id};
use crate::scanning::RootText;

/// What a proposal answers.
#[derive(Debug, Clone, Serialize)]
pub struct Proposed {
    /// Given once.
    pub migration_id: String,
    /// `draft`.
    pub state: MigrationState,
    /// What an approval is bound to.
    pub plan_sha256: String,
    /// What would be done.
    pub steps: Vec<Step>,
    /// What must hold first.
    pub preconditions: Vec<String>,
    /// What could go wrong.
    pub warnings: Vec<String>,
}

/// Makes the plan for one identity at one broker, with what `intent` (a JSON file) adds or overrides.
///
/// # Errors
/// When the identity, the broker or the intent is unknown or unfit, or the broker is not ready for a handoff.
pub async fn propose(
    context: &HandoffContext,
    identity: &str,
    broker_name: &str,
    intent: Option<&Path>,
) -> Result<Proposed, Failure> {
    let inventory = context.store.open_existing().await?;
    let identity_id = resolve_id(&inventory, identity).await?;
    let migration = recipe_of(&inventory, &identity_id, context.now).await?;
    let base = migration.as_ref().map(|m| m.intent.clone()).unwrap_or_default();
    let intent = match intent {
        Some(file) => merge_intent(&base, file)?,
        None if migration.is_some() => base,
        None => {
            return Err(Failure::Usage(
                "no recipe fits this identity: describe the migration with --intent FILE".to_owned(),
            ));
        }
    };
    let broker = open_broker(&inventory, broker_name, context.token_file.as_deref()).await?;
    let capabilities = broker.capabilities(Some(&intent)).await?;
    let mut warnings = refuse_unfit(&capabilities, &inventory.broker(broker_name).await?.address)?;
    let migration_id = new_id(&identity_id, broker_name, context.now);
    let snapshot = broker.snapshot(&migration_id, &intent).await?;
    let artifacts = migration.map(|m| m.artifacts).unwrap_or_default();
    let mut plan = plan(broker.as_ref(), &migration_id, &identity_id, &intent, &snapshot, &artifacts)?;
    plan.broker = broker_name.to_owned();
    plan.warnings.append(&mut warnings);
    let plan_sha256 = inventory.create_migration(&plan, context.now).await?;
    inventory.close().await?;
    Ok(Proposed {
        migration_id,
        state: MigrationState::Draft,
        plan_sha256,
        steps: plan.steps,
        preconditions: plan.preconditions,
        warnings: plan.warnings,
    })
}

fn plan(
    broker: &dyn Broker,
    migration_id: &str,
    identity_id: &str,
    intent: &Intent,
    snapshot: &Value,
    artifacts: &[tenure_model::Artifact],
) -> Result<HandoffPlan, Failure> {
    Ok(broker.plan(&Proposal { migration_id, identity_id, intent, snapshot, artifacts })?)
}

/// What a recipe proposes for the identity. All identities are looked at, because a patch must hold no line with
/// anybody's secret.
async fn recipe_of(inventory: &Inventory, id: &str, now: Timestamp) -> Result<Option<Migration>, Failure> {
    let judged = judged(inventory, now).await?;
    let plan = tenure_assess::plan(&judged, Rules::embedded(), &RootText, now, true);
    Ok(plan.entries.into_iter().find(|entry| entry.identity_id == id).and_then(|entry| entry.migration))
}

/// Lays the file's JSON over the recipe's intent, key by key.
fn merge_intent(base: &Intent, file: &Path) -> Result<Intent, Failure> {
    let wrong = |why: String| Failure::Usage(format!("the intent {}: {why}", file.display()));
    let text =
        std::fs::read_to_string(file).map_err(|error| wrong(format!("cannot be read: {}", error.kind())))?;
    let over: Value = serde_json::from_str(&text).map_err(|error| wrong(format!("is not JSON: {error}")))?;
    let mut merged = serde_json::to_value(base).context("writing JSON")?;
    lay_over(&mut merged, over);
    serde_json::from_value(merged).map_err(|error| wrong(format!("does not fit: {error}")))
}

fn lay_over(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}

/// A broker that cannot be reached, records nothing, or would act with too much power is refused. On a development
/// server of this very machine the last one is only a warning.
fn refuse_unfit(found: &Capabilities, address: &str) -> Result<Vec<String>, Failure> {
    let refuse = |message: String| Err(Failure::Broker { code: "broker_unfit", message });
    match found.reach {
        Reach::Ok => {}
        Reach::Sealed => return refuse("the broker is sealed: its operator must unseal it".to_owned()),
        Reach::Unauth => return refuse("the broker does not know the token: set BAO_TOKEN or VAULT_TOKEN, or name a file with --token-file".to_owned()),
        Reach::Unreachable => return refuse("the broker does not answer: check its address with `tenure broker check`".to_owned()),
    }
    if found.audit_devices == Some(0) {
        return refuse(format!(
            "the broker has no audit device, so nothing that happens there could be shown later: add one to its configuration, for example\n{}",
            tenure_broker::AUDIT_STANZA
        ));
    }
    if !found.missing_permissions.is_empty() {
        return refuse(format!("the token lacks: {}", found.missing_permissions.join("; ")));
    }
    let mut warnings = found.warnings.clone();
    if found.self_is_admin || found.may_take_credentials {
        let why = if found.self_is_admin {
            "the token may do everything at the broker"
        } else {
            "the token may take the workload's credentials itself"
        };
        if !is_loopback(address) {
            return refuse(format!("{why}: give Tenure a token of its own with a narrow policy"));
        }
        warnings.push(format!("{why}: accepted only because the broker runs on this machine"));
    }
    Ok(warnings)
}

fn is_loopback(address: &str) -> bool {
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.strip_prefix('[').map_or_else(
        || host.split(':').next().unwrap_or_default(),
        |v6| v6.split(']').next().unwrap_or_default(),
    );
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn new_id(identity: &str, broker: &str, now: Timestamp) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [identity, broker, &now.to_string()] {
        hasher.update(part.as_bytes()).update(b"\0");
    }
    format!("m-{}", tenure_model::hex(&hasher.finalize().as_bytes()[..6]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_lays_over_key_by_key() {
        let mut base = serde_json::json!({"who": {"issuer": "a", "subject": "b"}, "ttl_seconds": 900});
        lay_over(&mut base, serde_json::json!({"who": {"subject": "c"}, "auth_mount": "jwt"}));
        assert_eq!(
            base,
            serde_json::json!({"who": {"issuer": "a", "subject": "c"}, "ttl_seconds": 900, "auth_mount": "jwt"})
        );
    }

    #[test]
    fn loopback_is_this_machine_only() {
        for address in ["http://127.0.0.1:8200", "https://localhost/x", "http://[::1]:1"] {
            assert!(is_loopback(address), "{address}");
        }
        for address in ["https://127.0.0.1.example.test", "https://bao.example.test:8200", "https://10.0.0.1"]
        {
            assert!(!is_loopback(address), "{address}");
        }
    }
}
