//! AWS accounts as a whole: who is an administrator, who can become one and how.
//!
//! Policies are weighed as sets and in three values. A question is asked of one action and one resource, where a
//! resource can stand for all that a pattern leaves open (`holder`); whether somebody may do *everything* is asked of
//! the whole catalogue of actions (`admin`). What no export tells makes an answer "maybe", never "yes" and never "no".

mod admin;
mod attachable;
mod breadth;
mod candidate;
mod catalogue;
mod clock;
mod condition;
pub(super) mod glob;
mod help;
mod holder;
mod join;
mod judgement;
mod key;
mod lift;
mod near;
mod organization;
mod path;
mod rein;
mod rule;
mod target;
mod trust;
mod variable;
mod walk;
mod world;
mod writing;

use tenure_model::{AwsAccount, Evidence, EvidenceSource, Fact, Quality, Subject, SubjectKind, Timestamp};

use super::shortened;
use clock::Clock;
use judgement::Words;
use world::{Library, World};

/// Name under which the judgement stands as evidence.
const READER: &str = "aws_privilege";

/// What is said of every user and role of some accounts.
#[derive(Debug, Clone)]
pub struct WeighedAccounts {
    /// One piece each.
    pub evidence: Vec<Evidence>,
    /// A policy asks for the time: what is said holds for that moment.
    pub asked_for_time: bool,
}

/// Judges every user and role of all accounts that a scan has read. The accounts are weighed together, so that a role
/// of one that trusts another is seen.
pub fn weigh_aws(accounts: &[AwsAccount], now: Timestamp) -> WeighedAccounts {
    if accounts.is_empty() {
        return WeighedAccounts { evidence: Vec::new(), asked_for_time: false }; // nobody pays for the tables
    }
    let bundled = world::bundled(accounts);
    let library = Library::of(accounts, &bundled);
    let clock = Clock::new(now);
    let world = World::of(accounts, &library, &clock);
    let (reacher, standings) = walk::settle(&world);
    let words = Words { reacher: &reacher, standings: &standings };
    let places = accounts.iter().flat_map(|file| file.principals.iter().map(move |one| (file, one)));
    // Those that stand for groups come first.
    let principals = places.zip(world.groups.len()..);
    let evidence = principals
        .map(|((file, one), who)| {
            let mut judged = words.of(who);
            // Each principal has words of its own; those of a long policy of a group would be there for every member.
            let paths = judged.paths.iter_mut().flat_map(|path| &mut path.because);
            paths.chain(&mut judged.because).for_each(|words| *words = shortened(std::mem::take(words)));
            let source = EvidenceSource {
                root: file.root.clone(),
                path: file.path.clone(),
                line: (one.line > 0).then_some(one.line),
                commit: None,
                reader: READER.to_owned(),
            };
            let fact = Fact::Privilege {
                level: judged.level,
                because: judged.because,
                admin: judged.admin,
                paths: judged.paths,
            };
            let subject = Subject::new(SubjectKind::AwsPrincipal, one.arn.as_str());
            Evidence { subject, fact, source, quality: Quality::Authoritative }
        })
        .collect();
    WeighedAccounts { evidence, asked_for_time: clock.was_asked() }
}
