//! One identity as a block of text, a page of its own, and a row in a list.

use tenure_model::{Factor, Finding, Identity, PathState, PlanEntry, Privilege, PrivilegeLevel};

use super::{finding_lines, risk_ink};
use crate::sheet::{Ink, Sheet, cell};
use crate::{Style, glyph, words};

/// How much of an identity is written out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    findings_max: usize,
    items_max: usize,
}

/// In the report of a scan: enough to act on.
pub(super) const SCAN: Extent = Extent { findings_max: 8, items_max: 3 };
/// On a page of its own.
const PAGE: Extent = Extent { findings_max: 500, items_max: 100 };

/// One identity as text for a person: what it is, why it matters, the evidence, what to do.
pub fn identity_human(
    identity: &Identity,
    findings: &[Finding],
    entry: Option<&PlanEntry>,
    made_by: &[String],
    style: &Style,
) -> String {
    let mut sheet = Sheet::new(style);
    let findings: Vec<&Finding> = findings.iter().collect();
    block(&mut sheet, identity, &findings, PAGE);
    consumers(&mut sheet, identity);
    made(&mut sheet, made_by);
    reasons(&mut sheet, identity);
    owner_basis(&mut sheet, identity);
    factors(&mut sheet, &identity.readiness.factors);
    gates(&mut sheet, identity);
    privilege(&mut sheet, &identity.privilege);
    grants(&mut sheet, identity);
    if let Some(entry) = entry {
        sheet.blank();
        sheet.spans(0, 2, &[(Ink::Strong, "Plan")]);
        super::plan::entry_lines(&mut sheet, 2, entry);
    }
    sheet.finish()
}

/// Identities as a table, one a line, in the given order.
pub fn identities_human(identities: &[Identity], style: &Style) -> String {
    const ID_COLUMNS: usize = 14;
    const KIND_COLUMNS: usize = 22;
    const STRIP_COLUMNS: usize = 10;
    let mut sheet = Sheet::new(style);
    if identities.is_empty() {
        sheet.spans(
            0,
            0,
            &[(Ink::Plain, "The inventory holds no identity yet. Fill it with: tenure scan PATH")],
        );
        return sheet.finish();
    }
    // Risk (6), strip, score (4) and the spaces between take the rest.
    let name_columns = style.width.max(80) - ID_COLUMNS - KIND_COLUMNS - STRIP_COLUMNS - 16;
    let head = format!(
        "{} {} {} {} {}",
        cell("ID", ID_COLUMNS),
        cell("RISK", 6),
        cell("READINESS", STRIP_COLUMNS + 4),
        cell("KIND", KIND_COLUMNS),
        "NAME"
    );
    sheet.spans(0, 0, &[(Ink::Faint, &head)]);
    for identity in identities {
        let risk = format!("{} {:>3}", glyph::risk(identity.risk.band), identity.risk.score);
        let strip = cell(&glyph::strip(&identity.readiness), STRIP_COLUMNS);
        let readiness = format!("{strip} {:>3}", identity.readiness.score);
        let gone = if identity.gone_at.is_some() { " (gone)" } else { "" };
        let name = cell(&words::label(&identity.name), name_columns - gone.len());
        let line = [
            (Ink::Plain, cell(&words::label(&identity.id), ID_COLUMNS) + " "),
            (risk_ink(identity.risk.band), cell(&risk, 6) + " "),
            (Ink::Plain, readiness + " "),
            (Ink::Faint, cell(&words::kind(&identity.kind), KIND_COLUMNS) + " "),
            (Ink::Strong, name),
            (Ink::Faint, gone.to_owned()),
        ];
        let line: Vec<(Ink, &str)> = line.iter().map(|(ink, text)| (*ink, text.as_str())).collect();
        sheet.row(&line);
    }
    sheet.blank();
    sheet.spans(0, 0, &[(Ink::Faint, &words::count(identities.len() as u64, "identity"))]);
    sheet.finish()
}

