//! Secrets that no vendor's shape gives away: a telling name, an assignment, and a value that looks like one.
//!
//! The shape test is written by hand because it runs at every context word of every file: it must cost less than a
//! regex call. What it lets through is judged by name and value, and each judgement leaves its reason.

use std::borrow::Cow;
use std::sync::Arc;

use tenure_model::{Confidence, Severity};

use super::{Anchor, Candidate, Engine, Match, Needs, trace};

mod chance;
mod chosen;
mod code;
mod column;
mod commonplace;
mod decoded;
mod digest;
mod drawn;
mod evidence;
mod machine;
mod members;
mod name;
mod notation;
mod promising;
mod row;
mod score;
pub(crate) mod services;
mod shape;

use chance::is_packed_line;
pub(super) use commonplace::is_typed;
pub use evidence::{Evidence, evidence};
use machine::{is_by_machine, is_in_table, line_within};
use members::{MEMBERS_MAX, is_nobodys, keys_below, members, singular};
pub(super) use name::is_about_a_member;
use name::{is_login, makes_one, promise};
pub(super) use notation::is_foreign;
use promising::may_hold;
use row::{is_in_row, is_mail};
use score::{Verdict, is_action, judge};
use shape::{Assignment, Form, Lead, Stand, assignment, digits_of, lead, resolved};
pub(super) use shape::{Wall, walled};

/// Whether the text is the public half of an SSH key, as `known_hosts` and `authorized_keys` have it.
pub(super) fn is_ssh_public_key(text: &[u8]) -> bool {
    const KINDS: [&[u8]; 4] = [b"AAAAB3NzaC1", b"AAAAC3NzaC1", b"AAAAE2VjZHNhLXNoYTI", b"AAAAGnNrLX"];
    KINDS.iter().any(|kind| text.starts_with(kind))
}

/// Context words in English, and parts of names in any language.
const WORDS: &[&str] = &[
    "pass",
    "pwd",
    "psw",
    "_pw",
    "pw=",
    "pw:",
    "pw =",
    "psk",
    "secret",
    "token",
    "key",
    "cred",
    "auth",
    "salt",
    "pepper",
    "seed",
    "bearer",
    "mdp",
    "rootpw",
    "bindpw",
    "nonce",
    "iv =",
    "iv=",
    "iv :=",
    "iv[",
    "\"iv\"",
    "basic ",
    "hmac = \"",
    "clave",
    "parola",
    "geslo",
    "jelszo",
    "parool",
    "adgangskode",
    "sifre",
    "hmac=\"",
    "_sk=",
    "_sk =",
    "_sk:",
    "_sk\"",
    "_sk'",
    "\"sk\"",
];
/// Context words: anchors of the generic detector, any case.
pub fn context_words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().copied().chain(name::FOREIGN).chain(name::SERVICES).chain(["google_api", "google-api"])
}

/// Bytes before an anchor that the shape test may look at.
pub const BEFORE: u32 = 150;
/// Bytes from an anchor's start on that the shape test may look at.
pub const AFTER: u32 = 640;

/// Bytes before a name among which the sign of a list stands.
const LIST_LEAD_BYTES: usize = 24;

/// Bytes before a name, on its line, that may say whose key it is.
const SERVICE_BYTES: usize = 64;

/// Longest name of a user before a password, bytes.
const USER_BYTES_MAX: usize = 64;

/// Shortest password behind a user without quotes, bytes.
const LOGIN_BYTES_MIN: usize = 6;

/// Hex digits from which what stands behind a user is a signature, bytes.
const SIGNATURE_BYTES_MIN: usize = 32;

/// The generic rules: id, title, credential kind.
pub const RULES: [(&str, &str, &str); 3] = [
    ("generic-password", "Password assigned to a name", "generic_password"),
    ("generic-secret", "Secret, token or key assigned to a name", "generic_secret"),
    ("generic-password-hash", "Password hash in a table or a comparison", "password_hash"),
];

/// Whether the name around this word may hold something, and a separator may follow it.
pub(super) fn is_promising(bytes: &[u8], at: usize, len: usize) -> bool {
    promising(bytes, at, len).is_some()
}

fn promising(bytes: &[u8], at: usize, len: usize) -> Option<Lead> {
    lead(bytes, at, at + len).filter(|lead| may_hold(&bytes[lead.name().0..lead.name().1]))
}

