//! The broker's objects and the papers of the migration.

use serde_json::{Value, json};
use tenure_model::Intent;

use super::login::{Engine, Login};
use crate::plan::case::json_text;

/// Uses of one broker token: one for the login, one to end itself, one to try again. With a single use no
/// broker hands out a lease, because the lease would end with the token.
const TOKEN_USES: u32 = 3;

/// Everything that is made at the broker for one migration.
pub(super) struct Broker<'a> {
    pub(super) name: String,
    pub(super) intent: &'a Intent,
    pub(super) login: &'a Login,
}

impl Broker<'_> {
    /// What the workload may do at the broker: get this one login, and end itself.
    pub(super) fn policy(&self) -> String {
        let (mount, name) = (&self.intent.what.mount, &self.name);
        format!(
            "# One path: a login of this role, and no other.\n\
             path \"{mount}/creds/{name}\" {{\n  capabilities = [\"read\"]\n}}\n\n\
             # The token has no default policy, so the right to end itself stands here.\n\
             path \"auth/token/revoke-self\" {{\n  capabilities = [\"update\"]\n}}\n"
        )
    }

    /// Who may log in: bound to claims that the platform signs.
    pub(super) fn login_role(&self) -> String {
        let who = &self.intent.who;
        let or = |text: &str, placeholder: &str| {
            if text.is_empty() { placeholder.to_owned() } else { text.to_owned() }
        };
        let mut claims: serde_json::Map<String, Value> =
            who.claims.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        if claims.is_empty() {
            claims.insert("<CLAIM>".into(), json!("<VALUE>"));
        }
        let seconds = format!("{}s", self.intent.ttl_seconds);
        json_text(&json!({
            "role_type": "jwt",
            "user_claim": "sub",
            "bound_audiences": [or(&who.audience, "<AUDIENCE>")],
            "bound_subject": or(&who.subject, "<SUBJECT>"),
            "bound_claims_type": "string",
            "bound_claims": claims,
            "token_type": "service",
            "token_policies": [self.name],
            "token_no_default_policy": true,
            "token_ttl": seconds,
            "token_explicit_max_ttl": seconds,
            "token_num_uses": TOKEN_USES,
        }))
    }

    /// How the broker makes and ends a login at the database; `None` for a database that nobody named.
    pub(super) fn database_role(&self) -> Option<String> {
        let (creation, revocation) = match self.login.engine {
            Engine::Postgresql => self.postgresql(),
            Engine::Mysql => self.mysql(),
            Engine::Unknown | Engine::Other => return None,
        };
        let seconds = format!("{}s", self.intent.ttl_seconds);
        let connection = &self.intent.what.connection;
        Some(json_text(&json!({
            "db_name": if connection.is_empty() { "<CONNECTION>" } else { connection },
            "creation_statements": creation,
            "revocation_statements": revocation,
            "default_ttl": seconds,
            "max_ttl": seconds,
        })))
    }

    /// Sessions are ended before the role is dropped: dropping alone leaves them open.
    fn postgresql(&self) -> (Vec<String>, Vec<String>) {
        let mut creation = vec![
            "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}';"
                .to_owned(),
        ];
        let mut revocation = vec![
            "ALTER ROLE \"{{name}}\" NOLOGIN;".to_owned(),
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = (SELECT oid FROM pg_roles WHERE rolname = '{{name}}');".to_owned(),
        ];
        for (actions, object) in self.privileges() {
            creation.push(format!("GRANT {actions} ON {} TO \"{{{{name}}}}\";", quoted(&object)));
            revocation.push(format!("REVOKE ALL PRIVILEGES ON {} FROM \"{{{{name}}}}\";", quoted(&object)));
        }
        revocation.push("DROP ROLE IF EXISTS \"{{name}}\";".to_owned());
        (creation, revocation)
    }

    fn mysql(&self) -> (Vec<String>, Vec<String>) {
        let mut creation = vec!["CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}';".to_owned()];
        creation.extend(
            self.privileges()
                .iter()
                .map(|(actions, object)| format!("GRANT {actions} ON {object} TO '{{{{name}}}}'@'%';")),
        );
        let revocation = vec![
            "ALTER USER '{{name}}'@'%' ACCOUNT LOCK;".to_owned(),
            "DROP USER IF EXISTS '{{name}}'@'%';".to_owned(),
        ];
        (creation, revocation)
    }

    /// Actions and objects; placeholders that no database accepts where nothing is known.
    fn privileges(&self) -> Vec<(String, String)> {
        let known: Vec<(String, String)> = self
            .login
            .privileges
            .iter()
            .filter_map(|privilege| privilege.split_once(" ON "))
            .map(|(actions, object)| (actions.to_owned(), object.to_owned()))
            .collect();
        if known.is_empty() { vec![("<PRIVILEGE>".into(), "<OBJECT>".into())] } else { known }
    }

    /// How the old password ends: its login disabled first, dropped last.
    pub(super) fn removal(&self) -> Vec<String> {
        let old = self.old_login();
        let (disable, drop) = match self.login.engine {
            Engine::Mysql => (
                format!("ALTER USER '{old}' ACCOUNT LOCK, and kill its sessions in the process list"),
                format!("DROP USER '{old}'"),
            ),
            _ => (
                format!("ALTER ROLE \"{old}\" NOLOGIN, and end its sessions by pg_terminate_backend"),
                format!("DROP ROLE \"{old}\""),
            ),
        };
        vec![
            "See one task succeed with a login of the broker.".into(),
            format!("Disable the old login, and do not drop it yet: {disable}."),
            "Prove that it is dead: the old password, which worked before, is refused now; so is one that never was right; and the old login has no session left.".into(),
            "Wait 7 to 30 days. If something breaks, let the old login in again, find that consumer, and begin anew.".into(),
            format!("Drop the old login: {drop}, after giving what it owns to somebody else."),
            "Remove the old password from every file, secret store and history that holds it.".into(),
        ]
    }

    /// The same with the statements, as a list to tick off.
    pub(super) fn removal_text(&self, removal: &[String]) -> String {
        let mut text =
            "# How the old login ends\n\nIn this order. Dropping first would leave no way back.\n\n"
                .to_owned();
        for step in removal {
            text.push_str(&format!("- [ ] {step}\n"));
        }
        if matches!(self.login.engine, Engine::Postgresql | Engine::Unknown) {
            let old = self.old_login();
            text.push_str(&format!(
                "\n```sql\n\
                 -- Disable: reversible.\n\
                 ALTER ROLE \"{old}\" NOLOGIN;\n\
                 SELECT pg_terminate_backend(pid) FROM pg_stat_activity\n \
                  WHERE usesysid = (SELECT oid FROM pg_roles WHERE rolname = '{old}');\n\n\
                 -- Undo, if something still needed it.\n\
                 -- ALTER ROLE \"{old}\" LOGIN;\n\n\
                 -- Drop, after the wait. REASSIGN and DROP OWNED must run in every database where it owns or may do something.\n\
                 -- REASSIGN OWNED BY \"{old}\" TO <NEW_OWNER>;\n\
                 -- DROP OWNED BY \"{old}\";\n\
                 -- DROP ROLE \"{old}\";\n\
                 ```\n"
            ));
        }
        text
    }

    /// How the workload gets and ends its login.
    pub(super) fn notes(&self, in_workflow: bool) -> String {
        let (mount, name) = (&self.intent.what.mount, &self.name);
        let seconds = self.intent.ttl_seconds;
        let mut text = format!(
            "# {name}\n\n\
             1. Write `policy.hcl` as the policy `{name}`, `jwt-role.json` as the login role `{name}`, and `database-role.json` as the role `{name}` of the engine `{mount}`.\n\
             2. Let the workload get its login at its start and end it at its end, as below.\n\
             3. Follow `removal.md`.\n\n\
             A login lives {seconds} seconds and cannot be renewed: a longer task asks again, and that is a new decision.\n\
             The token may be used {TOKEN_USES} times: to get the login, to end itself, and once more for a retry. With a single use the broker\n\
             would end the login at once; fewer than 2 never works.\n\n"
        );
        text.push_str(if in_workflow { WORKFLOW_NOTE } else { APPLICATION_NOTE });
        text.replace("{mount}", mount).replace("{name}", name)
    }

    fn old_login(&self) -> &str {
        self.login.user.as_deref().unwrap_or("<OLD_LOGIN>")
    }
}

