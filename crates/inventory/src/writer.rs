//! The one writer of a scan: plain threads send, a task writes in batches.

use std::time::Duration;

use tenure_model::Observation;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::observation::Batch;
use crate::scan::Reach;
use crate::{Inventory, InventoryError};

/// Observations that wait before a sender has to.
const WAITING_MAX: usize = 4096;
/// Rows of one transaction.
const TRANSACTION_ROWS_MAX: usize = 5_000;
/// How long the first row of a transaction waits for company.
const TRANSACTION_WAIT: Duration = Duration::from_millis(250);

/// Takes the observations of one scan. [`Inventory::finish_scan`] ends it.
#[derive(Debug)]
pub struct ScanWriter {
    pub(crate) scan_id: String,
    sender: ObservationSender,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<u64, InventoryError>>,
}

/// A handle for one thread of a scan; clones are cheap.
#[derive(Debug, Clone)]
pub struct ObservationSender(mpsc::Sender<Observation>);

impl ObservationSender {
    /// Hands an observation over, and waits while too many are under way. For plain threads.
    ///
    /// # Errors
    /// When the writer has stopped; the end of the scan says why.
    ///
    /// # Panics
    /// When called from a task of an async runtime, which must never wait so.
    pub fn send(&self, observation: Observation) -> Result<(), InventoryError> {
        self.0.blocking_send(observation).map_err(|_| InventoryError::WriterStopped)
    }

    /// Hands an observation over. For async tasks.
    ///
    /// # Errors
    /// When the writer has stopped; the end of the scan says why.
    pub async fn send_async(&self, observation: Observation) -> Result<(), InventoryError> {
        self.0.send(observation).await.map_err(|_| InventoryError::WriterStopped)
    }
}

impl ScanWriter {
    pub(crate) fn start(inventory: Inventory, scan_id: &str, scan: i64, reach: Reach) -> ScanWriter {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(write_all(inventory, scan, reach, receiver, stopped));
        ScanWriter { scan_id: scan_id.to_owned(), sender: ObservationSender(sender), stop, task }
    }

    /// A handle to send with.
    pub fn sender(&self) -> ObservationSender {
        self.sender.clone()
    }

    /// Takes in what was sent and ends the task. A handle that still lives cannot hold it up.
    pub(crate) async fn stop(self) -> Result<u64, InventoryError> {
        let ScanWriter { sender, stop, task, .. } = self;
        drop(sender);
        let _ = stop.send(()); // It may have ended by itself, after an error.
        match task.await {
            Ok(written) => written,
            Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
            Err(_) => Err(InventoryError::WriterStopped),
        }
    }
}

/// Writes until every sender is gone or `stopped` says so; returns how many observations it wrote.
async fn write_all(
    inventory: Inventory,
    scan: i64,
    reach: Reach,
    mut receiver: mpsc::Receiver<Observation>,
    mut stopped: oneshot::Receiver<()>,
) -> Result<u64, InventoryError> {
    let mut written = 0;
    let mut waiting = Vec::new();
    let mut stopping = false;
    loop {
        waiting.clear();
        let first = if stopping {
            receiver.recv_many(&mut waiting, TRANSACTION_ROWS_MAX).await
        } else {
            tokio::select! {
                count = receiver.recv_many(&mut waiting, TRANSACTION_ROWS_MAX) => count,
                // Said so, or the `ScanWriter` was dropped: nothing new is taken, what came is written.
                _ = &mut stopped => { stopping = true; receiver.close(); continue }
            }
        };
        if first == 0 {
            return Ok(written);
        }
        let deadline = Instant::now() + TRANSACTION_WAIT;
        while !stopping && waiting.len() < TRANSACTION_ROWS_MAX {
            let room = TRANSACTION_ROWS_MAX - waiting.len();
            tokio::select! {
                more = timeout_at(deadline, receiver.recv_many(&mut waiting, room)) => match more {
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                },
                _ = &mut stopped => { stopping = true; receiver.close(); }
            }
        }
        let mut batch = Batch::default();
        let count = waiting.len();
        waiting.drain(..).for_each(|observation| batch.push(observation));
        let mut tx = inventory.begin().await?;
        batch.write(&mut tx, scan, reach).await?;
        tx.commit().await?;
        written += count as u64;
        tracing::debug!(rows = count, "observations written");
    }
}