/// Judges the assignment around an anchor of this length, if there is one. `promises` is true when the name was already
/// asked whether it may hold something.
pub(super) fn evaluate(
    engine: &Engine,
    bytes: &[u8],
    (anchor, len): (Anchor, u32),
    promises: bool,
    out: &mut Vec<Candidate>,
) {
    let (at, len) = (anchor.at as usize, len as usize);
    let high = bytes.len().min(at + AFTER as usize);
    let lead = if promises { lead(bytes, at, at + len) } else { promising(bytes, at, len) };
    let Some(lead) = lead else { return };
    if evaluate_list(engine, bytes, anchor, (lead, high, MEMBERS_MAX), out).is_some() {
        return;
    }
    let Some(found) = assignment(bytes, lead, high) else { return };
    let name = &bytes[found.name.0..found.name.1];
    let passed = found.stand == Stand::Passed;
    if passed && (is_action(&bytes[found.value.0..found.value.1]) || begins_pair(bytes, found)) {
        return;
    }
    let window = (at.saturating_sub(BEFORE as usize).min(found.name.0), high);
    let line = line_within(bytes, window, found.name);
    let before = &bytes[found.name.0.saturating_sub(SERVICE_BYTES)..found.name.0];
    let before = memchr::memrchr(b'\n', before).map_or(before, |line| &before[line + 1..]);
    if is_by_machine(line, name, found.quoted)
        || !found.quoted && is_packed_line(before, line)
        // `createToken('phone')`: what it is made for.
        || passed && makes_one(name) && is_handed_over(bytes, found)
        || passed && (is_in_table(bytes, window, found) || is_mail(&bytes[found.value.0..found.value.1]))
    {
        return;
    }
    let password = if is_login(name) { past_user(bytes, found) } else { None };
    let above = &bytes[at.saturating_sub(BEFORE as usize).min(found.name.0)..found.name.0];
    let own =
        if name.eq_ignore_ascii_case(b"key") && signs_tokens(above) { &b"jwt.secret"[..] } else { name };
    let (found, judged) = password.map_or((found, own), |password| (password, &b"password"[..]));
    let written = &bytes[found.value.0..found.value.1];
    let text: &[u8] = &match found.form {
        Form::Plain => Cow::Borrowed(written),
        Form::Numbers => Cow::Owned(digits_of(written)),
        Form::Escaped => Cow::Owned(resolved(written)),
    };
    let Some(mut verdict) = judge((above, before), judged, text, found) else { return };
    if verdict.password && digest::is_digest(before, name, text, found) {
        verdict.hashed();
    }
    if own.len() != name.len() {
        verdict.reasons[0] =
            format!("assigned to `{}` among settings of tokens", String::from_utf8_lossy(name));
    }
    if passed && !verdict.drawn && (is_in_list_of_names(bytes, found) || is_in_row(bytes, window, found)) {
        return;
    }
    match found.form {
        Form::Plain => {}
        Form::Numbers => {
            (verdict.severity, verdict.confidence) = (verdict.severity.min(Severity::Low), Confidence::Low);
            verdict.reasons.push("written byte by byte, as test vectors are".to_owned());
        }
        Form::Escaped => verdict.reasons.push("written with escapes".to_owned()),
    }
    out.extend(told(engine, anchor, name, (text, found.value), verdict));
}

/// Whether the value is the first thing in the parentheses behind the name, and not what its result is compared with.
fn is_handed_over(bytes: &[u8], found: Assignment) -> bool {
    let between = bytes.get(found.name.1..found.value.0).unwrap_or_default();
    let opened = between.strip_prefix(b"(").map(<[u8]>::trim_ascii);
    opened.is_some_and(|rest| rest.iter().all(|b| matches!(b, b'"' | b'\'' | b'`')))
}

/// Judges what goes on behind the window of an anchor: the members of a long list, or the cells of a long column. Gives
/// where it ends.
pub(super) fn evaluate_rest(
    engine: &Engine,
    bytes: &[u8],
    (anchor, len): (Anchor, u32),
    most: usize,
    out: &mut Vec<Candidate>,
) -> Option<usize> {
    let lead = promising(bytes, anchor.at as usize, len as usize)?;
    evaluate_list(engine, bytes, anchor, (lead, bytes.len(), most), out)
}

