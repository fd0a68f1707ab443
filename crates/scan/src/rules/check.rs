//! Proves every rule by its own examples: what `tenure rules check` and the tests run.

use std::collections::HashSet;

use tenure_model::FingerprintKey;

use crate::engine::Engine;
use crate::rules::{RuleSet, compile};

/// One thing that is wrong with one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleProblem {
    /// The rule.
    pub rule_id: String,
    /// What is wrong, in words; an example is named by its position, never quoted.
    pub problem: String,
}

/// Least number of texts of each sort that a rule brings along.
const TEXTS_MIN: usize = 2;

/// Checks ids, patterns and windows, and runs every example and counter-example through the whole engine.
pub fn check(set: RuleSet) -> Vec<RuleProblem> {
    let mut problems = Vec::new();
    let mut seen = HashSet::new();
    for rule in set.rules() {
        let mut wrong =
            |problem: String| problems.push(RuleProblem { rule_id: rule.spec.id.clone(), problem });
        if !seen.insert(rule.spec.id.clone()) {
            wrong("the id is used twice".to_owned());
        }
        if let Err(error) = compile(&rule.spec.pattern) {
            wrong(format!("the pattern does not compile: {error}"));
        }
        for text in rule.spec.reject.iter().chain(&rule.spec.companion) {
            if let Err(error) = compile(text) {
                wrong(format!("a reject pattern does not compile: {error}"));
            }
        }
        for text in &rule.spec.files {
            if let Err(error) = globset::Glob::new(text) {
                wrong(format!("a file pattern is wrong: {error}"));
            }
        }
        if rule.spec.examples.len() < TEXTS_MIN || rule.spec.counterexamples.len() < TEXTS_MIN {
            wrong(format!("needs {TEXTS_MIN} examples and {TEXTS_MIN} counterexamples"));
        }
    }
    if problems.is_empty() {
        check_examples(&Engine::new(set, FingerprintKey::new([7; 32])), &mut problems);
    }
    problems
}

/// Runs the examples of rules that are proved already: those of a [`super::Book`].
pub fn check_examples_of(set: RuleSet) -> Vec<RuleProblem> {
    let mut problems = Vec::new();
    check_examples(&Engine::new(set, FingerprintKey::new([7; 32])), &mut problems);
    problems
}

fn check_examples(engine: &Engine, problems: &mut Vec<RuleProblem>) {
    for (index, rule) in engine.rules().rules().iter().enumerate() {
        let matched = |text: &str| engine.matches_rule(text.as_bytes(), index);
        for (number, text) in rule.spec.examples.iter().enumerate() {
            if !matched(text) {
                problems.push(RuleProblem {
                    rule_id: rule.spec.id.clone(),
                    problem: format!("example {} does not match", number + 1),
                });
            }
        }
        for (number, text) in rule.spec.counterexamples.iter().enumerate() {
            if matched(text) {
                problems.push(RuleProblem {
                    rule_id: rule.spec.id.clone(),
                    problem: format!("counterexample {} matches", number + 1),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::spec::Known;

    #[test]
    fn every_embedded_rule_is_proved_by_its_examples() {
        let problems: Vec<String> = check(RuleSet::embedded_with_examples())
            .into_iter()
            .map(|p| format!("{}: {}", p.rule_id, p.problem))
            .collect();
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }

    #[test]
    fn what_the_build_knows_of_a_value_holds_for_every_example() {
        let set = RuleSet::embedded_with_examples();
        let count =
            |known: fn(&Known) -> bool| set.rules().iter().filter(|rule| known(&rule.spec.known)).count();
        assert!(count(|known| known.run > 0) > 100, "most of the rules with words are known");
        assert!(count(|known| !known.text.is_empty()) > 50, "so are texts of many");
        for rule in set.rules() {
            for text in &rule.spec.examples {
                let len = u32::try_from(text.len()).unwrap();
                let stands = crate::engine::has_run(text.as_bytes(), 0, (0, len), &rule.spec.known);
                assert!(stands, "{} would be left out", rule.spec.id);
                assert!(text.contains(&rule.spec.known.text), "{} would be left out", rule.spec.id);
            }
        }
    }
}
