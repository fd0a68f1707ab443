//! What the assessment itself finds: age and disuse of credentials, standing power, missing owners.

use tenure_model::{
    Category, Confidence, Credential, CredentialState, Evidence, Fact, Fate, Federation, Finding,
    Fingerprint, OwnerState, Place, PrivilegeLevel, Quality, Severity, finding_id,
};

mod exception;

use crate::exposure::last_used;
use crate::factors::Legs;
use crate::reading::{Reading, is_usable};
use crate::rules::Expiry;

const NOT_ROTATED: &str = "lifecycle-key-not-rotated";
const NEVER_USED: &str = "lifecycle-never-used";
const UNUSED: &str = "lifecycle-unused-90-days";
const TWO_ACTIVE: &str = "lifecycle-two-active-keys";
const NEVER_EXPIRES: &str = "lifecycle-never-expires";
const EXPIRED: &str = "lifecycle-expired-still-present";
const LONG_LIFE: &str = "lifecycle-made-for-too-long";
const BESIDE_FEDERATION: &str = "lifecycle-secret-beside-federation";
const ADMIN: &str = "privilege-admin";
const ESCALATES: &str = "privilege-escalates";
const WIDE: &str = "privilege-wide";
const PAPER: &str = "paper-control";
const NO_OWNER: &str = "ownership-unknown";
const ORPHANED: &str = "ownership-orphaned";

/// What mostly holds for a whole store at once, for one reason.
pub(crate) const FOLDED: &[&str] = &[NO_OWNER, NEVER_EXPIRES];

/// Whether a finding speaks of what several pieces of evidence make together, so that its place is only one of them.
pub fn is_of_several(rule_id: &str) -> bool {
    [TWO_ACTIVE, BESIDE_FEDERATION].contains(&rule_id)
}

/// Every finding that is made here. The rules must have words for each.
pub(crate) const RULE_IDS: &[&str] = &[
    NOT_ROTATED,
    NEVER_USED,
    UNUSED,
    TWO_ACTIVE,
    NEVER_EXPIRES,
    EXPIRED,
    LONG_LIFE,
    BESIDE_FEDERATION,
    ADMIN,
    ESCALATES,
    WIDE,
    PAPER,
    NO_OWNER,
    ORPHANED,
    exception::EXPIRED,
    exception::UNREVIEWED,
    exception::UNLOGGED,
];

/// Finds what there is to say about one identity, in a stable order.
pub(crate) fn findings(reading: &Reading<'_>, legs: &Legs) -> Vec<Finding> {
    if reading.is_configuration() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for credential in reading.usable_credentials() {
        lifecycle(reading, credential, &mut found);
    }
    for credential in &reading.identity().credentials {
        expired(reading, credential, &mut found);
    }
    beside_federation(reading, &mut found);
    account_use(reading, &mut found);
    two_active(reading, &mut found);
    power(reading, &mut found);
    if legs.non_reusable == Some(false) && drilled(reading) {
        found.push(
            Statement::new(PAPER, "a check showed that the old credential still opens the target")
                .at(reading, |fact| matches!(fact, Fact::Drill { .. })),
        );
    }
    owner(reading, &mut found);
    exception::exceptions(reading, &mut found);
    let mut findings: Vec<Finding> =
        found.into_iter().map(|statement| statement.into_finding(reading)).collect();
    findings.sort_by(|a, b| (&a.rule_id, &a.place.path, &a.id).cmp(&(&b.rule_id, &b.place.path, &b.id)));
    findings.dedup_by(|a, b| a.id == b.id);
    findings
}

/// One thing to say, before it gets its place and words.
struct Statement<'a> {
    rule: &'static str,
    severity: Option<Severity>,
    reason: String,
    fingerprint: Option<Fingerprint>,
    masked: Option<String>,
    evidence: Option<&'a Evidence>,
}

impl<'a> Statement<'a> {
    fn new(rule: &'static str, reason: impl Into<String>) -> Self {
        Self { rule, severity: None, reason: reason.into(), fingerprint: None, masked: None, evidence: None }
    }

    fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// The best evidence that holds such a fact.
    fn at(mut self, reading: &Reading<'a>, holds: fn(&Fact) -> bool) -> Self {
        let fitting = reading.dossier.evidence.iter().filter(|evidence| holds(&evidence.fact));
        self.evidence = best(fitting);
        self
    }

    /// A statement about one credential stands where the credential is written down.
    fn about(mut self, reading: &Reading<'a>, credential: &Credential) -> Self {
        let fitting = reading.dossier.evidence.iter().filter(|evidence| {
            matches!(&evidence.fact, Fact::Credential { credential: seen }
                if seen.kind == credential.kind && seen.fingerprint == credential.fingerprint)
        });
        self.evidence = best(fitting);
        self.fingerprint.clone_from(&credential.fingerprint);
        self.masked.clone_from(&credential.masked);
        self
    }

