//! Nouns of the model as words that people read. Everything that leaves here is safe to show.

use serde::Serialize;
use tenure_model::{
    Consumer, Counts, Credential, CredentialState, EscalationPath, EvidenceLevel, Exception, Fate,
    Federation, Finding, Identity, Owner, OwnerClaim, OwnerState, PathState, PlanEntry, Privilege, Timestamp,
    Unread, Verdict, visible,
};

/// Columns of a scanned name or path that one line shows; the machine formats have all of it.
pub(crate) const NAME_COLUMNS_MAX: usize = 120;

/// The snake-case word that the report uses for a value of the model, with spaces.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text.replace('_', " "),
        _ => String::new(),
    }
}

/// A scanned text on one line: control characters visible, the middle left out when it is very long.
pub(crate) fn label(text: &str) -> String {
    let safe = visible(text);
    let length = safe.chars().count();
    if length <= NAME_COLUMNS_MAX {
        return safe;
    }
    let half = (NAME_COLUMNS_MAX - 1) / 2;
    let head: String = safe.chars().take(half).collect();
    let tail: String = safe.chars().skip(length - half).collect();
    format!("{head}…{tail}")
}

/// Ids that one sentence names before it counts.
const DISABLED_SHOWN_MAX: usize = 10;

/// What was not looked for because the user said so, in one sentence.
pub(crate) fn switched_off(ids: &[String], shown: impl Fn(&str) -> String) -> Option<String> {
    if ids.is_empty() {
        return None;
    }
    let named: Vec<String> = ids.iter().take(DISABLED_SHOWN_MAX).map(|id| shown(id)).collect();
    let more = match ids.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("Rules that a rule file switched off or replaced: {}{more}.", named.join(", ")))
}

/// Columns of a sentence that one paragraph shows.
const SENTENCE_COLUMNS_MAX: usize = 600;

/// A sentence that may quote scanned text: safe to show, cut when it is very long.
pub(crate) fn sentence(text: &str) -> String {
    let safe = visible(text.trim());
    match safe.char_indices().nth(SENTENCE_COLUMNS_MAX) {
        Some((end, _)) => format!("{}…", &safe[..end]),
        None => safe,
    }
}

/// `aws_iam_user` as `AWS IAM user`.
pub(crate) fn kind(kind: &str) -> String {
    const ACRONYMS: [&str; 14] =
        ["aws", "gcp", "iam", "ssh", "pat", "ci", "oidc", "api", "jwt", "sts", "id", "url", "pgp", "npm"];
    let words: Vec<String> = visible(kind)
        .split('_')
        .map(|word| match word {
            "github" => "GitHub".to_owned(),
            "actions" => "Actions".to_owned(),
            "gitlab" => "GitLab".to_owned(),
            "kubernetes" => "Kubernetes".to_owned(),
            "circleci" => "CircleCI".to_owned(),
            "azure" | "pipelines" | "bitbucket" | "buildkite" | "jenkins" | "drone" | "woodpecker"
            | "travis" | "dependabot" | "renovate" => capital(word),
            word if ACRONYMS.contains(&word) => word.to_uppercase(),
            word => word.to_owned(),
        })
        .collect();
    words.join(" ")
}

/// A proper name.
fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// A number with its noun: `1 finding`, `1,204 files`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = match noun {
        _ if number == 1 => noun.to_owned(),
        _ if noun.ends_with("ity") => format!("{}ies", &noun[..noun.len() - 1]),
        _ => format!("{noun}s"),
    };
    format!("{} {plural}", grouped(number))
}

