//! The three objects of a migration, as OpenBao takes them: pure functions of the intent.

use serde_json::{Value, json};
use tenure_model::{Intent, Phase, Step};

use crate::PlanError;
use crate::mark::Mark;
use crate::target::privilege;

/// Kind of the step that makes the policy.
pub(crate) const POLICY: &str = "policy";
/// Kind of the step that makes the role of the secrets engine.
pub(crate) const ENGINE_ROLE: &str = "engine_role";
/// Kind of the step that makes the login role. Made last: it opens the door.
pub(crate) const AUTH_ROLE: &str = "auth_role";

/// A claim that every token has. It is copied into a metadata field whose name is the mark.
const MARK_CLAIM: &str = "sub";

/// The intent's mounts, checked for use in a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mounts {
    pub(crate) auth: String,
    pub(crate) engine: String,
    pub(crate) connection: String,
}

impl Mounts {
    /// Takes them from an intent.
    pub(crate) fn of(intent: &Intent) -> Result<Self, PlanError> {
        if intent.what.engine != "database" || intent.target.kind != "postgresql" {
            return Err(PlanError::Unsupported(format!(
                "OpenBao is used for database credentials of PostgreSQL here, not for {:?} at {:?}; \
                 the files broker writes what to review",
                intent.what.engine, intent.target.kind
            )));
        }
        let auth = intent.auth_mount.as_deref().unwrap_or_default();
        Ok(Self {
            auth: path_part("auth_mount", auth)?,
            engine: path_part("what.mount", &intent.what.mount)?,
            connection: path_part("what.connection", &intent.what.connection)?,
        })
    }

    pub(crate) fn policy_path(mark: &Mark) -> String {
        format!("sys/policies/acl/{}", mark.name)
    }

    pub(crate) fn auth_role_path(&self, mark: &Mark) -> String {
        format!("auth/{}/role/{}", self.auth, mark.name)
    }

    pub(crate) fn engine_role_path(&self, mark: &Mark) -> String {
        format!("{}/roles/{}", self.engine, mark.name)
    }

    pub(crate) fn creds_path(&self, mark: &Mark) -> String {
        format!("{}/creds/{}", self.engine, mark.name)
    }
}

/// A mount or name that stands in a URL path: nothing in it may mean anything there.
fn path_part(field: &'static str, value: &str) -> Result<String, PlanError> {
    const CHARS_MAX: usize = 128;
    let refuse = |reason: &str| PlanError::Intent { field, reason: reason.to_owned() };
    let value = value.trim_matches('/');
    if value.is_empty() {
        return Err(refuse("is not set; it must exist at the broker already"));
    }
    if value.len() > CHARS_MAX {
        return Err(refuse("is longer than 128 characters"));
    }
    let whole = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    if value.split('/').all(whole) {
        Ok(value.to_owned())
    } else {
        Err(refuse("may hold only letters, digits, '-', '_', '.', and '/' between parts"))
    }
}

/// The steps that make the objects, in the order of the least exposure.
pub(crate) fn steps(mark: &Mark, intent: &Intent) -> Result<Vec<Step>, PlanError> {
    let mounts = Mounts::of(intent)?;
    let step = |seq: u32, kind: &str, title: String, target: String, body: Value| Step {
        seq,
        kind: kind.to_owned(),
        title,
        phase: Phase::Apply,
        reads_before_write: vec![target.clone()],
        undo: undo(kind, &mounts, mark),
        target,
        body,
        destructive: false,
    };
    Ok(vec![
        step(
            1,
            POLICY,
            format!("Write the policy {}: take this credential, end it, nothing else", mark.name),
            Mounts::policy_path(mark),
            policy(mark, &mounts),
        ),
        step(
            2,
            ENGINE_ROLE,
            format!("Make the database role {}: {}", mark.name, intent.what.privilege),
            mounts.engine_role_path(mark),
            engine_role(mark, intent, &mounts)?,
        ),
        step(
            3,
            AUTH_ROLE,
            format!("Let {} log in as {}", intent.who.subject, mark.name),
            mounts.auth_role_path(mark),
            auth_role(mark, intent),
        ),
    ])
}

fn undo(kind: &str, mounts: &Mounts, mark: &Mark) -> String {
    match kind {
        AUTH_ROLE => {
            format!("delete {}, and revoke the tokens that came from it", mounts.auth_role_path(mark))
        }
        ENGINE_ROLE => format!(
            "revoke every lease of {} at the target, then delete {}",
            mounts.creds_path(mark),
            mounts.engine_role_path(mark)
        ),
        _ => format!("delete {}", Mounts::policy_path(mark)),
    }
}

