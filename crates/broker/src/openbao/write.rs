//! Making one object: read, write only if nothing is there, read back, compare.

use reqwest::Method;
use serde_json::Value;
use tenure_model::{Receipt, Step, StepState};

use crate::contract::Work;
use crate::difference::{differences, readback_hash};
use crate::mark::Mark;
use crate::openbao::client::Client;
use crate::openbao::objects::{AUTH_ROLE, ENGINE_ROLE, Mounts, POLICY, is_ours};
use crate::openbao::receipt;
use crate::{BrokerError, PlanError};

/// What a policy's entry says about itself rather than about access; it changes with every write.
const POLICY_CLOCKWORK: [&str; 2] = ["modified", "version"];

/// One object of a migration, and where it stands.
pub(crate) struct Object<'a> {
    pub(crate) step: &'a Step,
    pub(crate) mark: Mark,
    pub(crate) mounts: Mounts,
}

/// The names of a plan's objects, made again from its intent: a path in a stored plan is not trusted by itself.
pub(crate) fn names(work: &Work<'_>) -> Result<(Mark, Mounts), BrokerError> {
    let unfit = |error: PlanError| BrokerError::NotYet(error.to_string());
    let mark = Mark::of(&work.plan.migration_id).map_err(unfit)?;
    let mounts = Mounts::of(&work.plan.intent).map_err(unfit)?;
    Ok((mark, mounts))
}

impl<'a> Object<'a> {
    /// The object of a step, when the step is one of ours.
    pub(crate) fn of(work: &Work<'_>, step: &'a Step) -> Result<Self, BrokerError> {
        let (mark, mounts) = names(work)?;
        let path = match step.kind.as_str() {
            POLICY => Mounts::policy_path(&mark),
            ENGINE_ROLE => mounts.engine_role_path(&mark),
            AUTH_ROLE => mounts.auth_role_path(&mark),
            _ => String::new(),
        };
        if path.is_empty() || path != step.target {
            return Err(BrokerError::UnknownStep { seq: step.seq, kind: step.kind.clone() });
        }
        Ok(Self { step, mark, mounts })
    }

    /// True when what is there carries our mark.
    pub(crate) fn is_ours(&self, live: &Value) -> bool {
        is_ours(&self.step.kind, &self.mark, live)
    }

    /// What is not as the plan and the step's receipt say, in words.
    pub(crate) fn drift(&self, work: &Work<'_>, live: Option<&Value>) -> Vec<String> {
        let target = &self.step.target;
        let receipt = work.receipts.iter().rev().find(|receipt| receipt.seq == self.step.seq);
        let made = receipt
            .filter(|receipt| matches!(receipt.state, StepState::Done | StepState::AlreadyThere))
            .map(|receipt| receipt.readback_hash.as_deref());
        match (live, made) {
            (None, None) => Vec::new(),
            (None, Some(_)) => vec![format!("{target} was made and is gone")],
            (Some(live), _) if !self.is_ours(live) => {
                vec![format!("{target} is there, and is not of this migration")]
            }
            (Some(live), made) => {
                let mut drift: Vec<String> = differences(&self.step.body, live)
                    .into_iter()
                    .map(|difference| format!("{target}: {difference}"))
                    .collect();
                let touched = made.flatten().is_some_and(|hash| hash != readback_hash(live));
                if drift.is_empty() && touched {
                    drift.push(format!(
                        "{target} was changed since it was made, in a field the plan does not speak of"
                    ));
                }
                drift
            }
        }
    }
}

/// The object as it is now, without the server's own clockwork.
pub(crate) async fn live(client: &Client, object: &Object<'_>) -> Result<Option<Value>, BrokerError> {
    let mut found = client.read(&object.step.target).await?;
    if let (POLICY, Some(Value::Object(fields))) = (object.step.kind.as_str(), found.as_mut()) {
        fields.retain(|name, _| !POLICY_CLOCKWORK.contains(&name.as_str()));
    }
    Ok(found)
}

/// Makes the object, or finds it made.
pub(crate) async fn apply(
    client: &Client,
    object: &Object<'_>,
    work: &Work<'_>,
) -> Result<Receipt, BrokerError> {
    let step = object.step;
    if let Some(found) = live(client, object).await? {
        return Ok(judge_found(object, &found, work.resumed));
    }
    let mut body = step.body.clone();
    if step.kind == POLICY {
        body["cas"] = Value::from(-1); // create only; roles have no such thing, their names are ours alone
    }
    let reply = client.send(Method::PUT, &step.target, Some(&body)).await?;
    if !reply.is_success() {
        // Another worker may have been faster (400 from a policy's cas, 500 from a role's transaction): then the
        // object is there, and is judged like any other.
        if matches!(reply.status, 400 | 500)
            && let Some(found) = live(client, object).await?
        {
            return Ok(judge_found(object, &found, true));
        }
        return Err(client.failure(&step.target, &reply));
    }
    let found = live(client, object)
        .await?
        .ok_or_else(|| client.unexpected(&step.target, "it was written, and is not there"))?;
    let wrong = differences(&step.body, &found);
    if !wrong.is_empty() || !object.is_ours(&found) {
        let detail = format!("it was written, and reads back otherwise: {}", wrong.join("; "));
        return Ok(receipt(step, StepState::Conflict, Some(found), None, detail));
    }
    Ok(receipt(step, StepState::Done, None, Some(&found), "made and read back".to_owned()))
}

fn judge_found(object: &Object<'_>, found: &Value, resumed: bool) -> Receipt {
    let step = object.step;
    let conflict = |detail: String| receipt(step, StepState::Conflict, Some(found.clone()), None, detail);
    if !object.is_ours(found) {
        return conflict("something else has this name; nothing was changed".to_owned());
    }
    let wrong = differences(&step.body, found);
    if !wrong.is_empty() {
        return conflict(format!("someone changed it; nothing was changed: {}", wrong.join("; ")));
    }
    let detail =
        if resumed { "made by an earlier attempt, as planned" } else { "was there already, as planned" };
    receipt(step, StepState::AlreadyThere, None, Some(found), detail.to_owned())
}