    fn into_finding(self, reading: &Reading<'_>) -> Finding {
        let rule = &reading.rules.readiness.findings[self.rule];
        let identity = reading.identity();
        let evidence = self.evidence.or_else(|| best(reading.dossier.evidence.iter()));
        let place = place(reading, evidence);
        let subject = match (&self.fingerprint, &identity.native_id, evidence) {
            (Some(fingerprint), ..) => fingerprint.0.clone(),
            (None, Some(native), _) => native.clone(),
            (None, None, Some(evidence)) => evidence.subject.key.clone(),
            (None, None, None) => identity.id.clone(),
        };
        let commit = evidence.and_then(|evidence| evidence.source.commit.clone());
        let confidence = match evidence.map(|evidence| evidence.quality) {
            Some(Quality::Authoritative) => Confidence::High,
            Some(Quality::Config) => Confidence::Medium,
            Some(Quality::Heuristic) | None => Confidence::Low,
        };
        Finding {
            id: finding_id(self.rule, &subject, &place.path),
            rule_id: self.rule.to_owned(),
            title: format!("{}: {}", rule.title, identity.name),
            category: rule.category,
            severity: self.severity.unwrap_or(rule.severity),
            confidence,
            place,
            in_tree: commit.is_none(),
            in_history: commit.is_some(),
            fate: if commit.is_some() { Fate::History } else { Fate::WorkTree },
            commit,
            author: None,
            committed_at: None,
            also_at: Vec::new(),
            masked: self.masked,
            fingerprint: self.fingerprint,
            identity_id: (!identity.id.is_empty()).then(|| identity.id.clone()),
            suppressed: None,
            controls: rule.controls.clone(),
            reasons: vec![self.reason],
        }
    }
}

/// The best evidence; among equals the first of those that stand in the files of today.
fn best<'a>(evidence: impl Iterator<Item = &'a Evidence>) -> Option<&'a Evidence> {
    let worth = |evidence: &Evidence| (evidence.quality, evidence.source.commit.is_none());
    evidence.reduce(|best, next| if worth(next) > worth(best) { next } else { best })
}

fn place(reading: &Reading<'_>, evidence: Option<&Evidence>) -> Place {
    if let Some(source) = evidence.map(|evidence| &evidence.source) {
        let line = source.line.unwrap_or(1);
        let (root, path) = (source.root.clone(), source.path.clone());
        return Place { root, path, start_line: line, end_line: line, start_column: 1, end_column: 1 };
    }
    match reading.dossier.findings.first() {
        Some(finding) => finding.place.clone(),
        None => Place {
            root: String::new(),
            path: String::new(),
            start_line: 1,
            end_line: 1,
            start_column: 1,
            end_column: 1,
        },
    }
}

fn lifecycle<'a>(reading: &Reading<'a>, credential: &Credential, found: &mut Vec<Statement<'a>>) {
    let limits = reading.rules.reading();
    let known = reading.rules.catalogue.get(&credential.kind);
    let max_age = known.map_or(limits.key_age_days, |known| known.default_max_age_days);
    if let Some(made) = credential.last_rotated_at.or(credential.created_at) {
        let age = reading.days_since(made);
        if max_age > 0 && age > max_age {
            let old = age > max_age.saturating_mul(limits.key_age_high_factor);
            let reason = format!("{age} days old; {max_age} days are the age to rotate it at");
            let severity = if old { Severity::High } else { Severity::Medium };
            found.push(Statement::new(NOT_ROTATED, reason).severity(severity).about(reading, credential));
        }
        if credential.never_used && age > limits.never_used_days {
            let reason = format!("made {age} days ago and never used: nobody would miss it");
            found.push(Statement::new(NEVER_USED, reason).about(reading, credential));
        }
    }
    if let Some(days) = credential.last_used_at.map(|last| reading.days_since(last))
        && days > limits.unused_days
    {
        let reason = format!("last used {days} days ago");
        found.push(Statement::new(UNUSED, reason).about(reading, credential));
    }
    let endless = credential.never_expires
        || credential.expires_at.is_none() && known.is_some_and(|known| known.expiry == Some(Expiry::None));
    if endless {
        let reason = format!("{}: valid until somebody ends it", known_name(reading, credential));
        found.push(Statement::new(NEVER_EXPIRES, reason).about(reading, credential));
    }
}

/// A credential that was made to live longer than it may; and one that has ended and was left where it was.
fn expired<'a>(reading: &Reading<'a>, credential: &Credential, found: &mut Vec<Statement<'a>>) {
    let limits = reading.rules.reading();
    let Some(end) = credential.expires_at else { return };
    if end > reading.now {
        let begin = credential.last_rotated_at.or(credential.created_at);
        let life = begin.map(|begin| (end.as_second() - begin.as_second()).div_euclid(86_400));
        if let Some(days) = life.filter(|days| *days > limits.life_days) {
            let reason =
                format!("made for {days} days; {} are the most that it should live", limits.life_days);
            found.push(Statement::new(LONG_LIFE, reason).about(reading, credential));
        }
        return;
    }
    // One that an authority calls disabled or ended is told as that; one that is merely past its end still lies there.
    let left = matches!(credential.state, CredentialState::Active | CredentialState::Unknown);
    let known = reading.facts(|fact| match fact {
        Fact::Credential { credential: seen } => (seen.fingerprint == credential.fingerprint).then_some(()),
        _ => None,
    });
    let by_authority = known.into_iter().any(|((), evidence)| evidence.quality == Quality::Authoritative);
    if left && by_authority {
        let reason = format!("ended {} days ago and was never removed", reading.days_since(end));
        found.push(Statement::new(EXPIRED, reason).about(reading, credential));
    }
}

