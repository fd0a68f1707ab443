//! Reads shell scripts inside CI files: which variables they take, and what they do with a credential.
//!
//! This is a look at words, not a shell: one line at a time, continued lines joined, comments left out. What
//! only runs when a shell evaluates text again stays unseen.

use std::collections::BTreeSet;

use super::job::{Deed, DeedKind};
use crate::detect::yaml::Yaml;

/// Variables looked at in one script; a real one comes nowhere near.
const VARIABLES_MAX: usize = 10_000;
/// Words `login` of one command that are looked at.
const LOGINS_MAX: usize = 16;
/// Names behind one word that are taken as set.
const SET_MAX: usize = 32;
/// Programs whose `login` takes a password.
const LOGIN_TOOLS: &[&str] =
    &["docker", "podman", "buildah", "nerdctl", "helm", "oras", "crane", "skopeo", "cosign", "img", "regctl"];

/// One use of a variable in a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Variable<'t> {
    pub(super) name: &'t str,
    /// As written: `$NAME`, `${NAME`, `$env:NAME`.
    pub(super) written: &'t str,
    /// The variable that this line sets from it.
    pub(super) slot: Option<&'t str>,
    /// What the line sets is this and nothing else.
    pub(super) whole: bool,
}

/// What a script takes from its environment.
#[derive(Debug, Default)]
pub(super) struct Variables<'t> {
    /// In the order of the text.
    pub(super) taken: Vec<Variable<'t>>,
    /// Names that the script sets itself.
    pub(super) set: BTreeSet<&'t str>,
}

/// Reads a script's variables.
pub(super) fn variables(script: &str) -> Variables<'_> {
    let mut variables = Variables::default();
    // Names of which the script only asks whether they are there.
    let mut asked = BTreeSet::new();
    let mut document = None;
    for line in script.lines() {
        if let Some(end) = document {
            document = document.filter(|_| line.trim() != end);
            continue;
        }
        let line = without_comment(line);
        document = plain_document(line);
        let set = assignment(line);
        // Where the value ends that the line gives to what it sets.
        let value_end = [";", "&&"].iter().filter_map(|end| line.find(end)).min().unwrap_or(line.len());
        variables.set.extend(set);
        variables.set.extend(also_set(line));
        let plain = plain_texts(line);
        for (name, written) in references(line).chain(windows_references(line)) {
            if variables.taken.len() == VARIABLES_MAX {
                return variables;
            }
            // `TOKEN=${TOKEN:-…}` takes the variable from outside all the same.
            let at = (written.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
            let outside = !variables.set.contains(name) || (set == Some(name) && at < value_end);
            if plain.iter().any(|(from, to)| (*from..*to).contains(&at)) {
                continue;
            }
            // `$env:X = …` names what it sets.
            let target = set == Some(name) && line.trim_start().starts_with(written);
            if outside && !target {
                if is_question(&line[..at]) {
                    asked.insert(written.as_ptr());
                }
                let slot = set.filter(|slot| *slot != name);
                let value = line[..value_end].split_once('=').map_or("", |(_, value)| value);
                let whole = slot.is_some() && is_whole(first_word(value), written);
                variables.taken.push(Variable { name, written, slot, whole });
            }
        }
    }
    // `[ -z "$TOKEN" ] && TOKEN=$(…)`: what the script makes where it is not there is not kept anywhere.
    let Variables { taken, set } = &mut variables;
    taken.retain(|variable| !(asked.contains(&variable.written.as_ptr()) && set.contains(variable.name)));
    variables
}

/// Whether a line asks, up to here, whether what follows is empty.
fn is_question(before: &str) -> bool {
    let before = before.trim_end_matches(['"', ' ']);
    ["-z", "-n"].iter().any(|sign| before.strip_suffix(sign).is_some_and(|rest| rest.ends_with([' ', '['])))
}

