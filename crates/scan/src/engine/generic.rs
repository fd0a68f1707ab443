//! Secrets that no vendor's shape gives away: a telling name, an assignment, and a value that looks like one.
//!
//! The shape test is written by hand because it runs at every context word of every file: it must cost less than a
//! regex call. What it lets through is judged by name and value, and each judgement leaves its reason.

use std::sync::Arc;

use tenure_model::{Confidence, Severity};

use super::value::{self, Placeholder};
use super::{Anchor, Candidate, Engine, Match};

mod assignment;
mod name;

use assignment::{Assignment, assignment};
use name::{KEYWORDS, Promise, listed, promise, words};

/// Context words: anchors of the generic detector, any case.
pub const WORDS: &[&str] = &[
    "passw",
    "pwd",
    "passphrase",
    "pass",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "access_key",
    "access-key",
    "privatekey",
    "private_key",
    "private-key",
    "credential",
    "auth_key",
    "authkey",
    "auth-key",
    "encryption_key",
    "encryptionkey",
    "encryption-key",
    "signing_key",
    "signingkey",
    "signing-key",
    "master_key",
    "masterkey",
    "account_key",
    "accountkey",
    "storage_key",
    "storagekey",
    "shared_key",
    "sharedkey",
    "service_key",
    "servicekey",
    "app_key",
    "appkey",
    "app-key",
];
/// Bytes before an anchor that the shape test may look at.
pub const BEFORE: u32 = 96;
/// Bytes from an anchor's start on that the shape test may look at.
pub const AFTER: u32 = 320;

/// The two generic rules: id, title, credential kind.
pub const RULES: [(&str, &str, &str); 2] = [
    ("generic-password", "Password assigned to a name", "generic_password"),
    ("generic-secret", "Secret, token or key assigned to a name", "generic_secret"),
];

/// Judges the assignment around an anchor, if there is one.
pub(super) fn evaluate(engine: &Engine, bytes: &[u8], anchor: Anchor, len: u32, out: &mut Vec<Candidate>) {
    let at = anchor.at as usize;
    let low = at.saturating_sub(BEFORE as usize);
    let high = bytes.len().min(at + AFTER as usize);
    let Some(found) = assignment(bytes, at, at + len as usize, low, high) else { return };
    let name = &bytes[found.name.0..found.name.1];
    let text = &bytes[found.value.0..found.value.1];
    let Some(verdict) = judge(name, text, found) else { return };
    let (rule_id, title, credential) = RULES[usize::from(!verdict.password)];
    if engine.rules().disables(rule_id) {
        return;
    }
    #[allow(clippy::cast_possible_truncation)]
    out.push(Candidate {
        anchor,
        start: found.value.0 as u32,
        end: found.value.1 as u32,
        found: Arc::new(Match {
            rule_id: rule_id.to_owned(),
            title: title.to_owned(),
            credential: credential.to_owned(),
            provider: "generic".to_owned(),
            severity: verdict.severity,
            confidence: verdict.confidence,
            fingerprint: engine.key().fingerprint(credential, text),
            // A password's first letters are worth too much to show.
            masked: tenure_model::mask(text, if verdict.password { 1 } else { 3 }),
            reasons: verdict.reasons,
            name: std::str::from_utf8(name).ok().map(str::to_owned),
            login: None,
            pairs_with: Vec::new(),
            public: false,
            specific: false,
            imported: false,
            path_bound: false,
        }),
    });
}

/// What the judge says.
struct Verdict {
    password: bool,
    severity: Severity,
    confidence: Confidence,
    reasons: Vec<String>,
}

fn judge(name: &[u8], text: &[u8], found: Assignment) -> Option<Verdict> {
    let promise = promise(name)?;
    if text.iter().any(|&b| b < 0x20 || b == 0x7f) {
        return None;
    }
    let lower = String::from_utf8_lossy(text).to_ascii_lowercase();
    if listed(KEYWORDS, &lower) || looks_like_code(text, found.quoted) {
        return None;
    }
    match promise {
        Promise::Password => judge_password(name, text, &lower, found),
        Promise::Secret => judge_secret(name, text, found),
    }
}

