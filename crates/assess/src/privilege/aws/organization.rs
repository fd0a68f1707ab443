//! Where an account lies in its organisation, and which service control policies reach it there.

use std::collections::{HashMap, HashSet};

use tenure_model::{AwsAccount, AwsServiceControl};

/// Levels above an account; AWS allows a root and five units.
const LEVELS_MAX: usize = 16;
/// AWS's own policy that allows everything.
const FULL_ACCESS: &str = "p-FullAWSAccess";
/// How ids of roots begin.
const ROOT: &str = "r-";

/// The tree, as far as all files together tell it.
#[derive(Default)]
pub(super) struct Organization<'a> {
    parents: HashMap<&'a str, &'a str>,
    /// Places by policy.
    attached: HashMap<&'a str, Vec<&'a str>>,
    /// Places and policies that are told whole.
    complete: HashSet<&'a str>,
}

/// How a policy reaches an account.
#[derive(Default)]
pub(super) struct Reach {
    /// Levels on which it certainly hangs: steps above the account.
    pub(super) levels: Vec<usize>,
    /// It may hang on a level, which nobody tells.
    pub(super) is_open: bool,
}

impl<'a> Organization<'a> {
    pub(super) fn of(accounts: &'a [AwsAccount]) -> Self {
        let mut tree = Self::default();
        for of in accounts.iter().map(|account| &account.organization) {
            tree.parents.extend(of.parents.iter().map(|(child, parent)| (child.as_str(), parent.as_str())));
            for (policy, place) in &of.attached {
                tree.attached.entry(policy).or_default().push(place);
            }
            tree.complete.extend(of.complete.iter().map(String::as_str));
        }
        tree
    }

    /// The account and everything above it, as far as that is told.
    fn chain(&self, account: &'a str) -> Vec<&'a str> {
        let mut chain = vec![account];
        while let Some(parent) = chain.last().and_then(|last| self.parents.get(last)) {
            if chain.len() > LEVELS_MAX || chain.contains(parent) {
                break;
            }
            chain.push(parent);
        }
        chain
    }

    /// How a policy reaches an account.
    pub(super) fn reach(&self, control: &'a AwsServiceControl, account: &'a str) -> Reach {
        let chain = self.chain(account);
        let is_whole = chain.last().is_some_and(|last| last.starts_with(ROOT));
        let told = control.targets.iter().flatten().map(String::as_str);
        let places: Vec<&str> =
            told.chain(self.attached.get(control.id.as_str()).into_iter().flatten().copied()).collect();
        // Whoever lies in an organisation lies below its root.
        let level = |place: &str| match chain.iter().position(|of| *of == place) {
            None if place.starts_with(ROOT) => Some(LEVELS_MAX),
            level => level,
        };
        let mut levels: Vec<usize> = places.iter().filter_map(|place| level(place)).collect();
        levels.sort_unstable();
        levels.dedup();
        let is_told = control.targets.is_some() || self.complete.contains(control.id.as_str());
        let is_elsewhere = is_told && (is_whole || !places.iter().any(|place| place.starts_with("ou-")));
        let is_seen_whole = is_whole && chain.iter().all(|place| self.complete.contains(place));
        let is_open = levels.is_empty() && !is_elsewhere && !is_seen_whole;
        Reach { levels, is_open }
    }

    /// Levels of an account on which AWS's own policy allows everything.
    pub(super) fn free_levels(&self, account: &'a str) -> Vec<usize> {
        let places = self.attached.get(FULL_ACCESS).map_or(&[][..], Vec::as_slice);
        let chain = self.chain(account);
        (0..chain.len()).filter(|level| places.contains(&chain[*level])).collect()
    }
}
