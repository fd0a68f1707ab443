//! `tenure rules`.

use std::fmt::Write as _;

use tenure_pipeline::{Failure, RuleCard};

use crate::args::{AnswerFormat, RulesArgs, RulesVerb};
use crate::{CLEAN, output};

pub(crate) fn run(args: &RulesArgs) -> Result<u8, Failure> {
    match &args.verb {
        RulesVerb::List { format } => list(*format),
        RulesVerb::Show { id, format } => show(id, *format),
        RulesVerb::Check => check(),
    }
}

fn list(format: AnswerFormat) -> Result<u8, Failure> {
    let cards = tenure_pipeline::rule_cards();
    if format == AnswerFormat::Json {
        output::json(&cards)?;
        return Ok(CLEAN);
    }
    let width = cards.iter().map(|card| card.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for card in &cards {
        let _ = writeln!(text, "{:width$}  {:8}  {}", card.id, card.severity.word(), card.title);
    }
    let _ = writeln!(text, "\n{} rules", cards.len());
    output::text(&text)?;
    Ok(CLEAN)
}

fn show(id: &str, format: AnswerFormat) -> Result<u8, Failure> {
    let cards = tenure_pipeline::rule_cards();
    let card = cards.iter().find(|card| card.id == id).ok_or_else(|| {
        Failure::Usage(format!("there is no rule `{id}`: `tenure rules list` shows them all"))
    })?;
    if format == AnswerFormat::Json {
        output::json(card)?;
    } else {
        output::text(&card_text(card))?;
    }
    Ok(CLEAN)
}

fn card_text(card: &RuleCard) -> String {
    let mut text = format!("{}\n{}\n\n", card.id, card.title);
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{label:12}{value}");
        }
    };
    line("severity", card.severity.word());
    line("confidence", card.confidence.word());
    line("made by", &card.made_by);
    line("credential", &card.credential);
    line("pattern", &card.pattern);
    line("checksum", &card.checksum);
    line("lifetime", &card.lifetime);
    line("source", &card.source);
    line("about", &card.help);
    text
}

#[allow(clippy::print_stderr)] // problems, beside the verdict
fn check() -> Result<u8, Failure> {
    let rules = tenure_pipeline::RuleSet::embedded();
    let (count, texts) = rules
        .rules()
        .iter()
        .fold((0, 0), |(c, t), r| (c + 1, t + r.spec.examples.len() + r.spec.counterexamples.len()));
    let problems = tenure_pipeline::check_rules(rules);
    for problem in &problems {
        eprintln!("{}: {}", problem.rule_id, problem.problem);
    }
    if problems.is_empty() {
        output::text(&format!("{count} rules, {texts} examples and counter-examples: all hold\n"))?;
        return Ok(CLEAN);
    }
    Err(Failure::Usage(format!("{} of the rules' own examples do not hold", problems.len())))
}
