//! What a workflow file says, job by job, before anything is made of it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::computed;
use super::condition::Condition;
use super::expression::{Found, Use, secret_uses, secret_uses_of_condition};
use super::inputs::Inputs;
use crate::detect::ci::cron;
use crate::detect::ci::secret_use::Exposure;
use crate::detect::witness::Spot;
use crate::detect::yaml::Yaml;

/// Values looked at in one workflow. Aliases can make a small file large; no real one comes near.
const VISITS_MAX: usize = 200_000;
/// Bytes of text that cost as much as one visit.
const BYTES_A_VISIT: usize = 64;
/// The token that GitHub makes for each job: the platform's own short-lived identity, not a kept secret.
const PLATFORM_TOKEN: &str = "GITHUB_TOKEN";
/// Permissions of one token that are named; GitHub knows fewer.
const PERMISSIONS_MAX: usize = 40;

/// One workflow.
pub(super) struct Workflow<'t> {
    /// The whole file.
    pub(super) node: Yaml<'t>,
    /// `name:`.
    pub(super) name: Option<&'t str>,
    /// Events that start it.
    pub(super) triggers: Vec<&'t str>,
    /// By its schedules; `None` when it has none that can be counted.
    pub(super) runs_per_day: Option<f64>,
    /// `permissions:` at the top.
    pub(super) permissions: Option<Permissions<'t>>,
    /// Secrets that it asks its callers for: `on.workflow_call.secrets`.
    pub(super) parameters: Vec<&'t str>,
    /// In file order.
    pub(super) jobs: Vec<Job<'t>>,
    /// False when a limit stopped the reading.
    pub(super) whole: bool,
}

/// What the platform's token may do.
#[derive(Clone, Copy)]
pub(super) struct Permissions<'t> {
    node: Yaml<'t>,
    /// Where it is written.
    pub(super) line: u32,
    /// `write-all`.
    pub(super) write_all: bool,
    /// The job may ask the platform for proof of its identity.
    pub(super) id_token: bool,
}

impl Permissions<'_> {
    /// As written, in one line.
    pub(super) fn words(&self) -> String {
        if let Some(word) = self.node.text() {
            return word.to_owned();
        }
        let pairs = self.node.pairs().take(PERMISSIONS_MAX);
        let words: Vec<String> =
            pairs.filter_map(|(key, value)| Some(format!("{}: {}", key.text()?, value.text()?))).collect();
        if words.is_empty() { "none".to_owned() } else { words.join(", ") }
    }
}

/// One job.
pub(super) struct Job<'t> {
    pub(super) node: Yaml<'t>,
    pub(super) id: &'t str,
    pub(super) name: Option<&'t str>,
    pub(super) line: u32,
    pub(super) permissions: Option<Permissions<'t>>,
    /// `hosted`, `self_hosted`, or not decidable.
    pub(super) runner: Option<&'static str>,
    pub(super) timeout_minutes: Option<u32>,
    /// A timeout is written, be it a number or computed.
    pub(super) has_timeout: bool,
    pub(super) environment: Option<&'t str>,
    pub(super) condition: Condition<'t>,
    /// The reusable workflow that it calls.
    pub(super) calls: Option<&'t str>,
    /// Line of `secrets: inherit`.
    pub(super) inherits: Option<u32>,
    /// The parameters that it passes secrets to, `secrets:` of a call.
    pub(super) passes: Vec<&'t str>,
    pub(super) steps: Vec<Step<'t>>,
    /// The scripts of its steps.
    pub(super) scripts: Vec<Yaml<'t>>,
    /// The environment of job or workflow names an endpoint of storage that is not AWS.
    pub(super) other_s3: bool,
    /// Every use of a secret, those of the workflow's `env` included.
    pub(super) uses: Vec<Touch<'t>>,
}

/// One step.
pub(super) struct Step<'t> {
    pub(super) line: u32,
    /// `uses:`.
    pub(super) action: Option<&'t str>,
    pub(super) with: Option<Yaml<'t>>,
    /// Names an endpoint of storage that speaks the S3 protocol and is not AWS.
    pub(super) other_s3: bool,
}

