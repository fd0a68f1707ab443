//! How far power reaches that leads to no administrator: wide, scoped, or reading only.

use tenure_model::PrivilegeLevel;

use super::condition::Answer;
use super::glob;
use super::holder::{Given, Holder, Limit};
use super::path::table;
use super::rule::Rule;

/// Reasons that are told; the rest is counted.
const REASONS_MAX: usize = 4;

/// The level of a holder that is no administrator and has no way to become one, and why.
pub(super) fn level(holder: &Holder<'_>) -> (PrivilegeLevel, Vec<String>) {
    let wide = wildcards(holder);
    if !wide.is_empty() {
        return (PrivilegeLevel::Wide, wide);
    }
    if !holder.unknown.is_empty() {
        return (PrivilegeLevel::Unknown, holder.unknown.iter().take(REASONS_MAX).cloned().collect());
    }
    let all: Vec<_> = holder.rules().filter(|said| said.rule.allows).collect();
    let allows: Vec<_> = all.iter().filter(|said| is_left(holder, said.rule)).collect();
    if allows.is_empty() {
        let why = match all.first() {
            None => "no policy in the export allows it anything".to_owned(),
            Some(one) => format!("denials or limits take away all that its policies allow: {}", one.words()),
        };
        return (PrivilegeLevel::Read, vec![why]);
    }
    let reads = |rule: &Rule<'_>| rule.only_reads();
    let only_reads = allows.iter().all(|said| reads(said.rule))
        || matches!(&holder.boundary, Limit::Known(policy) if policy.rules.iter().filter(|rule| rule.allows).all(reads));
    let level = if only_reads { PrivilegeLevel::Read } else { PrivilegeLevel::Scoped };
    let mut because: Vec<String> = allows.iter().take(REASONS_MAX).map(|said| said.words()).collect();
    if allows.len() > REASONS_MAX {
        because.push(format!("and {} more statements", allows.len() - REASONS_MAX));
    }
    (level, because)
}

/// Whether anything is left of what a statement allows.
fn is_left(holder: &Holder<'_>, allowance: &Rule<'_>) -> bool {
    let always = |rule: &Rule<'_>| rule.holds(&holder.request("*", "", Given::default())) == Answer::Yes;
    let takes = |rule: &Rule<'_>| !rule.allows && always(rule) && rule.takes_all_of(allowance);
    let certain = holder.service_controls.iter().filter(|control| control.is_certain);
    let mut limits = certain.flat_map(|control| &control.policy.rules);
    let within = match &holder.boundary {
        Limit::Known(policy) => {
            let mut rules = policy.rules.iter();
            !policy.rules.iter().any(takes)
                && rules.any(|rule| rule.allows && rule.shares_an_action_with(allowance))
        }
        Limit::None | Limit::Unknown => true,
    };
    within && !holder.rules().any(|said| takes(said.rule)) && !limits.any(takes)
}

/// Statements that allow what touches data, credentials or permissions on everything, a line a statement.
fn wildcards(holder: &Holder<'_>) -> Vec<String> {
    let mut by_statement: Vec<(String, Vec<&str>)> = Vec::new();
    for id in table().wide.iter().copied().filter(|id| holder.held.has(*id)) {
        let action = &table().actions[id];
        let everything = action.shapes.first().map(|shape| glob::member(&holder.shape(shape)));
        let Some(reply) = everything.map(|witness| holder.ask(id, &witness, Given::default())) else {
            continue;
        };
        let Some(by) = reply.by.filter(|_| reply.answer > Answer::No) else { continue };
        let words = format!("{} by {}", by.rule.reach_words(), by.place());
        match by_statement.iter_mut().find(|(known, _)| *known == words) {
            Some((_, actions)) => actions.push(&action.shown),
            None => by_statement.push((words, vec![&action.shown])),
        }
    }
    let lines = by_statement.iter().take(REASONS_MAX).map(|(words, actions)| {
        let rest = if actions.len() > 1 { format!(" and {} more", actions.len() - 1) } else { String::new() };
        format!("{}{rest} {words}", actions[0])
    });
    lines.collect()
}
