//! What the field talks of: offers and their categories, profiles of clients, delivery files, the stages of a
//! delivery. Documents, traces and judgements are made of these; nothing here knows of them.

pub mod delivery_file;
pub mod kind;
mod lists;
pub mod offer;
pub mod profile;
pub mod saved_form;
pub mod stage;
