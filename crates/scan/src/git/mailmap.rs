//! `.mailmap`: which names and addresses are one person.

use std::collections::HashMap;

/// Bytes of a mailmap that are read.
pub(crate) const MAILMAP_BYTES_MAX: usize = 4 << 20;

/// A person's proper name and address; `None` keeps what the commit says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Proper {
    name: Option<String>,
    mail: Option<String>,
}

/// Rules of one mailmap.
#[derive(Debug, Default)]
pub(crate) struct Mailmap {
    /// By address, and by address and name; both in lower case.
    by_mail: HashMap<String, Proper>,
    by_name: HashMap<(String, String), Proper>,
}

impl Mailmap {
    /// Reads the four forms of a line; a later line completes an earlier one.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut map = Self::default();
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAILMAP_BYTES_MAX)]);
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            let Some((name, mail, rest)) = person(line) else { continue };
            let name = (!name.is_empty()).then(|| name.to_owned());
            match person(rest) {
                // `Proper Name <commit@mail>`
                None => map.add(mail, "", Proper { name, mail: None }),
                // `[Proper Name] <proper@mail> [Commit Name] <commit@mail>`
                Some((old_name, old_mail, _)) => {
                    map.add(old_mail, old_name, Proper { name, mail: Some(mail.to_owned()) });
                }
            }
        }
        map
    }

    fn add(&mut self, old_mail: &str, old_name: &str, proper: Proper) {
        let mail = old_mail.to_lowercase();
        let entry = if old_name.is_empty() {
            self.by_mail.entry(mail).or_default()
        } else {
            self.by_name.entry((mail, old_name.to_lowercase())).or_default()
        };
        entry.name = proper.name.or(entry.name.take());
        entry.mail = proper.mail.or(entry.mail.take());
    }

    /// `Name <mail>` as it should read.
    pub(crate) fn resolve(&self, who: &str) -> String {
        let Some((name, mail, _)) = person(who) else { return who.trim().to_owned() };
        let key = (mail.to_lowercase(), name.to_lowercase());
        let Some(proper) = self.by_name.get(&key).or_else(|| self.by_mail.get(&key.0)) else {
            return format!("{name} <{mail}>");
        };
        let name = proper.name.as_deref().unwrap_or(name);
        let mail = proper.mail.as_deref().unwrap_or(mail);
        format!("{name} <{mail}>")
    }
}

/// Splits `Name <mail> rest`.
fn person(text: &str) -> Option<(&str, &str, &str)> {
    let (name, behind) = text.split_once('<')?;
    let (mail, rest) = behind.split_once('>')?;
    Some((name.trim(), mail.trim(), rest.trim()))
}

/// Whether there is nobody to ask: a program made the commit, or somebody who left git's own words for a name in place
/// (`git commit` shows them where none is set).
pub(crate) fn is_nobody(who: &str) -> bool {
    let Some((name, mail, _)) = person(who) else { return false };
    let (name, mail) = (name.to_lowercase(), mail.to_lowercase());
    let account = mail.split('@').next().unwrap_or_default();
    name == "your name"
        || mail == "you@example.com"
        || name.ends_with("[bot]")
        || account.ends_with("[bot]")
        || account == "bot"
        || account.ends_with("-bot")
        || name.ends_with("-bot") && !name.contains(' ')
        || matches!(
            name.as_str(),
            "github-actions" | "github actions" | "dependabot" | "renovate" | "gitlab ci"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_a_line() {
        let map = Mailmap::parse(
            b"# people\nProper One <one@old.test>\n<two@new.test> <two@old.test>\nProper Three <three@new.test> <three@old.test>\n\
              Proper Four <four@new.test> four <shared@old.test>\nProper Five <five@new.test> five <shared@old.test>\nnonsense\n",
        );
        for (commit, proper) in [
            ("one <ONE@old.test>", "Proper One <ONE@old.test>"),
            ("two <two@old.test>", "two <two@new.test>"),
            ("x <three@old.test>", "Proper Three <three@new.test>"),
            ("FOUR <shared@old.test>", "Proper Four <four@new.test>"),
            ("five <shared@old.test>", "Proper Five <five@new.test>"),
            ("six <shared@old.test>", "six <shared@old.test>"),
            ("no address", "no address"),
        ] {
            assert_eq!(map.resolve(commit), proper, "{commit}");
        }
    }

    #[test]
    fn bots_and_placeholders_are_not_people() {
        for bot in [
            "Your Name <you@example.com>",
            "root <you@example.com>",
            "Your Name <root@build.test>",
            "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
            "Renovate Bot <bot@renovateapp.com>",
            "semantic-release-bot <semantic-release-bot@martynus.net>",
            "github-actions <github-actions@github.com>",
        ] {
            assert!(is_nobody(bot), "{bot}");
        }
        for person in ["Some Bot <some@bot.test>", "Sabot <sabot@example.test>", "no address"] {
            assert!(!is_nobody(person), "{person}");
        }
    }
}
