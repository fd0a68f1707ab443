//! A pattern from elsewhere, made into what a rule of ours needs: a regex with a value group, and something to look for.

use regex_syntax::ast::{self, Ast, GroupKind, Visitor};
use regex_syntax::hir::{Hir, HirKind};
use regex_syntax::{Error, ParserBuilder};

use crate::engine::VALUE_GROUPS;
use crate::rules::literals::{LITERALS_MAX, Required, is_worth_looking_for};
use crate::rules::{LEAD_BYTES_MAX, RuleSpec, WINDOW_BYTES_MAX};

/// Longest text of a pattern.
pub(crate) const PATTERN_TEXT_MAX: usize = 16 << 10;
/// Bytes on either side of a keyword in which a match counts as near it.
const NEAR_BYTES: u32 = 512;
/// Window of a pattern without an end that stays on its line.
const LINE_WINDOW: u32 = 2048;

/// Which groups hold the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// The group of this number; 0 is the whole match.
    Group(usize),
    /// The first group that takes part and is not empty.
    FirstTaken,
    /// The group named `token`, else the unnamed ones' last, else the named ones' last.
    Token,
}

/// What a pattern became.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    anchors: Vec<String>,
    words: Vec<String>,
    pattern: String,
    near: bool,
    before: u32,
    after: u32,
    /// What was lost on the way: field and reason.
    pub(super) notes: Vec<(&'static str, String)>,
}

impl Shape {
    /// Makes a shape of a pattern in our syntax.
    ///
    /// # Errors
    /// Why it cannot be carried over, in words.
    pub(super) fn of(pattern: &str, value: Value, keywords: &[String]) -> Result<Shape, String> {
        let ast = ast::parse::Parser::new().parse(pattern).map_err(|e| refusal(&Error::Parse(e)))?;
        let mut notes = Vec::new();
        let pattern = name_groups(pattern, &ast, value, &mut notes)?;
        let hir = parse(&pattern)?;
        let mut shape = Shape { pattern, notes, ..Shape::default() };
        match Required::of(&hir) {
            Some(required) => shape.look_for(required, &hir, keywords),
            None => shape.look_near(&hir, keywords)?,
        }
        Ok(shape)
    }

    /// Writes the shape into a rule.
    pub(super) fn fill(self, spec: &mut RuleSpec) {
        spec.anchors = self.anchors;
        spec.words = self.words;
        spec.pattern = self.pattern;
        spec.near = self.near;
        spec.before = self.before;
        spec.after = self.after;
    }

    fn look_for(&mut self, required: Required, hir: &Hir, keywords: &[String]) {
        let implied = |literal: &String| {
            let lower = literal.to_ascii_lowercase();
            keywords.iter().any(|keyword| lower.contains(&keyword.to_ascii_lowercase()))
        };
        if !keywords.is_empty() && !required.literals.iter().all(implied) {
            self.notes.push((
                "keywords",
                "the pattern's own text leads to it, in files without a keyword, too".to_owned(),
            ));
        }
        let wanted = |length: Option<usize>, limit: u32| {
            length.map(|length| (u32::try_from(length).unwrap_or(u32::MAX), limit))
        };
        self.before = self.bounded("before", wanted(required.before, LEAD_BYTES_MAX), LEAD_BYTES_MAX);
        let endless = if crosses_lines(hir) { WINDOW_BYTES_MAX } else { LINE_WINDOW };
        self.after = self.bounded("from", wanted(required.after, WINDOW_BYTES_MAX), endless);
        if required.any_case {
            self.words = required.literals;
        } else {
            self.anchors = required.literals;
        }
    }

    /// A pattern of character classes only: a keyword has to stand close by.
    fn look_near(&mut self, hir: &Hir, keywords: &[String]) -> Result<(), String> {
        if keywords.is_empty() {
            return Err("no text of three bytes lies inside every match, and no keyword leads to it: \
                        write it as a rule of your own with `words`"
                .to_owned());
        }
        if keywords.len() > LITERALS_MAX {
            return Err(format!("more than {LITERALS_MAX} keywords"));
        }
        if let Some(weak) = keywords.iter().position(|keyword| !is_worth_looking_for(keyword)) {
            return Err(format!("keyword {} is shorter than three bytes, or all the same", weak + 1));
        }
        let length = hir.properties().maximum_len().and_then(|length| u32::try_from(length).ok());
        self.near = true;
        self.words = keywords.iter().map(|keyword| keyword.to_ascii_lowercase()).collect();
        self.words.sort();
        self.words.dedup();
        self.before = NEAR_BYTES.saturating_add(length.unwrap_or(NEAR_BYTES)).min(LEAD_BYTES_MAX);
        self.after = NEAR_BYTES.saturating_add(length.unwrap_or(LINE_WINDOW)).min(WINDOW_BYTES_MAX);
        self.notes.push((
            "keywords",
            format!("a match counts within {NEAR_BYTES} bytes of a keyword, not in the whole file"),
        ));
        Ok(())
    }