/// What an assignment in front of a command gives: `TOKEN=$KEY ./publish`.
fn first_word(value: &str) -> &str {
    // A file that is filled before the shell sees it doubles what is meant for the shell.
    let value = value.trim_start();
    let value = value.strip_prefix('$').filter(|rest| rest.starts_with('$')).unwrap_or(value);
    let quoted = value.starts_with(['"', '\'']);
    if quoted { value } else { value.split_whitespace().next().unwrap_or(value) }
}

/// Whether a value is one variable and nothing else: `$X`, `"${X:-}"`.
pub(super) fn is_whole(value: &str, written: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    value
        .strip_prefix(written)
        .is_some_and(|rest| rest.is_empty() || rest == "}" || rest == ":-}" || rest == ")")
}

/// What reads text in its turn.
const READERS: [&str; 11] =
    ["sh -", "bash ", "eval", "ssh", "envsubst", "docker ", "kubectl ", "su ", "trap ", "xargs", "parallel"];

/// The word that ends the text which begins behind a line and which the shell takes as it is: `cat <<'EOF' > notes.txt`. What
/// becomes a script or is read by one is not plain.
fn plain_document(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("<<")?;
    let after = after.strip_prefix('-').unwrap_or(after).trim_start();
    let quote = after.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let (end, rest) = after[1..].split_once(quote)?;
    let runs = READERS.iter().any(|reader| line.contains(reader))
        || before.trim_end().ends_with("sh")
        || line.contains(".sh")
        || rest.contains('|');
    (!end.is_empty() && !runs).then_some(end)
}

/// `%NAME%`, as a batch file writes it; what stands so in front of other variables or for `sed` is a place to fill in.
fn windows_references(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let batch = !line.contains('$') && !line.contains("sed ");
    let mut rest = if batch { line } else { "" };
    std::iter::from_fn(move || {
        loop {
            let start = rest.find('%')?;
            let length = name_length(&rest.as_bytes()[start + 1..]);
            let end = start + 1 + length;
            if length > 0 && rest[end..].starts_with('%') {
                let (name, written) = (&rest[start + 1..end], &rest[start..=end]);
                rest = &rest[end + 1..];
                return Some((name, written));
            }
            rest = &rest[end..];
        }
    })
}

/// Where text in single quotes begins and ends in a line: a shell takes it as it is. Quotes inside of double quotes are
/// letters, and what another shell reads (`sh -c '…'`, `ssh host '…'`) is not plain.
fn plain_texts(line: &str) -> Vec<(usize, usize)> {
    if !line.contains('\'') || READERS.iter().any(|reader| line.contains(reader)) {
        return Vec::new();
    }
    let mut plain = Vec::new();
    let (mut double, mut single, mut escaped) = (false, None, false);
    for (at, byte) in line.bytes().enumerate() {
        match (byte, single) {
            _ if escaped => escaped = false,
            (b'\\', None) => escaped = true,
            (b'\'', Some(start)) => {
                plain.push((start, at));
                single = None;
            }
            (_, Some(_)) => {}
            (b'"', None) => double = !double,
            (b'\'', None) if !double => single = Some(at + 1),
            _ => {}
        }
    }
    plain
}

/// The references to variables in a text, with their written form.
pub(super) fn references(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.find('$')?;
            at = start + 1;
            // `\$X` is left for somebody else to expand; `$$X` is so for the file, and ours for its shell.
            if start > 0 && bytes[start - 1] == b'\\' {
                continue;
            }
            let mut from = at;
            if bytes.get(from) == Some(&b'{') {
                from += 1;
                from += usize::from(matches!(bytes.get(from), Some(b'!' | b'#')));
            }
            if text.get(from..from + 4).is_some_and(|word| word.eq_ignore_ascii_case("env:")) {
                from += 4;
            }
            let name = &text[from..from + name_length(&bytes[from..])];
            if !name.is_empty() {
                at = from + name.len();
                return Some((name, &text[start..at]));
            }
        }
    })
}

/// Bytes of the variable's name at the start.
fn name_length(bytes: &[u8]) -> usize {
    if !bytes.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
        return 0;
    }
    bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
}

