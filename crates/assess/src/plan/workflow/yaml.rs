//! A workflow's structure with the lines where everything stands, for edits of its text.
//!
//! It answers where a thing is; nothing is ever written back from it. Building it does not recurse over the
//! input, and depth and number of nodes have limits.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 64;
/// Most nodes that are read.
const NODES_MAX: usize = 100_000;

/// One node with its place. Lines count from 0, columns in characters from 0.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) end_line: usize,
    /// Written between brackets or braces.
    pub(super) flow: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// A scalar that stands on one line as it is.
    Line(String),
    /// A scalar in block style.
    Block(String),
    Map(Vec<(Node, Node)>),
    Seq(Vec<Node>),
}

impl Node {
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Line(text) | Kind::Block(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn entries(&self) -> &[(Node, Node)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Seq(items) => items,
            _ => &[],
        }
    }

    /// The entry with this key.
    pub(super) fn entry(&self, name: &str) -> Option<&(Node, Node)> {
        self.entries().iter().find(|(key, _)| key.text() == Some(name))
    }

    /// The value of this key.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|(_, value)| value)
    }

    /// A map whose entries stand on lines of their own.
    pub(super) fn is_block_map(&self) -> bool {
        matches!(self.kind, Kind::Map(_)) && !self.flow
    }
}

/// Why a text was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is no YAML, or larger than the limits.
    Broken,
    /// It uses anchors or tags, so that one text may stand in several places.
    Anchors,
}

/// Reads the first document of a text.
pub(super) fn read(text: &str) -> Result<Node, Refused> {
    // A carriage return alone is a line to YAML and none to a diff.
    if text.replace("\r\n", "\n").contains('\r') {
        return Err(Refused::Broken);
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let mut growth = Growth { lines, open: Vec::new(), nodes: 0 };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|_| Refused::Broken)?;
        if let Some(root) = growth.take(event, span)? {
            return Ok(root);
        }
    }
    Err(Refused::Broken)
}

struct Growth<'t> {
    lines: Vec<&'t str>,
    open: Vec<Open>,
    nodes: usize,
}

/// A collection whose end has not been seen.
struct Open {
    line: usize,
    column: usize,
    flow: bool,
    is_map: bool,
    items: Vec<Node>,
    entries: Vec<(Node, Node)>,
    key: Option<Node>,
}

impl Growth<'_> {
    /// Takes one event; gives the document once it is whole.
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<Option<Node>, Refused> {
        self.nodes += 1;
        if self.nodes > NODES_MAX || self.open.len() > DEPTH_MAX {
            return Err(Refused::Broken);
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if anchor != 0 || tag.is_some() {
                    return Err(Refused::Anchors);
                }
                let kind = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => Kind::Block(text.into_owned()),
                    _ => Kind::Line(text.into_owned()),
                };
                Ok(self.place(node(kind, span, false)))
            }
            Event::MappingStart(anchor, tag) | Event::SequenceStart(anchor, tag)
                if anchor != 0 || tag.is_some() =>
            {
                Err(Refused::Anchors)
            }
            Event::MappingStart(..) => {
                self.start(true, span);
                Ok(None)
            }
            Event::SequenceStart(..) => {
                self.start(false, span);
                Ok(None)
            }
            Event::MappingEnd | Event::SequenceEnd => {
                let Some(open) = self.open.pop() else { return Err(Refused::Broken) };
                let kind = if open.is_map { Kind::Map(open.entries) } else { Kind::Seq(open.items) };
                let whole = Node { line: open.line, column: open.column, ..node(kind, span, open.flow) };
                Ok(self.place(whole))
            }
            Event::Alias(_) => Err(Refused::Anchors),
            _ => Ok(None),
        }
    }

    fn start(&mut self, is_map: bool, span: Span) {
        let line = span.start.line().saturating_sub(1);
        let first = self.lines.get(line).and_then(|line| line.chars().nth(span.start.col()));
        let flow = matches!(first, Some('{' | '['));
        let column = span.start.col();
        self.open.push(Open {
            line,
            column,
            flow,
            is_map,
            items: Vec::new(),
            entries: Vec::new(),
            key: None,
        });
    }

    /// Puts a finished node into what is open; gives it back when nothing is.
    fn place(&mut self, node: Node) -> Option<Node> {
        let Some(open) = self.open.last_mut() else { return Some(node) };
        match (open.is_map, open.key.take()) {
            (false, _) => open.items.push(node),
            (true, None) => open.key = Some(node),
            (true, Some(key)) => open.entries.push((key, node)),
        }
        None
    }
}

fn node(kind: Kind, span: Span, flow: bool) -> Node {
    Node {
        kind,
        line: span.start.line().saturating_sub(1),
        column: span.start.col(),
        end_line: span.end.line().saturating_sub(1),
        flow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_text() {
        let root = read("on: push\njobs:\n  a:\n    env: {X: 1}\n    steps:\n      - uses: x@v1 # why\n        with:\n          k: \"v\"   # c\n").unwrap();
        let job = root.get("jobs").unwrap().get("a").unwrap();
        assert!(job.is_block_map() && job.get("env").unwrap().flow);
        let step = &job.get("steps").unwrap().items()[0];
        assert_eq!(step.line, 5);
        let (key, value) = step.get("with").unwrap().entry("k").unwrap();
        assert_eq!((key.line, value.line, value.column, value.end_line), (7, 7, 13, 7));
        assert_eq!(step.get("uses").unwrap().end_line, 5);
    }

    #[test]
    fn what_cannot_be_edited_line_by_line_is_refused() {
        assert_eq!(read("a: &x 1\nb: *x\n").unwrap_err(), Refused::Anchors);
        assert_eq!(read("a: [1\n").unwrap_err(), Refused::Broken);
        assert_eq!(read("a: 1\rb: 2\n").unwrap_err(), Refused::Broken);
        assert_eq!(read("a:\n\tb: 1\n").unwrap_err(), Refused::Broken);
        assert_eq!(read(&"[".repeat(100_000)).unwrap_err(), Refused::Broken);
        assert_eq!(read("").unwrap_err(), Refused::Broken);
    }
}
