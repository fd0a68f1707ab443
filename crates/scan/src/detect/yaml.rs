//! A small YAML tree that knows where everything stands.
//!
//! Nothing here recurses over the input: nesting, nodes and documents have limits, an alias is a second way
//! to the same node and never a copy, and duplicate keys are kept. A text that breaks half-way gives the
//! half before the break and says where it broke.

use std::borrow::Cow;
use std::collections::HashMap;

use memchr::{memchr_iter, memmem};
use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::Unreadable;
use super::witness::Spot;
use super::wrong_type::{Type, note};

/// Deepest nesting. GitHub's own limit for workflows is far below.
const DEPTH_MAX: usize = 100;
/// Most nodes of one file.
const NODES_MAX: usize = 500_000;
/// Lines of one file that are moved to the right so that the parser takes them.
const MOVED_LINES_MAX: usize = 50;
/// How far they are moved: deeper than any real nesting.
const MOVED_BY: usize = 80;

/// Why the rest of a text was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// `yaml_broken`, or `yaml_too_large` when a limit was reached.
    pub(crate) reason: &'static str,
    /// Where and why, in words.
    pub(crate) detail: String,
    /// The line at which the reading ended, from 1.
    pub(crate) line: usize,
    /// The line that stands too far to the left, when that is all.
    too_far_left: Option<usize>,
}

impl From<Broken> for Unreadable {
    fn from(Broken { reason, detail, .. }: Broken) -> Self {
        Self { reason, detail }
    }
}

impl Broken {
    /// A reason that lies before the parser.
    pub(crate) fn new(reason: &'static str, detail: String, line: usize) -> Self {
        Self { reason, detail, line, too_far_left: None }
    }
}

/// Reads a text and hands the tree to `take`, with the reason why it is not whole.
///
/// The parser is stricter than the systems that run these files: it refuses a bracket or quoted line that
/// closes at the column of its key. White space means nothing there, so such a line is moved to the right.
pub(crate) fn read<R>(text: &str, take: impl FnOnce(&Tree<'_>, Option<Broken>) -> R) -> R {
    let mut moved_lines = Vec::new();
    let mut moved = String::new();
    loop {
        let current = if moved_lines.is_empty() { text } else { &moved };
        let (mut tree, broken) = Tree::read(current);
        let line = broken.as_ref().and_then(|broken| broken.too_far_left);
        let next =
            line.and_then(|line| (line..line + MOVED_LINES_MAX).find(|line| !moved_lines.contains(line)));
        let Some(next) = next.filter(|_| moved_lines.len() < MOVED_LINES_MAX) else {
            tree.moved_lines = moved_lines;
            return take(&tree, broken);
        };
        let start = tree.line_start(next);
        let spaces = " ".repeat(MOVED_BY);
        moved = [&current[..start], &spaces, &current[start..]].concat();
        moved_lines.push(next);
    }
}

/// Takes several trees, each with the reason why it is not whole.
type TakeAll<'f> = dyn FnMut(&[&Tree<'_>], Vec<Option<Broken>>) + 'f;

/// Reads several texts and hands all their trees over at once.
pub(crate) fn read_all(texts: &[&str], take: &mut TakeAll<'_>) {
    fn next(texts: &[&str], above: &[&Tree<'_>], broken: &mut Vec<Option<Broken>>, take: &mut TakeAll<'_>) {
        let Some((text, rest)) = texts.split_first() else { return take(above, std::mem::take(broken)) };
        read(text, |tree, why| {
            broken.push(why);
            let mut trees: Vec<&Tree<'_>> = above.to_vec();
            trees.push(tree);
            next(rest, &trees, broken, take);
        });
    }
    next(texts, &[], &mut Vec::new(), take);
}

/// The documents of one text.
pub(crate) struct Tree<'t> {
    text: &'t str,
    line_starts: Vec<usize>,
    nodes: Vec<Node<'t>>,
    documents: Vec<usize>,
    moved_lines: Vec<usize>,
}

struct Node<'t> {
    kind: Kind<'t>,
    /// Lines from 1, columns in characters from 0, as the parser counts.
    line: usize,
    column: usize,
    end_line: usize,
    /// The tag of a sequence: `!reference`.
    tag: Option<Box<str>>,
}

enum Kind<'t> {
    Scalar(Cow<'t, str>, ScalarStyle),
    Sequence(Vec<usize>),
    Mapping(Vec<(usize, usize)>),
    /// What stands where nothing was written, or where an alias leads nowhere.
    Nothing,
}