impl<'t> Step<'t> {
    /// Reads a step of a job or of an action.
    pub(super) fn read(step: Yaml<'t>) -> Self {
        Self {
            line: step.line(),
            action: step.get("uses").and_then(Yaml::text),
            with: step.get("with"),
            other_s3: ["with", "env"].iter().any(|key| step.get(key).is_some_and(names_other_s3)),
        }
    }

    /// An input's text.
    pub(super) fn input(&self, name: &str) -> Option<&'t str> {
        self.with?.get(name)?.text().filter(|text| !text.trim().is_empty())
    }
}

/// What a job touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What<'t> {
    /// One secret.
    Named(Cow<'t, str>),
    /// One whose name is computed; holds the computation.
    Computed(&'t str),
    /// All of them.
    Whole,
}

/// One place where a job touches the secrets.
#[derive(Debug, Clone)]
pub(super) struct Touch<'t> {
    pub(super) what: What<'t>,
    pub(super) spot: Spot,
    pub(super) exposure: Exposure,
    /// The variable or input that receives it.
    pub(super) slot: Option<&'t str>,
    /// Index of the step.
    pub(super) step: Option<usize>,
    /// The value holds other secrets too, so that its receiver does not speak for each of them.
    pub(super) shared: bool,
}

impl<'t> Workflow<'t> {
    /// Reads the tree of a workflow file.
    pub(super) fn read(root: Yaml<'t>) -> Self {
        let mut walk = Walk { visits_left: VISITS_MAX, uses: Vec::new() };
        for (key, value) in root.pairs() {
            if !matches!(key.text(), Some("jobs" | "on" | "true")) {
                walk.collect(value, Context { exposure: Exposure::Workflow, slot: None, step: None });
            }
        }
        let shared = std::mem::take(&mut walk.uses);
        let mut jobs = Vec::new();
        for (key, job) in root.get("jobs").map(|jobs| jobs.mapping("jobs")).into_iter().flat_map(Yaml::pairs)
        {
            if let Some(id) = key.text() {
                jobs.push(Job::read(id, key.line(), (job, root), &shared, &mut walk));
            }
        }
        if root.get("env").is_some_and(names_other_s3) {
            jobs.iter_mut().for_each(|job| job.other_s3 = true);
        }
        let on = root.get("on");
        Self {
            node: root,
            name: root.get("name").and_then(Yaml::text),
            triggers: on.map(triggers).unwrap_or_default(),
            runs_per_day: on.and_then(runs_per_day),
            permissions: root.get("permissions").map(permissions),
            parameters: on.map(parameters).unwrap_or_default(),
            jobs,
            whole: walk.visits_left > 0,
        }
    }

    /// Names secrets that only a value of an input names.
    pub(super) fn fill(&mut self, inputs: &Inputs) {
        for job in &mut self.jobs {
            let around = (job.node, self.node);
            let (computed, mut uses): (Vec<_>, Vec<_>) = std::mem::take(&mut job.uses)
                .into_iter()
                .partition(|found| matches!(found.what, What::Computed(_)));
            let name = |found: &Touch<'t>| match &found.what {
                What::Named(name) => Some((found.spot, name.clone())),
                What::Computed(_) | What::Whole => None,
            };
            // Names that the file itself says were found before.
            let mut known: BTreeSet<(Spot, Cow<'t, str>)> = uses.iter().filter_map(name).collect();
            let named = computed.into_iter().flat_map(|found| resolve_computed(found, around, inputs));
            uses.extend(named.filter(|found| name(found).is_none_or(|name| known.insert(name))));
            job.uses = uses;
        }
    }

    /// Whether only other workflows start it; their permissions then bound its own.
    pub(super) fn is_only_called(&self) -> bool {
        self.triggers == ["workflow_call"]
    }

    /// Whether other workflows can start it.
    pub(super) fn is_called(&self) -> bool {
        self.triggers.contains(&"workflow_call")
    }