/// Judges the members of the list or the cells of the column that the name stands over; where the last one of them ends.
fn evaluate_list(
    engine: &Engine,
    bytes: &[u8],
    anchor: Anchor,
    place: (Lead, usize, usize),
    out: &mut Vec<Candidate>,
) -> Option<usize> {
    evaluate_members(engine, bytes, anchor, place, out)
        .or_else(|| evaluate_column(engine, bytes, anchor, place, out))
}

/// Judges the members of the map or list that opens behind a name in the plural; where the last one ends.
fn evaluate_members(
    engine: &Engine,
    bytes: &[u8],
    anchor: Anchor,
    (lead, high, most): (Lead, usize, usize),
    out: &mut Vec<Candidate>,
) -> Option<usize> {
    let plural = &bytes[lead.name().0..lead.name().1];
    let singular = singular(plural);
    let below = singular.is_none();
    let singular = singular.unwrap_or(b"secret");
    let members = if below { keys_below(bytes, lead, high) } else { members(bytes, lead, high, most) };
    let end = members.last()?.value.1;
    if is_nobodys(plural) {
        return Some(end);
    }
    for member in &members {
        let found = member.assignment();
        let text = &bytes[found.value.0..found.value.1];
        let Some(mut verdict) = judge((&[], &[]), singular, text, found) else { continue };
        if !verdict.drawn
            && (member.name.is_none()
                || speaks_of_one(text)
                || verdict.severity < Severity::Medium && !has_digit(text))
        {
            continue;
        }
        let name = member.name.map_or(plural, |(start, end)| &bytes[start..end]);
        let (own, all) = (String::from_utf8_lossy(name), String::from_utf8_lossy(plural));
        verdict.reasons[0] =
            if below { format!("`{own}` below `{all}`") } else { format!("`{own}` is one of `{all}`") };
        verdict.severity = if below { verdict.severity.min(Severity::Medium) } else { verdict.severity };
        verdict.confidence = verdict.confidence.min(Confidence::Medium);
        out.extend(told(engine, anchor, name, (text, found.value), verdict));
    }
    Some(end)
}

/// Judges the cells below the name, when it is the head of a column; where the last one ends.
fn evaluate_column(
    engine: &Engine,
    bytes: &[u8],
    anchor: Anchor,
    (lead, high, most): (Lead, usize, usize),
    out: &mut Vec<Candidate>,
) -> Option<usize> {
    if !lead.is_followed_by(bytes, b'|') {
        return None;
    }
    let name = lead.name();
    let column = &bytes[name.0..name.1];
    let cells = column::cells(bytes, lead, high);
    let end = cells.last()?.1;
    for &value in cells.iter().take(most) {
        let found = Assignment {
            name,
            value,
            quoted: true,
            stand: Stand::Assigned,
            scheme: false,
            form: Form::Plain,
        };
        let text = &bytes[value.0..value.1];
        let Some(mut verdict) = judge((&[], &[]), column, text, found) else { continue };
        if !verdict.drawn {
            if !verdict.password || verdict.severity < Severity::Medium {
                continue;
            }
            // Head and row say it together, wherever the table stands.
            (verdict.severity, verdict.needs) = (Severity::Low, Needs::Nothing);
        }
        out.extend(told(engine, anchor, column, (text, value), verdict));
    }
    Some(end)
}

/// Past the user's name in a login of two parts, `auth = "deploy:…"`: what follows is a password, as the name says that both are.
fn past_user(bytes: &[u8], found: Assignment) -> Option<Assignment> {
    let text = &bytes[found.value.0..found.value.1];
    let user = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'@' | b'-' | b'\\');
    let at = memchr::memchr(b':', text).filter(|&at| (2..USER_BYTES_MAX).contains(&at))?;
    let (login, password) = (&text[..at], &text[at + 1..]);
    // `auth: "app:…"` with a signature behind it.
    let signed = password.len() >= SIGNATURE_BYTES_MIN && password.iter().all(u8::is_ascii_hexdigit);
    // Without quotes it may be a scheme and its realm, or two words: `auth: basic:realm`.
    let name = &bytes[found.name.0..found.name.1];
    let both = name.iter().all(|b| b.is_ascii_uppercase() || *b == b'_') && name.contains(&b'_');
    let told = found.stand == Stand::Assigned
        && (has_digit(password) || both && password.iter().all(u8::is_ascii_alphanumeric))
        && password.len() >= LOGIN_BYTES_MIN;
    let fits = (found.quoted || told)
        && !found.scheme
        && !signed
        && !speaks_of_one(password)
        // A tag of a field in Go, and a dependency of a crate's feature.
        && !password.starts_with(b"\"")
        && login != b"dep"
        && login.iter().all(user)
        && !password.contains(&b':');
    let value = (found.value.0 + at + 1, found.value.1);
    (fits && !password.starts_with(b"//")).then_some(Assignment { value, stand: Stand::Assigned, ..found })
}

