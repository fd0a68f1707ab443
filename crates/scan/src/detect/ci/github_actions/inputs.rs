//! The values of a workflow's inputs, where its callers or the file itself say them, so that `secrets[inputs.name]` gets its names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::called::Calls;
use super::computed;
use super::workflow::{Job, Workflow};
use crate::detect::yaml::Yaml;

/// Values of one input; people write a handful.
const VALUES_MAX: usize = 64;

/// What one input may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) said: Vec<String>,
    /// Nobody can give another value.
    pub(super) whole: bool,
}

impl Values {
    fn add(&mut self, more: Self) {
        self.whole &= more.whole;
        for value in more.said {
            if self.said.len() < VALUES_MAX && !self.said.contains(&value) {
                self.said.push(value);
            }
        }
    }
}

/// The inputs of one workflow, by name in small letters.
#[derive(Debug, Clone, Default)]
pub(super) struct Inputs(BTreeMap<String, Values>);

impl Inputs {
    /// The inputs that a workflow declares, as its callers and the people who start it can fill them.
    pub(super) fn of(workflow: &Workflow<'_>, calls: &Calls) -> Self {
        let on = workflow.node.get("on");
        let declared = |event: &str| {
            let inputs = on.and_then(|on| on.get(event)?.get("inputs"));
            inputs.into_iter().flat_map(Yaml::pairs).filter_map(|(name, input)| Some((name.text()?, input)))
        };
        let mut all: BTreeMap<String, Values> = BTreeMap::new();
        let mut add = |name: &str, values: Values| {
            let known =
                all.entry(name.to_ascii_lowercase()).or_insert(Values { said: Vec::new(), whole: true });
            known.add(values);
        };
        for (name, input) in declared("workflow_dispatch") {
            add(name, asked(input));
        }
        for (name, input) in declared("workflow_call") {
            let by_default = || Values { said: default(input).into_iter().collect(), whole: true };
            for given in calls.given(name) {
                add(name, given.cloned().unwrap_or_else(by_default));
            }
            if calls.by().is_empty() {
                add(name, Values { whole: false, ..by_default() });
            }
        }
        Self(all)
    }

    /// What an input may be; `None` where nothing is declared.
    pub(super) fn get(&self, name: &str) -> Option<&Values> {
        self.0.get(&name.to_ascii_lowercase())
    }
}

/// What a person may choose who starts the workflow.
fn asked(input: Yaml<'_>) -> Values {
    let options = input.get("options").map(Yaml::words).unwrap_or_default();
    let said = options.iter().map(|&option| option.to_owned()).take(VALUES_MAX);
    Values { whole: !options.is_empty(), said: said.chain(default(input)).collect() }
}

fn default(input: Yaml<'_>) -> Option<String> {
    Some(input.get("default")?.text()?.to_owned()).filter(|text| !text.is_empty())
}

/// What a job gives to the inputs of the workflow that it calls, by name in small letters.
pub(super) fn given(caller: &Workflow<'_>, job: &Job<'_>, outer: &Calls) -> BTreeMap<String, Values> {
    let own = Inputs::of(caller, outer);
    let with = job.node.get("with").into_iter().flat_map(Yaml::pairs);
    with.filter_map(|(name, value)| {
        let values = value.text().map(|text| values(text, job, caller, &own)).unwrap_or_default();
        Some((name.text()?.to_ascii_lowercase(), values))
    })
    .collect()
}

/// A text, or what its one expression may come to.
fn values(text: &str, job: &Job<'_>, caller: &Workflow<'_>, inputs: &Inputs) -> Values {
    if !text.contains("${{") {
        return Values { said: vec![text.to_owned()], whole: true };
    }
    let inside = text.trim().strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"));
    let Some(inside) = inside.filter(|inside| !inside.contains("${{")) else { return Values::default() };
    let (said, whole) = computed::names(inside, (job.node, caller.node), inputs);
    Values { said: said.into_iter().map(Cow::into_owned).collect(), whole }
}