/// The line up to a `#` that begins a word outside of quotes.
pub(super) fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = b' ';
    let mut escaped = false;
    for (at, byte) in line.bytes().enumerate() {
        match (quote, byte) {
            _ if escaped => escaped = false,
            (_, b'\\') => escaped = true,
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'#') if before.is_ascii_whitespace() || before == b';' => return &line[..at],
            (None, _) => {}
        }
        before = byte;
    }
    line
}

/// The variable that a line sets: `NAME=…`, `export NAME=…`, `$env:NAME = …`.
fn assignment(line: &str) -> Option<&str> {
    let mut rest = line.trim_start().trim_start_matches("- ").trim_start();
    for word in ["export ", "local ", "readonly ", "declare -x ", "declare ", "set ", "setx ", "env "] {
        rest = rest.strip_prefix(word).unwrap_or(rest).trim_start();
    }
    let powershell = rest.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("$env:"));
    if powershell {
        rest = &rest[5..];
    }
    let length = name_length(rest.as_bytes());
    let after = &rest[length..];
    let sets = if powershell {
        after.trim_start().starts_with('=')
    } else {
        after.starts_with('=') && !after.starts_with("==")
    };
    (length > 0 && sets).then(|| &rest[..length])
}

/// Names that a line hands to later steps: `echo "export NAME=…" >> $BASH_ENV`.
pub(super) fn handed_on(script: &str) -> impl Iterator<Item = &str> {
    let lines = script.lines().map(without_comment).filter(|line| line.contains("BASH_ENV"));
    lines.filter_map(|line| {
        let rest = line[line.find("export ")? + "export ".len()..].trim_start();
        let (name, value) =
            rest.split_once('=').filter(|(name, _)| name_length(name.as_bytes()) == name.len())?;
        // Handed on under its own name it still comes from outside.
        let itself = references(value).any(|(taken, _)| taken == name);
        (!itself).then_some(name)
    })
}

/// Further names that a line sets: loops, `read`, and `export A=1 B=2`.
fn also_set(line: &str) -> Vec<&str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut set = Vec::new();
    for (index, word) in words.iter().enumerate() {
        match *word {
            "for" => {
                set.extend(words.get(index + 1).filter(|name| name_length(name.as_bytes()) == name.len()));
            }
            "read" => {
                // `read A B; …`: the last name carries the end of the command.
                let mut ends = false;
                let names = words[index + 1..].iter().take(SET_MAX).map_while(|word| {
                    let name = word.trim_end_matches(';');
                    let goes_on = !ends && !name.contains(['<', '|', ';']);
                    ends = name.len() < word.len();
                    goes_on.then_some(name)
                });
                set.extend(
                    names.filter(|name| !name.is_empty() && name_length(name.as_bytes()) == name.len()),
                );
            }
            "export" | "local" | "declare" | "readonly" => {
                let pairs = words[index + 1..].iter().take(SET_MAX).take_while(|word| word.contains('='));
                set.extend(pairs.filter_map(|pair| pair.split_once('=')).map(|(name, _)| name));
            }
            _ => {}
        }
    }
    set
}

/// What a script that stands in a YAML scalar does and should not.
pub(super) fn deeds(script: Yaml<'_>) -> Vec<Deed> {
    let Some(text) = script.text() else { return Vec::new() };
    let (mut passwords, mut agents) = (script.search(), script.search());
    let deed = |what, spot| Deed { what, spot };
    let passwords =
        password_arguments(text).map(|written| deed(DeedKind::PasswordArgument, passwords.find(&[written])));
    let agents = unasked_agents(text).map(|written| deed(DeedKind::UnaskedAgent, agents.find(&[written])));
    passwords.chain(agents).collect()
}