fn policy(mark: &Mark, mounts: &Mounts) -> Value {
    json!({
        "policy": format!(
            "# {}\n\
             # The workload takes its own short-lived credential ...\n\
             path \"{}\" {{\n  capabilities = [\"read\"]\n}}\n\
             # ... and ends its own access when the work is done: its leases end with its token.\n\
             path \"auth/token/revoke-self\" {{\n  capabilities = [\"update\"]\n}}\n",
            mark.text,
            mounts.creds_path(mark),
        ),
    })
}

/// The token lives as long as one credential may, since a credential ends with its token.
fn auth_role(mark: &Mark, intent: &Intent) -> Value {
    let ttl = intent.ttl_seconds;
    json!({
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_audiences": [intent.who.audience],
        "bound_subject": intent.who.subject,
        "bound_claims": intent.who.claims,
        "bound_claims_type": "string",
        "claim_mappings": { MARK_CLAIM: mark.field },
        "token_policies": [mark.name],
        "token_no_default_policy": true,
        "token_ttl": ttl,
        "token_max_ttl": ttl,
        "token_explicit_max_ttl": ttl,
        "token_period": 0,
        // One use would not be enough: OpenBao then withholds the credential that the use has bought.
        "token_num_uses": 0,
        "token_type": "service",
    })
}

fn engine_role(mark: &Mark, intent: &Intent, mounts: &Mounts) -> Result<Value, PlanError> {
    let grants = privilege::parse(&intent.what.privilege)
        .map_err(|reason| PlanError::Intent { field: "what.privilege", reason })?;
    let role = "\"{{name}}\"";
    let mut creation = vec![
        format!(
            "{} CREATE ROLE {role} LOGIN PASSWORD '{{{{password}}}}' VALID UNTIL '{{{{expiration}}}}'",
            sql_comment(mark)
        ),
        // Whoever meets the login at the target can tell whose it is.
        format!("COMMENT ON ROLE {role} IS '{}'", mark.text),
    ];
    creation.extend(grants.iter().map(|grant| grant.grant(role)));
    // Sessions end first: dropping a login leaves its open sessions alive.
    let mut revocation = vec![
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE usesysid = (SELECT oid FROM pg_roles WHERE rolname = '{{name}}')"
            .to_owned(),
    ];
    revocation.extend(grants.iter().rev().map(|grant| grant.revoke(role)));
    revocation.push(format!("DROP ROLE IF EXISTS {role}"));
    Ok(json!({
        "db_name": mounts.connection,
        "creation_statements": creation,
        "revocation_statements": revocation,
        "renew_statements": [],
        "rollback_statements": [],
        "default_ttl": intent.ttl_seconds,
        "max_ttl": intent.ttl_seconds,
    }))
}

fn sql_comment(mark: &Mark) -> String {
    format!("/* {} */", mark.text)
}

/// True when a live object carries exactly this migration's mark.
pub(crate) fn is_ours(kind: &str, mark: &Mark, live: &Value) -> bool {
    match kind {
        POLICY => live["policy"]
            .as_str()
            .and_then(|text| text.lines().next())
            .is_some_and(|line| line == format!("# {}", mark.text)),
        AUTH_ROLE => live["claim_mappings"][MARK_CLAIM] == mark.field.as_str(),
        ENGINE_ROLE => live["creation_statements"][0]
            .as_str()
            .is_some_and(|statement| statement.starts_with(&format!("{} ", sql_comment(mark)))),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> Mark {
        Mark::of("m1").unwrap()
    }

    #[test]
    fn a_mark_is_the_whole_mark() {
        let longer = Mark::of("m10").unwrap();
        for (kind, live) in [
            (POLICY, json!({"policy": "# tenure:m1\npath"})),
            (AUTH_ROLE, json!({"claim_mappings": {"sub": "tenure/m1"}})),
            (ENGINE_ROLE, json!({"creation_statements": ["/* tenure:m1 */ CREATE ROLE"]})),
        ] {
            assert!(is_ours(kind, &mark(), &live), "{kind}");
            assert!(!is_ours(kind, &longer, &live), "{kind}");
            assert!(!is_ours(kind, &mark(), &json!({})), "{kind}");
        }
    }

    #[test]
    fn a_mount_cannot_leave_its_place_in_a_path() {
        for bad in
            ["", "/", "..", "a/../sys", "a//b", "a?list=true", "a#b", "a%2fb", "a b", "a\\b", "a*", "a+", "ä"]
        {
            assert!(path_part("what.mount", bad).is_err(), "{bad:?}");
        }
        assert_eq!(path_part("what.mount", "team/database/").unwrap(), "team/database");
    }
}
