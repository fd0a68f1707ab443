//! Events of a scan on their way to the view: few messages, each of a bounded size.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tenure_pipeline::ScanEvent;

/// Least time between two messages: faster than this nobody can read.
const SEND_EVERY: Duration = Duration::from_millis(100);
/// Findings and unread inputs of one message. The view shows the newest few; the inventory has them all.
const NEWS_PER_MESSAGE_MAX: usize = 200;

/// Collects events and hands them on in messages.
pub(crate) struct Batch<F> {
    send: F,
    waiting: Mutex<Waiting>,
}

struct Waiting {
    since: Instant,
    /// Findings and unread inputs, oldest first.
    news: Vec<ScanEvent>,
    /// Only the last progress says anything.
    progress: Option<ScanEvent>,
}

impl<F: Fn(Vec<ScanEvent>)> Batch<F> {
    pub(crate) fn new(send: F) -> Self {
        Self {
            send,
            waiting: Mutex::new(Waiting { since: Instant::now(), news: Vec::new(), progress: None }),
        }
    }

    /// Takes an event. The first and the last go at once, with all that waited.
    pub(crate) fn take(&self, event: ScanEvent) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let at_once = matches!(event, ScanEvent::Started { .. } | ScanEvent::Finished { .. });
        match event {
            ScanEvent::Progress { .. } => waiting.progress = Some(event),
            news => waiting.news.push(news),
        }
        if waiting.news.len() > NEWS_PER_MESSAGE_MAX {
            waiting.news.remove(0);
        }
        if at_once || waiting.since.elapsed() >= SEND_EVERY {
            waiting.since = Instant::now();
            let mut message: Vec<ScanEvent> = waiting.progress.take().into_iter().collect();
            message.append(&mut waiting.news);
            // The lock is held while sending, so that messages keep their order.
            (self.send)(message);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tenure_model::{Counts, ReadState, Unread};

    use super::*;

    fn unread(number: usize) -> ScanEvent {
        let unread = Unread {
            path: format!("file {number}"),
            state: ReadState::Failed,
            reason: "permission_denied".to_owned(),
            detail: String::new(),
        };
        ScanEvent::Unread { unread }
    }

    fn progress(files: u64) -> ScanEvent {
        ScanEvent::Progress { counts: Counts { files, ..Counts::default() }, current: String::new() }
    }

    #[test]
    fn the_beginning_goes_at_once_and_the_flood_waits() {
        let (send, sent) = mpsc::channel();
        let batch = Batch::new(move |message| send.send(message).unwrap());
        batch.take(ScanEvent::Started { roots: vec!["acme".to_owned()] });
        assert_eq!(sent.try_recv().unwrap().len(), 1);
        (0..50).for_each(|number| batch.take(unread(number)));
        assert!(sent.try_recv().is_err(), "nothing is sent before its time");
        std::thread::sleep(SEND_EVERY);
        batch.take(progress(1));
        assert_eq!(sent.try_recv().unwrap().len(), 51);
    }

    #[test]
    fn a_message_is_bounded_and_holds_the_newest() {
        let (send, sent) = mpsc::channel();
        let batch = Batch::new(move |message| send.send(message).unwrap());
        (0..10_000).for_each(|number| batch.take(unread(number)));
        (0..10_000).for_each(|files| batch.take(progress(files)));
        std::thread::sleep(SEND_EVERY);
        batch.take(unread(10_000));
        let last = sent.try_iter().last().expect("a message was sent");
        assert!(last.len() <= NEWS_PER_MESSAGE_MAX + 1);
        assert!(matches!(last.last(), Some(ScanEvent::Unread { unread }) if unread.path == "file 10000"));
    }
}
