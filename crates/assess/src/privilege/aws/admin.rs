//! Whether a principal may do everything: what its policies give together, less what anything takes away.

use super::catalogue::catalogue;
use super::condition::Answer;
use super::holder::{Given, Holder, Limit, Said};
use super::rule::{Policy, Rule};

/// Statements that are named as the reason; the rest says the same again.
const REASONS_MAX: usize = 4;

/// Comparisons that one question about everything may take. Real principals need some ten thousand.
const STEPS_MAX: usize = 2_000_000;

/// An answer with its reasons.
pub(super) struct Whole {
    pub(super) answer: Answer,
    pub(super) because: Vec<String>,
}

impl Whole {
    fn no() -> Self {
        Self { answer: Answer::No, because: Vec::new() }
    }
}

/// Whether the holder may do every action on everything that an account holds.
///
/// A denial counts when it takes a whole action away. One that spares a named bucket leaves an administrator an
/// administrator.
pub(super) fn is_everything(holder: &Holder<'_>) -> Whole {
    let own: Vec<Said<'_, '_>> = holder.rules().filter(|said| said.rule.allows).collect();
    let rules: Vec<&Rule<'_>> = own.iter().map(|said| said.rule).collect();
    let (mut answer, used) = covers(holder, &rules);
    if answer == Answer::No {
        return Whole::no();
    }
    let mut because: Vec<String> = used.iter().take(REASONS_MAX).map(|at| own[*at].words()).collect();
    if used.len() > REASONS_MAX {
        because.push(format!("and {} more statements", used.len() - REASONS_MAX));
    }
    match &holder.boundary {
        Limit::None => {}
        Limit::Unknown => {
            answer = answer.min(Answer::Maybe);
            because.push(
                "as far as its permissions boundary allows, whose document is not in the export".to_owned(),
            );
        }
        Limit::Known(policy) => answer = answer.min(limit(holder, policy, &mut because)),
    }
    answer = answer.min(organisation(holder, &mut because));
    for said in holder.rules().filter(|said| !said.rule.allows) {
        answer = answer.min(spared(holder, said.rule, || said.words(), &mut because));
    }
    if answer == Answer::No { Whole::no() } else { Whole { answer, because } }
}

/// Whether a policy that limits leaves everything.
fn limit(holder: &Holder<'_>, policy: &Policy<'_>, because: &mut Vec<String>) -> Answer {
    let allows: Vec<&Rule<'_>> = policy.rules.iter().filter(|rule| rule.allows).collect();
    let mut answer = if policy.is_broken { Answer::Maybe } else { covers(holder, &allows).0 };
    if answer == Answer::Maybe {
        because.push(format!("limited by {}", policy.name));
    }
    for rule in policy.rules.iter().filter(|rule| !rule.allows) {
        answer = answer.min(spared(holder, rule, || format!("{} {}", policy.name, rule.words()), because));
    }
    answer
}

/// Whether the organisation's policies leave everything. Those of one level allow together, and each denies.
fn organisation(holder: &Holder<'_>, because: &mut Vec<String>) -> Answer {
    let controls = &holder.service_controls;
    let mut answer = Answer::Yes;
    for level in holder.allowing_levels() {
        let rules = level.iter().flat_map(|control| &control.policy.rules);
        let allows: Vec<&Rule<'_>> = rules.filter(|rule| rule.allows).collect();
        answer = answer.min(covers(holder, &allows).0);
    }
    for control in controls {
        for rule in control.policy.rules.iter().filter(|rule| !rule.allows) {
            let words = || format!("{} {}", control.policy.name, rule.words());
            let left = spared(holder, rule, words, because);
            if left == Answer::No && !control.is_certain {
                because.push(format!(
                    "unless {} applies to the account, which the export does not say",
                    control.policy.name
                ));
                answer = answer.min(Answer::Maybe);
            } else {
                answer = answer.min(left);
            }
        }
    }
    answer
}

/// Whether a denial leaves every action.
fn spared(
    holder: &Holder<'_>,
    rule: &Rule<'_>,
    words: impl Fn() -> String,
    because: &mut Vec<String>,
) -> Answer {
    let request = holder.request("*", "", Given::default());
    let denied = rule.holds(&request);
    if denied == Answer::No || !rule.is_about_a_whole_action(holder.principal) {
        return Answer::Yes;
    }
    if denied == Answer::Maybe {
        because.push(format!("unless {}", words()));
    }
    denied.not()
}

/// Whether these statements together allow every action on everything, and which of them are needed for it.
fn covers(holder: &Holder<'_>, rules: &[&Rule<'_>]) -> (Answer, Vec<usize>) {
    let asked = |action| {
        let request = holder.request("*", action, Given::default());
        rules.iter().map(|rule| rule.holds(&request)).collect::<Vec<Answer>>()
    };
    // IAM lives in one region, which some conditions are about.
    let (elsewhere, in_iam) = (asked(""), asked("iam:"));
    // One statement without exceptions is the usual case, and needs no catalogue.
    let alone = (0..rules.len()).find(|at| elsewhere[*at] == Answer::Yes && rules[*at].is_everything());
    if let Some(at) = alone {
        return (Answer::Yes, vec![at]);
    }
    let mut whole = Answer::Yes;
    let mut used: Vec<usize> = Vec::new();
    let mut steps = 0;
    let mut service = ("", Vec::new());
    for action in catalogue().of_the_account() {
        let of = action.name.split(':').next().unwrap_or_default();
        if service.0 != of {
            let reach = rules.iter().map(|rule| rule.reaches_all_of(of, holder.principal)).collect();
            service = (of, reach);
        }
        let holds = if of == "iam" { &in_iam } else { &elsewhere };
        // A statement that is in use already explains this one as well.
        let gives =
            |at: usize| if service.1[at] && rules[at].is_about(action.name) { holds[at] } else { Answer::No };
        let known = used.iter().map(|at| gives(*at)).max().unwrap_or(Answer::No);
        let mut best = known;
        steps += used.len();
        if known < Answer::Yes {
            steps += rules.len();
            let found = (0..rules.len()).map(|at| (gives(at), std::cmp::Reverse(at))).max();
            if let Some((answer, std::cmp::Reverse(at))) = found.filter(|(answer, _)| *answer > known) {
                best = answer;
                used.push(at);
            }
        }
        whole = whole.min(best);
        if whole == Answer::No {
            return (Answer::No, Vec::new());
        }
        if steps > STEPS_MAX {
            // Nobody writes such policies by hand; what they give in all stays open.
            whole = whole.min(Answer::Maybe);
            break;
        }
    }
    used.sort_unstable();
    (whole, used)
}

/// Whether a document alone allows everything: what another version of a policy would bring.
pub(super) fn document_is_everything(holder: &Holder<'_>, policy: &Policy<'_>) -> Answer {
    limit(holder, policy, &mut Vec::new())
}

/// Whether a document allows everything, its denials aside.
pub(super) fn document_spares_little(holder: &Holder<'_>, policy: &Policy<'_>) -> Answer {
    let allows: Vec<&Rule<'_>> = policy.rules.iter().filter(|rule| rule.allows).collect();
    covers(holder, &allows).0
}
