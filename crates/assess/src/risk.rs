//! Risk: how bad is it today? Unknown costs more than known-good, so unknown is never "safe".

use tenure_model::{Risk, RiskBand, RiskParts, ThirdParty};

use crate::Rules;
use crate::inputs::{Exposure, Life, Power, RiskInputs, Use};

/// Judges risk. The same inputs and rules always give the same answer.
pub fn judge_risk(inputs: &RiskInputs, rules: &Rules) -> Risk {
    let mut because = Vec::new();
    let parts = RiskParts {
        exposure: exposure(inputs, rules, &mut because),
        life: life(inputs, rules, &mut because),
        privilege: privilege(inputs, rules, &mut because),
        spread: spread(inputs, rules, &mut because),
        orphan: orphan(inputs, rules, &mut because),
    };
    let score = (parts.exposure + parts.life + parts.privilege + parts.spread + parts.orphan).min(100);
    let bands = &rules.readiness.risk.bands;
    let band = if score >= bands.critical {
        RiskBand::Critical
    } else if score >= bands.high {
        RiskBand::High
    } else if score >= bands.medium {
        RiskBand::Medium
    } else {
        RiskBand::Low
    };
    Risk { score, band, parts, because }
}

/// Adds the sentence of a part that has points.
fn told(points: u32, words: &str, because: &mut Vec<String>) -> u32 {
    if points > 0 {
        because.push(words.to_owned());
    }
    points
}

fn exposure(inputs: &RiskInputs, rules: &Rules, because: &mut Vec<String>) -> u32 {
    let table = &rules.readiness.risk.exposure;
    let (points, words) = match inputs.exposure {
        Exposure::Public => (table.public, "Anybody can read it."),
        Exposure::History => (table.history, "It lies in a repository's history, so every clone holds it."),
        Exposure::Tree => (table.tree, "It lies in a file."),
        Exposure::CiPlain => (table.ci_plain, "It lies in plain text in a CI configuration."),
        Exposure::Vendor => (table.vendor, "A third party holds it."),
        Exposure::Store => (table.store, "It lies in a secret store."),
        Exposure::None => (table.none, "It lies nowhere."),
        Exposure::Unknown => (table.unknown, "Nothing says where it lies."),
    };
    told(points, words, because)
}

fn life(inputs: &RiskInputs, rules: &Rules, because: &mut Vec<String>) -> u32 {
    let table = &rules.readiness.risk.life;
    let (points, words) = match inputs.life {
        Life::Never => (table.never, "It never expires."),
        Life::Over90Days => (table.gt90, "It stays valid for more than 90 days."),
        Life::Within90Days => (table.le90, "It stays valid for up to 90 days."),
        Life::Within24Hours => (table.le24h, "It stays valid for a day at most."),
        Life::Unknown => (table.unknown, "Nothing says when it expires."),
    };
    told(points, words, because)
}

fn privilege(inputs: &RiskInputs, rules: &Rules, because: &mut Vec<String>) -> u32 {
    let table = &rules.readiness.risk.privilege;
    let (points, words) = match inputs.privilege {
        Power::Admin => (table.admin, "It is an administrator, or can make itself one."),
        Power::Wide => (table.wide, "It has wildcard permissions."),
        Power::ScopedWrite => (table.scoped_write, "It may change named things."),
        Power::ScopedRead => (table.scoped_read, "It may read named things."),
        Power::Unknown => (table.unknown, "Nothing says what it may do."),
    };
    told(points, words, because)
}

fn spread(inputs: &RiskInputs, rules: &Rules, because: &mut Vec<String>) -> u32 {
    let table = &rules.readiness.risk.spread;
    let (points, words) = match inputs.copies {
        None => (table.copies_unknown, "Nothing says how many copies there are.".to_owned()),
        Some(0 | 1) => (0, String::new()),
        Some(copies @ 2..=3) => (table.copies_2_to_3, format!("There are {copies} copies.")),
        Some(copies @ 4..=10) => (table.copies_4_to_10, format!("There are {copies} copies.")),
        Some(copies) => (table.copies_over_10, format!("There are {copies} copies.")),
    };
    let outside = match inputs.third_party {
        None => told(table.third_party, "Nothing says whether a third party holds a copy.", because),
        Some(ThirdParty::HoldsCopy) => told(table.third_party, "A third party holds a copy.", because),
        Some(ThirdParty::None | ThirdParty::ReuseBlocked) => 0,
    };
    (told(points, &words, because) + outside).min(table.max)
}

fn orphan(inputs: &RiskInputs, rules: &Rules, because: &mut Vec<String>) -> u32 {
    let table = &rules.readiness.risk.orphan;
    let owner = match inputs.owner {
        Some(true) => 0,
        Some(false) => told(table.no_owner, "Nobody answers for it any more.", because),
        None => told(table.owner_unknown, "Nobody is known to answer for it.", because),
    };
    let usage = match inputs.usage {
        Some(Use::Active) => 0,
        Some(Use::Dormant) => told(table.dormant, "Nobody has used it for a long time.", because),
        None => told(table.use_unknown, "Nothing says whether it is used.", because),
    };
    owner + usage
}