/// `schema.table` with each part in quotes; placeholders stay as they are.
fn quoted(object: &str) -> String {
    if object.starts_with('<') {
        return object.to_owned();
    }
    object.split('.').map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(".")
}

const WORKFLOW_NOTE: &str = r#"## In the workflow

The job needs `permissions: id-token: write`. Remove the secret with the old password from its `env` and inputs.

```yaml
      - name: Get a database login
        run: |
          jwt=$(curl -sSf -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=$BAO_AUDIENCE" | jq -r .value)
          token=$(curl -sSf "$BAO_ADDR/v1/auth/$BAO_AUTH_MOUNT/login" -d "{\"role\": \"{name}\", \"jwt\": \"$jwt\"}" | jq -r .auth.client_token)
          echo "::add-mask::$token"
          login=$(curl -sSf -H "X-Vault-Token: $token" "$BAO_ADDR/v1/{mount}/creds/{name}")
          password=$(jq -r .data.password <<< "$login")
          echo "::add-mask::$password"
          { echo "BAO_TOKEN=$token"; echo "PGUSER=$(jq -r .data.username <<< "$login")"; echo "PGPASSWORD=$password"; } >> "$GITHUB_ENV"

      # … the task …

      - name: End the database login
        if: always()
        run: curl -sSf -X POST -H "X-Vault-Token: $BAO_TOKEN" "$BAO_ADDR/v1/auth/token/revoke-self"
```
"#;

const APPLICATION_NOTE: &str = r#"## In the application

At its start the workload proves who it is (a token of its platform), logs in at the broker as `{name}`, and reads
`{mount}/creds/{name}`. It keeps the login in memory only. Before the time limit it asks again with a fresh token and
moves its connections over; at its end it calls `auth/token/revoke-self`, which ends the login too.
"#;
