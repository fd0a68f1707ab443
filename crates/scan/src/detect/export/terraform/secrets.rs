//! Resources that hold a credential's value in clear, and whose it is.

use tenure_model::{Credential, CredentialState, Fact, Subject, SubjectKind, mask};

use super::super::aws::{access_key_fingerprint, account_of_key, user_alias};
use super::super::format::{Pen, value_subject};
use super::super::known_value::known_value;
use super::super::node::When;
use super::{Kept, Resource, made_by};
use crate::findings::AWS_ACCESS_KEY;

/// Bytes of a value that its mask shows.
const MASK_KEEPS: usize = 4;
/// Values shorter than this are no credentials.
const BYTES_MIN: usize = 4;

/// Resource type, attribute, kind of credential. The attributes are those that the providers document as sensitive.
const SECRETS: &[(&str, &str, &str)] = &[
    ("aws_iam_access_key", "secret", AWS_ACCESS_KEY),
    ("aws_iam_access_key", "ses_smtp_password_v4", "aws_ses_smtp"),
    ("aws_iam_user_login_profile", "password", "aws_console_password"),
    ("aws_iam_service_specific_credential", "service_password", "aws_codecommit_password"),
    ("aws_db_instance", "password", "database_password"),
    ("aws_rds_cluster", "master_password", "database_password"),
    ("aws_redshift_cluster", "master_password", "database_password"),
    ("aws_docdb_cluster", "master_password", "database_password"),
    ("aws_secretsmanager_secret_version", "secret_string", "generic_secret"),
    ("google_service_account_key", "private_key", "gcp_service_account_key"),
    ("google_sql_user", "password", "database_password"),
    ("google_secret_manager_secret_version", "secret_data", "generic_secret"),
    ("google_storage_hmac_key", "secret", "gcp_hmac_key"),
    ("google_apikeys_key", "key_string", "gcp_api_key"),
    ("azuread_application_password", "value", "entra_client_secret"),
    ("azuread_service_principal_password", "value", "entra_client_secret"),
    ("azurerm_storage_account", "primary_access_key", "azure_storage_key"),
    ("azurerm_storage_account", "secondary_access_key", "azure_storage_key"),
    ("azurerm_container_registry", "admin_password", "azure_acr_key"),
    ("azurerm_key_vault_secret", "value", "generic_secret"),
    ("azurerm_mssql_server", "administrator_login_password", "database_password"),
    ("azurerm_postgresql_flexible_server", "administrator_password", "database_password"),
    ("azurerm_mysql_flexible_server", "administrator_password", "database_password"),
    ("postgresql_role", "password", "database_password"),
    ("mysql_user", "plaintext_password", "database_password"),
    ("mongodbatlas_database_user", "password", "database_password"),
    ("snowflake_user", "password", "database_password"),
    ("random_password", "result", "generic_password"),
    ("tls_private_key", "private_key_pem", "private_key"),
    ("github_actions_secret", "plaintext_value", "github_actions_secret"),
    ("github_actions_organization_secret", "plaintext_value", "github_actions_secret"),
    ("gitlab_project_access_token", "token", "gitlab_pat"),
    ("gitlab_group_access_token", "token", "gitlab_pat"),
    ("gitlab_personal_access_token", "token", "gitlab_pat"),
    ("gitlab_deploy_token", "token", "gitlab_deploy_token"),
    ("gitlab_project_variable", "value", "generic_secret"),
    ("gitlab_group_variable", "value", "generic_secret"),
    ("vault_token", "client_token", "vault_token"),
    ("vault_approle_auth_backend_role_secret_id", "secret_id", "vault_secret_id"),
    ("databricks_token", "token_value", "databricks_token"),
    ("databricks_service_principal_secret", "secret", "databricks_oauth_secret"),
    ("okta_app_oauth", "client_secret", "okta_client_secret"),
    ("cloudflare_api_token", "value", "cloudflare_token"),
    ("datadog_api_key", "key", "datadog_api_key"),
    ("datadog_application_key", "key", "datadog_app_key"),
];

/// Notes every credential that a resource holds in clear.
pub(super) fn read(resource: &Resource<'_>, pen: &mut Pen<'_>) -> Vec<Kept> {
    let mut kept = Vec::new();
    for (_, attribute, kind) in SECRETS.iter().filter(|(of, ..)| *of == resource.kind) {
        let Some(value) = resource.text(attribute).filter(|value| value.len() >= BYTES_MIN) else { continue };
        // A resource id tells the line better than a value, which may be escaped.
        let line = pen.at(attribute);
        let subject = note(resource, kind, value, pen);
        kept.push(Kept { line, subject, value: pen.print("terraform", value) });
    }
    kept
}