/// A collection whose end has not been seen.
struct Open<'t> {
    node: Node<'t>,
    anchor: usize,
    /// A mapping's key that waits for its value.
    key: Option<usize>,
}

/// One node.
#[derive(Clone, Copy)]
pub(crate) struct Yaml<'t> {
    tree: &'t Tree<'t>,
    id: usize,
}

impl<'t> Tree<'t> {
    /// Reads `text` as far as it goes.
    fn read(text: &'t str) -> (Self, Option<Broken>) {
        let mut line_starts = vec![0];
        line_starts.extend(memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        let mut tree =
            Self { text, line_starts, nodes: Vec::new(), documents: Vec::new(), moved_lines: Vec::new() };
        let broken = Growth { tree: &mut tree, open: Vec::new(), anchors: HashMap::new() }.grow();
        (tree, broken)
    }

    /// The first document.
    pub(crate) fn first(&'t self) -> Option<Yaml<'t>> {
        self.documents.first().map(|&id| Yaml { tree: self, id })
    }

    /// All documents.
    pub(crate) fn all(&'t self) -> impl Iterator<Item = Yaml<'t>> {
        self.documents.iter().map(|&id| Yaml { tree: self, id })
    }

    /// Byte offset of a line's start; the end of the text when there is no such line.
    fn line_start(&self, line: usize) -> usize {
        self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len())
    }
}

/// A tree while it is being read.
struct Growth<'g, 't> {
    tree: &'g mut Tree<'t>,
    open: Vec<Open<'t>>,
    anchors: HashMap<usize, usize>,
}

impl<'t> Growth<'_, 't> {
    fn grow(mut self) -> Option<Broken> {
        let mut parser = Parser::new_from_str(self.tree.text);
        let broken = loop {
            let (event, span) = match parser.next_event() {
                None => break None,
                Some(Ok(next)) => next,
                Some(Err(error)) => {
                    let (line, column) = (error.marker().line(), error.marker().col() + 1);
                    let detail = format!("line {line}, column {column}: {}", error.info());
                    // Only inside brackets and quotes may white space be added without a change of meaning.
                    let too_far_left = match error.info() {
                        "invalid indentation" | "invalid indentation in flow construct" => Some(line),
                        "invalid indentation in quoted scalar" => Some(line + 1),
                        _ => None,
                    };
                    break Some(Broken { reason: "yaml_broken", detail, line, too_far_left });
                }
            };
            if self.open.len() >= DEPTH_MAX || self.tree.nodes.len() >= NODES_MAX {
                let detail = format!(
                    "line {}: nested deeper than {DEPTH_MAX} levels or more than {NODES_MAX} values",
                    span.start.line()
                );
                let line = span.start.line();
                break Some(Broken { reason: "yaml_too_large", detail, line, too_far_left: None });
            }
            self.take(event, span);
        };
        while let Some(open) = self.open.pop() {
            self.close(open);
        }
        broken
    }

    fn take(&mut self, event: Event<'t>, span: Span) {
        let node = |kind| Node {
            kind,
            line: span.start.line(),
            column: span.start.col(),
            end_line: span.end.line(),
            tag: None,
        };
        match event {
            Event::Scalar(text, style, anchor, _tag) => {
                let id = self.keep(node(Kind::Scalar(text, style)), anchor);
                self.place(id);
            }
            Event::Alias(anchor) => {
                // An anchor is known once its node is complete, so an alias can never lead into itself.
                let id = match self.anchors.get(&anchor) {
                    Some(&id) => id,
                    None => self.keep(node(Kind::Nothing), 0),
                };
                self.place(id);
            }
            Event::SequenceStart(anchor, tag) => {
                let tag = tag.map(|tag| tag.suffix.clone().into_boxed_str());
                let node = Node { tag, ..node(Kind::Sequence(Vec::new())) };
                self.open.push(Open { node, anchor, key: None });
            }
            Event::MappingStart(anchor, _tag) => {
                self.open.push(Open { node: node(Kind::Mapping(Vec::new())), anchor, key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut open) = self.open.pop() {
                    open.node.end_line = span.end.line();
                    self.close(open);
                }
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
    }

    fn keep(&mut self, node: Node<'t>, anchor: usize) -> usize {
        let id = self.tree.nodes.len();
        self.tree.nodes.push(node);
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
        id
    }

    /// Puts a complete node where it belongs.
    fn place(&mut self, id: usize) {
        let Some(open) = self.open.last_mut() else {
            self.tree.documents.push(id);
            return;
        };
        match &mut open.node.kind {
            Kind::Sequence(items) => items.push(id),
            Kind::Mapping(pairs) => match open.key.take() {
                Some(key) => pairs.push((key, id)),
                None => open.key = Some(id),
            },
            Kind::Scalar(..) | Kind::Nothing => {}
        }
    }

    fn close(&mut self, mut open: Open<'t>) {
        if let (Some(key), Kind::Mapping(_)) = (open.key, &open.node.kind) {
            let (line, column) = (open.node.line, open.node.column);
            let nothing = self.keep(Node { kind: Kind::Nothing, line, column, end_line: line, tag: None }, 0);
            if let Kind::Mapping(pairs) = &mut open.node.kind {
                pairs.push((key, nothing));
            }
        }
        let id = self.keep(open.node, open.anchor);
        self.place(id);
    }
}

/// The ways of YAML to write nothing.
fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "~" | "null")
}

impl<'t> Yaml<'t> {
    fn node(self) -> &'t Node<'t> {
        &self.tree.nodes[self.id]
    }

    /// The line where it starts, from 1.
    pub(crate) fn line(self) -> u32 {
        u32::try_from(self.node().line).unwrap_or(u32::MAX)
    }

    /// The text of a scalar.
    pub(crate) fn text(self) -> Option<&'t str> {
        match &self.node().kind {
            Kind::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// The scalars that it holds directly: itself, or a sequence's items.
    pub(crate) fn words(self) -> Vec<&'t str> {
        match self.text() {
            Some(text) => vec![text],
            None => self.items().filter_map(Yaml::text).collect(),
        }
    }

    /// The items of a sequence; none for anything else.
    pub(crate) fn items(self) -> impl Iterator<Item = Yaml<'t>> {
        let items: &[usize] = match &self.node().kind {
            Kind::Sequence(items) => items,
            _ => &[],
        };
        items.iter().map(move |&id| Yaml { id, ..self })
    }

    /// Itself, where a mapping belongs: that something else is written, or a name twice, is noted.
    pub(crate) fn mapping(self, name: &'static str) -> Self {
        let is_empty = matches!(self.node().kind, Kind::Nothing) || self.text().is_some_and(is_nothing);
        let mut names: Vec<&str> = self.pairs().filter_map(|(key, _)| key.text()).collect();
        names.sort_unstable();
        let is_twice = names.windows(2).any(|pair| pair[0] == pair[1] && pair[0] != "<<");
        if is_twice {
            note(name, Type::NamesOnce);
        } else if !is_empty && !matches!(self.node().kind, Kind::Mapping(_)) {
            note(name, Type::Object);
        }
        self
    }

    /// The pairs of a mapping in file order, duplicates included; none for anything else.
    pub(crate) fn pairs(self) -> impl Iterator<Item = (Yaml<'t>, Yaml<'t>)> {
        let pairs: &[(usize, usize)] = match &self.node().kind {
            Kind::Mapping(pairs) => pairs,
            _ => &[],
        };
        pairs.iter().map(move |&(key, value)| (Yaml { id: key, ..self }, Yaml { id: value, ..self }))
    }

    /// The pairs of a mapping with those that it merges in with `<<` and does not have itself.
    pub(crate) fn merged_pairs(self) -> impl Iterator<Item = (Yaml<'t>, Yaml<'t>)> {
        let merges = self.pairs().filter(|(name, _)| name.text() == Some("<<")).map(|(_, from)| from);
        let from = merges.flat_map(|merged| std::iter::once(merged).chain(merged.items()));
        let more = from
            .flat_map(Yaml::pairs)
            .filter(move |(name, _)| name.text().is_none_or(|name| self.own(name).is_none()));
        self.pairs().filter(|(name, _)| name.text() != Some("<<")).chain(more)
    }

    /// The value of a key: its own, or one that it merges in with `<<`.
    pub(crate) fn get(self, key: &str) -> Option<Yaml<'t>> {
        self.own(key).or_else(|| {
            // Of several merges in one mapping the last one wins.
            let merges: Vec<Yaml<'t>> =
                self.pairs().filter(|(name, _)| name.text() == Some("<<")).map(|(_, from)| from).collect();
            let from =
                merges.into_iter().rev().flat_map(|merged| std::iter::once(merged).chain(merged.items()));
            from.into_iter().find_map(|from| from.own(key).or_else(|| from.own("<<")?.own(key)))
        })
    }