/// Whether the object that is open before a name is about JSON Web Tokens: `"Jwt": {`.
fn signs_tokens(above: &[u8]) -> bool {
    let open = memchr::memrchr2(b'{', b'}', above).filter(|&at| above[at] == b'{');
    let name = open.and_then(|at| above[..at].trim_ascii_end().strip_suffix(b":"));
    let name = name.and_then(|name| name.trim_ascii_end().strip_suffix(b"\""));
    name.and_then(|name| name.rsplit(|&b| b == b'"').next())
        .is_some_and(|name| name.len() >= 3 && name[..3].eq_ignore_ascii_case(b"jwt"))
}

/// Whether the text is the name of the next pair: `"1c…": "Some password", "2d…": "Another key"`.
fn begins_pair(bytes: &[u8], found: Assignment) -> bool {
    let behind = &bytes[found.value.1..bytes.len().min(found.value.1 + USER_BYTES_MAX)];
    found.quoted && behind.get(1..).is_some_and(|behind| behind.trim_ascii_start().starts_with(b":"))
}

/// Whether name and value are two of a list of names that begin alike: `"V2Password", "V3Password", "V3Kerb5",`.
fn is_in_list_of_names(bytes: &[u8], found: Assignment) -> bool {
    let (name, value) = (&bytes[found.name.0..found.name.1], &bytes[found.value.0..found.value.1]);
    let alike = name.iter().zip(value).take_while(|(one, other)| one == other).count();
    let named = alike >= 2
        && name[..alike].iter().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        && !name[..alike].to_ascii_lowercase().starts_with(b"p");
    let opens = found.name.0.saturating_sub(1);
    let before = bytes[opens.saturating_sub(LIST_LEAD_BYTES)..opens].trim_ascii_end();
    let listed = |sign: u8| matches!(sign, b',' | b'[' | b'(' | b'{');
    named
        && found.quoted
        && value.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
        && before.last().is_some_and(|&sign| listed(sign))
}

/// Whether a text names credentials: a kind, a class, a reference.
fn speaks_of_one(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    [&b"credential"[..], b"password", b"secret", b"token"]
        .iter()
        .any(|word| memchr::memmem::find(&lower, word).is_some())
}

fn has_digit(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit)
}

/// Judges the value at `value` in the column of this name of a table's row.
pub(super) fn evaluate_cell(
    engine: &Engine,
    bytes: &[u8],
    column: &[u8],
    value: (usize, usize),
    out: &mut Vec<Candidate>,
) {
    let stand = Stand::Assigned;
    let found = Assignment { name: value, value, quoted: true, stand, scheme: false, form: Form::Plain };
    let text = &bytes[value.0..value.1];
    #[allow(clippy::cast_possible_truncation)] // blobs and windows are far below 4 GiB
    let anchor = Anchor { at: value.0 as u32, id: 0 };
    if let Some(verdict) = judge((&[], &[]), column, text, found) {
        out.extend(told(engine, anchor, column, (text, value), verdict));
    }
}

/// Whether a column of this name holds credentials.
pub(crate) fn is_telling(column: &[u8]) -> bool {
    promise(column).is_some()
}

