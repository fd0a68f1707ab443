//! What the text around a match says about it, where the path says nothing: a test or documentation inside of a live file.

use serde::{Deserialize, Serialize};

use super::context::PathClass;

/// Bytes before a match in which the item that holds it is looked for.
const ITEM_BYTES_MAX: usize = 64 << 10;

/// Bytes before a match in which the comment that holds it is opened.
const BLOCK_BYTES_MAX: usize = 8 << 10;

/// Where in its file a match stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Surroundings {
    /// In nothing that is known to be apart.
    #[default]
    Plain,
    /// In a test that lies in the file that it tests, as Rust has them.
    Test,
    /// In a comment that documents what follows it, as Rust, C# and Swift have them.
    Documentation,
}

impl Surroundings {
    /// Of the byte at `at`.
    pub fn of(bytes: &[u8], at: usize) -> Self {
        let before = &bytes[at.saturating_sub(ITEM_BYTES_MAX)..at];
        let line = memchr::memrchr(b'\n', before).map_or(before, |end| &before[end + 1..]).trim_ascii_start();
        // A block of comment, or an indented sample in a comment of lines: nobody comments out what a star begins.
        let block = line.starts_with(b"* ") || line.starts_with(b"*\t");
        let sample = line.starts_with(b"//      ") && line[2..].trim_ascii_start().starts_with(b"\"");
        if line.starts_with(b"///") || line.starts_with(b"//!") || block && is_in_block(before) || sample {
            return Surroundings::Documentation;
        }
        // An item of the file ends with a brace that begins its line.
        let item = memchr::memmem::rfind(before, b"\n}").map_or(before, |end| &before[end + 2..]);
        if is_rust_test(item) { Surroundings::Test } else { Surroundings::Plain }
    }

    /// The class of a live path's part.
    pub fn class(self) -> PathClass {
        match self {
            Surroundings::Plain => PathClass::Live,
            Surroundings::Test => PathClass::Test,
            Surroundings::Documentation => PathClass::Documentation,
        }
    }
}

/// Whether a comment that a star and a slash end was opened not far before: a list in Markdown begins with a star, too.
fn is_in_block(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(BLOCK_BYTES_MAX)..];
    let opens = memchr::memmem::rfind(near, b"/**");
    opens.is_some_and(|at| memchr::memmem::find(&near[at..], b"*/").is_none())
}

/// Whether an item, as far as it goes, is a test function or a module of tests: `#[test]`, `#[tokio::test]`,
/// `#[cfg(test)] mod`.
fn is_rust_test(item: &[u8]) -> bool {
    let starts_line = |at: usize| {
        let line = memchr::memrchr(b'\n', &item[..at]).map_or(0, |end| end + 1);
        item[line..at].trim_ascii().is_empty()
    };
    let attribute = |text: &[u8]| memchr::memmem::find_iter(item, text).any(starts_line);
    let module = memchr::memmem::find_iter(item, b"#[cfg(test)]").any(|at| {
        let next = item[at + b"#[cfg(test)]".len()..].trim_ascii_start();
        starts_line(at) && (next.starts_with(b"mod ") || next.starts_with(b"pub"))
    });
    module
        || attribute(b"#[test]")
        || memchr::memmem::find(item, b"::test]").is_some_and(|at| {
            let line = memchr::memrchr(b'\n', &item[..at]).map_or(0, |end| end + 1);
            item[line..at].trim_ascii_start().starts_with(b"#[")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_mark(text: &str) -> Surroundings {
        Surroundings::of(text.as_bytes(), text.find('@').expect("the text has a mark"))
    }

    #[test]
    fn tests_and_documentation_inside_of_a_file_are_told() {
        assert_eq!(at_mark("fn a() {\n    let k = \"@\";\n}\n"), Surroundings::Plain);
        assert_eq!(at_mark("/// let k = \"@\";\nfn a() {}\n"), Surroundings::Documentation);
        assert_eq!(at_mark("#[test]\nfn a() {\n    let k = \"@\";\n}\n"), Surroundings::Test);
        assert_eq!(at_mark("#[tokio::test]\nasync fn a() {\n    let k = \"@\";\n}\n"), Surroundings::Test);
        let module =
            "fn a() {\n}\n\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n    const K: &str = \"@\";\n}\n";
        assert_eq!(at_mark(module), Surroundings::Test);
    }

    #[test]
    fn a_test_before_live_code_says_nothing_about_it() {
        assert_eq!(at_mark("#[test]\nfn a() {\n}\n\nconst K: &str = \"@\";\n"), Surroundings::Plain);
        assert_eq!(at_mark("#[cfg(test)]\nuse x::y;\nconst K: &str = \"@\";\n"), Surroundings::Plain);
        assert_eq!(at_mark("* * * * * curl -u a:@\n"), Surroundings::Plain);
    }
}
