//! What must hold for every identity there can be, not only for the worked examples.
#![allow(clippy::unwrap_used)] // a panic is how a test fails, in its helpers too

use proptest::prelude::*;
use tenure_assess::{
    Exposure, FactorInput, Inputs, Life, Power, Quarters, RiskInputs, Rules, Use, judge_readiness, judge_risk,
};
use tenure_model::{Quality, Readiness, ReadinessBand, ThirdParty};

fn quality() -> impl Strategy<Value = Quality> {
    prop_oneof![Just(Quality::Heuristic), Just(Quality::Config), Just(Quality::Authoritative)]
}

fn factor() -> impl Strategy<Value = FactorInput> {
    // Good values are as likely as all others together: otherwise nothing would ever be ready.
    let value = prop_oneof![2 => Just(Some(4)), 1 => Just(None), 2 => (0..=3u8).prop_map(Some)];
    (value, quality()).prop_map(|(value, quality)| FactorInput {
        value: value.map(Quarters::new),
        quality: value.map(|_| quality),
        evidence: Vec::new(),
    })
}

fn leg() -> impl Strategy<Value = Option<bool>> {
    prop_oneof![3 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)]
}

fn third_party() -> impl Strategy<Value = Option<ThirdParty>> {
    prop_oneof![
        3 => Just(Some(ThirdParty::None)),
        1 => Just(Some(ThirdParty::ReuseBlocked)),
        1 => Just(Some(ThirdParty::HoldsCopy)),
        1 => Just(None)
    ]
}

fn rarely() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.1)
}

prop_compose! {
    fn inputs()(
        factors in prop::array::uniform10(factor()),
        legs in (leg(), leg(), leg()),
        third_party in third_party(),
        flags in (rarely(), rarely(), rarely(), rarely(), rarely(), any::<bool>()),
        runs_per_day in prop::option::of(0.0..200.0f64),
    ) -> Inputs {
        Inputs {
            factors,
            expiry_enforced: legs.0,
            revocation_effective: legs.1,
            non_reusable: legs.2,
            third_party,
            agentic: flags.0,
            break_glass: flags.1,
            offline: flags.2,
            long_running: flags.3,
            always_on: flags.4,
            renew_requires_decision: flags.5,
            runtime_policy: flags.5,
            runs_per_day,
        }
    }
}

prop_compose! {
    fn risk_inputs()(
        exposure in prop::sample::select(EXPOSURES),
        life in prop::sample::select(LIVES),
        privilege in prop::sample::select(POWERS),
        copies in prop::option::of(0..20u32),
        third_party in third_party(),
        owner in prop::option::of(any::<bool>()),
        usage in prop::option::of(prop::sample::select(&[Use::Active, Use::Dormant])),
    ) -> RiskInputs {
        RiskInputs { exposure, life, privilege, copies, third_party, owner, usage }
    }
}

const EXPOSURES: &[Exposure] = &[
    Exposure::Public,
    Exposure::History,
    Exposure::Tree,
    Exposure::CiPlain,
    Exposure::Vendor,
    Exposure::Store,
    Exposure::None,
    Exposure::Unknown,
];
const LIVES: &[Life] =
    &[Life::Never, Life::Over90Days, Life::Within90Days, Life::Within24Hours, Life::Unknown];
const POWERS: &[Power] = &[Power::Admin, Power::Wide, Power::ScopedWrite, Power::ScopedRead, Power::Unknown];

fn judge(inputs: &Inputs) -> Readiness {
    judge_readiness(inputs, Rules::embedded())
}

/// Bands in order; the two lanes, exception and not assessed, have no place in it.
fn rank(readiness: &Readiness) -> Option<u8> {
    match readiness.band {
        ReadinessBand::RedesignFirst => Some(0),
        ReadinessBand::AfterPrerequisites => Some(1),
        ReadinessBand::ReadyNow => Some(2),
        ReadinessBand::ExceptionNeeded | ReadinessBand::NotAssessed => None,
    }
}

