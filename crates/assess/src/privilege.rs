//! How much power an identity has, from the grants and judgements that were read.
//!
//! Where a whole account was read, `aws` weighed its policies once for everybody, and the judgement stands as
//! evidence. Grants of files that nobody weighed are an upper bound: conditions, denials and boundaries are not
//! looked at. A grant whose actions nobody knows makes the whole unknown unless what is known is already worse.

mod actions;
mod aws;
mod platforms;

use std::collections::BTreeSet;

use tenure_model::{
    Dossier, EscalationPath, Fact, Grant, PathState, Privilege, PrivilegeLevel, Quality, Timestamp, Verdict,
};

pub use aws::{WeighedAccounts, weigh_aws};
pub use platforms::roles::{awaits_role, with_roles};

pub(crate) use actions::names_one_thing;
use actions::{Power, power_of};

/// At most this many statements are told; the rest is counted.
const BECAUSE_MAX: usize = 6;
/// Characters of one statement in words: a policy may hold ten thousand.
const WORDS_CHARS_MAX: usize = 600;

/// Judges the power of an identity.
pub(crate) fn judge(dossier: &Dossier, now: Timestamp) -> Privilege {
    let mut whole = Judged::default();
    for evidence in &dossier.evidence {
        if let Fact::Privilege { level, because, admin, paths } = &evidence.fact {
            whole.weighed(*level, because, *admin, paths);
        }
    }
    let judged = whole.level.is_some_and(|level| level != PrivilegeLevel::Unknown);
    let settled = weighed_grants(dossier);
    let grants: Vec<&Grant> =
        dossier.identity.grants.iter().filter(|grant| !settled.contains(grant)).collect();
    let powers: Vec<Power> =
        grants
            .iter()
            .map(|grant| {
                if platforms::is_over(grant, now) { Power::of(PrivilegeLevel::Read) } else { power_of(grant) }
            })
            .collect();
    let launching: Vec<&Grant> =
        grants.iter().zip(&powers).filter(|(_, power)| power.launches).map(|(grant, _)| *grant).collect();
    for (grant, power) in grants.iter().zip(&powers) {
        // Passing a role is only a way up for somebody who can also start something with it.
        let launches = || launching.iter().any(|other| platforms::meet(grant, other));
        let level = match power.passes_role && launches() {
            true => worse(power.level, PrivilegeLevel::Escalates),
            false => power.level,
        };
        whole.statements.push((level, shortened(told(grant))));
        // A judgement of the whole already covers a document that the export does not hold.
        if !(level == PrivilegeLevel::Unknown && judged) {
            whole.raise(level);
            whole.guessed = Some(whole.guessed.map_or(level, |known| worse(known, level)));
        }
    }
    whole.privilege()
}

/// Grants of files whose policies were weighed as a whole: the judgement speaks for them.
fn weighed_grants(dossier: &Dossier) -> BTreeSet<&Grant> {
    let place =
        |evidence: &'_ tenure_model::Evidence| (evidence.source.root.clone(), evidence.source.path.clone());
    let is_judgement = |fact: &Fact| matches!(fact, Fact::Privilege { .. });
    let evidence = || dossier.evidence.iter();
    let weighed: BTreeSet<_> = evidence().filter(|one| is_judgement(&one.fact)).map(place).collect();
    let of_weighed = evidence().filter(|one| weighed.contains(&place(one)));
    let grants = of_weighed.filter_map(|one| match &one.fact {
        Fact::Grant { grant } => Some(grant),
        _ => None,
    });
    grants.collect()
}

/// What is known so far.
#[derive(Default)]
struct Judged {
    level: Option<PrivilegeLevel>,
    /// Of grants that nobody weighed.
    guessed: Option<PrivilegeLevel>,
    admin: Verdict,
    paths: Vec<EscalationPath>,
    statements: Vec<(PrivilegeLevel, String)>,
}

impl Judged {
    fn raise(&mut self, level: PrivilegeLevel) {
        self.level = Some(self.level.map_or(level, |known| worse(known, level)));
    }

    fn weighed(
        &mut self,
        level: PrivilegeLevel,
        because: &[String],
        admin: Verdict,
        paths: &[EscalationPath],
    ) {
        self.raise(level);
        self.statements.extend(because.iter().map(|words| (level, shortened(words.clone()))));
        let rank = |verdict| match verdict {
            Verdict::Yes => 0,
            Verdict::Conditional => 1,
            Verdict::Unknown => 2,
            Verdict::No => 3,
        };
        if self.admin == Verdict::Unknown || rank(admin) < rank(self.admin) {
            self.admin = admin;
        }
        for path in paths {
            match self.paths.iter_mut().find(|known| known.id == path.id) {
                Some(known) if state_rank(known.state) <= state_rank(path.state) => {}
                Some(known) => *known = path.clone(),
                None => self.paths.push(path.clone()),
            }
        }
    }

