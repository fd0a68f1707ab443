//! Reads the corpus: headers, texts, marks.

use std::path::Path;

/// One place with text, and what a scan must find there.
pub(crate) struct Case {
    /// The corpus file without its ending: the situation.
    pub(crate) situation: String,
    /// Line of the corpus file on which the text begins.
    pub(crate) line: usize,
    pub(crate) kind: String,
    /// Where the text would stand in a repository.
    pub(crate) path: String,
    /// The greatest severity that is acceptable, as a rank.
    pub(crate) severity_max: Option<usize>,
    /// The text without marks.
    pub(crate) text: String,
    pub(crate) values: Vec<Value>,
}

/// One marked value and the lines and columns that it covers, counted as a report counts them.
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) first_line: usize,
    pub(crate) last_line: usize,
    pub(crate) first_column: usize,
    pub(crate) end_column: usize,
}

/// Severities, least first: a rank is a place in this list.
pub(crate) const SEVERITIES: [&str; 5] = ["info", "low", "medium", "high", "critical"];

/// Keeps other scanners from taking the corpus for a leak.
const MARKER: &str = "{+}";

impl Case {
    pub(crate) fn at(&self) -> String {
        format!("{}.txt:{}", self.situation, self.line)
    }
}

/// The rank of a severity's word.
pub(crate) fn rank(word: &str) -> usize {
    SEVERITIES.iter().position(|severity| *severity == word).unwrap_or_else(|| panic!("no severity: {word}"))
}

/// Every case, in the order of files and lines.
pub(crate) fn read() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    files.sort();
    let mut cases = Vec::new();
    for path in files {
        let situation = path.file_stem().unwrap().to_str().unwrap();
        cases.extend(parse(situation, &std::fs::read_to_string(&path).unwrap()));
    }
    cases
}

struct Header<'a> {
    each_line: bool,
    kind: &'a str,
    severity_max: Option<usize>,
    path: &'a str,
}

impl<'a> Header<'a> {
    fn read(line: &'a str) -> Option<Header<'a>> {
        let (each_line, rest) = match (line.strip_prefix("@@ "), line.strip_prefix("@* ")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return None,
        };
        let (kind, rest) = rest.split_once(' ').unwrap_or_else(|| panic!("{line}: no path"));
        let (severity_max, path) = match rest.strip_prefix("<=") {
            Some(rest) => {
                let (word, path) = rest.split_once(' ').unwrap_or_else(|| panic!("{line}: no path"));
                (Some(rank(word)), path)
            }
            None => (None, rest),
        };
        Some(Header { each_line, kind, severity_max, path })
    }

    fn case(&self, situation: &str, line: usize, marked: &str) -> Case {
        let (text, values) = unmark(marked);
        Case {
            situation: situation.to_owned(),
            line,
            kind: self.kind.to_owned(),
            path: self.path.to_owned(),
            severity_max: self.severity_max,
            text,
            values,
        }
    }
}

fn parse(situation: &str, text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut header: Option<Header<'_>> = None;
    let mut block: Vec<&str> = Vec::new();
    let mut begins = 0;
    for (index, line) in text.lines().chain(["@@ end of file"]).enumerate() {
        let next = Header::read(line);
        let Some(current) = &header else {
            (header, begins) = (next, index + 2);
            continue;
        };
        if next.is_some() {
            let marked = block.join("\n");
            if !marked.trim().is_empty() {
                cases.push(current.case(situation, begins, marked.trim_end()));
            }
            assert!(current.each_line || !block.is_empty(), "{situation}.txt:{begins}: a case without text");
            block.clear();
            (header, begins) = (next, index + 2);
            continue;
        }
        let line = line.strip_prefix('\\').filter(|rest| rest.starts_with('@')).unwrap_or(line);
        if !current.each_line {
            block.push(line);
        } else if !line.trim().is_empty() {
            cases.push(current.case(situation, index + 1, line));
        }
    }
    cases
}

/// Takes the marks out of a text and notes what they enclosed.
fn unmark(marked: &str) -> (String, Vec<Value>) {
    let mut text = String::new();
    let mut values = Vec::new();
    for (index, part) in marked.replace(MARKER, "").split(['«', '»']).enumerate() {
        if index % 2 == 1 {
            let line = |text: &str| text.matches('\n').count() + 1;
            let column = |text: &str| text.len() - text.rfind('\n').map_or(0, |at| at + 1) + 1;
            let (first_line, first_column) = (line(&text), column(&text));
            text.push_str(part);
            values.push(Value {
                text: part.to_owned(),
                first_line,
                last_line: line(&text),
                first_column,
                end_column: column(&text),
            });
        } else {
            text.push_str(part);
        }
    }
    (text, values)
}

#[test]
fn marks_become_lines_and_columns() {
    let cases =
        parse("x", "About x.\n\n@@ password <=low a b.py\nuser = 1\np = \"«s{+}e»\"\n\n@* code c.py\n\\@@\n");
    assert_eq!(cases.len(), 2);
    assert_eq!(
        (cases[0].path.as_str(), cases[0].severity_max, cases[0].text.as_str()),
        ("a b.py", Some(1), "user = 1\np = \"se\"")
    );
    let value = &cases[0].values[0];
    assert_eq!((value.text.as_str(), value.first_line, value.last_line), ("se", 2, 2));
    assert_eq!((value.first_column, value.end_column), (6, 8));
    assert_eq!((cases[1].text.as_str(), cases[1].at().as_str()), ("@@", "x.txt:8"));
}
