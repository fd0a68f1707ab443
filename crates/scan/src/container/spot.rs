//! Where in a container something is: labels for people, never paths to open.

use tenure_model::path_text;

/// Bytes of a member's name that are shown; a longer one is cut.
const NAME_BYTES_MAX: usize = 512;
/// Between a container's path and what is inside it.
const INSIDE: &str = "!/";
/// Ends of names that say how a file is compressed, and what its name is without.
const ENDINGS: &[(&str, &str)] = &[
    (".tgz", ".tar"),
    (".tbz2", ".tar"),
    (".tbz", ".tar"),
    (".txz", ".tar"),
    (".tzst", ".tar"),
    (".gz", ""),
    (".bz2", ""),
    (".xz", ""),
    (".zst", ""),
];

/// A place inside an outermost file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    /// Label below the outermost file; none for that file itself.
    label: Option<String>,
    /// Containers around it.
    pub(super) depth: u32,
    /// Compressions around it since the last container.
    pub(super) layers: u32,
}

impl Spot {
    /// The outermost file.
    pub(super) fn outermost() -> Spot {
        Spot { label: None, depth: 0, layers: 0 }
    }

    /// A member of the container at this spot.
    pub(super) fn inside(&self, name: &[u8]) -> Spot {
        let name = name.strip_prefix(b"./").unwrap_or(name);
        let mut shown = path_text(&name[..name.len().min(NAME_BYTES_MAX)]);
        if name.len() > NAME_BYTES_MAX {
            shown.push('…');
        }
        let label = match &self.label {
            Some(label) => format!("{label}{INSIDE}{shown}"),
            None => shown,
        };
        Spot { label: Some(label), depth: self.depth + 1, layers: 0 }
    }

    /// What the compressed file at this spot holds. It has no name of its own unless it is shown.
    pub(super) fn uncompressed(&self) -> Spot {
        Spot { layers: self.layers + 1, ..self.clone() }
    }

    /// Label of the content of the compressed file at this spot: its name without the ending. The outermost file's
    /// name is not known here, so its content has an empty label.
    pub(super) fn content_label(&self) -> String {
        self.label.as_deref().map_or_else(String::new, |label| member_path(label, ""))
    }

    /// Label of the bytes at this spot as they are; none for the outermost file's own.
    pub(super) fn own_label(&self) -> Option<String> {
        if self.layers > 0 { Some(self.content_label()) } else { self.label.clone() }
    }

    /// Label of the spot itself.
    pub(super) fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }
}

/// The path of a member as people see it. An empty label is the content of a compressed file.
pub(crate) fn member_path(outer: &str, member: &str) -> String {
    if !member.is_empty() {
        return format!("{outer}{INSIDE}{member}");
    }
    let name = outer.rsplit('/').next().unwrap_or(outer);
    let lower = name.to_ascii_lowercase();
    let plain = ENDINGS.iter().find(|(ending, _)| lower.ends_with(ending)).map_or_else(
        || name.to_owned(),
        |(ending, instead)| format!("{}{instead}", &name[..name.len() - ending.len()]),
    );
    format!("{outer}{INSIDE}{plain}")
}

/// The labels of the containers that a member lies in.
pub(crate) fn containers_around(member: &str) -> impl Iterator<Item = &str> {
    member.match_indices(INSIDE).map(|(at, _)| &member[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_nest_and_say_what_a_compressed_file_holds() {
        let jar = Spot::outermost().inside(b"./lib/app.jar");
        assert_eq!(jar.label(), Some("lib/app.jar"));
        assert_eq!(jar.inside(b"conf/a.env").label(), Some("lib/app.jar!/conf/a.env"));
        assert_eq!(
            jar.inside(b"app.LOG.GZ").uncompressed().content_label(),
            "lib/app.jar!/app.LOG.GZ!/app.LOG"
        );
        assert_eq!(member_path("var/app.log.gz", ""), "var/app.log.gz!/app.log");
        assert_eq!(member_path("x.tgz", ""), "x.tgz!/x.tar");
        assert_eq!(member_path("x.bin", ""), "x.bin!/x.bin");
        assert_eq!(member_path("x.zip", "../../etc/passwd"), "x.zip!/../../etc/passwd");
    }

    #[test]
    fn a_name_without_end_is_cut() {
        let spot = Spot::outermost().inside(&[b'a'; 100_000]);
        assert_eq!(spot.label().unwrap().chars().count(), NAME_BYTES_MAX + 1);
    }
}
