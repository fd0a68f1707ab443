//! Finds uses of the `secrets` context in GitHub's expressions.
//!
//! Only what stands inside `${{ }}` is an expression; text in quotes inside it is not a use. The grammar is
//! small enough that a scan over its tokens is exact for this question.

/// One way of touching the `secrets` context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use<'t> {
    /// `secrets.NAME` or `secrets['NAME']`.
    Named(&'t str),
    /// `secrets[…]` with a name that is computed; holds the computation.
    Computed(&'t str),
    /// The context as a whole: `toJSON(secrets)`, `secrets.*`.
    Whole,
}

/// A use with the text that spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'t> {
    pub(super) what: Use<'t>,
    pub(super) written: &'t str,
}

/// Every use in a text, in order.
pub(super) fn secret_uses(text: &str) -> Vec<Found<'_>> {
    expressions(text).flat_map(uses_in).collect()
}

/// Every use in a text that is an expression as a whole, with or without `${{ }}`: a condition.
pub(super) fn secret_uses_of_condition(text: &str) -> Vec<Found<'_>> {
    if text.contains("${{") { secret_uses(text) } else { uses_in(text) }
}

/// The inputs that a text takes: `inputs.name` and `inputs['name']`.
pub(super) fn inputs(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for expression in expressions(text) {
        let mut tokens = Tokens::new(expression);
        let mut after_dot = false;
        while let Some(token) = tokens.next() {
            let context =
                !after_dot && matches!(token, Token::Word(word) if word.eq_ignore_ascii_case("inputs"));
            if context && let Use::Named(name) = tokens.member() {
                found.push(name);
            }
            after_dot = token == Token::Sign(b'.');
        }
    }
    found
}

/// The insides of every `${{ }}`.
pub(super) fn expressions(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let open = rest.find("${{")? + 3;
        let inside = &rest[open..];
        let close = end_of_expression(inside)?;
        rest = &inside[close + 2..];
        Some(&inside[..close])
    })
}

/// Offset of the `}}` that ends an expression; quotes hide braces.
fn end_of_expression(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quoted = false;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'}' if !quoted && bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
    }
    None
}

fn uses_in(expression: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let mut tokens = Tokens::new(expression);
    let mut after_dot = false;
    while let Some(token) = tokens.next() {
        if let Token::Word(word) = token
            && !after_dot
            && word.eq_ignore_ascii_case("secrets")
        {
            let start = tokens.at - word.len();
            let what = tokens.member();
            found.push(Found { what, written: expression[start..tokens.at].trim_end() });
            // A computed name may itself use a secret; it has been stepped over.
            if let Use::Computed(inner) = what {
                found.extend(uses_in(inner));
            }
            after_dot = false;
            continue;
        }
        after_dot = token == Token::Sign(b'.');
    }
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Word(&'t str),
    Text(&'t str),
    Sign(u8),
}

#[derive(Clone, Copy)]
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn next(&mut self) -> Option<Token<'t>> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let first = *bytes.get(start)?;
        self.at += 1;
        if first == b'\'' {
            // A doubled quote inside gives two texts in a row, which no question here minds.
            while let Some(&byte) = bytes.get(self.at) {
                self.at += 1;
                if byte == b'\'' {
                    return Some(Token::Text(&self.text[start + 1..self.at - 1]));
                }
            }
            return None;
        }
        if first.is_ascii_alphanumeric() || first == b'_' {
            while bytes.get(self.at).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte))
            {
                self.at += 1;
            }
            return Some(Token::Word(&self.text[start..self.at]));
        }
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        Some(Token::Sign(first))
    }

    /// What follows the word `secrets`; stands behind it afterwards.
    fn member(&mut self) -> Use<'t> {
        let mut ahead = *self;
        let what = match (ahead.next(), ahead.next()) {
            (Some(Token::Sign(b'.')), Some(Token::Word(name))) => Use::Named(name),
            (Some(Token::Sign(b'.')), Some(Token::Sign(b'*'))) => Use::Whole,
            (Some(Token::Sign(b'[')), Some(Token::Text(name))) if ahead.next() == Some(Token::Sign(b']')) => {
                Use::Named(name)
            }
            (Some(Token::Sign(b'[')), Some(_)) => {
                self.next();
                let inside = &self.text[self.at..];
                let length = self.skip_to_closing();
                return Use::Computed(inside[..length].trim());
            }
            _ => return Use::Whole,
        };
        *self = ahead;
        what
    }

    /// Steps behind the `]` that closes what is open; gives the length of what was inside.
    fn skip_to_closing(&mut self) -> usize {
        let start = self.at;
        let mut depth = 1;
        while let Some(token) = self.next() {
            match token {
                Token::Sign(b'[') => depth += 1,
                Token::Sign(b']') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return self.at - 1 - start;
            }
        }
        self.text.len() - start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(text: &str) -> Vec<Use<'_>> {
        secret_uses(text).into_iter().map(|found| found.what).collect()
    }

    #[test]
    fn names_are_found_in_every_spelling() {
        assert_eq!(uses("${{ secrets.A }}"), [Use::Named("A")]);
        assert_eq!(uses("x ${{ SECRETS . B || secrets['C'] }} y"), [Use::Named("B"), Use::Named("C")]);
        assert_eq!(uses("${{secrets.A}}${{ secrets.B-1 }}"), [Use::Named("A"), Use::Named("B-1")]);
        assert_eq!(uses("${{ format('{0}}}', secrets.A) }}"), [Use::Named("A")]);
    }

    #[test]
    fn what_only_looks_like_a_use_is_none() {
        for text in [
            "secrets.A",
            "${{ inputs.secrets.A }}",
            "${{ 'secrets.A' }}",
            "${{ 'it''s secrets.A' }}",
            "${{ my_secrets.A }}",
            "${{ secrets.A",
            "$ {{ secrets.A }}",
        ] {
            assert_eq!(uses(text), [], "{text}");
        }
    }

    #[test]
    fn the_whole_context_and_computed_names_are_told_apart() {
        assert_eq!(uses("${{ toJSON(secrets) }}"), [Use::Whole]);
        assert_eq!(uses("${{ secrets.* }}"), [Use::Whole]);
        assert_eq!(uses("${{ secrets[matrix.key] }}"), [Use::Computed("matrix.key")]);
        assert_eq!(
            uses("${{ secrets[format('{0}_KEY', secrets.STAGE)] || secrets.B }}"),
            [Use::Computed("format('{0}_KEY', secrets.STAGE)"), Use::Named("STAGE"), Use::Named("B")]
        );
        assert_eq!(uses("${{ secrets[secrets['A']] }}"), [Use::Computed("secrets['A']"), Use::Named("A")]);
    }

    #[test]
    fn letters_outside_ascii_do_not_break_it() {
        assert_eq!(uses("${{ é || secrets.Ä || secrets.A }}"), [Use::Whole, Use::Named("A")]);
    }

    #[test]
    fn the_written_form_is_exact() {
        let found = secret_uses("${{ toJSON(secrets) || secrets['A'] || secrets.B }}");
        let written: Vec<_> = found.iter().map(|found| found.written).collect();
        assert_eq!(written, ["secrets", "secrets['A']", "secrets.B"]);
    }
}