    fn privilege(self) -> Privilege {
        let level = self.level.unwrap_or_default();
        let mut because: Vec<String> =
            self.statements.into_iter().filter(|(of, _)| *of == level).map(|(_, words)| words).collect();
        because.dedup();
        if because.len() > BECAUSE_MAX {
            let more = because.len() - BECAUSE_MAX;
            because.truncate(BECAUSE_MAX);
            because.push(format!("and {more} more"));
        }
        // Grants that nobody weighed can only add to a verdict.
        let admin = match self.guessed.map(verdict) {
            Some(guessed @ (Verdict::Yes | Verdict::Conditional)) if self.admin != Verdict::Yes => guessed,
            Some(guessed) if self.admin == Verdict::Unknown => guessed,
            _ => self.admin,
        };
        Privilege { level, admin, paths: self.paths, because }
    }
}

fn state_rank(state: PathState) -> u8 {
    match state {
        PathState::Open => 0,
        PathState::Conditional => 1,
        PathState::Latent => 2,
    }
}

/// Quality of the evidence behind the judgement: the best that was read.
pub(crate) fn quality(dossier: &Dossier) -> Quality {
    dossier
        .evidence
        .iter()
        .filter(|evidence| matches!(evidence.fact, Fact::Grant { .. } | Fact::Privilege { .. }))
        .map(|evidence| evidence.quality)
        .max()
        .unwrap_or(Quality::Config)
}

fn verdict(level: PrivilegeLevel) -> Verdict {
    match level {
        PrivilegeLevel::Admin => Verdict::Yes,
        PrivilegeLevel::Escalates => Verdict::Conditional,
        PrivilegeLevel::Wide | PrivilegeLevel::Scoped | PrivilegeLevel::Read => Verdict::No,
        PrivilegeLevel::Unknown => Verdict::Unknown,
    }
}

/// The more worrying of two levels. Unknown stands between "wide" and "scoped": what nobody knows is worse
/// than something narrow, and does not hide something wide.
fn worse(a: PrivilegeLevel, b: PrivilegeLevel) -> PrivilegeLevel {
    let rank = |level: PrivilegeLevel| match level {
        PrivilegeLevel::Admin => 0,
        PrivilegeLevel::Escalates => 1,
        PrivilegeLevel::Wide => 2,
        PrivilegeLevel::Unknown => 3,
        PrivilegeLevel::Scoped => 4,
        PrivilegeLevel::Read => 5,
    };
    if rank(a) <= rank(b) { a } else { b }
}

/// The same words up to a limit; that they are cut shows.
fn shortened(mut words: String) -> String {
    if let Some((end, _)) = words.char_indices().nth(WORDS_CHARS_MAX) {
        words.truncate(end);
        words.push('…');
        words.shrink_to_fit();
    }
    words
}

