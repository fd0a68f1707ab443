//! What the command line and the environment decide before the window opens.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context as _;

/// Names the inventory's file in place of the one in the platform's data folder.
const INVENTORY_VARIABLE: &str = "TENURE_INVENTORY";

const USAGE: &str = "usage: tenure-desktop [FOLDER]\n\nFOLDER is chosen in the window and waits for \"Scan\".\nTENURE_INVENTORY=FILE keeps the inventory there instead of in the platform's data folder.";

/// How the desktop was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Launch {
    /// The folder named on the command line.
    pub folder: Option<PathBuf>,
    /// The inventory named in the environment.
    pub inventory: Option<PathBuf>,
}

impl Launch {
    /// Reads the arguments (without the program's name) and the environment.
    ///
    /// # Errors
    /// The usage, for a flag or a second argument.
    pub fn from_arguments(arguments: impl IntoIterator<Item = OsString>) -> Result<Launch, String> {
        let mut launch = Launch {
            folder: None,
            inventory: std::env::var_os(INVENTORY_VARIABLE)
                .filter(|file| !file.is_empty())
                .map(PathBuf::from),
        };
        for argument in arguments {
            if argument.as_encoded_bytes().starts_with(b"-") || launch.folder.is_some() {
                return Err(USAGE.to_owned());
            }
            launch.folder = Some(PathBuf::from(argument));
        }
        Ok(launch)
    }

    /// The inventory's file.
    ///
    /// # Errors
    /// When none is named and the platform tells no data folder.
    pub fn inventory_file(&self) -> anyhow::Result<PathBuf> {
        match &self.inventory {
            Some(file) => Ok(file.clone()),
            None => tenure_pipeline::default_inventory()
                .with_context(|| format!("set {INVENTORY_VARIABLE} to a file")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(arguments: &[&str]) -> Result<Launch, String> {
        Launch::from_arguments(arguments.iter().map(OsString::from))
    }

    #[test]
    fn one_folder_is_chosen() {
        assert_eq!(launch(&["/srv/acme"]).unwrap().folder, Some(PathBuf::from("/srv/acme")));
        assert_eq!(launch(&[]).unwrap().folder, None);
    }

    #[test]
    fn a_flag_or_a_second_folder_gets_the_usage() {
        assert!(launch(&["--devtools"]).unwrap_err().starts_with("usage:"));
        assert!(launch(&["a", "b"]).unwrap_err().starts_with("usage:"));
    }
}
