//! The new access, tried from one end to the other as the workload would use it: log in, take a credential, use it,
//! fail to lengthen it, end it, and be refused.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::contract::Work;
use crate::openbao::client::Client;
use crate::openbao::write::names;
use crate::target::{credential, privilege};
use crate::{BrokerError, Connection, Secret};

/// Leases end with their token a moment after the server has said so.
const END_ATTEMPTS: u32 = 50;
const END_PAUSE: Duration = Duration::from_millis(200);

/// What was tried, and whether it went as it should.
type Tried = Vec<(bool, String)>;

/// Runs the drill with a token that the workload's platform signed. Our own token takes no part in it.
pub(crate) async fn run(
    connection: &Connection,
    work: &Work<'_>,
    workload: &Secret,
) -> Result<Tried, BrokerError> {
    let (mark, mounts) = names(work)?;
    let ttl = u64::from(work.plan.intent.ttl_seconds);
    let stranger = Client::new(connection, None)?;
    let login_path = format!("auth/{}/login", mounts.auth);
    let shown = json!({"role": mark.name, "jwt": workload.expose()});
    let reply = stranger.send(Method::PUT, &login_path, Some(&shown)).await?;
    if !reply.is_success() {
        return Ok(vec![(
            false,
            format!("the workload's token is refused at {login_path} ({})", reply.status),
        )]);
    }
    let auth = &reply.body["auth"];
    let token = text(auth, "client_token", &stranger, &login_path)?;
    let lives = auth["lease_duration"].as_u64().unwrap_or(u64::MAX);
    let alone =
        auth["policies"].as_array().is_some_and(|policies| policies.iter().all(|p| *p == mark.name.as_str()));
    let mut tried = vec![
        (lives <= ttl, format!("the workload logs in; its token lives {lives} s")),
        (alone, "its token has our policy and no other".to_owned()),
    ];
    let client = Client::new(connection, Some(Secret::new(&token)?))?;
    let outcome = use_credential(&client, work, &mounts.creds_path(&mark), &mut tried).await;
    // The token ends whatever happened in between.
    let ended = client.write("auth/token/revoke-self", &json!({})).await;
    let credential = outcome?;
    tried.push((ended.is_ok(), "the workload ends its own token".to_owned()));
    if let Some((user, password)) = credential {
        tried.push(refused_after_end(work, &user, &password).await?);
    }
    Ok(tried)
}

/// Takes a credential and uses it; what it was, so that its end can be tried.
async fn use_credential(
    client: &Client,
    work: &Work<'_>,
    creds: &str,
    tried: &mut Tried,
) -> Result<Option<(String, Secret)>, BrokerError> {
    let ttl = u64::from(work.plan.intent.ttl_seconds);
    let reply = client.send(Method::GET, creds, None).await?;
    if !reply.is_success() {
        tried.push((false, format!("no credential from {creds} ({})", client.failure(creds, &reply))));
        return Ok(None);
    }
    let lives = reply.body["lease_duration"].as_u64().unwrap_or(u64::MAX);
    tried.push((lives <= ttl, format!("{creds} gives a credential that lives {lives} s")));
    let user = text(&reply.body["data"], "username", client, creds)?;
    let password = Secret::new(&text(&reply.body["data"], "password", client, creds)?)?;
    let grants = privilege::parse(&work.plan.intent.what.privilege).map_err(BrokerError::NotYet)?;
    tried.extend(credential::try_out(&work.plan.intent.target, &user, &password, &grants, ttl).await?);

    const RENEW: &str = "sys/leases/renew";
    let lease = json!({"lease_id": reply.body["lease_id"]});
    let renewed = client.send(Method::PUT, RENEW, Some(&lease)).await?;
    tried.push((renewed.status == 403, format!("lengthening it is refused ({})", renewed.status)));
    Ok(Some((user, password)))
}

async fn refused_after_end(
    work: &Work<'_>,
    user: &str,
    password: &Secret,
) -> Result<(bool, String), BrokerError> {
    for _ in 0..END_ATTEMPTS {
        if credential::is_refused(&work.plan.intent.target, user, password).await? {
            return Ok((true, "the credential is refused at the target after its end".to_owned()));
        }
        tokio::time::sleep(END_PAUSE).await;
    }
    Ok((false, "the credential still works at the target after its end".to_owned()))
}

fn text(data: &Value, field: &str, client: &Client, path: &str) -> Result<String, BrokerError> {
    data[field]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| client.unexpected(path, "an answer without its credential"))
}
