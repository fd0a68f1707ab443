//! The package or image that a command fetches and starts, and whether anybody can change what that is.

/// What is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Package<'t> {
    /// As written, its version included.
    pub(super) name: &'t str,
    /// The program that fetches it.
    pub(super) by: &'static str,
    /// An exact version or digest is named.
    pub(super) pinned: bool,
}

/// Options of `docker run` without a value; all others take one.
const DOCKER_FLAGS: [&str; 14] = [
    "-i",
    "-t",
    "-it",
    "-ti",
    "-d",
    "--rm",
    "--init",
    "--interactive",
    "--tty",
    "--detach",
    "--privileged",
    "--read-only",
    "--no-healthcheck",
    "-P",
];
/// Options of package runners that take a value which is not the package.
const RUNNER_OPTIONS: [&str; 10] = [
    "--python",
    "--with",
    "--directory",
    "--registry",
    "--index-url",
    "--cache",
    "-C",
    "--extra-index-url",
    "--index",
    "--userconfig",
];

/// The package that a command line fetches, when it is one of the programs that fetch.
pub(super) fn of<'t>(command: Option<&'t str>, arguments: &[(&'t str, u32)]) -> Option<Package<'t>> {
    let mut words =
        command.into_iter().flat_map(str::split_whitespace).chain(arguments.iter().map(|(text, _)| *text));
    let mut program = base_name(words.next()?);
    let mut rest: Vec<&str> = words.collect();
    // `cmd /c npx …`, `env NAME=value npx …`
    while matches!(program, "cmd" | "env" | "sudo") && !rest.is_empty() {
        let skip = rest
            .iter()
            .take_while(|word| word.starts_with(['/', '-']) && word.len() <= 2 || word.contains('='))
            .count();
        let next = rest.get(skip)?;
        program = base_name(next);
        rest.drain(..=skip);
    }
    match program {
        "npx" | "bunx" => javascript(&rest, if program == "npx" { "npx" } else { "bunx" }),
        "pnpm" | "yarn" | "bun" => match rest.split_first() {
            Some((&("dlx" | "x"), rest)) => javascript(rest, "dlx"),
            _ => None,
        },
        "uvx" => python(&rest, "uvx"),
        "uv" => match rest.split_first() {
            Some((&"tool", rest)) if rest.first() == Some(&"run") => python(&rest[1..], "uv"),
            _ => None,
        },
        "pipx" => rest
            .split_first()
            .filter(|(first, _)| **first == "run")
            .and_then(|(_, rest)| python(rest, "pipx")),
        "docker" | "podman" => image(&rest),
        _ => None,
    }
}

fn base_name(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.trim_end_matches(".cmd").trim_end_matches(".exe")
}

/// The first word that is no option, or the value of one of `named`.
fn first<'t>(words: &[&'t str], named: &[&str]) -> Option<&'t str> {
    let mut skip = false;
    for (index, &word) in words.iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        if named.contains(&word) {
            return words.get(index + 1).copied();
        }
        if let Some((_, value)) = word.split_once('=').filter(|(option, _)| named.contains(option)) {
            return Some(value);
        }
        if !word.starts_with('-') {
            return Some(word);
        }
        skip = RUNNER_OPTIONS.contains(&word);
    }
    None
}

fn javascript<'t>(words: &[&'t str], by: &'static str) -> Option<Package<'t>> {
    let name = first(words, &["-p", "--package"])?;
    // A path is code of the repository itself.
    if name.starts_with(['.', '/']) {
        return None;
    }
    let version = name[1.min(name.len())..].rsplit_once('@').map(|(_, version)| version);
    Some(Package { name, by, pinned: version.is_some_and(is_exact) })
}

fn python<'t>(words: &[&'t str], by: &'static str) -> Option<Package<'t>> {
    let name = first(words, &["--from", "--spec"])?;
    if name.starts_with(['.', '/']) {
        return None;
    }
    let version = name.rsplit_once("==").or_else(|| name.rsplit_once('@')).map(|(_, version)| version);
    Some(Package { name, by, pinned: version.is_some_and(is_exact) })
}

fn image<'t>(words: &[&'t str]) -> Option<Package<'t>> {
    let (first, rest) = words.split_first()?;
    if *first != "run" {
        return None;
    }
    let mut words = rest.iter();
    while let Some(&word) = words.next() {
        if !word.starts_with('-') {
            let tag = word.rsplit('/').next().unwrap_or(word).split_once(':').map(|(_, tag)| tag);
            let pinned = word.contains("@sha256:") || tag.is_some_and(|tag| tag != "latest");
            return Some(Package { name: word, by: "docker", pinned });
        }
        if !word.contains('=') && !DOCKER_FLAGS.contains(&word) {
            words.next();
        }
    }
    None
}

/// `1.2.3`, or a commit: no range, no `latest`.
fn is_exact(version: &str) -> bool {
    let commit = version.len() == 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".+-_".contains(&byte);
    let numbered = version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.');
    commit || (numbered && version.bytes().all(plain) && !version.ends_with(".x"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_and_images_are_found_in_command_lines() {
        for (line, expected) in [
            ("npx -y @acme/tools", Some(("@acme/tools", false))),
            ("npx -y @acme/tools@1.4.2", Some(("@acme/tools@1.4.2", true))),
            ("npx -y @acme/tools@latest", Some(("@acme/tools@latest", false))),
            ("cmd /c npx tools@^2.0.0", Some(("tools@^2.0.0", false))),
            ("/usr/local/bin/uvx --from acme-tools==0.3.1 tools", Some(("acme-tools==0.3.1", true))),
            ("uvx --python 3.12 acme-tools", Some(("acme-tools", false))),
            (
                "docker run -i --rm -e TOKEN registry.test:5000/acme/tools",
                Some(("registry.test:5000/acme/tools", false)),
            ),
            ("docker run --rm -e TOKEN acme/tools:2.1", Some(("acme/tools:2.1", true))),
            ("node ./server.js", None),
            ("npx ./local", None),
        ] {
            let words: Vec<(&str, u32)> = line.split(' ').map(|word| (word, 1)).collect();
            let found = of(Some(words[0].0), &words[1..]);
            assert_eq!(found.map(|package| (package.name, package.pinned)), expected, "{line}");
        }
    }
}
