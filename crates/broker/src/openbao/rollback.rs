//! Taking one object away, and everything that was issued through it.
//!
//! Steps are undone from the last to the first: the login role goes, so that nobody new gets in; then what the engine
//! issued is revoked at the target, synchronously, and the engine's role goes; then the policy. A login whose
//! revocation fails stops the rollback: `revoke-force` would forget the lease and leave the login alive, so it is never used.

use reqwest::Method;
use serde_json::{Value, json};
use tenure_model::{Receipt, StepState};

use crate::BrokerError;
use crate::openbao::client::Client;
use crate::openbao::objects::{AUTH_ROLE, ENGINE_ROLE};
use crate::openbao::receipt;
use crate::openbao::write::{Object, live};

/// Listing every token of a large server to find a handful is not worth it; their policy goes anyway.
const ACCESSORS_MAX: usize = 10_000;

/// Undoes one step.
pub(crate) async fn undo(client: &Client, object: &Object<'_>) -> Result<Receipt, BrokerError> {
    let step = object.step;
    let found = live(client, object).await?;
    if let Some(found) = &found
        && !object.is_ours(found)
    {
        let detail = "it is not of this migration; a person must decide".to_owned();
        return Ok(receipt(step, StepState::Conflict, Some(found.clone()), None, detail));
    }
    // Leases outlive their role, so they are ended even when the role is gone already.
    let mut ended = match step.kind.as_str() {
        ENGINE_ROLE => revoke_leases(client, object).await?,
        _ => String::new(),
    };
    if found.is_some() {
        client.delete(&step.target).await?;
        if live(client, object).await?.is_some() {
            return Err(client.unexpected(&step.target, "it was deleted, and is still there"));
        }
    }
    match step.kind.as_str() {
        // Whatever was issued between the first look and the role's end.
        ENGINE_ROLE => drop(revoke_leases(client, object).await?),
        AUTH_ROLE => ended = revoke_tokens(client, object).await?,
        _ => {}
    }
    let what = if found.is_some() { "deleted, and read back as gone" } else { "was gone already" };
    let detail = if ended.is_empty() { what.to_owned() } else { format!("{what}; {ended}") };
    Ok(receipt(step, StepState::Undone, found, None, detail))
}

/// Ends every credential that the engine's role issued: asks, waits for the answer, and looks.
async fn revoke_leases(client: &Client, object: &Object<'_>) -> Result<String, BrokerError> {
    let creds = object.mounts.creds_path(&object.mark);
    let look = format!("sys/leases/lookup/{creds}");
    let before = client.list(&look).await?.len();
    if before == 0 {
        return Ok("no credential was live".to_owned());
    }
    let path = format!("sys/leases/revoke-prefix/{creds}");
    let reply = client.send(Method::PUT, &path, Some(&json!({"sync": true}))).await?;
    let after = client.list(&look).await?.len();
    if reply.is_success() && after == 0 {
        return Ok(format!("{before} live credentials revoked at the target"));
    }
    let said =
        if reply.is_success() { String::new() } else { format!(" ({})", client.failure(&path, &reply)) };
    Err(BrokerError::StillLive {
        detail: format!(
            "{after} credentials of {creds} could not be revoked{said}; their logins carry the comment {:?} at the target, \
             and may still work until the target is repaired and this is tried again",
            object.mark.text
        ),
    })
}

/// Ends the tokens that came from our login role, where our token may look for them. It usually may not, and then the
/// policy's end leaves them without any right until they run out.
async fn revoke_tokens(client: &Client, object: &Object<'_>) -> Result<String, BrokerError> {
    const LIST: &str = "auth/token/accessors";
    const LEFT: &str = "tokens that came from it keep no right once the policy is gone";
    let accessors = match client.list(LIST).await {
        Ok(accessors) if accessors.len() <= ACCESSORS_MAX => accessors,
        Ok(_) | Err(BrokerError::Forbidden { .. }) => return Ok(LEFT.to_owned()),
        Err(error) => return Err(error),
    };
    let login = format!("auth/{}/login", object.mounts.auth);
    let mut revoked = 0;
    for accessor in accessors {
        let named = json!({"accessor": accessor});
        // Gone between the list and the look, or not ours to see: either way not one that we can end.
        let Ok(answer) = client.write("auth/token/lookup-accessor", &named).await else { continue };
        let token = &answer["data"];
        let ours = token["path"] == login.as_str()
            && token["meta"]["role"] == object.mark.name.as_str()
            && token["policies"].as_array().is_some_and(|policies| is_only(policies, &object.mark.name));
        if ours {
            client.write("auth/token/revoke-accessor", &named).await?;
            revoked += 1;
        }
    }
    Ok(format!("{revoked} tokens that came from it revoked"))
}

fn is_only(policies: &[Value], name: &str) -> bool {
    policies.iter().all(|policy| policy == name)
}
