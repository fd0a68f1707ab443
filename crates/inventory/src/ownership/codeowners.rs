//! CODEOWNERS with the meaning that GitHub gives it.
//!
//! The last line that matches wins; a line without owners takes ownership away. Patterns look like those of
//! `.gitignore`, without `!` and without `[ ]`; they are case-sensitive, and `folder/*` reaches one level only.

use tenure_model::{OwnerRule, path_text};

/// Places of the file below its repository, the first one that exists counts.
const LOCATIONS: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// The rules of one repository.
#[derive(Debug)]
pub(crate) struct Codeowners {
    base: String,
    rules: Vec<(Pattern, OwnerRule)>,
}

impl Codeowners {
    /// Takes the rules of one root and base; only those of the file that counts are kept, in line order.
    pub(crate) fn new(base: &str, mut rules: Vec<OwnerRule>) -> Codeowners {
        let rank = |rule: &OwnerRule| {
            let below = rule.path.strip_prefix(base).unwrap_or(&rule.path);
            LOCATIONS.iter().position(|location| *location == below).unwrap_or(LOCATIONS.len())
        };
        rules.sort_by(|a, b| (rank(a), &a.path, a.line).cmp(&(rank(b), &b.path, b.line)));
        let counts = rules.first().map(|rule| rule.path.clone());
        let rules = rules
            .into_iter()
            .filter(|rule| Some(&rule.path) == counts.as_ref())
            .filter_map(|rule| Some((Pattern::parse(&rule.pattern)?, rule)))
            .collect();
        Codeowners { base: base.to_owned(), rules }
    }

    /// The rule that speaks for `path` (below the root), and whether it is one for whatever nobody else named.
    pub(crate) fn rule_for(&self, path: &str) -> Option<(&OwnerRule, bool)> {
        let below = path.strip_prefix(&self.base)?;
        let (pattern, rule) = self.rules.iter().rev().find(|(pattern, _)| pattern.matches(below))?;
        Some((rule, pattern.is_fallback()))
    }

    /// Folder that the rules speak for, below the root.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }
}

/// One level of a pattern.
#[derive(Debug, PartialEq)]
enum Level {
    /// `**`: any number of folders.
    Any,
    /// A name with wildcards.
    Name(Vec<Glyph>),
}

/// One position of a name.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Glyph {
    /// This character.
    Is(char),
    /// `?`: one character.
    One,
    /// `*`: any number of characters.
    Many,
}

/// A parsed pattern.
#[derive(Debug)]
struct Pattern {
    levels: Vec<Level>,
    /// It ends in `/`: it names a folder, so it speaks for what lies below.
    folder_only: bool,
    /// It ends in `/*`: it speaks for one level, not for what lies below.
    one_level: bool,
}

impl Pattern {
    /// `None` for what GitHub does not understand: `!`, and a pattern without any name.
    fn parse(text: &str) -> Option<Pattern> {
        if text.starts_with('!') {
            return None;
        }
        let (text, rooted) = match text.strip_prefix('/') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let (text, folder_only) = match text.strip_suffix('/') {
            Some(rest) if !rest.ends_with('\\') => (rest, true),
            _ => (text, false),
        };
        let mut levels: Vec<Level> =
            text.split('/').filter(|name| !name.is_empty()).map(Level::parse).collect();
        let last = levels.last()?;
        let anchored = rooted || levels.len() > 1;
        let one_level = anchored && *last == Level::Name(vec![Glyph::Many]) && !folder_only;
        // `folder/**` already means what lies below.
        let folder_only = folder_only && *last != Level::Any;
        if !anchored {
            levels.insert(0, Level::Any);
        }
        levels.dedup_by(|a, b| *a == Level::Any && *b == Level::Any);
        Some(Pattern { levels, folder_only, one_level })
    }

    /// Whether it matches everything.
    fn is_fallback(&self) -> bool {
        let star = Level::Name(vec![Glyph::Many]);
        match self.levels.as_slice() {
            [Level::Any] => true,
            [Level::Any, last] => *last == star && !self.folder_only,
            _ => false,
        }
    }

