//! The credential report of an AWS account: per user a console password and two key slots.
//!
//! The report names no key ids. A slot becomes a credential without a fingerprint, which the inventory joins
//! with a key of the same user that was made at the same time.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use csv::StringRecord;
use serde::Deserialize;
use tenure_model::{
    AwsAccount, AwsLogin, Credential, CredentialState, Fact, FingerprintKey, Observation, PrivilegeLevel,
    Quality, Severity, Subject, Timestamp, Verdict,
};

use super::aws::{account_of, principal, timestamp, user_alias};
use super::json::broken;
use crate::detect::rules::ReaderRule;
use crate::detect::text::counted;
use crate::detect::witness::{Spot, Statement, Witness};
use crate::detect::wrong_type::{Type, note, record_at};
use crate::detect::{Blob, Detector, Look, Reading, Unreadable, rules, text};
use crate::findings::AWS_ACCESS_KEY;

/// The row of the account's owner.
const ROOT_ROW: &str = "<root_account>";

/// The report's ways of saying that there is nothing.
const NOTHING: [&str; 3] = ["N/A", "no_information", "not_supported"];
/// Bytes of the shortest instant: without fractions, in UTC.
const SHORTEST_INSTANT: usize = "2026-01-02T03:04:05Z".len();

/// The reader.
pub(super) struct CredentialReport;

/// The answer of `get-credential-report` as the CLI prints it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wrapped {
    content: String,
}

impl Detector for CredentialReport {
    fn name(&self) -> &'static str {
        "aws_credential_report"
    }

    fn describe(&self) -> &'static str {
        "AWS credential report: aws iam get-credential-report, as CSV or as the CLI prints it"
    }

    fn exported_by(&self) -> &'static [&'static str] {
        &["aws iam get-credential-report"]
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        is_report(&text::opening(blob.bytes))
            || blob.json().is_some_and(|opening| opening.all(&["ReportFormat", "Content"]))
    }

    fn read(&self, blob: &Blob<'_>, _key: &FingerprintKey) -> Reading {
        let Some(text) = text::decode(blob.bytes) else {
            return Reading::failed("not_text", "the report is neither UTF-8 nor UTF-16 text");
        };
        let mut witness = Witness::new(blob, self.name());
        if !text.trim_start().starts_with('{') {
            let unreadable = rows(&text, true, &mut witness);
            return witness.done(unreadable);
        }
        let content = match serde_json::from_str::<Wrapped>(&text) {
            Ok(wrapped) => {
                STANDARD.decode(wrapped.content.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok())
            }
            Err(error) => return witness.done(Some(broken(&text, &error))),
        };
        let unreadable = match content {
            Some(csv) => rows(&csv, false, &mut witness),
            None => Some(Unreadable {
                reason: "base64_broken",
                detail: "Content is not the base64 of a text".to_owned(),
            }),
        };
        witness.done(unreadable)
    }
}

/// Whether the first line is the report's header. Older reports lack columns; the order is not relied on.
fn is_report(opening: &[u8]) -> bool {
    let line = opening.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let Ok(line) = std::str::from_utf8(line) else { return false };
    let columns: Vec<&str> = line.trim().split(',').map(|name| name.trim_matches('"')).collect();
    let has = |name| columns.contains(&name);
    has("user") && has("arn") && (has("access_key_1_active") || has("password_enabled"))
}

/// Reads every row. Lines are told only where they are lines of the file itself.
fn rows(csv: &str, tell_lines: bool, witness: &mut Witness<'_>) -> Option<Unreadable> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv.as_bytes());
    let columns = match reader.headers() {
        Ok(columns) => columns.clone(),
        Err(error) => return Some(csv_broken(&error)),
    };
    let mut unreadable = None;
    let mut logins = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().filter(|_| tell_lines).map_or(0, |position| position.line());
                let line = u32::try_from(line).unwrap_or(u32::MAX);
                if record.len() < columns.len() || is_torn(csv, &columns, &record) {
                    let detail = format!("line {line}: the row ends before its last column");
                    unreadable = unreadable.or(Some(Unreadable { reason: "csv_broken", detail }));
                    continue;
                }
                record_at(line);
                let row = Row { columns: &columns, record: &record, line };
                row.give(witness);
                logins.extend(row.login());
            }
            Err(error) => {
                unreadable = unreadable.or(Some(csv_broken(&error)));
                break;
            }
        }
    }
    let (root, path) = (witness.root().to_owned(), witness.path().to_owned());
    let account = AwsAccount { root, path, logins, ..AwsAccount::default() };
    witness.observe(Observation::AwsAccount(Box::new(account)));
    unreadable
}

