//! Files that a template engine makes into what is really used: Helm, Jinja, ERB.
//!
//! What the engine would put in is not known here. It is replaced by neutral text of the same length, so that
//! the rest can be read and everything stays where it is; a line that holds nothing but template text becomes
//! empty.

use std::borrow::Cow;

use memchr::{memchr_iter, memmem};

use super::yaml::{self, Broken, Tree, Yaml};

/// Stands for `{{` and `}}`. No name of a platform begins with it.
const MARK: &str = "~~";
/// How a comment of Helm ends, before the `}}`.
const COMMENT_END: &str = "*/";
/// How template text begins and ends. `{{` comes last: the others must not be taken for it.
const PAIRS: [(&str, &str); 4] = [("{%", "%}"), ("{#", "#}"), ("<%", "%>"), ("{{", "}}")];

/// A text with its template parts made neutral.
pub(crate) struct Template<'t> {
    original: &'t str,
    text: Cow<'t, str>,
    /// Where lines begin; empty when nothing was replaced.
    line_starts: Vec<usize>,
    /// The line of template text that never ends.
    unclosed: Option<usize>,
}

impl<'t> Template<'t> {
    /// Makes template text neutral.
    pub(crate) fn new(original: &'t str) -> Self {
        let holds =
            PAIRS.iter().any(|(start, _)| memmem::find(original.as_bytes(), start.as_bytes()).is_some());
        let (text, unclosed) = match holds {
            true => neutral(original),
            false => (Cow::Borrowed(original), None),
        };
        let mut line_starts = Vec::new();
        if holds {
            line_starts.push(0);
            line_starts.extend(memchr_iter(b'\n', original.as_bytes()).map(|at| at + 1));
        }
        Self { original, text, line_starts, unclosed }
    }

    /// Whether anything had to be replaced.
    pub(crate) fn is_templated(&self) -> bool {
        matches!(self.text, Cow::Owned(_))
    }