    fn own(self, key: &str) -> Option<Yaml<'t>> {
        self.pairs().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// Whether a sequence carries this tag: `!reference [a, b]`.
    pub(crate) fn is_tagged(self, tag: &str) -> bool {
        self.node().tag.as_deref() == Some(tag)
    }

    /// Whether both are one node of one tree.
    pub(crate) fn is_same(self, other: Yaml<'_>) -> bool {
        self.id == other.id && std::ptr::eq(self.tree.text, other.tree.text)
    }

    /// Whether both stand in one text.
    pub(crate) fn is_beside(self, other: Yaml<'_>) -> bool {
        std::ptr::eq(self.tree.text, other.tree.text)
    }

    /// Whether it is a mapping.
    pub(crate) fn is_mapping(self) -> bool {
        matches!(self.node().kind, Kind::Mapping(_))
    }

    /// Starts to look for words in the written form of a scalar.
    pub(crate) fn search(self) -> Search<'t> {
        let node = self.node();
        let block = matches!(node.kind, Kind::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded));
        let start = self.tree.line_start(node.line);
        let in_line = self.tree.text[start..].char_indices().nth(node.column).map_or(0, |(at, _)| at);
        let end = self.tree.line_start(node.end_line + 1).max(start + in_line);
        // The header of a block scalar may carry a comment; its content begins a line below.
        let from = if block && self.tree.text[start + in_line..].starts_with(['|', '>']) {
            self.tree.line_start(node.line + 1)
        } else {
            start + in_line
        };
        Search { tree: self.tree, at: from.min(end), end, line: node.line }
    }
}