/// Whether the file ends inside of this row's last cell: a report leaves none empty.
fn is_torn(csv: &str, columns: &StringRecord, record: &StringRecord) -> bool {
    let start = record.position().map_or(0, csv::Position::byte) as usize;
    if csv.as_bytes().get(start..).is_none_or(|rest| rest.trim_ascii_start().contains(&b'\n')) {
        return false;
    }
    let (column, cell) = (columns.iter().next_back().unwrap_or_default(), record.iter().next_back());
    let cell = cell.unwrap_or_default().trim();
    if cell.is_empty() || NOTHING.contains(&cell) {
        return cell.is_empty();
    }
    let is_flag = column.ends_with("_active") || column.ends_with("_enabled");
    let is_instant = ["_rotated", "_changed", "_rotation", "_used", "_time", "_date"];
    if is_flag {
        return !cell.eq_ignore_ascii_case("true") && !cell.eq_ignore_ascii_case("false");
    }
    // An offset that is cut may read like a shorter one.
    let is_whole = timestamp(cell).is_some() && (cell.ends_with('Z') || cell.ends_with(":00"));
    is_instant.iter().any(|end| column.ends_with(end)) && !(is_whole && cell.len() >= SHORTEST_INSTANT)
}

fn csv_broken(error: &csv::Error) -> Unreadable {
    let at = error.position().map_or(String::new(), |position| format!("line {}: ", position.line()));
    Unreadable { reason: "csv_broken", detail: format!("{at}not valid CSV") }
}

/// The last use of any of a user's credentials.
#[derive(Default)]
struct LastUse {
    latest: Option<Timestamp>,
    credentials: usize,
    unknown: usize,
}

impl LastUse {
    fn add(&mut self, known: bool, at: Option<Timestamp>) {
        self.latest = self.latest.max(at);
        self.credentials += 1;
        self.unknown += usize::from(!known);
    }

    /// When; inside that, `None` for never. Outside it, `None` where the report does not tell.
    fn answer(&self) -> Option<Option<Timestamp>> {
        let tells = self.credentials > 0 && (self.latest.is_some() || self.unknown == 0);
        tells.then_some(self.latest)
    }
}

struct Row<'r> {
    columns: &'r StringRecord,
    record: &'r StringRecord,
    line: u32,
}