/// `after` is nowhere better than `before`.
fn no_better(after: &Readiness, before: &Readiness) -> Result<(), TestCaseError> {
    prop_assert!(after.score <= before.score, "score rose from {} to {}", before.score, after.score);
    prop_assert!(after.confidence <= before.confidence || after.band != ReadinessBand::ReadyNow);
    if let (Some(after), Some(before)) = (rank(after), rank(before)) {
        prop_assert!(after <= before, "band rose");
    }
    prop_assert!(after.band != ReadinessBand::ReadyNow || before.band == ReadinessBand::ReadyNow);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn forgetting_a_factor_never_raises_score_or_band(inputs in inputs(), number in 0..10usize) {
        let mut forgotten = inputs.clone();
        forgotten.factors[number] = FactorInput::default();
        let (after, before) = (judge(&forgotten), judge(&inputs));
        no_better(&after, &before)?;
        prop_assert!(after.ceiling >= before.ceiling, "at best it is as good as before");
    }

    #[test]
    fn not_knowing_a_gate_is_never_better_than_knowing_it_well(inputs in inputs()) {
        let well = Inputs {
            expiry_enforced: Some(true),
            revocation_effective: Some(true),
            non_reusable: Some(true),
            third_party: Some(ThirdParty::None),
            ..inputs
        };
        for forget in [
            |inputs: &mut Inputs| inputs.expiry_enforced = None,
            |inputs: &mut Inputs| inputs.revocation_effective = None,
            |inputs: &mut Inputs| inputs.non_reusable = None,
            |inputs: &mut Inputs| inputs.third_party = None,
        ] {
            let mut forgotten = well.clone();
            forget(&mut forgotten);
            no_better(&judge(&forgotten), &judge(&well))?;
        }
    }

    #[test]
    fn improving_a_factor_never_lowers_score_or_band(inputs in inputs(), number in 0..10usize, to in 0..=4u8) {
        let to = Quarters::new(to);
        let Some(value) = inputs.factors[number].value.filter(|value| *value < to) else { return Ok(()) };
        prop_assert!(value < to);
        let mut improved = inputs.clone();
        improved.factors[number].value = Some(to);
        no_better(&judge(&inputs), &judge(&improved))?;
    }

    #[test]
    fn better_evidence_never_lowers_score_or_band(inputs in inputs(), number in 0..10usize) {
        let mut proved = inputs.clone();
        proved.factors[number].quality = proved.factors[number].value.map(|_| Quality::Authoritative);
        no_better(&judge(&inputs), &judge(&proved))?;
    }

    #[test]
    fn ready_now_never_rests_on_an_unknown_gate(inputs in inputs()) {
        let judged = judge(&inputs);
        if judged.band == ReadinessBand::ReadyNow {
            for number in [3, 4, 5, 6, 10] {
                prop_assert!(inputs.factors[number - 1].value.is_some(), "F{} is unknown", number);
            }
            prop_assert_eq!(inputs.expiry_enforced, Some(true));
            prop_assert_eq!(inputs.revocation_effective, Some(true));
            prop_assert_eq!(inputs.non_reusable, Some(true));
            prop_assert!(matches!(inputs.third_party, Some(ThirdParty::None | ThirdParty::ReuseBlocked)));
            prop_assert!(judged.gates.is_empty() && judged.score >= 75 && judged.confidence >= 0.65);
        }
    }

    #[test]
    fn every_cap_is_respected_and_no_score_passes_the_ceiling(inputs in inputs()) {
        let judged = judge(&inputs);
        for gate in &judged.gates {
            prop_assert!(judged.score <= gate.cap, "{} is passed", gate.id);
        }
        prop_assert!(f64::from(judged.score) <= judged.ceiling && judged.ceiling <= 100.0);
        prop_assert!((0.0..=1.0).contains(&judged.confidence));
        prop_assert!(judged.gates.is_empty() || judged.band != ReadinessBand::ReadyNow);
        prop_assert!(!judged.next_action.is_empty());
    }

    #[test]
    fn unknown_risk_is_never_below_what_is_known_to_be_good(inputs in risk_inputs()) {
        let risk = |inputs: &RiskInputs| judge_risk(inputs, Rules::embedded()).score;
        let good: [fn(&mut RiskInputs); 7] = [
            |inputs| inputs.exposure = Exposure::Store,
            |inputs| inputs.life = Life::Within90Days,
            |inputs| inputs.privilege = Power::ScopedWrite,
            |inputs| inputs.copies = Some(3),
            |inputs| inputs.third_party = Some(ThirdParty::None),
            |inputs| inputs.owner = Some(true),
            |inputs| inputs.usage = Some(Use::Active),
        ];
        let unknown: [fn(&mut RiskInputs); 7] = [
            |inputs| inputs.exposure = Exposure::Unknown,
            |inputs| inputs.life = Life::Unknown,
            |inputs| inputs.privilege = Power::Unknown,
            |inputs| inputs.copies = None,
            |inputs| inputs.third_party = None,
            |inputs| inputs.owner = None,
            |inputs| inputs.usage = None,
        ];
        for (good, unknown) in good.iter().zip(unknown) {
            let (mut known, mut forgotten) = (inputs.clone(), inputs.clone());
            good(&mut known);
            unknown(&mut forgotten);
            prop_assert!(risk(&forgotten) >= risk(&known));
        }
    }

    #[test]
    fn risk_is_the_sum_of_its_parts_and_says_why(inputs in risk_inputs()) {
        let risk = judge_risk(&inputs, Rules::embedded());
        let parts = &risk.parts;
        let sum = parts.exposure + parts.life + parts.privilege + parts.spread + parts.orphan;
        prop_assert_eq!(risk.score, sum);
        prop_assert!(sum <= 100 && parts.spread <= 15 && parts.orphan <= 15);
        prop_assert_eq!(risk.because.is_empty(), sum == 0);
    }
}