/// One identity with its findings.
pub(super) fn block(sheet: &mut Sheet<'_>, identity: &Identity, findings: &[&Finding], extent: Extent) {
    let risk = &identity.risk;
    let mark = format!("{} {} {}", glyph::risk(risk.band), risk.score, risk.band.word());
    let name = words::label(&identity.name);
    let kind = format!("  {}", words::kind(&identity.kind));
    let gone = identity.gone_at.map(|at| format!("  (gone since {})", words::day(at))).unwrap_or_default();
    sheet.spans(
        0,
        2,
        &[
            (risk_ink(risk.band), &mark),
            (Ink::Plain, "  "),
            (Ink::Strong, &name),
            (Ink::Faint, &kind),
            (Ink::Faint, &gone),
        ],
    );
    sheet.field(2, "id", &[(Ink::Faint, &words::label(&identity.id))]);
    if let Some(native) = identity.native_id.as_deref().filter(|native| *native != identity.name) {
        sheet.field(2, "known as", &[(Ink::Plain, &words::label(native))]);
    }
    sheet.field(2, "owner", &[(Ink::Plain, &words::owner(&identity.owner))]);
    readiness(sheet, identity);
    sheet.field(2, "privilege", &[(Ink::Plain, &words::privilege(&identity.privilege))]);
    power(sheet, &identity.privilege);
    items(sheet, "credential", &identity.credentials, extent, words::credential);
    items(sheet, "used by", &identity.consumers, extent, words::consumer);
    items(sheet, "exception", &identity.exceptions, extent, words::exception);
    for finding in findings.iter().take(extent.findings_max) {
        finding_lines(sheet, 2, finding, Some(&identity.name));
    }
    let rest = findings.len().saturating_sub(extent.findings_max);
    if rest > 0 {
        let text = format!(
            "… and {} more: tenure inventory show {}",
            words::count(rest as u64, "finding"),
            words::label(&identity.id)
        );
        sheet.spans(14, 16, &[(Ink::Faint, &text)]);
    }
    if !identity.readiness.next_action.is_empty() {
        sheet.field(2, "next", &[(Ink::Strong, &words::sentence(&identity.readiness.next_action))]);
    }
}

/// The first reason for power that matters; a page of its own tells all of them.
fn power(sheet: &mut Sheet<'_>, privilege: &Privilege) {
    let matters =
        matches!(privilege.level, PrivilegeLevel::Admin | PrivilegeLevel::Escalates | PrivilegeLevel::Wide);
    if let Some(because) = privilege.because.first().filter(|_| matters) {
        sheet.field(2, "", &[(Ink::Faint, &words::sentence(because))]);
    }
}

/// The strip, the score in words and the lowest gates.
fn readiness(sheet: &mut Sheet<'_>, identity: &Identity) {
    let strip = glyph::strip(&identity.readiness);
    let text = words::readiness(identity);
    let mut gates: Vec<String> =
        identity.readiness.gates.iter().take(3).map(|gate| words::label(&gate.id)).collect();
    let more = identity.readiness.gates.len().saturating_sub(gates.len());
    if more > 0 {
        gates.push(format!("{more} more"));
    }
    let shut = if gates.is_empty() { String::new() } else { format!("; held by {}", words::list(&gates)) };
    let gap = if strip.is_empty() { "" } else { "  " };
    sheet.field(
        2,
        "readiness",
        &[(Ink::Low, &strip), (Ink::Plain, gap), (Ink::Plain, &text), (Ink::Faint, &shut)],
    );
}

/// Some things of one sort, one a line, the rest counted.
fn items<T>(sheet: &mut Sheet<'_>, label: &str, items: &[T], extent: Extent, text: fn(&T) -> String) {
    for (index, item) in items.iter().take(extent.items_max).enumerate() {
        sheet.field(2, if index == 0 { label } else { "" }, &[(Ink::Plain, &text(item))]);
    }
    let rest = items.len().saturating_sub(extent.items_max);
    if rest > 0 {
        sheet.field(2, "", &[(Ink::Faint, &format!("… and {} more", words::grouped(rest as u64)))]);
    }
}

