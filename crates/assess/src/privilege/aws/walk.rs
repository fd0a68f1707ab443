//! Walks the escalation paths of everybody: what each principal reaches by itself, then by whom it reaches.
//!
//! Power spreads backwards from administrators, one step a round, so that the first way that is found is a shortest.

use std::collections::HashMap;

use super::admin::{Whole, document_is_everything, is_everything};
use super::condition::Answer;
use super::help::Gifts;
use super::holder::Given;
use super::near::Near;
use super::path::{ActionId, Aim, Object, Path, table};
use super::rule::{Policy, Rule};
use super::target::{Reacher, Target};
use super::world::{Who, World};
use super::writing::Writes;

/// Steps of a chain that are followed, the last of which reaches an administrator.
const CHAIN_STEPS_MAX: u8 = 4;

/// What is known of somebody's power.
pub(super) struct Standing<'a> {
    /// Administrator by its own policies.
    pub(super) admin: Whole,
    /// Can get there, by itself or through others.
    pub(super) power: Answer,
    /// Steps until there is an administrator.
    steps: u8,
    /// The account is so large that not every way was followed.
    pub(super) is_cut: bool,
    /// Paths whose permissions it has.
    pub(super) found: Vec<Found<'a>>,
}

/// One path of somebody.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    /// Number in the table.
    pub(super) path: usize,
    /// `No`: the permissions are there, a target is not.
    pub(super) answer: Answer,
    /// The best that the path can be, by its permissions for other services and what is unseen of it.
    pub(super) allowed: Answer,
    pub(super) target: Option<Target<'a>>,
    /// Whether it makes its holder somebody who escalates. A way that hangs on something unseen does not, where the
    /// permission only comes with all of a service or of everything: that is broad power, told as such.
    pub(super) counts: bool,
}

/// Settles what everybody can reach.
pub(super) fn settle<'w, 'a>(world: &'w World<'a>) -> (Reacher<'w, 'a>, Vec<Standing<'a>>) {
    let mut standings: Vec<Standing<'a>> = (0..world.holders.len()).map(|who| standing(world, who)).collect();
    let reacher = Reacher::new(world, whole_policies(world, &standings));
    let running = running(world, &reacher);
    let everybody = Near::of(world, &running, |_| true);
    let (writes, gifts) = (Writes::new(), Gifts::new());
    let mut walk = Walk { world, reacher, running, everybody, writes, gifts, standings: Vec::new() };
    for (who, standing) in standings.iter_mut().enumerate() {
        walk.by_itself(who, standing);
    }
    walk.standings = standings;
    let mut is_more = walk.round(0);
    // Whoever has power already is the better target; only then is some written to others.
    is_more |= walk.by_writing();
    is_more |= walk.by_help();
    for steps in 1..=CHAIN_STEPS_MAX {
        is_more = is_more && walk.round(steps);
    }
    walk.end();
    (walk.reacher, walk.standings)
}

fn standing<'a>(world: &World<'a>, who: Who) -> Standing<'a> {
    let holder = &world.holders[who];
    let admin = is_everything(holder);
    let power = admin.answer;
    let mut found = Vec::new();
    if admin.answer != Answer::Yes {
        let lifts = world.lifts.get(&who).map_or(&[][..], Vec::as_slice);
        for (number, path) in table().paths.iter().enumerate() {
            if path.aim.lifts() && !lifts.iter().any(|lift| lift.aim == path.aim) {
                continue;
            }
            let allowed =
                if holder.held.holds(&path.mask) { elsewhere(world, who, path) } else { Answer::No };
            if allowed > Answer::No {
                let allowed = if path.unseen.is_some() { Answer::Maybe } else { allowed };
                let counts = path.unseen.is_none() || are_named(world, who, path, true);
                found.push(Found { path: number, answer: Answer::No, allowed, target: None, counts });
            }
        }
    }
    Standing { admin, power, steps: 0, is_cut: false, found }
}

/// Whether each of a path's actions is named by a statement that allows it, or by one for the whole service where that
/// counts.
fn are_named(world: &World<'_>, who: Who, path: &Path, whole_services: bool) -> bool {
    let is_named = |id: &ActionId| {
        let name = &table().actions[*id].name;
        let mut rules = world.holders[who].rules().map(|said| said.rule);
        rules.any(|rule| rule.allows && rule.watched.has(*id) && rule.names(name, whole_services))
    };
    path.needs.iter().all(is_named)
}

