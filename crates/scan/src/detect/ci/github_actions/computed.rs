//! The names that a computed `secrets[…]` can take, where the file itself says them all.
//!
//! Literals, `matrix.…`, `env.…`, inputs, `format(…)` and choices by `&&` and `||` are followed; whatever else
//! stands there is unknown and gives no name.

use std::borrow::Cow;

use super::expression::{Token, Tokens};
use super::inputs::Inputs;
use crate::detect::yaml::Yaml;

/// Names that one expression may stand for; a matrix of more is not written by hand.
const NAMES_MAX: usize = 64;
/// Deepest nesting of parentheses and calls.
const DEPTH_MAX: usize = 8;

/// Every name that the inside of `secrets[…]` can be, and whether the file says them all.
pub(super) fn names<'t>(
    expression: &'t str,
    (job, workflow): (Yaml<'t>, Yaml<'t>),
    inputs: &Inputs,
) -> (Vec<Cow<'t, str>>, bool) {
    let mut reader = Reader { tokens: Tokens::new(expression), job, workflow, inputs, whole: true };
    let mut names = reader.choice(0);
    let whole = reader.whole && reader.tokens.next().is_none() && names.len() < NAMES_MAX;
    names.retain(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    names.sort_unstable();
    names.dedup();
    let whole = whole && !names.is_empty();
    (names, whole)
}

struct Reader<'t, 'i> {
    tokens: Tokens<'t>,
    job: Yaml<'t>,
    workflow: Yaml<'t>,
    inputs: &'i Inputs,
    /// Nothing unknown stood where a value comes from.
    whole: bool,
}

impl<'t> Reader<'t, '_> {
    /// `a && b || c` up to a closing bracket or comma: every value that may come out.
    fn choice(&mut self, depth: usize) -> Vec<Cow<'t, str>> {
        let mut names = Vec::new();
        let mut known = self.whole;
        let mut last = self.primary(depth);
        loop {
            match self.operator() {
                Some(Operator::Or) => {
                    names.append(&mut last);
                    known = self.whole;
                    last = self.primary(depth);
                }
                // What stands before is a condition, not a value.
                Some(Operator::And) => {
                    self.whole = known;
                    last = self.primary(depth);
                }
                Some(Operator::Compare) => {
                    self.primary(depth);
                    self.whole = known;
                    last = Vec::new();
                }
                None => break,
            }
        }
        names.append(&mut last);
        names.truncate(NAMES_MAX);
        names
    }

    fn operator(&mut self) -> Option<Operator> {
        let mut ahead = self.tokens;
        let (first, second) = (ahead.next()?, ahead.next());
        let operator = match (first, second) {
            (Token::Sign(b'|'), Some(Token::Sign(b'|'))) => Operator::Or,
            (Token::Sign(b'&'), Some(Token::Sign(b'&'))) => Operator::And,
            (Token::Sign(b'=' | b'!'), Some(Token::Sign(b'='))) => Operator::Compare,
            _ => return None,
        };
        self.tokens = ahead;
        Some(operator)
    }

    fn primary(&mut self, depth: usize) -> Vec<Cow<'t, str>> {
        let names = match self.tokens.next().filter(|_| depth < DEPTH_MAX) {
            Some(Token::Text(text)) => vec![Cow::Borrowed(text)],
            Some(Token::Sign(b'(')) => {
                let names = self.choice(depth + 1);
                self.close();
                names
            }
            // `!x` is a condition.
            Some(Token::Sign(b'!')) => return self.primary(depth + 1),
            Some(Token::Word(word)) => self.word(word, depth),
            _ => Vec::new(),
        };
        self.whole &= !names.is_empty();
        names
    }

    fn word(&mut self, word: &'t str, depth: usize) -> Vec<Cow<'t, str>> {
        let mut ahead = self.tokens;
        if ahead.next() == Some(Token::Sign(b'(')) {
            self.tokens = ahead;
            let arguments = self.arguments(depth);
            return if word.eq_ignore_ascii_case("format") { formatted(&arguments) } else { Vec::new() };
        }
        let mut path = vec![word];
        loop {
            let mut ahead = self.tokens;
            match (ahead.next(), ahead.next()) {
                (Some(Token::Sign(b'.')), Some(Token::Word(part))) => path.push(part),
                _ => break,
            }
            self.tokens = ahead;
        }
        match path.split_first() {
            Some((first, rest)) if first.eq_ignore_ascii_case("matrix") => {
                let values = matrix_path(rest, self.job).unwrap_or_default();
                values.into_iter().map(Cow::Borrowed).collect()
            }
            Some((first, [name])) if first.eq_ignore_ascii_case("env") => {
                let value =
                    [self.job, self.workflow].into_iter().find_map(|at| at.get("env")?.get(name)?.text());
                value.filter(|value| !value.contains("${{")).map(Cow::Borrowed).into_iter().collect()
            }
            Some((first, [name])) if first.eq_ignore_ascii_case("inputs") => self.input(name),
            Some((first, ["event", "inputs", name])) if first.eq_ignore_ascii_case("github") => {
                self.input(name)
            }
            _ => Vec::new(),
        }
    }

    fn input(&mut self, name: &str) -> Vec<Cow<'t, str>> {
        let Some(values) = self.inputs.get(name) else { return Vec::new() };
        self.whole &= values.whole;
        values.said.iter().cloned().map(Cow::Owned).collect()
    }

    /// The arguments of a call, its closing bracket included.
    fn arguments(&mut self, depth: usize) -> Vec<Vec<Cow<'t, str>>> {
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.choice(depth + 1));
            match self.tokens.next() {
                Some(Token::Sign(b',')) if arguments.len() < NAMES_MAX => {}
                _ => return arguments,
            }
        }
    }

    fn close(&mut self) {
        let mut ahead = self.tokens;
        if ahead.next() == Some(Token::Sign(b')')) {
            self.tokens = ahead;
        }
    }
}