/// Looks for words in the written form of a scalar, in their order.
pub(crate) struct Search<'t> {
    tree: &'t Tree<'t>,
    at: usize,
    end: usize,
    line: usize,
}

impl Search<'_> {
    /// Where the next of these words stands, trying them in turn; the start of the scalar when escapes or
    /// folding hide them all.
    pub(crate) fn find(&mut self, words: &[&str]) -> Spot {
        let written = &self.tree.text.as_bytes()[self.at..self.end];
        let found = words.iter().find_map(|word| Some((memmem::find(written, word.as_bytes())?, word.len())));
        let Some((offset, length)) = found else {
            return Spot::line(u32::try_from(self.line).unwrap_or(u32::MAX));
        };
        let at = self.at + offset;
        self.at = at + length;
        self.line = self.tree.line_starts.partition_point(|&start| start <= at);
        let shift = if self.tree.moved_lines.contains(&self.line) { MOVED_BY } else { 0 };
        let column = (at - self.tree.line_start(self.line) + 1).saturating_sub(shift);
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Spot { line: number(self.line), column: number(column), length: number(length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> (Vec<String>, bool) {
        read(text, |tree, broken| {
            let root = tree.first().expect("the text holds a document");
            let words = root.pairs().flat_map(|(_, value)| value.words());
            (words.map(str::to_owned).collect(), broken.is_none())
        })
    }

    #[test]
    fn brackets_and_quotes_may_close_at_the_column_of_their_key() {
        assert_eq!(words("a: [\n  b,\n]\nc: d\n"), (vec!["b".to_owned(), "d".to_owned()], true));
        assert_eq!(words("a:\n  b\nx: \"c\nd\"\n").0, ["b", "c d"]);
        let nested = "k:\n  a: [\n  b,\n  c\n  ]\n";
        read(nested, |tree, broken| {
            assert_eq!(broken, None);
            let list = tree.first().and_then(|root| root.get("k")?.get("a")).expect("k.a is there");
            assert_eq!(list.words(), ["b", "c"]);
        });
    }

    #[test]
    fn a_block_that_is_really_broken_stays_broken() {
        assert!(!words("a: x\n  b: y\n").1);
        assert!(!words("a: [x\nb: y\n").1);
    }

    #[test]
    fn words_are_found_where_they_stand() {
        let text =
            "é: ${{ secrets.A }}\nrun: | # secrets.B\n  one\n  two secrets.B\nlast: 'it''s secrets.C'\n";
        read(text, |tree, _| {
            let spots: Vec<(u32, u32)> = tree
                .first()
                .expect("the text holds a document")
                .pairs()
                .zip(["secrets.A", "secrets.B", "secrets.C"])
                .map(|((_, value), name)| value.search().find(&[name]))
                .map(|spot| (spot.line, spot.column))
                .collect();
            assert_eq!(spots, [(1, 9), (4, 7), (5, 14)]);
        });
    }
}
