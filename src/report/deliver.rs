//! `deliver` for people: its view as text.

use super::page::Page;
use super::view::ToView;
use super::{Render, text};
use crate::document::deliver::Deliver;

impl Render for Deliver {
    fn render(&self, page: &mut Page) {
        text::view(&self.view(), page);
    }
}
