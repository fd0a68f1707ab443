//! A tolerant reader of HCL: blocks, attributes, and the line of each.
//!
//! A library would give nothing of a file that breaks, and a file of a generator or a template often does. Here a line that
//! cannot be read is noted, and the next one is read; nothing recurses over the input.

/// Blocks and attributes of one file that are read.
const ITEMS_MAX: usize = 100_000;
/// Deepest nesting of blocks.
const DEPTH_MAX: usize = 64;

/// One block with what stands in it.
#[derive(Debug, Default)]
pub(super) struct Block<'t> {
    /// `resource`, `provider`, …
    pub(super) kind: &'t str,
    pub(super) labels: Vec<&'t str>,
    pub(super) line: u32,
    pub(super) attributes: Vec<Attribute<'t>>,
    pub(super) blocks: Vec<Block<'t>>,
}

/// `name = expression`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute<'t> {
    pub(super) name: &'t str,
    /// The expression as written.
    pub(super) written: &'t str,
    pub(super) line: u32,
}

impl<'t> Block<'t> {
    /// A label.
    pub(super) fn label(&self, index: usize) -> &'t str {
        self.labels.get(index).copied().unwrap_or_default()
    }

    /// An attribute.
    pub(super) fn get(&self, name: &str) -> Option<Attribute<'t>> {
        self.attributes.iter().find(|attribute| attribute.name == name).copied()
    }

    /// The text of an attribute that is a plain string.
    pub(super) fn text(&self, name: &str) -> Option<&'t str> {
        self.get(name)?.text()
    }
}

impl<'t> Attribute<'t> {
    /// The string, when it is one without interpolation.
    pub(super) fn text(&self) -> Option<&'t str> {
        let inside = self.written.strip_prefix('"')?.strip_suffix('"')?;
        (!inside.contains("${") && !inside.contains('"')).then_some(inside)
    }
}

/// What a file holds: its blocks below one root, and where reading failed first.
pub(super) struct File<'t> {
    pub(super) root: Block<'t>,
    /// The first line that could not be read, and whether a limit stopped the reading there.
    pub(super) broken: Option<(u32, bool)>,
}

/// Reads a file.
pub(super) fn read(text: &str) -> File<'_> {
    Reader { text, at: 0, line: 1, items: 0, broken: None }.file()
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    items: usize,
    broken: Option<(u32, bool)>,
}

