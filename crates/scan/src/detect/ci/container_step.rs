//! A step that is a container, as Drone and Woodpecker know it: an image that receives variables and settings,
//! secrets among them by `from_secret`.

use super::environment::{Environment, Receiving};
use super::job::Exchange;
use super::secret_use::{Exposure, Receiver};
use crate::detect::witness::Spot;
use crate::detect::yaml::Yaml;

/// Values of one step that are looked at.
const VISITS_MAX: usize = 5_000;

/// Reads one step into an environment. `own` are the beginnings of images that the system's makers publish.
pub(super) fn read<'t>(environment: &mut Environment<'t>, step: Yaml<'t>, own: &[&str]) -> Vec<Exchange<'t>> {
    let image = step.get("image").and_then(Yaml::text);
    // An image with commands of one's own is a tool; with settings it is a plugin of somebody.
    let plugin = step.get("commands").is_none();
    let receiver = image
        .filter(|image| plugin && !own.iter().any(|own| image.starts_with(own)))
        .map(|reference| Receiver { reference, pinned: reference.contains("@sha256:") });
    environment.next_block();
    for (key, exposure) in [("environment", Exposure::Step), ("settings", Exposure::With)] {
        let Some(values) = step.get(key) else { continue };
        let receiving = Receiving { receiver, ..Receiving::at(exposure) };
        from_secrets(environment, values, receiving);
        environment.variables(values, exposure);
    }
    // Older files hand over whole names; the step's variable is called alike, in capitals.
    for item in step.get("secrets").into_iter().flat_map(Yaml::items) {
        let receiving = Receiving { receiver, ..Receiving::at(Exposure::Step) };
        let source = item.get("source").or_else(|| item.get("from_secret")).unwrap_or(item);
        let slot = item.get("target").and_then(Yaml::text);
        if let Some(name) = source.text() {
            environment.by_key(name, Spot::line(source.line()), Receiving { slot, ..receiving });
            environment.declare(slot.unwrap_or(name).to_ascii_uppercase());
        }
    }
    if let Some(commands) = step.get("commands") {
        environment.script(commands);
        return super::exchange::in_script(commands);
    }
    Vec::new()
}

/// Every `from_secret` below a mapping; the key above it receives the secret.
pub(super) fn from_secrets<'t>(
    environment: &mut Environment<'t>,
    values: Yaml<'t>,
    receiving: Receiving<'t>,
) {
    let mut stack = vec![(values, receiving)];
    let mut visits_left = VISITS_MAX;
    while let Some((node, receiving)) = stack.pop().filter(|_| visits_left > 0) {
        visits_left -= 1;
        if let Some(secret) = node.get("from_secret") {
            if let Some(name) = secret.text() {
                let spot = secret.search().find(&[name]);
                environment.by_key(name, spot, receiving);
            }
            continue;
        }
        let first = stack.len();
        stack.extend(node.items().map(|item| (item, receiving)));
        stack.extend(
            node.merged_pairs()
                .map(|(key, value)| (value, Receiving { slot: key.text().or(receiving.slot), ..receiving })),
        );
        stack[first..].reverse();
    }
}

/// The steps of a list or of a mapping by name, each with its name.
pub(super) fn named<'t>(steps: Yaml<'t>) -> Vec<(Option<&'t str>, Yaml<'t>)> {
    let of_list = steps.items().map(|step| (step.get("name").and_then(Yaml::text), step));
    let of_mapping = steps.pairs().map(|(name, step)| (name.text(), step));
    of_list.chain(of_mapping).collect()
}