    /// Whether it speaks for the file `path`, below the repository.
    fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        // `reached[n]`: the levels so far match the first n names.
        let mut reached = vec![false; names.len() + 1];
        reached[0] = true;
        for (position, level) in self.levels.iter().enumerate() {
            let is_last = position + 1 == self.levels.len();
            reached = match level {
                // At the end it needs something below; elsewhere it may stand for nothing.
                Level::Any => {
                    let mut any = false;
                    let step = |&now: &bool| {
                        let before = any;
                        any |= now;
                        if is_last { before } else { any }
                    };
                    reached.iter().map(step).collect()
                }
                Level::Name(glyphs) => {
                    let mut next = vec![false; names.len() + 1];
                    for (n, name) in names.iter().enumerate() {
                        next[n + 1] = reached[n] && name_matches(glyphs, name);
                    }
                    next
                }
            };
        }
        let file = names.len();
        let itself = reached[file] && !self.folder_only;
        itself || (!self.one_level && reached[..file].iter().any(|&folder| folder))
    }
}

impl Level {
    fn parse(name: &str) -> Level {
        if name == "**" {
            return Level::Any;
        }
        let mut glyphs = Vec::new();
        let mut chars = name.chars();
        while let Some(c) = chars.next() {
            let glyph = match c {
                '*' if glyphs.last() == Some(&Glyph::Many) => continue,
                '*' => Glyph::Many,
                '?' => Glyph::One,
                '\\' => Glyph::Is(chars.next().unwrap_or('\\')),
                c => Glyph::Is(c),
            };
            match glyph {
                // Paths of the inventory write a percent sign so.
                Glyph::Is('%') => glyphs.extend(path_text(b"%").chars().map(Glyph::Is)),
                glyph => glyphs.push(glyph),
            }
        }
        Level::Name(glyphs)
    }
}

