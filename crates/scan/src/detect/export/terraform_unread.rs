//! Files that are called like a state of Terraform and are none that can be read: empty, encrypted, cut off, or of another time.
//!
//! A state is known by what it holds, not by its name; one that holds something else would be passed over in silence.

use serde::de::IgnoredAny;
use tenure_model::FingerprintKey;

use super::json;
use super::terraform;
use crate::detect::{Blob, Detector, Look, Reading, text};

/// Says why such a file was not read.
pub(super) struct UnreadState;

/// Largest state that is looked through, bytes: what is wrong with a larger one stands at its beginning, too.
const STATE_BYTES_MAX: usize = 16 << 20;

impl Detector for UnreadState {
    fn name(&self) -> &'static str {
        "terraform_unread"
    }

    fn describe(&self) -> &'static str {
        "States of Terraform and OpenTofu that cannot be read: empty, encrypted, cut off, or of an unknown version"
    }

    fn recognises(&self, blob: &Look<'_>) -> bool {
        let named = blob.path.ends_with(".tfstate") || blob.path.ends_with(".tfstate.backup");
        named && !terraform::EXPORT.recognises(blob)
    }

    fn read(&self, blob: &Blob<'_>, _key: &FingerprintKey) -> Reading {
        let text = match text::of(blob, STATE_BYTES_MAX, "state") {
            Ok(text) => text,
            Err(reading) => return reading,
        };
        if text.trim().is_empty() {
            return Reading::failed(
                "state_empty",
                "called like a state of Terraform, and empty: pull it again",
            );
        }
        if let Err(error) = serde_json::from_str::<IgnoredAny>(&text) {
            let unreadable = Some(json::broken(&text, &error));
            return Reading { unreadable, ..Reading::default() };
        }
        let names = |name: &str| memchr::memmem::find(text.as_bytes(), name.as_bytes()).is_some();
        if names("\"encrypted_data\"") {
            let detail =
                "the state is encrypted: scan what `tofu state pull` prints, and delete it afterwards";
            return Reading::failed("state_encrypted", detail);
        }
        if names("\"backend\"") {
            // What `terraform init` notes about the place of the state.
            return Reading::default();
        }
        Reading::failed("state_unknown", "called like a state of Terraform, but without what one holds")
    }
}