impl<'t> Reader<'t> {
    fn file(mut self) -> File<'t> {
        let mut open: Vec<Block<'t>> = vec![Block { line: 1, ..Block::default() }];
        while self.skip_space() {
            if self.items == ITEMS_MAX {
                self.broken = Some((self.line, true));
                break;
            }
            if self.peek() == b'}' {
                self.at += 1;
                if open.len() > 1 {
                    close(&mut open);
                } else {
                    self.note(self.line);
                }
                continue;
            }
            self.item(&mut open);
        }
        if open.len() > 1 {
            self.note(open.last().map_or(self.line, |block| block.line));
        }
        while open.len() > 1 {
            close(&mut open);
        }
        File { root: open.pop().unwrap_or_default(), broken: self.broken }
    }

    /// An attribute, or the head of a block.
    fn item(&mut self, open: &mut Vec<Block<'t>>) {
        let line = self.line;
        let Some(name) = self.word() else {
            self.note(line);
            return self.skip_line();
        };
        self.skip_blanks();
        if self.peek() == b'=' && self.peek_at(1) != b'=' {
            self.at += 1;
            self.skip_blanks();
            let written = self.expression();
            self.items += 1;
            if let Some(block) = open.last_mut() {
                block.attributes.push(Attribute { name, written, line });
            }
            return;
        }
        let mut labels = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                b'{' if open.len() < DEPTH_MAX => {
                    self.at += 1;
                    self.items += 1;
                    open.push(Block { kind: name, labels, line, ..Block::default() });
                    return;
                }
                b'"' => {
                    let start = self.at;
                    self.string();
                    labels.push(self.text[start..self.at].trim_matches('"'));
                }
                _ => match self.word() {
                    Some(word) => labels.push(word),
                    None => {
                        self.note(line);
                        return self.skip_line();
                    }
                },
            }
        }
    }

    fn note(&mut self, line: u32) {
        self.broken.get_or_insert((line, false));
    }

    fn peek(&self) -> u8 {
        self.peek_at(0)
    }

    /// A byte ahead; 0 behind the end.
    fn peek_at(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn step(&mut self) {
        if self.peek() == b'\n' {
            self.line += 1;
        }
        self.at += 1;
    }

    /// Goes to what comes next, over lines and comments; false at the end.
    fn skip_space(&mut self) -> bool {
        while self.at < self.text.len() {
            match self.peek() {
                b' ' | b'\t' | b'\r' | b'\n' | b',' | b';' => self.step(),
                b'#' => self.skip_line(),
                b'/' if self.peek_at(1) == b'/' => self.skip_line(),
                b'/' if self.peek_at(1) == b'*' => self.skip_comment(),
                _ => return true,
            }
        }
        false
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\r') {
            self.at += 1;
        }
    }

    fn skip_line(&mut self) {
        while self.at < self.text.len() && self.peek() != b'\n' {
            self.at += 1;
        }
    }

    fn skip_comment(&mut self) {
        while self.at < self.text.len() && !(self.peek() == b'*' && self.peek_at(1) == b'/') {
            self.step();
        }
        self.at = (self.at + 2).min(self.text.len());
    }

    fn word(&mut self) -> Option<&'t str> {
        let start = self.at;
        while self.peek().is_ascii_alphanumeric() || matches!(self.peek(), b'_' | b'-' | b'.') {
            self.at += 1;
        }
        (self.at > start).then(|| &self.text[start..self.at])
    }

    /// Everything up to the end of the line on which no bracket, string or heredoc is open.
    fn expression(&mut self) -> &'t str {
        let (start, line) = (self.at, self.line);
        let mut depth = 0_u32;
        while self.at < self.text.len() {
            match self.peek() {
                b'\n' if depth == 0 => break,
                b'}' if depth == 0 => break,
                b'#' => {
                    if depth == 0 {
                        break;
                    }
                    self.skip_line();
                }
                b'/' if self.peek_at(1) == b'/' => {
                    if depth == 0 {
                        break;
                    }
                    self.skip_line();
                }
                b'"' => self.string(),
                b'<' if self.peek_at(1) == b'<' => self.heredoc(),
                b'(' | b'[' | b'{' => {
                    depth += 1;
                    self.at += 1;
                }
                b')' | b']' | b'}' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                _ => self.step(),
            }
        }
        if depth > 0 {
            self.note(line);
        }
        self.text[start..self.at].trim_end()
    }

    /// A string with its quotes; one that does not end on its line ends with the line. An interpolation may go on.
    fn string(&mut self) {
        let line = self.line;
        self.at += 1;
        // Open interpolations, each with the braces inside it.
        let mut interpolations: Vec<u32> = Vec::new();
        while self.at < self.text.len() && (self.peek() != b'\n' || !interpolations.is_empty()) {
            let byte = self.peek();
            let inside = interpolations.len();
            match byte {
                b'\\' if self.peek_at(1) != b'\n' => self.at += 1,
                b'$' | b'%' if self.peek_at(1) == b'{' && inside < DEPTH_MAX => {
                    interpolations.push(0);
                    self.at += 1;
                }
                b'{' if inside > 0 => interpolations[inside - 1] += 1,
                b'}' if inside > 0 => match interpolations[inside - 1] {
                    0 => drop(interpolations.pop()),
                    _ => interpolations[inside - 1] -= 1,
                },
                b'"' if inside == 0 => {
                    self.at += 1;
                    return;
                }
                _ => {}
            }
            if self.at < self.text.len() {
                self.step();
            }
        }
        self.at = self.at.min(self.text.len());
        self.note(line);
    }

    /// `<<EOT` or `<<-EOT` with its lines.
    fn heredoc(&mut self) {
        let line = self.line;
        self.at += 2;
        if self.peek() == b'-' {
            self.at += 1;
        }
        let Some(end) = self.word() else { return };
        self.skip_line();
        while self.at < self.text.len() {
            self.step();
            let start = self.at;
            self.skip_line();
            if self.text[start..self.at].trim() == end {
                return;
            }
        }
        self.note(line);
    }
}

fn close(open: &mut Vec<Block<'_>>) {
    if let Some(block) = open.pop()
        && let Some(parent) = open.last_mut()
    {
        parent.blocks.push(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blocks_attributes_and_their_lines() {
        let text = "resource \"aws_iam_user\" \"ci\" {\n  name = \"ci-${var.a[\"x\"]}\" # who\n  tags = {\n    a = \"}\"\n  }\n  policy = <<-EOT\n    { \"x\": 1 }\n  EOT\n  nested { on = true }\n}\nlocals { a = 1 }\n";
        let file = read(text);
        assert_eq!(file.broken, None);
        let user = &file.root.blocks[0];
        assert_eq!(
            (user.kind, user.label(0), user.label(1), user.line),
            ("resource", "aws_iam_user", "ci", 1)
        );
        let told: Vec<_> = user.attributes.iter().map(|a| (a.name, a.line)).collect();
        assert_eq!(told, [("name", 2), ("tags", 3), ("policy", 6)]);
        assert_eq!(user.get("name").map(|a| a.written), Some("\"ci-${var.a[\"x\"]}\""));
        assert_eq!((user.blocks[0].kind, user.blocks[0].line), ("nested", 9));
        assert_eq!(file.root.blocks[1].get("a").map(|a| a.written), Some("1"));
    }

    #[test]
    fn what_follows_a_broken_line_is_read() {
        let file = read("%%% what\nprovider \"aws\" {\n  region = \"x\"\n");
        assert_eq!(file.broken, Some((1, false)));
        assert_eq!(file.root.blocks[0].text("region"), Some("x"));
    }

    proptest! {
        #[test]
        fn nothing_panics_and_lines_stay_in_the_text(text in "[a\"{}=\\n$#/*<\\\\ é]{0,120}") {
            let file = read(&text);
            let lines = text.matches('\n').count() as u32 + 1;
            prop_assert!(file.root.attributes.iter().all(|attribute| attribute.line <= lines));
        }
    }
}