/// The candidate that a verdict on the value `text`, written from `start` to `end`, stands for.
fn told(
    engine: &Engine,
    anchor: Anchor,
    name: &[u8],
    (text, (start, end)): (&[u8], (usize, usize)),
    verdict: Verdict,
) -> Option<Candidate> {
    let kind = if verdict.hash { 2 } else { usize::from(!verdict.password) };
    let (rule_id, title, credential) = RULES[kind];
    if engine.rules().disables(rule_id) {
        return None;
    }
    let (title, provider) = match verdict.service {
        Some(service) => (format!("Key or token of {}", service.name), service.provider.clone()),
        None => (title.to_owned(), "generic".to_owned()),
    };
    #[allow(clippy::cast_possible_truncation)] // blobs and windows are far below 4 GiB
    let (start, end) = (start as u32, end as u32);
    Some(Candidate {
        anchor,
        start,
        end,
        found: Arc::new(Match {
            rule_id: rule_id.to_owned(),
            title,
            credential: credential.to_owned(),
            provider,
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
            vouched: false,
            imported: false,
            path_bound: false,
            drawn: verdict.drawn,
            needs: verdict.needs,
            traces: trace::traces(engine.key(), text, verdict.drawn),
        }),
    })
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
            "var password string = \"Tr0ub4dor&3x\"",
            "password?: string = 'Tr0ub4dor&3x';",
            "\t\"Password\"\t\t\"Tr0ub4dor&3x\"\n",
            "<setting name=\"Password\" type=\"String\">\n  <value>Tr0ub4dor&3x</value>",
            "\"Password\": {\"Type\": \"String\", \"Default\": \"Tr0ub4dor&3x\"}",
            "auth = \"deployer:Tr0ub4dor&3x\"",
            "passwords = {\"deployer\": \"Tr0ub4dor&3x\"}",
            "| Host | Password |\n|---|---|\n| web | Tr0ub4dor&3x |\n",
            "buildConfigField 'String', 'PASSWORD', '\"Tr0ub4dor&3x\"'",
            "clave = \"Tr0ub4dor&3x\"",
        ] {
            let seen = found(text);
            assert_eq!(seen.len(), 1, "{text}: {seen:?}");
            assert_eq!(seen[0].0, "Tr0ub4dor&3x", "{text}");
        }
    }

    #[test]
    fn passwords_that_people_choose_where_settings_live() {
        for text in [
            "password Ak29vmQp7rTz\n",
            "requirepass oX29vmQp7rTz\n",
            "app --token AR8wuSTLg7HZ9gH3oKHqpeMc3vwu\n",
            "- name: DB_PASSWORD\n  value: Sommer2019\n",
            "      - \"MYSQL_PASSWORD=Sommer2019\"\n",
            "Environment=\"DB_PASSWORD=Sommer2019\"\n",
            "Environment=DB_PASSWORD=Sommer2019\n",
            "docker run -d -e MYSQL_ROOT_PASSWORD=Sommer2019 mysql:8\n",
            "kubectl create secret generic db --from-literal=password=CoffeeTractor6596\n",
            "helm upgrade shop . --set db.password=CoffeeTractor6594\n",
            "ENV MYSQL_ROOT_PASSWORD Sommer2019\n",
            "password: Xk29vm,Qp7rTz\n",
            "db.password=Xk29vm;Qp7rTz\n",
            "rootpw Xk29vmQp7rTz\n",
        ] {
            assert_eq!(found(text).len(), 1, "{text}: {:?}", found(text));
        }
        for text in [
            "The old password was reset2 times\n",
            "password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n",
            "PASSWORD_HASHER=argon2id\n",
            "mapbox_token: pk.eyJ1IjoiYWNtZSIsImEiOiJjbGx4In0.v8Jq2LzR0tYw5Nc1kP7dX3\n",
            "connection = server=db;password=${DB_PASSWORD};database=shop\n",
        ] {
            assert_eq!(found(text), vec![], "{text}");
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
            "PasswordPattern = `^.{8,32}$`",
            "gitaskpass \"github.com/acme/shop/v3/cmd/git-ask-pass/commands\"",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            "credentials: f6c7695a-671e-4f4f-a331-acdce44ff9ba\n",
            "const credentials = await this.getCredentials('boxOAuth2Api');",
            "init(code: string, newPassword: String?, mode: Mode)",
            "KdcAdminPassword: XmlStringMaxLen256;",
            "auth: \"app1:f4b1fdeea7c93e32648c7230e32b172057c5623cace6cfce791c6e7035e0babd\"",
            "badPasswords = ['qwertzuiop', '1q2w3e4r5t']",
            "enclave = \"Tr0ub4dor&3x\"",
            "sheet_key: 9UvGIP4vIEeJ8A9Cq2ZVV526tAexoXFOWfUJ6YXytGdF\n",
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
