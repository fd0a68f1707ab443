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
use judgement::Words;
use world::{Library, World};

/// Name under which the judgement stands as evidence.
const READER: &str = "aws_privilege";

/// Judges every user and role of all accounts that a scan has read. The accounts are weighed together, so that a role
/// of one that trusts another is seen.
pub fn weigh_aws(accounts: &[AwsAccount], now: Timestamp) -> Vec<Evidence> {
    let bundled = world::bundled(accounts);
    let library = Library::of(accounts, &bundled);
    let world = World::of(accounts, &library, now);
    let (reacher, standings) = walk::settle(&world);
    let words = Words { reacher: &reacher, standings: &standings };
    let places = accounts.iter().flat_map(|file| file.principals.iter().map(move |one| (file, one)));
    // Those that stand for groups come first.
    let principals = places.zip(world.groups.len()..);
    principals
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
        .collect()
}