enum Operator {
    Or,
    And,
    Compare,
}

/// `format('{0}_KEY', a)`: the pattern with every combination of its arguments.
fn formatted<'t>(arguments: &[Vec<Cow<'t, str>>]) -> Vec<Cow<'t, str>> {
    let Some(([pattern], values)) = arguments.split_first().map(|(first, rest)| (first.as_slice(), rest))
    else {
        return Vec::new();
    };
    let mut names = vec![pattern.to_string()];
    for (index, choices) in values.iter().enumerate() {
        let slot = format!("{{{index}}}");
        let of_name = |name: &String| -> Vec<String> {
            choices.iter().map(|value| name.replace(&slot, value)).collect()
        };
        names = names.iter().flat_map(of_name).take(NAMES_MAX).collect();
    }
    names.into_iter().map(Cow::Owned).collect()
}

/// The literal values of `${{ matrix.a.b }}` or `matrix.a.b`; `None` when the text is something else.
pub(super) fn matrix_values<'t>(text: &str, job: Yaml<'t>) -> Option<Vec<&'t str>> {
    let text = text.trim();
    let inside = text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(text).trim();
    let path: Vec<&str> = inside.strip_prefix("matrix.")?.split('.').collect();
    matrix_path(&path, job)
}

fn matrix_path<'t>(path: &[&str], job: Yaml<'t>) -> Option<Vec<&'t str>> {
    let matrix = job.get("strategy")?.get("matrix")?;
    let (first, deeper) = path.split_first()?;
    let mut found: Vec<Yaml<'t>> = matrix.get(first).into_iter().flat_map(Yaml::items).collect();
    // What is left out for this key alone never runs.
    let excluded = || matrix.get("exclude").into_iter().flat_map(Yaml::items);
    let alone = |entry: &Yaml<'t>| entry.pairs().count() == 1;
    found.retain(|value| {
        let is_it = |entry: Yaml<'t>| entry.get(first).and_then(Yaml::text) == value.text();
        value.text().is_none() || !excluded().filter(alone).any(is_it)
    });
    found
        .extend(matrix.get("include").into_iter().flat_map(Yaml::items).filter_map(|entry| entry.get(first)));
    for name in deeper {
        found = found.into_iter().filter_map(|value| value.get(name)).collect();
    }
    let values: Vec<&str> = found.into_iter().filter_map(Yaml::text).collect();
    let literal = !values.is_empty() && values.iter().all(|value| !value.contains("${{"));
    literal.then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::yaml;

    fn told(expression: &str) -> Vec<String> {
        let text = "env: {STAGE: LIVE}\njobs:\n  a:\n    strategy:\n      matrix:\n        env: [QA, PROD]\n        include:\n          - {env: DEV}\n";
        yaml::read(text, |tree, _| {
            let root = tree.first().expect("the text holds a document");
            let job = root.get("jobs").and_then(|jobs| jobs.get("a")).expect("the job is there");
            names(expression, (job, root), &Inputs::default()).0.into_iter().map(Cow::into_owned).collect()
        })
    }

    #[test]
    fn names_that_the_file_says_are_found() {
        assert_eq!(told("matrix.env"), ["DEV", "PROD", "QA"]);
        assert_eq!(told("format('KEY_{0}', matrix.env)"), ["KEY_DEV", "KEY_PROD", "KEY_QA"]);
        assert_eq!(told("format('{0}_{1}', env.STAGE, 'K')"), ["LIVE_K"]);
        assert_eq!(told("github.ref == 'refs/heads/main' && 'A' || 'B'"), ["A", "B"]);
        assert_eq!(told("(inputs.x && 'A') || matrix.env"), ["A", "DEV", "PROD", "QA"]);
    }

    #[test]
    fn values_that_are_left_out_are_none() {
        let text = "strategy: {matrix: {a: [P, Q, R], exclude: [{a: Q}, {a: R, b: 1}]}}\n";
        yaml::read(text, |tree, _| {
            let job = tree.first().expect("the text holds a document");
            assert_eq!(matrix_values("matrix.a", job), Some(vec!["P", "R"]));
        });
    }

    #[test]
    fn what_the_file_does_not_say_has_no_name() {
        for expression in [
            "inputs.name",
            "format('{0}_KEY', inputs.x)",
            "github.actor == 'A'",
            "matrix.none",
            "((((((((((",
            "format(",
        ] {
            assert_eq!(told(expression), [""; 0], "{expression}");
        }
    }
}
