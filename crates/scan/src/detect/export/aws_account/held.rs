//! How much of an account is held while it is read and weighed.

use tenure_model::{AwsDocument, AwsGroup, AwsInlinePolicy, AwsPolicy, AwsPrincipal};

use super::super::aws_policy::document_bytes;

/// Bytes of policy documents that are held of one file; AWS's quotas keep most accounts below a tenth.
const DOCUMENT_BYTES_MAX: usize = 24 << 20;
/// Bytes of everything else: names, tags, attachments. Ten thousand principals with ten tags each take two thirds.
const ENTRY_BYTES_MAX: usize = 32 << 20;
/// What a text takes besides its characters.
const TEXT_BYTES: usize = 32;

/// What is held so far.
#[derive(Default)]
pub(super) struct Held {
    documents: usize,
    entries: usize,
}

impl Held {
    /// Whether an entry of so many bytes, documents aside, may be held.
    pub(super) fn takes(&mut self, bytes: usize) -> bool {
        let entries = self.entries.saturating_add(bytes);
        let fits = entries <= ENTRY_BYTES_MAX;
        if fits {
            self.entries = entries;
        }
        fits
    }

    /// Whether a document may be held. Once one may not, no other may.
    pub(super) fn takes_document(&mut self, document: &AwsDocument) -> bool {
        self.documents = self.documents.saturating_add(document_bytes(document));
        self.documents <= DOCUMENT_BYTES_MAX
    }
}

/// Roughly the bytes of a principal, documents aside.
pub(super) fn principal_bytes(one: &AwsPrincipal) -> usize {
    let tags = one.tags.iter().map(|(key, value)| key.len() + value.len() + 2 * TEXT_BYTES);
    // The ARN stands in several indexes, too.
    let names = 3 * one.arn.len() + one.name.len() + one.unique_id.len();
    size_of::<AwsPrincipal>()
        + names
        + texts(&one.attached)
        + texts(&one.groups)
        + tags.sum::<usize>()
        + policies(&one.inline)
}

/// Roughly the bytes of a group, documents aside.
pub(super) fn group_bytes(group: &AwsGroup) -> usize {
    let names = 2 * group.arn.len() + 2 * group.name.len() + TEXT_BYTES;
    size_of::<AwsGroup>() + names + texts(&group.attached) + policies(&group.inline)
}

/// Roughly the bytes of a managed policy, documents aside.
pub(super) fn policy_bytes(policy: &AwsPolicy) -> usize {
    let versions = policy.other_versions.len() * size_of::<AwsDocument>();
    size_of::<AwsPolicy>() + 3 * policy.arn.len() + TEXT_BYTES + versions
}

fn policies(inline: &[AwsInlinePolicy]) -> usize {
    inline.iter().map(|policy| size_of::<AwsInlinePolicy>() + policy.name.len() + TEXT_BYTES).sum()
}

fn texts(texts: &[String]) -> usize {
    texts.iter().map(|text| text.len() + TEXT_BYTES).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_entry_does_not_keep_small_ones_out() {
        let mut held = Held::default();
        assert!(!held.takes(ENTRY_BYTES_MAX + 1) && held.takes(1_000));
        assert!(!held.takes(usize::MAX), "no figure wraps around");
    }
}
