//! `backlog` for people: its view as text.

use super::monitor::{self, Monitored};
use super::page::Page;
use super::view::ToView;
use super::{Render, text};
use crate::document::backlog::Backlog;

impl Render for Backlog {
    fn monitored(&self) -> Option<Monitored> {
        Some(monitor::backlog::monitored(self))
    }

    fn render(&self, page: &mut Page) {
        text::view(&self.view(), page);
    }
}