    /// A window's length; says when a bound that the pattern names does not fit.
    fn bounded(&mut self, side: &str, wanted: Option<(u32, u32)>, endless: u32) -> u32 {
        let Some((length, limit)) = wanted else { return endless };
        if length > limit {
            self.notes.push((
                "pattern",
                format!("matches that reach more than {limit} bytes {side} their anchor are not seen"),
            ));
        }
        length.clamp(1, limit)
    }
}

/// Parses a pattern over bytes.
///
/// # Errors
/// Why it cannot be one, in words.
pub(super) fn parse(pattern: &str) -> Result<Hir, String> {
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).build();
    parser.parse(pattern).map_err(|error| refusal(&error))
}

/// Why a pattern is refused, without its text.
fn refusal(error: &Error) -> String {
    use ast::ErrorKind;
    let Error::Parse(error) = error else {
        return match error {
            Error::Translate(error) => format!("not a pattern over bytes: {}", error.kind()),
            _ => "not a valid pattern".to_owned(),
        };
    };
    match error.kind() {
        ErrorKind::UnsupportedLookAround => "lookaround: a linear-time regex has none".to_owned(),
        ErrorKind::UnsupportedBackreference => "a backreference: a linear-time regex has none".to_owned(),
        kind => format!("not a pattern that can be read here: {kind}"),
    }
}

/// One capture group of a pattern.
struct Group {
    open: usize,
    /// Where the name stands with its marks, when it has one.
    mark: Option<(usize, usize)>,
    name: Option<String>,
}

#[derive(Default)]
struct Groups(Vec<Group>);

impl Visitor for Groups {
    type Output = Vec<Group>;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<Self::Output, Self::Err> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        if let Ast::Group(group) = ast {
            let open = group.span.start.offset + 1;
            match &group.kind {
                GroupKind::CaptureIndex(_) => self.0.push(Group { open, mark: None, name: None }),
                GroupKind::CaptureName { name, .. } => self.0.push(Group {
                    open,
                    mark: Some((open, name.span.end.offset + 1)),
                    name: Some(name.name.clone()),
                }),
                GroupKind::NonCapturing(_) => {}
            }
        }
        Ok(())
    }
}