    /// The permissions that a job runs with; `None` when nothing is written and the organisation's
    /// default holds.
    pub(super) fn permissions_of(&self, job: &Job<'t>) -> Option<Permissions<'t>> {
        job.permissions.or(self.permissions)
    }
}

fn triggers(on: Yaml<'_>) -> Vec<&str> {
    if on.is_mapping() { on.pairs().filter_map(|(event, _)| event.text()).collect() } else { on.words() }
}

fn parameters(on: Yaml<'_>) -> Vec<&str> {
    let secrets = on.get("workflow_call").and_then(|call| call.get("secrets"));
    secrets.into_iter().flat_map(Yaml::pairs).filter_map(|(name, _)| name.text()).collect()
}

fn runs_per_day(on: Yaml<'_>) -> Option<f64> {
    let mut expressions: Vec<&str> =
        on.get("schedule")?.items().filter_map(|entry| entry.get("cron")?.text()).collect();
    expressions.sort_unstable();
    expressions.dedup();
    expressions.into_iter().map(cron::runs_per_day).sum::<Option<f64>>().filter(|&runs| runs > 0.0)
}

fn permissions(node: Yaml<'_>) -> Permissions<'_> {
    let write_all = node.text() == Some("write-all");
    let id_token = node.get("id-token").and_then(Yaml::text) == Some("write");
    Permissions { node, line: node.line(), write_all, id_token: write_all || id_token }
}

impl<'t> Job<'t> {
    fn read(
        id: &'t str,
        line: u32,
        (job, workflow): (Yaml<'t>, Yaml<'t>),
        shared: &[Touch<'t>],
        walk: &mut Walk<'t>,
    ) -> Self {
        let calls = job.get("uses").and_then(Yaml::text);
        let (mut inherits, mut passes) = (None, Vec::new());
        // The environment of a workflow does not reach the workflows that it calls.
        walk.uses = if calls.is_none() { shared.to_vec() } else { Vec::new() };
        let mut steps = Vec::new();
        let mut scripts = Vec::new();
        for (key, value) in job.pairs() {
            let context = |exposure| Context { exposure, slot: key.text(), step: None };
            match key.text() {
                Some("steps") => {
                    for step in value.items() {
                        if walk.visits_left == 0 {
                            break;
                        }
                        walk.step(step, steps.len());
                        scripts.extend(step.get("run"));
                        steps.push(Step::read(step));
                    }
                }
                Some("secrets") if value.text() == Some("inherit") => inherits = Some(value.line()),
                Some("secrets") => {
                    passes.extend(value.pairs().filter_map(|(name, _)| name.text()));
                    walk.collect(value, context(Exposure::Passed));
                }
                Some("with") => walk.collect(value, context(Exposure::With)),
                _ => walk.collect(value, context(Exposure::Job)),
            }
        }
        let uses = std::mem::take(&mut walk.uses);
        let timeout = job.get("timeout-minutes").and_then(Yaml::text);
        Self {
            node: job,
            id,
            name: job.get("name").and_then(Yaml::text),
            line,
            permissions: job.get("permissions").map(permissions),
            runner: job.get("runs-on").and_then(|labels| runner(labels, job)),
            timeout_minutes: timeout
                .and_then(|text| text.trim().parse::<f64>().ok())
                .map(|m| m.max(0.0) as u32),
            has_timeout: timeout.is_some(),
            environment: job
                .get("environment")
                .and_then(|value| value.text().or_else(|| value.get("name")?.text()))
                .filter(|name| !name.trim().is_empty()),
            condition: Condition::new(job.get("if").and_then(Yaml::text)),
            calls,
            inherits,
            passes,
            steps,
            scripts,
            other_s3: job.get("env").is_some_and(names_other_s3),
            uses: {
                let own = Inputs::default();
                uses.into_iter().flat_map(|found| resolve_computed(found, (job, workflow), &own)).collect()
            },
        }
    }
}

/// Whether variables or inputs send S3 requests somewhere else than to AWS.
fn names_other_s3(variables: Yaml<'_>) -> bool {
    variables.pairs().any(|(name, value)| {
        let endpoint = name.text().is_some_and(|name| {
            let name = name.to_ascii_uppercase().replace('-', "_");
            // `OTEL_EXPORTER_OTLP_ENDPOINT` is where traces go.
            name.contains("ENDPOINT")
                && ["S3", "AWS", "R2", "MINIO", "SPACES", "BUCKET", "STORAGE"]
                    .iter()
                    .any(|word| name.contains(word))
                || name == "ENDPOINT"
                || name == "ENDPOINT_URL"
        });
        endpoint && value.text().is_some_and(|value| !value.is_empty() && !value.contains("amazonaws.com"))
    })
}

/// Where the words of a runner's label say that it stands.
fn runner(labels: Yaml<'_>, job: Yaml<'_>) -> Option<&'static str> {
    let words: Vec<&str> = labels
        .words()
        .into_iter()
        .flat_map(|word| computed::matrix_values(word, job).unwrap_or(vec![word]))
        .collect();
    if words.contains(&"self-hosted")
        || labels.get("labels").is_some_and(|l| l.words().contains(&"self-hosted"))
    {
        return Some("self_hosted");
    }
    // Any other label may be a larger hosted runner, a vendor's runner or an own one: not decidable here.
    let hosted = |word: &str| ["ubuntu-", "windows-", "macos-"].iter().any(|system| word.starts_with(system));
    (!words.is_empty() && words.iter().all(|word| hosted(word))).then_some("hosted")
}

/// `secrets[matrix.key]` names every secret that the matrix lists; the computed use itself stays where there may be more.
fn resolve_computed<'t>(found: Touch<'t>, around: (Yaml<'t>, Yaml<'t>), inputs: &Inputs) -> Vec<Touch<'t>> {
    let mut all = vec![found];
    if let What::Computed(expression) = all[0].what {
        let (names, whole) = computed::names(expression, around, inputs);
        for name in names {
            all.push(Touch { what: What::Named(name), ..all[0].clone() });
        }
        // Where the file says every name, nothing about the use is unknown.
        if whole {
            all.swap_remove(0);
        }
    }
    all.retain(
        |found| !matches!(&found.what, What::Named(name) if name.eq_ignore_ascii_case(PLATFORM_TOKEN)),
    );
    all
}