fn told(grant: &Grant) -> String {
    let scope = if grant.scope.is_empty() { String::new() } else { format!(" ({})", grant.scope) };
    match grant.actions.as_slice() {
        [] => format!("what it may do on {} is not in the export{scope}", grant.target),
        [one] => format!("{} on {}{scope}", platforms::shown(grant, one), grant.target),
        [first, rest @ ..] => {
            let first = platforms::shown(grant, first);
            format!("{first} and {} more on {}{scope}", rest.len(), grant.target)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenure_model::{Evidence, EvidenceSource, Identity, Subject, SubjectKind};

    fn grant(actions: &[&str], target: &str) -> Grant {
        Grant {
            target: target.into(),
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            scope: "inline policy deploy".into(),
        }
    }

    fn level(grants: Vec<Grant>) -> PrivilegeLevel {
        judge(&dossier(grants), Timestamp::UNIX_EPOCH).level
    }

    fn dossier(grants: Vec<Grant>) -> Dossier {
        Dossier { identity: Identity { grants, ..Identity::default() }, ..Dossier::default() }
    }

    #[test]
    fn everything_on_everything_is_an_administrator() {
        assert_eq!(level(vec![grant(&["*"], "*")]), PrivilegeLevel::Admin);
        assert_eq!(level(vec![grant(&["*:*"], "arn:aws:*")]), PrivilegeLevel::Admin);
        let judged = judge(
            &dossier(vec![grant(&["s3:GetObject"], "arn:aws:s3:::b/k"), grant(&["*"], "*")]),
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(judged.admin, Verdict::Yes);
        assert_eq!(judged.because, ["* on * (inline policy deploy)"]);
    }

    #[test]
    fn who_may_write_permissions_can_make_itself_an_administrator() {
        for actions in
            [&["iam:*"][..], &["iam:Put*"], &["IAM:AttachUserPolicy"], &["iam:CreatePolicyVersion"]]
        {
            assert_eq!(level(vec![grant(actions, "*")]), PrivilegeLevel::Escalates, "{actions:?}");
        }
        let own_keys = grant(&["iam:CreateAccessKey"], "arn:aws:iam::*:user/${aws:username}");
        assert_eq!(level(vec![own_keys]), PrivilegeLevel::Scoped, "its own keys are no way up");
        let pass = grant(&["iam:PassRole"], "*");
        assert_eq!(level(vec![pass.clone()]), PrivilegeLevel::Wide);
        assert_eq!(level(vec![pass, grant(&["lambda:*"], "*")]), PrivilegeLevel::Escalates);
    }

    #[test]
    fn wildcards_are_wide_and_named_things_are_scoped() {
        assert_eq!(level(vec![grant(&["s3:*"], "*")]), PrivilegeLevel::Wide);
        assert_eq!(level(vec![grant(&["secretsmanager:GetSecretValue"], "*")]), PrivilegeLevel::Wide);
        assert_eq!(level(vec![grant(&["s3:PutObject"], "arn:aws:s3:::site/*")]), PrivilegeLevel::Scoped);
        assert_eq!(
            level(vec![grant(&["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::site/*")]),
            PrivilegeLevel::Read
        );
        assert_eq!(level(vec![grant(&["ec2:Describe*"], "*")]), PrivilegeLevel::Read);
        assert_eq!(level(vec![grant(&["SELECT"], "orders")]), PrivilegeLevel::Read);
        assert_eq!(level(vec![grant(&["SELECT", "UPDATE"], "orders")]), PrivilegeLevel::Scoped);
        assert_eq!(level(vec![grant(&["ALL PRIVILEGES"], "*")]), PrivilegeLevel::Admin);
    }

    #[test]
    fn a_statement_of_any_length_is_told_in_a_few_words() {
        let judged = judge(
            &dossier(vec![grant(&["*"], &"é".repeat(1 << 20)), grant(&["*"], "*")]),
            Timestamp::UNIX_EPOCH,
        );
        assert!(
            judged.because.iter().all(|words| words.chars().count() <= WORDS_CHARS_MAX + 1),
            "{judged:?}"
        );
    }

    #[test]
    fn nothing_known_or_a_missing_document_is_unknown_and_never_narrow() {
        assert_eq!(level(vec![]), PrivilegeLevel::Unknown);
        let missing = grant(&[], "*");
        assert_eq!(
            level(vec![grant(&["s3:GetObject"], "arn:aws:s3:::b/k"), missing.clone()]),
            PrivilegeLevel::Unknown
        );
        assert_eq!(level(vec![grant(&["*"], "*"), missing.clone()]), PrivilegeLevel::Admin);
        assert_eq!(level(vec![grant(&["s3:*"], "*"), missing]), PrivilegeLevel::Wide);
    }

    #[test]
    fn a_managed_policy_that_everybody_knows_counts_without_its_document() {
        let managed =
            |arn: &str| Grant { target: "*".into(), actions: vec![], scope: format!("managed policy {arn}") };
        assert_eq!(
            level(vec![managed("arn:aws:iam::aws:policy/AdministratorAccess")]),
            PrivilegeLevel::Admin
        );
        assert_eq!(level(vec![managed("arn:aws:iam::aws:policy/IAMFullAccess")]), PrivilegeLevel::Escalates);
        let other = managed("arn:aws:iam::aws:policy/AdministratorAccess-Amplify");
        assert_eq!(level(vec![other]), PrivilegeLevel::Unknown);
    }

    #[test]
    fn an_authoritys_judgement_counts_and_grants_can_only_make_it_worse() {
        let mut dossier = dossier(vec![grant(&[], "*")]);
        dossier.evidence.push(Evidence {
            subject: Subject::new(SubjectKind::AwsPrincipal, "x"),
            fact: Fact::Privilege {
                level: PrivilegeLevel::Scoped,
                because: vec!["evaluated".into()],
                admin: Verdict::No,
                paths: Vec::new(),
            },
            source: EvidenceSource {
                root: ".".into(),
                path: "iam.json".into(),
                line: None,
                commit: None,
                reader: "aws".into(),
            },
            quality: Quality::Authoritative,
        });
        assert_eq!(judge(&dossier, Timestamp::UNIX_EPOCH).level, PrivilegeLevel::Scoped);
        dossier.identity.grants.push(grant(&["*"], "*"));
        assert_eq!(judge(&dossier, Timestamp::UNIX_EPOCH).level, PrivilegeLevel::Admin);
    }
}
