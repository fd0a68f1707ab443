//! How Azure Pipelines writes variables: `$(name)`, `variables.name`, `variables['name']`; groups and predefined ones.

use crate::detect::yaml::Yaml;

/// Groups of one job that are read.
const GROUPS_MAX: usize = 64;
/// First parts of names that the service itself sets.
const PREDEFINED: &[&str] =
    &["system", "build", "agent", "pipeline", "release", "environment", "resources", "checks", "strategy"];

/// Whether the service itself sets a variable.
pub(super) fn is_predefined(name: &str) -> bool {
    name.split_once('.')
        .is_some_and(|(first, _)| PREDEFINED.iter().any(|known| known.eq_ignore_ascii_case(first)))
}

/// Every variable that a text takes, with its written form.
pub(super) fn references(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for (open, close) in [("$(", ")"), ("variables['", "']"), ("variables.", "")] {
        let mut at = 0;
        while let Some(start) = text.get(at..).and_then(|rest| rest.find(open)).map(|offset| at + offset) {
            let from = start + open.len();
            let name = &text[from..from + name_length(&text[from..])];
            at = from + name.len();
            if !name.is_empty() && text[at..].starts_with(close) {
                found.push((name, &text[start..at]));
            }
        }
    }
    found
}

fn name_length(text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return 0;
    }
    text.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c))).unwrap_or(text.len())
}

/// The variable groups that a job may read, with the line of each.
pub(super) fn groups<'t>(chain: &[Yaml<'t>]) -> Vec<(&'t str, u32)> {
    let mut found: Vec<(&str, u32)> = Vec::new();
    for entry in chain.iter().filter_map(|holder| holder.get("variables")).flat_map(entries) {
        let Some(group) = entry.get("group") else { continue };
        let Some(name) = group.text() else { continue };
        if found.len() < GROUPS_MAX && !found.iter().any(|(known, _)| *known == name) {
            found.push((name, group.line()));
        }
    }
    found
}

/// The connections with which the containers of a job are fetched: of its own container and of its services.
pub(super) fn registries<'t>(root: Yaml<'t>, job: Yaml<'t>) -> Vec<Yaml<'t>> {
    let services = job.get("services").into_iter().flat_map(Yaml::pairs).map(|(_, service)| service);
    let known = root.get("resources").and_then(|resources| resources.get("containers"));
    let of = |container: Yaml<'t>| {
        let Some(name) = container.text() else { return container.get("endpoint") };
        let called = |entry: &Yaml<'t>| entry.get("container").and_then(Yaml::text) == Some(name);
        known?.items().find(called)?.get("endpoint")
    };
    job.get("container").into_iter().chain(services).take(GROUPS_MAX).filter_map(of).collect()
}

/// The entries of a list of variables, those under conditions too.
pub(super) fn entries(variables: Yaml<'_>) -> Vec<Yaml<'_>> {
    let mut found = Vec::new();
    for entry in variables.items() {
        let conditional =
            entry.pairs().next().filter(|(key, _)| key.text().is_some_and(|key| key.starts_with("${{")));
        match conditional {
            Some((_, list)) => found.extend(list.items()),
            None => found.push(entry),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_in_every_spelling() {
        let names = |text| references(text).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names("a $(One) $(two.three)"), ["One", "two.three"]);
        assert_eq!(names("${{ variables['A'] }} and(ne(variables.B, ''))"), ["A", "B"]);
        assert_eq!(names("$(date +%s) $( x ) $()"), [""; 0]);
        assert!(is_predefined("System.AccessToken") && !is_predefined("NuGetKey"));
    }
}