    /// Reads it as several YAML documents; a document that breaks costs the others nothing. What was not read is named.
    pub(crate) fn read<R>(&self, take: impl FnOnce(&Tree<'_>, Option<Broken>) -> R) -> R {
        let unclosed = self.unclosed.map(|line| {
            let detail = format!("line {line}: template text begins and never ends");
            Broken::new("template_broken", detail, line)
        });
        read_documents(&self.text, |tree, broken| take(tree, broken.or(unclosed)))
    }

    /// The text of a scalar as its author wrote it.
    pub(crate) fn written(&self, node: Yaml<'_>) -> Option<String> {
        let text = node.text()?;
        if !is_computed(text) || !self.is_templated() {
            return Some(text.to_owned());
        }
        let spot = node.search().find(&[text]);
        let start = self.line_starts.get(spot.line.saturating_sub(1) as usize)?
            + spot.column.saturating_sub(1) as usize;
        Some(self.original.get(start..start + spot.length as usize).unwrap_or(text).to_owned())
    }
}

/// Whether a value is not known before a template engine or a shell has run.
pub(crate) fn is_computed(text: &str) -> bool {
    text.contains(MARK) || text.contains("${") || text.contains("{{") || text.contains("$(")
}

/// The neutral text, and the line where template text begins that never ends.
fn neutral(original: &str) -> (Cow<'static, str>, Option<usize>) {
    let mut out = String::with_capacity(original.len());
    let mut open: Option<(&str, bool)> = None;
    let mut opened = 0;
    for (line, number) in original.split_inclusive('\n').zip(1..) {
        let begun = open.is_some();
        let (content, ending) = match line.strip_suffix('\n') {
            Some(content) => (content, "\n"),
            None => (line, ""),
        };
        let made = neutral_line(content, &mut open);
        // What spans lines, or fills one alone, is a statement of the template and no value.
        let alone = begun || open.is_some() || made.only_template;
        // Nothing stays of such a line: blanks would count as indentation inside a block of text.
        if !alone {
            out.push_str(&made.text);
        }
        out.push_str(ending);
        if open.is_some() && (!begun || made.text.contains(MARK)) {
            opened = number;
        }
    }
    (Cow::Owned(out), open.map(|_| opened))
}

struct Line {
    text: String,
    /// Nothing but template text and white space.
    only_template: bool,
}

/// One line. `open` is the end that is waited for, and whether it ends a value.
fn neutral_line(content: &str, open: &mut Option<(&'static str, bool)>) -> Line {
    let mut text = String::with_capacity(content.len());
    let mut rest = content;
    let (mut template, mut other) = (open.is_some(), false);
    loop {
        if let Some((end, value)) = *open {
            let Some(at) = rest.find(end) else {
                blank(&mut text, rest, value);
                break;
            };
            blank(&mut text, &rest[..at], value);
            text.push_str(if value { MARK } else { "  " });
            rest = &rest[at + end.len()..];
            *open = (end == COMMENT_END).then_some(("}}", false));
            continue;
        }
        let next = PAIRS.iter().filter_map(|pair| Some((rest.find(pair.0)?, pair))).min_by_key(|(at, _)| *at);
        let Some((at, &(start, end))) = next else {
            other |= !rest.trim().is_empty();
            text.push_str(rest);
            break;
        };
        let before = &rest[..at];
        other |= !before.trim().trim_start_matches('#').is_empty();
        text.push_str(before);
        rest = &rest[at + start.len()..];
        // A comment of Helm may hold `}}`.
        let comment = start == "{{" && rest.trim_start_matches(['-', ' ']).starts_with("/*");
        let value = start == "{{" && !comment;
        text.push_str(if value { MARK } else { "  " });
        template = true;
        *open = Some((if comment { COMMENT_END } else { end }, value));
    }
    Line { text, only_template: template && !other }
}

/// The inside of template text: letters of a value stay for people, all else goes; never a byte more or less.
fn blank(out: &mut String, inside: &str, value: bool) {
    for byte in inside.bytes() {
        let keeps = value && (byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
        out.push(match (keeps, value) {
            (true, _) => char::from(byte),
            (false, true) => '_',
            (false, false) => ' ',
        });
    }
}

/// Reads a text whose expressions stand in quotes and are plain YAML; only one that does not read so, and does as a
/// template, is taken for a template.
pub(crate) fn read_quoted<R>(text: &str, take: impl FnOnce(&Tree<'_>, Option<Broken>) -> R) -> R {
    if !yaml::read(text, |_, broken| broken.is_none()) {
        let template = Template::new(text);
        if template.is_templated() && template.read(|_, broken| broken.is_none()) {
            return template.read(take);
        }
    }
    read_documents(text, take)
}

/// Reads a text of several YAML documents; a document that breaks costs the others nothing. What was not read of
/// it is named.
fn read_documents<R>(text: &str, take: impl FnOnce(&Tree<'_>, Option<Broken>) -> R) -> R {
    if yaml::read(text, |_, broken| broken.is_none()) {
        return yaml::read(text, |tree, _| take(tree, None));
    }
    let (mended, first) = mend(text);
    yaml::read(&mended, |tree, broken| take(tree, first.or(broken)))
}

/// The text with every document but the last cut off where it breaks, and the first of the reasons. What follows a
/// break in the last one is not read anyway.
fn mend(text: &str) -> (String, Option<Broken>) {
    let mut mended = String::with_capacity(text.len());
    let mut first = None;
    let mut before = 0;
    let all = documents(text);
    for (index, document) in all.iter().enumerate() {
        let lines = document.split_inclusive('\n').count();
        match yaml::read(document, |_, broken| broken).filter(|_| index + 1 < all.len()) {
            None => mended.push_str(document),
            Some(mut broken) => {
                let kept = whole_lines(document, broken.line.saturating_sub(1).min(lines));
                document.split_inclusive('\n').take(kept).for_each(|line| mended.push_str(line));
                mended.extend(std::iter::repeat_n('\n', lines - kept));
                broken.line += before;
                broken.detail = format!("a document breaks off near line {}", broken.line);
                first.get_or_insert(broken);
            }
        }
        before += lines;
    }
    (mended, first)
}

/// How many of the first lines of a document can be read by themselves; the break is often noticed late.
fn whole_lines(document: &str, noticed: usize) -> usize {
    const STEPS: u32 = 8;
    let candidates = (0..STEPS).map(|step| noticed.saturating_sub((1 << step) - 1));
    candidates
        .into_iter()
        .find(|&lines| {
            let head: String = document.split_inclusive('\n').take(lines).collect();
            yaml::read(&head, |_, broken| broken.is_none())
        })
        .unwrap_or(0)
}

/// The documents with the lines that part them.
fn documents(text: &str) -> Vec<&str> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at > 0 && line.starts_with("---") {
            starts.push(at);
        }
        at += line.len();
    }
    starts.push(text.len());
    starts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_helm_template_becomes_readable_and_keeps_its_places() {
        let chart = "{{- if .Values.on }}\nname: {{ .Values.name | quote }}\nkeys:\n  {{- toYaml .x | nindent 2 }}\n  a: b\n{{- end }}\n";
        let template = Template::new(chart);
        yaml::read(&template.text, |tree, broken| {
            assert_eq!(broken, None);
            let root = tree.first().expect("a document is there");
            let name = root.get("name").expect("a name is there");
            assert_eq!((name.line(), is_computed(name.text().unwrap_or(""))), (2, true));
            assert_eq!(template.written(name).as_deref(), Some("{{ .Values.name | quote }}"));
            assert_eq!(root.get("keys").and_then(|keys| keys.get("a")?.text()), Some("b"));
        });
    }

    #[test]
    fn a_comment_that_holds_template_text_ends_where_it_ends() {
        let template = Template::new("{{/* a: {{ x }}\nb: 1 */}}\nc: |\n  {{- if x }}\n  d\n  {{- end }}\n");
        template.read(|tree, broken| {
            let keys: Vec<_> =
                tree.all().flat_map(Yaml::pairs).map(|(key, value)| (key.text(), value.text())).collect();
            assert_eq!((keys, broken), (vec![(Some("c"), Some("\nd\n"))], None));
        });
    }

    #[test]
    fn a_broken_document_costs_no_other() {
        let text = "a: 1\n---\nb: 2\nc: [\n---\nd: 3\n";
        read_documents(text, |tree, broken| {
            let keys: Vec<_> = tree.all().flat_map(Yaml::pairs).filter_map(|(key, _)| key.text()).collect();
            assert_eq!(keys, ["a", "b", "d"]);
            assert_eq!(
                tree.all().last().map(|last| last.pairs().next().map(|(key, _)| key.line())),
                Some(Some(6))
            );
            assert_eq!(broken.map(|broken| broken.reason), Some("yaml_broken"));
        });
    }

    proptest! {
        #[test]
        fn no_line_moves_or_changes_its_length(text in "[a{}%#<> \\n:é~-]{0,80}") {
            let template = Template::new(&text);
            prop_assert_eq!(template.text.matches('\n').count(), text.matches('\n').count());
            let kept = template.text.lines().zip(text.lines()).all(|(made, line)| made.is_empty() || made.len() == line.len());
            prop_assert!(kept, "a line has another length");
        }
    }
}
