//! Committing: records are made durable behind the back of the machine, and
//! nobody is told of a step before its record is.
//!
//! A flush takes the disk longer than a short command takes to run, so the
//! machine does not wait for it after a command: while one flush is under way
//! further records gather, and the next flush covers them all. What a person
//! is told is held back until then. A crash of the machine it runs on may
//! thus lose steps that nobody was told of, never others; and since a command
//! may run again when its outcome was not recorded, that is what happens.
//! Around an agent, whose work is dear, the journal is flushed at once, and so
//! it is before a process that may change what was looked at for the sake of it.

use std::collections::VecDeque;
use std::time::Instant;

use tokio::task::JoinHandle;

use super::Progress;
use crate::Heard;
use crate::journal::{Journal, JournalError, Record, Synced};
use crate::machine::Event;

/// A journal, the flush under way, and what waits for it.
pub(super) struct Commit<'a> {
    journal: Journal,
    flush: Option<JoinHandle<Synced>>,
    held: VecDeque<(u64, Instant, Event)>,
    /// The last answer that only looking can give.
    answered: u64,
    observe: &'a mut dyn FnMut(&Progress<'_>),
}

impl<'a> Commit<'a> {
    pub(super) fn new(journal: Journal, observe: &'a mut dyn FnMut(&Progress<'_>)) -> Self {
        Commit {
            journal,
            flush: None,
            held: VecDeque::new(),
            answered: 0,
            observe,
        }
    }

    /// Adds a record; it survives the death of this process at once.
    pub(super) fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.journal.append(record, false).map(drop)
    }

    /// Says that the last record is the answer of someone who looked.
    pub(super) fn answered(&mut self) {
        self.answered = self.journal.last();
    }

    /// Whether an answer could be lost that cannot be had again.
    pub(super) fn has_unsettled_answers(&self) -> bool {
        self.answered > self.journal.durable()
    }

    /// Begins a flush unless one is under way or nothing needs one.
    pub(super) fn begin_flush(&mut self) {
        if self.flush.is_none()
            && let Some(job) = self.journal.sync_job()
        {
            self.flush = Some(tokio::task::spawn_blocking(move || job.run()));
        }
    }

    /// Waits for the flush under way; for ever when there is none. May be
    /// dropped and called again.
    pub(super) async fn flushed(&mut self) -> Result<(), JournalError> {
        let Some(flush) = &mut self.flush else {
            return std::future::pending().await;
        };
        let done = flush.await;
        self.flush = None;
        match done {
            Ok(done) => self.journal.synced(done)?,
            // Nothing is known of it, and another flush could not tell.
            Err(error) => self.journal.broken(error.into())?,
        }
        self.release();
        self.begin_flush();
        Ok(())
    }

    /// Makes every record durable and tells everything.
    pub(super) async fn settle(&mut self) -> Result<(), JournalError> {
        self.begin_flush();
        while self.flush.is_some() {
            self.flushed().await?;
        }
        Ok(())
    }

    /// Tells of events as soon as all records so far are durable.
    pub(super) fn tell(&mut self, events: Vec<Event>) {
        let last = self.journal.last();
        let now = Instant::now();
        self.held
            .extend(events.into_iter().map(|event| (last, now, event)));
        self.release();
    }

    /// Tells of output at once: it promises nothing.
    pub(super) fn pass_on(&mut self, heard: Heard<'_>) {
        (self.observe)(&Progress::Output(heard));
    }

    fn release(&mut self) {
        while let Some((seq, at, event)) = self.held.front()
            && *seq <= self.journal.durable()
        {
            (self.observe)(&Progress::Step { event, at: *at });
            self.held.pop_front();
        }
    }
}
