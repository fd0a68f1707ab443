//! Bytes to standard output, or to a file that appears whole or not at all.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use tenure_pipeline::Failure;

/// Writes `bytes` to `file`, or to standard output. A reader that hangs up early is no failure.
pub(crate) fn write(file: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    match file {
        None => match io::stdout().lock().write_all(bytes).and_then(|()| io::stdout().flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other.context("writing to standard output")?),
        },
        Some(path) => {
            tenure_pipeline::write_whole(path, bytes)
                .with_context(|| format!("writing {}", path.display()))?;
            Ok(())
        }
    }
}

/// Writes text to standard output.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    write(None, text.as_bytes())
}

/// Writes a value as JSON to standard output.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let mut bytes = serde_json::to_vec_pretty(value).context("writing JSON")?;
    bytes.push(b'\n');
    write(None, &bytes)
}
