//! What differs between two inventories: what makes the comparison uncertain first, then who, what and whose.

use tenure_model::{
    FieldChange, Finding, FindingChange, IdentityBrief, IdentityChange, InventoryDifference, InventoryState,
};

use super::{risk_ink, severity_ink};
use crate::sheet::{Ink, Sheet};
use crate::{Style, glyph, words};

/// Rows of one list that are written out; the rest is counted.
const ROWS_SHOWN_MAX: usize = 100;
/// Grants of one identity that are written out; the rest is counted.
const GRANTS_SHOWN_MAX: usize = 10;
/// Actions of one grant that are named.
const ACTIONS_SHOWN_MAX: usize = 5;

/// The difference as text for a person: `+` appeared, `-` vanished, `~` changed.
pub fn difference_human(difference: &InventoryDifference, style: &Style) -> String {
    let mut sheet = Sheet::new(style);
    heading(&mut sheet, difference);
    identities(&mut sheet, difference);
    findings(&mut sheet, difference);
    owners(&mut sheet, difference);
    sheet.finish()
}

fn heading(sheet: &mut Sheet<'_>, difference: &InventoryDifference) {
    let (before, after) = (&difference.before, &difference.after);
    for (word, state) in [("older", before), ("newer", after)] {
        if let Some(doubt) = doubt(word, state) {
            sheet.spans(0, 2, &[(Ink::Critical, &doubt)]);
        }
    }
    for (word, one, other) in [("older", before, after), ("newer", after, before)] {
        let only: Vec<String> = one
            .roots
            .iter()
            .filter(|root| !other.roots.contains(root))
            .take(3)
            .map(|root| words::label(root))
            .collect();
        if !only.is_empty() {
            let text = format!("Only the {word} one's last scan read {}.", words::list(&only));
            sheet.spans(0, 2, &[(Ink::Plain, &text)]);
        }
    }
    if !difference.same_key {
        let left = &difference.not_compared;
        let text = format!(
            "Two keys made their fingerprints: whether a value is still the same one cannot be told, and what only its value tells apart is not compared ({} and {} of the older one, {} and {} of the newer one).",
            words::count(left.identities_before, "identity"),
            words::count(left.findings_before, "finding"),
            words::count(left.identities_after, "identity"),
            words::count(left.findings_after, "finding"),
        );
        sheet.spans(0, 2, &[(Ink::Plain, &text)]);
    }
    for (word, state) in [("Older", before), ("Newer", after)] {
        let text = format!(
            "{word}: {}, {} and {}, {}.",
            words::label(&state.file),
            words::count(state.identities, "identity"),
            words::count(state.findings, "finding"),
            state
                .scanned_at
                .map_or("never scanned".to_owned(), |at| format!("scanned on {}", words::day(at))),
        );
        sheet.spans(0, 2, &[(Ink::Faint, &text)]);
    }
}

/// Why what an inventory does not know may be there all the same.
fn doubt(word: &str, state: &InventoryState) -> Option<String> {
    match (state.scanned_at, state.complete) {
        (None, _) => Some(format!("The {word} inventory was never filled by a scan.")),
        (_, false) => Some(format!(
            "The {word} one's last scan was incomplete: what it does not know may only not have been read."
        )),
        (_, true) => None,
    }
}

fn section(sheet: &mut Sheet<'_>, name: &str, (appeared, vanished, changed): (usize, usize, usize)) {
    sheet.blank();
    let text = if appeared + vanished + changed == 0 {
        format!("{name}: no difference.")
    } else {
        format!("{name}: {appeared} appeared, {vanished} vanished, {changed} changed")
    };
    sheet.spans(0, 2, &[(Ink::Strong, &text)]);
}

/// Writes the first rows of a list, and how many more there are.
fn rows<T>(sheet: &mut Sheet<'_>, all: &[T], mut row: impl FnMut(&mut Sheet<'_>, &T)) {
    all.iter().take(ROWS_SHOWN_MAX).for_each(|one| row(sheet, one));
    if let Some(more) = all.len().checked_sub(ROWS_SHOWN_MAX).filter(|more| *more > 0) {
        let text = format!("… and {} more; --format json lists all of them.", words::grouped(more as u64));
        sheet.spans(2, 4, &[(Ink::Faint, &text)]);
    }
}

fn identities(sheet: &mut Sheet<'_>, difference: &InventoryDifference) {
    let told = &difference.identities;
    section(sheet, "Identities", (told.appeared.len(), told.vanished.len(), told.changed.len()));
    rows(sheet, &told.appeared, |sheet, identity| brief(sheet, '+', identity));
    rows(sheet, &told.vanished, |sheet, identity| brief(sheet, '-', identity));
    rows(sheet, &told.changed, identity_change);
}

