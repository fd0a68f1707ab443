//! What the text around a match says about it, where the path says nothing: a test or documentation inside of a live file.

use serde::{Deserialize, Serialize};

use super::context::PathClass;

/// Bytes before a match in which the item that holds it is looked for.
const ITEM_BYTES_MAX: usize = 64 << 10;

/// Bytes before a match in which the comment that holds it is opened.
const BLOCK_BYTES_MAX: usize = 8 << 10;

/// Longest line that people write, bytes.
const LINE_BYTES_MAX: usize = 2_000;

/// Bytes of a part of code in which there is one semicolon, and one assignment or bracket, at least.
const SEMICOLON_BYTES: usize = 200;
const SIGN_BYTES: usize = 80;

/// Bytes of a file in which strings of several lines are followed.
const STRINGS_BYTES_MAX: usize = 256 << 10;

/// Where in its file a match stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Surroundings {
    /// In nothing that is known to be apart.
    #[default]
    Plain,
    /// In a test that lies in the file that it tests, as Rust has them.
    Test,
    /// In a comment that documents what follows it, as Rust, C# and Swift have them, or in a docstring of Python.
    Documentation,
    /// In a line of code that no hand wrote: packed, bundled or hidden, whatever the file is called.
    Packed,
}

impl Surroundings {
    /// Of the byte at `at`.
    pub fn of(bytes: &[u8], at: usize) -> Self {
        let before = &bytes[at.saturating_sub(ITEM_BYTES_MAX)..at];
        let line = memchr::memrchr(b'\n', before).map_or(before, |end| &before[end + 1..]).trim_ascii_start();
        // A block of comment, or an indented sample in a comment of lines: nobody comments out what a star begins.
        let block = line.starts_with(b"* ") || line.starts_with(b"*\t");
        let sample = line.starts_with(b"//      ") && line[2..].trim_ascii_start().starts_with(b"\"");
        if line.starts_with(b"///")
            || line.starts_with(b"//!")
            || block && is_in_block(before)
            || sample
            || is_example(line)
            || at <= STRINGS_BYTES_MAX && is_in_docstring(&bytes[..at])
        {
            return Surroundings::Documentation;
        }
        // An item of the file ends with a brace that begins its line.
        let item = memchr::memmem::rfind(before, b"\n}").map_or(before, |end| &before[end + 2..]);
        if is_rust_test(item) {
            Surroundings::Test
        } else if is_packed(bytes, at) {
            Surroundings::Packed
        } else {
            Surroundings::Plain
        }
    }

    /// The class of a live path's part.
    pub fn class(self) -> PathClass {
        match self {
            // What packed code makes of a match depends on the match.
            Surroundings::Plain | Surroundings::Packed => PathClass::Live,
            Surroundings::Test => PathClass::Test,
            Surroundings::Documentation => PathClass::Documentation,
        }
    }
}

/// `example: …`, `"example": …`: what the description of an interface shows.
fn is_example(line: &[u8]) -> bool {
    let name = line.strip_prefix(b"- ").unwrap_or(line);
    let name = name.strip_prefix(b"\"").or_else(|| name.strip_prefix(b"'")).unwrap_or(name);
    name.strip_prefix(b"example").is_some_and(|behind| {
        let closed = behind.strip_prefix(b"\"").or_else(|| behind.strip_prefix(b"'")).unwrap_or(behind);
        closed.trim_ascii_start().starts_with(b":")
    })
}

/// Whether a comment that a star and a slash end was opened not far before: a list in Markdown begins with a star, too.
fn is_in_block(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(BLOCK_BYTES_MAX)..];
    let opens = memchr::memmem::rfind(near, b"/**");
    opens.is_some_and(|at| memchr::memmem::find(&near[at..], b"*/").is_none())
}

