//! What arrives by HTTP push, after HTTP itself has been taken off: incremental parsers that turn
//! body bytes into frames, and the pipe that hands the frames over in batches.
//!
//! Nothing here knows a web framework or a socket. A handler reads the body piece by piece,
//! gives every piece to [`Decompressor`], then to [`EventsSplitter`] or [`JournalUpload`], and the
//! frames to a [`BatchPipe`], whose answer is the acknowledgement.

pub mod decompress;
pub mod events;
pub mod journal_upload;
pub mod json_array;
pub mod ndjson;
pub mod pipe;

pub use decompress::{DecompressError, Decompressor, Encoding};
pub use events::EventsSplitter;
pub use journal_upload::{JournalUpload, PrematureEnd};
pub use json_array::{ArrayFault, ArraySplitter};
pub use ndjson::{Line, NdjsonSplitter};
pub use pipe::BatchPipe;
