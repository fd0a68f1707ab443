//! Bytes to standard output, or to a file that appears whole or not at all.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use tenure_pipeline::Failure;

/// Writes `bytes` to `file`, or to standard output. A reader that hangs up early is no failure.
pub(crate) fn write(file: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    write_with(file, |out| out.write_all(bytes))
}

/// The same for what `write` writes.
pub(crate) fn write_with(
    file: Option<&Path>,
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> Result<(), Failure> {
    match file {
        None => match write(&mut io::stdout().lock()).and_then(|()| io::stdout().flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other.context("writing to standard output")?),
        },
        Some(path) => {
            tenure_pipeline::write_whole_with(path, write)
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
