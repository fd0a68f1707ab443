//! Line edits of one file, written as a unified diff that `git apply` takes.
//!
//! The edits are known, so nothing is compared: lines that no edit names stay as they are, byte for byte.

use std::ops::Range;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// One change: at a line (from 0), some lines go and others come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) at: usize,
    pub(super) remove: usize,
    /// New lines, without their endings.
    pub(super) insert: Vec<String>,
}

impl Edit {
    pub(super) fn insert(at: usize, lines: Vec<String>) -> Edit {
        Edit { at, remove: 0, insert: lines }
    }

    pub(super) fn replace(lines: Range<usize>, with: Vec<String>) -> Edit {
        Edit { at: lines.start, remove: lines.len(), insert: with }
    }

    fn end(&self) -> usize {
        self.at + self.remove
    }
}

/// A file and the edits to make in it.
pub(super) struct Patch<'t> {
    lines: Vec<&'t str>,
    ending: &'static str,
    edits: Vec<Edit>,
}

impl<'t> Patch<'t> {
    /// Prepares the edits of a text; `None` when two of them touch the same line, or one lies outside.
    pub(super) fn new(text: &'t str, mut edits: Vec<Edit>) -> Option<Patch<'t>> {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        edits.sort_by_key(|edit| (edit.at, edit.remove));
        let apart = edits.windows(2).all(|pair| pair[0].end() <= pair[1].at);
        let inside = edits.iter().all(|edit| edit.end() <= lines.len());
        let ending = if lines.first().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
        (apart && inside).then_some(Patch { lines, ending, edits })
    }

    /// The text after the edits.
    pub(super) fn applied(&self) -> String {
        let mut text = String::new();
        let mut at = 0;
        for edit in &self.edits {
            text.extend(self.lines[at..edit.at].iter().copied());
            for line in &edit.insert {
                text.push_str(line);
                text.push_str(self.ending);
            }
            at = edit.end();
        }
        text.extend(self.lines[at..].iter().copied());
        text
    }

    /// Every line (from 0) that the diff shows.
    pub(super) fn shown(&self) -> impl Iterator<Item = usize> {
        self.hunks().into_iter().flat_map(|hunk| hunk.lines)
    }

    /// The unified diff for a path below the repository's root.
    pub(super) fn unified(&self, path: &str) -> String {
        // Names with a space end in a tab, as git writes them.
        let tab = if path.contains(' ') { "\t" } else { "" };
        let mut text = format!("diff --git a/{path} b/{path}\n--- a/{path}{tab}\n+++ b/{path}{tab}\n");
        let mut grown: isize = 0;
        for hunk in self.hunks() {
            let old = hunk.lines.len();
            let mut new = old;
            let mut body = String::new();
            let mut at = hunk.lines.start;
            for edit in &self.edits[hunk.edits] {
                self.lines[at..edit.at].iter().for_each(|line| marked(&mut body, ' ', line));
                self.lines[edit.at..edit.end()].iter().for_each(|line| marked(&mut body, '-', line));
                for line in &edit.insert {
                    marked(&mut body, '+', &format!("{line}{}", self.ending));
                }
                new = new + edit.insert.len() - edit.remove;
                at = edit.end();
            }
            self.lines[at..hunk.lines.end].iter().for_each(|line| marked(&mut body, ' ', line));
            let start = hunk.lines.start + 1;
            let new_start = start.saturating_add_signed(grown);
            text.push_str(&format!("@@ -{start},{old} +{new_start},{new} @@\n{body}"));
            grown += new as isize - old as isize;
        }
        text
    }

    /// Edits that lie close together share a hunk.
    fn hunks(&self) -> Vec<Hunk> {
        let mut hunks: Vec<Hunk> = Vec::new();
        for (index, edit) in self.edits.iter().enumerate() {
            let lines = edit.at.saturating_sub(CONTEXT)..(edit.end() + CONTEXT).min(self.lines.len());
            match hunks.last_mut() {
                Some(last) if lines.start <= last.lines.end => {
                    last.lines.end = lines.end;
                    last.edits.end = index + 1;
                }
                _ => hunks.push(Hunk { lines, edits: index..index + 1 }),
            }
        }
        hunks
    }
}

struct Hunk {
    /// Lines of the old text.
    lines: Range<usize>,
    /// Its edits.
    edits: Range<usize>,
}

fn marked(body: &mut String, mark: char, line: &str) {
    body.push(mark);
    body.push_str(line);
    if !line.ends_with('\n') {
        body.push_str("\n\\ No newline at end of file\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_change_reads_as_git_would_write_it() {
        let text = "a\nb\nc\nd\ne\nf";
        let patch = Patch::new(text, vec![Edit::replace(4..5, vec!["E".into(), "E2".into()])]).unwrap();
        assert_eq!(patch.applied(), "a\nb\nc\nd\nE\nE2\nf");
        assert_eq!(
            patch.unified("x.yml"),
            "diff --git a/x.yml b/x.yml\n--- a/x.yml\n+++ b/x.yml\n@@ -2,5 +2,6 @@\n b\n c\n d\n-e\n+E\n+E2\n f\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn edits_that_overlap_or_leave_the_file_are_refused() {
        let two = vec![Edit::replace(0..2, vec![]), Edit::replace(1..2, vec![])];
        assert!(Patch::new("a\nb\nc\n", two).is_none());
        assert!(Patch::new("a\n", vec![Edit::replace(0..2, vec![])]).is_none());
    }

    #[test]
    fn the_files_own_line_endings_are_used() {
        let patch = Patch::new("a\r\nb\r\n", vec![Edit::insert(1, vec!["x".into()])]).unwrap();
        assert_eq!(patch.applied(), "a\r\nx\r\nb\r\n");
    }
}
