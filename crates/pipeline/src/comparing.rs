//! Comparing two inventories.

use std::path::Path;

use tenure_model::InventoryDifference;

use crate::{Failure, Store};

/// What differs between the inventory in `before` and the one in `after`. Neither is changed, but for an older
/// shape that is brought up to date as by every reading.
///
/// # Errors
/// When one of them does not exist or cannot be read.
pub async fn difference(before: &Path, after: &Path) -> Result<InventoryDifference, Failure> {
    let mut snapshots = Vec::new();
    for path in [before, after] {
        let inventory = Store::File(path.to_owned()).open_existing().await?;
        let file = tenure_model::path_text(path.as_os_str().as_encoded_bytes());
        let snapshot = inventory.snapshot(&crate::covered(&file)).await?;
        inventory.close().await?;
        snapshots.push(snapshot);
    }
    Ok(tenure_inventory::difference(&snapshots[0], &snapshots[1]))
}
