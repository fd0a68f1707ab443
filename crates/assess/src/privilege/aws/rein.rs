//! What holds somebody back and others may take off: a boundary, denials in policies. What it would be then is weighed
//! like anybody else; whoever may take it off and take it over gets that.

use std::ops::Range;

use super::admin::{document_is_everything, is_everything};
use super::catalogue::{managed, partition};
use super::condition::Answer;
use super::holder::{Given, Holder, Limit, Own};
use super::path::{ActionId, Actions, table};
use super::world::{Who, World};

/// Principals that are thought of without what holds them back. Accounts in which everybody has a boundary exist.
const FREED_MAX: usize = 20_000;

/// Somebody who is held back, as it would be without that.
pub(super) struct Rein {
    /// Who is held back.
    pub(super) of: Who,
    /// The same without it, somebody in no list.
    pub(super) freed: Who,
    /// What must come off, all of it.
    obstacles: Vec<Obstacle>,
}

#[derive(Clone)]
struct Obstacle {
    /// Ways to take it off; one is enough.
    means: Vec<Means>,
}

/// One action that takes something off.
#[derive(Clone)]
struct Means {
    action: ActionId,
    resource: String,
    policy: Option<String>,
    /// The boundary that is set instead.
    sets: Option<String>,
}

/// Actions that take something off others, for users and for roles.
struct Freeing {
    delete_boundary: [ActionId; 2],
    put_boundary: [ActionId; 2],
    write: [ActionId; 2],
    delete: [ActionId; 2],
    detach: [ActionId; 2],
    new_version: ActionId,
    write_group: ActionId,
    leave: ActionId,
}

impl Freeing {
    fn new() -> Self {
        let id = |name: &str| table().known(name);
        let both =
            |verb: &str, rest: &str| ["User", "Role"].map(|kind| id(&format!("iam:{verb}{kind}{rest}")));
        Self {
            delete_boundary: both("Delete", "PermissionsBoundary"),
            put_boundary: both("Put", "PermissionsBoundary"),
            write: both("Put", "Policy"),
            delete: both("Delete", "Policy"),
            detach: both("Detach", "Policy"),
            new_version: id("iam:CreatePolicyVersion"),
            write_group: id("iam:PutGroupPolicy"),
            leave: id("iam:RemoveUserFromGroup"),
        }
    }

    fn all(&self) -> impl Iterator<Item = ActionId> {
        let pairs = [self.delete_boundary, self.put_boundary, self.write, self.delete, self.detach];
        pairs.into_iter().flatten().chain([self.new_version, self.write_group, self.leave])
    }
}

/// Finds who is held back by what somebody else may take off, and adds whom that frees.
pub(super) fn find(world: &mut World<'_>, everybody: Range<Who>) {
    let freeing = Freeing::new();
    freeing.all().for_each(|id| world.freeing.add(id));
    let may_free = |who: &Who| {
        let holder = &world.holders[*who];
        holder.held.meets(&world.freeing) && is_everything(holder).answer < Answer::Yes
    };
    let mut held = Actions::default();
    everybody.clone().filter(may_free).for_each(|who| held.join(&world.holders[who].held));
    if !held.meets(&world.freeing) {
        return;
    }
    for who in everybody {
        if world.reins.len() >= FREED_MAX || world.holders[who].principal.is_service_linked {
            continue;
        }
        let boundary = boundary(world, &freeing, who);
        let denials = denials(world, &freeing, who);
        for (is_unbound, is_undenied) in [(true, false), (false, true), (true, true)] {
            let mut holder = world.holders[who].clone();
            let mut obstacles = Vec::new();
            if is_unbound {
                let Some(means) = &boundary else { continue };
                obstacles.push(means.clone());
                holder.boundary = Limit::None;
            }
            if is_undenied {
                let Some(means) = &denials else { continue };
                obstacles.extend(means.iter().cloned());
                holder.own.iter_mut().for_each(|own| own.is_rewritten = true);
            }
            let is_takeable = |obstacle: &Obstacle| obstacle.means.iter().any(|one| held.has(one.action));
            if obstacles.iter().all(is_takeable) {
                holder.take_stock();
                let freed = world.push_freed(who, holder);
                world.reins.push(Rein { of: who, freed, obstacles });
            }
        }
    }
}