/// Whether a docstring is open at the end of this beginning of a file: a string in three quotes that follows the head of a
/// function or class, begins the file, or is one of those in which modules of Ansible keep their documentation.
fn is_in_docstring(file: &[u8]) -> bool {
    let mut opened: Option<(usize, u8)> = None;
    let mut next = 0;
    for at in memchr::memchr2_iter(b'"', b'\'', file) {
        let quote = file[at];
        if at < next || !file[at..].starts_with(&[quote; 3]) {
            continue;
        }
        match opened {
            None => opened = Some((at, quote)),
            Some((_, other)) if other == quote => opened = None,
            Some(_) => continue,
        }
        next = at + 3;
    }
    let Some((at, _)) = opened else { return false };
    let line = memchr::memrchr(b'\n', &file[..at]).map_or(0, |end| end + 1);
    let lead = file[line..at].trim_ascii();
    let prefix = lead.iter().rposition(|b| !b"rRuU".contains(b)).map_or(0, |at| at + 1);
    let lead = lead[..prefix].trim_ascii_end();
    if let Some(name) = lead.strip_suffix(b"=") {
        return [&b"DOCUMENTATION"[..], b"EXAMPLES", b"RETURN"].contains(&name.trim_ascii_end());
    }
    let said = |line: &&[u8]| !line.is_empty() && !line.starts_with(b"#");
    let above = file[..line].rsplit(|&b| b == b'\n').map(<[u8]>::trim_ascii).find(said);
    lead.is_empty() && above.is_none_or(|above| above.ends_with(b":"))
}

/// Whether the line around `at` is longer than people write them, and what stands there is code: a row of data has neither
/// semicolons nor assignments and calls in such numbers.
fn is_packed(bytes: &[u8], at: usize) -> bool {
    let reach = LINE_BYTES_MAX;
    let (low, high) = (at.saturating_sub(reach), bytes.len().min(at + reach));
    let start = memchr::memrchr(b'\n', &bytes[low..at]).map_or(low, |line| low + line + 1);
    let end = memchr::memchr(b'\n', &bytes[at..high]).map_or(high, |line| at + line);
    let line = &bytes[start..end];
    let count = |sign: u8| memchr::memchr_iter(sign, line).count();
    line.len() >= LINE_BYTES_MAX
        && count(b';') * SEMICOLON_BYTES >= line.len()
        && count(b'=') * SIGN_BYTES >= line.len()
        && count(b'(') * SIGN_BYTES >= line.len()
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
        let method = "class A:\n    def a(self):\n        r\"\"\"Signs.\n\n        >>> b(\"@\")\n";
        assert_eq!(at_mark(method), Surroundings::Documentation);
        assert_eq!(at_mark("# A file.\n\n'''Says\nkey=@\n'''\n"), Surroundings::Documentation);
        assert_eq!(at_mark("  token:\n    example: \"@\"\n"), Surroundings::Documentation);
        assert_eq!(at_mark("{\n \"example\": \"@\"}\n"), Surroundings::Documentation);
        assert_eq!(at_mark("example_token: \"@\"\n"), Surroundings::Plain);
        assert_eq!(at_mark("x = 1\nEXAMPLES = r\"\"\"\n- key: @\n"), Surroundings::Documentation);
        assert_eq!(at_mark("#[tokio::test]\nasync fn a() {\n    let k = \"@\";\n}\n"), Surroundings::Test);
        let module =
            "fn a() {\n}\n\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n    const K: &str = \"@\";\n}\n";
        assert_eq!(at_mark(module), Surroundings::Test);
    }

    #[test]
    fn packed_code_is_told_from_data() {
        let code = "function q(a,b){var c=a.get(b);return c};".repeat(60);
        assert_eq!(at_mark(&format!("{code}k=\"@\";{code}\n")), Surroundings::Packed);
        assert_eq!(at_mark(&format!("{}k=\"@\";\n", code.replace('}', "}\n"))), Surroundings::Plain);
        for data in
            ["{\"a\":\"b\",\"c\":[1,2]},", "(1,'a','b;c'),", "<a b=\"c\"/>", "s:1:\"a\";i:1;", "a=b&amp;c=d;"]
        {
            let data = data.repeat(300);
            assert_eq!(at_mark(&format!("{data}\"@\"{data}\n")), Surroundings::Plain);
        }
    }

    #[test]
    fn a_test_before_live_code_says_nothing_about_it() {
        assert_eq!(at_mark("#[test]\nfn a() {\n}\n\nconst K: &str = \"@\";\n"), Surroundings::Plain);
        assert_eq!(at_mark("#[cfg(test)]\nuse x::y;\nconst K: &str = \"@\";\n"), Surroundings::Plain);
        assert_eq!(at_mark("KEY = \"\"\"\n@\n\"\"\"\n"), Surroundings::Plain);
        assert_eq!(at_mark("def a():\n    \"\"\"Signs.\"\"\"\n    key = \"@\"\n"), Surroundings::Plain);
        assert_eq!(at_mark("* * * * * curl -u a:@\n"), Surroundings::Plain);
    }
}
