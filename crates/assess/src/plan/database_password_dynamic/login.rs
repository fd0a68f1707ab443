//! The login that shall end: where it is, and what it may do.

use tenure_model::SubjectKind;

use crate::plan::case::Case;

/// Database systems, as far as statements for them are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    Postgresql,
    Mysql,
    /// Nothing says which.
    Unknown,
    /// One that this recipe has no statements for.
    Other,
}

impl Engine {
    fn of(scheme: &str) -> Engine {
        match scheme.to_ascii_lowercase().split('+').next().unwrap_or_default() {
            "postgres" | "postgresql" | "pgsql" => Engine::Postgresql,
            "mysql" | "mariadb" => Engine::Mysql,
            "" => Engine::Unknown,
            _ => Engine::Other,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Engine::Postgresql => "postgresql",
            Engine::Mysql => "mysql",
            Engine::Unknown | Engine::Other => "",
        }
    }
}

/// What is known of the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) engine: Engine,
    pub(super) user: Option<String>,
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) database: Option<String>,
    /// `SELECT ON orders`, one for each grant.
    pub(super) privileges: Vec<String>,
}

impl Login {
    pub(super) fn of(case: &Case<'_>) -> Login {
        let identity = &case.dossier.identity;
        let subjects = case.dossier.evidence.iter().map(|evidence| &evidence.subject);
        let mut addresses = subjects
            .filter(|subject| subject.kind == SubjectKind::DatabaseLogin)
            .map(|subject| subject.key.as_str())
            .chain(identity.native_id.as_deref())
            .chain([identity.name.as_str()]);
        let mut login = addresses.find_map(Login::parse).unwrap_or_else(|| Login {
            engine: Engine::of(match identity.provider.as_str() {
                "database" => "",
                provider => provider,
            }),
            user: None,
            host: None,
            port: None,
            database: None,
            privileges: Vec::new(),
        });
        login.privileges = privileges(case);
        login
    }

    /// Reads `engine://user@host:port/database`.
    fn parse(address: &str) -> Option<Login> {
        let (scheme, rest) = address.split_once("://")?;
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => (host, port.parse().ok()),
            _ => (place, None),
        };
        let database = database.split(['?', '#']).next().unwrap_or_default();
        Some(Login {
            engine: Engine::of(scheme),
            user: plain(user),
            host: plain(host.trim_start_matches('[').trim_end_matches(']')),
            port,
            database: plain(database),
            privileges: Vec::new(),
        })
    }

    pub(super) fn told(&self) -> String {
        let user = self.user.as_deref().unwrap_or("the old login");
        match &self.host {
            Some(host) => format!("{user} at {host}"),
            None => user.to_owned(),
        }
    }
}

/// A name that needs no quoting anywhere: in SQL, in a shell, in a policy. Others are for a person to write.
fn plain(name: &str) -> Option<String> {
    let fits = !name.is_empty()
        && name.len() <= 253
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'));
    fits.then(|| name.to_owned())
}

/// Grants in SQL's own words; none when any of them is not plain.
fn privileges(case: &Case<'_>) -> Vec<String> {
    let grants = &case.dossier.identity.grants;
    let words = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic() || c == ' ');
    let object = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
    };
    let all: Option<Vec<String>> = grants
        .iter()
        .map(|grant| {
            let fits = !grant.actions.is_empty()
                && grant.actions.iter().all(|action| words(action))
                && object(&grant.target);
            fits.then(|| format!("{} ON {}", grant.actions.join(", ").to_ascii_uppercase(), grant.target))
        })
        .collect();
    all.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let login = Login::parse("postgresql://app@db.internal:5432/orders?sslmode=require").unwrap();
        assert_eq!((login.engine, login.port), (Engine::Postgresql, Some(5432)));
        assert_eq!(login.user.as_deref(), Some("app"));
        assert_eq!(login.host.as_deref(), Some("db.internal"));
        assert_eq!(login.database.as_deref(), Some("orders"));
        assert_eq!(Login::parse("mysql+pymysql://u@h/d").unwrap().engine, Engine::Mysql);
        assert_eq!(Login::parse("mongodb://u@h/d").unwrap().engine, Engine::Other);
        assert!(Login::parse("orders").is_none());
    }

    #[test]
    fn a_name_that_could_break_out_of_a_statement_is_not_used() {
        let login = Login::parse("postgres://x\"; DROP ROLE y; --@db/orders'").unwrap();
        assert_eq!((login.user, login.database), (None, None));
    }
}
