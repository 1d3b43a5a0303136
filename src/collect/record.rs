//! The answer while it grows, shared with whoever waits for it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::Order;
use crate::document::collect::{Collect, Fact, Node};

/// The answer so far.
#[derive(Debug, Clone)]
pub(super) struct Record(Arc<Mutex<Collect>>);

impl Record {
    /// Before anything has come.
    pub(super) fn new(order: &Order, out: &Path) -> Self {
        let node = Node {
            target: order.name.clone(),
            host: order.target.host().to_owned(),
            port: order.target.port(),
            user: order.user.clone(),
            ..Node::default()
        };
        let out = out.display().to_string();
        let not_determined = Fact::ALL.to_vec();
        Self(Arc::new(Mutex::new(Collect { node, not_determined, out, ..Collect::default() })))
    }

    /// Changes it.
    pub(super) fn note(&self, change: impl FnOnce(&mut Collect)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// It, as it is now.
    pub(super) fn answer(&self) -> Collect {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