/// The roles with which each path's services run, in order of their ARNs.
fn running(world: &World<'_>, reacher: &Reacher<'_, '_>) -> Vec<Vec<Who>> {
    let runs = |path: &Path, role: Who| {
        let trust = world.trusts[role].as_ref();
        reacher.runs(path, Some(role)) > Answer::No
            || path.aim == Aim::PassedRole
                && trust.is_some_and(|trust| path.services.iter().any(|one| trust.runs(one) > Answer::No))
    };
    let of = |path: &Path| world.roles.iter().copied().filter(|role| runs(path, *role)).collect();
    table().paths.iter().map(of).collect()
}

/// Customer policies that allow everything: those that make somebody an administrator, and those that wait for somebody.
fn whole_policies<'a>(world: &World<'a>, standings: &[Standing<'a>]) -> Vec<&'a str> {
    let account = |arn: &str| arn.split(':').nth(4).unwrap_or_default().to_owned();
    let somebody: HashMap<String, Who> =
        (0..world.holders.len()).rev().map(|who| (account(world.arn(who)), who)).collect();
    let mut whole: Vec<&str> = Vec::new();
    for (arn, policies) in world.library.customer_policies() {
        let holder = somebody.get(&account(arn)).map(|who| &world.holders[*who]);
        let allows_all =
            |policy| holder.is_some_and(|holder| document_is_everything(holder, policy) == Answer::Yes);
        if policies.iter().any(|(_, policy)| allows_all(policy)) {
            whole.push(arn);
        }
    }
    for (who, standing) in standings.iter().enumerate() {
        if standing.admin.answer == Answer::Yes {
            whole.extend(&world.attached[who]);
        }
    }
    whole.retain(|arn| !arn.contains(":iam::aws:"));
    whole.sort_unstable();
    whole.dedup();
    whole
}

/// What is allowed of a path's actions on things that no IAM export holds. Actions on one kind of thing must be allowed
/// on the same thing.
fn elsewhere(world: &World<'_>, who: Who, path: &Path) -> Answer {
    let holder = &world.holders[who];
    let mut whole = Answer::Yes;
    let others: Vec<ActionId> =
        path.needs.iter().copied().filter(|id| table().actions[*id].object == Object::Other).collect();
    for (at, first) in others.iter().enumerate() {
        let shapes = &table().actions[*first].shapes;
        let same = |id: &&ActionId| table().actions[**id].shapes == *shapes;
        if others[..at].iter().any(|id| same(&id)) {
            continue;
        }
        let kind: Vec<ActionId> = others.iter().filter(same).copied().collect();
        let witnesses = kind.iter().flat_map(|id| holder.witnesses(*id));
        let mut best = Answer::No;
        for witness in witnesses {
            let on_it = kind.iter().map(|id| holder.ask(*id, &witness, Given::default()).answer);
            best = best.max(on_it.min().unwrap_or(Answer::No));
            if best == Answer::Yes {
                break;
            }
        }
        let besides = kind.iter().map(|id| holder.ask_besides(*id)).min().unwrap_or(Answer::Yes);
        whole = whole.min(best).min(besides);
    }
    whole
}

/// The state of the walk.
pub(super) struct Walk<'w, 'a> {
    pub(super) world: &'w World<'a>,
    pub(super) reacher: Reacher<'w, 'a>,
    /// Roles with which the services of each path run.
    pub(super) running: Vec<Vec<Who>>,
    pub(super) everybody: Near<'a>,
    pub(super) writes: Writes,
    pub(super) gifts: Gifts,
    pub(super) standings: Vec<Standing<'a>>,
}

impl<'a> Walk<'_, 'a> {
    /// Paths that make power instead of taking over somebody's.
    fn by_itself(&self, who: Who, standing: &mut Standing<'a>) {
        for found in &mut standing.found {
            let path = &table().paths[found.path];
            if path.aim.needs_power() {
                continue;
            }
            for target in self.own_targets(who, path) {
                if !self.is_possible(who, path, &target) {
                    continue;
                }
                if self.reacher.is_spent() {
                    standing.is_cut = true;
                    break;
                }
                let mut answer = self.reacher.reaches(who, path, &target).min(found.allowed);
                match path.aim {
                    Aim::OwnVersion => answer = answer.min(self.better_version(who, &target)),
                    Aim::NewRole | Aim::NewUser => answer = answer.min(self.on_a_new_one(who, path)),
                    _ => {}
                }
                if found.improve(answer, &target) >= found.allowed {
                    break;
                }
            }
            if found.gives() > standing.power {
                standing.power = found.gives();
                standing.steps = 1;
            }
        }
    }

    /// Whether a version that is kept gives everything. Where none is kept, one may have been deleted only today and
    /// another be made tomorrow: that is a condition, and so is one that gives a step of a path.
    fn better_version(&self, who: Who, target: &Target<'a>) -> Answer {
        let versions = self.world.library.other_versions(target.policy.unwrap_or_default());
        let whole = versions
            .iter()
            .map(|version| document_is_everything(&self.world.holders[target.role.unwrap_or(who)], version));
        let on_iam = |id: &ActionId| table().actions[*id].object != Object::Other;
        let gives_a_step = |version: &Policy<'_>| {
            let step = |rule: &Rule<'_>| {
                rule.allows && (0..table().actions.len()).filter(on_iam).any(|id| rule.watched.has(id))
            };
            version.is_broken || version.rules.iter().any(step)
        };
        let may = versions.is_empty() || versions.iter().any(gives_a_step);
        whole.max().unwrap_or(Answer::No).max(if may { Answer::Maybe } else { Answer::No })
    }

    /// Paths whose target can be given power first. True when any leads somewhere.
    fn by_writing(&mut self) -> bool {
        let mut any = false;
        for who in 0..self.standings.len() {
            let mut found = std::mem::take(&mut self.standings[who].found);
            let mut best = self.standings[who].power;
            for one in found.iter_mut().filter(|one| one.answer < one.allowed) {
                let path = &table().paths[one.path];
                let mut is_cut = false;
                self.written_targets(who, one.path, |target| {
                    is_cut = self.reacher.is_spent();
                    let answer = if is_cut {
                        Answer::No
                    } else {
                        self.reacher.reaches(who, path, target).min(one.allowed)
                    };
                    is_cut || one.improve(answer, target) >= one.allowed
                });
                self.standings[who].is_cut |= is_cut;
                best = best.max(one.gives());
            }
            any |= self.rise(who, found, best, 1);
        }
        any
    }

    /// Puts back somebody's paths with the best that they give, so many steps away. True when that is more than before.
    pub(super) fn rise(&mut self, who: Who, found: Vec<Found<'a>>, best: Answer, steps: u8) -> bool {
        let standing = &mut self.standings[who];
        standing.found = found;
        let rises = best > standing.power;
        if rises {
            (standing.power, standing.steps) = (best, steps);
        }
        rises
    }

    /// One step further away from administrators. False when nobody stands there.
    fn round(&mut self, steps: u8) -> bool {
        let is_fresh =
            |who: Who| self.standings[who].power > Answer::No && self.standings[who].steps == steps;
        let near = self.near(is_fresh);
        let reined = self.reined(is_fresh);
        let held_back = self.near(|who| reined.contains_key(&who));
        let mut freed = self.world.lifts.values().flatten().map(|lift| lift.freed);
        let is_anybody_here = !near.is_empty() || !held_back.is_empty() || freed.any(is_fresh);
        for who in (0..self.standings.len()).filter(|_| is_anybody_here) {
            let mut found = std::mem::take(&mut self.standings[who].found);
            let mut best = self.standings[who].power;
            for one in found.iter_mut().filter(|one| one.answer < one.allowed) {
                let path = &table().paths[one.path];
                let mut targets = self.candidates(who, one.path, &near);
                if path.aim.changes_itself() {
                    targets.extend(self.freed(who, path));
                }
                let may_free = self.world.holders[who].held.meets(&self.world.freeing);
                let others = if may_free { self.candidates(who, one.path, &held_back) } else { Vec::new() };
                for target in others {
                    let reins = target.leads_to().and_then(|leads| reined.get(&leads));
                    targets.extend(
                        reins.into_iter().flatten().map(|rein| Target { rein: Some(*rein), ..target }),
                    );
                }
                self.try_all(who, one, &targets);
                best = best.max(one.gives());
            }
            self.rise(who, found, best, steps + 1);
        }
        self.standings.iter().any(|standing| standing.power > Answer::No && standing.steps > steps)
    }

    /// Those who would be somebody to reach if something were taken off them, with the numbers of what.
    fn reined(&self, is_fresh: impl Fn(Who) -> bool) -> HashMap<Who, Vec<usize>> {
        let mut reined: HashMap<Who, Vec<usize>> = HashMap::new();
        for (number, rein) in self.world.reins.iter().enumerate().filter(|(_, rein)| is_fresh(rein.freed)) {
            reined.entry(rein.of).or_default().push(number);
        }
        reined
    }

    /// Keeps the best of some targets of a path.
    pub(super) fn try_all(&mut self, who: Who, one: &mut Found<'a>, targets: &[Target<'a>]) {
        let path = &table().paths[one.path];
        for target in targets.iter().filter(|target| self.is_possible(who, path, target)) {
            if self.reacher.is_spent() {
                self.standings[who].is_cut = true;
                break;
            }
            let mut answer = self.reacher.reaches(who, path, target).min(one.allowed).min(self.power(target));
            if path.aim == Aim::NewMember {
                answer = answer.min(self.on_a_new_one(who, path));
            }
            if one.improve(answer, target) >= one.allowed {
                break;
            }
        }
    }

    /// The power that a target has to give.
    fn power(&self, target: &Target<'a>) -> Answer {
        if let Some(help) = target.help {
            return help.answer;
        }
        let leads = target.rein.map(|rein| self.world.reins[rein].freed).or(target.leads_to());
        leads.map_or(Answer::No, |leads| self.standings[leads].power)
    }

    /// Only somebody else of the same account can be taken over; roles of other accounts can be assumed.
    pub(super) fn is_possible(&self, who: Who, path: &Path, target: &Target<'a>) -> bool {
        let Some(leads) = target.leads_to() else { return true };
        if self.reacher.lift(who, path, target).is_some() {
            return true;
        }
        let (own, other) = (&self.world.holders[who], &self.world.holders[leads]);
        let is_changed =
            (path.aim == Aim::TrustOfRole || target.write.is_some()) && other.principal.is_service_linked;
        let is_itself = !path.aim.is_own() && own.principal.arn == other.principal.arn;
        !is_itself && !is_changed && (path.aim == Aim::AssumedRole || own.account() == other.account())
    }

    /// Forgets paths of which only the principal's own things could be the target, and what is taken off to no avail.
    fn end(&mut self) {
        let is_idle = |who: Who, one: &Found<'a>| {
            let lift =
                one.target.and_then(|target| self.reacher.lift(who, &table().paths[one.path], &target));
            lift.is_some_and(|lift| !self.opens_anything(who, lift.freed))
        };
        let idle: Vec<Vec<usize>> = (0..self.standings.len())
            .map(|who| {
                self.standings[who].found.iter().filter(|one| is_idle(who, one)).map(|one| one.path).collect()
            })
            .collect();
        for (who, idle) in idle.into_iter().enumerate() {
            let mut found = std::mem::take(&mut self.standings[who].found);
            for one in found.iter_mut().filter(|one| idle.contains(&one.path)) {
                (one.answer, one.target) = (Answer::No, None);
            }
            // What only comes with all of a service or of everything is no plan that waits for its target.
            found.retain(|one| {
                let path = &table().paths[one.path];
                one.answer > Answer::No
                    || are_named(self.world, who, path, false) && self.is_latent(who, path)
            });
            self.standings[who].found = found;
        }
    }

    /// Whether a principal reaches anything without what it takes off that it does not reach as it is.
    fn opens_anything(&self, who: Who, freed: Who) -> bool {
        let (own, free) = (&self.standings[who], &self.standings[freed]);
        let as_it_is = |path: usize| {
            let same = own.found.iter().find(|one| one.path == path);
            same.map_or(Answer::No, |one| one.answer)
        };
        free.admin.answer > own.admin.answer || free.found.iter().any(|one| one.answer > as_it_is(one.path))
    }

    /// Whether every permission is there for some thing of the kind that the path needs.
    fn is_latent(&self, who: Who, path: &Path) -> bool {
        let holder = &self.world.holders[who];
        let others_only = matches!(path.aim, Aim::OtherUser | Aim::WrittenUser);
        let is_held = |action: &ActionId| {
            let mut witnesses = holder.witnesses(*action);
            witnesses.retain(|witness| !others_only || *witness != holder.principal.arn);
            let asks = |witness: &String| {
                let reply = self.reacher.best(who, *action, path, witness, Given::default());
                reply.answer > Answer::No
            };
            witnesses.iter().any(asks)
        };
        !path.needs.is_empty() && path.needs.iter().all(is_held)
    }
}

impl<'a> Found<'a> {
    /// What it gives to its holder's standing.
    pub(super) fn gives(&self) -> Answer {
        if self.counts { self.answer } else { Answer::No }
    }

    /// Keeps the better of two answers, and gives it.
    fn improve(&mut self, answer: Answer, target: &Target<'a>) -> Answer {
        if answer > self.answer {
            self.answer = answer;
            self.target = Some(*target);
        }
        self.answer
    }
}