/// Matches one name; on a mismatch it goes back to the last `*` only, so the work is at most the product of both
/// lengths, whatever somebody wrote.
fn name_matches(glyphs: &[Glyph], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut g, mut n) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while n < name.len() {
        match glyphs.get(g) {
            Some(Glyph::Many) => {
                last_star = Some((g, n));
                g += 1;
            }
            Some(Glyph::One) => (g, n) = (g + 1, n + 1),
            Some(Glyph::Is(c)) if *c == name[n] => (g, n) = (g + 1, n + 1),
            _ => match &mut last_star {
                Some((star, taken)) => {
                    *taken += 1;
                    (g, n) = (*star + 1, *taken);
                }
                None => return false,
            },
        }
    }
    glyphs[g..].iter().all(|glyph| *glyph == Glyph::Many)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Pattern::parse(pattern).is_some_and(|p| p.matches(path))
    }

    /// Each pattern with paths that it speaks for and paths that it does not.
    const CASES: &[(&str, &[&str], &[&str])] = &[
        ("*", &["a", "a/b/c"], &[]),
        ("**", &["a", "a/b/c"], &[]),
        ("deploy", &["deploy", "x/deploy", "x/deploy/y/z"], &["deployer", "x/deploy.sh"]),
        ("/deploy", &["deploy", "deploy/y"], &["x/deploy"]),
        ("deploy/", &["deploy/y", "x/deploy/y/z"], &["deploy", "x/deploy"]),
        ("/deploy/", &["deploy/y/z"], &["deploy", "x/deploy/y"]),
        ("infra/aws", &["infra/aws", "infra/aws/iam.tf"], &["x/infra/aws", "infra/awsome"]),
        ("infra/*", &["infra/main.tf"], &["infra", "infra/aws/iam.tf", "x/infra/main.tf"]),
        ("/*", &["README"], &["docs/README"]),
        ("/*/", &["docs/README", "docs/a/b"], &["README"]),
        ("infra/*/iam", &["infra/aws/iam", "infra/aws/iam/x"], &["infra/iam", "infra/a/b/iam"]),
        ("*.tf", &["main.tf", "infra/aws/iam.tf"], &["main.tfvars"]),
        ("infra/*.tf", &["infra/main.tf"], &["infra/aws/iam.tf"]),
        ("**/logs", &["logs", "a/b/logs/x"], &["a/logs.txt"]),
        ("infra/**", &["infra/a", "infra/a/b"], &["infra", "x/infra/a"]),
        ("infra/**/iam", &["infra/iam", "infra/a/b/iam/x"], &["x/infra/iam"]),
        ("infra/**/*.tf", &["infra/a.tf", "infra/x/a.tf"], &["a.tf"]),
        ("v?", &["v1", "a/v2/x"], &["v", "v10"]),
        ("Makefile", &["Makefile"], &["makefile"]),
        (r"\#notes", &["#notes"], &["notes"]),
        (r"my\ file", &["my file"], &["my"]),
        (r"a\*b", &["a*b"], &["axb"]),
        ("app/[id]/page", &["app/[id]/page"], &["app/i/page"]),
        ("100%", &["100%25"], &["100%"]),
        ("!secret", &[], &["secret", "!secret"]),
        ("/", &[], &["a"]),
        ("", &[], &["a"]),
        ("a*b*c", &["abc", "aXbYc", "abbcc"], &["abcd", "ac"]),
    ];

    #[test]
    fn patterns_mean_what_github_says() {
        for (pattern, yes, no) in CASES {
            for path in *yes {
                assert!(matches(pattern, path), "`{pattern}` speaks for {path}");
            }
            for path in *no {
                assert!(!matches(pattern, path), "`{pattern}` does not speak for {path}");
            }
        }
    }

    #[test]
    fn a_storm_of_stars_ends_at_once() {
        let pattern = format!("{}b", "a*".repeat(200));
        assert!(!matches(&pattern, &"a".repeat(4000)));
        assert!(matches(&format!("{}a", "**/".repeat(500)), &"a/".repeat(2000)));
    }

    fn rule(path: &str, line: u32, pattern: &str, owners: &[&str]) -> OwnerRule {
        OwnerRule {
            root: "r".into(),
            base: String::new(),
            path: path.into(),
            line,
            pattern: pattern.into(),
            owners: owners.iter().map(|&o| o.to_owned()).collect(),
        }
    }

    #[test]
    fn the_last_line_wins_even_when_it_names_nobody() {
        let file = Codeowners::new(
            "",
            vec![
                rule("CODEOWNERS", 3, "*.tf", &[]),
                rule("CODEOWNERS", 1, "*", &["@acme/all"]),
                rule("CODEOWNERS", 2, "/infra/", &["@acme/infra"]),
            ],
        );
        assert_eq!(file.rule_for("a.py").unwrap().0.line, 1);
        assert!(file.rule_for("a.py").unwrap().1, "`*` is a fallback");
        assert_eq!(file.rule_for("infra/a.py").unwrap().0.line, 2);
        assert!(!file.rule_for("infra/a.py").unwrap().1);
        assert_eq!(file.rule_for("infra/a.tf").unwrap().0.owners, Vec::<String>::new());
    }

    #[test]
    fn only_the_first_file_counts() {
        let file = Codeowners::new(
            "",
            vec![
                rule("docs/CODEOWNERS", 1, "*", &["@docs"]),
                rule("CODEOWNERS", 1, "*", &["@root"]),
                rule(".github/CODEOWNERS", 1, "/a", &["@github"]),
            ],
        );
        assert_eq!(file.rule_for("a").unwrap().0.owners, ["@github"]);
        assert!(file.rule_for("b").is_none());
    }

    #[test]
    fn a_repository_in_a_folder_speaks_for_that_folder() {
        let mut rules = vec![rule("svc/CODEOWNERS", 1, "/ci", &["@svc"])];
        rules[0].base = "svc/".into();
        let file = Codeowners::new("svc/", rules);
        assert!(file.rule_for("svc/ci/x").is_some());
        assert!(file.rule_for("ci/x").is_none());
    }
}
