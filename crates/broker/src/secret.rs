//! Secrets that we are given in order to act: a broker's token, a connection string, a password to test.

use std::io::Read as _;
use std::path::Path;

use tenure_model::Intent;
use zeroize::Zeroizing;

use crate::BrokerError;

/// A token file holds one line; anything longer is not one.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

/// The variables that may hold the broker's token, in the order of preference.
pub const TOKEN_VARIABLES: [&str; 2] = ["BAO_TOKEN", "VAULT_TOKEN"];
/// The variable that may hold the old password, for the test that it no longer works. Setting it is the opt-in.
pub const OLD_PASSWORD_VARIABLE: &str = "TENURE_OLD_PASSWORD";
/// The variable that may hold a token of the workload, for a drill of the new access.
pub const WORKLOAD_TOKEN_VARIABLE: &str = "TENURE_WORKLOAD_JWT";

/// A value that never leaves this process except to the one server it is meant for.
///
/// It has no `Debug`, no `Display` and no `Serialize`, so a leak does not compile; the memory is wiped on drop.
///
/// ```compile_fail,E0277
/// let token = tenure_broker::Secret::new("s.example").ok().expect("a token");
/// println!("{token:?}");
/// ```
/// ```compile_fail,E0277
/// let token = tenure_broker::Secret::new("s.example").ok().expect("a token");
/// serde_json::to_string(&token);
/// ```
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a value as it is, without the line ends after it. Spaces stay: a password may have them.
    ///
    /// # Errors
    /// [`BrokerError::Secret`] when it is blank or holds control characters.
    pub fn new(value: &str) -> Result<Self, BrokerError> {
        let value = value.trim_end_matches(['\r', '\n']);
        if value.trim().is_empty() || value.chars().any(char::is_control) {
            return Err(BrokerError::Secret { what: "it is blank or holds control characters".to_owned() });
        }
        Ok(Self(Zeroizing::new(value.to_owned())))
    }

    /// The value of an environment variable; `None` when it is not set or empty.
    ///
    /// # Errors
    /// [`BrokerError::Secret`] when it is not text.
    pub fn from_variable(name: &str) -> Result<Option<Self>, BrokerError> {
        match std::env::var(name) {
            Ok(value) if value.trim().is_empty() => Ok(None),
            Ok(value) => Self::new(&Zeroizing::new(value)).map(Some),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(_) => Err(BrokerError::Secret { what: format!("the variable {name} is not text") }),
        }
    }

    /// The broker's token from the environment: `BAO_TOKEN`, then `VAULT_TOKEN`.
    ///
    /// # Errors
    /// As [`Secret::from_variable`].
    pub fn token_from_environment() -> Result<Option<Self>, BrokerError> {
        for name in TOKEN_VARIABLES {
            if let Some(token) = Self::from_variable(name)? {
                return Ok(Some(token));
            }
        }
        Ok(None)
    }

    /// The one line of a file.
    ///
    /// # Errors
    /// [`BrokerError::Secret`] when the file cannot be read or does not hold one line of text.
    pub fn from_file(path: &Path) -> Result<Self, BrokerError> {
        let unread = |why: &str| BrokerError::Secret { what: format!("{}: {why}", path.display()) };
        let file = std::fs::File::open(path).map_err(|error| unread(&error.kind().to_string()))?;
        let mut text = Zeroizing::new(String::new());
        file.take(SECRET_BYTES_MAX + 1)
            .read_to_string(&mut text)
            .map_err(|_| unread("not readable as text"))?;
        if text.len() as u64 > SECRET_BYTES_MAX {
            return Err(unread("too long for one secret"));
        }
        Self::new(&text).map_err(|_| unread("not one line of text"))
    }

    /// The value, for the one place that sends it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// The secrets that a handoff may need, beside the broker's own token.
#[derive(Default)]
pub struct Keys {
    /// Connection string of the target's administrator, for cut-over and proof.
    pub target_admin: Option<Secret>,
    /// The old login's password, for the test that it no longer works.
    pub old_password: Option<Secret>,
    /// A token of the workload, for a drill of the new access.
    pub workload_token: Option<Secret>,
}

impl Keys {
    /// Reads the variables that the intent and the constants above name.
    ///
    /// # Errors
    /// As [`Secret::from_variable`].
    pub fn from_environment(intent: &Intent) -> Result<Self, BrokerError> {
        let target_admin = match intent.target.admin_dsn_env.as_deref() {
            Some(name) => Secret::from_variable(name)?,
            None => None,
        };
        Ok(Self {
            target_admin,
            old_password: Secret::from_variable(OLD_PASSWORD_VARIABLE)?,
            workload_token: Secret::from_variable(WORKLOAD_TOKEN_VARIABLE)?,
        })
    }
}

/// Takes secrets out of text that a server wrote, and keeps the rest short and printable.
///
/// The given secrets go wherever they stand; so does any word that has the shape of a broker's token or of a JWT,
/// since a server may echo one that we never held.
pub(crate) fn scrub(text: &str, secrets: &[&Secret]) -> String {
    const KEPT_CHARS_MAX: usize = 400;
    const REMOVED: &str = "[removed]";
    let mut clean = text.to_owned();
    for secret in secrets {
        clean = clean.replace(secret.expose(), REMOVED);
    }
    let mut kept = String::new();
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '/' | '=');
    for piece in clean.split_inclusive(|c| !is_word(c)) {
        let word = piece.trim_end_matches(|c| !is_word(c));
        if looks_like_token(word) {
            kept.push_str(REMOVED);
            kept.push_str(&piece[word.len()..]);
        } else {
            kept.push_str(piece);
        }
    }
    let words: Vec<&str> = kept.split_whitespace().collect();
    let mut line = tenure_model::visible(&words.join(" "));
    if let Some((end, _)) = line.char_indices().nth(KEPT_CHARS_MAX) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// OpenBao and Vault tokens begin with their kind; a JWT begins with `{"` in base64.
fn looks_like_token(word: &str) -> bool {
    const SHORTEST: usize = 20;
    ["s.", "b.", "r.", "hvs.", "hvb.", "hvr.", "eyJ"].iter().any(|start| word.starts_with(start))
        && word.len() >= SHORTEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_words_lose_every_secret() {
        let token = Secret::new("test-root-1234").unwrap();
        let jwt = ["eyJhbGciOiJFUzI1NiJ9", "eyJzdWIiOiJ4In0", "c2lnbmF0dXJl"].join(".");
        let said = format!("bad token \"test-root-1234\" and {jwt}, and s.{}\u{1b}[2J", "A".repeat(24));
        assert_eq!(scrub(&said, &[&token]), "bad token \"[removed]\" and [removed], and [removed]\\u{1b}[2J");
    }

    #[test]
    fn a_servers_words_are_kept_short() {
        assert_eq!(scrub(&"x ".repeat(5_000), &[]).chars().count(), 401);
    }

    #[test]
    fn a_token_file_holds_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "s.example\n").unwrap();
        assert_eq!(Secret::from_file(&path).ok().unwrap().expose(), "s.example");
        std::fs::write(&path, "two\nlines\n").unwrap();
        assert!(Secret::from_file(&path).is_err());
        std::fs::write(&path, " \n").unwrap();
        assert!(Secret::from_file(&path).is_err());
        std::fs::write(&path, "x".repeat(70_000)).unwrap();
        assert!(Secret::from_file(&path).is_err());
    }
}