fn named(name: &[u8]) -> String {
    format!("assigned to `{}`", String::from_utf8_lossy(name))
}

fn judge_password(name: &[u8], text: &[u8], lower: &str, found: Assignment) -> Option<Verdict> {
    if text.len() < 4 || text.len() > 128 || text.iter().any(|&b| b == b' ' || b == b'\t') {
        return None;
    }
    let mut reasons = vec![named(name)];
    let classes = [
        text.iter().any(u8::is_ascii_lowercase),
        text.iter().any(u8::is_ascii_uppercase),
        text.iter().any(u8::is_ascii_digit),
        text.iter().any(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'_' | b'-' | b'.')),
    ]
    .into_iter()
    .filter(|&has| has)
    .count();
    let dummy = match value::placeholder(text) {
        Some(Placeholder::Template | Placeholder::Filler) => return None,
        Some(_) => true,
        None => words(name).iter().any(|word| word.len() > 3 && lower.contains(word.as_str())),
    };
    let (severity, confidence) = if dummy {
        reasons.push("reads like a placeholder".to_owned());
        (Severity::Low, Confidence::Low)
    } else if value::randomness(text) > 0.5 && text.len() >= 10 {
        reasons.push("the value looks random".to_owned());
        (Severity::High, Confidence::High)
    } else if classes >= 3 || (classes == 2 && text.len() >= 8 && text.iter().any(u8::is_ascii_digit)) {
        reasons.push(format!("the value mixes {classes} kinds of characters"));
        (Severity::Medium, Confidence::Medium)
    } else {
        reasons.push("the value reads like a word".to_owned());
        (Severity::Low, Confidence::Low)
    };
    Some(Verdict { password: true, severity, confidence: soften(confidence, found), reasons })
}

fn judge_secret(name: &[u8], text: &[u8], found: Assignment) -> Option<Verdict> {
    if text.len() < 12 || text.iter().any(|&b| matches!(b, b' ' | b'\t' | b'(' | b')')) {
        return None;
    }
    let mut reasons = vec![named(name)];
    match value::placeholder(text) {
        Some(Placeholder::Template | Placeholder::Filler) => return None,
        Some(_) => {
            reasons.push("reads like a placeholder".to_owned());
            return Some(Verdict {
                password: false,
                severity: Severity::Low,
                confidence: Confidence::Low,
                reasons,
            });
        }
        None => {}
    }
    let randomness = value::randomness(text);
    let hex = value::is_hex(text)
        && text.iter().any(u8::is_ascii_digit)
        && text.iter().any(u8::is_ascii_alphabetic);
    let (severity, confidence) = if hex && text.len() >= 24 {
        reasons.push(format!("{} hex digits", text.len()));
        (Severity::High, Confidence::Medium)
    } else if value::is_uuid(text) {
        reasons.push("a UUID".to_owned());
        (Severity::Medium, Confidence::Low)
    } else if randomness >= 0.55 && text.len() >= 16 {
        reasons.push("the value looks random".to_owned());
        (Severity::High, if text.len() >= 24 { Confidence::High } else { Confidence::Medium })
    } else if randomness >= 0.42 {
        reasons.push("the value looks partly random".to_owned());
        (Severity::Medium, Confidence::Low)
    } else {
        return None;
    };
    Some(Verdict { password: false, severity, confidence: soften(confidence, found), reasons })
}

/// A value that is compared or passed is less surely a stored secret.
fn soften(confidence: Confidence, found: Assignment) -> Confidence {
    if found.weak && confidence == Confidence::High { Confidence::Medium } else { confidence }
}

