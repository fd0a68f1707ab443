//! The words of a Groovy script: names, texts and signs; comments and the insides of texts are no names.

use memchr::memchr_iter;

use crate::detect::witness::Spot;

/// Words of one script; a longer one is not written by hand.
const TOKENS_MAX: usize = 400_000;

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A name or number, with its line.
    Word(&'t str, u32),
    /// The inside of a text, and where it stands.
    Text(&'t str, Spot),
    /// Anything else that is not white space, with its line.
    Sign(u8, u32),
}

/// Takes words off the front of a script.
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    line_start: usize,
    whole: bool,
}

impl<'t> Tokens<'t> {
    /// Every word; false when a text or comment has no end or there are too many.
    pub(super) fn all(text: &'t str) -> (Vec<Token<'t>>, bool) {
        let mut tokens = Self { text, at: 0, line: 1, line_start: 0, whole: true };
        let mut found: Vec<Token<'t>> = Vec::new();
        while let Some(token) = tokens.next(found.last()) {
            if found.len() == TOKENS_MAX {
                tokens.whole = false;
                break;
            }
            found.push(token);
        }
        (found, tokens.whole)
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Steps over `length` bytes, counting lines.
    fn step(&mut self, length: usize) {
        let end = (self.at + length).min(self.text.len());
        for newline in memchr_iter(b'\n', &self.text.as_bytes()[self.at..end]) {
            self.line += 1;
            self.line_start = self.at + newline + 1;
        }
        self.at = end;
    }

    fn next(&mut self, last: Option<&Token<'t>>) -> Option<Token<'t>> {
        loop {
            let rest = self.rest();
            let first = *rest.as_bytes().first()?;
            if first.is_ascii_whitespace() {
                self.step(1);
            } else if rest.starts_with("//") || (self.at == 0 && rest.starts_with("#!")) {
                self.step(rest.find('\n').unwrap_or(rest.len()));
            } else if let Some(comment) = rest.strip_prefix("/*") {
                let end = comment.find("*/");
                self.whole &= end.is_some();
                self.step(end.map_or(rest.len(), |end| end + 4));
            } else {
                return Some(self.token(first, last));
            }
        }
    }

    fn token(&mut self, first: u8, last: Option<&Token<'t>>) -> Token<'t> {
        let rest = self.rest();
        for quote in ["'''", "\"\"\"", "'", "\""] {
            if rest.starts_with(quote) {
                return self.quoted(quote);
            }
        }
        // A slash begins a text where no value stands before it.
        let value_before =
            matches!(last, Some(Token::Word(..) | Token::Text(..) | Token::Sign(b')' | b']', _)));
        if first == b'/' && !value_before && rest[1..].lines().next().is_some_and(|line| line.contains('/')) {
            return self.quoted("/");
        }
        let line = self.line;
        let length =
            rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_$".contains(byte)).count();
        if length > 0 {
            self.step(length);
            return Token::Word(&rest[..length], line);
        }
        self.step(rest.chars().next().map_or(1, char::len_utf8));
        Token::Sign(first, line)
    }

    fn quoted(&mut self, quote: &str) -> Token<'t> {
        let one_line = quote.len() == 1;
        self.step(quote.len());
        let inside = self.rest();
        let column = u32::try_from(self.at - self.line_start + 1).unwrap_or(u32::MAX);
        let line = self.line;
        let bytes = inside.as_bytes();
        let mut end = 0;
        let closed = loop {
            match bytes.get(end) {
                None => break false,
                Some(b'\\') => end += 2,
                // A text on one line that has no end is one broken line, not a broken file.
                Some(b'\n') if one_line => break false,
                Some(_) if inside.as_bytes()[end..].starts_with(quote.as_bytes()) => break true,
                Some(_) => end += 1,
            }
        };
        let end = end.min(inside.len());
        let end = (0..=end).rev().find(|&at| inside.is_char_boundary(at)).unwrap_or(0);
        self.whole &= closed || one_line;
        self.step(end + if closed { quote.len() } else { 0 });
        let length = u32::try_from(end).unwrap_or(u32::MAX);
        Token::Text(&inside[..end], Spot { line, column, length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(script: &str) -> (Vec<String>, bool) {
        let (tokens, whole) = Tokens::all(script);
        let told = tokens.into_iter().map(|token| match token {
            Token::Word(word, line) => format!("{word}@{line}"),
            Token::Text(text, spot) => format!("'{text}'@{}:{}", spot.line, spot.column),
            Token::Sign(sign, _) => char::from(sign).to_string(),
        });
        (told.collect(), whole)
    }

    #[test]
    fn comments_and_texts_are_told_apart() {
        let script = "// credentials('a')\nx = 'it\\'s // no' /* \" */ + \"\"\"a\n\"b\" \"\"\"\ny";
        let expected = ["x@2", "=", "'it\\'s // no'@2:6", "+", "'a\n\"b\" '@2:32", "y@4"];
        assert_eq!(told(script), (expected.map(str::to_owned).to_vec(), true));
    }

    #[test]
    fn what_has_no_end_is_told() {
        assert!(!told("a /* b").1);
        assert!(!told("a '''b").1);
        assert_eq!(told("a 'b\nc").0, ["a@1", "'b'@1:4", "c@2"]);
        assert!(told("a = b / c / d\nn = x ==~ /r[0-9]'/ ").1);
    }
}