/// Names the groups that hold the value; no other group keeps a name or a number.
fn name_groups(
    pattern: &str,
    ast: &Ast,
    value: Value,
    notes: &mut Vec<(&'static str, String)>,
) -> Result<String, String> {
    let groups = match ast::visit(ast, Groups::default()) {
        Ok(groups) => groups,
        Err(never) => match never {},
    };
    let chosen = choose(&groups, value, notes)?;
    let mut out = String::with_capacity(pattern.len() + 16 * groups.len());
    let mut at = 0;
    for (index, group) in groups.iter().enumerate() {
        out.push_str(&pattern[at..group.open]);
        match chosen.iter().position(|&one| one == index) {
            Some(place) => out.push_str(&format!("?P<{}>", VALUE_GROUPS[place])),
            None => out.push_str("?:"),
        }
        at = group.mark.map_or(group.open, |(_, end)| end);
    }
    out.push_str(&pattern[at..]);
    Ok(out)
}

fn choose(
    groups: &[Group],
    value: Value,
    notes: &mut Vec<(&'static str, String)>,
) -> Result<Vec<usize>, String> {
    match value {
        Value::Group(0) => Ok(Vec::new()),
        Value::Group(number) if number <= groups.len() => Ok(vec![number - 1]),
        Value::Group(number) => {
            Err(format!("its value is group {number}, but the pattern has {} groups", groups.len()))
        }
        Value::FirstTaken => {
            if groups.len() > VALUE_GROUPS.len() {
                notes.push((
                    "regex",
                    format!("only the first {} groups may hold the value", VALUE_GROUPS.len()),
                ));
            }
            Ok((0..groups.len().min(VALUE_GROUPS.len())).collect())
        }
        Value::Token => {
            let named =
                |group: &Group| group.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case("token"));
            if let Some(token) = groups.iter().position(named) {
                return Ok(vec![token]);
            }
            let unnamed: Vec<usize> = (0..groups.len()).filter(|&i| groups[i].name.is_none()).collect();
            let among = if unnamed.is_empty() { (0..groups.len()).collect() } else { unnamed };
            if among.len() > 1 {
                notes.push(("pattern", format!("of {} groups the last is taken for the value", among.len())));
            }
            Ok(among.last().copied().into_iter().collect())
        }
    }
}

/// Whether an endless part of the pattern goes on over the ends of lines.
fn crosses_lines(hir: &Hir) -> bool {
    let holds_line_end = |hir: &Hir| match hir.kind() {
        HirKind::Class(regex_syntax::hir::Class::Bytes(class)) => {
            class.ranges().iter().any(|range| range.start() <= b'\n' && b'\n' <= range.end())
        }
        HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => {
            class.ranges().iter().any(|range| range.start() <= '\n' && '\n' <= range.end())
        }
        _ => true,
    };
    let mut open = vec![hir];
    while let Some(hir) = open.pop() {
        match hir.kind() {
            HirKind::Repetition(repetition) => {
                if repetition.max.is_none() && holds_line_end(&repetition.sub) {
                    return true;
                }
                open.push(&repetition.sub);
            }
            HirKind::Capture(group) => open.push(&group.sub),
            HirKind::Concat(subs) | HirKind::Alternation(subs) => open.extend(subs),
            HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(pattern: &str, value: Value, keywords: &[&str]) -> Result<Shape, String> {
        let keywords: Vec<String> = keywords.iter().map(|&keyword| keyword.to_owned()).collect();
        Shape::of(pattern, value, &keywords)
    }

    #[test]
    fn only_the_value_keeps_its_group() {
        let named = |pattern, value| shape(pattern, value, &[]).map(|shape| shape.pattern);
        let text = "acme(?P<user>a)(b)";
        assert_eq!(named(text, Value::Group(2)).unwrap(), "acme(?:a)(?P<secret>b)");
        assert_eq!(named(text, Value::Group(0)).unwrap(), "acme(?:a)(?:b)");
        assert_eq!(named(text, Value::FirstTaken).unwrap(), "acme(?P<secret>a)(?P<secret_2>b)");
        assert_eq!(named("acme(?<token>a)(b)", Value::Token).unwrap(), "acme(?P<secret>a)(?:b)");
        assert!(named(text, Value::Group(3)).unwrap_err().contains("group 3"));
    }

    #[test]
    fn a_keyword_that_the_pattern_implies_costs_nothing() {
        let shape = shape("(?i)acme[:=]([a-z]{8})", Value::FirstTaken, &["ACME"]).unwrap();
        assert_eq!(shape.words, ["acme:", "acme="]);
        assert_eq!((shape.notes.len(), shape.near), (0, false));
    }

    #[test]
    fn a_pattern_without_text_is_found_near_its_keyword() {
        let near = shape("[0-9a-f]{32}", Value::FirstTaken, &["acme"]).unwrap();
        assert!(near.near);
        assert_eq!(near.words, ["acme"]);
        assert_eq!((near.before, near.after), (544, 544));
        assert!(shape("[0-9a-f]{32}", Value::FirstTaken, &[]).is_err());
        assert!(shape("[0-9a-f]{32}", Value::FirstTaken, &["ab"]).is_err());
    }

    #[test]
    fn an_endless_pattern_gets_a_longer_window_when_it_crosses_lines() {
        let after = |pattern| shape(pattern, Value::FirstTaken, &[]).unwrap().after;
        assert_eq!(after("acme_[a-z]+"), LINE_WINDOW);
        assert_eq!(after(r"acme_[\s\S]*?end"), WINDOW_BYTES_MAX);
        assert_eq!(after("acme_[a-z]{4}"), 9);
    }

    #[test]
    fn what_a_linear_regex_cannot_do_is_named() {
        let why = |pattern| shape(pattern, Value::FirstTaken, &[]).unwrap_err();
        assert!(why("acme(?=x)").contains("lookaround"));
        assert!(why("acme(?<!x)").contains("lookaround"));
        assert!(why(r"acme(a)\1").contains("backreference"));
        assert!(!why("acme_sekrit(").contains("sekrit"), "the text stays out of the reason");
    }
}
