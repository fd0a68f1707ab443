//! Exceptions as text for a person: how many there are beside how many identities, and each with its terms.

use tenure_model::{Exception, ExceptionOverview, ExceptionState};

use crate::sheet::{Ink, Sheet};
use crate::{Style, words};

/// Accepted findings of one exception that are named by their rule.
const RULES_SHOWN_MAX: usize = 6;

/// All exceptions: expired ones first.
pub fn exceptions_human(overview: &ExceptionOverview, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    let number = |state| overview.exceptions.iter().filter(|one| one.state == state).count() as u64;
    let (soon, expired) = (number(ExceptionState::ExpiringSoon), number(ExceptionState::Expired));
    let held = number(ExceptionState::Active) + soon;
    let mut text = format!(
        "{} in force, for {} of {}",
        words::count(held, "exception"),
        words::grouped(overview.identities_excepted),
        words::count(overview.identities, "identity")
    );
    for (number, what) in [(soon, "to end soon"), (expired, "expired")] {
        if number > 0 {
            text.push_str(&format!("; {} {what}", words::grouped(number)));
        }
    }
    sheet.spans(0, 2, &[(Ink::Strong, &text)]);
    if overview.identities_without > 0 {
        let text = format!(
            "{} cannot be short-lived and have none: tenure exception add",
            words::count(overview.identities_without, "identity")
        );
        sheet.spans(0, 2, &[(Ink::Medium, &text)]);
    }
    for exception in &overview.exceptions {
        sheet.blank();
        let name = format!("  {}", words::label(&exception.identity_name));
        sheet.spans(0, 2, &[(Ink::Strong, &exception.id), (Ink::Plain, &name)]);
        terms(&mut sheet, exception);
    }
    sheet.finish()
}

/// The terms of one exception.
pub fn exception_human(exception: &Exception, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    terms(&mut sheet, exception);
    sheet.finish()
}

pub(super) fn terms(sheet: &mut Sheet<'_>, exception: &Exception) {
    let (ink, mark) = match exception.state {
        ExceptionState::Expired => (Ink::High, "expired on"),
        ExceptionState::ExpiringSoon => (Ink::Medium, "ends soon, on"),
        ExceptionState::Active => (Ink::Low, "active until"),
        ExceptionState::Ended => (Ink::Faint, "ended on"),
    };
    sheet.field(2, "state", &[(ink, &format!("{mark} {}", exception.expires))]);
    let reason = format!("{}: {}", words::word(&exception.reason), words::sentence(&exception.why));
    sheet.field(2, "reason", &[(Ink::Plain, &reason)]);
    let names: Vec<String> = exception.approved_by.iter().map(|name| words::label(name)).collect();
    let signed = format!("{}, {}", words::list(&names), words::day(exception.made_at));
    sheet.field(2, "accepted by", &[(Ink::Plain, &signed)]);
    if exception.accepted.is_empty() {
        sheet.field(2, "covers", &[(Ink::Plain, "no finding: there was none")]);
    } else {
        sheet.field(2, "covers", &[(Ink::Plain, &covered(exception))]);
    }
    for review in &exception.reviews {
        let names: Vec<String> = review.by.iter().map(|name| words::label(name)).collect();
        let text = format!(
            "{} by {}: {} until {}",
            words::day(review.at),
            words::list(&names),
            review.decision.word(),
            review.expires
        );
        sheet.field(2, "reviewed", &[(Ink::Faint, &text)]);
    }
    if let Some(day) = exception.review.filter(|_| exception.state.holds()) {
        sheet.field(2, "review by", &[(Ink::Plain, &day.to_string())]);
    }
    if exception.state == ExceptionState::Expired {
        let text = format!("tenure exception review {} --by WHO --decision end", exception.id);
        sheet.field(2, "next", &[(Ink::Strong, &text)]);
    }
}

/// How many findings are accepted, and of which rules.
fn covered(exception: &Exception) -> String {
    let mut rules: Vec<String> =
        exception.accepted.iter().map(|accepted| words::label(&accepted.rule_id)).collect();
    rules.sort();
    rules.dedup();
    let more = rules.len().saturating_sub(RULES_SHOWN_MAX);
    rules.truncate(RULES_SHOWN_MAX);
    if more > 0 {
        rules.push(format!("{more} more rules"));
    }
    let number = words::count(exception.accepted.len() as u64, "finding");
    format!("{number} as they were then ({})", words::list(&rules))
}
