//! The variables of a job: what the file sets, what the scripts take from outside, and which of that is kept secret.
//!
//! Most systems use settings and secrets alike, as variables. A variable is taken for a kept secret when nothing
//! in the file sets it, the system itself does not, and its name says so; what its name does not say stays unknown.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::job::Deed;
use super::purpose::{self, Place, Purpose};
use super::secret_use::{Exposure, Receiver, SecretUse, Store};
use super::shell::{self, Variable};
use crate::detect::witness::Spot;
use crate::detect::yaml::Yaml;

/// Scalars looked at for one job; aliases can make a small file large.
const VISITS_MAX: usize = 5_000;
/// Bytes of text that cost as much as one visit.
const BYTES_A_VISIT: usize = 64;

/// The variables of one job while it is being read.
pub(super) struct Environment<'t> {
    /// Where the system keeps what the file does not set.
    pub(super) store: Store<'t>,
    /// The platform of last resort.
    unknown: &'static str,
    /// Names that the system sets itself.
    predefined: fn(&str) -> bool,
    declared: BTreeSet<Cow<'t, str>>,
    uses: Vec<SecretUse<'t>>,
    /// Of the uses, those that the file itself takes from the store by its key: no variable of that name hides them.
    by_key: BTreeSet<usize>,
    deeds: Vec<Deed>,
    block: usize,
    /// Names that the scripts of this block set.
    set: BTreeSet<&'t str>,
    visits_left: usize,
    /// What is read stands in another file, which this line brings in.
    stands_for: Option<u32>,
}

/// Where a value stands that may hold variables.
#[derive(Clone, Copy)]
pub(super) struct Receiving<'t> {
    pub(super) exposure: Exposure,
    pub(super) slot: Option<&'t str>,
    /// What the receiving tool says of the input.
    pub(super) said: Option<Purpose>,
    pub(super) receiver: Option<Receiver<'t>>,
}

impl<'t> Receiving<'t> {
    /// Received by nobody in particular.
    pub(super) fn at(exposure: Exposure) -> Self {
        Self { exposure, slot: None, said: None, receiver: None }
    }
}

impl<'t> Environment<'t> {
    pub(super) fn new(store: Store<'t>, unknown: &'static str, predefined: fn(&str) -> bool) -> Self {
        Self {
            store,
            unknown,
            predefined,
            declared: BTreeSet::new(),
            uses: Vec::new(),
            by_key: BTreeSet::new(),
            deeds: Vec::new(),
            block: 0,
            set: BTreeSet::new(),
            visits_left: VISITS_MAX,
            stands_for: None,
        }
    }

    /// What follows is received together, and apart from what came before.
    pub(super) fn next_block(&mut self) {
        self.block += 1;
        self.set.clear();
    }

    /// What follows stands in another file, and is told at this line; or it stands in the file itself.
    pub(super) fn stand_for(&mut self, line: Option<u32>) {
        self.stands_for = line;
    }

    fn told_at(&self, spot: Spot) -> Spot {
        self.stands_for.map_or(spot, Spot::line)
    }

    /// A name that the file sets: no secret of the store.
    pub(super) fn declare(&mut self, name: impl Into<Cow<'t, str>>) {
        self.declared.insert(name.into());
    }

    /// A mapping of variables: what it sets, and what it takes for that.
    pub(super) fn variables(&mut self, mapping: Yaml<'t>, exposure: Exposure) {
        self.variables_besides(mapping, exposure, &BTreeSet::new());
    }

    /// A mapping of variables, less those that something stronger sets.
    pub(super) fn variables_besides(
        &mut self,
        mapping: Yaml<'t>,
        exposure: Exposure,
        stronger: &BTreeSet<&str>,
    ) {
        for (name, value) in mapping.merged_pairs() {
            let Some(name) = name.text().filter(|name| !stronger.contains(name)) else { continue };
            // `TOKEN: $TOKEN` hands on what comes from outside.
            let itself =
                value.text().is_some_and(|text| shell::references(text).any(|(taken, _)| taken == name));
            if !itself {
                self.declare(name);
            }
            self.value(value, Receiving { slot: Some(name), ..Receiving::at(exposure) });
        }
    }

    /// Every scalar below a node that may hold variables.
    pub(super) fn value(&mut self, node: Yaml<'t>, receiving: Receiving<'t>) {
        let mut stack = vec![(node, receiving)];
        while let Some((node, receiving)) = stack.pop() {
            if self.visits_left == 0 {
                return;
            }
            self.visit(node);
            if let Some(text) = node.text() {
                self.scalar(node, text, receiving);
            }
            let first_child = stack.len();
            stack.extend(node.items().map(|item| (item, receiving)));
            let pairs = node.pairs();
            stack.extend(
                pairs.map(|(key, value)| {
                    (value, Receiving { slot: key.text().or(receiving.slot), ..receiving })
                }),
            );
            stack[first_child..].reverse();
        }
    }

    /// Pays for a look at a node.
    fn visit(&mut self, node: Yaml<'t>) {
        let bytes = node.text().map_or(0, str::len);
        self.visits_left = self.visits_left.saturating_sub(1 + bytes / BYTES_A_VISIT);
    }

    fn scalar(&mut self, node: Yaml<'t>, text: &'t str, receiving: Receiving<'t>) {
        let mut search = node.search();
        let references: Vec<(&str, &str)> = shell::references(text).collect();
        for &(name, written) in &references {
            let spot = self.told_at(search.find(&[written, name]));
            let slot = receiving.slot.filter(|_| shell::is_whole(text, written));
            if slot.is_some_and(|slot| self.fills(name, slot)) {
                self.secret(Cow::Borrowed(name), spot, receiving, false);
            } else {
                self.take(name, spot, receiving, references.len() > 1);
            }
        }
    }

