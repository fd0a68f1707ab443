//! The order of history: which commits a name reaches, and which commit comes first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::commits::{ABSENT, Commits};
use super::objects::Objects;
use super::refs::{Reach, Refs};

/// Every commit in the order in which things were first seen, and how each is reached.
pub(crate) struct Order {
    /// How each commit is reached; `None` when nothing names it.
    pub(crate) reach: Vec<Option<Reach>>,
    /// Numbers of commits: parents first, then the better reached, then the older, then by id.
    pub(crate) commits: Vec<u32>,
}

impl Order {
    /// Orders all commits. `tips` are numbers of commits and how they are named.
    pub(crate) fn of(commits: &Commits, tips: &[(Reach, u32)]) -> Self {
        let reach = reach(commits, tips);
        let rank = |commit: u32| {
            let of_reach = reach[commit as usize].map_or(u8::MAX, |reach| reach as u8);
            Reverse((of_reach, commits.get(commit).committed_at, commit))
        };
        let count = commits.len();
        let mut children_start = vec![0u32; count + 1];
        let mut waiting_for = vec![0u32; count];
        for (commit, _) in commits.iter() {
            for &parent in commits.parents(commit).iter().filter(|&&parent| parent != ABSENT) {
                children_start[parent as usize + 1] += 1;
                waiting_for[commit as usize] += 1;
            }
        }
        for at in 0..count {
            children_start[at + 1] += children_start[at];
        }
        let mut room = children_start.clone();
        let mut children = vec![0u32; children_start[count] as usize];
        for (commit, _) in commits.iter() {
            for &parent in commits.parents(commit).iter().filter(|&&parent| parent != ABSENT) {
                children[room[parent as usize] as usize] = commit;
                room[parent as usize] += 1;
            }
        }
        let ready =
            commits.iter().map(|(commit, _)| commit).filter(|&commit| waiting_for[commit as usize] == 0);
        let mut ready: BinaryHeap<_> = ready.map(rank).collect();
        let mut order = Vec::with_capacity(count);
        while let Some(Reverse((_, _, commit))) = ready.pop() {
            order.push(commit);
            let below =
                children_start[commit as usize] as usize..children_start[commit as usize + 1] as usize;
            for &child in &children[below] {
                waiting_for[child as usize] -= 1;
                if waiting_for[child as usize] == 0 {
                    ready.push(rank(child));
                }
            }
        }
        // A circle of commits needs ids that lie; its commits still take part.
        order.extend(
            commits.iter().map(|(commit, _)| commit).filter(|&commit| waiting_for[commit as usize] > 0),
        );
        Self { reach, commits: order }
    }
}

/// What names lead to, as numbers of commits.
pub(crate) fn tips_of(refs: &Refs, objects: &Objects, commits: &Commits) -> Vec<(Reach, u32)> {
    let tips = refs.tips.iter();
    tips.filter_map(|tip| Some((tip.reach, commits.find(commits.peel(objects.find(&tip.oid)?))?))).collect()
}

/// Labels each commit with the strongest kind of name that reaches it.
pub(crate) fn reach(commits: &Commits, tips: &[(Reach, u32)]) -> Vec<Option<Reach>> {
    let mut reach = vec![None; commits.len()];
    for class in [Reach::Named, Reach::Stash, Reach::Reflog] {
        let mut waiting: Vec<u32> =
            tips.iter().filter(|(of, _)| *of == class).map(|&(_, commit)| commit).collect();
        while let Some(commit) = waiting.pop() {
            if reach[commit as usize].is_none() {
                reach[commit as usize] = Some(class);
                waiting.extend(commits.parents(commit).iter().filter(|&&parent| parent != ABSENT));
            }
        }
    }
    reach
}
