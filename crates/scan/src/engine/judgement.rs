//! What the match of a rule is worth: its checksum and entropy, placeholders, and what everybody takes for a password.

use tenure_model::{Confidence, Severity};

use super::basic::{self, Basic};
use super::typed::{self, Typed};
use super::{Engine, Login, Match, Needs, generic, language, trace, value};
use crate::rules::Rule;

/// The rule whose value is a login and its password in base64.
const BASIC_HEADER: &str = "http-basic-header";

impl Engine {
    /// Whether a vendor's token stands in the text: it is shown to nobody.
    fn holds_secret(&self, text: &[u8]) -> bool {
        self.scan(text).iter().any(|candidate| candidate.found.specific && !candidate.found.public)
    }

    /// Checksum first, then entropy and placeholders; what is left is a match.
    pub(super) fn judge(
        &self,
        rule: &Rule,
        value: &[u8],
        caught: &regex::bytes::Captures<'_>,
    ) -> Option<Match> {
        let mut reasons = vec![format!("shape of {}", rule.spec.title)];
        let (mut severity, mut confidence) = (rule.severity, rule.confidence);
        if let Some(checksum) = &rule.checksum {
            reasons.push(checksum.holds(value)?);
        }
        let typed = if rule.spec.typed { Typed::of(value) } else { Typed::Password };
        let basic = if rule.spec.id == BASIC_HEADER { basic::read(value) } else { Basic::Login };
        if basic == Basic::Words || refuses(rule, value, typed, caught) {
            return None;
        }
        let mut needs = if basic == Basic::Weak { Needs::LivePath } else { needs(typed, value) };
        if stands_in(value, (&mut severity, &mut confidence), &mut reasons)? {
            needs = needs.or_live();
        }
        let mut login = login(caught);
        if let Some(login) = &mut login {
            // `ghp_…@host`: a token that signs in as its own user.
            login.user = login.user.take().filter(|user| !self.holds_secret(user.as_bytes()));
        }
        if login.as_ref().is_some_and(Login::is_documentation) {
            reasons.push("its host is reserved for documentation".to_owned());
            severity = severity.min(Severity::Low);
        }
        let user = login.as_ref().and_then(|login| login.user.as_deref());
        let weak = basic == Basic::Weak
            || typed == Typed::Default
            || is_password(&rule.spec.credential) && typed::is_weak(value, user);
        // `postgres://myuser:mypass@localhost`: both say that they stand for something else.
        if weak && user.is_some_and(is_anybody) {
            return None;
        }
        if weak {
            if login.as_ref().is_some_and(Login::is_anywhere) || typed::is_field(value) {
                needs = needs.or_live();
            }
            lower(&mut severity, "the value is one that everybody writes", &mut reasons);
        }
        if value::is_of_every_browser(value) {
            severity = Severity::Info;
            reasons.push("its vendor gives it to every browser".to_owned());
        }
        let drawn = language::is_random(value) && !generic::is_typed(value);
        Some(Match {
            rule_id: rule.spec.id.clone(),
            title: rule.spec.title.clone(),
            credential: rule.spec.credential.clone(),
            provider: rule.provider.clone(),
            severity,
            confidence,
            fingerprint: self.key.fingerprint(&rule.spec.credential, value),
            masked: tenure_model::mask(value, 4),
            reasons,
            name: None,
            login,
            pairs_with: rule.spec.pairs_with.clone(),
            public: rule.spec.public,
            specific: true,
            vouched: is_vouched(rule),
            imported: rule.imported,
            path_bound: rule.is_path_bound(),
            drawn,
            needs,
            traces: trace::traces(&self.key, value, drawn),
        })
    }
}

/// Whether the rule's anchors are a vendor's own mark, such as a prefix, that no other text bears. What is written as a
/// format, a header or a database asks for it may be anybody's.
fn is_vouched(rule: &Rule) -> bool {
    const FORMATS: [&str; 4] = ["generic", "http", "database", "network"];
    let marked = !rule.spec.anchors.is_empty() && rule.confidence == Confidence::High;
    marked && !FORMATS.contains(&rule.provider.as_str())
}

