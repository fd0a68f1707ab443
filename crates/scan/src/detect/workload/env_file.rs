//! Files of variables that a service is given: `env_file` of Compose, `EnvironmentFile` of systemd. What stands in them is
//! tied to the service that receives it.

use super::held::{Account, Literal};
use crate::detect::Blob;
use crate::detect::neighbours::beside;
use crate::detect::recogniser::Recogniser;
use crate::detect::witness::Witness;

/// Variables of one file that are looked at.
const VARIABLES_MAX: usize = 1_000;

/// A file of variables, as a service names it.
pub(super) struct EnvFile {
    /// As written.
    pub(super) path: String,
    /// The line that names it.
    pub(super) line: u32,
    /// Index of the service.
    pub(super) workload: usize,
}

impl EnvFile {
    /// Ties the values in the file to the service, where the repository holds the file.
    pub(super) fn give(
        &self,
        blob: &Blob<'_>,
        account: &Account,
        values: &dyn Recogniser,
        witness: &mut Witness<'_>,
    ) {
        let path = self.path.trim_start_matches("./");
        let path = beside(blob.path_in_repository(), path).filter(|_| !path.starts_with('/'));
        let Some(text) = path.and_then(|path| blob.neighbours.text(&path)) else { return };
        for (name, value) in variables(&text).take(VARIABLES_MAX) {
            let literal = Literal { name, value, line: self.line, workload: Some(self.workload) };
            account.literal(blob, &literal, values, witness);
        }
    }
}

/// `NAME=value`, quoted or not, with or without `export`.
fn variables(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
        let value = value.trim();
        let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.split(*quote).next());
        let value = quoted.unwrap_or_else(|| value.split(" #").next().unwrap_or(value).trim());
        Some((name.trim(), value)).filter(|(name, value)| !name.is_empty() && !value.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_without_quotes_and_comments() {
        let text = "# A=1\nexport B='x y' # z\nC=\"q\"\nD = e #f\nE=g#h\nF=\n";
        let told: Vec<_> = variables(text).collect();
        assert_eq!(told, [("B", "x y"), ("C", "q"), ("D", "e"), ("E", "g#h")]);
    }
}