fn brief(sheet: &mut Sheet<'_>, sign: char, identity: &IdentityBrief) {
    let risk =
        format!("{} {} {}", glyph::risk(identity.risk_band), identity.risk_score, identity.risk_band.word());
    let about = match (&identity.merged_into, &identity.owner) {
        (Some(other), _) => format!("  now part of {}", words::label(other)),
        (None, Some(owner)) => format!("  owned by {}", words::label(owner)),
        (None, None) => "  owned by nobody known".to_owned(),
    };
    sheet.spans(
        0,
        4,
        &[
            (Ink::Strong, &format!("{sign} ")),
            (risk_ink(identity.risk_band), &risk),
            (Ink::Plain, "  "),
            (Ink::Strong, &words::label(&identity.name)),
            (Ink::Faint, &format!("  {}", words::kind(&identity.kind))),
            (Ink::Plain, &about),
        ],
    );
}

fn identity_change(sheet: &mut Sheet<'_>, change: &IdentityChange) {
    let identity = &change.identity;
    sheet.spans(
        0,
        4,
        &[
            (Ink::Strong, "~ "),
            (Ink::Strong, &words::label(&identity.name)),
            (Ink::Faint, &format!("  {}  {}", words::kind(&identity.kind), words::label(&identity.id))),
        ],
    );
    fields(sheet, &change.fields);
    let told = |sign: &str, actions: &[String], target: &str, scope: &str| {
        let more = actions.len().saturating_sub(ACTIONS_SHOWN_MAX);
        let mut named: Vec<String> =
            actions.iter().take(ACTIONS_SHOWN_MAX).map(|action| words::label(action)).collect();
        if more > 0 {
            named.push(format!("{more} more"));
        }
        format!("{sign} {} on {} ({})", words::list(&named), words::label(target), words::label(scope))
    };
    let mut grants: Vec<String> = change
        .grants_appeared
        .iter()
        .map(|grant| told("+", &grant.actions, &grant.target, &grant.scope))
        .collect();
    grants.extend(
        change.grants_vanished.iter().map(|grant| told("-", &grant.actions, &grant.target, &grant.scope)),
    );
    for grant in &change.grants_changed {
        for (sign, actions) in [("+", &grant.gained), ("-", &grant.lost)] {
            if !actions.is_empty() {
                grants.push(told(sign, actions, &grant.target, &grant.scope));
            }
        }
    }
    for grant in grants.iter().take(GRANTS_SHOWN_MAX) {
        sheet.field(4, "may", &[(Ink::Plain, grant)]);
    }
    if let Some(more) = grants.len().checked_sub(GRANTS_SHOWN_MAX).filter(|more| *more > 0) {
        sheet.field(4, "", &[(Ink::Faint, &format!("… and {more} more"))]);
    }
}

fn fields(sheet: &mut Sheet<'_>, fields: &[FieldChange]) {
    for FieldChange { field, before, after } in fields {
        let side = |text: &Option<String>| {
            text.as_deref()
                .map_or("nothing known".to_owned(), |text| words::sentence(&text.replace('_', " ")))
        };
        let name = field.replace('_', " ");
        sheet.field(
            4,
            &name,
            &[(Ink::Faint, &side(before)), (Ink::Plain, " → "), (Ink::Plain, &side(after))],
        );
    }
}

fn findings(sheet: &mut Sheet<'_>, difference: &InventoryDifference) {
    let told = &difference.findings;
    section(sheet, "Findings", (told.appeared.len(), told.vanished.len(), told.changed.len()));
    let mut one = |sign: char, all: &[Finding]| {
        rows(sheet, all, |sheet, finding| finding_row(sheet, sign, finding));
    };
    one('+', &told.appeared);
    one('-', &told.vanished);
    rows(sheet, &told.changed, |sheet, FindingChange { finding, fields: changed }| {
        finding_row(sheet, '~', finding);
        fields(sheet, changed);
    });
}

fn finding_row(sheet: &mut Sheet<'_>, sign: char, finding: &Finding) {
    let mark = format!("{} {:<9}", glyph::severity(finding.severity), finding.severity.word());
    let masked = finding.masked.as_deref().map(|masked| format!("  {}", words::label(masked)));
    sheet.spans(
        0,
        14,
        &[
            (Ink::Strong, &format!("{sign} ")),
            (severity_ink(finding.severity), &mark),
            (Ink::Plain, " "),
            (Ink::Plain, &words::label(&finding.title)),
            (Ink::Faint, masked.as_deref().unwrap_or_default()),
        ],
    );
    sheet.spans(14, 16, &[(Ink::Plain, &words::place(finding))]);
}

fn owners(sheet: &mut Sheet<'_>, difference: &InventoryDifference) {
    let count = |wanted: &dyn Fn(u64, u64) -> bool| {
        difference.owners.iter().filter(|owner| wanted(owner.before, owner.after)).count()
    };
    let numbers = (
        count(&|before, _| before == 0),
        count(&|_, after| after == 0),
        count(&|before, after| before > 0 && after > 0),
    );
    section(sheet, "Owners", numbers);
    rows(sheet, &difference.owners, |sheet, owner| {
        let sign = match (owner.before, owner.after) {
            (0, _) => "+ ",
            (_, 0) => "- ",
            _ => "~ ",
        };
        let name = owner.owner.as_deref().map_or("nobody known".to_owned(), words::label);
        let numbers = format!("  {} → {}", owner.before, words::count(owner.after, "identity"));
        sheet.spans(0, 4, &[(Ink::Strong, sign), (Ink::Strong, &name), (Ink::Plain, &numbers)]);
    });
}
