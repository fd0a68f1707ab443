//! The desktop's shell: a window, and commands that are each one call into the pipeline.
//!
//! The view holds no secret and gives no score. It may call what `capabilities/main.json` names and nothing else; it
//! has no access to files, to the network or to other programs.

mod batch;
#[cfg(test)]
mod bindings;
mod commands;
mod error;
mod launch;
#[cfg(test)]
mod policy;

use anyhow::Context as _;
use tauri::Manager as _;
use tauri::RunEvent;

pub use error::CommandError;
pub use launch::Launch;

/// Opens the window and stays until it is closed.
///
/// # Errors
/// When no inventory's place is known, or the platform has no window to give.
pub fn run(launch: Launch) -> anyhow::Result<()> {
    tenure_pipeline::tell_panics_by_place();
    let inventory = launch.inventory_file()?;
    tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .manage(commands::Desktop::new(launch.folder, inventory))
        .invoke_handler(tauri::generate_handler![
            commands::launch_folder,
            commands::make_demo,
            commands::start_scan,
            commands::cancel_scan,
            commands::overview,
            commands::identities,
            commands::identity,
        ])
        .build(tauri::generate_context!())
        .context("opening the window")?
        .run(|app, event| {
            if let RunEvent::ExitRequested { .. } = event {
                app.state::<commands::Desktop>().cancel();
            }
        });
    Ok(())
}
