//! Every worked example of the model, read from `cases.toml`, gives exactly the written numbers.
#![allow(clippy::unwrap_used)] // a panic is how a test fails, in its helpers too

use serde::Deserialize;
use tenure_assess::{
    Exposure, FactorInput, Inputs, Life, Power, Quarters, RiskInputs, Rules, Use, judge_readiness, judge_risk,
};
use tenure_model::{Quality, ThirdParty};

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    values: String,
    quality: String,
    proof: Proof,
    third_party: String,
    flags: Vec<String>,
    runs_per_day: Option<f64>,
    judged: Judged,
    risk: RiskCase,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proof {
    expiry: String,
    revocation: String,
    non_reusable: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Judged {
    points: String,
    cap: u32,
    score: u32,
    ceiling: f64,
    confidence: f64,
    band: String,
    gates: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RiskCase {
    exposure: String,
    life: String,
    privilege: String,
    copies: String,
    third_party: String,
    owner: String,
    #[serde(rename = "use")]
    usage: String,
    parts: [u32; 5],
    score: u32,
    band: String,
}

fn cases() -> Vec<Case> {
    toml::from_str::<Cases>(include_str!("cases.toml")).unwrap().case
}

fn number(word: &str) -> Option<f64> {
    (word != "?").then(|| word.parse().unwrap())
}

fn answer(word: &str) -> Option<bool> {
    match word {
        "yes" => Some(true),
        "no" => Some(false),
        "unknown" => None,
        other => panic!("{other} is no answer"),
    }
}

fn third_party(word: &str) -> Option<ThirdParty> {
    match word {
        "none" => Some(ThirdParty::None),
        "reuse_blocked" => Some(ThirdParty::ReuseBlocked),
        "holds_copy" => Some(ThirdParty::HoldsCopy),
        "unknown" => None,
        other => panic!("{other} is no third party"),
    }
}

fn inputs(case: &Case) -> Inputs {
    let mut inputs = Inputs {
        expiry_enforced: answer(&case.proof.expiry),
        revocation_effective: answer(&case.proof.revocation),
        non_reusable: answer(&case.proof.non_reusable),
        third_party: third_party(&case.third_party),
        runs_per_day: case.runs_per_day,
        ..Inputs::default()
    };
    let pairs = case.values.split(' ').zip(case.quality.split(' '));
    for (factor, (value, quality)) in inputs.factors.iter_mut().zip(pairs) {
        let quality = match quality {
            "1" => Some(Quality::Authoritative),
            ".7" => Some(Quality::Config),
            ".4" => Some(Quality::Heuristic),
            _ => None,
        };
        let value = number(value).map(|value| Quarters::new((value * 4.0) as u8));
        *factor = FactorInput { value, quality, evidence: Vec::new() };
    }
    for flag in &case.flags {
        match flag.as_str() {
            "agentic" => inputs.agentic = true,
            "break_glass" => inputs.break_glass = true,
            "offline" => inputs.offline = true,
            other => panic!("{other} is no flag"),
        }
    }
    inputs
}

fn risk_inputs(case: &RiskCase) -> RiskInputs {
    RiskInputs {
        exposure: match case.exposure.as_str() {
            "public" => Exposure::Public,
            "history" => Exposure::History,
            "tree" => Exposure::Tree,
            "ci_plain" => Exposure::CiPlain,
            "vendor" => Exposure::Vendor,
            "store" => Exposure::Store,
            "none" => Exposure::None,
            other => panic!("{other} is no exposure"),
        },
        life: match case.life.as_str() {
            "never" => Life::Never,
            "gt90" => Life::Over90Days,
            "le90" => Life::Within90Days,
            "le24h" => Life::Within24Hours,
            "unknown" => Life::Unknown,
            other => panic!("{other} is no life"),
        },
        privilege: match case.privilege.as_str() {
            "admin" => Power::Admin,
            "wide" => Power::Wide,
            "scoped_write" => Power::ScopedWrite,
            "scoped_read" => Power::ScopedRead,
            "unknown" => Power::Unknown,
            other => panic!("{other} is no privilege"),
        },
        copies: number(&case.copies).map(|copies| copies as u32),
        third_party: third_party(&case.third_party),
        owner: answer(&case.owner),
        usage: match case.usage.as_str() {
            "active" => Some(Use::Active),
            "dormant" => Some(Use::Dormant),
            _ => None,
        },
    }
}

#[test]
fn readiness_of_every_worked_example() {
    let cases = cases();
    assert_eq!(cases.len(), 11);
    for case in cases {
        let judged = judge_readiness(&inputs(&case), Rules::embedded());
        let name = &case.name;
        let points: Vec<f64> = case.judged.points.split(' ').map(|word| number(word).unwrap()).collect();
        assert_eq!(judged.factors.iter().map(|factor| factor.points).collect::<Vec<_>>(), points, "{name}");
        assert_eq!(judged.score, case.judged.score, "score of {name}");
        assert_eq!(judged.ceiling, case.judged.ceiling, "ceiling of {name}");
        assert_eq!(judged.confidence, case.judged.confidence, "confidence in {name}");
        assert_eq!(judged.band.word(), case.judged.band, "band of {name}");
        let mut gates: Vec<String> = judged.gates.iter().map(|gate| gate.id.clone()).collect();
        assert_eq!(
            judged.gates.iter().map(|gate| gate.cap).min().unwrap_or(100),
            case.judged.cap,
            "cap of {name}"
        );
        assert!(judged.gates.is_sorted_by_key(|gate| gate.cap), "gates of {name} start with the lowest cap");
        gates.sort();
        assert_eq!(gates, case.judged.gates, "gates of {name}");
        assert!(!judged.next_action.is_empty(), "{name} has a next action");
    }
}

#[test]
fn risk_of_every_worked_example() {
    for case in cases() {
        let judged = judge_risk(&risk_inputs(&case.risk), Rules::embedded());
        let parts = &judged.parts;
        let parts = [parts.exposure, parts.life, parts.privilege, parts.spread, parts.orphan];
        assert_eq!(parts, case.risk.parts, "parts of {}", case.name);
        assert_eq!(judged.score, case.risk.score, "score of {}", case.name);
        assert_eq!(judged.band.word(), case.risk.band, "band of {}", case.name);
    }
}

/// REQ 000-28, 000-29, 000-30: frequent work renews, agents are judged by intent, emergencies are sealed.
#[test]
fn the_pattern_follows_the_work() {
    let pattern = |name: &str, change: fn(&mut Inputs)| {
        let case = cases().into_iter().find(|case| case.name.starts_with(name)).unwrap();
        let mut inputs = inputs(&case);
        change(&mut inputs);
        judge_readiness(&inputs, Rules::embedded()).pattern.label()
    };
    assert_eq!(pattern("a deploy job", |_| {}), "per-task dynamic credential");
    assert_eq!(
        pattern("a deploy job", |inputs| inputs.runs_per_day = Some(24.0)),
        "short-lived renewable credential"
    );
    assert_eq!(pattern("a deploy job", |inputs| inputs.always_on = true), "short-lived renewable credential");
    assert_eq!(pattern("a coding agent", |_| {}), "intent-scoped agent token");
    assert_eq!(pattern("the administrator", |_| {}), "sealed break-glass credential");
    assert_eq!(pattern("a vendor", |_| {}), "broker-rotated static credential (bridge)");
    assert_eq!(pattern("a bare token", |_| {}), "none yet");
}

#[test]
fn the_next_action_is_the_lowest_gates_and_then_the_largest_gain() {
    let next = |name: &str| {
        let case = cases().into_iter().find(|case| case.name.starts_with(name)).unwrap();
        judge_readiness(&inputs(&case), Rules::embedded()).next_action
    };
    assert!(next("a dynamic role").starts_with("Disable the old credential"), "{}", next("a dynamic role"));
    assert!(next("a deploy job").starts_with("Narrow its permissions"), "{}", next("a deploy job"));
    assert!(next("the administrator").starts_with("Seal it"), "{}", next("the administrator"));
    assert!(next("the nightly load after").starts_with("Migrate"), "{}", next("the nightly load after"));
}

/// Gates that the worked examples leave open or shut together. REQ 000-10, 001-18, 002-22, 003-26.
#[test]
fn each_gate_is_shut_by_its_own_condition() {
    let ready = || inputs(&cases().remove(0));
    let shut = |change: fn(&mut Inputs)| {
        let mut inputs = ready();
        change(&mut inputs);
        let gates = judge_readiness(&inputs, Rules::embedded()).gates;
        gates.iter().map(|gate| gate.id.clone()).collect::<Vec<_>>()
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(shut(|inputs| inputs.factors[2].value = Some(Quarters::NONE)), ["G-OWNER"]);
    assert_eq!(shut(|inputs| inputs.factors[3].value = None), ["G-NOIDENTITY"]);
    assert_eq!(shut(|inputs| inputs.long_running = true), ["G-LONGRUN"]);
    let renewed = |inputs: &mut Inputs| {
        inputs.long_running = true;
        inputs.renew_requires_decision = true;
    };
    assert_eq!(shut(renewed), none);
    let hourly = |inputs: &mut Inputs| {
        inputs.factors[4].value = Some(Quarters::NONE);
        inputs.runs_per_day = Some(24.0);
    };
    assert_eq!(shut(hourly), ["G-ADMIN-HOURLY", "G-ADMIN"]);
    assert_eq!(shut(|inputs| inputs.runs_per_day = Some(144.0)), none, "often is no harm by itself");
    assert_eq!(shut(|inputs| inputs.third_party = Some(ThirdParty::ReuseBlocked)), none);
    assert_eq!(shut(|inputs| inputs.third_party = None), ["G-VENDOR-UNKNOWN"]);
    let agent = |inputs: &mut Inputs| inputs.agentic = true;
    assert_eq!(shut(agent), ["G-AGENT-NO-RUNTIME-POLICY"]);
    let judged_agent = |inputs: &mut Inputs| {
        inputs.agentic = true;
        inputs.runtime_policy = true;
    };
    assert_eq!(shut(judged_agent), none);
}