#[derive(Clone, Copy)]
struct Context<'t> {
    exposure: Exposure,
    slot: Option<&'t str>,
    step: Option<usize>,
}

/// Collects uses of secrets from parts of the tree.
struct Walk<'t> {
    visits_left: usize,
    uses: Vec<Touch<'t>>,
}

impl<'t> Walk<'t> {
    fn step(&mut self, step: Yaml<'t>, index: usize) {
        for (key, value) in step.pairs() {
            let exposure = match key.text() {
                Some("with") => Exposure::With,
                Some("run") => Exposure::Run,
                _ => Exposure::Step,
            };
            self.collect(value, Context { exposure, slot: key.text(), step: Some(index) });
        }
    }

    /// Takes every scalar below `node`, in file order.
    fn collect(&mut self, node: Yaml<'t>, context: Context<'t>) {
        let mut stack = vec![(node, context.slot)];
        while let Some((node, slot)) = stack.pop() {
            if self.visits_left == 0 {
                return;
            }
            let bytes = node.text().map_or(0, str::len);
            self.visits_left = self.visits_left.saturating_sub(1 + bytes / BYTES_A_VISIT);
            if let Some(text) = node.text() {
                self.scalar(node, text, Context { slot, ..context });
                continue;
            }
            let first_child = stack.len();
            stack.extend(node.items().map(|item| (item, slot)));
            stack.extend(node.pairs().map(|(key, value)| (value, key.text().or(slot))));
            stack[first_child..].reverse();
        }
    }

    fn scalar(&mut self, node: Yaml<'t>, text: &'t str, context: Context<'t>) {
        let condition = context.slot == Some("if");
        if !condition && !text.contains("${{") {
            return;
        }
        let found = if condition { secret_uses_of_condition(text) } else { secret_uses(text) };
        if found.is_empty() {
            return;
        }
        let mut search = node.search();
        let several = found.len() > 1;
        for Found { what, written } in found {
            let spot = match what {
                Use::Named(name) => search.find(&[written, name]),
                Use::Computed(_) | Use::Whole => search.find(&[written]),
            };
            let Context { exposure, slot, step } = context;
            let what = match what {
                Use::Named(name) => What::Named(Cow::Borrowed(name)),
                Use::Computed(expression) => What::Computed(expression),
                Use::Whole => What::Whole,
            };
            self.uses.push(Touch { what, spot, exposure, slot, step, shared: several });
        }
    }
}