/// Whether the value is none that the rule reports: it does not look drawn, is an exception, public, or words about one.
fn refuses(rule: &Rule, value: &[u8], typed: Typed, caught: &regex::bytes::Captures<'_>) -> bool {
    typed == Typed::Name
        || typed == Typed::Default && !is_account(&rule.spec.credential)
        || rule.spec.min_entropy.is_some_and(|least| value::entropy(value) < least)
        || rule.spec.drawn && !language::is_random(value)
        || caught.name("service").is_some_and(|name| !generic::services::is_one(name.as_bytes()))
        || rule.rejects(value, caught.get(0).expect("group 0 always takes part").as_bytes())
        || generic::is_ssh_public_key(value)
        || value::is_anonymous(value)
        || is_password(&rule.spec.credential) && typed::asks_for_one(value)
        // A translation of the word, not a password.
        || generic::is_foreign(value)
        || !value.is_ascii() && !value.iter().any(u8::is_ascii_digit)
}

/// Whether the value stands in for one, and what it is worth then; `None` when it is nothing at all.
fn stands_in(
    value: &[u8],
    (severity, confidence): (&mut Severity, &mut Confidence),
    reasons: &mut Vec<String>,
) -> Option<bool> {
    match value::placeholder(value) {
        Some(value::Placeholder::Documentation) => {
            (*severity, *confidence) = (Severity::Low, Confidence::Low);
            reasons.push("documentation key".to_owned());
            Some(true)
        }
        Some(value::Placeholder::Template | value::Placeholder::Filler) => None,
        Some(value::Placeholder::Dummy) => {
            (*severity, *confidence) = ((*severity).min(Severity::Low), Confidence::Low);
            reasons.push("reads like a placeholder".to_owned());
            Some(true)
        }
        // A rule that takes them knows what they are.
        Some(value::Placeholder::Publishable) | None => Some(false),
    }
}

/// Makes it low, and says why.
fn lower(severity: &mut Severity, because: &str, reasons: &mut Vec<String>) {
    if *severity > Severity::Low {
        *severity = Severity::Low;
        reasons.push(because.to_owned());
    }
}

/// Whether a login's name only says that one belongs there.
fn is_anybody(user: &str) -> bool {
    let user = user.to_ascii_lowercase();
    let bare = ["my", "your", "some"].iter().find_map(|whose| user.strip_prefix(whose));
    bare.is_some_and(|bare| ["user", "username", "_user", "_username", "-username", "name"].contains(&bare))
        || ["redacted", "username", "masked"].contains(&user.as_str())
}

/// Whether a credential of this kind is a password that people choose.
fn is_password(credential: &str) -> bool {
    credential.ends_with("password") || credential == "network_key" || credential == "url_credential"
}

/// Whether a default of this kind lets somebody in somewhere: the words before those of devices stand in sentences, too.
fn is_account(credential: &str) -> bool {
    is_password(credential) && credential != "device_password"
}

/// Where the match of a rule counts.
fn needs(typed: Typed, value: &[u8]) -> Needs {
    match typed {
        // In tests and documents it says nothing.
        Typed::Default => Needs::LivePath,
        _ if value.iter().all(u8::is_ascii_alphabetic) => Needs::NoTexts,
        _ => Needs::Nothing,
    }
}

/// Reads the named groups of a connection string.
fn login(caught: &regex::bytes::Captures<'_>) -> Option<Login> {
    let text = |name: &str| {
        caught.name(name).and_then(|m| std::str::from_utf8(m.as_bytes()).ok()).map(str::to_owned)
    };
    let (user, host) = (text("user"), text("host"));
    if user.is_none() && host.is_none() {
        return None;
    }
    Some(Login {
        scheme: text("scheme").unwrap_or_default().to_ascii_lowercase(),
        user,
        host,
        port: text("port").and_then(|port| port.parse().ok()),
        database: text("database"),
    })
}
