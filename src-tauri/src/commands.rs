//! What the view may ask. Each command is one call into the pipeline; nothing is decided here.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tauri::State;
use tauri::ipc::Channel;
use tenure_model::ScanSummary;
use tenure_pipeline::{
    Cancel, Figures, IdentityDetail, IdentityPage, IdentityQuery, Overview, Rulebook, ScanEvent, ScanOptions,
    Store,
};

use crate::CommandError;
use crate::batch::Batch;

type Answer<T> = Result<T, CommandError>;

/// File name of the demo's inventory, beside its data.
const DEMO_INVENTORY: &str = "demo.sqlite";

/// What a demo holds: a repository, and an export beside it.
const DEMO_PARTS: [&str; 2] = ["payments", "exports"];

/// What lives as long as the window: which inventory it shows, and the scan that runs.
pub(crate) struct Desktop {
    folder: Option<PathBuf>,
    /// The person's own inventory.
    inventory: PathBuf,
    /// Where the demo was made, once it was.
    demo: Mutex<Option<PathBuf>>,
    /// The inventory in the window now: the person's own, or the demo's.
    shown: Mutex<PathBuf>,
    running: Mutex<Option<Cancel>>,
}

impl Desktop {
    pub(crate) fn new(folder: Option<PathBuf>, inventory: PathBuf) -> Self {
        let shown = Mutex::new(inventory.clone());
        Self { folder, inventory, demo: Mutex::new(None), shown, running: Mutex::new(None) }
    }

    fn store(&self) -> Store {
        Store::File(held(&self.shown).clone())
    }

    /// Whether a scan has ever been kept: before that there is nothing to read, which is no error.
    fn has_inventory(&self) -> bool {
        held(&self.shown).exists()
    }

    /// Shows the inventory that a scan of `paths` belongs into. The demo has its own, so that nothing invented lands
    /// among real identities.
    fn show_inventory_of(&self, paths: &[PathBuf]) {
        let demo = held(&self.demo).clone();
        *held(&self.shown) = match demo {
            Some(demo) if paths.iter().all(|path| path.starts_with(&demo)) => demo.join(DEMO_INVENTORY),
            _ => self.inventory.clone(),
        };
    }

    /// Takes the one place for a running scan; it is free again when the guard is dropped.
    fn begin(&self) -> Answer<Running<'_>> {
        let mut running = held(&self.running);
        if running.is_some() {
            return Err(CommandError::new(
                "scan_running",
                "A scan is running already. Wait for it, or cancel it.",
            ));
        }
        let cancel = Cancel::default();
        *running = Some(cancel.clone());
        Ok(Running { desktop: self, cancel })
    }

    /// Asks the running scan to stop, if there is one.
    pub(crate) fn cancel(&self) {
        if let Some(cancel) = &*held(&self.running) {
            cancel.cancel();
        }
    }
}

/// What a lock guards; a panic elsewhere leaves it as good as it was.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Running<'a> {
    desktop: &'a Desktop,
    cancel: Cancel,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *held(&self.desktop.running) = None;
    }
}

/// The folder that was named on the command line.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands state over by value
pub(crate) fn launch_folder(desktop: State<'_, Desktop>) -> Option<String> {
    desktop.folder.as_ref().map(|folder| folder.to_string_lossy().into_owned())
}

/// Makes the demo data in a temporary folder and says what to scan of it.
#[tauri::command]
pub(crate) async fn make_demo(desktop: State<'_, Desktop>) -> Answer<Vec<String>> {
    let made = tauri::async_runtime::spawn_blocking(|| tenure_pipeline::make_demo(None)).await;
    match made {
        Ok(folder) => {
            let folder = folder?;
            *held(&desktop.demo) = Some(folder.clone());
            let parts = DEMO_PARTS.iter().map(|part| folder.join(part).to_string_lossy().into_owned());
            Ok(parts.collect())
        }
        Err(_) => {
            Err(CommandError::new("internal", "The demo data could not be made. Nothing else is affected."))
        }
    }
}

/// Scans; answers when the scan has ended, also when it was cancelled.
#[tauri::command]
pub(crate) async fn start_scan(
    paths: Vec<PathBuf>,
    history: bool,
    on_events: Channel<Vec<ScanEvent>>,
    desktop: State<'_, Desktop>,
) -> Answer<ScanSummary> {
    let running = desktop.begin()?;
    desktop.show_inventory_of(&paths);
    let batch = Batch::new(move |events| {
        // The view is gone only when the window is: then nobody is left to tell.
        let _ = on_events.send(events);
    });
    let options = ScanOptions {
        paths,
        store: desktop.store(),
        key: None,
        history,
        since: None,
        rules: Rulebook::default(),
        configurations: Vec::new(),
        jobs: None,
        now: Timestamp::now(),
    };
    let scanned =
        tenure_pipeline::scan(options, Arc::new(move |event| batch.take(event)), running.cancel.clone())
            .await?;
    Ok(scanned.report.scan)
}

/// Stops the running scan; what it found is kept.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands state over by value
pub(crate) fn cancel_scan(desktop: State<'_, Desktop>) {
    desktop.cancel();
}

/// Figures of the inventory, and the last scan.
#[tauri::command]
pub(crate) async fn overview(desktop: State<'_, Desktop>) -> Answer<Overview> {
    if !desktop.has_inventory() {
        return Ok(Overview { figures: Figures::default(), last_scan: None });
    }
    Ok(tenure_pipeline::overview(&desktop.store(), Timestamp::now()).await?)
}

/// A page of the table; the inventory caps its size.
#[tauri::command]
pub(crate) async fn identities(query: IdentityQuery, desktop: State<'_, Desktop>) -> Answer<IdentityPage> {
    if !desktop.has_inventory() {
        return Ok(IdentityPage::default());
    }
    Ok(tenure_pipeline::identities(&desktop.store(), &query).await?)
}

/// One identity with its findings and its plan.
#[tauri::command]
pub(crate) async fn identity(id: String, desktop: State<'_, Desktop>) -> Answer<IdentityDetail> {
    Ok(tenure_pipeline::identity(&desktop.store(), &id, Timestamp::now()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_scan_runs_at_a_time_and_its_place_is_free_afterwards() {
        let desktop = Desktop::new(None, PathBuf::from("inventory.sqlite"));
        let first = desktop.begin().expect("nothing runs yet");
        assert_eq!(desktop.begin().err().expect("one runs already").code, "scan_running");
        drop(first);
        assert!(desktop.begin().is_ok());
    }

    #[test]
    fn cancel_reaches_the_running_scan_and_no_later_one() {
        let desktop = Desktop::new(None, PathBuf::from("inventory.sqlite"));
        let running = desktop.begin().expect("nothing runs yet");
        desktop.cancel();
        assert!(running.cancel.is_cancelled());
        drop(running);
        desktop.cancel();
        assert!(!desktop.begin().expect("the place is free").cancel.is_cancelled());
    }

    #[test]
    fn the_demo_has_an_inventory_of_its_own_and_the_next_scan_does_not_land_in_it() {
        let desktop = Desktop::new(None, PathBuf::from("inventory.sqlite"));
        *held(&desktop.demo) = Some(PathBuf::from("demo"));
        desktop.show_inventory_of(&[PathBuf::from("demo/payments"), PathBuf::from("demo/exports")]);
        assert_eq!(*held(&desktop.shown), PathBuf::from("demo/demo.sqlite"));
        desktop.show_inventory_of(&[PathBuf::from("demo/payments"), PathBuf::from("acme")]);
        assert_eq!(*held(&desktop.shown), PathBuf::from("inventory.sqlite"));
    }
}