    /// A script, or more of the one before: one scalar or a list of lines.
    pub(super) fn script(&mut self, node: Yaml<'t>) {
        let mut stack: Vec<Yaml<'t>> = vec![node];
        while let Some(node) = stack.pop() {
            if self.visits_left == 0 {
                return;
            }
            self.visit(node);
            let first_child = stack.len();
            stack.extend(node.items());
            stack[first_child..].reverse();
            let Some(text) = node.text() else { continue };
            let mut search = node.search();
            let variables = shell::variables(text);
            for Variable { name, written, slot, whole } in variables.taken {
                let spot = self.told_at(search.find(&[written, name]));
                if self.set.contains(name) {
                    continue;
                }
                let receiving = Receiving { slot, ..Receiving::at(Exposure::Run) };
                if slot.is_some_and(|slot| whole && self.fills(name, slot)) {
                    self.secret(Cow::Borrowed(name), spot, receiving, false);
                } else {
                    self.take(name, spot, receiving, false);
                }
            }
            self.set.extend(variables.set);
            shell::handed_on(text).for_each(|name| self.declare(name));
            let deeds = shell::deeds(node);
            let told: Vec<Deed> =
                deeds.into_iter().map(|deed| Deed { spot: self.told_at(deed.spot), ..deed }).collect();
            self.deeds.extend(told);
        }
    }

    /// Whether a variable from outside is a kept secret by what it fills: `AWS_SECRET_ACCESS_KEY=$RELEASE_KEY`. Small letters are
    /// a script's own, and the system's own variables begin with its name.
    fn fills(&self, name: &str, slot: &str) -> bool {
        const SYSTEMS: [&str; 8] =
            ["CI_", "CIRCLE_", "BITBUCKET_", "BUILDKITE_", "DRONE_", "TRAVIS_", "BUILD_", "JENKINS_"];
        let configuration = purpose::by_name(name, tenure_model::Quality::Heuristic)
            .is_some_and(|purpose| purpose.part == purpose::Part::Configuration);
        name != slot
            && purpose::names_a_secret(slot)
            && !configuration
            && !(self.predefined)(name)
            && !name.bytes().any(|byte| byte.is_ascii_lowercase())
            && !SYSTEMS.iter().any(|begin| name.starts_with(begin))
    }

    /// A use of a variable, if its name says that it is a kept secret.
    pub(super) fn take(&mut self, name: &'t str, spot: Spot, receiving: Receiving<'t>, shared: bool) {
        if !(self.predefined)(name) && purpose::names_a_secret(name) {
            self.secret(Cow::Borrowed(name), spot, receiving, shared);
        }
    }

    /// A use of what is certainly a kept secret.
    pub(super) fn secret(&mut self, name: Cow<'t, str>, spot: Spot, receiving: Receiving<'t>, shared: bool) {
        let place = Place {
            said: receiving.said,
            slot: receiving.slot.filter(|slot| *slot != name),
            shared,
            other_s3: false,
        };
        self.uses.push(SecretUse {
            purpose: purpose::of_use(&name, place, self.unknown),
            name,
            written: None,
            started: None,
            store: self.store.clone(),
            spot,
            exposure: receiving.exposure,
            slot: receiving.slot.map(Cow::Borrowed),
            receiver: receiving.receiver,
            block: self.block,
        });
    }

    /// A use of a secret that the file takes from the store by its key, for a variable that may be called alike.
    pub(super) fn by_key(&mut self, name: &'t str, spot: Spot, receiving: Receiving<'t>) {
        self.by_key.insert(self.uses.len());
        self.secret(Cow::Borrowed(name), spot, receiving, false);
    }

    /// A variable that a tool takes by itself, although nobody writes its name.
    pub(super) fn implied(&mut self, name: &'t str, line: u32) {
        self.secret(Cow::Borrowed(name), Spot::line(line), Receiving::at(Exposure::With), false);
    }

    /// A thing that is kept in a store of its own.
    pub(super) fn kept_in(&mut self, store: Store<'t>, name: &'t str, spot: Spot) {
        let usual = std::mem::replace(&mut self.store, store);
        self.secret(Cow::Borrowed(name), spot, Receiving::at(Exposure::Job), true);
        self.store = usual;
    }

    /// The SSH keys that the system keeps for the project.
    pub(super) fn ssh_keys(&mut self, line: u32) {
        let said = purpose::by_name("SSH_PRIVATE_KEY", tenure_model::Quality::Config);
        let receiving = Receiving { said, ..Receiving::at(Exposure::Step) };
        let usual = std::mem::replace(&mut self.store, Store::repository("project"));
        self.secret(Cow::Borrowed("SSH keys"), Spot::line(line), receiving, false);
        self.store = usual;
    }

    /// Deeds that were seen elsewhere.
    pub(super) fn done(&mut self, deeds: Vec<Deed>) {
        self.deeds.extend(deeds);
    }

    /// What was learned: uses of kept secrets, each place once; deeds; and whether no limit was reached.
    pub(super) fn finish(self) -> (Vec<SecretUse<'t>>, Vec<Deed>, bool) {
        let Self { declared, uses, by_key, deeds, visits_left, .. } = self;
        let mut seen = BTreeSet::new();
        let kept = uses
            .into_iter()
            .enumerate()
            .filter(|(index, found)| by_key.contains(index) || !declared.contains(found.name.as_ref()));
        let once = kept.map(|(_, found)| found).filter(|found| seen.insert((found.spot, found.name.clone())));
        (once.collect(), deeds, visits_left > 0)
    }
}
