//! Findings about values that stand in the name of a file or folder: whoever can list the folder has them.

use std::collections::{BTreeMap, BTreeSet};

use tenure_model::{Fate, Observation, OtherPlace};

use crate::findings::{OTHER_PLACES_MAX, Sighted, observe};
use crate::hits::Hits;
use crate::run::Run;
use crate::source::Entry;

/// Reports each value in the paths of `files` once, at the first path that has it; `reported` are findings that were made
/// already, by path, rule and fingerprint. A value in one of the paths `before` is no news.
pub(crate) fn report_names(
    run: &Run<'_>,
    root: &str,
    files: &[Entry],
    reported: &BTreeSet<(String, String, String)>,
    before: impl Iterator<Item = String>,
) {
    let mut named: BTreeMap<(String, String), (Hits, Vec<&str>)> = BTreeMap::new();
    for Entry { shown, .. } in files {
        for value in run.veil.values(shown) {
            let key = (value.found.rule_id.clone(), value.found.fingerprint.0.clone());
            let is_told = reported.contains(&(shown.clone(), key.0.clone(), key.1.clone()));
            let entry = named.entry(key);
            if !is_told {
                let hits = || (Hits::locate(shown.as_bytes(), vec![value]), Vec::new());
                entry.or_insert_with(hits).1.push(shown);
            }
        }
    }
    if !named.is_empty() {
        for value in before.flat_map(|path| run.veil.values(&path)) {
            named.remove(&(value.found.rule_id.clone(), value.found.fingerprint.0.clone()));
        }
    }
    for (hits, paths) in named.into_values() {
        let Some(mut hit) = hits.hits.into_iter().next().filter(|hit| hit.counts_at(paths[0])) else {
            continue;
        };
        // The file as a whole: what the columns of a name would count is nothing that an editor shows.
        (hit.start_column, hit.end_column) = (1, 1);
        let place = if paths.len() > 1 { "folder" } else { "file or folder" };
        hit.found.reasons.push(format!("in the name of a {place}, not in a text"));
        let seen =
            Sighted { root, path: paths[0], fate: Fate::WorkTree, introduction: None, in_history: false };
        let mut out = Vec::new();
        run.know(&hit.found);
        observe(&[&hit], std::slice::from_ref(&hit), &seen, &mut out);
        for mut observation in out {
            if let Observation::Finding(finding, _) = &mut observation {
                let other =
                    |path: &&str| OtherPlace { path: (*path).to_owned(), start_line: 1, commit: None };
                finding.also_at.extend(paths[1..].iter().take(OTHER_PLACES_MAX).map(other));
            }
            run.observe(observation);
        }
    }
}