/// Every argument by which a command line of an agent asks nobody.
pub(super) fn unasked_agents(script: &str) -> impl Iterator<Item = &str> {
    const PLAIN: [&str; 2] = ["--dangerously-skip-permissions", "--dangerously-bypass-approvals-and-sandbox"];
    const OF_A_TOOL: [(&str, &str); 5] = [
        ("codex", "--yolo"),
        ("gemini", "--yolo"),
        ("copilot", "--allow-all-tools"),
        ("copilot", "--yolo"),
        ("cursor-agent", "--force"),
    ];
    script.lines().map(without_comment).filter_map(|line| {
        let of_tool = OF_A_TOOL.iter().find(|(tool, flag)| line.contains(tool) && line.contains(flag));
        let flag = PLAIN.iter().find(|flag| line.contains(**flag)).copied();
        let flag = flag.or(of_tool.map(|(_, flag)| *flag))?;
        line.find(flag).map(|at| &line[at..at + flag.len()])
    })
}

/// Every `docker login` of a script that carries its password as an argument; the first words of each.
pub(super) fn password_arguments(script: &str) -> impl Iterator<Item = &str> {
    let mut lines = script.lines();
    std::iter::from_fn(move || {
        loop {
            let first = without_comment(lines.next()?);
            if !first.contains("login") {
                continue;
            }
            // A command goes on behind a backslash (or a backtick or caret, on Windows).
            let mut words: Vec<&str> = first.split_whitespace().collect();
            while words.last().is_some_and(|word| matches!(*word, "\\" | "`" | "^") || word.ends_with('\\')) {
                words.pop_if(|word| matches!(*word, "\\" | "`" | "^"));
                let Some(next) = lines.next() else { break };
                words.extend(without_comment(next).split_whitespace());
            }
            if let Some(written) = login_with_password(first, &words) {
                return Some(written);
            }
        }
    })
}

/// The written start of a login in `line` that passes a password as an argument.
fn login_with_password<'t>(line: &'t str, words: &[&str]) -> Option<&'t str> {
    let logins = words.iter().enumerate().filter(|(_, word)| **word == "login").map(|(at, _)| at);
    let logins = logins.take(LOGINS_MAX);
    logins.into_iter().find_map(|login| password_of_login(line, words, login))
}