/// What takes a boundary off; `None` where there is none that holds back.
fn boundary(world: &World<'_>, freeing: &Freeing, who: Who) -> Option<Obstacle> {
    let holder = &world.holders[who];
    let policy = holder.principal.boundary.as_deref()?;
    match &holder.boundary {
        Limit::None => return None,
        Limit::Known(known) if document_is_everything(holder, known) == Answer::Yes => return None,
        Limit::Known(_) | Limit::Unknown => {}
    }
    let (arn, kind) = (holder.principal.arn.as_str(), usize::from(!holder.is_user()));
    let widest = managed(partition(arn), "AdministratorAccess");
    let mut means = vec![
        Means::on(freeing.delete_boundary[kind], arn),
        Means { sets: Some(widest), ..Means::on(freeing.put_boundary[kind], arn) },
    ];
    means.extend(version(world, freeing, policy));
    Some(Obstacle { means })
}

/// What takes off every denial in a principal's own policies; `None` where there is none.
fn denials(world: &World<'_>, freeing: &Freeing, who: Who) -> Option<Vec<Obstacle>> {
    let holder = &world.holders[who];
    let mut obstacles = Vec::new();
    for own in holder.own.iter().filter(|own| denies(holder, own)) {
        obstacles.push(Obstacle { means: off(world, freeing, who, own) });
    }
    (!obstacles.is_empty()).then_some(obstacles)
}

fn denies(holder: &Holder<'_>, own: &Own<'_>) -> bool {
    let request = holder.request("*", "", Given::default());
    own.policy.rules.iter().any(|rule| !rule.allows && rule.holds(&request) > Answer::No)
}

/// What takes off the denials of one policy and leaves what it allows.
fn off(world: &World<'_>, freeing: &Freeing, who: Who, own: &Own<'_>) -> Vec<Means> {
    let holder = &world.holders[who];
    let (arn, kind) = (holder.principal.arn.as_str(), usize::from(!holder.is_user()));
    let gives = own.policy.rules.iter().any(|rule| rule.allows);
    let mut groups = world.groups_of[who].iter().map(|group| world.arn(*group));
    let group = own.group.and_then(|name| groups.find(|arn| arn.rsplit('/').next() == Some(name)));
    let mut means = Vec::new();
    match (own.arn, group) {
        (Some(policy), _) => means.extend(version(world, freeing, policy)),
        (None, Some(group)) => means.push(Means::on(freeing.write_group, group)),
        (None, None) => means.push(Means::on(freeing.write[kind], arn)),
    }
    if !gives && own.group.is_none() {
        means.push(match own.arn {
            Some(policy) => Means { policy: Some(policy.to_owned()), ..Means::on(freeing.detach[kind], arn) },
            None => Means::on(freeing.delete[kind], arn),
        });
    }
    let of_group = holder.own.iter().filter(|other| other.group == own.group);
    let group_gives = of_group.flat_map(|other| &other.policy.rules).any(|rule| rule.allows);
    if let Some(group) = group.filter(|_| !group_gives) {
        means.push(Means::on(freeing.leave, group));
    }
    means
}

/// A customer's policy can get another version while there is room.
fn version(world: &World<'_>, freeing: &Freeing, policy: &str) -> Option<Means> {
    let may = !policy.contains(":iam::aws:") && !world.library.is_full(policy);
    may.then(|| Means::on(freeing.new_version, policy))
}

impl Means {
    fn on(action: ActionId, resource: &str) -> Self {
        Self { action, resource: resource.to_owned(), policy: None, sets: None }
    }
}

impl Rein {
    /// How far somebody may take all of it off.
    pub(super) fn gives_way(&self, world: &World<'_>, who: Who) -> Answer {
        let ways = self.obstacles.iter().map(|obstacle| obstacle.best(world, self.of, who).0);
        ways.min().unwrap_or(Answer::No)
    }

    /// The actions that take it off, as people write them.
    pub(super) fn words(&self, world: &World<'_>, who: Who) -> String {
        let mut names: Vec<&str> = Vec::new();
        for obstacle in &self.obstacles {
            if let (_, Some(means)) = obstacle.best(world, self.of, who) {
                let shown = table().actions[means.action].shown.as_str();
                if !names.contains(&shown) {
                    names.push(shown);
                }
            }
        }
        names.join(" and ")
    }
}

impl Obstacle {
    fn best(&self, world: &World<'_>, of: Who, who: Who) -> (Answer, Option<&Means>) {
        let mut best = (Answer::No, None);
        for means in &self.means {
            let of_group = means.resource.contains(":group/") || means.resource.contains(":policy/");
            let given = Given {
                target: (!of_group).then(|| world.holders[of].principal),
                policy: means.policy.as_deref(),
                boundary: means.sets.as_deref().map(Some),
                ..Given::default()
            };
            let answer = world.holders[who].ask(means.action, &means.resource, given).answer;
            if answer > best.0 {
                best = (answer, Some(means));
            }
        }
        best
    }
}