/// Each automated user: where it is written, what starts and ends it, whether it needs a kept secret at all.
fn consumers(sheet: &mut Sheet<'_>, identity: &Identity) {
    let told =
        |consumer: &&tenure_model::Consumer| consumer.kind == "ci_job" || consumer.federation.is_some();
    let all: Vec<_> = identity.consumers.iter().filter(told).collect();
    if all.is_empty() {
        return;
    }
    sheet.blank();
    sheet.spans(0, 2, &[(Ink::Strong, "Who uses it")]);
    let shown = &all[..all.len().min(PAGE.items_max)];
    // What holds for several uses by one job is said once.
    let told = |consumer: &tenure_model::Consumer| {
        (consumer.path.clone(), consumer.job.clone(), words::bounds(consumer), words::federation(consumer))
    };
    for uses in shown.chunk_by(|one, other| told(one) == told(other)) {
        for consumer in uses {
            sheet.point(2, &[(Ink::Plain, &words::consumer(consumer))]);
        }
        let consumer = uses[0];
        sheet.spans(4, 6, &[(Ink::Faint, &words::bounds(consumer))]);
        if let Some((state, how)) = words::federation(consumer) {
            sheet.spans(4, 6, &[(Ink::Plain, &state), (Ink::Faint, &how)]);
        }
        let missing = words::missing(consumer);
        if !missing.is_empty() {
            sheet.spans(4, 6, &[(Ink::Medium, "missing: "), (Ink::Plain, &missing.join("; "))]);
        }
    }
    let rest = all.len().saturating_sub(PAGE.items_max);
    if rest > 0 {
        sheet.spans(4, 6, &[(Ink::Faint, &format!("… and {} more", words::grouped(rest as u64)))]);
    }
}

/// The resources of infrastructure as code behind it.
fn made(sheet: &mut Sheet<'_>, made_by: &[String]) {
    if made_by.is_empty() {
        return;
    }
    sheet.blank();
    sheet.spans(0, 2, &[(Ink::Strong, "What made it")]);
    for resource in made_by.iter().take(PAGE.items_max) {
        sheet.point(2, &[(Ink::Plain, &words::label(resource))]);
    }
    let rest = made_by.len().saturating_sub(PAGE.items_max);
    if rest > 0 {
        sheet.spans(4, 6, &[(Ink::Faint, &format!("… and {} more", words::grouped(rest as u64)))]);
    }
}

/// Why the risk is what it is.
fn reasons(sheet: &mut Sheet<'_>, identity: &Identity) {
    if identity.risk.because.is_empty() {
        return;
    }
    sheet.blank();
    let parts = &identity.risk.parts;
    let sum = format!(
        " = exposure {} + life {} + privilege {} + spread {} + orphan {}",
        parts.exposure, parts.life, parts.privilege, parts.spread, parts.orphan
    );
    sheet.spans(0, 2, &[(Ink::Strong, &format!("Risk {}", identity.risk.score)), (Ink::Faint, &sum)]);
    for because in &identity.risk.because {
        sheet.point(2, &[(Ink::Plain, &words::sentence(because))]);
    }
}

/// Every claim about the owner, not only the one that won.
fn owner_basis(sheet: &mut Sheet<'_>, identity: &Identity) {
    if identity.owner.basis.is_empty() {
        return;
    }
    sheet.blank();
    sheet.spans(0, 2, &[(Ink::Strong, "Who says who owns it")]);
    for claim in identity.owner.basis.iter().take(PAGE.items_max) {
        sheet.point(2, &[(Ink::Plain, &words::claim(claim))]);
    }
}