/// A number with a comma at every thousand.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the largest fitting unit.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} bytes") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// The day of an instant.
pub(crate) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// What was read: `1,204 files, 8,310 blobs and 512 commits (31.2 MiB)`.
pub(crate) fn amounts(counts: &Counts) -> String {
    let mut parts = vec![count(counts.files, "file")];
    if counts.blobs > 0 {
        parts.push(count(counts.blobs, "blob"));
    }
    if counts.commits > 0 {
        parts.push(count(counts.commits, "commit"));
    }
    let mut text = format!("{} ({})", list(&parts), bytes(counts.bytes));
    if counts.cached_blobs > 0 {
        text.push_str(&format!(", {} known from an earlier scan", count(counts.cached_blobs, "blob")));
    }
    text
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Who answers for an identity, how sure that is, and the strongest reason.
pub(crate) fn owner(owner: &Owner) -> String {
    let state = word(&owner.state);
    let Some(name) = owner.name.as_deref().filter(|name| !name.is_empty()) else {
        return match owner.state {
            OwnerState::Orphaned => match owner.basis.first() {
                Some(claim) => format!("orphaned: {} is gone", label(&claim.value)),
                None => "orphaned: nobody answers for it any more".to_owned(),
            },
            OwnerState::Contested => {
                let names: Vec<String> =
                    owner.basis.iter().take(3).map(|claim| label(&claim.value)).collect();
                format!("contested: {}", list(&names))
            }
            _ => "unknown: nothing says who answers for it".to_owned(),
        };
    };
    let mut text = format!("{} ({state}, {:.0} %", label(name), owner.confidence * 100.0);
    if let Some(claim) = owner.basis.first() {
        text.push_str(&format!("; {} {}", visible(&claim.source), claim_place(&claim.path, claim.line)));
    }
    text.push(')');
    text
}

/// One claim about an owner.
pub(crate) fn claim(claim: &OwnerClaim) -> String {
    let gone = if claim.inactive { ", gone" } else { "" };
    format!(
        "{} by {} in {} ({:.0} %{gone})",
        label(&claim.value),
        visible(&claim.source),
        claim_place(&claim.path, claim.line),
        claim.confidence * 100.0
    )
}

/// `path:line`, or the path alone.
fn claim_place(path: &str, line: Option<u32>) -> String {
    match line {
        Some(line) => format!("{}:{line}", label(path)),
        None => label(path),
    }
}

/// `path:line` of a finding.
pub(crate) fn place(finding: &Finding) -> String {
    format!("{}:{}", label(&finding.place.path), finding.place.start_line)
}

/// Where a finding stands in history, and how it can still be reached; empty for a file of today.
pub(crate) fn history(finding: &Finding) -> String {
    let mut parts = Vec::new();
    if let Some(commit) = &finding.commit {
        let short: String = visible(commit).chars().take(8).collect();
        let when = finding.committed_at.map(|at| format!(" {}", day(at))).unwrap_or_default();
        parts.push(format!("commit {short}{when}"));
    }
    let reach = match finding.fate {
        Fate::WorkTree | Fate::Head => "",
        Fate::History => "only in history",
        Fate::Stash => "only in a stash",
        Fate::Reflog => "only through a reflog",
        Fate::Unreachable => "in a commit that nothing names",
        Fate::Loose => "in an object outside every commit",
        Fate::Dangling => "in an object that nothing names",
        Fate::Message => "in a commit or tag message",
    };
    if !reach.is_empty() {
        parts.push(reach.to_owned());
    }
    if !finding.also_at.is_empty() {
        parts.push(format!("and {}", count(finding.also_at.len() as u64, "more place")));
    }
    parts.join(", ")
}

/// One credential on one line: mask, state, life, last use, copies.
pub(crate) fn credential(credential: &Credential) -> String {
    let mut text = kind(&credential.kind);
    if let Some(masked) = &credential.masked {
        text.push_str(&format!(" {}", label(masked)));
    }
    let mut parts = vec![match credential.state {
        CredentialState::Unknown => "state unknown".to_owned(),
        state => word(&state),
    }];
    parts.push(life(credential));
    if credential.never_used {
        parts.push("never used".to_owned());
    } else if let Some(at) = credential.last_used_at {
        parts.push(format!("last used {}", day(at)));
    }
    if let Some(at) = credential.last_rotated_at {
        parts.push(format!("rotated {}", day(at)));
    }
    if credential.copies > 0 {
        parts.push(if credential.copies == 1 {
            "1 copy".to_owned()
        } else {
            format!("{} copies", grouped(u64::from(credential.copies)))
        });
    }
    format!("{text}: {}", parts.join(", "))
}

/// The tenure line in words: from when to when a credential opens something.
pub(crate) fn life(credential: &Credential) -> String {
    let from = credential.created_at.map(day);
    let to = match credential.expires_at {
        Some(at) => format!("ends {}", day(at)),
        None if credential.never_expires => "never expires".to_owned(),
        None => "no known end".to_owned(),
    };
    match from {
        Some(from) => format!("since {from}, {to}"),
        None => format!("age unknown, {to}"),
    }
}

/// One automated user: what it is and where it is written.
pub(crate) fn consumer(consumer: &Consumer) -> String {
    let mut text = kind(&consumer.kind);
    if let Some(job) = &consumer.job {
        text.push_str(&format!(" {}", label(job)));
    }
    text.push_str(&format!(" at {}:{}", label(&consumer.path), consumer.line));
    let mut notes = Vec::new();
    if let Some(environment) = &consumer.environment {
        notes.push(format!("environment {}", label(environment)));
    }
    if let Some(secret) = &consumer.secret_name {
        notes.push(format!("as {}", label(secret)));
    }
    if let Some(action) = &consumer.action {
        notes.push(format!("given to {}", label(action)));
    }
    if !notes.is_empty() {
        text.push_str(&format!(" ({})", notes.join(", ")));
    }
    text
}

/// What starts and ends a consumer, and where it runs, in words.
pub(crate) fn bounds(consumer: &Consumer) -> String {
    let mut parts = Vec::new();
    let triggers: Vec<String> = consumer.triggers.iter().map(|trigger| label(trigger)).collect();
    match (triggers.is_empty(), consumer.runs_per_day) {
        (true, None) => parts.push("what starts it is not known".to_owned()),
        (true, Some(runs)) => parts.push(rate(runs)),
        (false, None) => parts.push(format!("on {}", list(&triggers))),
        (false, Some(runs)) => parts.push(format!("on {}, {}", list(&triggers), rate(runs))),
    }
    if let Some((first, more)) = consumer.called_by.split_first() {
        let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        parts.push(format!("called by {}{more}", label(first)));
    }
    if consumer.approval {
        parts.push("after a person's approval".to_owned());
    }
    parts.extend(
        consumer.timeout_minutes.map(|minutes| format!("at most {}", count(u64::from(minutes), "minute"))),
    );
    match consumer.runner.as_deref() {
        Some("self_hosted") => parts.push("on a self-hosted runner".to_owned()),
        Some("hosted") => parts.push("on a hosted runner".to_owned()),
        _ => {}
    }
    parts.extend(consumer.exposure.as_ref().map(|exposure| format!("received at {} level", label(exposure))));
    let permissions = consumer.token_permissions.as_ref();
    parts.extend(permissions.map(|permissions| format!("platform token: {}", label(permissions))));
    parts.join("; ")
}

/// How often a schedule fires.
fn rate(runs_per_day: f64) -> String {
    if runs_per_day >= 1.0 {
        format!("{} a day by its schedule", plural_runs(runs_per_day))
    } else {
        format!("{} a year by its schedule", plural_runs((runs_per_day * 365.0).round()))
    }
}

fn plural_runs(runs: f64) -> String {
    let whole = (runs - runs.round()).abs() < 0.05;
    if whole { count(runs.round() as u64, "run") } else { format!("{runs:.1} runs") }
}

/// Whether the platform could prove who a consumer is today, and how; `None` when nobody told.
pub(crate) fn federation(consumer: &Consumer) -> Option<(String, String)> {
    let state = match consumer.federation? {
        Federation::Used => "federates already",
        Federation::Available => "could federate today",
        Federation::AvailableNotEnabled => "could federate once it is switched on",
        Federation::PluginOnly => "could federate with a plug-in only",
        Federation::StaticOnly => "cannot federate",
    };
    let how = consumer.federation_how.as_ref().map(|how| format!(": {}", sentence(how))).unwrap_or_default();
    Some((state.to_owned(), how))
}

/// What a consumer lacks before short-lived access could take over, by what its file says.
pub(crate) fn missing(consumer: &Consumer) -> Vec<String> {
    let lacks = match consumer.federation {
        Some(Federation::AvailableNotEnabled) => Some("the platform's proof of identity is not switched on"),
        Some(Federation::PluginOnly) => Some("a plug-in that proves the job's identity"),
        Some(Federation::StaticOnly) => Some("any proof of the job's identity: a broker must stand in"),
        Some(Federation::Used | Federation::Available) | None => None,
    };
    let mut missing: Vec<String> = lacks.map(str::to_owned).into_iter().collect();
    if consumer.kind == "ci_job" && consumer.federation != Some(Federation::Used) {
        if consumer.timeout_minutes.is_none() {
            missing.push("a time limit".to_owned());
        }
        if consumer.environment.is_none() {
            missing.push("an environment to pin the proof to".to_owned());
        }
    }
    missing
}

/// How much power, and the ways to more.
pub(crate) fn privilege(privilege: &Privilege) -> String {
    let mut parts = vec![word(&privilege.level)];
    match privilege.admin {
        Verdict::Yes if parts[0] != "admin" => parts.push("administrator".to_owned()),
        Verdict::Conditional => parts.push("administrator under a condition".to_owned()),
        _ => {}
    }
    let (leading, latent): (Vec<&EscalationPath>, Vec<&EscalationPath>) =
        privilege.paths.iter().partition(|path| path.state != PathState::Latent);
    if !leading.is_empty() {
        let ids: Vec<String> = leading.iter().take(4).map(|path| label(&path.id)).collect();
        let more = leading.len().saturating_sub(ids.len());
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        let ways = count(leading.len() as u64, "escalation path");
        parts.push(format!("{ways}: {}{rest}", ids.join(", ")));
    }
    if !latent.is_empty() {
        parts.push(format!("{} without a target", count(latent.len() as u64, "escalation path")));
    }
    parts.join(", ")
}

/// Escalation paths that a report of many identities shows; a page of its own shows all.
const PATHS_SHOWN_MAX: usize = 8;

/// The escalation paths that lead somewhere, as many as a report of many identities shows.
pub(crate) fn leading(privilege: &Privilege) -> impl Iterator<Item = &EscalationPath> {
    privilege.paths.iter().filter(|path| path.state != PathState::Latent).take(PATHS_SHOWN_MAX)
}

/// One escalation path: how far it can be walked, and to what.
pub(crate) fn escalation(path: &EscalationPath) -> String {
    let state = match path.state {
        PathState::Open => "open",
        PathState::Conditional => "under a condition",
        PathState::Latent => "no target today",
    };
    let target =
        path.target.as_deref().map(|target| format!(", through {}", label(target))).unwrap_or_default();
    format!("{state}{target}")
}

/// Readiness in one line: score, what it could be, band, lowest gates.
pub(crate) fn readiness(identity: &Identity) -> String {
    let readiness = &identity.readiness;
    format!(
        "{} of 100, {}{}",
        readiness.score,
        readiness.band.label(),
        ceiling(readiness.score, readiness.ceiling)
    )
}

/// The same for an identity of a plan.
pub(crate) fn entry_readiness(entry: &PlanEntry) -> String {
    let best = ceiling(entry.readiness_score, entry.readiness_ceiling);
    format!("{} of 100, {}{best}", entry.readiness_score, entry.readiness_band.label())
}

/// Hours in which credentials stand open, and how many of them could go.
pub(crate) fn standing(hours: u64, avoidable: u64) -> String {
    format!("{} standing hours a year, {} of them avoidable", grouped(hours), grouped(avoidable))
}

/// Said before a plan whose scan did not read everything.
pub(crate) const PLAN_INCOMPLETE: &str =
    "INCOMPLETE: the scan behind this plan did not read everything. More identities may exist.";

/// A rung of the ladder of evidence, in words.
pub(crate) fn level(level: EvidenceLevel) -> String {
    let text = match level {
        EvidenceLevel::E0 => "a request was closed",
        EvidenceLevel::E1 => "the change was accepted",
        EvidenceLevel::E2 => "read back as disabled",
        EvidenceLevel::E3 => "the old credential is refused",
        EvidenceLevel::E4 => "no live session is left",
        EvidenceLevel::E5 => "not used during a soak",
        EvidenceLevel::E6 => "every known copy is neutralised",
    };
    format!("{level:?} {text}")
}

/// What the score would be if every unknown turned out well; empty when nothing is unknown.
fn ceiling(score: u32, ceiling: f64) -> String {
    if ceiling > f64::from(score) { format!(", at best {ceiling:.0}") } else { String::new() }
}

/// An exception of an identity: where it stands, why, who accepted it, and how much.
pub(crate) fn exception(exception: &Exception) -> String {
    let names: Vec<String> = exception.approved_by.iter().map(|name| label(name)).collect();
    let until = if exception.state.holds() { "until" } else { "on" };
    format!(
        "{} {} {until} {}: {}; accepted by {} with {}",
        visible(&exception.id),
        word(&exception.state),
        exception.expires,
        word(&exception.reason),
        list(&names),
        count(exception.accepted.len() as u64, "finding")
    )
}

/// One unread input: how far it got, why, and in words.
pub(crate) fn unread(unread: &Unread) -> String {
    let mut text = format!("{} {}: {}", word(&unread.state), label(&unread.path), visible(&unread.reason));
    if !unread.detail.is_empty() {
        text.push_str(&format!(" ({})", label(&unread.detail)));
    }
    text
}

/// The sentence that must come first when a scan is incomplete; `None` when it read everything.
pub(crate) fn incomplete(scan: &tenure_model::ScanSummary) -> Option<String> {
    if scan.complete && !scan.cancelled {
        return None;
    }
    let missing = scan.unread.iter().filter(|row| row.is_missing()).count() as u64;
    let inputs = count(missing, "input");
    let were = if missing == 1 { "was" } else { "were" };
    Some(match (scan.cancelled, missing == 0) {
        (true, true) => "INCOMPLETE: the scan was stopped. What was found until then follows.".to_owned(),
        (true, false) => format!("INCOMPLETE: the scan was stopped, and {inputs} {were} not fully read."),
        (false, true) => "INCOMPLETE: not everything was read.".to_owned(),
        (false, false) => {
            format!("INCOMPLETE: {inputs} {were} not fully read. A secret in there is not in this report.")
        }
    })
}

/// What a scan since a revision leaves out; `None` when it told everything. `shown` writes the revision.
pub(crate) fn since(scan: &tenure_model::ScanSummary, shown: impl Fn(&str) -> String) -> Option<String> {
    /// Digits of a commit that people read.
    const DIGITS: usize = 12;
    let since = scan.since.as_ref()?;
    let place = match since.commits.as_slice() {
        [] => String::new(),
        [one] => format!(" ({})", one.commit.chars().take(DIGITS).collect::<String>()),
        more => format!(" in {} repositories", grouped(more.len() as u64)),
    };
    let revision = if since.revision.is_empty() { "a revision".to_owned() } else { shown(&since.revision) };
    Some(format!("Only what is new since {revision}{place}: what was there before is not in this report."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas_and_nouns_have_plurals() {
        assert_eq!(count(1, "identity"), "1 identity");
        assert_eq!(count(1204, "identity"), "1,204 identities");
        assert_eq!(count(1_000_000, "file"), "1,000,000 files");
        assert_eq!(bytes(0), "0 bytes");
        assert_eq!(bytes(3 << 20), "3.0 MiB");
    }

    #[test]
    fn kinds_read_as_people_write_them() {
        assert_eq!(kind("aws_iam_user"), "AWS IAM user");
        assert_eq!(kind("github_actions_secret"), "GitHub Actions secret");
        assert_eq!(kind("x\u{1b}[31m"), "x\\u{1b}[31m");
    }

    #[test]
    fn a_very_long_name_loses_its_middle() {
        let shown = label(&"x".repeat(5000));
        assert_eq!(shown.chars().count(), NAME_COLUMNS_MAX - 1);
        assert!(shown.contains('…'));
    }
}