/// Notes one credential and the identity that holds it; gives that identity's subject.
fn note(resource: &Resource<'_>, kind: &str, value: &str, pen: &mut Pen<'_>) -> Subject {
    let known = known_value(value, pen.key);
    let (kind, fingerprint) = match &known {
        Some((kind, print)) => (*kind, print.clone()),
        None => match (kind, resource.text("id")) {
            // The key's id stands for both of its halves, as everywhere.
            (AWS_ACCESS_KEY, Some(id)) => (kind, access_key_fingerprint(pen.key, id)),
            ("gcp_service_account_key", _) => {
                let inner = super::google::private_key(value);
                (kind, pen.print(kind, inner.as_deref().unwrap_or(value)))
            }
            _ => (kind, pen.print(kind, value.trim())),
        },
    };
    let own = value_subject(&fingerprint);
    let holder = holder(resource, &own, pen);
    let shown = resource.text("id").filter(|_| kind == AWS_ACCESS_KEY).unwrap_or(value);
    let end = resource.attributes.when("end_date");
    let credential = Credential {
        kind: kind.to_owned(),
        // The first bytes of a block or of a file in base64 say nothing.
        masked: (!kind.ends_with("private_key") && kind != "gcp_service_account_key")
            .then(|| mask(shown.as_bytes(), MASK_KEEPS)),
        created_at: ["create_date", "start_date", "valid_after", "created_at"]
            .iter()
            .find_map(|name| resource.attributes.instant(name)),
        expires_at: end
            .at()
            .or(resource.attributes.instant("valid_before"))
            .or(resource.attributes.instant("expires_at")),
        never_expires: end == When::Never || resource.attributes.when("valid_before") == When::Never,
        state: match resource.text("status") {
            Some("Active") => CredentialState::Active,
            Some("Inactive") => CredentialState::Inactive,
            _ => CredentialState::Unknown,
        },
        fingerprint: Some(fingerprint),
        ..Credential::default()
    };
    identity(resource, kind, &holder, pen);
    pen.credential(&holder, credential);
    pen.same(&own, holder.clone(), "the state holds the value as this identity's");
    made_by(resource, &holder, pen);
    holder
}

/// Notes who holds a credential, as far as its resource tells.
fn identity(resource: &Resource<'_>, kind: &str, holder: &Subject, pen: &mut Pen<'_>) {
    let login = holder.key.split_once("://");
    let (of, name, native_id, provider) = match (holder.kind, login) {
        (SubjectKind::DatabaseLogin, Some((engine, rest))) => {
            ("database_login", rest, Some(holder.key.clone()), engine)
        }
        (SubjectKind::AwsPrincipal, _) => {
            ("aws_iam_user", resource.text("user").unwrap_or_default(), None, "aws")
        }
        (SubjectKind::CiSecret, _) => {
            ("github_actions_secret", resource.text("secret_name").unwrap_or_default(), None, "github")
        }
        // An account says more of itself where it is made; here it is known by its id alone.
        (SubjectKind::Account, _) => return,
        _ => (kind, resource.address.as_str(), None, provider(resource.kind)),
    };
    let fact = Fact::Identity {
        kind: of.to_owned(),
        name: name.to_owned(),
        native_id,
        provider: provider.to_owned(),
    };
    pen.fact(holder, fact);
}

/// Whose credential it is, where the resource tells.
fn holder(resource: &Resource<'_>, own: &Subject, pen: &Pen<'_>) -> Subject {
    let subject = match resource.kind {
        "aws_iam_access_key" => {
            let account = resource.text("id").and_then(account_of_key);
            resource.text("user").zip(account).map(|(user, account)| user_alias(&account, user))
        }
        "google_service_account_key" => super::google::account_of_key_resource(resource),
        "azuread_application_password" | "azuread_service_principal_password" => {
            super::azure::holder(resource)
        }
        "github_actions_secret" => {
            // The state names the repository only; whose it is says the repository that holds the state.
            let owner = pen.blob.repository.split_once('/').map(|(owner, _)| owner);
            let named = resource.text("secret_name").zip(resource.text("repository"));
            named.zip(owner).map(|((name, repository), owner)| {
                let key = format!("github:{owner}/{repository}:repo:{}", name.to_ascii_uppercase());
                Subject::new(SubjectKind::CiSecret, key)
            })
        }
        _ => database_login(resource),
    };
    subject.unwrap_or_else(|| own.clone())
}

/// The login of a database resource, written as a connection string would write it.
fn database_login(resource: &Resource<'_>) -> Option<Subject> {
    let text = |names: &[&'static str]| names.iter().find_map(|name| resource.text(name));
    let engine = match resource.kind {
        "aws_db_instance" | "aws_rds_cluster" => resource.text("engine")?,
        "google_sql_user" => "cloudsql",
        "azurerm_mssql_server" => "sqlserver",
        "azurerm_postgresql_flexible_server" | "postgresql_role" => "postgresql",
        "azurerm_mysql_flexible_server" | "mysql_user" => "mysql",
        "mongodbatlas_database_user" => "mongodb",
        "aws_redshift_cluster" => "redshift",
        "aws_docdb_cluster" => "mongodb",
        "snowflake_user" => "snowflake",
        _ => return None,
    };
    let engine = match engine {
        "postgres" | "aurora-postgresql" => "postgresql",
        "aurora-mysql" | "aurora" => "mysql",
        other => other,
    };
    let user = text(&["username", "master_username", "administrator_login", "user", "name"])?;
    let host = text(&["address", "endpoint", "fqdn", "fully_qualified_domain_name", "instance", "host"])
        .unwrap_or("localhost");
    let host = host.split(':').next().unwrap_or(host);
    let port = resource.attributes.id("port").map(|port| format!(":{port}")).unwrap_or_default();
    let database = text(&["db_name", "database_name", "database"]).unwrap_or_default();
    Some(Subject::new(SubjectKind::DatabaseLogin, format!("{engine}://{user}@{host}{port}/{database}")))
}

/// The platform of a resource, by its type.
fn provider(kind: &str) -> &str {
    match kind.split('_').next().unwrap_or_default() {
        "google" => "gcp",
        "azuread" | "azurerm" => "azure",
        "postgresql" | "mysql" | "mongodbatlas" => "database",
        "random" => "generic",
        other => other,
    }
}