fn password_of_login<'t>(line: &'t str, words: &[&str], login: usize) -> Option<&'t str> {
    let tool = |word: &&str| {
        let name = word.rsplit(['/', '(', '`', '"', '\'', ';', '&', '|']).next().unwrap_or_default();
        LOGIN_TOOLS.contains(&name.trim_end_matches(".exe"))
    };
    let tool_at = words[..login].iter().rposition(tool)?;
    let command = words[login + 1..].iter().take_while(|word| !matches!(**word, ";" | "&&" | "||" | "|"));
    let mut command = command.peekable();
    while let Some(word) = command.next() {
        let value = match *word {
            "-p" | "--password" => command.peek().copied().copied(),
            word => word
                .strip_prefix("--password=")
                .or_else(|| word.strip_prefix("-p="))
                .or_else(|| word.strip_prefix("-p").filter(|rest| rest.starts_with(['$', '"', '\'']))),
        };
        if value.is_some_and(|value| !value.is_empty()) {
            let start = words[tool_at];
            let at = line.find(start)?;
            let end = line[at..].find("login").map_or(line.len(), |found| at + found + "login".len());
            return Some(&line[at..end]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(script: &str) -> Vec<&str> {
        variables(script).taken.into_iter().map(|variable| variable.name).collect()
    }

    #[test]
    fn variables_are_taken_from_outside_unless_the_script_sets_them() {
        assert_eq!(taken("echo $A \"${B:-x}\" '$C' pre${D}post"), ["A", "B", "D"]);
        assert_eq!(taken("echo \"it's $A\" '$B'\nsh -c 'echo $C'\necho it\\'s $D"), ["A", "C", "D"]);
        assert_eq!(taken("T=$(vault read x)\ncurl -H \"$T\""), [""; 0]);
        assert_eq!(taken("export T=${T:-$U}"), ["T", "U"]);
        assert_eq!(taken("for f in $LIST; do echo $f; done"), ["LIST"]);
        assert_eq!(taken("read -r a b <<< \"$IN\"\necho $a $b"), ["IN"]);
        assert_eq!(taken("read P; echo $P $Q"), ["Q"]);
        assert_eq!(taken("$env:X = 1\nWrite-Host $env:X $env:Y"), ["Y"]);
    }

    #[test]
    fn comments_and_escapes_take_nothing() {
        assert_eq!(taken("# $A\necho a#$B # $C\necho \"# $D\"; # $E"), ["B", "D"]);
        assert_eq!(taken("ssh h \"echo \\$A $(date) $1 $?\""), [""; 0]);
    }

    #[test]
    fn a_document_in_quotes_takes_nothing_unless_a_shell_reads_it() {
        assert_eq!(taken("cat <<'EOF' > a.txt\necho $A\nEOF\necho $B"), ["B"]);
        assert_eq!(taken("cat <<EOF > a.txt\n$A\nEOF\ncat <<-\"X\"\n$B\n  X\n$C"), ["A", "C"]);
        assert_eq!(taken("bash <<'EOF'\necho $A\nEOF\ncat > run.sh <<'EOF'\n$B\nEOF"), ["A", "B"]);
        assert_eq!(taken("cat <<'EOF'\n$A"), [""; 0]);
    }

    #[test]
    fn a_batch_file_writes_variables_between_percent_signs() {
        assert_eq!(taken("nuget push -ApiKey %KEY% 50% of %OTHER%"), ["KEY", "OTHER"]);
        assert_eq!(taken("sed s/%KEY%/x/ f\ndate +%Y%m%d"), ["Y"]);
    }

    #[test]
    fn a_variable_that_is_set_from_another_is_its_slot() {
        let script = "export AWS_ACCESS_KEY_ID=$PROD_KEY";
        let slot = Some("AWS_ACCESS_KEY_ID");
        let expected = Variable { name: "PROD_KEY", written: "$PROD_KEY", slot, whole: true };
        assert_eq!(variables(script).taken, [expected]);
        assert!(!variables("export TOKEN=$(get $URL)").taken[0].whole);
        assert!(variables("NPM_TOKEN=$$RELEASE npm publish").taken[0].whole);
        assert!(!variables("NPM_TOKEN=\"$A $B\" npm publish").taken[0].whole);
    }

    #[test]
    fn what_a_script_makes_where_it_is_not_there_is_not_taken() {
        assert_eq!(taken("if [ -z ${T} ]; then\n  export T=$(mint)\nfi\ncurl $T"), [""; 0]);
        assert_eq!(taken("[[ -n \"${T:-}\" ]] || exit 1\ncurl $T"), ["T", "T"]);
    }

    #[test]
    fn agents_that_ask_nobody_are_seen() {
        for script in [
            "claude -p x --dangerously-skip-permissions",
            "npx @openai/codex exec --yolo 'fix it'",
            "copilot -p x --allow-all-tools",
        ] {
            assert_eq!(unasked_agents(script).count(), 1, "{script}");
        }
        for script in ["# claude --dangerously-skip-permissions", "yarn --yolo", "claude -p x"] {
            assert_eq!(unasked_agents(script).count(), 0, "{script}");
        }
    }

    #[test]
    fn passwords_as_arguments_are_seen_and_those_on_standard_input_are_not() {
        for script in [
            "docker login -u x -p $P",
            "docker login -u x -p\"$P\" host",
            "sudo docker login --password=$P",
            "docker login \\\n  -u x \\\n  --password ${{ secrets.P }}",
            "echo hi && docker login -u a --password $P reg",
            "helm registry login -p $P",
        ] {
            assert_eq!(password_arguments(script).count(), 1, "{script}");
        }
        for script in [
            "echo $P | docker login -u x --password-stdin",
            "# docker login -p $P",
            "docker login; docker run -p 80:80 x",
            "az acr login -n x\nmkdir -p y",
            "docker login -u x && mkdir -p y",
            "vault login -p x",
        ] {
            assert_eq!(password_arguments(script).count(), 0, "{script}");
        }
    }
}
