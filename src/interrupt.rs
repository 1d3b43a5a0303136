//! Ctrl-C, as whoever works on a session learns of it: asked for once, looked up at every wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks a session to end, from anywhere.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks.
    pub fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody has asked.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
