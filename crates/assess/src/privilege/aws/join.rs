//! Groups that a user may join: what they give together with the user's own permissions.

use std::ops::Range;

use super::condition::Answer;
use super::holder::{Given, Own};
use super::lift::Lift;
use super::path::{Aim, table};
use super::world::{Who, World};

/// Groups that AWS lets a user be in.
const GROUPS_MAX: usize = 10;

/// Finds which users may join groups that give anything, and adds them as they would be then.
pub(super) fn find(world: &mut World<'_>, everybody: Range<Who>) {
    let join = table().known("iam:AddUserToGroup");
    let giving: Vec<Who> =
        world.all_groups.iter().copied().filter(|group| !world.holders[*group].held.is_empty()).collect();
    for who in everybody {
        let holder = &world.holders[who];
        if giving.is_empty() || !holder.is_user() || !holder.held.has(join) {
            continue;
        }
        let mut last = Vec::new();
        for least in [Answer::Yes, Answer::Maybe] {
            let may_join = |group: &Who| {
                let is_other = !world.groups_of[who].contains(group);
                let is_own = world.holders[*group].account() == world.holders[who].account();
                let ask = || world.holders[who].ask(join, world.arn(*group), Given::default()).answer;
                is_other && is_own && ask() >= least
            };
            let room = GROUPS_MAX.saturating_sub(world.groups_of[who].len());
            let joined: Vec<Who> = giving.iter().copied().filter(may_join).take(room).collect();
            if joined.is_empty() || joined == last {
                continue;
            }
            let (freed, because) = member(world, who, &joined);
            let lift = Lift { aim: Aim::BetterGroup, answer: least, freed, because };
            world.lifts.entry(who).or_default().push(lift);
            last = joined;
        }
    }
}

/// Adds a user as a member of groups, with the reason why it may be one.
fn member(world: &mut World<'_>, who: Who, groups: &[Who]) -> (Who, Vec<String>) {
    let join = table().known("iam:AddUserToGroup");
    let mut holder = world.holders[who].clone();
    let mut because = Vec::new();
    let mut attached = Vec::new();
    for group in groups {
        let arn = world.arn(*group);
        let name = arn.rsplit('/').next().unwrap_or_default();
        holder.own.extend(world.holders[*group].own.iter().map(|own| Own { group: Some(name), ..*own }));
        attached.extend(world.attached[*group].iter().copied());
        if let Some(by) = world.holders[who].ask(join, arn, Given::default()).by {
            let (on, place) = (by.rule.reach_words(), by.place());
            because.push(format!("it can join group {name}: iam:AddUserToGroup {on} by {place}"));
        }
    }
    let freed = world.push_freed(who, holder);
    world.groups_of[freed].extend(groups);
    world.attached[freed].extend(attached);
    (freed, because)
}
