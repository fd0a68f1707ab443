//! Members of another type than their platform writes: noted where they are met, told once for a file.
//!
//! A reader that asks for a name and meets a number gets nothing, as if nothing were written. The accessors that all
//! readers share note the difference here, and [`watched`] makes an unread row of it, beside what was read. The notes
//! are kept by thread: a reader is plain code from bytes to observations, and a library that fills structures has no
//! other place for them.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::Unreadable;

/// Members of one file that are told apart; of more only that there are more.
const MEMBERS_MAX: usize = 1_000;

/// A type of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Type {
    Text,
    Number,
    Flag,
    Instant,
    List,
    Object,
    /// An object, each of whose names is written once.
    NamesOnce,
}

impl Type {
    fn words(self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Number => "a number",
            Type::Flag => "true or false",
            Type::Instant => "a date",
            Type::List => "a list",
            Type::Object => "an object",
            Type::NamesOnce => "names that are each written once",
        }
    }
}

/// A member as it is told: line of its record, what belongs there, and its name where the place that met it knows it.
type Member = (u32, Type, &'static str);

/// What was met in the file that this thread reads.
#[derive(Default)]
struct Notes {
    line: u32,
    members: BTreeSet<Member>,
}

thread_local! {
    static NOTES: RefCell<Option<Notes>> = const { RefCell::new(None) };
}

/// Reads one file, and says which of its members were of another type than expected.
pub(super) fn watched<R>(read: impl FnOnce() -> R) -> (R, Option<Unreadable>) {
    NOTES.set(Some(Notes::default()));
    let read = read();
    (read, NOTES.take().and_then(|notes| notes.told()))
}

/// What is met from now on stands in the record that begins in this line.
pub(super) fn record_at(line: u32) {
    NOTES.with_borrow_mut(|notes| {
        if let Some(notes) = notes {
            notes.line = line;
        }
    });
}

/// Notes that something else than a value of this type stands where one belongs. The name is a word of our own code:
/// text of the file could be a secret.
pub(super) fn note(member: &'static str, belongs: Type) {
    NOTES.with_borrow_mut(|notes| {
        if let Some(notes) = notes
            && notes.members.len() < MEMBERS_MAX
        {
            notes.members.insert((notes.line, belongs, member));
        }
    });
}

impl Notes {
    fn told(&self) -> Option<Unreadable> {
        let (line, belongs, member) = self.members.first()?;
        let line = if *line > 0 { format!("line {line}: ") } else { String::new() };
        let member = if member.is_empty() { "a member".to_owned() } else { format!("{member:?}") };
        let more = match self.members.len() - 1 {
            0 => String::new(),
            MEMBERS_MAX.. => format!(", and so do at least {MEMBERS_MAX} more"),
            more => format!(", and so {} {more} more", if more == 1 { "does" } else { "do" }),
        };
        let detail = format!(
            "{line}{member} holds something else than {}{more}; what stands there was not read as it was meant: make the \
             file again, or correct it",
            belongs.words()
        );
        Some(Unreadable { reason: "wrong_type", detail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_met_is_told_once_with_its_first_place() {
        let ((), told) = watched(|| {
            record_at(7);
            note("name", Type::Text);
            note("name", Type::Text);
            record_at(3);
            note("", Type::List);
        });
        let told = told.expect("something was noted");
        assert_eq!(told.reason, "wrong_type");
        assert_eq!(
            told.detail,
            "line 3: a member holds something else than a list, and so does 1 more; what stands there was not read as it \
             was meant: make the file again, or correct it"
        );
        assert_eq!(watched(|| ()).1, None, "nothing stays for the next file");
        note("name", Type::Text);
    }
}