/// The ten factors, each with its evidence.
fn factors(sheet: &mut Sheet<'_>, factors: &[Factor]) {
    if factors.is_empty() {
        return;
    }
    sheet.blank();
    sheet.spans(0, 2, &[(Ink::Strong, "Readiness, factor by factor")]);
    for factor in factors {
        let value = factor.value.map_or("unknown".to_owned(), |value| format!("{value:.2}"));
        let points = format!("{:>4.1} of {:<3}", factor.points, factor.weight);
        let head = format!("{:<4}{} {:<8}", words::label(&factor.id), points, value);
        let name = words::sentence(&factor.name);
        sheet.spans(2, 26, &[(Ink::Plain, &head), (Ink::Plain, " "), (Ink::Strong, &name)]);
        for evidence in factor.evidence.iter().take(PAGE.items_max) {
            sheet.spans(24, 26, &[(Ink::Faint, &words::sentence(evidence))]);
        }
    }
}

/// The gates that are shut, and what opens each.
fn gates(sheet: &mut Sheet<'_>, identity: &Identity) {
    if identity.readiness.gates.is_empty() {
        return;
    }
    sheet.blank();
    sheet.spans(0, 2, &[(Ink::Strong, "Gates that are shut")]);
    for gate in &identity.readiness.gates {
        let head = format!("{} (at most {})", words::label(&gate.id), gate.cap);
        let because = words::sentence(&gate.because);
        sheet.point(2, &[(Ink::Medium, &head), (Ink::Plain, " "), (Ink::Plain, &because)]);
        if !gate.action.is_empty() {
            sheet.spans(4, 6, &[(Ink::Faint, "opens with: "), (Ink::Plain, &words::sentence(&gate.action))]);
        }
    }
}

/// How much power that is: the statements behind it, and each way to more with its target.
fn privilege(sheet: &mut Sheet<'_>, privilege: &Privilege) {
    if privilege.because.is_empty() && privilege.paths.is_empty() {
        return;
    }
    sheet.blank();
    sheet.spans(0, 2, &[(Ink::Strong, "Privilege: "), (Ink::Plain, &words::privilege(privilege))]);
    for because in &privilege.because {
        sheet.point(2, &[(Ink::Plain, &words::sentence(because))]);
    }
    for path in privilege.paths.iter().take(PAGE.items_max) {
        let head = words::label(&path.id);
        let ink = if path.state == PathState::Latent { Ink::Faint } else { Ink::Medium };
        sheet.point(2, &[(ink, &head), (Ink::Plain, " "), (Ink::Plain, &words::escalation(path))]);
        for because in path.because.iter().take(PAGE.items_max) {
            sheet.spans(4, 6, &[(Ink::Faint, &words::sentence(because))]);
        }
    }
}

/// What it may do.
fn grants(sheet: &mut Sheet<'_>, identity: &Identity) {
    /// Actions of one grant that are named.
    const ACTIONS_SHOWN_MAX: usize = 6;
    if identity.grants.is_empty() {
        return;
    }
    sheet.blank();
    sheet.spans(0, 2, &[(Ink::Strong, "What it may do")]);
    for grant in identity.grants.iter().take(PAGE.items_max) {
        let mut actions: Vec<String> =
            grant.actions.iter().take(ACTIONS_SHOWN_MAX).map(|action| words::label(action)).collect();
        let more = grant.actions.len().saturating_sub(actions.len());
        if more > 0 {
            actions.push(format!("{more} more"));
        }
        if actions.is_empty() {
            actions.push("unknown actions".to_owned());
        }
        let text = format!("{} on {}", words::list(&actions), words::label(&grant.target));
        let scope =
            if grant.scope.is_empty() { String::new() } else { format!(" ({})", words::label(&grant.scope)) };
        sheet.point(2, &[(Ink::Plain, &text), (Ink::Faint, &scope)]);
    }
}