impl<'r> Row<'r> {
    /// A cell by its column's name; `None` for the report's ways of saying that there is nothing.
    fn cell(&self, column: &str) -> Option<&'r str> {
        let index = self.columns.iter().position(|name| name == column)?;
        let cell = self.record.get(index)?.trim();
        (!cell.is_empty() && !NOTHING.contains(&cell)).then_some(cell)
    }

    fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    fn is_true(&self, column: &str) -> Option<bool> {
        let cell = self.cell(column)?;
        let is_true = cell.eq_ignore_ascii_case("true");
        if !is_true && !cell.eq_ignore_ascii_case("false") {
            note("", Type::Flag);
            return None;
        }
        Some(is_true)
    }

    fn at(&self, column: &str) -> Option<Timestamp> {
        let cell = self.cell(column)?;
        let at = timestamp(cell);
        if at.is_none() {
            note("", Type::Instant);
        }
        at
    }

    fn give(&self, witness: &mut Witness<'_>) {
        let (Some(user), Some(arn)) = (self.cell("user"), self.cell("arn")) else { return };
        let subject = principal(arn);
        let is_root = user == ROOT_ROW;
        let account = account_of(arn).unwrap_or_default();
        let name = if is_root { format!("root user of {account}") } else { user.to_owned() };
        let kind = if is_root { "aws_root" } else { "aws_iam_user" };
        let fact = Fact::Identity {
            kind: kind.to_owned(),
            name,
            native_id: Some(arn.to_owned()),
            provider: "aws".to_owned(),
        };
        self.fact(witness, &subject, fact);
        if is_root {
            let because = vec!["the root user may do everything, and no policy limits it".to_owned()];
            let level = PrivilegeLevel::Admin;
            let fact = Fact::Privilege { level, because, admin: Verdict::Yes, paths: Vec::new() };
            self.fact(witness, &subject, fact);
        } else if !account.is_empty() {
            let because = "account and user name are the same".to_owned();
            self.fact(witness, &subject, Fact::SameAs { other: user_alias(account, user), because });
        }
        let mut use_of = LastUse::default();
        self.password(is_root, witness, &subject, &mut use_of);
        for slot in [1, 2] {
            self.key_slot(slot, is_root, witness, &subject, &mut use_of);
        }
        self.console(is_root, witness, &subject);
        if let Some(mfa) = self.is_true("mfa_active") {
            let fact = Fact::Tag { key: "aws:mfa-active".to_owned(), value: mfa.to_string() };
            self.fact(witness, &subject, fact);
        }
        if let Some(at) = use_of.answer() {
            self.fact(witness, &subject, Fact::LastUsed { at });
        }
    }

    /// Notes the console password. The root user always has one, and its column says "not supported".
    fn password(&self, is_root: bool, witness: &mut Witness<'_>, subject: &Subject, use_of: &mut LastUse) {
        if !is_root && self.is_true("password_enabled") != Some(true) {
            return;
        }
        let last_used_at = self.at("password_last_used");
        let knows_use = self.has("password_last_used");
        use_of.add(knows_use, last_used_at);
        let credential = Credential {
            kind: "aws_console_password".to_owned(),
            last_used_at,
            never_used: knows_use && last_used_at.is_none(),
            last_rotated_at: self.at("password_last_changed"),
            expires_at: self.at("password_next_rotation"),
            state: CredentialState::Active,
            ..Credential::default()
        };
        self.fact(witness, subject, Fact::Credential { credential });
    }

    /// What decides whether somebody else can give the user a key or a password. `None` for the root user.
    fn login(&self) -> Option<AwsLogin> {
        let (user, arn) = (self.cell("user")?, self.cell("arn")?);
        let has_key = |slot: u8| {
            let active = self.is_true(&format!("access_key_{slot}_active"))?;
            Some(active || self.at(&format!("access_key_{slot}_last_rotated")).is_some())
        };
        let keys = has_key(1).zip(has_key(2)).map(|(one, two)| u8::from(one) + u8::from(two));
        let has_password = self.is_true("password_enabled");
        (user != ROOT_ROW).then(|| AwsLogin { arn: arn.to_owned(), keys, has_password })
    }

    /// Notes a key, where the slot holds one.
    fn key_slot(
        &self,
        slot: u8,
        is_root: bool,
        witness: &mut Witness<'_>,
        subject: &Subject,
        use_of: &mut LastUse,
    ) {
        let Some(active) = self.is_true(&format!("access_key_{slot}_active")) else { return };
        let rotated = self.at(&format!("access_key_{slot}_last_rotated"));
        let last_used_at = self.at(&format!("access_key_{slot}_last_used_date"));
        // An empty slot and a disabled key are both "false"; only a key has a date.
        if !active && rotated.is_none() {
            return;
        }
        let knows_use = self.has(&format!("access_key_{slot}_last_used_date"));
        use_of.add(knows_use, last_used_at);
        let credential = Credential {
            kind: AWS_ACCESS_KEY.to_owned(),
            masked: Some(format!("access key {slot}")),
            last_used_at,
            never_used: knows_use && last_used_at.is_none(),
            never_expires: true,
            last_rotated_at: rotated,
            state: if active { CredentialState::Active } else { CredentialState::Inactive },
            ..Credential::default()
        };
        self.fact(witness, subject, Fact::Credential { credential });
        if is_root {
            self.root_key(slot, active, witness, subject);
        }
    }

    /// Notes a console password without a second factor, or beside keys.
    fn console(&self, is_root: bool, witness: &mut Witness<'_>, subject: &Subject) {
        if !is_root && self.is_true("password_enabled") != Some(true) {
            return;
        }
        let mut tell = |rule: &'static ReaderRule, severity, reason: String| {
            witness.finding(Statement {
                rule,
                severity,
                subject: subject.clone(),
                about: subject.key.clone(),
                title: rule.title.to_owned(),
                spots: vec![Spot::line(self.line.max(1))],
                reasons: vec![reason],
            });
        };
        if self.is_true("mfa_active") == Some(false) {
            let (severity, whose) = match is_root {
                true => (Some(Severity::Critical), "the root user"),
                false => (None, "the user"),
            };
            tell(
                &rules::CONSOLE_WITHOUT_MFA,
                severity,
                format!("{whose} has a password and no second factor"),
            );
        }
        let active = |slot: &u8| self.is_true(&format!("access_key_{slot}_active")) == Some(true);
        let keys = [1, 2].iter().filter(|slot| active(slot)).count();
        if !is_root && keys > 0 {
            let reason = format!("a console password and {}", counted(keys, "active key", "active keys"));
            tell(&rules::CONSOLE_BESIDE_KEYS, None, reason);
        }
    }

    fn root_key(&self, slot: u8, active: bool, witness: &mut Witness<'_>, subject: &Subject) {
        let rule = &rules::ROOT_KEY_EXISTS;
        let state = if active { "active" } else { "disabled, not deleted" };
        witness.finding(Statement {
            rule,
            severity: None,
            subject: subject.clone(),
            about: format!("{} {slot}", subject.key),
            title: rule.title.to_owned(),
            spots: vec![Spot::line(self.line.max(1))],
            reasons: vec![format!("access key {slot} of the root user is {state}")],
        });
    }

    fn fact(&self, witness: &mut Witness<'_>, subject: &Subject, fact: Fact) {
        witness.fact(subject, self.line, Quality::Authoritative, fact);
    }
}
