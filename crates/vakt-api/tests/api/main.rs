//! The API over real sockets, with backends of a few vectors.
#![allow(clippy::unwrap_used, reason = "all of it is test code, helpers too")]

mod access;
mod admission;
mod client;
mod events;
mod fake;
mod figures;
mod hunts;
mod journal_upload;
mod loki;
mod pages;
mod scripts;
mod search;
mod searches;
mod server;
mod significance;
