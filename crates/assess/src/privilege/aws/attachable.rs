//! Policies that a principal can fill with power and then attach, where conditions let it attach none that has any: one
//! that it makes under a name that they allow, or a customer's policy that it may rewrite.

use std::collections::HashMap;

use super::admin::document_is_everything;
use super::condition::Answer;
use super::glob;
use super::holder::{Given, Holder, Limit};
use super::path::{ActionId, table};
use super::rule::Rule;
use super::world::{Who, World};

/// The condition key that names the policy which is attached.
const KEY: &str = "iam:policyarn";
/// Names and policies that are tried for one principal.
const TRIED_MAX: usize = 64;

/// A policy that is worth attaching once the principal has done something to it.
pub(super) struct Attachable {
    /// Its ARN, as open as the name may be chosen.
    pub(super) arn: String,
    /// How far the principal may do that.
    pub(super) answer: Answer,
    /// What it does.
    pub(super) by: ActionId,
}

/// What everybody may attach after filling it.
pub(super) fn find(world: &World<'_>) -> HashMap<Who, Vec<Attachable>> {
    let id = |name: &str| table().known(name);
    let attach = ["User", "Role", "Group"].map(|kind| id(&format!("iam:Attach{kind}Policy")));
    let [make, write, turn] =
        ["iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"].map(id);
    let mut customers: Vec<&str> = world.library.customer_policies().map(|(arn, _)| arn).collect();
    customers.sort_unstable();
    let mut all = HashMap::new();
    for (who, holder) in world.holders.iter().enumerate() {
        let has = |ids: &[ActionId]| ids.iter().any(|id| holder.held.has(*id));
        if !has(&attach) || !has(&[make, write, turn]) {
            continue;
        }
        let patterns = patterns(holder, &attach);
        let mut found = Vec::new();
        for pattern in &patterns {
            for arn in new_names(holder, pattern, make) {
                let answer = holder.ask(make, &arn, Given::default()).answer;
                found.push(Attachable { arn, answer, by: make });
            }
            let start = glob::literal_start(pattern);
            let from = customers.partition_point(|arn| *arn < start);
            let fits = customers[from..].iter().take_while(|arn| arn.starts_with(start));
            for arn in fits.filter(|arn| glob::matches(pattern, arn)).take(TRIED_MAX) {
                if !world.library.is_full(arn) {
                    let answer = holder.ask(write, arn, Given::default()).answer;
                    found.push(Attachable { arn: (*arn).to_owned(), answer, by: write });
                }
                let versions = world.library.other_versions(arn).iter();
                if versions.map(|one| document_is_everything(holder, one)).max() == Some(Answer::Yes) {
                    let answer = holder.ask(turn, arn, Given::default()).answer;
                    found.push(Attachable { arn: (*arn).to_owned(), answer, by: turn });
                }
            }
        }
        found.retain(|one| one.answer > Answer::No);
        found.truncate(TRIED_MAX);
        if !found.is_empty() {
            all.insert(who, found);
        }
    }
    all
}

/// Patterns of the policies that conditions on attaching are about; none where there is no such condition. A condition
/// that names what must not be attached leaves all others.
fn patterns(holder: &Holder<'_>, attach: &[ActionId]) -> Vec<String> {
    let limit = match &holder.boundary {
        Limit::Known(policy) => &policy.rules[..],
        Limit::None | Limit::Unknown => &[],
    };
    let controls = holder.service_controls.iter().flat_map(|control| &control.policy.rules);
    let rules = holder.rules().map(|said| said.rule).chain(limit).chain(controls);
    let about = |rule: &&Rule<'_>| attach.iter().any(|id| rule.watched.has(*id));
    let mut patterns: Vec<String> = Vec::new();
    for rule in rules.filter(about) {
        for condition in rule.statement.conditions.iter().filter(|one| one.key.eq_ignore_ascii_case(KEY)) {
            let is_negated = condition.operator.to_ascii_lowercase().contains("not");
            if is_negated == rule.allows {
                patterns.push(holder.shape("arn:{partition}:iam::{account}:policy/*"));
            } else {
                patterns.extend(condition.values.iter().cloned());
            }
        }
    }
    patterns.sort_unstable();
    patterns.dedup();
    patterns.truncate(TRIED_MAX);
    patterns
}

/// Names that fit a pattern and that the principal may give to a new policy.
fn new_names(holder: &Holder<'_>, pattern: &str, make: ActionId) -> Vec<String> {
    if !holder.held.has(make) {
        return Vec::new();
    }
    let own = holder.shape("arn:{partition}:iam::{account}:policy/*");
    let said = holder.rules().filter(|said| said.rule.allows && said.rule.watched.has(make));
    let resources = said.flat_map(|said| said.rule.patterns(holder.principal)).chain([own.clone()]);
    let mut names: Vec<String> = resources
        .take(TRIED_MAX)
        .filter_map(|resource| glob::shared(pattern, &resource))
        .filter(|name| glob::matches(&own, name))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
