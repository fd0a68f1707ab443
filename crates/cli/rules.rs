//! `tenure rules`.

use std::fmt::Write as _;

use tenure_model::visible;
use tenure_pipeline::{Failure, NotCarried, RuleCard, RuleProblem, RuleSet, Rulebook};

use crate::args::{AnswerFormat, RuleFilesArgs, RulesArgs, RulesVerb};
use crate::{CLEAN, INCOMPLETE, output};

pub(crate) fn run(args: &RulesArgs) -> Result<u8, Failure> {
    match &args.verb {
        RulesVerb::List { rules, format } => list(&Rulebook::read(&rules.files)?, *format),
        RulesVerb::Show { id, rules, format } => show(id, &Rulebook::read(&rules.files)?, *format),
        RulesVerb::Check { rules } if rules.files.is_empty() => check(),
        RulesVerb::Check { rules } => check_files(rules),
    }
}

fn list(book: &Rulebook, format: AnswerFormat) -> Result<u8, Failure> {
    say_summary(book);
    let cards = tenure_pipeline::rule_cards(book);
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

fn show(id: &str, book: &Rulebook, format: AnswerFormat) -> Result<u8, Failure> {
    let cards = tenure_pipeline::rule_cards(book);
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
    for (label, speaks_for) in [("\nfor a secret", true), ("\nagainst it", false)] {
        let mut rows = card.evidence.iter().filter(|row| row.speaks_for == speaks_for).peekable();
        if rows.peek().is_some() {
            let _ = writeln!(text, "{label}");
        }
        for row in rows {
            let _ = writeln!(text, "  {}: {}", row.sign, row.weight);
        }
    }
    text
}

/// One line on stderr about the user's rule files, when there are any.
#[allow(clippy::print_stderr)] // beside the answer, which stays clean for programs
pub(crate) fn say_summary(book: &Rulebook) {
    if let Some(summary) = book.summary() {
        eprintln!("tenure: {}", visible(&summary));
    }
}

fn check() -> Result<u8, Failure> {
    let rules = RuleSet::embedded_with_examples();
    let (count, texts) = counted(&rules);
    let problems = tenure_pipeline::check_rules(rules);
    say_problems(&problems)?;
    output::text(&format!("{count} rules, {texts} examples and counter-examples: all hold\n"))?;
    Ok(CLEAN)
}

/// Checks the user's rules only: Tenure's own are checked without `--rules`.
fn check_files(rules: &RuleFilesArgs) -> Result<u8, Failure> {
    let book = Rulebook::read(&rules.files)?;
    say_not_carried(book.not_carried());
    let own = book.own_rules();
    let (count, texts) = counted(&own);
    let unproved = own.rules().iter().filter(|rule| rule.spec.examples.is_empty()).count();
    say_problems(&book.check())?;
    let mut text = format!("{count} rules, {texts} examples and counter-examples: all hold\n");
    if unproved > 0 {
        let _ = writeln!(text, "{unproved} rules bring no example along, so nothing shows that they match");
    }
    for id in book.disabled() {
        let _ = writeln!(text, "switched off or replaced: {id}");
    }
    output::text(&visible_lines(&text))?;
    Ok(if book.not_carried().iter().any(|row| row.whole_rule) { INCOMPLETE } else { CLEAN })
}

fn counted(rules: &RuleSet) -> (usize, usize) {
    rules
        .rules()
        .iter()
        .fold((0, 0), |(c, t), r| (c + 1, t + r.spec.examples.len() + r.spec.counterexamples.len()))
}

#[allow(clippy::print_stderr)] // problems, beside the verdict
fn say_problems(problems: &[RuleProblem]) -> Result<(), Failure> {
    for problem in problems {
        eprintln!("{}: {}", visible(&problem.rule_id), problem.problem);
    }
    match problems.len() {
        0 => Ok(()),
        count => Err(Failure::Usage(format!("{count} of the rules' own examples do not hold"))),
    }
}

/// What the files say and Tenure cannot do: whole rules first.
#[allow(clippy::print_stderr)] // the list, beside the verdict
fn say_not_carried(rows: &[NotCarried]) {
    for (whole, heading) in [(true, "Not carried over:"), (false, "Carried over without:")] {
        let rows: Vec<&NotCarried> = rows.iter().filter(|row| row.whole_rule == whole).collect();
        if rows.is_empty() {
            continue;
        }
        eprintln!("{heading}");
        for row in rows {
            let place = if row.rule.is_empty() { "the whole file" } else { &row.rule };
            eprintln!(
                "  {}: {}: {}: {}",
                visible(&row.file),
                visible(place),
                visible(&row.field),
                visible(&row.reason)
            );
        }
    }
}

fn visible_lines(text: &str) -> String {
    text.lines().map(|line| visible(line) + "\n").collect()
}
