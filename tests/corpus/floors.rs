//! The figures that a change may not lower, in whole percent, kept in `floors.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::measure::Scores;

/// Set to `write`, raises the floors to what is reached today.
const VARIABLE: &str = "TENURE_CORPUS_FLOORS";

const HEAD: &str = "# What the corpus test demands, in whole percent, rounded down. Raised by a run with\n\
                    # TENURE_CORPUS_FLOORS=write; lowered only by hand, with the reason in the commit.\n\n";

type Floors = BTreeMap<String, BTreeMap<String, u8>>;

/// What fell below its floor, in words.
pub(crate) fn compare(scores: &Scores) -> Vec<String> {
    let reached = reached(scores);
    let mut floors: Floors =
        std::fs::read_to_string(place()).map(|text| toml::from_str(&text).unwrap()).unwrap_or_default();
    if std::env::var(VARIABLE).is_ok_and(|value| value == "write") {
        for (part, figures) in &mut floors {
            figures.retain(|name, _| reached.get(part).is_some_and(|figures| figures.contains_key(name)));
        }
        for (part, figures) in &reached {
            for (name, figure) in figures {
                let floor = floors.entry(part.clone()).or_default().entry(name.clone()).or_default();
                *floor = (*floor).max(*figure);
            }
        }
        std::fs::write(place(), format!("{HEAD}{}", toml::to_string(&floors).unwrap())).unwrap();
    }
    below(&floors, &reached)
}

fn reached(scores: &Scores) -> Floors {
    let mut figures = Floors::new();
    let mut note = |part: &str, name: &str, percent: f64| {
        figures.entry(part.to_owned()).or_default().insert(name.to_owned(), whole(percent));
    };
    note("overall", "precision", scores.all.precision());
    note("overall", "recall", scores.all.recall());
    note("overall", "mild", scores.all.mild());
    for (kind, score) in &scores.kinds {
        if score.values > 0 && kind == "dummy" {
            note("mild", kind, score.mild());
        } else if score.values > 0 {
            note("recall", kind, score.recall());
        }
        if score.negatives > 0 {
            note("quiet", kind, score.quiet());
        }
    }
    figures
}

fn below(floors: &Floors, reached: &Floors) -> Vec<String> {
    let mut fallen = Vec::new();
    for (part, figures) in floors {
        for (name, floor) in figures {
            match reached.get(part).and_then(|figures| figures.get(name)) {
                Some(figure) if figure >= floor => {}
                Some(figure) => fallen.push(format!("{part} of {name} fell to {figure} %, below {floor} %")),
                None => fallen.push(format!("{part} of {name} has a floor, but no case")),
            }
        }
    }
    for (part, figures) in reached {
        for name in figures.keys() {
            if !floors.get(part).is_some_and(|floors| floors.contains_key(name)) {
                fallen.push(format!("{part} of {name} has no floor: run once with {VARIABLE}=write"));
            }
        }
    }
    fallen
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a percentage fits")]
fn whole(percent: f64) -> u8 {
    percent.floor() as u8
}

fn place() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/floors.toml")
}

#[test]
fn a_figure_below_its_floor_a_kind_without_one_and_a_floor_without_a_kind_are_told() {
    let of = |part: &str, name: &str, figure| {
        Floors::from([(part.to_owned(), BTreeMap::from([(name.to_owned(), figure)]))])
    };
    assert_eq!(below(&of("recall", "password", 80), &of("recall", "password", 80)), Vec::<String>::new());
    let fallen = below(&of("recall", "password", 81), &of("recall", "password", 80));
    assert_eq!(fallen, ["recall of password fell to 80 %, below 81 %"]);
    assert_eq!(below(&of("quiet", "code", 90), &of("quiet", "path", 90)).len(), 2);
}