/// Calls, member access, paths, addresses, versions, identifiers: what code and configuration say *about* secrets.
fn looks_like_code(text: &[u8], quoted: bool) -> bool {
    let holds = |needle: &[u8]| memchr::memmem::find(text, needle).is_some();
    if holds(b"://")
        || holds(b"::")
        || holds(b"->")
        || holds(b"()")
        || holds(b"=>")
        || holds(b"&&")
        || holds(b"||")
    {
        return true;
    }
    if text.starts_with(b"/")
        || text.starts_with(b"./")
        || text.starts_with(b"../")
        || text.starts_with(b"~/")
    {
        return true;
    }
    if text.starts_with(b"!") || text.starts_with(b"&") || text.starts_with(b"*") {
        return !quoted;
    }
    // Bare identifiers and member access in code: `password = config.password`, `token = getToken(x)`.
    if !quoted && (holds(b"(") || holds(b"[") || holds(b"{")) {
        return true;
    }
    if !quoted && is_member_access(text) {
        return true;
    }
    let identifier =
        text.iter().all(|&b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.' | b'-' | b'/' | b':' | b'$'));
    identifier && text.iter().any(|&b| matches!(b, b'.' | b'_' | b'/' | b':' | b'-'))
}

/// `config.Database.Password2`: words joined by dots, each of which could be a name in code.
fn is_member_access(text: &[u8]) -> bool {
    let mut parts = text.split(|&b| b == b'.');
    let named = |part: &[u8]| {
        part.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
            && part.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
    };
    text.contains(&b'.') && parts.all(named) && value::randomness(text) < 0.6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleSet;
    use tenure_model::FingerprintKey;

    fn found(text: &str) -> Vec<(String, Severity)> {
        let engine = Engine::new(RuleSet::from_files(Vec::new()).unwrap(), FingerprintKey::new([1; 32]));
        engine
            .scan(text.as_bytes())
            .iter()
            .map(|c| (text[c.start as usize..c.end as usize].to_owned(), c.found.severity))
            .collect()
    }

    #[test]
    fn assignments_of_many_languages() {
        for text in [
            "DB_PASSWORD=Tr0ub4dor&3x\n",
            "export DB_PASSWORD='Tr0ub4dor&3x'\n",
            "password: Tr0ub4dor&3x\n",
            "\"password\": \"Tr0ub4dor&3x\",",
            "'db_password' => 'Tr0ub4dor&3x',",
            "let password: &str = \"Tr0ub4dor&3x\";",
            "password := \"Tr0ub4dor&3x\"",
            "define('DB_PASSWORD', 'Tr0ub4dor&3x');",
            "<password>Tr0ub4dor&3x</password>",
            "config[\"password\"] = \"Tr0ub4dor&3x\"",
            "mysql --password Tr0ub4dor&3x\n",
        ] {
            let seen = found(text);
            assert_eq!(seen.len(), 1, "{text}: {seen:?}");
            assert_eq!(seen[0].0, "Tr0ub4dor&3x", "{text}");
        }
    }

    #[test]
    fn references_and_code_are_silent() {
        for text in [
            "password = os.environ['DB_PASSWORD']",
            "password: ${{ secrets.DB_PASSWORD }}\n",
            "PASSWORD=$DB_PASSWORD\n",
            "password = getPassword()",
            "token_type: bearer\n",
            "secret_name = \"prod/db/main\"",
            "public_key = \"v8Jq2LzR0tYw5Nc1kP7dX3mB9\"",
            "password_field = \"user_password\"",
            "token = request.headers.authorization",
            "max_tokens: 4096\n",
            "if password != \"\" {",
            "secretKeyRef: database-credentials\n",
        ] {
            assert_eq!(found(text), vec![], "{text}");
        }
    }

    #[test]
    fn random_values_under_secret_names() {
        let seen = found("client_secret = \"v8Jq2LzR0tYw5Nc1kP7dX3mB9\"");
        assert_eq!(seen, vec![("v8Jq2LzR0tYw5Nc1kP7dX3mB9".to_owned(), Severity::High)]);
        assert_eq!(found("token = \"authentication_token_header\""), vec![]);
    }
}