/// A kept secret of an identity whose workload could prove itself: the migration was not finished.
fn beside_federation<'a>(reading: &Reading<'a>, found: &mut Vec<Statement<'a>>) {
    let federated = |fact: &Fact| matches!(fact, Fact::Federation { state: Federation::Used, .. });
    let Some(how) = reading
        .facts(|fact| match fact {
            Fact::Federation { state: Federation::Used, how } => Some(how.as_str()),
            _ => None,
        })
        .map(|(how, _)| how)
        .next()
    else {
        return;
    };
    let long = |credential: &&Credential| {
        let standing = reading.rules.catalogue.get(&credential.kind).map(|known| known.standing.as_str());
        standing != Some("short")
    };
    let Some(credential) = reading.usable_credentials().find(long) else { return };
    let reason = format!("{} still works although {how}", known_name(reading, credential));
    found.push(Statement::new(BESIDE_FEDERATION, reason).at(reading, federated));
}

fn known_name(reading: &Reading<'_>, credential: &Credential) -> String {
    match reading.rules.catalogue.get(&credential.kind) {
        Some(known) if !known.name.is_empty() => known.name.clone(),
        _ => credential.kind.replace('_', " "),
    }
}

/// Disuse of an account none of whose credentials tells its own use: a role, or a user of whom only logins are known.
fn account_use<'a>(reading: &Reading<'a>, found: &mut Vec<Statement<'a>>) {
    let limits = reading.rules.reading();
    let is_record = |fact: &Fact| matches!(fact, Fact::LastUsed { .. });
    let recorded = reading.dossier.evidence.iter().any(|evidence| is_record(&evidence.fact));
    let tells = |credential: &Credential| credential.never_used || credential.last_used_at.is_some();
    let mut usable = reading.usable_credentials();
    let held = !reading.identity().credentials.is_empty();
    let ended = held && reading.usable_credentials().next().is_none();
    if usable.any(tells) || ended || !recorded {
        return;
    }
    match last_used(reading).map(|last| reading.days_since(last)) {
        Some(days) if days > limits.unused_days => {
            found.push(Statement::new(UNUSED, format!("last used {days} days ago")).at(reading, is_record));
        }
        Some(_) => {}
        None => found.push(
            Statement::new(NEVER_USED, "its platform records no use of it")
                .severity(Severity::Low)
                .at(reading, is_record),
        ),
    }
}

fn two_active<'a>(reading: &Reading<'a>, found: &mut Vec<Statement<'a>>) {
    let active: Vec<&Credential> = reading
        .identity()
        .credentials
        .iter()
        .filter(|credential| {
            credential.state == CredentialState::Active && is_usable(credential, reading.now)
        })
        .collect();
    let twice = active.iter().find(|one| active.iter().filter(|other| other.kind == one.kind).count() > 1);
    if let Some(credential) = twice {
        let count = active.iter().filter(|other| other.kind == credential.kind).count();
        let reason = format!("{count} are active at once; outside a rotation one is enough");
        let mut statement = Statement::new(TWO_ACTIVE, reason).about(reading, credential);
        statement.fingerprint = None; // it is about the identity, whichever key comes first
        statement.masked = None;
        found.push(statement);
    }
}

fn power<'a>(reading: &Reading<'a>, found: &mut Vec<Statement<'a>>) {
    let (rule, severity) = match reading.privilege.level {
        PrivilegeLevel::Admin => {
            // Power that anybody with a clone can take is not merely standing.
            let leaked = reading.dossier.findings.iter().any(|finding| finding.category == Category::Secret);
            (ADMIN, leaked.then_some(Severity::Critical))
        }
        PrivilegeLevel::Escalates => (ESCALATES, None),
        PrivilegeLevel::Wide => (WIDE, None),
        PrivilegeLevel::Scoped | PrivilegeLevel::Read | PrivilegeLevel::Unknown => return,
    };
    let mut statement = Statement::new(rule, reading.privilege.because.join("; "))
        .at(reading, |fact| matches!(fact, Fact::Grant { .. } | Fact::Privilege { .. }));
    statement.severity = severity;
    found.push(statement);
}

fn drilled(reading: &Reading<'_>) -> bool {
    reading.dossier.evidence.iter().any(|evidence| matches!(evidence.fact, Fact::Drill { .. }))
}

fn owner<'a>(reading: &Reading<'a>, found: &mut Vec<Statement<'a>>) {
    let owner = &reading.identity().owner;
    match owner.state {
        OwnerState::Unknown => found.push(Statement::new(NO_OWNER, "no file, tag or person names an owner")),
        OwnerState::Orphaned => {
            let gone = owner.basis.first().map_or(String::new(), |claim| format!(": {}", claim.value));
            found.push(Statement::new(ORPHANED, format!("everybody who answered for it is gone{gone}")));
        }
        _ => {}
    }
}
