//! The other files of a Terraform module, which is a folder: what one file names, another one may define.

use super::Names;
use super::hcl::{self, Block};

/// Files of one module that are looked into.
const FILES_MAX: usize = 64;

/// The first block of a kind, type and name: of the file itself, or of the files beside it. `tell` is given the block, the
/// file that it stands in, and that file's path where it is another one.
pub(super) fn defined<T>(
    names: &Names<'_>,
    own: &Block<'_>,
    (kind, of_type, name): (&str, &str, &str),
    tell: impl Fn(&Block<'_>, &Block<'_>, Option<&str>) -> T,
) -> Option<T> {
    let is_it =
        |block: &&Block<'_>| block.kind == kind && block.label(0) == of_type && block.label(1) == name;
    if let Some(block) = own.blocks.iter().find(is_it) {
        return Some(tell(block, own, None));
    }
    let path = names.blob.path_in_repository();
    let folder = path.rfind('/').map_or("", |slash| &path[..=slash]);
    let beside = |other: &String| {
        let file = &other[folder.len()..];
        !file.contains('/') && (file.ends_with(".tf") || file.ends_with(".tofu"))
    };
    let label = format!("\"{name}\"");
    let others = names.blob.neighbours.below(folder).into_iter().filter(beside).take(FILES_MAX);
    others.into_iter().find_map(|other| {
        let text = names.blob.neighbours.text(&other)?;
        // Most files are read for nothing otherwise.
        if !text.contains(&label) {
            return None;
        }
        let file = hcl::read(&text);
        let block = file.root.blocks.iter().find(is_it)?;
        Some(tell(block, &file.root, Some(&other)))
    })
}
